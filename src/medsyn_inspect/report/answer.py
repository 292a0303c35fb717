"""The answer of a report: the few sentences that a reader of the report needs first.

Each sentence is made by a pure function of the numbers that it rests on, which returns nothing if the numbers do not
carry it. `answer` takes these numbers from the findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.matched import CONSTANT, NEEDS
from medsyn_inspect.analysis.frames.plain import own_readers
from medsyn_inspect.analysis.frames.reader_pairs import SHARES
from medsyn_inspect.analysis.stats.mcnemar import ALPHA, minimum_detectable_effect
from medsyn_inspect.conditions import QUESTIONS
from medsyn_inspect.providers import is_physician
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.wording import (
    MEASURES,
    cut,
    interval,
    listed,
    number,
    p_span,
    percent,
    plural,
    share_digits,
    span,
    spoken,
)

LEADING = ("coverage", "accuracy")
"""The measures for which the answer names the best reader, in this order."""

MOST_UNSCORED = 0.05
"""Share of answers without a score, of a reader and question, above which completing the runs comes first."""

MOST_PAIRS = 5
"""Maximum number of pairs of readers that are named; more are in the matrix of readers only."""

DIFFERENT = f"Holm-adjusted p below {ALPHA:g}"


@dataclass(frozen=True)
class Sentence:
    """A sentence of the answer; its text is `claim + rest`."""

    claim: str
    """What holds; to be emphasised."""

    rest: str
    """The numbers it rests on, with the punctuation before and after them."""

    def __str__(self) -> str:
        return self.claim + self.rest


@dataclass(frozen=True)
class Standing:
    """The readers of one measure that were judged alike, as the paired comparisons place them."""

    measure: str
    """A key of `wording.MEASURES`."""

    values: Mapping[str, float]
    """Estimate of each reader, best first."""

    p: Mapping[frozenset[str], float]
    """Holm-adjusted p of each pair; NaN without a test."""

    ahead: Mapping[frozenset[str], str]
    """The better reader of each pair on their common cases; empty if both are equal."""

    cases: Sequence[int]
    """Number of common cases of each pair."""

    judge: str = ""
    """By whom they were judged, if readers with other judges exist."""

    not_compared: int = 0
    """Number of readers with the measure that are not among them."""

    @property
    def clear(self) -> set[frozenset[str]]:
        """The pairs that differ significantly."""
        return {pair for pair, p in self.p.items() if p < ALPHA}

    @property
    def first(self) -> list[str]:
        """The readers with the highest estimate: several if they are equal."""
        return [reader for reader, value in self.values.items() if value == max(self.values.values())]

    def place(self, reader: str) -> str:
        """`lower` or `higher` if the reader is significantly so than every first one, otherwise `level`."""
        against = [frozenset((reader, one)) for one in self.first]
        better = {self.ahead[pair] == reader for pair in against}
        if not self.clear.issuperset(against) or len(better) > 1:
            return "level"
        return "higher" if better == {True} else "lower"


def answer(findings: Findings) -> list[Sentence]:
    """Three to five sentences that answer the questions of a report; fewer if little was run.

    Args:
        findings: The results of the analysis.
    """
    standings = [found for measure in LEADING if (found := standing(findings, measure))]
    made: list[Sentence | None] = []
    for measure in LEADING:
        found = next((one for one in standings if one.measure == measure), None)
        made.append(
            best(found, chance=_chance(findings.readers, measure)) if found else alone(*_single(findings, measure))
        )
    made.append(next((sentence for one in reversed(standings) if (sentence := alike(one))), None))
    types = evidence(findings)
    made += [conveyed(types), unmeasurable(types), following(findings, standings, types)]
    return [sentence for sentence in made if sentence]


def standing(findings: Findings, measure: str) -> Standing | None:
    """The readers of a measure, of the group with the most readers; `None` if no two can be compared."""
    ranks = findings.ranks[findings.ranks["measure"] == measure]
    if ranks.empty:
        return None
    group = ranks["group"].value_counts().index[0]
    of_group = ranks[ranks["group"] == group].sort_values("rank", kind="stable")
    pairs = findings.reader_pairs
    pairs = pairs[(pairs["measure"] == measure) & (pairs["group"] == group)]
    pairs = pairs[pairs["reader"].isin(of_group["reader"]) & pairs["other"].isin(of_group["reader"])]
    names = [frozenset(pair) for pair in zip(pairs["reader"], pairs["other"], strict=True)]
    ahead = np.select([pairs["difference"] > 0, pairs["difference"] < 0], [pairs["reader"], pairs["other"]], "")
    models = _models(findings.readers)
    known = models.loc[models[measure].notna(), "reader"]
    return Standing(
        measure,
        values=dict(zip(of_group["reader"], of_group["value"].astype(float), strict=True)),
        p=dict(zip(names, pairs["p_holm"].astype(float), strict=True)),
        ahead=dict(zip(names, map(str, ahead), strict=True)),
        cases=[int(n) for n in pairs["n"]],
        judge=str(group) if ranks["group"].nunique() > 1 else "",
        not_compared=int((~known.isin(of_group["reader"])).sum()),
    )


def best(found: Standing, *, chance: float | None = None) -> Sentence:
    """Which reader is best on a measure, as far as the comparisons show it.

    Args:
        found: The readers.
        chance: The measure of a reader that guesses, if it is known.
    """
    title, how = MEASURES[found.measure]
    how = how.for_cases(min(found.cases))
    first, others = found.first, [reader for reader in found.values if reader not in found.first]
    level, lower, higher = ([one for one in others if found.place(one) == at] for at in ("level", "lower", "higher"))
    name, has = listed([cut(one, 40) for one in first]), "has" if len(first) == 1 else "have"
    value = f"{number(found.values[first[0]] * how.factor, how.digits)} {how.unit}"
    on = _basis(found, chance)
    if not found.clear:
        least = number(min(found.values.values()) * how.factor, how.digits)
        return Sentence(
            f"No two readers differ significantly in {title}",
            f": estimates from {least} to {value}, the highest for {name} ({on}). This does not show that they are "
            "equal.",
        )
    if higher:
        return Sentence(
            f"No reader is shown to be best in {title}",
            f": {name} {has} the highest estimate ({value}), but significantly better on the cases that both answered: "
            f"{listed(higher)} ({on}).",
        )
    if not lower:
        return Sentence(
            f"No reader is shown to be best in {title}",
            f": {name} {has} the highest estimate ({value}), and no reader differs significantly from "
            f"{'it' if len(first) == 1 else 'each of them'} ({on}).",
        )
    ps = [found.p[frozenset((one, reader))] for one in lower for reader in first]
    clearly = f"{plural(len(lower), 'reader')} {'is' if len(lower) == 1 else 'are'} significantly lower"
    rest = f"; {clearly}, Holm-adjusted {p_span(ps)} ({on})."
    if len(first) > 1:
        return Sentence(f"{name} have the same, highest {title} ({value})", rest)
    if level:
        but = f"but not significantly higher than {listed([cut(one, 40) for one in level])}"
        return Sentence(f"{name} has the highest {title} ({value}), {but}", rest)
    return Sentence(f"{name} has the highest {title} ({value})", rest)


def _basis(found: Standing, chance: float | None) -> str:
    """The cases that a comparison rests on, and what to compare it with."""
    parts = [f"n = {span(found.cases)} common cases"]
    parts += [f"guessing gives {percent(chance, share_digits(min(found.cases)))}"] if chance else []
    parts += [f"judged by {found.judge}"] if found.judge else []
    if found.not_compared:
        others = plural(found.not_compared, "reader")
        parts.append(f"{others} not compared: judged differently, or no common case")
    return "; ".join(parts)


def alone(measure: str, row: Mapping[str, Any] | None, level: float | None) -> Sentence | None:
    """The result of the only reader, compared with guessing.

    Args:
        measure: A key of `wording.MEASURES`.
        row: The reader's row of the frame `readers`, if there is one reader.
        level: The measure of a reader that guesses, if it is known.
    """
    if row is None or not pd.notna(row[measure]):
        return None
    title, how = MEASURES[measure]
    n = row[f"{measure}_n"]
    how, guessing = how.for_cases(n), percent(level, share_digits(n))
    lower, upper = row[f"{measure}_lower"], row[f"{measure}_upper"]
    ends = interval(lower * how.factor, upper * how.factor, how.digits)
    shown = f"{number(row[measure] * how.factor, how.digits)} {how.unit}"
    name = cut(row["reader"], 40)
    numbers = f"{ends}, n = {int(n)}".removeprefix(", ")
    if level and lower <= level <= upper:
        claim = f"{name} is not shown to differ from guessing in {title}"
        return Sentence(claim, f": {shown} {numbers}; guessing gives {guessing}.")
    guess = f"; guessing gives {guessing}" if level else ""
    return Sentence(f"The {title} of {name} is {shown}", f" {numbers}{guess}.")


def alike(found: Standing) -> Sentence | None:
    """Which readers cannot be distinguished; nothing if `best` says it, because each such pair has a first reader.

    Args:
        found: The readers.
    """
    title, _ = MEASURES[found.measure]
    pairs, clear = len(found.p), len(found.clear)
    if not clear:
        return None
    if clear == pairs:
        return Sentence(
            f"Every two readers differ significantly in {title}", f" ({plural(pairs, 'pair')}; {DIFFERENT})."
        )
    unclear = [pair for pair in found.p if pair not in found.clear]
    if all(pair & set(found.first) for pair in unclear):
        return None
    named = [" and ".join(cut(one, 40) for one in found.values if one in pair) for pair in unclear]
    which = f": {'; '.join(named)}" if len(named) <= MOST_PAIRS else ""
    return Sentence(
        f"{len(unclear)} of {plural(pairs, 'pair')} of readers cannot be distinguished in {title}",
        f"{which} (no {DIFFERENT}).",
    )


def evidence(findings: Findings) -> pd.DataFrame:
    """The rows of the frame `types` of readers without emphasis, with `failing`: whether images convey less.

    An image conveys less than its finding if the whole interval of the uptake ratio is below 1 (or the ratio itself, if
    it is the same in every case and so has no interval), and the matched deficit is above 0 with an adjusted p below
    `ALPHA`.
    """
    types = findings.types[findings.types["reader"].isin(own_readers(findings.readers))]
    upper = types["uptake_ratio_upper"].where(types["uptake_note"] != CONSTANT, types["uptake_ratio"])
    failing = (upper < 1) & (types["matched_deficit"] > 0) & (types["matched_p_holm"] < ALPHA)
    return types.assign(failing=failing.astype(bool))


def conveyed(types: pd.DataFrame) -> Sentence | None:
    """Which evidence images fail to convey; nothing if no uptake ratio is measurable.

    Args:
        types: From `evidence`.
    """
    known = types[types["uptake_ratio"].notna()]
    if known.empty:
        return None
    failing = known[known["failing"]]
    if failing.empty:
        return Sentence(
            "No evidence type is shown to change answers less as an image than as a finding",
            f" ({plural(len(known), 'combination')} of reader and type with an uptake ratio, n = "
            f"{span(known['uptake_n'])} cases each). This does not show that images convey as much.",
        )
    readers = known["reader"].nunique()
    counts = _failing(failing)
    parts = []
    for name, count in counts.items():
        measured = known.loc[known["evidence_type"] == name, "reader"].nunique()
        ratios = sorted(failing.loc[failing["evidence_type"] == name, "uptake_ratio"])
        shown = number(ratios[0], 2) if len(ratios) == 1 else f"{number(ratios[0], 2)} to {number(ratios[-1], 2)}"
        where = "" if readers == 1 else f" for {count} of {plural(measured, 'reader')}"
        parts.append(f"R = {shown}{where} ({spoken(name)})")
    names, verb = listed([spoken(name) for name in counts]), "changes" if len(counts) == 1 else "change"
    return Sentence(
        f"{names[:1].upper()}{names[1:]} {verb} answers less as images than as findings",
        f": {listed(parts)}. R, the uptake ratio, is 1 if both have the same effect; counted are intervals below 1 "
        f"with a {DIFFERENT} for the matched deficit.",
    )


def _failing(failing: pd.DataFrame) -> dict[str, int]:
    """The number of readers for which each type fails, the most first; with equal numbers, the lowest ratios first."""
    types = failing.assign(uptake_ratio=failing["uptake_ratio"].astype(float)).groupby("evidence_type", sort=False)
    found = types["uptake_ratio"].agg(["size", "median"])
    found = found.sort_values(["size", "median"], ascending=[False, True], kind="stable")
    return {str(name): int(count) for name, count in found["size"].items()}


def unmeasurable(types: pd.DataFrame) -> Sentence | None:
    """Why it is not known what images convey; nothing if an uptake ratio is measurable.

    Args:
        types: From `evidence`.
    """
    if types.empty or types["uptake_ratio"].notna().any():
        return None
    reasons = types["uptake_note"].value_counts(sort=False)
    shown = "; ".join(
        f"{reason} ({count} of {len(types)})" if len(reasons) > 1 else str(reason) for reason, count in reasons.items()
    )
    return Sentence("Whether images convey less than findings is not measurable", f": {shown}.")


def following(findings: Findings, standings: Sequence[Standing], types: pd.DataFrame) -> Sentence | None:
    """What to do next: the first of these that applies.

    Answers are missing; Evidence Sensitivity was not measured, or not from token probabilities; an evidence type is
    conveyed less by images; readers cannot be distinguished on so few cases; or there is only one reader.

    Args:
        findings: The results of the analysis.
        standings: The readers of each measure.
        types: From `evidence`.
    """
    return (
        complete(findings.readers)
        or measure_sensitivity(types, answered=len(findings.runs) > 0)
        or look_at(types)
        or more_cases(findings.reader_pairs, standings)
        or second_reader(findings.readers)
    )


def complete(readers: pd.DataFrame) -> Sentence | None:
    """To complete runs with many answers without a score.

    Args:
        readers: The frame `readers`.
    """
    found = []
    for question in ("ddx", "fdx", "open_fdx"):
        names = [f"{question}_{outcome}" for outcome in ("right", "wrong")]
        failed = [f"{question}_{outcome}" for outcome in ("reading_failed", "judge_failed", "call_failed")]
        scored, missing = (readers[columns].fillna(0).sum(axis=1) for columns in (names, failed))
        found += [
            (int(lost), int(lost + there), question, str(reader))
            for reader, lost, there in zip(readers["reader"], missing, scored, strict=True)
            if lost > MOST_UNSCORED * (lost + there)
        ]
    if not found:
        return None
    lost, asked, question, reader = max(found)
    return Sentence(
        "Next: complete the answers without a score",
        f"; {cut(reader, 40)} lacks {lost} of {asked} ({QUESTIONS[question]}), and only bounds are known for them "
        "(`inspect eval-retry` repeats failed calls, `inspect score` judges again).",
    )


def measure_sensitivity(types: pd.DataFrame, *, answered: bool) -> Sentence | None:
    """To measure Evidence Sensitivity, where it was not measured or not from token probabilities.

    Args:
        types: From `evidence`.
        answered: Whether any other question was answered.
    """
    if types.empty and answered:
        return Sentence(
            "Next: run `sensitivity`", ", which shows how much images change answers, compared with the same findings."
        )
    if len(types) and (types["uptake_note"] == NEEDS).all():
        return Sentence(
            "Next: run `sensitivity` with token probabilities",
            " (posterior=logprobs), without which the effect of images cannot be separated from how sure a reader is.",
        )
    return None


def look_at(types: pd.DataFrame) -> Sentence | None:
    """To look at the cases of the evidence that fails for the most readers.

    Args:
        types: From `evidence`.
    """
    failing = types[types["failing"]]
    if failing.empty:
        return None
    name, count = next(iter(_failing(failing).items()))
    rows = failing[failing["evidence_type"] == name]
    return Sentence(
        f"Next: compare image and finding in the cases with {spoken(name)}",
        f" (n = {span(rows['uptake_n'])}), where images change the answers of {plural(count, 'reader')} less.",
    )


def more_cases(pairs: pd.DataFrame, standings: Sequence[Standing]) -> Sentence | None:
    """To use more cases, where readers cannot be distinguished.

    Args:
        pairs: The frame `reader_pairs`.
        standings: The readers of each measure.
    """
    for found in reversed(standings):
        compared = pairs["reader"].isin(list(found.values)) & pairs["other"].isin(list(found.values))
        tested = pairs[(pairs["measure"] == found.measure) & pairs["p"].notna() & compared]
        if found.measure not in SHARES or len(found.clear) == len(found.p) or tested.empty:
            continue
        title, _ = MEASURES[found.measure]
        share = (tested["only_reader"] + tested["only_other"]) / tested["n"]
        effects = [
            minimum_detectable_effect(int(n), float(one), alpha=ALPHA / len(tested))
            for n, one in zip(tested["n"], share, strict=True)
        ]
        cases = f"on {span(tested['n'])} cases"
        if not np.isfinite(effects).any():
            return Sentence("Next: more cases", f"; {cases}, no difference in {title} is detectable with 80 % power.")
        least = number(100 * float(np.nanmin(effects)), 0)
        return Sentence(
            "Next: more cases",
            f"; {cases}, the power to detect a difference below {least} points in {title} is less than 80 %.",
        )
    return None


def second_reader(readers: pd.DataFrame) -> Sentence | None:
    """To run a second reader.

    Args:
        readers: The frame `readers`.
    """
    if readers["model"].nunique() != 1:
        return None
    return Sentence("Next: run a second reader", " on the same cases, to compare it with this one.")


def _single(findings: Findings, measure: str) -> tuple[str, dict[str, Any] | None, float | None]:
    """What `alone` needs."""
    readers = _models(findings.readers)
    known = readers[readers[measure].notna()]
    return measure, rows_of(known)[0] if len(known) == 1 else None, _chance(known, measure)


def _models(readers: pd.DataFrame) -> pd.DataFrame:
    """The readers that are ranked: all but physicians; physicians if there are no others."""
    physicians = readers["model"].map(lambda model: is_physician(str(model))).astype(bool)
    return readers if physicians.all() else readers[~physicians]


def _chance(readers: pd.DataFrame, measure: str) -> float | None:
    """The accuracy of a reader that guesses; `None` for other measures, and if it is not the same for all readers."""
    levels = readers["accuracy_chance"].dropna().unique()
    return float(levels[0]) if measure == "accuracy" and len(levels) == 1 else None
