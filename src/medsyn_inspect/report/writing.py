"""Write a report: all of its files, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.files import as_csv, as_json, strict
from medsyn_inspect.cases.load import DEMO, CaseSetError, load_cases
from medsyn_inspect.planning.prices import load_prices
from medsyn_inspect.report.against import Beside
from medsyn_inspect.report.figures import all_figures
from medsyn_inspect.report.figures.drawing import Drawn, png, svg, svg_inline, uncollected
from medsyn_inspect.report.material import Material, chance_level, rows_of
from medsyn_inspect.report.names import short_names
from medsyn_inspect.report.page import sections as said
from medsyn_inspect.report.page.blocks import Picture
from medsyn_inspect.report.page.case import case_page
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.render import Report, as_html, as_markdown
from medsyn_inspect.report.page.viewing import viewing
from medsyn_inspect.report.rerun import RUN_CONFIGS, Reproducibility, reproducibility
from medsyn_inspect.report.stream.criteria import stream
from medsyn_inspect.wording import plural
from medsyn_inspect.writing import is_empty, require_writable, write_folder

TABLES = ("headline", "readers", "types", "comparisons", "associations", "orders")
"""Frames that go into `tables/` beside the numbers of each figure."""

KIND = "medsyn_inspect report"
"""By which a `report.json` is told from others."""

SCHEMA_VERSION = 2
"""Raised when a key of `report.json` changes its meaning or goes."""

SCHEMA = Path(__file__).with_name("report.schema.json")
"""JSON Schema (2020-12) of `report.json`."""

WRITTEN = ("index.html", "report.md", "report.json", "tables", "figures", RUN_CONFIGS, "cases")
"""What a report consists of; `cases` only if they are to be included."""


class NotAReport(ValueError):
    """A folder that holds something else and is not written to."""


def write_report(
    material: Material,
    folder: Path,
    places: Sequence[str],
    against: Beside | None = None,
    cases: Mapping[str, str] | None = None,
) -> None:
    """Write all files of a report, or none.

    Args:
        material: What the logs say.
        folder: New, empty, or one that holds an earlier report, which is replaced.
        places: Where the logs are, as the user called it: files or folders.
        against: What to lay beside.
        cases: A page for each case, by case id, where cases may be shown: they can be private.

    Raises:
        NotAReport: If the folder holds anything else, or is a file.
        ValueError: If no log counts.
        NotWritten: If it cannot be written to.
    """
    check_folder(folder)
    if material.counted.empty:
        raise ValueError(f"none of the {plural(len(material.logs), 'log')} holds an answer; there is nothing to report")
    with write_folder(folder, replaced=WRITTEN) as draft:
        _fill(material, draft, places, against, cases or {})


def check_folder(folder: Path) -> None:
    """Whether a report can be written there, before the work is done.

    Raises:
        NotAReport: If the folder holds anything but a report, or is a file.
        NotWritten: If it cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise NotAReport(f"{folder} is a file; name a folder for the report")
    require_writable(folder)
    if folder.exists() and not is_empty(folder) and not _is_report(folder / "report.json"):
        raise NotAReport(f"{folder} holds files that are no report; choose a new or empty folder")


