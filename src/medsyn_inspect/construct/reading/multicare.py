"""Reads cases of MultiCaRe (Zenodo 10.5281/zenodo.10079369): `cases.parquet`, `captions_and_labels.csv`, images.

Used are `article_id` and `cases` (`case_id`, `case_text`) of the cases, `patient_id`, `file`, `caption` and `license`
of the images, and `article_id`, `title`, `journal`, `license` and `doi` in `metadata.parquet`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medsyn_inspect.construct.reading.raw import RawFigure, RawReport, Unreadable

CASES, CAPTIONS, METADATA = "cases.parquet", "captions_and_labels.csv", "metadata.parquet"


def read_multicare(folder: Path) -> list[RawReport]:
    """The cases in a folder of MultiCaRe.

    Args:
        folder: The folder with the three files; images are anywhere below it.

    Raises:
        Unreadable: If a file or a column is missing.
    """
    import pandas as pd

    try:
        articles = pd.read_parquet(folder / CASES)
        captions = pd.read_csv(folder / CAPTIONS, low_memory=False)
        metadata = pd.read_parquet(folder / METADATA)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{CASES}, {CAPTIONS} and {METADATA} are needed ({error})") from error
    try:
        images = dict(list(captions[["patient_id", "file", "caption", "license"]].groupby("patient_id")))
        about = {row["article_id"]: row for row in metadata.to_dict("records")}
        rows = [(row["article_id"], dict(case)) for row in articles.to_dict("records") for case in row["cases"]]
        files = {file.name: file for file in folder.rglob("*") if file.suffix.lower() in (".webp", ".jpg", ".png")}
        return [_report(case, about.get(article, {}), images.get(case["case_id"]), files) for article, case in rows]
    except (KeyError, TypeError) as error:
        raise Unreadable(f"the column {error} is missing; this is read as MultiCaRe 2.0") from error


def _report(case: dict[str, Any], about: dict[Any, Any], images: Any, files: dict[str, Path]) -> RawReport:
    shown = images.to_dict("records") if images is not None else []
    paragraphs = [one.strip() for one in str(case["case_text"]).splitlines() if one.strip()]
    licences = {str(one["license"]) for one in shown if _given(one["license"])}
    licence = about.get("license") or (licences.pop() if len(licences) == 1 else "")
    doi = f"doi:{about['doi']}" if about.get("doi") else ""
    return RawReport(
        report_id=str(case["case_id"]),
        title=str(about.get("title") or ""),
        language="en",
        licence=str(licence),
        source=". ".join(filter(None, (str(about.get("title") or ""), str(about.get("journal") or ""), doi)))
        or f"MultiCaRe {case['case_id']}",
        blocks=tuple(("Case", paragraph) for paragraph in paragraphs),
        figures=tuple(
            RawFigure(
                f"F{number}",
                str(one["caption"]) if _given(one["caption"]) else "",
                (files[str(one["file"])],) if str(one["file"]) in files else (),
                () if str(one["file"]) in files else (str(one["file"]),),
            )
            for number, one in enumerate(shown, 1)
        ),
    )


def _given(value: object) -> bool:
    """Whether a cell has a value; an empty one is NaN or `None`."""
    return value is not None and value == value
