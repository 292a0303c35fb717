"""A builder that invents, leaks and obeys the report: each attempt is caught by the rule that the table names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hostile_builder import ATTACKS, DIAGNOSIS, Result, run
from medsyn_inspect.cases.check import examine
from wire.evaluating import serving
from wire.server import Call

AGE = "identifier generalised"
"""Caught in every report that gets so far."""

CONSEQUENCE = "evidence without a supported finding"
"""Caught if all findings of an evidence type are."""


@dataclass
class Run:
    folder: Path
    results: list[Result]
    calls: list[Call]


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        patch.setenv("LOCAL_API_KEY", "key")
        patch.setenv("LOCAL_BASE_URL", f"{server.root}/v1")
        yield Run(folder, run(folder, server), server.calls)


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[attack.tried for attack in ATTACKS])
def test_what_is_tried_is_caught_by_its_rule(number: int, hostile_run: Run) -> None:
    result = hostile_run.results[number]
    assert result.outcome == result.attack.outcome, result.reason
    if result.attack.rule:
        assert result.attack.rule in result.caught
    others = set(result.caught) - {result.attack.rule, AGE, CONSEQUENCE}
    assert not others, "an honest reply was refused"


def test_the_set_of_the_kept_cases_has_no_error_and_no_warning(hostile_run: Run) -> None:
    found = examine(hostile_run.folder / "cases")
    assert found.problems == []
    assert len(found.cases) == sum(result.outcome == "kept" for result in hostile_run.results)


def test_nothing_that_was_caught_is_in_the_set(hostile_run: Run) -> None:
    for case in examine(hostile_run.folder / "cases").cases:
        text = case.model_dump_json().lower()
        for words in ("influenza", "caseating", "coughed blood", "4.2 cm", "7 cm", "asteroid", "34-year-old"):
            assert words not in text, case.case_id
        assert "suspected" not in case.history
        assert case.final_diagnosis == DIAGNOSIS
        assert not {"Boeck disease", "Boeck's disease", "Pulmonary sarcoidosis"} & set(case.options or ())


def test_text_that_addresses_a_model_is_not_sent_to_one(hostile_run: Run) -> None:
    assert not [call for call in hostile_run.calls if "ignore all previous" in json.dumps(dict(call.body))]


def test_a_synonym_without_a_common_word_that_the_second_request_accepts_needs_a_person(hostile_run: Run) -> None:
    assert hostile_run.results[-1].attack.tried == "a form of the same disease under a name of its own"
    assert set(hostile_run.results[-1].caught) == {AGE}
