"""Which score of an answer counts, in logs that were scored more than once: judged again, rated by people, foreign."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from inspect_ai import score as score_again
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import get_model
from inspect_ai.scorer import match, precomputed_scores

from medsyn_inspect.analysis.describe import frame_schema
from medsyn_inspect.analysis.files import json_rows
from medsyn_inspect.analysis.findings import Findings, analyze_logs
from medsyn_inspect.judging import score as judging_score
from medsyn_inspect.scorers import commitment_judge, differential_judge
from medsyn_inspect.tasks import ddx, fdx
from running import HEART, LUNG, WHOLE, run, write_known


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("cases"))


def asked(task: Any, folder: Path, where: Path, judge: Any = "reference/judge", **reader: Any) -> EvalLog:
    model = get_model("reference/reader", memoize=False, cases=str(folder), **reader)
    # Some judges here fail on purpose.
    given = {} if task is fdx else {"check_judge": False}
    return run(task(cases=str(folder), **given), model, where, judge=judge)


def rescored(log: EvalLog, *scorers: Any, judge: Any = "reference/judge") -> None:
    whole = read_eval_log(log.location)
    again = score_again(whole, list(scorers), action="append", model_roles={"grader": judge}, display="none")
    write_eval_log(again, log.location)


def coverage(found: Findings) -> Any:
    [row] = found.headline.to_dict("records")
    return row["coverage"]


def test_a_judge_at_full_garbage_leaves_bounds_around_the_true_coverage(folder: Path, tmp_path: Path) -> None:
    true = asked(ddx, folder, tmp_path / "true", image_gain=0)
    assert true.results is not None
    garbage = get_model("reference/judge", memoize=False, garbage_rate=1)
    asked(ddx, folder, tmp_path / "garbage", garbage, image_gain=0, wording="loose")
    wanted = true.results.scores[0].metrics["coverage"].value
    found = analyze_logs(tmp_path / "garbage")
    estimate = coverage(found)
    assert math.isnan(estimate.value)
    assert math.isnan(estimate.lower)
    assert estimate.lower_if_missing_wrong <= wanted <= estimate.upper_if_missing_right
    assert found.readers["coverage"].isna().all()
    assert found.scores["share"].isna().all()
    [note] = [note for note in found.notes if "only bounds" in note]
    assert "4 of 4 answers unscored because the judge failed" in note


def test_ratings_are_shown_next_to_the_judge_s_scores_and_never_mixed(folder: Path, tmp_path: Path) -> None:
    log = asked(ddx, folder, tmp_path, wording="loose")
    before = coverage(analyze_logs(tmp_path))
    given = [{"id": WHOLE, "value": 3}, {"id": HEART, "value": {"score": 5}}, {"id": LUNG, "value": "close"}]
    file = tmp_path / "ratings.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    rescored(log, precomputed_scores(str(file)))
    found = analyze_logs(log.location)
    assert coverage(found) == before
    assert set(found.runs["outcome"]) <= {"right", "wrong"}
    [row] = found.ratings.to_dict("records")
    judged = found.runs.set_index("case_id")["score"]
    assert (row["rater"], row["judge"], row["rated"], row["n"]) == ("precomputed_scores", "reference/judge", 2, 2)
    assert (row["rating"], row["score"]) == (4, judged[[WHOLE, HEART]].mean())
    assert row["rating_covers"] == 0.5
    jsonschema.validate(json_rows(found.ratings), frame_schema("ratings"), cls=jsonschema.Draft202012Validator)
    assert any("1 rating ignored, because they are not numbers" in note for note in found.notes)


@pytest.mark.parametrize(
    ("task", "scorer", "name"),
    [
        (fdx, differential_judge(), "differential_judge"),
        (ddx, commitment_judge(), "commitment_judge"),
        (ddx, match(), "match"),
    ],
)
def test_scores_of_other_scorers_are_ignored_with_a_note(
    task: Any, scorer: Any, name: str, folder: Path, tmp_path: Path
) -> None:
    log = asked(task, folder, tmp_path)
    before = analyze_logs(tmp_path)
    rescored(log, scorer)
    after = analyze_logs(tmp_path)
    assert after.headline.equals(before.headline)
    assert [note for note in after.notes if f"scores of other scorers ignored ({name})" in note]


def test_the_newest_judging_counts_whole_with_its_own_judge_and_rubric(folder: Path, tmp_path: Path) -> None:
    log = asked(ddx, folder, tmp_path, get_model("reference/judge", memoize=False, garbage_rate=1), wording="loose")
    assert math.isnan(coverage(analyze_logs(tmp_path)).value)
    rescored(log, differential_judge(rubric="core_diagnosis"))
    found = analyze_logs(tmp_path)
    assert coverage(found).n == 4
    assert not math.isnan(coverage(found).value)
    assert set(found.runs["rubric"]) == {"core_diagnosis"}
    assert set(found.headline["grading"]) == set(found.logs["grading"]) == {"rubric=core_diagnosis"}


def test_a_log_whose_scorer_failed_counts_whole_after_it_is_judged_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no key")

    with monkeypatch.context() as patched:
        patched.setattr(judging_score, "panel_verdict", broken)
        log = asked(ddx, folder, tmp_path, wording="loose")
    assert set(analyze_logs(tmp_path).runs["outcome"]) == {"call_failed"}
    rescored(log, differential_judge())
    found = analyze_logs(tmp_path)
    assert (coverage(found).n, coverage(found).asked) == (4, 4)
    assert found.logs["complete"].all()


def test_a_reader_s_failed_call_is_no_answer_even_if_the_log_is_judged_again(folder: Path, tmp_path: Path) -> None:
    log = asked(ddx, folder, tmp_path, failure_rate=1)
    rescored(log, differential_judge())
    assert set(analyze_logs(tmp_path).runs["outcome"]) == {"call_failed"}


def test_a_log_and_its_copy_that_was_judged_again_are_one_run_and_the_newer_judging_counts(
    folder: Path, tmp_path: Path
) -> None:
    log = asked(ddx, folder, tmp_path, wording="loose")
    again = score_again(
        read_eval_log(log.location), differential_judge(rubric="core_diagnosis"), action="append", display="none"
    )
    write_eval_log(again, log.location.replace(".eval", "-scored.eval"))
    found = analyze_logs(tmp_path)
    assert len(found.logs) == 1
    assert set(found.runs["rubric"]) == {"core_diagnosis"}
    assert [note for note in found.notes if "was scored again as" in note]
