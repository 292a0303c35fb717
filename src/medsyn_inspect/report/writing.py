"""Write a report: all of its files, or none."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.writing import findings_json
from medsyn_inspect.report import sections as said
from medsyn_inspect.report.blocks import Picture
from medsyn_inspect.report.drawing import Drawn, png, svg, svg_inline
from medsyn_inspect.report.drilldown import CaseListing
from medsyn_inspect.report.figures import all_figures
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.page import Report, as_html, as_markdown
from medsyn_inspect.report.reproducibility import reproducibility
from medsyn_inspect.report.stream import stream

TABLES = ("headline", "readers", "types", "comparisons", "associations", "orders")
"""Frames that go into `tables/` beside the numbers of each figure."""

WRITTEN = ("index.html", "report.md", "report.json", "tables", "figures")
"""What a report consists of."""


class NotAReport(ValueError):
    """A folder that holds something else and is not written to."""


def write_report(material: Material, folder: Path) -> None:
    """Write all files of a report, or none.

    Args:
        material: What the logs say.
        folder: New, empty, or one that holds an earlier report, which is replaced.

    Raises:
        NotAReport: If the folder holds anything else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "report.json").is_file():
        raise NotAReport(f"{folder} holds files that are no report; choose a new or empty folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
        made = Path(place)
        fill(material, made)
        folder.mkdir(exist_ok=True)
        for name in WRITTEN:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
            (made / name).replace(folder / name)
