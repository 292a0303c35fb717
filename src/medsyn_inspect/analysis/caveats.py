"""Caveats of the findings, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import estimate, unread_answers
from medsyn_inspect.analysis.frames.contrasts import graders
from medsyn_inspect.analysis.frames.readers import LOW_MASS, low_mass
from medsyn_inspect.analysis.read.choosing import RUN
from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.conditions import QUESTIONS, run_in_words, source_in_words
from medsyn_inspect.providers import JUDGE, end_in_words, ends_soon, is_person, is_physician, is_simulated
from medsyn_inspect.records import AFTER_REASONING, MOST_UNREAD, Outcome
from medsyn_inspect.wording import REMEDY, listed, percent, plural, share_digits

WIDE = 0.1
"""Width of the bounds of a probability above which a note is given."""

_LATE = (
    "the letter comes after other text or reasoning; these posteriors depend on it, and are not "
    "compared with direct ones and not part of calibration (--after-reasoning shows the calibration of these alone)."
)


def about_logs(logs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on incomplete runs and on runs of different versions of a task."""
    what = {"started": "still running or interrupted", "cancelled": "cancelled"}
    for log in logs.to_dict("records"):
        if log["status"] in what or log["reached"] < log["asked"]:
            state = what.get(log["status"], "ended early")
            yield f"{file_name(log['log'])}: {state}; {log['answered']} of {log['asked']} answers are included."
    for question, rows in logs.groupby("question", sort=False):
        versions = sorted(set(rows["task_version"].dropna()))
        if len(versions) > 1:
            yield f"The task `{question}` was run in versions {' and '.join(versions)}, which may not be comparable."


