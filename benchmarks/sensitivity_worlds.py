"""Published and matched measures of the cross-modal gap where the truth is known.

The reader is the reference reader on the bundled cases, in closed form: it adds log-likelihoods, weighted by a gain for
each view and evidence type. Nothing is sampled, so every difference from the true ratio of gains is a property of the
measure. The worlds:

- A: microscopy is used equally in both views; the other types have a gain of 0.3 as images.
- B: as A, with a temperature of 4, so that posteriors are flat.
- C: every type has a gain of 0.5 as an image.
- D: microscopy alone has a gain of 0.3 as an image.
- E: images have no effect.

    python benchmarks/sensitivity_worlds.py
"""

from __future__ import annotations

from rich.console import Console

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_sensitivity
from medsyn_inspect.report.terminal.cells import number, show, table
from medsyn_inspect.wording import BITS

MICROSCOPY, LABORATORY = "microscopy", "laboratory"
WORLDS = {
    "A": (Gains(0.3, 1.0, 1.0, {("image", MICROSCOPY): 1.0}), 1.0),
    "B": (Gains(0.3, 1.0, 1.0, {("image", MICROSCOPY): 1.0}), 4.0),
    "C": (Gains(0.5, 1.0, 1.0, {}), 1.0),
    "D": (Gains(1.0, 1.0, 1.0, {("image", MICROSCOPY): 0.3}), 1.0),
    "E": (Gains(0.0, 1.0, 1.0, {}), 1.0),
}
MEASURES = {
    "nmse": "NMSE", "mean_deficit": "deficit", "matched_deficit": "matched", "baseline_part": "baseline",
    "uptake_ratio": "R", "strength": "Q",
}  # fmt: skip
"""Columns of the frame `types`, with short titles: a narrow terminal must show every digit."""


def main() -> None:
    """Print one row for each world and evidence type."""
    case_set = load_cases()
    title = "NMSE; published deficit (bits) = matched deficit + baseline part; R, Q"
    made = table(title, ["World and type"], ["true R", "n", *MEASURES.values()])
    for name, (gains, temperature) in WORLDS.items():
        types = modality_gap(closed_form_sensitivity(case_set, gains, temperature=temperature))
        for row in types[types["evidence_type"].isin((MICROSCOPY, LABORATORY))].to_dict("records"):
            kind = row["evidence_type"]
            true = gains.by_type.get(("image", kind), gains.image) / gains.finding
            made.add_row(
                f"{name} {kind}", f"{true:.2f}", str(row["n"]), *(number(row[measure], BITS) for measure in MEASURES)
            )
    show(Console(), made)


if __name__ == "__main__":
    main()
