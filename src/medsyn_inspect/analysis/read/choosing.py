"""Which of the runs that were found count, what each reader is called, and what is noted about the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.records import Condition
from medsyn_inspect.wording import listed, plural

RUN = ["question", "reader", *Condition.COLUMNS]
"""What distinguishes one run from another, except for the time."""

SET = ["fingerprint", "case_set"]


class DifferentCaseSets(ValueError):
    """Logs of case sets of different content."""


@dataclass(frozen=True)
class Chosen:
    """The runs that count."""

    readers: dict[str, str]
    """By log that counts: what its reader is called."""

    models: dict[str, str]
    """By that name: what the logs call the reader."""

    notes: list[str]
    """What was set aside, and how it differs; a sentence each."""


def case_sets(logs: pd.DataFrame) -> dict[str, str]:
    """The case sets of some logs: fingerprint and name, in the order in which they first occur."""
    known = logs[logs["fingerprint"] != ""]
    return dict(zip(known["fingerprint"], known["case_set"], strict=True))


def one_case_set(frames: dict[str, pd.DataFrame], wanted: str | None) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The rows of one case set only.

    Args:
        frames: Frames with `log`, `case_set` and `fingerprint` (empty if unknown, which is taken to be the same).
        wanted: The beginning of a fingerprint, or the name of a case set with or without its version; `None` if all
            must be of one set.

    Returns:
        The frames, and notes on what was left out.

    Raises:
        DifferentCaseSets: If there is more than one content, and nothing or more than one is wanted; if there is none
            of what is wanted.
    """
    columns = [*SET, "log"]
    seen = pd.concat([frame[columns] for frame in frames.values()]).drop_duplicates()
    unknown, seen = seen[seen["fingerprint"] == ""], seen[seen["fingerprint"] != ""]
    if wanted is not None:
        names = seen["case_set"].astype(str)
        hit = (
            seen["fingerprint"].astype(str).str.startswith(wanted)
            | (names == wanted)
            | (names.str.rpartition(" ")[0] == wanted)
        )
        if not hit.any():
            raise DifferentCaseSets(f"no log is of a case set {wanted!r}; there are {_sets(seen)}")
        aside, seen = seen[~hit], seen[hit]
    if seen["fingerprint"].nunique() > 1:
        raise DifferentCaseSets(
            f"logs of different case sets cannot be put together: {_sets(seen)}. Choose one by its fingerprint, "
            f"such as --case-set {seen['fingerprint'].iloc[0]} (in Python, case_set=...)"
        )
    if wanted is None or aside.empty:
        return frames, []
    logs = [*seen["log"], *unknown["log"]]
    kept = {name: frame[frame["log"].isin(logs)].reset_index(drop=True) for name, frame in frames.items()}
    return kept, [f"Left out: {plural(len(aside), 'log')} of other case sets ({_sets(aside)})."]


def choose_runs(logs: pd.DataFrame, keep_all: bool = False) -> Chosen:
    """Of several runs of a reader, question and condition the newest complete one.

    A run is complete if every selected case was answered. Where none is, the one with most answers counts, of equal
    ones the newest. Runs of one model name whose settings differ (temperature, service, system message, evidence
    types of the design...) are runs of different readers, named by their settings.

    Args:
        logs: One row for each run, oldest first: `log`, `created`, `settings`, `complete`, `answered`, `selected` and
            the columns of `RUN`.
        keep_all: Whether the others count too, as readers with the time of the run in their name.
    """
    table = logs.assign(model=logs["reader"], reader=_by_settings(logs)).reset_index(drop=True)
    notes: list[str] = []
    readers: dict[str, str] = {}
    for _, rows in table.groupby(RUN, sort=False):
        answers = rows["answered"].where(~rows["complete"].astype(bool), rows["selected"])
        rank = rows.assign(answers=answers).sort_values(["complete", "answers"], kind="stable")
        counts = rows.loc[rank.index[-1]]
        others = rows[rows["log"] != counts["log"]]
        if len(others):
            notes.append(_note(counts, others, keep_all))
        if keep_all:
            readers |= _dated(others, taken=readers.values())
        readers[counts["log"]] = counts["reader"]
    called = dict(zip(table["log"], table["model"], strict=True))
    models = {name: called[log] for log, name in readers.items() if name != called[log]}
    return Chosen(readers, models, [*_settings_notes(table), *notes])