def about_runs(runs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on answers without a score, on epochs, and on judges."""
    for key, answers in runs.groupby(RUN, sort=False):
        name = run_in_words(dict(zip(RUN, key, strict=True)))
        outcomes = answers["outcome"].value_counts()
        if failed := int(outcomes.get(Outcome.CALL_FAILED.value, 0)):
            yield (
                f"{name}: {failed} of {plural(len(answers), 'answer')} missing because the call failed or was not made "
                "(`inspect eval-retry` repeats the calls)."
            )
        if failed := int(outcomes.get(Outcome.JUDGE_FAILED.value, 0)):
            yield (
                f"{name}: {failed} of {plural(len(answers), 'answer')} unscored because the judge failed; answers "
                "that need no judge are not representative, so there are only bounds and no comparison "
                "(`inspect score` judges the log again)."
            )
        if failed := int(outcomes.get(Outcome.READING_FAILED.value, 0)):
            yield (
                f"{name}: {failed} of {plural(len(answers), 'answer')} unscored because the extractor failed "
                f"({REMEDY})."
            )
        yield from _about_unread(name, answers)
        if (epochs := int(answers["epoch"].nunique())) > 1:
            yield (
                f"{name}: {epochs} epochs; accuracy uses their mean for each case; comparisons use the majority of the "
                "epochs and leave out cases with a tie."
            )
    for (reader, question), rows in runs.assign(graders=graders(runs)).groupby(["reader", "question"], sort=False):
        if by := sorted(set(rows["graders"]) - {""}):
            name = f"{reader}, {QUESTIONS[str(question)]}"
            yield f"{name}: runs that were {' or '.join(by)} are not compared with each other."
    judges = {judge for judge in runs["judge"].dropna() if judge}
    if len(judges) > 1:
        yield (
            f"Differentials were judged by different judges ({'; '.join(sorted(judges))}): coverage and scores are "
            "comparable only with the same judge."
        )


def _about_unread(name: str, answers: pd.DataFrame) -> Iterator[str]:
    """Yield how far unread answers could change a reader's result, and whether it can be ranked."""
    found = estimate(answers, "right")
    if not found or not found.unread:
        return
    scored = int(answers["right"].notna().sum())
    unread = int(unread_answers(answers).sum())
    share, digits = unread / scored, share_digits(scored)
    if_read, value = percent(found.upper_if_unread_right, digits), percent(found.value, digits)
    ranked = f"; above {percent(MOST_UNREAD, 0)}, so do not rank it with other readers" if share > MOST_UNREAD else ""
    yield (
        f"{name}: {unread} of {plural(scored, 'scored answer')} ({percent(share, digits)}) unread, counted as wrong; "
        f"with all of them right, {if_read} instead of {value} would be right{ranked} ({REMEDY})."
    )


def about_posteriors(runs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on posteriors of `fdx` that depend on reasoning, and on token probabilities that gave none."""
    for key, answers in runs[runs["question"] == "fdx"].groupby(RUN, sort=False):
        name = run_in_words(dict(zip(RUN, key, strict=True)))
        if late := int((answers["posterior_source"] == AFTER_REASONING).sum()):
            yield f"{name}: in {late} of {plural(len(answers), 'answer')} {_LATE}"
        lost = answers["no_posterior"].dropna()
        if len(lost):
            yield (
                f"{name}: {len(lost)} of {plural(len(answers), 'answer')} without a posterior although token "
                f"probabilities came; most frequent reason: {lost.value_counts().index[0]}."
            )


def about_ends(logs: pd.DataFrame, runs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on readers and judges whose shutdown is within `SOON` days of their last run.

    Args:
        logs: The logs that count.
        runs: The answers of the runs that count.
    """
    used: dict[str, str] = {}
    created = dict(zip(logs["log"], logs["created"].fillna("").astype(str), strict=True))
    judged = runs.loc[runs["judge"].fillna("") != "", ["log", "judge"]].drop_duplicates()
    pairs = [*zip(logs["log"], logs["model"], strict=True), *zip(judged["log"], judged["judge"], strict=True)]
    for log, models in pairs:
        for model in str(models).split(", "):
            used[model] = max(used.get(model, ""), created.get(log, "")[:10])
    for model, day in sorted(used.items()):
        if day and ends_soon(model, date.fromisoformat(day)):
            end = end_in_words(model, date.fromisoformat(day))
            yield f"Seen from the last run ({day}), {end}: later runs need another model."


def about_people(runs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on human readers and the cases they flagged as ambiguous."""
    people = runs[_by_reader(runs, is_physician)]
    for reader, answers in people.groupby("reader", sort=False):
        flagged = answers.loc[answers["ambiguity"].notna(), "case_id"].nunique()
        cases = int(answers["case_id"].nunique())
        whose = "imported answers of people" if is_person(str(reader)) else "answers of a script, not of a person"
        yield f"{reader}: {whose}; {flagged} of {plural(cases, 'case')} flagged as ambiguous."


def about_arms(arms: pd.DataFrame) -> Iterator[str]:
    """Yield notes on failed arms, uninformative posteriors, and sources that cannot be compared."""
    for reader, rows in arms.groupby("reader", sort=False):
        failed = rows[rows["error"].notna() & (rows["error"] != "")]
        if len(failed):
            yield (
                f"{reader}: {len(failed)} of {plural(len(rows), 'arm')} without a posterior; first error: "
                f"{failed['error'].iloc[0]}."
            )
        for why in rows["note"].dropna().unique():
            yield f"{reader}: posteriors are from repeated answers although token probabilities came: {why}."
        if low := int(low_mass(rows).sum()):
            yield (
                f"{reader}: in {low} of {plural(len(rows), 'arm')} less than {LOW_MASS:g} of the probability fell "
                "on option letters; such posteriors say little about the answer the model would have given."
            )
        if late := int((rows["source"] == AFTER_REASONING).sum()):
            yield f"{reader}: in {late} of {plural(len(rows), 'arm')} {_LATE}"
        if wide := sum(map(_open, rows["lower"], rows["upper"])):
            yield (
                f"{reader}: in {wide} of {plural(len(rows), 'arm')} the list of candidate tokens leaves more than "
                f"{WIDE:g} of the probability of an option open (`--top-logprobs` makes the list longer)."
            )
        unreadable, refused = (int(rows[name].fillna(0).sum()) for name in ("unreadable", "refused"))
        if unreadable or refused:
            yield (
                f"{reader}: of {int(rows['n'].sum())} answers {unreadable} could not be read and {refused} refused; "
                "these are counted for no option."
            )
    by_source = arms.dropna(subset=["source"]).groupby("source")
    sources = {str(source): sorted(set(rows["reader"])) for source, rows in by_source}
    if len(sources) > 1:
        named = "; ".join(f"{source_in_words(source)}: {listed(readers)}" for source, readers in sources.items())
        yield f"Posteriors from different sources are not compared with each other ({named})."
    if "verbalized" in sources:
        yield "Probabilities stated by a model may differ from the probabilities of its answers."


def about_simulation(runs: pd.DataFrame, arms: pd.DataFrame) -> Iterator[str]:
    """Yield notes on fictional cases and simulated models."""
    if any(bool(frame["synthetic"].any()) for frame in (runs, arms)):
        yield "The cases are fictional: the numbers have no clinical meaning."
    readers = dict.fromkeys(str(name) for frame in (runs, arms) for name in frame["reader"].unique())
    models = [name for name in readers if not is_physician(name)]
    simulated = [name for name in models if is_simulated(name)]
    if simulated and simulated == models:
        yield "All models are simulated: no medical model was evaluated."
    elif simulated:
        kind = (
            "a simulated reader, not a medical model"
            if len(simulated) == 1
            else "simulated readers, not medical models"
        )
        yield f"{listed(simulated)}: {kind}."
    if any(is_simulated(judge) for panel in runs["judge"].dropna().unique() for judge in str(panel).split(", ")):
        yield f"{JUDGE} is simulated: it compares the names of diagnoses, and no model was used."


def _by_reader(frame: pd.DataFrame, applies: Callable[[str], bool]) -> pd.Series:
    """Mask of the rows whose reader satisfies `applies`, which is called once for each reader."""
    readers = frame["reader"].astype(str)
    return readers.isin([reader for reader in readers.unique() if applies(reader)])


def _open(lower: Any, upper: Any) -> bool:
    """Whether the bounds of an arm's posterior are wide apart."""
    if not isinstance(lower, (tuple, list, np.ndarray)) or not isinstance(upper, (tuple, list, np.ndarray)):
        return False
    return max((high - low for low, high in zip(lower, upper, strict=True)), default=0.0) > WIDE
