"""From gap to fix: what a reader underuses, the prompt or the training data aimed at it, and what they changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.refinement import rows_of_interest
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.conditions import in_words as condition_in_words
from medsyn_inspect.interventions.circle import Circle
from medsyn_inspect.interventions.repair.compare import Difference
from medsyn_inspect.interventions.repair.folder import HEAD, in_words
from medsyn_inspect.records import PLAIN
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Entries, Sentences, Table, Text, table
from medsyn_inspect.wording import (
    BITS,
    CHANGES,
    LEVELS,
    estimated,
    number,
    p_adjusted,
    p_equals,
    p_value,
    plural,
    spoken,
)

INTRODUCTION = (
    "What a reader underuses is chosen on development cases; what a prompt or training data changed is measured on "
    "other cases, paired by case."
)
MISSING = {
    "choices": "No choice of evidence types to aim at: medsyn refine or medsyn curate makes it.",
    "refined": "No prompt was refined: medsyn refine writes the runs.",
    "curated": "No training data were mixed: medsyn curate does it.",
    "repairs": "No comparison before and after fine-tuning: medsyn before-after makes it.",
    "attention": "No attention was read: medsyn attention does it for local checkpoints.",
}
"""What to say of a step that was not taken."""

NOT_RUN = "Prompts were refined, but these logs have no pair of runs that differ in their emphasis."


def from_gap_to_fix(findings: Findings, circle: Circle | None) -> Iterator[Block]:
    """The way of each reader, step by step; nothing if no step was taken.

    Args:
        findings: The results of the analysis.
        circle: The results of the steps, with the readers' names as in the findings.
    """
    if circle is None and findings.refinement.empty:
        return
    taken = circle or Circle()
    yield Text(INTRODUCTION)
    if told := [*_prompts_in_words(findings.refinement), *_repairs_in_words(taken)]:
        yield Sentences(tuple(told))
    if taken.choices:
        yield _weaknesses(taken)
    if len(findings.refinement):
        yield _prompts(findings.refinement)
    if taken.curated:
        yield _mixtures(taken)
    for place, repair in enumerate(taken.repairs):
        yield _repair(repair, place)
    for record in taken.attention:
        yield Entries(tuple(record["statements"]))
        yield Text(" ".join(record["limits"]), quiet=True)
    if circle is not None:
        yield from _missing(circle, findings)


def _missing(circle: Circle, findings: Findings) -> Iterator[Block]:
    """What was not done, and readers of the steps that these logs do not have."""
    for name, words in MISSING.items():
        if not getattr(circle, name):
            yield Text(words, warns=True)
    if circle.refined and findings.refinement.empty:
        yield Text(NOT_RUN, warns=True)
    there = set(findings.readers["reader"]) | set(findings.refinement["reader"])
    if strange := [one["reader"] for one in circle.choices if one["reader"] not in there]:
        yield Text(f"These logs have no run of {', '.join(strange)}, whose weakness was chosen.", warns=True)


def _prompts_in_words(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """For each reader and emphasis, whether it changed the deficit of its types more than its placebo."""
    against = rows[(rows["measure"] == "matched_deficit") & rows["baseline"].str.startswith("emphasis=placebo:")]
    for row in rows_of(against):
        kinds = PLAIN.replace(emphasis=str(row["condition"]).partition("=")[2]).emphasised
        if row["evidence_type"] not in kinds:
            continue
        clear = row["p_holm"] < ALPHA
        does = "lowers" if row["difference"] < 0 else "raises"
        kind = spoken(row["evidence_type"])
        change = " ".join(estimated(row, "difference", BITS).split("\n"))
        claim = (
            f"Emphasis {does} the matched deficit of {kind}" if clear else f"No effect of emphasis on {kind} is shown"
        )
        yield claim, f": {row['reader']}, {change} bits against its placebo, {p_equals(row['p_holm'])} after Holm."


def _repairs_in_words(circle: Circle) -> Iterator[tuple[str, str]]:
    """For each target and pair of stages, whether fine-tuning changed its deficit."""
    kinds = {target["evidence_type"] for one in circle.curated for target in one["targets"]}
    for one in (Difference(**row) for repair in circle.repairs for row in repair["differences"]):
        if one.measure == "matched_deficit" and one.evidence_type in kinds:
            does = "lower" if one.difference < 0 else "higher"
            claim = f"{spoken(one.evidence_type)}: the matched deficit is {does} in {one.after} than in {one.before}"
            if not one.clear:
                claim = f"{spoken(one.evidence_type)}: no difference of {one.after} from {one.before} is shown"
            rest = (
                f": {in_words(one)[4]} bits over {plural(len(one.by_seed), 'model')} and {plural(one.cases, 'case')}."
            )
            yield claim[0].upper() + claim[1:], rest


def _weaknesses(circle: Circle) -> Table:
    """What each reader's types were judged by, on development cases."""
    lines: list[list[Cell | str]] = []
    for choice in circle.choices:
        for row in choice["types"]:
            lines.append(
                [
                    choice["reader"],
                    spoken(row["evidence_type"]),
                    str(row["n"]),
                    _estimate(row, "uptake_ratio", LEVELS),
                    _estimate(row, "matched_deficit", BITS),
                    p_value(row["p_holm"]),
                    number(row["nmse"], 2),
                    "yes" if row["target"] else "",
                ]
            )
    columns = {
        "Reader": False, "Evidence": False, "Cases": True, "R": True, "Matched deficit, bits": True, "p (Holm)": True,
        "NMSE": True, "Aimed at": False,
    }  # fmt: skip
    cases = ", ".join(f"{len(one['development_cases'])} of {one['reader']}" for one in circle.choices)
    caption = f"Weakness, on development cases ({cases}), with 95 % intervals. NMSE is shown and not used."
    return table("circle-weakness", caption, columns, lines)


