"""Lists of the cases behind each number, which the page's script filters and sorts.

The lists contain only ids, outcomes and numbers, no text of a case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.contrasts import contrasts
from medsyn_inspect.analysis.frames.scale import scale_of
from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.records import PLAIN, Condition
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.wording import known, scale_words, spoken

READER_AND_CONDITION = ("reader", *Condition.COLUMNS)
QUESTIONS = {"fdx": "Final diagnosis", "ddx": "Differential diagnosis", "open_fdx": "Open final diagnosis"}


class CaseListing:
    """Lists of cases, with the number that each list belongs to."""

    def __init__(self, findings: Findings, names: Mapping[str, str] | None = None) -> None:
        """List the cases behind every number of the findings.

        Args:
            findings: The results.
            names: Names of logs in the viewer, by file name, where they differ from the file name.
        """
        self._names = names or {}
        self.lists: dict[str, dict[str, Any]] = {}
        self.logs: list[str] = []
        """Names of the logs in the viewer."""
        self._places: dict[str, int] = {}
        self.groups: dict[str, tuple[str, str]] = {}
        """Language and specialty group of each case."""
        self._of_run: dict[tuple[Any, ...], str] = {}
        self._of_gap: dict[tuple[Any, ...], str] = {}
        self._of_type: dict[tuple[str, str], str] = {}
        self._of_pair: dict[tuple[Any, ...], str] = {}
        self._runs(findings.runs)
        self._gaps(findings.runs)
        self._types(findings.sensitivity, findings.arms)
        self._pairs(findings)

    def of_run(self, question: str, row: Any) -> str:
        """Key of the answers to a question in the condition of a row of `headline`; empty if there are none."""
        return self._of_run.get((question, *(row[name] for name in READER_AND_CONDITION)), "")

    def of_gap(self, row: Any) -> str:
        """Key of the cases that have both questions in the condition of a row of `headline`; empty if none."""
        return self._of_gap.get(tuple(row[name] for name in READER_AND_CONDITION), "")

    def of_reader(self, question: str, reader: str) -> str:
        """Key of a reader's answers to a question in its plain condition."""
        for place, key in self._of_run.items():
            condition = Condition.of(dict(zip(READER_AND_CONDITION, place[1:], strict=True)))
            if place[:2] == (question, reader) and condition.replace(selection="", grading="") == PLAIN:
                return key
        return ""

    def of_type(self, reader: str, evidence_type: str) -> str:
        """Key of the Evidence Sensitivities of a reader to a type."""
        return self._of_type.get((reader, evidence_type), "")

    def of_pair(self, row: Any) -> str:
        """Key of the cases that changed between the two conditions of a row of `comparisons`; empty if none did."""
        return self._of_pair.get(_pair(row), "")

    def data(self) -> dict[str, Any]:
        """The data that the page's script reads; packed by column, since there can be 100,000 rows."""
        ids = list(dict.fromkeys(row[0] for one in self.lists.values() for row in one["rows"]))
        place = {case_id: number for number, case_id in enumerate(ids)}
        packed = {key: one | {"rows": packed_rows(one["rows"], place)} for key, one in self.lists.items()}
        return {"logs": self.logs, "cases": self.groups, "ids": ids, "lists": packed}

    def _add(self, title: str, columns: Iterable[str], rows: list[list[Any]]) -> str:
        key = f"n{len(self.lists)}"
        self.lists[key] = {"title": title, "columns": list(columns), "rows": rows}
        return key

    def _log(self, log: str) -> int:
        if log not in self._places:
            self._places[log] = len(self.logs)
            self.logs.append(self._names.get(file_name(log), file_name(log)))
        return self._places[log]

    def _runs(self, runs: pd.DataFrame) -> None:
        for place, answers in runs.groupby(["question", *READER_AND_CONDITION], sort=False):
            row = dict(zip(("question", *READER_AND_CONDITION), place, strict=True))
            rows = []
            for answer in rows_of(answers):
                if isinstance(answer["language"], str):
                    self.groups[answer["case_id"]] = (answer["language"], answer["specialty_group"])
                outcome = spoken(answer["outcome"])
                if isinstance(answer["failure"], str):
                    outcome += f": {spoken(answer['failure'])}"
                level = [rounded(answer["score"])] if row["question"] != "fdx" else []
                rows.append([answer["case_id"], self._log(answer["log"]), int(answer["epoch"]), outcome, *level])
            title = f"{QUESTIONS[str(row['question'])]}: {row['reader']}, {Condition.of(row).words}"
            scale = scale_of(answers)
            score = f"Score {scale_words([scale.ends])}" if scale else "Score"
            columns = ["Outcome"] if row["question"] == "fdx" else ["Outcome", score]
            self._of_run[place] = self._add(title, columns, rows)

    def _gaps(self, runs: pd.DataFrame) -> None:
        """Coverage and accuracy of each case; the mean of several epochs, as in the gap itself."""
        for place, answers in runs[runs["question"].isin(["ddx", "fdx"])].groupby(
            list(READER_AND_CONDITION), sort=False
        ):
            if answers["question"].nunique() < 2:
                continue
            by_case = answers.groupby(["case_id", "question"])["right"].mean().unstack("question")
            log = self._log(answers.loc[answers["question"] == "fdx", "log"].iloc[-1])
            rows = [
                [case_id, log, 1, rounded(covered), rounded(right)]
                for case_id, covered, right in by_case[["ddx", "fdx"]].itertuples()
            ]
            title = f"Gap: {place[0]}, {Condition.of(dict(zip(READER_AND_CONDITION, place, strict=True))).words}"
            self._of_gap[place] = self._add(title, ["Covered (DDx)", "Right (FDx)"], rows)

    def _types(self, sensitivity: pd.DataFrame, arms: pd.DataFrame) -> None:
        logs = arms.groupby("reader")["log"].last().to_dict()
        columns = ["S finding (bits)", "S image (bits)", "Deficit (bits)", "Floor image", "p image"]
        for place, cases in sensitivity.groupby(["reader", "evidence_type"], sort=False):
            reader, evidence_type = map(str, place)
            log = self._log(logs[reader])
            values = cases[["S_finding", "S_image", "floor_image", "p_image"]].to_numpy(dtype=float)
            rows = [
                [name, log, 1, *map(rounded, (finding, image, finding - image, floor, p))]
                for name, (finding, image, floor, p) in zip(cases["case_id"], values, strict=True)
            ]
            self._of_type[reader, evidence_type] = self._add(f"{evidence_type}: {reader}", columns, rows)

    def _pairs(self, findings: Findings) -> None:
        for row, before, after in contrasts(findings.runs, findings.arms):
            both = pd.DataFrame({"before": before, "after": after}).dropna()
            changed = both[both["before"] != both["after"]]
            if changed.empty:
                continue
            rows = [
                [case, -1, 1, "right only in the baseline" if was else "right only in the condition"]
                for case, was in (changed["before"] > 0).items()
            ]
            view = f", {row['view']}" if row["view"] else ""
            title = (
                f"Changed: {row['reader']}, {row['question']}{view}, {row['condition']} instead of {row['baseline']}"
            )
            self._of_pair[_pair(row)] = self._add(title, ["Answer"], rows)


def _pair(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("reader", "question", "family", "view", "condition", "baseline", "subset"))


def rounded(value: Any) -> float | None:
    """A number with at most three decimals, which is enough for a list and keeps the page small."""
    if not known(value) or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 3)


def packed_rows(rows: list[list[Any]], place: Mapping[str, int]) -> dict[str, Any]:
    """Rows packed by column: cases as indices, a constant column as one value, words as indices into a list.

    Args:
        rows: Rows that begin with a case id.
        place: Index of each case id.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {
        "cases": [place[case_id] for case_id in columns[0]] if columns else [],
        "columns": list(map(_packed, columns[1:])),
    }


def _packed(column: list[Any]) -> dict[str, Any]:
    if all(value == column[0] and type(value) is type(column[0]) for value in column):
        return {"same": column[0]}
    if all(isinstance(value, str) for value in column):
        words = list(dict.fromkeys(column))
        place = {word: number for number, word in enumerate(words)}
        return {"words": words, "at": [place[word] for word in column]}
    return {"values": column}
