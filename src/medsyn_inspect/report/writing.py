"""Write a report: all its files, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.files import as_csv, as_json, strict
from medsyn_inspect.collecting import without_garbage_collection
from medsyn_inspect.interventions.circle import Circle
from medsyn_inspect.planning.prices import load_prices
from medsyn_inspect.report import SnippetKind
from medsyn_inspect.report.against import Comparison
from medsyn_inspect.report.figures import all_figures, narrow_figures
from medsyn_inspect.report.figures.drawing import Drawing, png, svg, svg_inline
from medsyn_inspect.report.leaderboard_table import leaderboard_table
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.names import GivenNames, names_of
from medsyn_inspect.report.page.blocks import Picture
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.explorer.contents import Contents
from medsyn_inspect.report.page.render import Report, as_html, as_markdown
from medsyn_inspect.report.page.sections import Parts, sections
from medsyn_inspect.report.page.viewing import BUNDLE, Viewing, viewing, write_bundle
from medsyn_inspect.report.rerun import RUN_CONFIGS, Reproducibility, reproducibility
from medsyn_inspect.report.snippet import FILES, snippet
from medsyn_inspect.report.stream.criteria import stream
from medsyn_inspect.wording import plural
from medsyn_inspect.writing import is_empty, require_writable, write_folder

TABLES = (
    "headline", "readers", "types", "comparisons", "refinement", "reader_pairs", "ranks", "physicians",
    "physician_pairs", "associations", "orders",
)  # fmt: skip
"""Frames that are written to `tables/`, in addition to the numbers of each figure."""

TITLE = "Who finds the diagnosis, and what evidence do they use?"

KIND = "medsyn_inspect report"
"""Identifies a `report.json` of this package."""

SCHEMA_VERSION = 3
"""Increased when a key of `report.json` changes its meaning or is removed."""

SCHEMA = Path(__file__).with_name("report.schema.json")
"""JSON Schema (2020-12) of `report.json`."""

LEADERBOARD = "leaderboard.csv"

WRITTEN = (
    "index.html", "report.md", "report.json", "tables", "figures", RUN_CONFIGS, "cases", BUNDLE, LEADERBOARD,
    *FILES.values(),
)  # fmt: skip
"""Files and folders of a report; `cases`, the viewer and pieces for a model card only if they are included."""


class NotAReport(ValueError):
    """The folder contains other files, or is a file; nothing is written to it."""


def write_report(
    material: Material,
    folder: Path,
    places: Sequence[str],
    against: Comparison | None = None,
    *,
    cases: Contents | None = None,
    bundle: bool = False,
    names: GivenNames | None = None,
    snippet_kind: SnippetKind | None = None,
    circle: Circle | None = None,
) -> None:
    """Write all files of a report, or none.

    Args:
        material: Contents of the logs.
        folder: New, empty, or the folder of an earlier report, which is replaced.
        places: Log files or folders, as the user gave them.
        against: Comparison with other results.
        cases: Cases and answers to include. Leave them out if the cases are private.
        bundle: Whether to include Inspect's viewer with the logs, which contain cases and answers.
        names: Names of models that the user gives.
        snippet_kind: Language of a piece for a model card; none is written by default.
        circle: Results of the steps from a gap to its fix.

    Raises:
        NotAReport: If the folder contains other files, or is a file.
        ValueError: If no log has an answer.
        NotWritten: If it cannot be written to.
    """
    check_folder(folder)
    if material.counted.empty:
        raise ValueError(f"none of the {plural(len(material.logs), 'log')} contains an answer: nothing to report")
    with write_folder(folder, replaced=WRITTEN) as draft:
        if bundle:
            counted = set(material.counted["log"])
            write_bundle((one.file for one in material.findings.headers if one.name in counted), draft)
        viewer, short = viewing(material, places, bundled=bundle), names_of(material.logs, names)
        if against is not None:
            against = replace(against, rows=short.of_frame(against.rows))
        material = short.of(material)
        steps = circle.renamed(short.of_text) if circle is not None else None
        _write_files(material, draft, viewer, against, cases, circle=steps, common=short.common)
        table = leaderboard_table(material.findings, short)
        (draft / LEADERBOARD).write_text(as_csv(table), encoding="utf-8")
        if snippet_kind:
            figures = [file.stem for file in (draft / "figures").glob("*.png")]
            text = snippet(snippet_kind, material, short, figures)
            (draft / FILES[snippet_kind]).write_text(text, encoding="utf-8")


def check_folder(folder: Path) -> None:
    """Check that a report can be written to the folder, before the analysis is run.

    Raises:
        NotAReport: If the folder contains anything but a report, or is a file.
        NotWritten: If it cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise NotAReport(f"{folder} is a file; choose a folder for the report")
    require_writable(folder)
    if folder.exists() and not is_empty(folder) and not _is_report(folder / "report.json"):
        raise NotAReport(f"{folder} contains files that are not a report; choose a new or empty folder")