def run_in_words(run: Any) -> str:
    """A run: `a/reader, fdx (view=finding, text=remove)`."""
    condition = Condition.of(run)
    condition = condition.replace(view="image") if condition.view == "both" else condition
    question = run.get("question") or "sensitivity"
    return f"{run['reader']}, {question}" + (f" ({condition.label})" if condition.label else "")


def _by_settings(logs: pd.DataFrame) -> pd.Series:
    """The reader of each run; with its settings where runs of one question and condition differ in them."""
    differing = logs.groupby(RUN, sort=False)["settings"].transform("nunique") > 1
    ambiguous = set(logs.loc[differing, "reader"])
    return pd.Series(
        [
            with_settings(reader, settings) if reader in ambiguous else reader
            for reader, settings in zip(logs["reader"], logs["settings"], strict=True)
        ],
        index=logs.index,
        dtype=object,
    )


def with_settings(reader: str, settings: str) -> str:
    """`openai/gpt-4o (temperature=0)`: a reader's name with its settings, among those that it has already."""
    if not settings:
        return reader
    return f"{reader[:-1]}, {settings})" if reader.endswith(")") else f"{reader} ({settings})"


def _settings_notes(table: pd.DataFrame) -> Iterable[str]:
    """Readers of one model that were told apart, and those whose questions ran with different settings."""
    for model, rows in table.groupby("model", sort=False):
        settings = dict.fromkeys(rows["settings"])
        if len(settings) < 2:
            continue
        if rows["reader"].nunique() > 1:
            named = "; ".join(str(name) or "default settings" for name in settings)
            yield f"{model}: runs with different settings are different readers ({named})."
        else:
            named = "; ".join(
                f"{', '.join(dict.fromkeys(one['question']))}: {str(name) or 'default settings'}"
                for name, one in rows.groupby("settings", sort=False)
            )
            yield f"{model}: its questions ran with different settings ({named})."


def _note(counts: pd.Series, others: pd.DataFrame, keep_all: bool) -> str:
    """Which of several runs counts, and how the others differ."""
    described = [f"{file_name(row['log'])}, {_state(row)}" for row in others.to_dict("records")]
    rest = "are kept under names with their times" if keep_all else "are set aside (`--all` keeps them)"
    return (
        f"{run_in_words(counts)}: {plural(len(others) + 1, 'run')}; {file_name(counts['log'])}, "
        f"{_state(counts.to_dict())}, counts; the others ({listed(described)}) {rest}."
    )


def _state(run: Any) -> str:
    when = str(run["created"])[:19].replace("T", " ")
    state = "complete" if run["complete"] else f"{run['answered']} of {run['selected']} answered"
    return f"{state}, of {when}"


def _dated(older: pd.DataFrame, taken: Iterable[str]) -> dict[str, str]:
    """Names for the readers of older runs, by log; no two alike."""
    used = set(taken)
    names: dict[str, str] = {}
    for row in older.to_dict("records"):
        name = wanted = f"{row['reader']}, run of {str(row['created'])[:19].replace('T', ' ')}"
        number = 2
        while name in used:
            name, number = f"{wanted} ({number})", number + 1
        used.add(name)
        names[str(row["log"])] = name
    return names


def _sets(seen: pd.DataFrame) -> str:
    return "; ".join(
        f"{rows['case_set'].iloc[0]} with fingerprint {fingerprint} "
        f"({listed([file_name(log) for log in dict.fromkeys(rows['log'])])})"
        for fingerprint, rows in seen.groupby("fingerprint", sort=False)
    )
