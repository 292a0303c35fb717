"""Caveats of the findings, as sentences."""

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
    """Yield notes on incomplete runs and on runs of different versions of a task."""
    what = {"started": "still running or interrupted", "cancelled": "cancelled"}
    for log in logs.to_dict("records"):
        if log["status"] in what or log["reached"] < log["asked"]:
            state = what.get(log["status"], "ended early")
            yield f"{file_name(log['log'])}: {state}; {log['answered']} of {log['asked']} answers are included."
    for question, rows in logs.groupby("question", sort=False):
        versions = sorted(set(rows["task_version"].dropna()))
        if len(versions) > 1:
            yield f"The task {question} was run in versions {' and '.join(versions)}, which may not be comparable."


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
                f"{name}: {failed} of {plural(len(answers), 'answer')} unscored because the judge failed "
                "(`inspect score` judges the log again)."
            )
        if (epochs := int(answers["epoch"].nunique())) > 1:
            yield (
                f"{name}: {epochs} epochs; accuracy uses their mean for each case; comparisons use the majority of the "
                "epochs and leave out cases with a tie."
            )
    judges = {judge for judge in runs["judge"].dropna() if judge}
    if len(judges) > 1:
        yield (
            f"Differentials were judged by different judges ({'; '.join(sorted(judges))}): coverage and scores are "
            "comparable only with the same judge."
        )


def about_people(runs: pd.DataFrame) -> Iterator[str]:
    """Yield notes on human readers and the cases they flagged as ambiguous."""
    people = runs[_by_reader(runs, is_physician)]
    for reader, answers in people.groupby("reader", sort=False):
        flagged = answers.loc[answers["ambiguity"].notna(), "case_id"].nunique()
        cases = int(answers["case_id"].nunique())
        yield f"{reader}: imported answers of people; {flagged} of {plural(cases, 'case')} flagged as ambiguous."


def about_arms(arms: pd.DataFrame) -> Iterator[str]:
    """Yield notes on failed arms, uninformative posteriors, and sources that cannot be compared."""
    for reader, rows in arms.groupby("reader", sort=False):
        failed = rows[rows["error"].notna() & (rows["error"] != "")]
        if len(failed):
            yield (
                f"{reader}: {len(failed)} of {plural(len(rows), 'arm')} without a posterior; first error: "
                f"{failed['error'].iloc[0]}."
            )
        if low_mass := int((rows["option_mass"].astype(float) < LOW_MASS).sum()):
            yield (
                f"{reader}: in {low_mass} of {plural(len(rows), 'arm')} less than {LOW_MASS:g} of the probability fell "
                "on option letters; such posteriors say little about the answer the model would have given."
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
        named = "; ".join(f"{source}: {listed(readers)}" for source, readers in sources.items())
        yield f"Posteriors from different sources are not compared with each other ({named})."
    if "verbalized" in sources:
        yield "Probabilities stated by a model (verbalized) may differ from the probabilities of its answers."


def about_simulation(runs: pd.DataFrame, arms: pd.DataFrame) -> Iterator[str]:
    """Yield notes on fictional cases and simulated models."""
    if any(bool(frame["synthetic"].any()) for frame in (runs, arms)):
        yield "The cases are fictional: these numbers say nothing about medicine."
    if any(_by_reader(frame, is_simulated).any() for frame in (runs, arms)):
        yield f"{READER} is simulated: no medical model was evaluated."
    if any(is_simulated(judge) for panel in runs["judge"].dropna().unique() for judge in str(panel).split(", ")):
        yield f"{JUDGE} is simulated: it compares the names of diagnoses, and no model was used."


def _by_reader(frame: pd.DataFrame, applies: Callable[[str], bool]) -> pd.Series:
    """Mask of the rows whose reader satisfies `applies`, which is called once for each reader."""
    readers = frame["reader"].astype(str)
    return readers.isin([reader for reader in readers.unique() if applies(reader)])