def _prompts(rows: pd.DataFrame) -> Table:
    """The paired changes by emphasis and by its placebo."""
    lines: list[list[Cell | str]] = []
    for (reader, condition, baseline), found in rows.groupby(["reader", "condition", "baseline"], sort=False):
        for row in rows_of(rows_of_interest(found)):
            words, how, change = CHANGES[row["measure"]]
            values = [number(row[name] * how.factor, how.digits) for name in ("value_baseline", "value")]
            lines.append(
                [
                    str(reader),
                    f"{condition_in_words(str(condition))}, against {condition_in_words(str(baseline))}",
                    f"{spoken(row['evidence_type'])}: {words}" if row["evidence_type"] else words,
                    str(row["n"]),
                    *values,
                    _estimate(row, "difference", change),
                    p_adjusted(row["p"], row["p_holm"]),
                ]
            )
    columns = {
        "Reader": False, "Prompt": False, "Measure": False, "Cases": True, "From": True, "To": True, "Change": True,
        "p (Holm)": True,
    }  # fmt: skip
    caption = (
        "Prompt: changes by emphasis and by its placebo, on the cases that both runs have, with 95 % intervals (NMSE "
        "has none). Shares are percentages and their changes points. Only what emphasis changes and its placebo does "
        "not is an effect of what it says."
    )
    return table("circle-prompts", caption, columns, lines)


def _mixtures(circle: Circle) -> Table:
    lines: list[list[Cell | str]] = []
    for one in circle.curated:
        kinds = [target["evidence_type"] for target in one["targets"]]
        for name, mixture in one["mixtures"].items():
            aimed = sum(mixture["types"].get(kind, 0) for kind in kinds)
            pools = ", ".join(f"{pool} {count}" for pool, count in mixture["pools"].items())
            lines.append([one["reader"], name, str(mixture["size"]), ", ".join(map(spoken, kinds)), str(aimed), pools])
    columns = {
        "Reader": False, "Mixture": False, "Samples": True, "Aimed at": False, "Samples of it": True, "Pools": False,
    }  # fmt: skip
    return table("circle-mixtures", "Training data, as medsyn curate mixed them.", columns, lines)


def _repair(repair: Mapping[str, Any], place: int) -> Table:
    """The comparison before and after fine-tuning."""
    found = [Difference(**row) for row in repair["differences"]]
    lines: list[list[Cell | str]] = [list(in_words(one)) for one in found]
    cases = found[0].cases if found else 0
    caption = f"Before and after fine-tuning, on {plural(cases, 'case')}, with intervals over cases and models."
    columns = {name: number >= 2 for number, name in enumerate(HEAD)}
    return table(f"circle-repair-{place + 1}", caption, columns, lines)


def _estimate(row: Mapping[str, Any], name: str, how: Any) -> str:
    """A number and its interval; empty if it is missing."""
    return " ".join(estimated(dict(row), name, how).split("\n"))
