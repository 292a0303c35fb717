"""The data of the case explorer: compact, exact to three digits, and without any text of a case."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from medsyn_inspect.analysis.findings import Findings, analyze_logs
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.records import PLAIN
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.explorer import contents
from medsyn_inspect.report.page.explorer.grids import arm_words
from medsyn_inspect.report.page.explorer.packing import (
    ALPHABET,
    MISSING,
    PARTS,
    SHORT,
    characters,
    packed,
    probabilities,
)
from medsyn_inspect.report.page.render import embedded
from medsyn_inspect.tasks import fdx
from report_logs import page_data, reported, unpacked
from running import run, write_known

READERS, CASES = 3, 452
ARMS = [(view, name) for view in ("image", "finding") for name in ("", "repeat", "laboratory", "ct", "microscopy")]


def decoded(text: str, count: int) -> list[float]:
    """The posterior again, as the page's script reads it."""
    values, at = [], 0
    for _ in range(count - 1):
        first = ALPHABET.index(text[at])
        at += 1
        if first >= SHORT:
            first = SHORT + (first - SHORT) * len(ALPHABET) + ALPHABET.index(text[at])
            at += 1
        values.append(first)
    assert at == len(text)
    return [value / PARTS for value in (*values, PARTS - sum(values))]


class TestPacking:
    @given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8))
    def test_a_posterior_keeps_whole_percentages(self, weights: list[float]) -> None:
        shares = [weight / sum(weights) for weight in weights]
        text = probabilities(tuple(shares))
        assert decoded(text, len(shares)) == pytest.approx(shares, abs=0.01)
        assert MISSING not in text

    @pytest.mark.parametrize("nothing", [None, (), float("nan"), (0.4, 0.4)])
    def test_no_posterior_is_one_sign(self, nothing: object) -> None:
        assert probabilities(nothing) == MISSING

    @given(
        st.lists(st.none() | st.integers(-5, 5) | st.integers(-9999, 9999).map(lambda n: n / 1000))
        | st.lists(st.text(max_size=3))
    )
    def test_a_column_comes_back(self, values: list[Any]) -> None:
        column = packed(values)
        assert [unpacked(column, row) for row in range(len(values))] == values

    def test_levels_are_one_character_each_if_they_fit(self) -> None:
        assert characters([5, None, 0, 10.0, float("nan")]) == "5.0a."
        assert characters([2.5, None]) == [2.5, None]


def large() -> Findings:
    """Readers that answered all tasks on 452 cases; invented."""
    rng = np.random.default_rng(1)
    cases = [f"en-{number:04}" for number in range(CASES)]
    shares = rng.dirichlet([0.5] * 5, (READERS, len(ARMS), CASES))
    common = {"language": "en", "specialty_group": "General & Emergency", "epoch": 1, "option_count": 5}
    runs: list[dict[str, Any]] = []
    arms: list[dict[str, Any]] = []
    settings = [PLAIN, PLAIN.replace(view="finding"), PLAIN.replace(text="remove"), PLAIN.replace(staging="turns")]
    asked = [("fdx", one) for one in settings] + [("ddx", PLAIN), ("open_fdx", PLAIN)]
    for reader in range(READERS):
        name = f"provider/model-{reader}"
        for place, case_id in enumerate(cases):
            row = common | {"reader": name, "case_id": case_id, "correct_letter": "C", "log": f"{name[-2:]}.eval"}
            for number, (question, condition) in enumerate(asked):
                judged = {"score": 4.0, "matched_rank": 2} if question != "fdx" else {"answer": "B"}
                own: dict[str, Any] = {"posterior": tuple(shares[reader, number, place])} if question == "fdx" else {}
                answer = {"question": question, "outcome": "wrong", "right": 0.0, "read_by": "form"}
                runs.append(row | condition.columns() | answer | judged | own)
            for number, (view, withheld) in enumerate(ARMS):
                shown = {"view": view, "withheld": withheld, "posterior": tuple(shares[reader, number, place])}
                arms.append(row | shown | {"answer": "C", "correct": 1.0, "error": ""})
    stages = [
        row | {"number": number, "stage": stage, "final": number == 4, "correct": 0.0}
        for row in runs
        if row["staging"] == "turns"
        for number, stage in enumerate(("presentation", "laboratory", "imaging", "microscopy"), 1)
    ]
    names = pd.DataFrame({"reader": [f"provider/model-{reader}" for reader in range(READERS)]})
    return Findings(
        runs=conform("runs", runs),
        arms=conform("arms", arms),
        stages=conform("stages", stages),
        readers=conform("readers", names),
    )


