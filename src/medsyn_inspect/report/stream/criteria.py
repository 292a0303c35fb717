"""The 28 criteria of STREAM, answered as far as logs and case set cards allow.

STREAM (McCaslin et al. 2025, arXiv 2508.09853, version 1; streamevals.com) lists what a report must contain so that
others can assess an evaluation. It was written for dangerous capabilities in chemistry and biology; in this package
"threat" means the harm or claim that a result is relevant to. Each criterion is paraphrased in one sentence.

The number 28, the six groups, and criteria 1(i) to 2(v-a) agree with the summary checklist on the site. The other
criteria were written from knowledge of the paper and not compared with its text: they add up to 28 (3, 9, 3, 3, 5 and
5 per group), but wording and order may differ. Compare them with the paper before you submit a report.

A criterion is answered only from the data that it needs (`Item.needs`). Where these are missing it is open, and
information that only a person has is never filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.report.stream import grading, results
from medsyn_inspect.report.stream.facts import Answer, Status

THREAT, TEST, ELICITATION, PERFORMANCE, BASELINE, INTERPRETATION = GROUPS = (
    "Threat relevance",
    "Test construction, grading and scoring",
    "Elicitation",
    "Performance",
    "Baselines",
    "Interpretation",
)


@dataclass(frozen=True)
class Criterion:
    """One criterion with its answer."""

    number: int
    """1 to 28, in the order of the standard."""

    place: str
    """Number in the standard, such as `2(iv-a)`."""

    group: str
    """One of `GROUPS`."""

    question: str
    """The criterion in one sentence."""

    answer: str
    """Plain text."""

    basis: str
    """Source of the answer; empty if none was found."""

    status: Status
    """Whether the answer is complete, or a person must add to it."""


@dataclass(frozen=True)
class Item:
    """A criterion before it is answered."""

    place: str
    group: str
    question: str
    answer: Callable[[Material], Answer]
    needs: tuple[str, ...] = ()
    """Data that the answer is based on: `logs.<column>`, `card.<field>` or `findings.<frame>`."""


def stream(material: Material) -> tuple[Criterion, ...]:
    """All 28 criteria in order."""
    return tuple(_answered(number, item, material) for number, item in enumerate(ITEMS, 1))


def status_counts(criteria: Iterable[Criterion]) -> dict[str, int]:
    """How many criteria have each status."""
    found = [criterion.status for criterion in criteria]
    return {status: found.count(status) for status in ("answered", "partly", "open", "not applicable")}


def is_there(material: Material, need: str) -> bool:
    """Whether all logs that count have a value, or the frame of the findings has rows."""
    where, _, name = need.partition(".")
    if where == "findings":
        return not getattr(material.findings, name).empty
    rows = rows_of(material.counted)
    values = [(row["card"] or {}).get(name) if where == "card" else row.get(name) for row in rows]
    return bool(values) and not any(value is None or value in ("", [], {}, ()) for value in values)


def _answered(number: int, item: Item, material: Material) -> Criterion:
    missing = [need for need in item.needs if not is_there(material, need)]
    if missing:
        reply: Answer = ("open", f"Not answered; missing: {', '.join(missing)}.", "")
    else:
        reply = item.answer(material)
    status, answer, basis = reply
    return Criterion(number, item.place, item.group, item.question, answer, basis, status)


LOGGED = ("logs.question", "logs.scorers")

ITEMS = (
    Item("1(i)", THREAT, "Which capability is measured, and which harm is it relevant to?", results.ability,
        ("logs.question",)),
    Item("1(ii)", THREAT, "Which results would establish a concern, and which would rule it out?", results.thresholds),
    Item("1(iii)", THREAT, "What is an example of an item, with an answer?", results.example,
        ("card.licence", "logs.sample_ids")),
    Item("2(i)", TEST, "How many items are there?", grading.items,
        ("logs.question", "logs.sample_ids", "logs.fingerprint", "card.languages")),
    Item("2(ii)", TEST, "What type are the items, and how are they scored?", grading.scoring, LOGGED),
    Item("2(iii)", TEST, "How were the grading criteria made, and how was their quality assured?", grading.criteria,
        (*LOGGED, "card.source")),
    Item("2(iv-a)", TEST, "If people graded: who were the graders?",
        grading.people_graded("who graded, and how they were chosen"), LOGGED),
    Item("2(iv-b)", TEST, "If people graded: how did they grade?",
        grading.people_graded("how they graded, and what they knew"), LOGGED),
    Item("2(iv-c)", TEST, "If people graded: how well did they agree?",
        grading.people_graded("how well the raters agreed"), LOGGED),
    Item("2(v-a)", TEST, "If a model graded: which one, and how was it adapted?", grading.judge_model, LOGGED),
    Item("2(v-b)", TEST, "If a model graded: how, and with which instructions?", grading.judging, LOGGED),
    Item("2(v-c)", TEST, "If a model graded: how does it compare with people or with other graders?",
        grading.judge_checked, LOGGED),
    Item("3(i)", ELICITATION, "Which models were tested, and in which version?", results.versions,
        ("logs.model", "logs.created")),
    Item("3(ii)", ELICITATION, "Which safeguards were active, and how was the test adapted to them?",
        results.safeguards),
    Item("3(iii)", ELICITATION, "Which elicitation techniques were used?", results.techniques,
        ("logs.question", "logs.templates", "logs.epochs")),
    Item("4(i)", PERFORMANCE, "How well did the models perform, in representative statistics?", results.statistics,
        ("logs.question",)),
    Item("4(ii)", PERFORMANCE, "How uncertain are these statistics, and how many runs are they based on?",
        results.uncertainty, ("logs.epochs",)),
    Item("4(iii)", PERFORMANCE, "What were the results under other conditions?", results.alternatives,
        ("logs.question",)),
    Item("5(i)", BASELINE, "Who are the people in the human baseline, and how were they recruited?", results.people,
        ("logs.model", "logs.sample_ids")),
    Item("5(ii)", BASELINE, "How well did they perform, compared with the models?", results.people_scored,
        ("logs.model",)),
    Item("5(iii)", BASELINE, "Under which conditions did they answer?", results.people_conditions, ("logs.model",)),
    Item("5(iv-a)", BASELINE, "If there is no human baseline: why not?", results.no_people_because, ("logs.model",)),
    Item("5(iv-b)", BASELINE, "If there is no human baseline: what else can the numbers be compared with?",
        results.instead, ("logs.question",)),
    Item("6(i)", INTERPRETATION, "What is concluded, and how do the results support it?", results.conclusion,
        ("logs.question", "card.synthetic")),
    Item("6(ii)", INTERPRETATION, "Which results would have led to another conclusion, and was this stated in advance?",
        results.refutation),
    Item("6(iii)", INTERPRETATION, "What is expected of models or methods in the near future?", results.forecast),
    Item("6(iv)", INTERPRETATION, "How much time was available to consider the results before a decision?",
        results.time),
    Item("6(v)", INTERPRETATION, "Did those involved disagree about what the results mean?", results.dissent),
)  # fmt: skip
"""All criteria, in the order of the standard."""
