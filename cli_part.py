

@main.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the report.")
@click.option("--against", help="`paper`, or logs (a file or folder) to lay beside.")
@click.option("--all", "keep_all", is_flag=True, help="Keep older runs of a reader too, as readers of their own.")
@click.option("--case-set", help="Name, or beginning of the fingerprint, where the logs rest on several case sets.")
@click.option("--include-cases", is_flag=True, help="Copy the cases with their images into the report.")
@click.option("--cases", help="Where the case set is now (default: where the logs say), for --include-cases.")
def report(
    logs: tuple[str, ...],
    output: Path,
    against: str | None,
    keep_all: bool,
    case_set: str | None,
    include_cases: bool,
    cases: str | None,
) -> None:
    """Turn LOGS (files or folders) into a report: a page, its figures and tables, Markdown and JSON."""
    from medsyn_inspect.analysis.findings import find
    from medsyn_inspect.report.against import against_findings, against_paper
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.writing import case_pages, write_report

    try:
        findings = find(logs, keep_all=keep_all, case_set=case_set)
        beside = None
        if against == "paper":
            beside = against_paper(findings)
        elif against:
            beside = against_findings(findings, find(against, keep_all=keep_all, case_set=case_set))
        material = read_material(logs, findings)
        pages = case_pages(material, cases) if include_cases else None
        write_report(material, output, " ".join(logs), beside, pages)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for note in findings.notes:
        click.echo(note)
    click.echo(f"Wrote {output / 'index.html'}, report.md, report.json, tables/ and figures/")
