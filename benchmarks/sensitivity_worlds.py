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
from rich.table import Table

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_sensitivity

MICROSCOPY, LABORATORY = "microscopy", "laboratory"
WORLDS = {
    "A": (Gains(0.3, 1.0, 1.0, {("image", MICROSCOPY): 1.0}), 1.0),
    "B": (Gains(0.3, 1.0, 1.0, {("image", MICROSCOPY): 1.0}), 4.0),
    "C": (Gains(0.5, 1.0, 1.0, {}), 1.0),
    "D": (Gains(1.0, 1.0, 1.0, {("image", MICROSCOPY): 0.3}), 1.0),
    "E": (Gains(0.0, 1.0, 1.0, {}), 1.0),
}
MEASURES = ("nmse", "mean_deficit", "matched_deficit", "baseline_part", "uptake_ratio", "strength", "alignment")


def main() -> None:
    """Print one row for each world and evidence type."""
    case_set = load_cases()
    table = Table("world", "type", "true ratio", "n", *MEASURES, title="NMSE and deficits (bits) against R, Q, R/Q")
    for name, (gains, temperature) in WORLDS.items():
        types = modality_gap(closed_form_sensitivity(case_set, gains, temperature=temperature))
        for row in types[types["evidence_type"].isin((MICROSCOPY, LABORATORY))].to_dict("records"):
            kind = row["evidence_type"]
            true = gains.by_type.get(("image", kind), gains.image) / gains.finding
            table.add_row(name, kind, f"{true:.2f}", str(row["n"]), *(f"{row[measure]:.3f}" for measure in MEASURES))
    Console().print(table)


if __name__ == "__main__":
    main()
