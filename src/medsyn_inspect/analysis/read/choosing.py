"""Choose the runs that count, name their readers, and note the runs that are set aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.conditions import QUESTIONS, parts, run_in_words, settings_in_words
from medsyn_inspect.records import Condition
from medsyn_inspect.wording import listed, plural

RUN = ["question", "reader", *Condition.COLUMNS]
"""Columns that distinguish runs, except for the time."""

SET = ["fingerprint", "case_set"]


class DifferentCaseSets(ValueError):
    """The logs are of different case sets, or none is of the requested one."""


@dataclass(frozen=True)
class Chosen:
    """The runs that count."""

    readers: dict[str, str]
    """The name of the reader, by log that counts."""

    models: dict[str, str]
    """The name of the reader in the logs, by its name in `readers`, where they differ."""

    notes: list[str]
    """Notes on the runs that were set aside and how they differ; one sentence each."""


def case_sets(logs: pd.DataFrame) -> dict[str, str]:
    """The case sets of some logs: name by fingerprint, in order of first occurrence."""
    known = logs[logs["fingerprint"] != ""]
    return dict(zip(known["fingerprint"], known["case_set"], strict=True))


def one_case_set(frames: dict[str, pd.DataFrame], wanted: str | None) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Select the rows of one case set.

    Args:
        frames: Frames with `log`, `case_set` and `fingerprint` (if it is empty, the same case set is assumed).
        wanted: Fingerprint (or its beginning) or name of the case set, with or without version; `None` if all rows
            must be of one case set. The bundled set does not count if there is one other: trying the demo first leaves
            its logs in the same folder.

    Returns:
        The frames, and notes on the logs left out.

    Raises:
        DifferentCaseSets: If the selected rows are of more than one case set, or none is of the wanted one.
    """
    columns = [*SET, "log"]
    seen = pd.concat([frame[columns] for frame in frames.values()]).drop_duplicates()
    unknown, seen = seen[seen["fingerprint"] == ""], seen[seen["fingerprint"] != ""]
    if wanted is None:
        wanted = _only_own(seen)
    if wanted is not None:
        names = seen["case_set"].astype(str)
        hit = (
            seen["fingerprint"].astype(str).str.startswith(wanted)
            | (names == wanted)
            | (names.str.rpartition(" ")[0] == wanted)
        )
        if not hit.any():
            raise DifferentCaseSets(f"no log of case set {wanted!r}; the logs are of {_sets(seen)}")
        aside, seen = seen[~hit], seen[hit]
    if seen["fingerprint"].nunique() > 1:
        raise DifferentCaseSets(
            f"logs of different case sets cannot be combined: {_sets(seen)}. Choose one by its fingerprint, "
            f"such as --case-set {seen['fingerprint'].iloc[0]} (in Python, case_set=...)"
        )
    if wanted is None or aside.empty:
        return frames, []
    logs = [*seen["log"], *unknown["log"]]
    kept = {name: frame[frame["log"].isin(logs)].reset_index(drop=True) for name, frame in frames.items()}
    return kept, [
        f"Left out: {plural(len(aside), 'log')} of other case sets ({_sets(aside)}); `--case-set` selects them."
    ]


def _only_own(seen: pd.DataFrame) -> str | None:
    """The fingerprint of the only case set besides the bundled one; `None` if there is none, or no bundled one."""
    if seen["fingerprint"].nunique() < 2:
        return None
    own = seen[seen["case_set"].astype(str).str.rpartition(" ")[0] != load_cases().card.name]["fingerprint"]
    return str(own.iloc[0]) if own.nunique() == 1 else None


def choose_runs(logs: pd.DataFrame, keep_all: bool = False) -> Chosen:
    """Choose the newest complete run of each reader, question and condition.

    A run is complete if every selected case was answered. If none is complete, the run with the most answers counts,
    the newest of equal ones. Runs of the same model with different settings (temperature, service, system message,
    evidence types of the design...) are runs of different readers, named by their settings.

    Args:
        logs: One row for each run, oldest first: `log`, `created`, `settings`, `complete`, `answered`, `selected` and
            the columns of `RUN`.
        keep_all: Whether the other runs also count, as readers with the time of the run in their names.
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


def _by_settings(logs: pd.DataFrame) -> pd.Series:
    """The reader of each run, with its settings if runs of the same question and condition differ in them."""
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
    """A reader's name with its settings, added to any it already has: `openai/gpt-4o (temperature=0)`."""
    if not settings:
        return reader
    return f"{reader[:-1]}, {settings})" if reader.endswith(")") else f"{reader} ({settings})"


def _settings_notes(table: pd.DataFrame) -> Iterable[str]:
    """Yield notes on models whose runs were split into readers, or whose questions ran with different settings."""
    for model, rows in table.groupby("model", sort=False):
        if rows["reader"].nunique() > 1:
            named = "; ".join(
                settings_in_words(name) or "default settings" for name in dict.fromkeys(map(str, rows["settings"]))
            )
            yield f"{model}: runs with different settings are different readers ({named})."
            continue
        rows = rows.assign(settings=rows["settings"].map(_without_design)).sort_values("question")
        if rows["settings"].nunique() > 1:
            named = "; ".join(
                f"{listed([QUESTIONS[question] for question in dict.fromkeys(one['question'])])}: "
                f"{settings_in_words(str(name)) or 'default settings'}"
                for name, one in rows.groupby("settings", sort=False)
            )
            yield f"{model}: its questions ran with different settings ({named})."


def _without_design(settings: str) -> str:
    """Settings without those that only `sensitivity` has."""
    from medsyn_inspect.arms.design import Design

    return ", ".join(part for part in parts(settings) if part.partition("=")[0] not in Design.model_fields)


def _note(counts: pd.Series, others: pd.DataFrame, keep_all: bool) -> str:
    """Note on which of several runs counts, and how the others differ."""
    described = [f"{file_name(row['log'])}, {_state(row)}" for row in others.to_dict("records")]
    rest = "are kept under names with their times" if keep_all else "are set aside (`--all` keeps them)"
    run = {str(name): value for name, value in counts.items()}
    return (
        f"{run_in_words(run)}: {plural(len(others) + 1, 'run')}; {file_name(counts['log'])}, "
        f"{_state(run)}, counts; the others ({listed(described)}) {rest}."
    )


def _state(run: Any) -> str:
    when = str(run["created"])[:19].replace("T", " ")
    state = "complete" if run["complete"] else f"{run['answered']} of {run['selected']} answered"
    return f"{state}, of {when}"


def _dated(older: pd.DataFrame, taken: Iterable[str]) -> dict[str, str]:
    """Unique names for the readers of older runs, by log."""
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