def test_eighteen_readers_and_452_cases_take_less_than_1_2_mb() -> None:
    data = CaseListing(large()).data()
    assert len(data["grids"]) == 8
    sizes = {name: len(embedded(part).encode()) for name, part in data.items()}
    per_reader = (sum(sizes.values()) - sizes["ids"] - sizes["cases"]) / READERS
    assert sizes["ids"] + sizes["cases"] + 18 * per_reader < 1_200_000


@pytest.mark.parametrize(
    ("withheld", "words"),
    [
        ("", "all evidence"), ("ct", "without CT"), ("only_ct", "CT only"), ("order_2", "options shifted by 2"),
        ("repeat", "question reworded"), ("visual", "without visual evidence"),
    ],
)  # fmt: skip
def test_arms_have_words(withheld: str, words: str) -> None:
    assert arm_words(withheld) == words


class TestImages:
    def test_are_unchanged_if_the_page_stays_small(self) -> None:
        assert contents.reduction([contents.IMAGES // 2] * 2) is None

    def test_are_reduced_otherwise(self, tmp_path: Path) -> None:
        side = contents.reduction([contents.IMAGES] * 50)
        assert side is not None
        assert contents.SMALLEST <= side < 2000
        file = tmp_path / "large.png"
        Image.effect_noise((2 * side, side), 80).save(file)
        assert len(contents.data_uri(file, side)) < len(contents.data_uri(file, None))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with the viewer, on a log that has a neighbour of another suite's kind in its folder."""
    place = tmp_path_factory.mktemp("bundled")
    where = {"cases": str(write_known(place / "cases"))}
    run(fdx(**where), "reference/reader", place / "logs", model_args=where)
    run(fdx(**where), "reference/reader", place / "others", model_args=where)
    (place / "logs" / "private.txt").write_text("private", encoding="utf-8")
    return reported(place / "report", place / "logs", "--bundle")


class TestBundle:
    def test_has_the_viewer_and_the_logs_of_the_report_alone(self, made: Path) -> None:
        assert (made / "viewer" / "index.html").is_file()
        kept = {path.name for path in (made / "viewer" / "logs").iterdir()} - {"listing.json"}
        assert kept == {path.name for path in (made.parent / "logs").glob("*.eval")} == set(page_data(made)["logs"])
        assert page_data(made)["viewer"] == "viewer"

    def test_its_logs_can_be_read(self, made: Path) -> None:
        assert len(analyze_logs(str(made / "viewer" / "logs")).runs) == 4

    def test_names_no_folder_of_the_machine(self, made: Path) -> None:
        index = (made / "viewer" / "index.html").read_text(encoding="utf-8")
        context = json.loads(re.findall(r'id="log_dir_context"[^>]*>(.*?)</script>', index)[0])
        assert context == {"log_dir": "logs", "abs_log_dir": "logs"}

    def test_is_replaced_with_the_report(self, made: Path, tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", made.parent / "logs", "--bundle")
        reported(folder, made.parent / "logs")
        assert not (folder / "viewer").exists()
        assert page_data(folder)["viewer"] is None
        assert "inspect view --log-dir" in (folder / "report.md").read_text(encoding="utf-8")
