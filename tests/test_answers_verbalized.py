"""Probabilities that a reader states itself: read as they were meant, or not at all."""

from __future__ import annotations

import json
import math
from string import ascii_uppercase
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medsyn_inspect.answers.verbalized import TOLERANCE, stated_probabilities
from medsyn_inspect.arms.sources.verbalized import from_statement

HALVES = {"A": 0.5, "B": 0.25, "C": 0.25}


def wrapped(stated: Any) -> dict[str, str]:
    """An answer with one JSON value, in the forms in which models write it."""
    plain = json.dumps(stated)
    return {
        "alone": plain,
        "over several lines": json.dumps(stated, indent=2),
        "fenced": f"```json\n{plain}\n```",
        "fenced without language": f"```\n{plain}\n```",
        "after words": f"Weighing the evidence:\n\n{plain}",
        "before words": f"{plain}\nThe CT argues most for it.",
        "after reasoning": f'<think>Perhaps {{"A": 1}}?\n{{"A": 0, "B": 1, "C": 0}}\n</think>\n{plain}',
        "after another object": '{"note": "weighing"}\n' + plain,
        "after a list": f"[1, 2]\n{plain}",
    }


@pytest.mark.parametrize("form", wrapped({}))
def test_the_last_object_of_an_answer_counts(form: str) -> None:
    assert stated_probabilities(wrapped(HALVES)[form], "ABC") == ([0.5, 0.25, 0.25], "")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"A": 50, "B": 25, "C": 25}, [0.5, 0.25, 0.25]),
        ({"A": 1, "B": 0, "C": 0}, [1, 0, 0]),
        ({"A": 100, "B": 0, "C": 0}, [1, 0, 0]),
        ({" a ": 0.5, "b": 0.25, "c": 0.25}, [0.5, 0.25, 0.25]),
        ({"C": 0.25, "A": 0.5, "B": 0.25}, [0.5, 0.25, 0.25]),
        ({"A": 0.5, "B": 0.25, "C": 0.25, "reason": "the CT", "D": 0.9}, [0.5, 0.25, 0.25]),
        # Sums that are off by a rounding are brought to 1.
        ({"A": 0.33, "B": 0.33, "C": 0.33}, [1 / 3, 1 / 3, 1 / 3]),
        ({"A": 0.5, "B": 0.35, "C": 0.2}, [10 / 21, 7 / 21, 4 / 21]),
        ({"A": 60, "B": 30, "C": 5}, [12 / 19, 6 / 19, 1 / 19]),
    ],
)
def test_fractions_and_percent_are_brought_to_a_sum_of_one(stated: dict[str, Any], expected: list[float]) -> None:
    probabilities, problem = stated_probabilities(json.dumps(stated), "ABC")
    assert problem == ""
    assert probabilities == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "no JSON object"),
        ("A is most probable.", "no JSON object"),
        ("[0.5, 0.25, 0.25]", "no JSON object"),
        ('{"A": 0.5, "B": 0.25, "C": ', "no JSON object"),
        ('<think>{"A": 0.5, "B": 0.25, "C": 0.25}', "no JSON object"),
        ("{}", "no probability stated for A, B, C"),
        ('{"A": 0.5, "B": 0.5}', "no probability stated for C"),
        ('{"A. Gout": 0.5, "B. Sepsis": 0.25, "C. Lupus": 0.25}', "no probability stated for A, B, C"),
        ('{"probabilities": {"A": 0.5, "B": 0.25, "C": 0.25}}', "no probability stated for A, B, C"),
        ('{"A": {"p": 0.5}, "B": 0.25, "C": 0.25}', "not a number"),
        ('{"A": "0.5", "B": 0.25, "C": 0.25}', "not a number"),
        ('{"A": null, "B": 0.5, "C": 0.5}', "not a number"),
        ('{"A": true, "B": 0, "C": 0}', "not a number"),
        ('{"A": NaN, "B": 0.5, "C": 0.5}', "not between"),
        ('{"A": Infinity, "B": 0.5, "C": 0.5}', "not between"),
        ('{"A": 1.2, "B": -0.1, "C": -0.1}', "not between"),
        ('{"A": 1' + "0" * 400 + ', "B": 0, "C": 0}', "not between"),
        ('{"A": 0, "B": 0, "C": 0}', "sum to 0, not to 1"),
        ('{"A": 0.9, "B": 0.9, "C": 0.9}', "sum to 2.7, not to 1"),
        ('{"A": 0.5, "B": 0.2, "C": 0.1}', "sum to 0.8, not to 1"),
        ('{"A": 30, "B": 30, "C": 20}', "sum to 80, not to 1"),
        ('{"A": 0.5, "a": 0.25, "B": 0.25, "C": 0.25}', "two probabilities stated for one letter"),
    ],
)
def test_what_is_no_distribution_over_the_letters_says_why(answer: str, problem: str) -> None:
    probabilities, told = stated_probabilities(answer, "ABC")
    assert probabilities is None
    assert problem in told
    record = from_statement(answer, ["x", "y", "z"])
    # An answer was given, so asking again is not what mends it.
    assert (record.posterior, record.answer, record.n, record.error) == (None, None, 1, told)


def distributions() -> st.SearchStrategy[dict[str, float]]:
    """Normalised, over two to eight options."""

    def normalised(weights: list[float]) -> dict[str, float]:
        return {letter: weight / math.fsum(weights) for letter, weight in zip(ascii_uppercase, weights, strict=False)}

    weights = st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda values: math.fsum(values) > 1e-6)
    return weights.map(normalised)


@given(distributions(), st.sampled_from(sorted(wrapped({}))), st.sampled_from([1, 100]), st.floats(0.91, 1.09))
def test_any_distribution_comes_back_in_any_form_as_percent_and_with_a_sum_a_little_off(
    stated: dict[str, float], form: str, whole: int, off: float
) -> None:
    assume(max(stated.values()) * off <= 1)
    answer = wrapped({letter: p * whole * off for letter, p in stated.items()})[form]
    probabilities, problem = stated_probabilities(answer, "".join(stated))
    assert problem == ""
    assert probabilities == pytest.approx(list(stated.values()), abs=1e-12)
    assert math.fsum(probabilities or []) == pytest.approx(1, abs=1e-12)


@given(distributions(), st.one_of(st.floats(0.01, 1 - TOLERANCE - 0.01), st.floats(1 + TOLERANCE + 0.01, 80)))
def test_any_other_sum_is_no_distribution(stated: dict[str, float], total: float) -> None:
    answer = json.dumps({letter: p * total for letter, p in stated.items()})
    assert stated_probabilities(answer, "".join(stated))[0] is None


@given(distributions(), st.data())
def test_a_missing_letter_is_never_guessed(stated: dict[str, float], data: st.DataObject) -> None:
    letters = "".join(stated)
    stated.pop(data.draw(st.sampled_from(sorted(stated))))
    assert stated_probabilities(json.dumps(stated), letters)[0] is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABCDE"), inner, max_size=5),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*"ABCab", " A", "D", "why"]), VALUES, max_size=6), st.text(max_size=20))
def test_whatever_is_said_gives_a_distribution_or_a_reason(stated: dict[str, Any], words: str) -> None:
    probabilities, problem = stated_probabilities(f"{words}\n{json.dumps(stated)}\n{words}", "ABC")
    assert (probabilities is None) == bool(problem)
    if probabilities is not None:
        assert len(probabilities) == 3
        assert all(0 <= p <= 1 for p in probabilities)
        assert math.fsum(probabilities) == pytest.approx(1)
