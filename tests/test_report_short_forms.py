"""What leaves the report for a model card or a spreadsheet: a piece of text, and the leaderboard as CSV."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from typing import Any, get_args

import pandas as pd
import pytest

from medsyn_inspect.analysis.files import as_csv
from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.report import SnippetKind
from medsyn_inspect.report.leaderboard_table import leaderboard_table
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.names import names_of
from medsyn_inspect.report.page.blocks import Table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.evidence import in_order
from medsyn_inspect.report.page.leaderboard import leaderboard
from medsyn_inspect.report.page.reader_matrix import reader_matrix
from medsyn_inspect.report.snippet import CITATION, snippet
from report_materials import a_material

MODELS = ("vllm/lab/=cmd|'x'", "openai/a_b & <c>")


def answers(model: str, right: int, question: str) -> pd.DataFrame:
    rows = [
        {
            "log": f"{model}-{question}.eval", "reader": model, "question": question,
            "case_id": f"c-{case:02}", "epoch": 1,
            "outcome": "right" if case < right else "wrong", "right": float(case < right),
            "score": 5.0 * (case < right),
            "judge": "reference/judge", "rubric": "bond", "threshold": 4.0, "option_count": 5, "language": "en",
            "case_set": "cases 1", "fingerprint": "f", "synthetic": True,
        }
        for case in range(20)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def material() -> Material:
    runs = pd.concat(
        [answers(MODELS[0], 18, "fdx"), answers(MODELS[0], 19, "ddx"), answers(MODELS[1], 4, "fdx")], ignore_index=True
    )
    found: Findings = findings_of(runs)
    found = replace(found, logs=found.logs.assign(model=found.logs["reader"]))
    names = names_of(found.logs)
    return Material(found.logs, names.of_findings(found))


def names_in(material: Material) -> Any:
    rows = [(f"{model}", model) for model in MODELS]
    return names_of(pd.DataFrame(rows, columns=["reader", "model"]))


class TestLeaderboard:
    def test_each_reader_has_a_row_with_results_intervals_ranks_and_ties(self, material: Material) -> None:
        table = leaderboard_table(material.findings, names_in(material)).set_index("reader")
        first, last = table.loc["=cmd|'x'"], table.loc["a_b & <c>"]
        assert (first["provider"], first["model"], first["n"]) == ("vllm", MODELS[0], 20)
        assert (first["accuracy"], first["accuracy_n"], first["coverage"]) == (0.9, 20, 0.95)
        assert first["accuracy_lower"] < 0.9 < first["accuracy_upper"]
        assert (first["accuracy_rank_lower"], first["accuracy_rank_upper"], first["accuracy_tied"]) == (1, 1, "a")
        assert (last["accuracy_rank_lower"], last["accuracy_rank_upper"], last["accuracy_tied"]) == (2, 2, "b")
        assert pd.isna(last["coverage"])
        assert "uptake_ratio" not in table

    def test_no_cell_is_a_formula_and_counts_are_whole(self, material: Material) -> None:
        rows = list(csv.reader(StringIO(as_csv(leaderboard_table(material.findings, names_in(material))))))
        assert rows[1][0] == "'=cmd|'x'"
        assert rows[1][rows[0].index("n")] == "20"
        assert rows[2][rows[0].index("coverage_n")] == ""

    def test_a_run_with_an_emphasis_has_no_row_beside_its_reader(self, material: Material) -> None:
        readers = material.findings.readers
        emphasised = readers.iloc[[0]].assign(reader=f"{readers['reader'].iloc[0]} [emphasis=ct]", emphasis="ct")
        findings = replace(material.findings, readers=pd.concat([emphasised, readers], ignore_index=True))
        names = names_in(material)
        assert "emphasis" not in " ".join(leaderboard_table(findings, names)["reader"])
        for kind in get_args(SnippetKind):
            assert "emphasis" not in snippet(kind, Material(material.logs, findings), names, [])
        [board] = [one for one in leaderboard(findings, CaseListing(findings)) if isinstance(one, Table)]
        assert [row[0].text for row in board.rows] == list(readers["reader"])
        assert "Runs with a refined prompt are conditions of their reader" in board.caption

    def test_a_run_with_an_emphasis_follows_its_reader_in_tables_of_conditions(self) -> None:
        rows = [("r [emphasis=ct]", "", "ct"), ("s", "", ""), ("r", "", "")]
        readers = conform("readers", pd.DataFrame(rows, columns=["reader", "selection", "emphasis"]))
        assert list(in_order(readers, Findings(readers=readers))["reader"]) == ["s", "r", "r [emphasis=ct]"]


class TestPrimary:
    def test_the_matrix_of_final_diagnoses_is_marked_as_primary_and_the_others_as_exploratory(self) -> None:
        runs = [answers(model, 9, question) for model in MODELS for question in ("fdx", "ddx")]
        captions = {
            one.name: one.caption
            for one in reader_matrix(findings_of(pd.concat(runs, ignore_index=True)))
            if isinstance(one, Table)
        }
        assert "(primary comparison)" in captions["pairs-accuracy"]
        assert "(exploratory)" in captions["pairs-coverage"]


class TestSnippet:
    @pytest.mark.parametrize("kind", get_args(SnippetKind))
    def test_it_has_the_table_the_figure_sentences_and_the_citation(
        self, kind: SnippetKind, material: Material
    ) -> None:
        text = snippet(kind, material, names_in(material), ["stages", "coverage_and_accuracy"])
        assert "90 [70, 97]" in text
        assert "figures/coverage_and_accuracy." in text
        assert "highest FDx accuracy" in text
        assert CITATION in text
        assert "fictional cases" in text
        assert "figures/" not in snippet(kind, material, names_in(material), [])

    def test_latex_is_well_formed_whatever_the_names(self) -> None:
        """No TeX is at hand: braces and environments are balanced, and no sign is left that TeX would act on."""
        hostile = (r"a/50%_of {#1} $x^{2}$ & ~ \input{x}", "b/}}\\end{tabular}\\", "c/<d>−∞ $")
        material = a_material(hostile, 30)
        text = snippet("latex", material, names_in(material), ["coverage_and_accuracy"])
        plain = re.sub(r"\\[\\&%$#_{}]", "", text)
        assert plain.count("{") == plain.count("}")
        depth = 0
        for sign in re.findall(r"[{}]", plain):
            depth += 1 if sign == "{" else -1
            assert depth >= 0
        open_environments: list[str] = []
        for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
            if kind == "begin":
                open_environments.append(name)
            else:
                assert open_environments.pop() == name
        assert open_environments == []
        assert not re.search(r"(?<!\\)[%#~^]", plain)
        assert set(re.findall(r"\\([a-zA-Z]+)", plain)) <= {
            "begin", "end", "centering", "toprule", "midrule", "bottomrule", "caption", "includegraphics", "linewidth",
            "infty", "textbackslash", "textasciitilde", "textasciicircum",
        }  # fmt: skip
        [columns] = re.findall(r"\\begin\{tabular\}\{(\w+)\}", text)
        rows = [line for line in text.splitlines() if line.endswith(r" \\")]
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in rows} == {len(columns)}

    def test_names_are_escaped(self, material: Material) -> None:
        names = names_in(material)
        assert "| =cmd\\|'x' | vllm |" in snippet("md", material, names, [])
        assert r"a\_b \& $<$c$>$ & openai &" in snippet("latex", material, names, [])
        assert "<td>a_b &amp; &lt;c&gt;</td>" in snippet("html", material, names, [])
