"""The data of the case explorer: grids of cases and readers, and the cases behind each number.

They contain only ids, outcomes, letters and numbers, no text of a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.contrasts import contrasts
from medsyn_inspect.conditions import QUESTIONS, change_words, condition_words
from medsyn_inspect.records import PLAIN, VIEWS, Condition
from medsyn_inspect.report.page.explorer.contents import Contents
from medsyn_inspect.report.page.explorer.grids import Key, arms, case_columns, grids, places_of, signs
from medsyn_inspect.report.page.explorer.packing import packed_rows, rounded
from medsyn_inspect.report.page.viewing import BUNDLE, Viewing
from medsyn_inspect.wording import spoken

READER_AND_CONDITION = ("reader", *Condition.COLUMNS)

TYPE_COLUMNS = [
    "S with findings, bits",
    "S with images, bits",
    "Deficit, bits",
    "Floor with images, bits",
    "p with images",
]
"""Columns of the lists of Evidence Sensitivity. The deficit is the difference of the first two."""

DEFICIT = 2
"""The place of the deficit among them."""


class CaseListing:
    """The data of the explorer, with the cases that each number of the page is computed from."""

    def __init__(self, findings: Findings, names: Mapping[str, str] | None = None) -> None:
        """List the cases behind every number of the findings.

        Args:
            findings: The results.
            names: Names of logs in the viewer, by file name, where they differ from the file name.
        """
        self.lists: dict[str, dict[str, Any]] = {}
        self._kinds: list[dict[str, Any]] = []
        self._places = places_of(findings, names or {})
        self._grids = grids(findings, self._places)
        self._cases = case_columns(findings, self._places)
        self._arms = arms(findings, self._places)
        self._number: dict[Key, int] = {key: number for number, key in enumerate(self._grids)}
        self._of_run: dict[tuple[Any, ...], str] = {}
        self._of_gap: dict[tuple[Any, ...], str] = {}
        self._of_type: dict[tuple[str, str], str] = {}
        self._of_pair: dict[tuple[Any, ...], str] = {}
        self._runs(findings.runs)
        self._gaps(findings.runs)
        self._types(findings.sensitivity)
        self._pairs(findings)

    @property
    def grid_count(self) -> int:
        """The number of grids of cases and readers."""
        return len(self._grids)

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

    def data(self, viewer: Viewing | None = None, contents: Contents | None = None) -> dict[str, Any]:
        """What the page's script reads; see `explorer.packing` for the form of columns.

        Args:
            viewer: How to look at the logs.
            contents: Cases and answers, if they are included.
        """
        data = {
            "signs": signs(),
            "ids": list(self._places.cases),
            "cases": self._cases,
            "readers": list(self._places.readers),
            "logs": list(self._places.logs),
            "grids": list(self._grids.values()),
            "arms": self._arms,
            "kinds": self._kinds,
            "lists": self._packed(),
            "viewer": BUNDLE if viewer is not None and viewer.bundled else None,
        }
        if contents is not None:
            data["content"] = contents.data(self._places.cases, self._places.files)
        return data

    def _packed(self) -> dict[str, dict[str, Any]]:
        """The lists in compact form; one with the cases of an earlier one has its key instead of them."""
        found: dict[str, dict[str, Any]] = {}
        first: dict[str, str] = {}
        for key, one in self.lists.items():
            if "rows" not in one:
                found[key] = one
                continue
            rows = packed_rows(one["rows"], self._places.cases)
            if isinstance(rows["cases"], str) and first.setdefault(rows["cases"], key) != key:
                rows["cases"] = {"as": first[rows["cases"]]}
            if self._kinds[one["kind"]].get("columns") == TYPE_COLUMNS:
                rows["columns"].insert(DEFICIT, {"minus": [0, 1]})
            found[key] = one | {"rows": rows}
        return found

    def _add(
        self,
        title: tuple[str, str],
        shown: Key,
        reader: str,
        columns: list[str] | None = None,
        rows: list[list[Any]] | None = None,
    ) -> str:
        """Add a list. What it shares with those of other readers is stored once, as their kind.

        Args:
            title: What its cases are: the words before and after the reader.
            shown: The question and condition of the grid that shows it.
            reader: The reader it is about.
            columns: Headings; without them it lists all answers of the reader in the grid.
            rows: Values for these columns.
        """
        key = f"n{len(self.lists)}"
        kind: dict[str, Any] = {"title": list(title), "grid": self._number.get(shown, -1)}
        if columns is not None:
            kind["columns"] = columns
        if kind not in self._kinds:
            self._kinds.append(kind)
        found = {"kind": self._kinds.index(kind), "reader": self._places.readers[reader]}
        self.lists[key] = found | ({} if rows is None else {"rows": rows})
        return key

    def _runs(self, runs: pd.DataFrame) -> None:
        for place, _ in runs.groupby(["question", *READER_AND_CONDITION], sort=False):
            question, reader = map(str, place[:2])
            condition = Condition.of(dict(zip(Condition.COLUMNS, place[2:], strict=True)))
            title = (self._grids[question, condition]["task"], condition_words(condition))
            self._of_run[place] = self._add(title, (question, condition), reader)

    def _gaps(self, runs: pd.DataFrame) -> None:
        """Coverage and accuracy of each case; the mean of several epochs, as in the gap itself."""
        for place, answers in runs[runs["question"].isin(["ddx", "fdx"])].groupby(
            list(READER_AND_CONDITION), sort=False
        ):
            if answers["question"].nunique() < 2:
                continue
            by_case = answers.groupby(["case_id", "question"])["right"].mean().unstack("question")
            rows = [
                [case_id, rounded(covered), rounded(right)]
                for case_id, covered, right in by_case[["ddx", "fdx"]].itertuples()
            ]
            reader, condition = str(place[0]), Condition.of(dict(zip(READER_AND_CONDITION, place, strict=True)))
            title, columns = ("Gap", condition_words(condition)), ["Covered (DDx)", "Right (FDx)"]
            self._of_gap[place] = self._add(title, ("fdx", condition), reader, columns, rows)

    def _types(self, sensitivity: pd.DataFrame) -> None:
        for place, cases in sensitivity.groupby(["reader", "evidence_type"], sort=False):
            reader, evidence_type = map(str, place)
            values = cases[["S_finding", "S_image", "floor_image", "p_image"]].to_numpy(dtype=float)
            rows = [[name, *map(rounded, numbers)] for name, numbers in zip(cases["case_id"], values, strict=True)]
            title, shown = (spoken(evidence_type), ""), ("sensitivity", PLAIN.replace(view=VIEWS[0]))
            self._of_type[reader, evidence_type] = self._add(title, shown, reader, TYPE_COLUMNS, rows)

    def _pairs(self, findings: Findings) -> None:
        for row, before, after in contrasts(findings.runs, findings.arms):
            both = pd.DataFrame({"before": before, "after": after}).dropna()
            changed = both[both["before"] != both["after"]]
            if changed.empty:
                continue
            rows = [
                [case, "right only in the baseline" if was else "right only in the condition"]
                for case, was in (changed["before"] > 0).items()
            ]
            title = ("Changed", f"{QUESTIONS[row['question']]}, {change_words(row)}")
            shown = next(
                (key for key in self._number if key[0] == row["question"] and row["view"] in ("", key[1].view)),
                (str(row["question"]), PLAIN),
            )
            self._of_pair[_pair(row)] = self._add(title, shown, str(row["reader"]), ["Answer"], rows)


def _pair(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("reader", "question", "family", "view", "condition", "baseline", "subset"))