def _is_report(file: Path) -> bool:
    """Whether a `report.json` is one of ours: others may be called so too."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


def _fill(
    material: Material, folder: Path, places: Sequence[str], against: Beside | None, cases: Mapping[str, str]
) -> None:
    short = short_names(material.logs["reader"])
    material, viewer = short.of(material), viewing(material, places)
    if against is not None:
        against = replace(against, rows=short.of_frame(against.rows))
    findings = material.findings
    (folder / "tables").mkdir()
    (folder / "figures").mkdir()
    pictures = []
    with uncollected():
        drawn = all_figures(material)
        for figure in drawn:
            (folder / "figures" / f"{figure.name}.png").write_bytes(png(figure))
            (folder / "figures" / f"{figure.name}.svg").write_bytes(svg(figure))
            pictures.append(picture(figure))
    tables = {name: getattr(findings, name) for name in TABLES} | {figure.name: figure.data for figure in drawn}
    if against is not None:
        tables["against"] = against.rows
    for name, frame in tables.items():
        if len(frame):
            (folder / "tables" / f"{name}.csv").write_text(as_csv(frame), encoding="utf-8")
    if cases:
        (folder / "cases").mkdir()
    for case_id, page in cases.items():
        (folder / "cases" / f"{case_id}.html").write_text(page, encoding="utf-8")
    listing = CaseListing(findings, viewer.names)
    criteria = stream(material)
    again = reproducibility(material, load_prices().get)
    write_run_configs(again, folder)
    parts = {
        ("summary", "Summary"): said.summary(findings, listing, short.common, chance_level(material)),
        ("accuracy", "Accuracy and coverage"): said.accuracy(findings, pictures),
        ("sensitivity", "Evidence Sensitivity"): said.sensitivity(findings, pictures, listing),
        ("ablations", "What changing one thing does"): said.ablations(findings, pictures, listing),
        ("belief", "Belief"): said.belief(findings, pictures),
        ("judging", "Judging"): said.judging(findings, pictures),
        ("against", "Beside others"): said.beside(against) if against is not None else iter(()),
        ("cases", "Cases behind the numbers"): said.cases(viewer, len(listing.lists)),
        ("remarks", "Remarks on the findings"): said.remarks(findings),
        ("stream", "Reporting standard"): said.criteria(criteria),
        ("again", "Doing it again"): said.again(again),
    }
    report = Report("Evidence synthesis in clinical cases", subtitle(material), said.sections(parts))
    (folder / "index.html").write_text(as_html(report, listing.data() | {"pages": sorted(cases)}), encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(report), encoding="utf-8")
    content = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "findings": as_json(findings),
        "readings": {figure.name: figure.reading for figure in drawn},
        "stream": [asdict(criterion) for criterion in criteria],
        "reproducibility": {name: plain(value) for name, value in vars(again).items()},
        "against": plain(against.rows) if against is not None else None,
    }
    (folder / "report.json").write_text(json_text(content) + "\n", encoding="utf-8")


def write_run_configs(again: Reproducibility, folder: Path) -> None:
    """A file for each log that can be run again."""
    (folder / RUN_CONFIGS).mkdir()
    for run in again.reruns:
        if run.file:
            (folder / run.file).write_text(run.text, encoding="utf-8")


def picture(figure: Drawn) -> Picture:
    """A figure as a block of the page."""
    return Picture(
        name=figure.name,
        section=figure.section,
        title=figure.title,
        reading=figure.reading,
        alt=figure.alt,
        svg=svg_inline(figure),
    )


def json_text(value: Any, depth: int = 2) -> str:
    """Strict JSON with one row a line, so that two files can be compared.

    Args:
        value: To be written.
        depth: Of objects whose keys have lines of their own.
    """
    if depth and isinstance(value, dict) and value:
        lines = ",\n".join(f"{json.dumps(str(name))}: {json_text(one, depth - 1)}" for name, one in value.items())
        return f"{{\n{lines}\n}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(json_text(one, 0) for one in value) + "\n]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def subtitle(material: Material) -> str:
    """What was run and when, from the logs alone."""
    logs = material.counted
    days = sorted({str(created)[:10] for created in logs["created"]})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    versions = ", ".join(sorted(set(logs["package_version"])))
    readers = logs["reader"].nunique()
    return f"{plural(readers, 'reader')}, {plural(len(logs), 'log')} of {when}, made with medsyn_inspect {versions}"


def plain(value: Any) -> Any:
    """Frames and dataclasses as JSON has them."""
    if isinstance(value, pd.DataFrame):
        return strict(value.to_dict("records"))
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return strict(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value)


def case_pages(material: Material, cases: str | None = None) -> dict[str, str]:
    """A page for each case that was asked, with its text and images.

    Args:
        material: What the logs say.
        cases: Where the case set is; by default where the logs say it was.

    Raises:
        ValueError: If the set cannot be read, or is another than that of the logs.
    """
    logs = rows_of(material.counted)
    # From the log itself: the material does not say where folders are.
    newest = next(one for one in reversed(material.findings.headers) if one.name == logs[-1]["log"])
    where = cases or str((newest.header.eval.task_args or {}).get("cases", DEMO))
    try:
        found = load_cases(where)
    except CaseSetError as error:
        raise ValueError(f"{error}{'' if cases else '; say with --cases where the case set is now'}") from error
    if found.fingerprint != logs[-1]["fingerprint"]:
        raise ValueError(
            f"{where} is not the case set of the logs (fingerprint {found.fingerprint}, not "
            f"{logs[-1]['fingerprint']}); say with --cases where it is"
        )
    asked = {name for log in logs for name in log["sample_ids"] or ()}
    return {case.case_id: case_page(where, case.case_id) for case in found.cases if case.case_id in asked}