def _is_report(file: Path) -> bool:
    """Whether a file named `report.json` was written by this package."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


@without_garbage_collection()
def _write_files(
    material: Material,
    folder: Path,
    viewer: Viewing,
    against: Comparison | None,
    cases: Contents | None,
    *,
    circle: Circle | None,
    common: str,
) -> None:
    findings = material.findings
    (folder / "figures").mkdir()
    pictures = []
    drawn, narrow = all_figures(material), narrow_figures(material)
    for place, figure in enumerate(drawn):
        (folder / "figures" / f"{figure.name}.png").write_bytes(png(figure))
        (folder / "figures" / f"{figure.name}.svg").write_bytes(svg(figure))
        pictures.append(picture(figure, place, narrow.get(figure.name)))
    tables = {name: getattr(findings, name) for name in TABLES} | {figure.name: figure.data for figure in drawn}
    if against is not None:
        tables["against"] = against.rows
    write_tables(tables, folder)
    if cases is not None:
        write_case_pages(cases, folder)
    listing = CaseListing(findings, viewer.names)
    criteria = stream(material)
    reproduction = reproducibility(material, load_prices().get)
    write_run_configs(reproduction, folder)
    parts = Parts(
        material=material,
        pictures=pictures,
        listing=listing,
        viewer=viewer,
        stream=criteria,
        reproduction=reproduction,
        against=against,
        circle=circle,
        common=common,
    )
    report = Report(TITLE, subtitle(material), sections(parts))
    (folder / "index.html").write_text(as_html(report, listing.data(viewer, cases)), encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(report), encoding="utf-8")
    content = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "findings": as_json(findings),
        "readings": {figure.name: figure.reading for figure in drawn},
        "stream": [asdict(criterion) for criterion in criteria],
        "reproducibility": {name: plain(value) for name, value in vars(reproduction).items()},
        "against": plain(against.rows) if against is not None else None,
    }
    (folder / "report.json").write_text(json_text(content) + "\n", encoding="utf-8")


def write_case_pages(cases: Contents, folder: Path) -> None:
    """Write a page for each case."""
    (folder / "cases").mkdir()
    for case_id, page in cases.pages.items():
        (folder / "cases" / f"{case_id}.html").write_text(page, encoding="utf-8")


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write the frames with rows as CSV."""
    (folder / "tables").mkdir()
    for name, frame in tables.items():
        if len(frame):
            (folder / "tables" / f"{name}.csv").write_text(as_csv(frame), encoding="utf-8")


def write_run_configs(reproduction: Reproducibility, folder: Path) -> None:
    """Write a run configuration for each log that can be run again."""
    (folder / RUN_CONFIGS).mkdir()
    for run in reproduction.reruns:
        if run.file:
            (folder / run.file).write_text(run.text, encoding="utf-8")


def picture(figure: Drawing, place: int, narrow: Drawing | None = None) -> Picture:
    """A figure as a block of the page.

    Args:
        figure: The figure.
        place: Its number, which begins its ids in the page.
        narrow: The same, drawn for a narrow screen.
    """
    return Picture(
        name=figure.name,
        section=figure.section,
        title=figure.title,
        reading=figure.reading,
        alt=figure.alt,
        svg=svg_inline(figure, f"f{place}"),
        narrow=svg_inline(narrow, f"n{place}") if narrow is not None else "",
    )


def json_text(value: Any, depth: int = 2) -> str:
    """Strict JSON with one row per line, so that two files can be compared.

    Args:
        value: The value to write.
        depth: Levels of nested objects that have one line per key.
    """
    if depth and isinstance(value, dict) and value:
        lines = ",\n".join(f"{json.dumps(str(name))}: {json_text(one, depth - 1)}" for name, one in value.items())
        return f"{{\n{lines}\n}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(json_text(one, 0) for one in value) + "\n]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def subtitle(material: Material) -> str:
    """What was run and when, from the logs."""
    logs = material.counted
    days = sorted({str(created)[:10] for created in logs["created"]})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    versions = ", ".join(sorted(set(logs["package_version"])))
    readers = logs["reader"].nunique()
    return f"{plural(readers, 'reader')}, {plural(len(logs), 'log')} of {when}, medsyn_inspect {versions}"


def plain(value: Any) -> Any:
    """Frames and dataclasses as values that JSON can represent."""
    if isinstance(value, pd.DataFrame):
        return strict(value.to_dict("records"))
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return strict(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value)
