"""Which of the scores of an answer counts, and which are ratings by others.

A log can hold several scores of an answer: of the run, of judging it again (`inspect score`), ratings by clinicians
(`precomputed_scores`), and scores of other scorers. They are different instruments and are never combined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.scorer import Score

from medsyn_inspect.records import JUDGED, SCORERS
from medsyn_inspect.wording import plural

RATINGS = "precomputed_scores"
"""Inspect's scorer that adds ratings from a file to a log."""

NAN = float("nan")


def counted_score(summary: EvalSampleSummary | EvalSample, question: str) -> Score | None:
    """The newest score of this suite's scorer for the question; `None` if there is none."""
    own = [score for name, score in _scores(summary).items() if _is_of(name, SCORERS[question])]
    return own[-1] if own else None


def ratings_of(summary: EvalSampleSummary, question: str) -> dict[str, float]:
    """The ratings of an answer on the levels of the rubric, by name of the score; NaN for one that is no number."""
    if question not in JUDGED:
        return {}
    return {name: _level(score) for name, score in _scores(summary).items() if _is_of(name, RATINGS)}


def notes_on_scores(file: str, question: str, summaries: Iterable[EvalSampleSummary]) -> list[str]:
    """Notes on scores of a log that are ignored: those of other scorers, and ratings that are no numbers."""
    foreign: dict[str, None] = {}
    unusable = 0
    for summary in summaries:
        rated = ratings_of(summary, question)
        unusable += sum(level != level for level in rated.values())
        foreign |= dict.fromkeys(
            name for name in _scores(summary) if name not in rated and not _is_of(name, SCORERS[question])
        )
    notes = []
    if foreign:
        notes.append(
            f"{file}: scores of other scorers ignored ({', '.join(foreign)}); for {question}, only scores of "
            f"{SCORERS[question]} count."
        )
    if unusable:
        notes.append(f"{file}: {plural(unusable, 'rating')} ignored, because they are not numbers.")
    return notes


def _scores(summary: EvalSampleSummary | EvalSample) -> Mapping[str, Score]:
    return summary.scores or {}


def _is_of(name: str, scorer: str) -> bool:
    """Whether a score is of a scorer: Inspect numbers the names of later scores of the same scorer."""
    return name.startswith(scorer) and (name == scorer or name[len(scorer) :].isdecimal())


def _level(score: Score) -> float:
    """The level in a rating: a number, or the key `score` of several values."""
    value = score.value.get("score") if isinstance(score.value, Mapping) else score.value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else NAN
