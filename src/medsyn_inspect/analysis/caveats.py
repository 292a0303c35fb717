"""What findings cannot be relied on for, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from medsyn_inspect.analysis.frames.readers import LOW_MASS
from medsyn_inspect.analysis.read.choosing import RUN, run_in_words
from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.providers import JUDGE, READER, is_physician, is_simulated
from medsyn_inspect.records import Outcome
from medsyn_inspect.wording import listed, plural


def about_logs(logs: pd.DataFrame) -> Iterator[str]:
    """Runs that are not complete, and runs of different versions of a task."""
    what = {"started": "still running or broken off", "cancelled": "cancelled"}
    for log in logs.to_dict("records"):
        if log["status"] in what or log["reached"] < log["asked"]:
            state = what.get(log["status"], "ended early")
            yield f"{file_name(log['log'])}: {state}; {log['answered']} of {log['asked']} answers are there and count."
    for question, rows in logs.groupby("question", sort=False):
        versions = sorted(set(rows["task_version"].dropna()))
        if len(versions) > 1:
            yield f"The task {question} was run in versions {' and '.join(versions)}, which need not be comparable."


def about_runs(runs: pd.DataFrame) -> Iterator[str]:
    """Answers without a score, epochs, and judges."""
    for key, answers in runs.groupby(RUN, sort=False):
        name = run_in_words(dict(zip(RUN, key, strict=True)))
        outcomes = answers["outcome"].value_counts()
        if lost := int(outcomes.get(Outcome.CALL_FAILED.value, 0)):
            yield (
                f"{name}: {lost} of {plural(len(answers), 'answer')} missing because the call failed or was not made "
                "(`inspect eval-retry` asks again)."
            )
        if lost := int(outcomes.get(Outcome.JUDGE_FAILED.value, 0)):
            yield (
                f"{name}: {lost} of {plural(len(answers), 'answer')} unscored because the judge failed "
                "(`inspect score` judges the log again)."
            )
        if (epochs := int(answers["epoch"].nunique())) > 1:
            yield (
                f"{name}: {epochs} epochs; accuracy is their mean for each case; comparisons take what most of them "
                "say, and leave out a case in which as many say the one as the other."
            )
    judges = {judge for judge in runs["judge"].dropna() if judge}
    if len(judges) > 1:
        yield (
            f"Differentials were judged by different judges ({'; '.join(sorted(judges))}): coverage and scores are "
            "comparable only under the same one."
        )


def about_people(runs: pd.DataFrame) -> Iterator[str]:
    """Readers that are people, and the cases that they found ambiguous."""
    people = runs[_by_reader(runs, is_physician)]
    for reader, answers in people.groupby("reader", sort=False):
        flagged = answers.loc[answers["ambiguity"].notna(), "case_id"].nunique()
        asked = int(answers["case_id"].nunique())
        yield f"{reader}: answers of people, imported; {flagged} of {plural(asked, 'case')} flagged as ambiguous."


def about_arms(arms: pd.DataFrame) -> Iterator[str]:
    """Arms that failed, posteriors that describe little, and sources that cannot be compared."""
    for reader, rows in arms.groupby("reader", sort=False):
        failed = rows[rows["error"].notna() & (rows["error"] != "")]
        if len(failed):
            yield (
                f"{reader}: {len(failed)} of {plural(len(rows), 'arm')} without a posterior, first because of: "
                f"{failed['error'].iloc[0]}."
            )
        if lower := int((rows["option_mass"].astype(float) < LOW_MASS).sum()):
            yield (
                f"{reader}: in {lower} of {plural(len(rows), 'arm')} less than {LOW_MASS:g} of the probability fell on "
                "letters of options; such posteriors say little of what the model was about to answer."
            )
        unreadable, refused = (int(rows[name].fillna(0).sum()) for name in ("unreadable", "refused"))
        if unreadable or refused:
            yield (
                f"{reader}: of {int(rows['n'].sum())} answers {unreadable} could not be read and {refused} refused; "
                "they count for no option."
            )
    by_source = arms.dropna(subset=["source"]).groupby("source")
    sources = {str(source): sorted(set(rows["reader"])) for source, rows in by_source}
    if len(sources) > 1:
        named = "; ".join(f"{source}: {listed(readers)}" for source, readers in sources.items())
        yield f"Posteriors of different sources are not compared with one another ({named})."
    if "verbalized" in sources:
        yield "Probabilities that a model states itself (verbalized) need not be those that it acts on."


def about_simulation(runs: pd.DataFrame, arms: pd.DataFrame) -> Iterator[str]:
    """What is no evidence about medicine or about a model."""
    if any(bool(frame["synthetic"].any()) for frame in (runs, arms)):
        yield "The cases are fictional: these numbers say nothing about medicine."
    if any(_by_reader(frame, is_simulated).any() for frame in (runs, arms)):
        yield f"{READER} is simulated: no medical model was asked."
    if any(is_simulated(judge) for panel in runs["judge"].dropna().unique() for judge in str(panel).split(", ")):
        yield f"{JUDGE} is simulated: it goes by the names of diagnoses, and no model was asked."


def _by_reader(frame: pd.DataFrame, applies: Callable[[str], bool]) -> pd.Series:
    """Whether something applies to the reader of each row; found out once for each reader."""
    readers = frame["reader"].astype(str)
    return readers.isin([reader for reader in readers.unique() if applies(reader)])
