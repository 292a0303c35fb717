"""The terms of the report: shown where they are used, and listed at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from medsyn_inspect.report.page.blocks import Block, Definitions, Section, Table

TERMS = {
    "reader": ("Reader", "Who answers: a model, a physician, or a simulated reader."),
    "accuracy": (
        "Final diagnosis (FDx accuracy)",
        "The share of cases in which the reader chooses the right diagnosis among the options.",
    ),
    "coverage": (
        "Differential covers it (DDx coverage)",
        "The share of cases whose list of diagnoses contains the right one, as the judge graded it: at or above the"
        " threshold of the rubric.",
    ),
    "score": (
        "Judge's score (DDx score)",
        "The mean level that the judge gives to the best listed diagnosis.",
    ),
    "open_coverage": (
        "Final diagnosis without options (open FDx)",
        "The share of cases in which the only diagnosis that the reader gives, without seeing options, is the right"
        " one, as the judge graded it.",
    ),
    "ddx_fdx_gap": (
        "Listed but not chosen (DDx-FDx gap)",
        "Coverage minus accuracy on the cases that have both: positive if the reader lists the right diagnosis more"
        " often than it chooses it.",
    ),
    "view": (
        "Images and findings",
        "The same evidence shown in two ways: as images, or as the finding that an expert wrote about them.",
    ),
    "interval": (
        "95 % interval",
        "In brackets: the values that fit the data, for other cases of the same kind. Wilson for shares; "
        "Newcombe for differences of shares; Student for means of 24 cases or more, extended for skewness.",
    ),
    "rank": (
        "Rank",
        "By the first measure. In brackets, the ranks that cannot be excluded: 1 plus the number of readers that "
        "are significantly better, to the number of readers minus those that are significantly worse.",
    ),
    "tied": (
        "Tied",
        "Readers that share a letter do not differ significantly. That does not show that they are equal.",
    ),
    "p": (
        "Adjusted p",
        "The p value of the difference between two readers on their common cases, adjusted by Holm's method over "
        "all pairs of the measure. Below 0.05 a difference counts as significant. The comparison in the final "
        "diagnosis is the primary one; the others are exploratory.",
    ),
    "sensitivity": (
        "Evidence Sensitivity (S)",
        "How far an answer moves when one type of evidence is withheld: the Jensen-Shannon divergence, in bits, "
        "between the probabilities of the options with and without it.",
    ),
    "uptake": (
        "Uptake ratio (R)",
        "The share of the effect of a finding that its image has: 1 if both move the answer equally far and in the "
        "same direction, 0 if the image has no effect.",
    ),
    "deficit": (
        "Deficit",
        "How much less an image moves the answer than its finding, in bits: the mean of S with findings minus S "
        "with images.",
    ),
    "nmse": (
        "NMSE",
        "The published measure of the gap between images and findings: the sum over cases of the squared difference"
        " of both S, divided by the sum of the squared S with findings. 0 without a gap, 1 if images are ignored; "
        "because it is quadratic, 0.25 for a reader with half the sensitivity to images.",
    ),
    "posterior": (
        "Posterior",
        "The probabilities that a reader gives to the options: from token probabilities, repeated answers, or "
        "stated in words.",
    ),
    "confidence": (
        "Confidence",
        "The largest of these probabilities. A calibrated reader is right as often as it is confident.",
    ),
    "position": (
        "Order of the options",
        "Whether the answer depends on the place of an option, measured by showing the options in every cyclic order.",
    ),
    "unread": (
        "Unread",
        "An answer in which neither the form nor an extractor found a diagnosis. It counts as wrong.",
    ),
    "detectable": (
        "Detectable difference",
        "The smallest difference that would be found with 80 % power, with this number of cases and this share of "
        "cases that changed. Empty where none would.",
    ),
}
"""Term and definition by key."""

ALWAYS = ("reader", "interval")


def terms_of(sections: Collection[Section]) -> list[str]:
    """Keys of the terms that the heads of the tables use."""
    blocks = [block for section in sections for block in section.blocks if isinstance(block, Table)]
    used = {column.term for block in blocks for column in block.columns}
    return [name for name in TERMS if name in used]


def glossary(sections: Collection[Section], others: Collection[str] = ()) -> Iterator[Block]:
    """The terms that the report uses.

    Args:
        sections: The other sections.
        others: Keys of further terms that they use.
    """
    used = {*terms_of(sections), *ALWAYS, *others}
    yield Definitions(tuple((name, *TERMS[name]) for name in TERMS if name in used))
