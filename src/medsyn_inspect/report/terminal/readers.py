"""The answer, the readers with their ranks, and reader against reader, in the terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import labelled, own_rows
from medsyn_inspect.analysis.frames.reader_pairs import FAMILY, SHARES, UPTAKE
from medsyn_inspect.analysis.schema import in_condition
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.report.answer import Sentence
from medsyn_inspect.report.terminal.cells import ASCII, estimated, number, p_adjusted, show, table
from medsyn_inspect.wording import LEVELS, MEASURES, POINTS, RATIO, WHOLE, estimate_words, spread, visible

MOST_PAIRS = 10
"""Number of pairs of readers per measure that are listed; more are only counted."""

LONG = 30
"""Length above which names of readers are replaced by numbers in the tables of pairs."""

RANKED = ("coverage", "accuracy", UPTAKE)
"""Measures of the first table."""

TITLES = {name: title for name, (title, _) in MEASURES.items()} | {UPTAKE: "Uptake ratio R"}

FORMATS = {name: POINTS if name in SHARES else how for name, (_, how) in MEASURES.items()} | {UPTAKE: RATIO}
"""Formats of differences."""

PAIRED = (
    "On the cases that both readers answered, with 95 % intervals; p in parentheses is adjusted by Holm's method over "
    "all pairs of the measure, those with a physician apart (shares: exact McNemar test)."
)

GAP = {
    "ddx_fdx_gap": ("Gap,\npoints", POINTS),
    "coverage_at_1": ("First,\n%", WHOLE),
    "coverage_chance": ("Random\nlist, %", WHOLE),
    "open_coverage": ("Open\nFDx, %", WHOLE),
    "accuracy_corrected": ("Corrected", LEVELS),
}
"""Columns of the table of the gap: titles and formats by column of the frame `readers`."""


def answer_lines(console: Console, sentences: list[Sentence]) -> None:
    """Print the sentences of the answer, with their claims in bold."""
    for sentence in sentences:
        claim, rest = (visible(part).translate(ASCII) for part in (sentence.claim, sentence.rest))
        console.print(Text.assemble("- ", (claim, "bold"), rest))


def readers_table(console: Console, findings: Findings) -> None:
    """Print one line for each reader in the plain condition: its measures, with the ranks where there are others."""
    ranks, readers = findings.ranks, own_rows(findings.readers)
    ranked = {(row["measure"], row["reader"]): row for row in ranks.to_dict("records")}
    measures = [
        name for name in RANKED if name in set(ranks["measure"]) or (name != UPTAKE and readers[name].notna().any())
    ]
    if not measures:
        return
    several = {name for name, rows in ranks.groupby("measure") if rows["group"].nunique() > 1}
    made = table(
        "Readers, all evidence shown as images, with 95 % intervals", ["Reader"], [TITLES[name] for name in measures]
    )
    estimates, labels = _estimates(findings), short_labels(readers["reader"])
    for reader in readers["reader"]:
        cells = []
        for name in measures:
            row = ranked.get((name, reader))
            value = estimates.get((name, reader), number(row["value"], RATIO) if row else "")
            place = _place(row, grouped=name in several) if row else ""
            cells.append("\n".join(filter(None, (value, place))))
        if any(cells):
            made.add_row(str(reader) if labels[reader] == reader else f"{labels[reader]}: {reader}", *cells)
    show(console, made)
    if len(ranks):
        console.print(
            "Rank: from 1 + the number of readers that are significantly better to the number of readers minus those "
            f"that are significantly worse (Holm-adjusted p below {ALPHA:g}). Readers that share a letter do not "
            "differ significantly. This is not transitive: a reader with two letters may differ from neither of two "
            "readers that differ from each other.",
            style="italic",
        )
    if several:
        console.print(
            "Ranks are among the readers that were judged alike: by the same judges, rubric and extractor.",
            style="italic",
        )


def short_labels(readers: Iterable[str]) -> dict[str, str]:
    """Names of readers for pairs of them: numbers, if a name is longer than `LONG`."""
    names = list(dict.fromkeys(readers))
    return {name: name if max(map(len, names)) <= LONG else str(number) for number, name in enumerate(names, 1)}


def _estimates(findings: Findings) -> dict[tuple[str, str], str]:
    """Coverage and accuracy of each reader in the plain condition, as text."""
    rows = findings.headline
    plain = rows[in_condition(rows)] if len(rows) else rows
    return {
        (name, labelled(row["reader"], row["selection"])): estimate_words(
            row[name], MEASURES[name][1], MEASURES[name][1].unit
        ).lines.translate(ASCII)
        for row in plain.to_dict("records")
        for name in RANKED
        if name != UPTAKE and row[name] is not None
    }


def _place(row: dict[Hashable, Any], *, grouped: bool) -> str:
    """`rank 1 to 2, a`, and among whose readers it is."""
    ends = dict.fromkeys((row["rank_lower"], row["rank_upper"]))
    group = f"\namong {row['group']}" if grouped and row["group"] else ""
    return f"rank {' to '.join(str(end) for end in ends)}, {row['letters']}{group}"


def gap_table(console: Console, readers: pd.DataFrame) -> None:
    """Print one line for each reader with a gap, and the numbers to read it with."""
    known = readers[readers["ddx_fdx_gap"].notna()]
    if known.empty:
        return
    shown = {name: how for name, how in GAP.items() if known[name].notna().any()}
    made = table("DDx-FDx gap, and numbers to read it with", ["Reader"], [title for title, _ in shown.values()])
    for _, row in known.iterrows():
        cells = [estimated(row.drop(f"{name}_n", errors="ignore"), name, how) for name, (_, how) in shown.items()]
        made.add_row(str(row["reader"]), *cells)
    show(console, made)
    console.print(
        "The gap, coverage minus accuracy, compares unlike tasks: a list of diagnoses, and a choice among the options. "
        "First: coverage by the first diagnosis of the list. Random list: coverage by chance, of a list as long as the "
        "reader's, drawn from the options. Corrected: accuracy corrected for chance, 0 for a reader that guesses.",
        style="italic",
    )


def pairs_table(console: Console, pairs: pd.DataFrame, readers: Iterable[str]) -> None:
    """Print one table for each measure, with one line for each pair of readers that were judged alike.

    Args:
        console: Where to print.
        pairs: The frame `reader_pairs`.
        readers: All readers, in the order of the first table.
    """
    hidden, labels = [], short_labels([*readers, *pairs["reader"], *pairs["other"]])
    families = [(str(measure), str(group), rows) for (measure, group), rows in pairs.groupby(FAMILY, sort=False)]
    for measure, group, rows in sorted(families, key=lambda family: _order(family[0])):
        kind = "primary" if rows["primary"].eq(True).all() else "exploratory"
        title = ", ".join(filter(None, (f"{TITLES[measure]}, reader against reader ({kind})", group)))
        if len(rows) > MOST_PAIRS:
            clear = int((rows["p_holm"] < ALPHA).sum())
            hidden.append(f"{title}: {len(rows)} pairs of readers, of which {clear} differ significantly")
            continue
        made = table(title, ["Readers"], ["n", "Difference", "p (Holm)"])
        for row in rows.to_dict("records"):
            first, second = (row["reader"], row["other"])[:: -1 if row["difference"] < 0 else 1]
            cells = [str(row["n"]), _difference(row), p_adjusted(row["p"], row["p_holm"])]
            made.add_row(f"{labels[first]} minus {labels[second]}", *cells)
        show(console, made)
    console.print(PAIRED, style="italic")
    for line in hidden:
        console.print(f"{line}; `-o FOLDER` writes all of them.")


def _order(measure: str) -> int:
    return RANKED.index(measure) if measure in RANKED else len(RANKED)


def _difference(row: dict[Hashable, Any]) -> str:
    """The absolute difference and its interval on a line; without an interval, the reason."""
    how, sign = FORMATS[str(row["measure"])].for_cases(row["n"]), -1 if row["difference"] < 0 else 1
    lower, upper = sorted(sign * row[f"difference_{end}"] for end in ("lower", "upper"))
    shown = spread(sign * row["difference"], lower, upper, how, between=" ").translate(ASCII)
    return f"{shown}{f' {how.unit}' if how.unit else ''}{f' ({note})' if (note := row['note']) else ''}"
