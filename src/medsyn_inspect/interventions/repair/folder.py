"""Writes the comparison before and after fine-tuning: `before-after.html` and `before-after.json`."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from medsyn_inspect.interventions.repair.compare import Difference
from medsyn_inspect.writing import write_files

NAME = "before-after"
_WORDS = {
    "accuracy_image": "accuracy, images",
    "accuracy_finding": "accuracy, findings",
    "S_image": "S, images (bits)",
    "S_finding": "S, findings (bits)",
    "matched_deficit": "matched deficit (bits)",
}


def in_words(one: Difference) -> list[str]:
    """A difference as cells: what, from stage to stage, before, after, difference with interval, each seed."""
    what = f"{one.evidence_type}: {_WORDS[one.measure]}" if one.evidence_type else _WORDS[one.measure]
    seeds = ", ".join(f"{value:+.3f}" for value in one.by_seed.values())
    return [
        what,
        f"{one.before} → {one.after}",
        f"{one.value_before:.3f}",
        f"{one.value_after:.3f}",
        f"{one.difference:+.3f} ({one.lower:+.3f} to {one.upper:+.3f})",
        seeds,
    ]


HEAD = ("measure", "stages", "before", "after", "difference (95 % interval)", "each seed")


def write_comparison(folder: Path, found: Sequence[Difference], ratios: dict[str, pd.DataFrame]) -> list[Path]:
    """Write the comparison into a folder: both files, or none.

    Args:
        folder: Created if it does not exist; other files in it are kept.
        found: From `compare`.
        ratios: From `uptake`, by evidence type.

    Raises:
        NotWritten: If it cannot be written.
    """
    import jinja2

    tables = [{"title": "Differences", "note": "", "head": HEAD, "rows": [_row(one) for one in found]}]
    for name, frame in ratios.items():
        tables.append(
            {
                "title": f"Uptake of {name}, reader by reader",
                "note": "R: share of the finding's effect that the image has. NMSE is shown because the paper reports "
                "it; it also rises if images move a reader more than findings.",
                "head": ("seed", "stage", "R (95 % interval)", "matched deficit", "NMSE", "share below"),
                "rows": [{"cells": _ratio_cells(row), "clear": False} for row in frame.to_dict("records")],
            }
        )
    seeds = len(found[0].by_seed) if found else 0
    template = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    page = (
        jinja2.Environment(autoescape=True)
        .from_string(template)
        .render(
            summary=f"{seeds} models; {found[0].cases if found else 0} cases, the same for all.",
            tables=tables,
            figure=base64.b64encode(_figure(found)).decode(),
            alt="Differences with their intervals, one row for each measure and pair of stages",
        )
    )
    content = {
        "differences": [asdict(one) for one in found],
        "uptake": {name: _strict(frame) for name, frame in ratios.items()},
    }
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    return write_files({f"{NAME}.html": page, f"{NAME}.json": text}, folder)


def _row(one: Difference) -> dict[str, Any]:
    return {"cells": in_words(one), "clear": one.clear}


def _ratio_cells(row: dict[Any, Any]) -> list[str]:
    ends = f"({row['uptake_ratio_lower']:.2f} to {row['uptake_ratio_upper']:.2f})"
    return [
        str(row["seed"]), str(row["stage"]), f"{row['uptake_ratio']:.2f} {ends}", f"{row['matched_deficit']:+.3f}",
        f"{row['nmse']:.2f}", f"{row['share_below']:.2f}",
    ]  # fmt: skip


def _strict(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _figure(found: Sequence[Difference]) -> bytes:
    """Differences of accuracy, and of S and the matched deficit, each with its interval and the seeds as points."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.24 * len(found)), layout="constrained")
    FigureCanvasAgg(figure)
    groups = [("difference in accuracy", [one for one in found if one.measure.startswith("accuracy")])]
    groups.append(("difference in bits", [one for one in found if not one.measure.startswith("accuracy")]))
    axes = figure.subplots(2, 1, height_ratios=[max(1, len(group)) for _, group in groups])
    for panel, (label, group) in zip(axes, groups, strict=True):
        for place, one in enumerate(group):
            panel.plot([one.lower, one.upper], [place, place], color="#0072b2", linewidth=2)
            panel.plot(list(one.by_seed.values()), [place] * len(one.by_seed), "o", color="#999999", markersize=3)
            panel.plot(one.difference, place, "s", color="#0072b2", markersize=5)
        panel.axvline(0, color="black", linewidth=0.8)
        panel.set_yticks(range(len(group)), [", ".join(in_words(one)[:2]) for one in group], fontsize=7)
        panel.invert_yaxis()
        panel.set_xlabel(label)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()
