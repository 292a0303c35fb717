"""The reporting standard, and how to repeat the runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from medsyn_inspect.conditions import QUESTIONS
from medsyn_inspect.report.page.blocks import Block, Cell, Commands, Entries, Table, Text, table
from medsyn_inspect.report.rerun.reproducibility import Reproducibility
from medsyn_inspect.report.stream.criteria import Criterion, status_counts
from medsyn_inspect.wording import known

IDENTIFYING = ("log", "reader", "question", "created", "duration")
"""Columns that are shown for each log, also if it is the same in all."""

TITLES = {
    "basis": "Source of the cost",
    "dirty": "Uncommitted changes",
    "duration": "Seconds",
    "fingerprint": "Fingerprint of the case set",
    "inspect_version": "Inspect",
    "package_version": "medsyn_inspect",
    "templates": "Fingerprints of the prompts",
}
"""Headings that are not the name of the column."""


def criteria(found: Sequence[Criterion]) -> Iterator[Block]:
    """STREAM: the criteria that are answered, and those that only a person can answer."""
    counts = status_counts(found)
    yield Text(
        f"Of the {len(found)} criteria of STREAM, {counts['answered']} are answered from the logs and the case set's "
        f"card, {counts['partly']} partly; {counts['not applicable']} do not apply; {counts['open']} are open: only "
        "the authors of the report can answer them."
    )
    lines: list[list[Cell | str]] = [
        [one.place, one.group, one.question, one.answer, one.basis, one.status] for one in found
    ]
    columns = {"Number": False, "Group": False, "Criterion": False, "Answer": False, "Source": False, "Status": False}
    yield table("stream", "The 28 criteria of the reporting standard STREAM.", columns, lines)


def reproduction(found: Reproducibility) -> Iterator[Block]:
    """Commands, versions, seeds, tokens and cost."""
    lines = []
    for run in found.reruns:
        before = [run.log, *(f"{name}: {what}" for name, what in run.variables.items())]
        judging = f"To judge again, from the folder in which this report was made: {run.rescore}" if run.rescore else ""
        lines += [*map(comment, before), run.command, *map(comment, [*run.left_out, run.why_not, judging])]
    lines = [line for line in lines if line]
    yield Commands("To repeat each run, from the folder of this report", tuple(lines), len(lines) > 12)
    differing, same = split(found.runs)
    if same:
        yield Text(f"The same in all logs: {'; '.join(f'{name} {value}' for name, value in same.items())}.", quiet=True)
    yield frame_table("made-with", "Software and settings of each log.", differing)
    yield frame_table("usage", "Tokens and cost by role and model (USD; empty where no price is known).", found.totals)
    if found.notes:
        yield Entries(found.notes)


def comment(text: str) -> str:
    """The text as a shell comment on one line, so that no part of it is run; empty for an empty text."""
    return f"# {' '.join(text.split())}" if text else ""


def _in_words(value: object) -> str:
    """A value of a table as text; a question, and yes or no, in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return QUESTIONS.get(value, value)
    return str(value) if known(value) else ""


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns of logs that differ, and the title and value in words of each column that is the same in all logs."""
    if len(frame) < 2:
        return frame, {}
    words = frame.map(_in_words)
    same = [name for name in frame.columns if name not in IDENTIFYING and words[name].nunique() == 1]
    return frame.drop(columns=same), {title(name): words[name].iloc[0] for name in same if words[name].iloc[0]}


def title(name: str) -> str:
    """The heading of a column."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def frame_table(name: str, caption: str, frame: pd.DataFrame) -> Table:
    """A frame as a table, without its empty columns."""
    filled = [column for column in frame.columns if frame[column].notna().any()]
    columns = {
        title(str(column)): all(
            isinstance(one, (int, float)) and not isinstance(one, bool) for one in frame[column].dropna()
        )
        for column in filled
    }
    lines: list[list[Cell | str]] = [list(map(_in_words, row)) for row in frame[filled].itertuples(index=False)]
    return table(name, caption, columns, lines)
