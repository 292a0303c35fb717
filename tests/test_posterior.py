"""Reading the posterior over the options from token probabilities."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medsyn_inspect.answers.posterior import letter_posterior, token_letter

LETTERS = "ABCDE"
WRITINGS = ("{}", " {}", "({}", "{})", "Ġ{}", "▁{}", "**{}**", "{}.", "\n{}", '"{}"', "Ġ({})", "${}$", "{}:")
FULL_WIDTH = dict(zip(LETTERS, "ＡＢＣＤＥ", strict=True))


def logs(**probabilities: float) -> dict[str, float]:
    return {token: math.log(p) for token, p in probabilities.items()}


def close(values: tuple[float, ...], *expected: float) -> bool:
    return values == pytest.approx(expected, abs=1e-12, rel=0)


@st.composite
def distributions(draw: st.DrawFn) -> dict[str, float]:
    """What a model was about to say: letters A to E and other words, most probable first."""
    tokens = [*LETTERS, "The", "I", "Based"]
    odds = [draw(st.floats(1e-6, 1)) for _ in tokens]
    total = math.fsum(odds)
    pairs = zip(tokens, (value / total for value in odds), strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


class TestLetters:
    @pytest.mark.parametrize("writing", WRITINGS)
    @pytest.mark.parametrize("letter", LETTERS)
    def test_a_letter_in_any_writing_is_that_letter(self, writing: str, letter: str) -> None:
        assert token_letter(writing.format(letter)) == letter
        assert token_letter(writing.format(FULL_WIDTH[letter])) == letter

    @pytest.mark.parametrize(
        "token", ["Based", "AB", " Answer", "A1", "A-", "ĠThe", "", " ", "(", "1", "B cell", "是否"]
    )
    def test_a_token_that_only_holds_or_begins_with_a_letter_is_none(self, token: str) -> None:
        assert token_letter(token) == ""


class TestComplete:
    """The list of candidates leaves nothing out."""

    def test_probabilities_are_normalised_over_the_options(self) -> None:
        result = letter_posterior(logs(A=0.5, B=0.25, C=0.05, D=0.1, E=0.1), LETTERS)
        assert result is not None
        assert close(result.probabilities, 0.5, 0.25, 0.05, 0.1, 0.1)
        assert result.lower == pytest.approx(result.probabilities)
        assert result.upper == pytest.approx(result.probabilities)
        assert result.covered == pytest.approx(1)

    def test_what_falls_on_other_words_is_not_covered(self) -> None:
        result = letter_posterior(logs(A=0.3, B=0.1, Based=0.6), "AB")
        assert result is not None
        assert close(result.probabilities, 0.75, 0.25)
        assert result.covered == pytest.approx(0.4)

    def test_a_letter_that_is_not_among_a_complete_list_has_no_probability(self) -> None:
        result = letter_posterior(logs(A=0.75, B=0.25), "ABC")
        assert result is not None
        assert close(result.probabilities, 0.75, 0.25, 0)
        assert result.upper == pytest.approx(result.probabilities, abs=1e-9)

    def test_writings_of_one_letter_are_summed(self) -> None:
        pairs = [(" B", 0.2), ("(B", 0.1), ("Ｂ", 0.05), ("ĠB", 0.1), ("▁B", 0.05), ("Based", 0.25), ("A", 0.25)]
        result = letter_posterior([(token, math.log(p)) for token, p in pairs], "AB")
        assert result is not None
        assert close(result.probabilities, 1 / 3, 2 / 3)
        assert result.covered == pytest.approx(0.75)

    @pytest.mark.parametrize("candidates", [{}, logs(Based=0.5, F=0.5), logs(b=1.0)])
    def test_without_an_option_there_is_no_posterior(self, candidates: dict[str, float]) -> None:
        assert letter_posterior(candidates, LETTERS) is None

    @given(distributions(), st.sampled_from(WRITINGS))
    def test_the_writing_changes_nothing(self, whole: dict[str, float], writing: str) -> None:
        plain = letter_posterior({token: math.log(p) for token, p in whole.items()}, LETTERS)
        written = letter_posterior(
            {writing.format(token) if token in LETTERS else token: math.log(p) for token, p in whole.items()}, LETTERS
        )
        assert plain == written

    @given(distributions(), st.permutations(range(8)))
    def test_the_order_of_the_candidates_changes_nothing(self, whole: dict[str, float], order: list[int]) -> None:
        pairs = [(token, math.log(p)) for token, p in whole.items()]
        one, other = letter_posterior(pairs, LETTERS), letter_posterior([pairs[i] for i in order], LETTERS)
        assert one is not None
        assert other is not None
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-12)


class TestTruncated:
    """A missing letter gets half of u = min(last candidate, what the list leaves over)."""

    def test_where_little_is_left_over_that_is_the_most_it_can_have(self) -> None:
        result = letter_posterior(logs(A=0.6, B=0.3), "ABC")
        assert result is not None
        assert close(result.probabilities, 0.6 / 0.95, 0.3 / 0.95, 0.05 / 0.95)
        assert close(result.lower, 0.6, 0.3, 0)
        assert close(result.upper, 0.6 / 0.9, 0.3 / 0.9, 0.1)
        assert result.covered == pytest.approx(0.9)

    def test_where_much_is_left_over_it_cannot_be_more_probable_than_the_last_one_listed(self) -> None:
        result = letter_posterior(logs(A=0.4, The=0.2, B=0.1), "ABC")
        assert result is not None
        assert close(result.probabilities, 0.4 / 0.55, 0.1 / 0.55, 0.05 / 0.55)
        assert close(result.lower, 0.4 / 0.6, 0.1 / 0.6, 0)
        assert close(result.upper, 0.4 / 0.5, 0.1 / 0.5, 0.1 / 0.6)

    def test_rounding_never_leaves_less_than_nothing(self) -> None:
        result = letter_posterior({"A": 0.0, "B": math.log(1e-9)}, "ABC")
        assert result is not None
        assert close(result.probabilities, 1 / (1 + 1e-9), 1e-9 / (1 + 1e-9), 0)
        assert result.covered <= 1

    @given(distributions(), st.integers(1, 8))
    def test_it_is_a_distribution_within_its_bounds(self, whole: dict[str, float], k: int) -> None:
        result = letter_posterior([(token, math.log(p)) for token, p in list(whole.items())[:k]], LETTERS)
        assume(result is not None)
        assert result is not None
        assert math.fsum(result.probabilities) == pytest.approx(1, abs=1e-12)
        for lower, p, upper in zip(result.lower, result.probabilities, result.upper, strict=True):
            assert 0 <= lower <= p + 1e-12
            assert p <= upper + 1e-12
            assert upper <= 1 + 1e-12

    @given(distributions(), st.integers(1, 8))
    def test_the_bounds_hold_the_truth(self, whole: dict[str, float], k: int) -> None:
        result = letter_posterior([(token, math.log(p)) for token, p in list(whole.items())[:k]], LETTERS)
        assume(result is not None)
        assert result is not None
        letters = math.fsum(whole[letter] for letter in LETTERS)
        for letter, lower, upper in zip(LETTERS, result.lower, result.upper, strict=True):
            assert lower - 1e-9 <= whole[letter] / letters <= upper + 1e-9
