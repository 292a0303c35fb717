"""Every generated sentence, with a world in which it must appear and one in which it must not.

`SPECIFICATION` is the table. `test_every_sentence_is_in_the_table` finds the sentences in the source: a new one fails
it until it has such a pair.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, combinations
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.frames.matched import FEW, NEEDS
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.report.answer import (
    Standing,
    alike,
    alone,
    answer,
    best,
    complete,
    conveyed,
    evidence,
    look_at,
    measure_sensitivity,
    more_cases,
    second_reader,
    unmeasurable,
)

WORDS = 4
"""Fewest words of a text in the source that counts as a sentence, or part of one."""


@dataclass(frozen=True)
class Row:
    """Words of a sentence, and its two worlds."""

    words: str
    appears: Callable[[], object]
    not_here: Callable[[], object]


def printed(made: object) -> str:
    """What a function makes, as text."""
    return "\n".join(map(str, made)) if isinstance(made, (list, tuple, Iterator)) else str(made or "")


# The answer of a report


def answers(reader: str, right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    rows = [{"case_id": f"c{place}", "right": value} for place, value in enumerate(right)]
    named = {"log": f"{reader}-{question}", "reader": reader, "question": question, "epoch": 1, "option_count": 5}
    outcome = ["right" if value else "wrong" for value in right]
    return pd.DataFrame(rows).assign(**named, outcome=outcome, **columns)


def standing(clear: str = "", **values: Any) -> Standing:
    """Readers with these accuracies; `clear` names the pairs that differ: `ab ac`."""
    pairs = [frozenset(pair) for pair in combinations(values, 2)]
    different = {frozenset(pair) for pair in clear.split()}
    ahead = {pair: max(sorted(pair), key=lambda reader: values[reader]) for pair in pairs}
    p = {pair: 0.004 if pair in different else 0.3 for pair in pairs}
    best_first = dict(sorted(values.items(), key=lambda item: -item[1]))
    return Standing("accuracy", best_first, p, ahead, cases=[24] * len(pairs))


def changed(found: Standing, **changes: Any) -> Standing:
    return Standing(**vars(found) | changes)


def row_of(value: float, lower: float, upper: float) -> dict[str, Any]:
    ends = {"accuracy_lower": lower, "accuracy_upper": upper, "accuracy_n": 24}
    return {"reader": "a", "accuracy": value} | ends


def types(*rows: tuple[str, str, float | None], failing: bool = False, note: str = NEEDS) -> pd.DataFrame:
    """Readers, evidence types and uptake ratios."""
    made = [
        {"reader": reader, "evidence_type": kind, "uptake_ratio": ratio, "uptake_n": 24, "uptake_note": note}
        for reader, kind, ratio in rows
    ]
    return conform("types", made).assign(failing=failing)


def readers(**columns: Any) -> pd.DataFrame:
    return conform("readers", pd.DataFrame([{"reader": "a", "model": "a"} | columns]))


def shares(n: int, only_reader: int = 0, only_other: int = 0) -> pd.DataFrame:
    row = {"measure": "accuracy", "group": "", "reader": "a", "other": "b", "n": n, "p": 0.5}
    return conform("reader_pairs", [row | {"only_reader": only_reader, "only_other": only_other}])


NEAR = standing(a=0.9, b=0.8)
APART = standing("ab", a=0.9, b=0.5)
CHAIN = standing("ac", a=0.9, b=0.7, c=0.5)
"""Not transitive: b differs neither from a nor from c."""

ANSWER = [
    Row("No two readers differ significantly in", lambda: best(NEAR), lambda: best(APART)),
    Row("This does not show that they are equal", lambda: best(NEAR), lambda: best(APART)),
    Row("has the highest", lambda: best(APART), lambda: best(NEAR)),
    Row("is significantly lower", lambda: best(APART), lambda: best(NEAR)),
    Row("but not significantly higher than b", lambda: best(CHAIN), lambda: best(APART)),
    Row(
        "have the same, highest",
        lambda: best(standing("ac bc", a=0.9, b=0.9, c=0.5)),
        lambda: best(standing("ac bc", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "No reader is shown to be best",
        lambda: best(standing("bc", a=0.9, b=0.8, c=0.5)),
        lambda: best(standing("ac", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "and no reader differs significantly from",
        lambda: best(standing("bc", a=0.9, b=0.8, c=0.5)),
        lambda: best(standing("ac", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "but significantly better on the cases that both answered",
        lambda: best(changed(APART, ahead={frozenset("ab"): "b"})),
        lambda: best(APART),
    ),
    Row("common cases", lambda: best(NEAR), lambda: alone("accuracy", row_of(0.9, 0.7, 0.97), None)),
    Row("guessing gives 20.0 %", lambda: best(NEAR, chance=0.2), lambda: best(NEAR)),
    Row("judged by x", lambda: best(changed(NEAR, judge="x")), lambda: best(NEAR)),
    Row("not compared: judged differently", lambda: best(changed(NEAR, not_compared=1)), lambda: best(NEAR)),
    Row(
        "is not shown to differ from guessing in",
        lambda: alone("accuracy", row_of(0.25, 0.1, 0.4), 0.2),
        lambda: alone("accuracy", row_of(0.9, 0.7, 0.97), 0.2),
    ),
    Row(
        "The FDx accuracy of a is",
        lambda: alone("accuracy", row_of(0.9, 0.7, 0.97), 0.2),
        lambda: alone("accuracy", row_of(float("nan"), 0.7, 0.97), 0.2),
    ),
    Row("Every two readers differ significantly", lambda: alike(APART), lambda: alike(CHAIN)),
    Row(
        "of readers cannot be distinguished in",
        lambda: alike(standing("ab ac", a=0.9, b=0.6, c=0.5)),
        lambda: alike(standing("ac bc", a=0.9, b=0.8, c=0.5)),  # only a pair with the first reader, which `best` names
    ),
    Row(
        "No evidence type is shown to change answers less as an image",
        lambda: conveyed(types(("a", "ct", 1.0))),
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
    ),
    Row(
        "This does not show that images convey as much",
        lambda: conveyed(types(("a", "ct", 1.0))),
        lambda: conveyed(types(("a", "ct", None))),
    ),
    Row(
        "answers less as images than as findings",
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
        lambda: conveyed(types(("a", "ct", 1.5))),
    ),
    Row(
        "counted are intervals below 1",
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
        lambda: conveyed(types(("a", "ct", 1.5))),
    ),
    Row(
        "is not measurable",
        lambda: unmeasurable(types(("a", "ct", None), note=FEW)),
        lambda: unmeasurable(types(("a", "ct", 0.3), ("a", "mri", None))),
    ),
    Row(
        "Next: complete the answers without a score",
        lambda: complete(readers(fdx_right=8, fdx_call_failed=2)),
        lambda: complete(readers(fdx_right=10, fdx_call_failed=0)),
    ),
    Row(
        "and only bounds are known for them",
        lambda: complete(readers(fdx_right=8, fdx_call_failed=2)),
        lambda: complete(readers(fdx_right=99, fdx_call_failed=1)),
    ),
    Row(
        "which shows how much images change answers",
        lambda: measure_sensitivity(types(), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", 0.3), note=""), answered=True),
    ),
    Row(
        "`sensitivity` with token probabilities",
        lambda: measure_sensitivity(types(("a", "ct", None)), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", 0.3), note=""), answered=True),
    ),
    Row(
        "cannot be separated from how sure a reader is",
        lambda: measure_sensitivity(types(("a", "ct", None)), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", None), note=FEW), answered=True),
    ),
    Row(
        "Next: compare image and finding in the cases with CT",
        lambda: look_at(types(("a", "ct", 0.3), failing=True)),
        lambda: look_at(types(("a", "ct", 0.3))),
    ),
    Row(
        "where images change the answers of 1 reader less",
        lambda: look_at(types(("a", "ct", 0.3), failing=True)),
        lambda: look_at(types(("a", "ct", 0.3))),
    ),
    Row(
        "is detectable with 80 % power",
        lambda: more_cases(shares(3), [NEAR]),
        lambda: more_cases(shares(90, 9), [NEAR]),
    ),
    Row(
        "the power to detect a difference below",
        lambda: more_cases(shares(90, 9), [NEAR]),
        lambda: more_cases(shares(90, 9), [APART]),
    ),
    Row(
        "Next: run a second reader on the same cases, to compare it with this one",
        lambda: second_reader(readers()),
        lambda: second_reader(pd.concat([readers(), readers(model="b")])),
    ),
]  # fmt: skip


class TestAnswer:
    def test_without_answers_there_is_no_sentence(self) -> None:
        assert answer(Findings()) == []

    def test_only_readers_with_the_same_judge_are_compared(self) -> None:
        def judged(reader: str, right: float, judge: str) -> pd.DataFrame:
            columns = {"score": 5.0 * right, "judge": judge, "rubric": "bond", "threshold": 4.0}
            return answers(reader, [right] * 9, "ddx", **columns)

        found = findings_of(runs=pd.concat([judged("a", 1, "x"), judged("b", 0, "x"), judged("c", 0.0, "y")]))
        claim = next(sentence for sentence in answer(found) if "highest DDx coverage" in sentence.claim)
        assert "1 reader is significantly lower" in claim.rest
        assert "1 reader not compared: judged differently" in claim.rest

    def test_a_selection_of_cases_or_an_emphasis_is_no_reader_of_its_own_for_evidence(self) -> None:
        plain = types(("a", "ct", 0.3)).drop(columns="failing")
        emphasised = types(("a [emphasis=ct]", "ct", 0.9)).drop(columns="failing")
        rows = pd.concat([readers(emphasis=""), readers(reader="a [emphasis=ct]", emphasis="ct")])
        found = evidence(Findings(types=pd.concat([plain, emphasised]), readers=rows))
        assert found["reader"].tolist() == ["a"]

    def test_images_convey_less_only_if_interval_deficit_and_adjusted_p_say_so(self) -> None:
        rows = [
            {"uptake_ratio_upper": upper, "matched_deficit": deficit, "matched_p_holm": p}
            for upper, deficit, p in ((0.9, 0.1, 0.01), (1.1, 0.1, 0.01), (0.9, -0.1, 0.01), (0.9, 0.1, 0.2))
        ]
        found = conform("types", pd.DataFrame(rows).assign(reader="a"))
        assert evidence(Findings(types=found, readers=readers(emphasis="")))["failing"].tolist() == [True, *[False] * 3]


SPECIFICATION = [*ANSWER]

MODULES = ("report.answer",)
"""Where sentences are made."""


@pytest.mark.parametrize("row", SPECIFICATION, ids=lambda row: row.words)
def test_a_sentence_appears_only_where_its_numbers_carry_it(row: Row) -> None:
    assert row.words in printed(row.appears())
    assert row.words not in printed(row.not_here())


@pytest.mark.parametrize("name", MODULES)
def test_every_sentence_is_in_the_table(name: str) -> None:
    module = import_module(f"medsyn_inspect.{name}")
    without = [text for text in sentences(module) if not any(in_table(text, row.words) for row in SPECIFICATION)]
    assert not without, f"add a row with two worlds to SPECIFICATION for: {without}"


def sentences(module: ModuleType) -> list[str]:
    """The texts with several words in a module's functions, with `…` for what is filled in."""
    tree = ast.parse(inspect.getsource(module))
    texts = chain.from_iterable(_texts(node) for node in tree.body)
    return [text for text in texts if len([word for word in text.split() if word.strip("…").isalpha()]) >= WORDS]


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts of a statement; without docstrings and messages of exceptions."""
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        node = ast.Tuple([part.value for part in node.values if isinstance(part, ast.FormattedValue)])
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def in_table(text: str, words: str) -> bool:
    """Whether words are those of a text: a fixed part of it contains them, or they contain one of several words."""
    parts = [part.strip(" ,;:.()") for part in text.split("…")]
    return any(words in part or (len(part.split()) >= WORDS - 1 and part in words) for part in parts)
