"""Evidence: how far answers move when it is withheld, and whether images move them as far as findings do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import without_emphasis
from medsyn_inspect.analysis.frames.sensitivity import VIEWS
from medsyn_inspect.conditions import SOURCES, quantity_in_words
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Entries, Picture, table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.heat_map import heat_map
from medsyn_inspect.report.page.numbers import ratio, share
from medsyn_inspect.report.page.scatter import FIGURE, scatter
from medsyn_inspect.report.reasons import counted
from medsyn_inspect.wording import BITS, estimated, known, number, p_adjusted, p_value, plural, spoken, spread


def evidence(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """The heat map, the plot of cases, the figures, and the numbers behind them.

    Args:
        findings: The results of the analysis.
        pictures: All figures of the report.
        listing: The cases behind each number.
    """
    yield from heat_map(findings, listing)
    yield from scatter(findings, pictures, listing)
    yield from (one for one in pictures if one.section == "sensitivity" and one.name != FIGURE)
    if len(findings.types):
        yield by_type(findings, listing)
        if reasons := tuple(counted(findings.types)):
            yield Entries(reasons)
        yield by_reader(findings)
    yield from associations(findings.associations)


def in_order(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """The rows sorted by reader, in the order of the frame `readers`; the order within a reader is kept.

    A run with an emphasis follows its reader.
    """
    rows = rows_of(findings.readers[["reader", "selection", "emphasis"]].fillna(""))
    order = {row["reader"]: number for number, row in enumerate(rows)}
    own = {row["reader"]: without_emphasis(row["reader"], row["selection"], row["emphasis"]) for row in rows}
    names = sorted(order, key=lambda name: (order.get(own[name], order[name]), own[name] != name, order[name]))
    place = {name: number for number, name in enumerate(names)}
    return frame.sort_values("reader", key=lambda names: names.map(place), kind="stable", na_position="last")


def by_type(findings: Findings, listing: CaseListing) -> Block:
    """The numbers of each reader and evidence type."""
    lines: list[list[Cell | str]] = []
    for row in rows_of(in_order(findings.types, findings)):
        behind = listing.of_type(row["reader"], row["evidence_type"])
        missing = f" ({int(row['missing'])} missing)" if row["missing"] else ""
        uptake = spread(row["uptake_ratio"], row["uptake_ratio_lower"], row["uptake_ratio_upper"], between=" ")
        below = share(row | {"share_below_n": row["n"]}, "share_below")
        lines.append(
            [
                str(row["reader"]),
                spoken(row["evidence_type"]),
                Cell(f"{row['n']}{missing}", behind),
                uptake or str(row["uptake_note"] or "not measurable"),
                estimated(row, "matched_deficit", BITS),
                p_adjusted(row["matched_p"], row["matched_p_holm"]),
                estimated(row, "mean_deficit", BITS),
                below.whole,
                p_adjusted(row["sign_p"], row["sign_p_holm"]),
                p_value(row["wilcoxon_p"]),
                ratio(row["nmse"]) or str(row["nmse_note"] or ""),
                SOURCES.get(str(row["source"]), str(row["source"])) if isinstance(row["source"], str) else "none",
            ]
        )
    columns = {
        "Reader": False, "Evidence": False, "Cases": True, "Uptake ratio R": False, "Matched deficit, bits": True,
        "Primary p (Holm)": True, "Deficit, bits": True, "Image moves less, % of cases": True,
        "Sign test p (Holm)": True, "Wilcoxon p": True, "NMSE": True, "Posterior from": False,
    }  # fmt: skip
    return table(
        "types",
        "All numbers by evidence type, with 95 % intervals over cases. To decide which evidence to improve, use R and "
        "the matched deficit: NMSE also contains differences between what a reader believes without the evidence. The "
        "primary test is that of the matched deficit; all others are exploratory.",
        columns,
        lines,
        folded=True,
    )


def by_reader(findings: Findings) -> Block:
    """The numbers of each reader over all evidence types."""
    lines: list[list[Cell | str]] = []
    for row in rows_of(findings.readers[findings.readers["arms"].fillna(0) > 0]):
        right = [share(row, name).whole for name in ("accuracy_image", "accuracy_finding")]
        above = [share(row, f"above_floor_{view}").whole for view in VIEWS]
        low = number(row["low_mass_arms"], 0) if known(row["low_mass_arms"]) else ""
        order = spread(
            row["order_divergence"], row["order_divergence_lower"], row["order_divergence_upper"], BITS, between=" "
        )
        lines.append([str(row["reader"]), *right, *above, ratio(row["mean_nmse"]), order, low])
    columns = {
        "Reader": False, "Right with images": True, "Right with findings": True, "S above its floor, images": True,
        "S above its floor, findings": True, "Mean NMSE": True, "Order of options, bits": True,
        "Arms with less than half of the probability on options": True,
    }  # fmt: skip
    return table(
        "readers",
        "By reader. The floor of S is what rewording the question alone does to the answer (from repeated answers: a "
        "permutation test at 5 %); the effect of the order of the options is measured on a part of the cases.",
        columns,
        lines,
        folded=True,
    )


def associations(frame: pd.DataFrame) -> Iterator[Block]:
    """Whether a smaller gap is associated with more correct answers, and how to interpret the result."""
    if frame.empty:
        return
    lines: list[list[Cell | str]] = []
    for row in rows_of(frame):
        value = spread(row["value"], row["lower"], row["upper"], between=" ")
        counts = [plural(int(row[f"{one}s"]), one) for one in ("reader", "case") if known(row[f"{one}s"])]
        others = row["adjusted_for"]
        also = (
            f", adjusted for {', '.join(map(quantity_in_words, others.split(', ')))}"
            if isinstance(others, str) and others
            else ""
        )
        kind, x, y = (quantity_in_words(row[name]) for name in ("measure", "x", "y"))
        what = f"{kind} of {x} and {y}{also}"
        lines.append(
            [
                row["scope"],
                what,
                ", ".join(counts),
                value,
                p_value(row["p"]),
                p_value(row["smallest_p"]),
                row["reading"],
            ]
        )
    columns = {
        "Scope": False, "Measure": False, "Sample": False, "Value": True, "p": True, "Smallest p possible": True,
        "Reading": False,
    }  # fmt: skip
    yield table("associations", "Is a smaller gap associated with more correct answers? Exploratory.", columns, lines)
