"""Draws the result that the README shows, from the bundled logs: `python -m authoring.result_picture`.

Evidence Sensitivity of the simulated reader, by evidence type: with images, and with findings. The picture is written
as text, so that the same logs give the same bytes whatever is installed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from medsyn_inspect import analyze
from medsyn_inspect.wording import spoken

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "sensitivity.svg"

WIDTH, LEFT, RIGHT, TOP, ROW = 760, 190, 40, 88, 28
IMAGE, FINDING, INK, LINE = "#d9480f", "#1864ab", "#212529", "#adb5bd"


def picture(sensitivity: pd.DataFrame) -> str:
    """The picture as SVG.

    Args:
        sensitivity: The frame `sensitivity` of the findings, of one reader.
    """
    means = sensitivity.groupby("evidence_type").agg(
        image=("S_image", "mean"), finding=("S_finding", "mean"), n=("case_id", "nunique")
    )
    means = means.sort_values("finding", ascending=False)
    most = float(means[["image", "finding"]].max().max())
    height = TOP + ROW * len(means) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="14" fill="{INK}" role="img" aria-label="{_reading(means)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="28" font-size="17" font-weight="bold">'
        "How far the answer moves when one type of evidence is withheld</text>",
        f'<circle cx="22" cy="52" r="6" fill="{IMAGE}"/><text x="36" y="57">evidence shown as images</text>',
        f'<circle cx="252" cy="52" r="6" fill="{FINDING}"/><text x="266" y="57">'
        "the same evidence as findings in words</text>",
    ]
    for place, (name, row) in enumerate(means.iterrows()):
        y = TOP + ROW * place + 6
        image, finding = (LEFT + (WIDTH - LEFT - RIGHT) * float(row[view]) / most for view in ("image", "finding"))
        parts += [
            f'<text x="{LEFT - 14}" y="{y + 5}" text-anchor="end">{spoken(name)} (n={row["n"]:.0f})</text>',
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e9ecef"/>',
            f'<line x1="{image:.1f}" x2="{finding:.1f}" y1="{y}" y2="{y}" stroke="{LINE}" stroke-width="3"/>',
            f'<circle cx="{finding:.1f}" cy="{y}" r="6" fill="{FINDING}"/>',
            f'<circle cx="{image:.1f}" cy="{y}" r="6" fill="{IMAGE}"/>',
        ]
    y = TOP + ROW * len(means) + 20
    parts += [
        f'<text x="{LEFT}" y="{y}" text-anchor="middle">0</text>',
        f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="middle">{most:.2f} bit</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{y}" text-anchor="middle">'
        "Evidence Sensitivity (task: sensitivity)</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _reading(means: pd.DataFrame) -> str:
    larger = int((means["finding"] > means["image"]).sum())
    return (
        f"Evidence Sensitivity by evidence type: for {larger} of {len(means)} types, withholding the finding moves the "
        "answer more than withholding the images."
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(analyze(ROOT / "logs").sensitivity), encoding="utf-8")
