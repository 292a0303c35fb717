"""Answers and posteriors of every reader, case by case: outcomes, letters, levels and numbers, no text of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.scale import scale_of
from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.conditions import condition_words
from medsyn_inspect.records import ONLY, ORDER, PLAIN, REPEAT, VIEWS, VISUAL, Condition, Outcome, is_unread
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.explorer.packing import (
    DIGITS,
    MISSING,
    Numbering,
    characters,
    packed,
    probabilities,
)
from medsyn_inspect.wording import scale_words, spoken

QUESTIONS = {
    "fdx": "Final diagnosis",
    "ddx": "Differential diagnosis",
    "open_fdx": "Open final diagnosis",
    "sensitivity": "Evidence Sensitivity",
}

UNREAD = "unread"

SIGNS = {
    Outcome.RIGHT.value: ("r", "✓"),
    Outcome.WRONG.value: ("w", "✗"),
    UNREAD: ("u", "?"),
    Outcome.CALL_FAILED.value: ("c", "!"),
    Outcome.JUDGE_FAILED.value: ("j", "‡"),
    Outcome.READING_FAILED.value: ("e", "†"),
}
"""For each outcome its character in the data and its sign in the grid. Unread answers count as wrong."""

VIEW_WORDS = {"image": "images", "finding": "findings"}


@dataclass
class Places:
    """Numbers of cases, readers and logs in the data."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Names of logs in the viewer, by file name, where they differ from the file name."""

    cases: Numbering = field(default_factory=Numbering)
    readers: Numbering = field(default_factory=Numbering)
    logs: Numbering = field(default_factory=Numbering)
    """By name in the viewer."""

    files: Numbering = field(default_factory=Numbering)
    """The same numbers by file name."""

    _known: dict[str, int] = field(default_factory=dict)
    """The same numbers by file."""

    options: dict[str, int] = field(default_factory=dict)
    """Number of options of each case."""

    def log(self, file: str) -> int:
        """Number of a log."""
        if file not in self._known:
            name = file_name(file)
            self._known[file] = self.files[name] = self.logs[self.names.get(name, name)]
        return self._known[file]

    def posterior(self, case_id: str, shares: Any) -> str:
        """A posterior as text; missing if it does not have a probability for each option."""
        there = isinstance(shares, (tuple, list)) and len(shares) == self.options.get(case_id, 0)
        return probabilities(shares if there else None)


def places_of(findings: Findings, names: Mapping[str, str]) -> Places:
    """The cases in alphabetical order, and the readers in the order of the tables.

    Args:
        findings: The results.
        names: As in `Places`.
    """
    places = Places(names)
    frames = (findings.runs, findings.arms)
    for case_id in sorted({str(name) for frame in frames for name in frame["case_id"].unique()}):
        places.cases[case_id]
    asked = pd.concat([frame[["case_id", "option_count"]] for frame in frames if len(frame)] or [pd.DataFrame()])
    if len(asked):
        most = asked.groupby("case_id")["option_count"].max().dropna()
        places.options.update({str(case_id): int(count) for case_id, count in most.items()})
    for reader in [*findings.readers["reader"], *(name for frame in frames for name in frame["reader"].unique())]:
        places.readers[str(reader)]
    return places


def case_columns(findings: Findings, places: Places) -> dict[str, Any]:
    """Language, specialty group, number of options and correct letter of each case."""
    facts: dict[str, dict[str, Any]] = {case_id: {} for case_id in places.cases}
    for frame in (findings.runs, findings.arms):
        rows = frame[["case_id", "language", "specialty_group", "correct_letter"]]
        for row in rows_of(rows.drop_duplicates(ignore_index=True)):
            fact = facts[str(row["case_id"])]
            for name in ("language", "specialty_group", "correct_letter"):
                if isinstance(row[name], str):
                    fact[name] = row[name]
    return {
        "languages": packed([fact.get("language", "") for fact in facts.values()]),
        "specialties": packed([fact.get("specialty_group", "") for fact in facts.values()]),
        "options": characters(places.options.get(case_id, 0) for case_id in facts),
        "correct": "".join(_letter(fact.get("correct_letter")) for fact in facts.values()),
    }


SHOWN = (
    "case_id", "epoch", "log", "outcome", "read_by", "failure", "answer", "score", "matched_rank", "posterior",
)  # fmt: skip
"""Columns of the frame `runs` that a grid shows."""

Key = tuple[str, Condition]
"""A question and a condition."""


