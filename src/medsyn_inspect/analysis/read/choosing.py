"""Which of the runs that were found count, and what is said about the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.read.logs import CONDITION, counted, file_name, several

RUN = ["question", *CONDITION]
"""What tells one run of a question from another, but for the time."""

ARMS_RUN = ["reader", "selection", "emphasis"]
"""The same for the arms of `sensitivity`."""


class DifferentCaseSets(ValueError):
    """Logs that rest on case sets of different content."""


def one_case_set(frames: dict[str, pd.DataFrame], wanted: str | None) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Only what was asked about one case set.

    Args:
        frames: Frames with `log`, `case_set` and `fingerprint` (empty if unknown, which is taken to be the same).
        wanted: The beginning of a fingerprint, or the name of a case set with or without its version; `None` if all
            must be of one set.

    Returns:
        The frames, and what was left aside in words.

    Raises:
        DifferentCaseSets: If there is more than one content, and nothing or more than one is wanted; if there is none
            of what is wanted.
    """
    columns = ["fingerprint", "case_set", "log"]
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
            raise DifferentCaseSets(f"no log rests on a case set {wanted!r}; there are {_sets(seen)}")
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
    return kept, [f"Left aside: {counted(len(aside), 'log')} of other case sets ({_sets(aside)})."]


def newest(frame: pd.DataFrame, key: Sequence[str], keep_all: bool) -> tuple[pd.DataFrame, list[str], dict[str, str]]:
    """Of several runs with the same key the newest, which comes last.

    Args:
        frame: Rows of runs, with `log`, `created`, `reader` and the key.
        key: Columns.
        keep_all: Whether the older ones stay, under a name with the time of the run.

    Returns:
        The rows that count, what was done in words, and the readers that have got another name, by that name.
    """
    if frame.empty:
        return frame, [], {}
    runs = frame[[*key, "log", "created"]].drop_duplicates(["log", *key])
    older = runs[runs.duplicated(list(key), keep="last")]
    notes = []
    for values, rows in older.groupby(list(key), sort=False):
        run: dict[str, Any] = dict(zip(key, values, strict=True))
        last = runs[(runs[list(key)] == pd.Series(run)).all(axis=1)]["log"].iloc[-1]
        also = "are kept beside it" if keep_all else "do not count (`--all` keeps them)"
        notes.append(
            f"{told(run)}: {counted(len(rows) + 1, 'run')}; the newest ({file_name(last)}) counts, "
            f"the older ones ({_files(rows['log'])}) {also}."
        )
    if older.empty:
        return frame, [], {}
    place = pd.MultiIndex.from_frame(frame[[*key, "log"]])
    old = place.isin(pd.MultiIndex.from_frame(older[[*key, "log"]]))
    if not keep_all:
        return frame[~old].reset_index(drop=True), notes, {}
    names = _dated(older)
    renamed = [names.get(log, reader) for log, reader in zip(frame["log"], frame["reader"], strict=True)]
    named = frame.assign(reader=frame["reader"].where(~old, pd.Series(renamed, index=frame.index)))
    return named, notes, dict(zip(named["reader"][old], frame["reader"][old], strict=True))


def told(run: dict[str, Any]) -> str:
    """A run in words: `a/reader, fdx (view=finding, text=remove)`."""
    parts = [str(run["reader"])] + ([str(run["question"])] if run.get("question") else ["sensitivity"])
    named = {"view": "view", "text": "text", "withheld": "withhold", "staging": "staging", "emphasis": "emphasis"}
    plain = {"text": "keep", "staging": "single"}
    changed = [
        f"{name}={str(run[column]).replace('-', ',')}"
        for column, name in named.items()
        if run.get(column) and run[column] != plain.get(column)
    ]
    changed += [str(run[name]) for name in ("selection", "grading") if run.get(name)]
    return ", ".join(parts) + (f" ({', '.join(changed)})" if changed else "")


def _dated(older: pd.DataFrame) -> dict[str, str]:
    """Names for the readers of older runs, by log; no two of the same key alike."""
    names: dict[str, str] = {}
    for log, reader, created in zip(older["log"], older["reader"], older["created"], strict=True):
        name = wanted = f"{reader}, run of {str(created)[:19].replace('T', ' ')}"
        number = 2
        while name in names.values():
            name, number = f"{wanted} ({number})", number + 1
        names[log] = name
    return names


def _sets(seen: pd.DataFrame) -> str:
    return "; ".join(
        f"{rows['case_set'].iloc[0]} with fingerprint {fingerprint} ({_files(rows['log'])})"
        for fingerprint, rows in seen.groupby("fingerprint", sort=False)
    )


def _files(logs: pd.Series) -> str:
    return several([file_name(log) for log in dict.fromkeys(logs)])
