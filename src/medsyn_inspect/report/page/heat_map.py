"""Evidence types against readers: how much of the effect of a finding its image has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Column, Entries, Table, Text
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.leaderboard import in_rank_order
from medsyn_inspect.wording import interval, known, number, plural, spoken

STEPS = 5
"""Number of backgrounds on either side of equal effects."""

HATCHED = "hatched"


def heat_map(findings: Findings, listing: CaseListing) -> Iterator[Block]:
    """A table of readers and evidence types: R where it is measurable, otherwise the deficit if no R is.

    Args:
        findings: The results of the analysis.
        listing: The cases behind each number.
    """
    types = findings.types[findings.types["reader"].isin(own_rows(findings.readers)["reader"])]
    if types.empty:
        return
    by_ratio = bool(types["uptake_ratio"].notna().any() or types["mean_deficit"].isna().all())
    order = [str(name) for name in in_rank_order(own_rows(findings.readers), _first(findings.readers))["reader"]]
    readers = [name for name in order if name in set(types["reader"])]
    sizes = types.groupby("evidence_type")["n"].max()
    kinds = sorted(map(str, sizes.index), key=lambda kind: (-sizes[kind], kind))
    found = {(str(row["reader"]), str(row["evidence_type"])): row for row in rows_of(types)}
    lines = [
        (Cell(reader), *(_cell(found.get((reader, kind)), listing, by_ratio=by_ratio) for kind in kinds))
        for reader in readers
    ]
    columns = (Column("Reader"), *(Column(_capital(spoken(kind)), True) for kind in kinds))
    caption = (
        "Uptake ratio R and number of cases. 1: the image moves the answer as far as its finding; 0: not at all. The "
        "stronger the colour, the less of the finding's effect the image has. Hatched: not measurable."
        if by_ratio
        else "Deficit in bits and number of cases: how much less the image moves the answer than its finding. R is not "
        "measurable for any reader. Hatched: the interval includes 0, or there is none."
    )
    yield Table("heat-map", caption, columns, tuple(lines), look="matrix")
    if by_ratio:
        yield from _reasons(types)


def _first(readers: pd.DataFrame) -> str:
    return next(
        (name for name in ("accuracy", "coverage", "accuracy_image") if readers[name].notna().any()), "accuracy"
    )


def _reasons(types: pd.DataFrame) -> Iterator[Block]:
    """Why R is not measurable, each reason with the number of cells."""
    notes = types.loc[types["uptake_ratio"].isna() & (types["uptake_note"].fillna("") != ""), "uptake_note"]
    counts = notes.value_counts(sort=False)
    if len(counts):
        yield Text("Why R is not measurable in the hatched cells:", quiet=True)
        yield Entries(tuple(f"{_capital(str(why))} ({plural(int(count), 'cell')})" for why, count in counts.items()))


def _cell(row: Mapping[str, Any] | None, listing: CaseListing, *, by_ratio: bool) -> Cell:
    if row is None:
        return Cell("")
    behind = listing.of_type(str(row["reader"]), str(row["evidence_type"]))
    return _ratio(row, behind) if by_ratio else _deficit(row, behind)


def _ratio(row: Mapping[str, Any], behind: str) -> Cell:
    value, n = row["uptake_ratio"], row["uptake_n"]
    count = f"n {int(n) if known(n) else int(row['n'])}"
    if not known(value):
        return Cell("", behind, small=count, shade=HATCHED, hint=str(row["uptake_note"] or ""))
    hint = interval(row["uptake_ratio_lower"], row["uptake_ratio_upper"], 2) or str(row["uptake_note"] or "")
    return Cell(number(value, 2), behind, small=count, sort=float(value), shade=shade(1 - float(value)), hint=hint)


def _deficit(row: Mapping[str, Any], behind: str) -> Cell:
    value, lower, upper = (row[f"mean_deficit{end}"] for end in ("", "_lower", "_upper"))
    count = f"n {int(row['n'])}"
    if not known(value):
        return Cell("", behind, small=count, shade=HATCHED)
    clear = known(lower) and known(upper) and (lower > 0 or upper < 0)
    look = ("lower-3" if value > 0 else "higher-3") if clear else HATCHED
    return Cell(number(value, 2), behind, small=count, sort=float(value), shade=look, hint=interval(lower, upper, 2))


def shade(lost: float) -> str:
    """The background of a share of the effect that is lost: `lower-5` if all of it is, `higher-5` if it is doubled."""
    step = min(STEPS, round(abs(lost) * STEPS))
    return f"{'lower' if lost > 0 else 'higher'}-{step}" if step else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