def grids(findings: Findings, places: Places) -> dict[Key, dict[str, Any]]:
    """One grid for each question and condition, the plain conditions first.

    Args:
        findings: The results.
        places: Numbers of cases, readers and logs.
    """
    found: dict[Key, dict[str, Any]] = {}
    with_arms = set(findings.arms["reader"])
    stages = dict(list(findings.stages.groupby(["question", *Condition.COLUMNS, "reader"])))
    for place, answers in findings.runs.groupby(["question", *Condition.COLUMNS], sort=False):
        question, condition = str(place[0]), Condition.of(dict(zip(Condition.COLUMNS, place[1:], strict=True)))
        # Readers with arms have the same posteriors there, for the same prompts.
        again = condition in (PLAIN, PLAIN.replace(view="finding"))
        columns = [
            _column(
                rows.assign(posterior=None) if again and reader in with_arms else rows,
                stages.get((*place, reader)),
                str(reader),
                places,
            )
            for reader, rows in answers.groupby("reader", sort=False)
        ]
        scale = scale_of(answers)
        found[question, condition] = _grid(
            question, condition, columns, condition_words(condition), scale_words([scale.ends]) if scale else ""
        )
    whole = findings.arms[findings.arms["withheld"] == ""]
    for view in VIEWS:
        columns = [
            _arms_column(rows, str(reader), places)
            for reader, rows in whole[whole["view"] == view].groupby("reader", sort=False)
        ]
        if columns:
            condition = PLAIN.replace(view=view)
            found["sensitivity", condition] = _grid(
                "sensitivity", condition, columns, f"all evidence, {VIEW_WORDS[view]}", ""
            )
    order = list(QUESTIONS)
    return dict(sorted(found.items(), key=lambda one: (order.index(one[0][0]), len(one[0][1].changed()))))


def _grid(question: str, condition: Condition, columns: list[dict[str, Any]], words: str, scale: str) -> dict[str, Any]:
    return {
        "question": question,
        "title": f"{QUESTIONS[question]}: {words}",
        "task": QUESTIONS[question],
        "condition": words,
        "shows": condition.columns() | {"withheld": list(condition.withheld)},
        "scale": scale,
        "columns": sorted(columns, key=lambda column: int(column["reader"])),
    }


def _column(answers: pd.DataFrame, stages: pd.DataFrame | None, reader: str, places: Places) -> dict[str, Any]:
    """The answers of one reader in one condition: texts with one character per case, for each epoch."""
    rows = rows_of(answers[[name for name in SHOWN if name in answers]])
    logs: list[int | None] = [None] * len(places.cases)
    epochs: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        case = places.cases[str(row["case_id"])]
        logs[case] = places.log(str(row["log"]))
        number = int(row["epoch"])
        if number not in epochs:
            epochs[number] = [{} for _ in places.cases]
        epochs[number][case] = row
    failures = Numbering()
    turns, names = _turns(stages, places)
    column: dict[str, Any] = {"reader": places.readers[reader], "log": _log(logs)}
    column["epochs"] = [_epoch(epochs[number], failures, turns.get(number, {}), places) for number in sorted(epochs)]
    column["numbers"] = sorted(epochs)
    if failures:
        column["failures"] = [spoken(name) for name in failures]
    if names:
        column["stages"] = [spoken(name) for name in names]
    return column


def _log(logs: list[int | None]) -> dict[str, Any]:
    """The log of each case; almost always the same."""
    used = {log for log in logs if log is not None}
    return {"same": used.pop()} if len(used) == 1 else packed(logs)


def _epoch(rows: list[dict[str, Any]], failures: Numbering, turns: Mapping[str, str], places: Places) -> dict[str, Any]:
    found: dict[str, Any] = {
        "outcome": "".join(SIGNS[outcome_of(row)][0] if row else MISSING for row in rows),
        "letter": "".join(_letter(row.get("answer")) for row in rows),
        "level": characters(row.get("score") for row in rows),
        "rank": characters(row.get("matched_rank") for row in rows),
        "failure": "".join(
            DIGITS[failures[row["failure"]]] if row and isinstance(row["failure"], str) else MISSING for row in rows
        ),
        "posterior": " ".join(places.posterior(row.get("case_id", ""), row.get("posterior")) for row in rows),
        "turns": " ".join(turns.get(str(row.get("case_id", "")), MISSING) for row in rows),
    }
    empty = {MISSING, " "}
    return {name: value for name, value in found.items() if not isinstance(value, str) or set(value) - empty}


def outcome_of(row: Mapping[str, Any]) -> str:
    """The outcome of an answer; `UNREAD` for a wrong answer that nobody could read."""
    return UNREAD if row["outcome"] == Outcome.WRONG and is_unread(row) else str(row["outcome"])


def _turns(stages: pd.DataFrame | None, places: Places) -> tuple[dict[int, dict[str, str]], list[str]]:
    """Interim answers by epoch and case, each as stage, answer and posterior; and the names of the stages.

    An answer is a letter; a diagnosis, which is a text of the case, is `=` if it is also the last one and `x` if not.
    The last answer is `*`: it is that of the run.
    """
    names = Numbering()
    found: dict[int, dict[str, str]] = {}
    if stages is None:
        return {}, []
    asked: dict[tuple[int, str], list[dict[str, Any]]] = {}
    shown = stages[["epoch", "case_id", "number", "stage", "question", "answer", "posterior"]]
    for row in rows_of(shown.sort_values("number", kind="stable")):
        asked.setdefault((int(row["epoch"]), str(row["case_id"])), []).append(row)
    for (epoch, case_id), answers in asked.items():
        last = _folded(answers[-1]["answer"])
        codes = []
        for row in answers[:-1]:
            letter = _letter(row["answer"])
            if row["question"] != "fdx" and isinstance(row["answer"], str):
                letter = "=" if _folded(row["answer"]) == last else "x"
            codes.append(DIGITS[names[str(row["stage"])]] + letter + places.posterior(case_id, row["posterior"]))
        codes.append(f"{DIGITS[names[str(answers[-1]['stage'])]]}*{MISSING}")
        found.setdefault(epoch, {})[case_id] = "".join(codes)
    return found, list(names)


def _letter(answer: Any) -> str:
    return answer if isinstance(answer, str) and len(answer) == 1 and answer in ascii_uppercase else MISSING


def _folded(answer: Any) -> str:
    return answer.casefold().strip() if isinstance(answer, str) else ""


def _arms_column(rows: pd.DataFrame, reader: str, places: Places) -> dict[str, Any]:
    """The answers of one reader with all evidence in one view, as in `_column`."""
    right = {1.0: Outcome.RIGHT.value, 0.0: Outcome.WRONG.value}
    made = [
        {"case_id": row["case_id"], "log": row["log"], "epoch": row["epoch"], "failure": None, "read_by": None}
        | {"outcome": right.get(row["correct"], Outcome.CALL_FAILED.value), "answer": row["answer"]}
        for row in rows_of(rows)
    ]
    return _column(pd.DataFrame(made), None, reader, places)


def arms(findings: Findings, places: Places) -> dict[str, Any]:
    """The posterior of every arm: names of the arms, the combinations of them that cases have, and the values.

    Args:
        findings: The results.
        places: Numbers of cases, readers and logs.
    """
    names, patterns = Numbering(), Numbering()
    words: dict[str, tuple[str, str]] = {}
    readers = []
    for reader, rows in findings.arms.groupby("reader", sort=False):
        shown, codes, errors = [MISSING] * len(places.cases), [MISSING] * len(places.cases), []
        by_case: dict[str, list[dict[str, Any]]] = {}
        for row in rows_of(rows[["case_id", "view", "withheld", "posterior", "error"]]):
            by_case.setdefault(str(row["case_id"]), []).append(row)
        for case_id, presented in by_case.items():
            case, pattern = places.cases[case_id], []
            codes[case] = ""
            for row in presented:
                key = f"{row['view']} {row['withheld']}"
                words[key] = (str(row["view"]), arm_words(str(row["withheld"])))
                codes[case] += places.posterior(case_id, row["posterior"])
                if row["error"]:
                    errors.append([case, names[key], str(row["error"])])
                pattern.append(str(names[key]))
            shown[case] = str(patterns[" ".join(pattern)])
        found = {"reader": places.readers[str(reader)], "patterns": " ".join(shown), "posteriors": " ".join(codes)}
        readers.append(found | ({"errors": errors} if errors else {}))
    combined = [list(map(int, pattern.split())) for pattern in patterns]
    return {"names": [list(words[name]) for name in names], "patterns": combined, "readers": readers}


def arm_words(withheld: str) -> str:
    """An arm in words: `all evidence`, `without CT`."""
    fixed = {"": "all evidence", REPEAT: "question reworded", VISUAL: "without visual evidence"}
    if withheld in fixed:
        return fixed[withheld]
    if withheld.startswith(ONLY):
        return f"{spoken(withheld.removeprefix(ONLY))} only"
    if withheld.startswith(ORDER):
        return f"options shifted by {withheld.removeprefix(ORDER)}"
    return f"without {spoken(withheld)}"


def signs() -> list[list[str]]:
    """Character, sign and words of each outcome."""
    return [[code, sign, spoken(name)] for name, (code, sign) in SIGNS.items()]
