"""A case set is built from the bundled reports; what was paid for is not asked again; failures are no results."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import get_model

import hostile_builder
from medsyn_inspect import CONSTRUCTION_TASKS
from medsyn_inspect.cases.check import CONSTRUCTION_FILE, examine
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.construct import tasks
from medsyn_inspect.construct.draft import Distractor, Draft, Report, Use
from medsyn_inspect.construct.draws import Drawn, Shown, case_of, order_of, question_of
from medsyn_inspect.construct.plan import plan_of_construction
from medsyn_inspect.construct.reading.image_text import can_read
from medsyn_inspect.construct.refine import CONFIRMED, Refinement, Solvers, draws_per_case, refined
from medsyn_inspect.construct.rules.burned_in import NOT_READ
from medsyn_inspect.construct.running import Order, construct
from medsyn_inspect.construct.steps import ALL
from medsyn_inspect.construct.written import FLOW_FILES
from medsyn_inspect.physicians.passages import read_passages
from medsyn_inspect.planning.prices import load_prices
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import case_prompt
from medsyn_inspect.records import SECTIONS, Condition
from medsyn_inspect.tasks import fdx
from running import run, score_of
from wire.dialects import Fail, Reply, Say
from wire.providers import COMPATIBLE
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

BUILDER, GUESSER = "reference/builder", "reference/guesser"


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / CONSTRUCTION_FILE).read_text(encoding="utf-8").splitlines()]


def samples_run(steps: Path) -> Counter[str]:
    """How many samples each task has run, over all its logs."""
    counts: Counter[str] = Counter()
    for info in list_eval_logs(str(steps / "logs")):
        log = read_eval_log(info)
        counts[log.eval.task.removeprefix("medsyn_inspect/")] += len(log.samples or [])
    return counts


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with `cases` and `steps` of the bundled reports, as the command line builds them."""
    folder = tmp_path_factory.mktemp("built")
    done = CliRunner().invoke(
        main,
        [
            *("construct", "demo", str(folder / "cases"), "--steps", str(folder / "steps")),
            *("--builder-model", BUILDER, "--held-out-model", GUESSER),
        ],
    )
    assert done.exit_code == 0, done.output
    assert "9 case reports: 6 became cases" in done.output
    return folder


class TestTheBundledReports:
    def test_become_a_set_that_the_check_accepts_without_a_warning(self, built: Path) -> None:
        found = examine(built / "cases")
        assert found.problems == []
        assert Counter(case.language for case in found.cases) == {"en": 4, "zh": 2}
        for case in found.cases:
            assert len(case.options or ()) == 5
            assert all(piece.images and piece.finding for piece in case.evidence)

    def test_the_record_holds_the_passage_behind_every_finding_and_distractor(self, built: Path) -> None:
        passages = read_passages(built / "cases")
        for case in examine(built / "cases").cases:
            found = passages[case.case_id]
            assert set(found.findings) >= {piece.type.value for piece in case.evidence}
            assert set(found.distractors) >= set(case.options or ()) - {case.final_diagnosis}
            assert all(span for spans in found.findings.values() for span in spans)

    def test_each_report_has_a_line_with_its_way_and_reason(self, built: Path) -> None:
        lines = lines_of(built / "cases")
        assert lines == lines_of(built / "steps")
        assert {line["report"]: line["reason"] for line in lines if line["outcome"] != "kept"} == {
            "FICT0007": "about treatment only",
            "FICT0008": "several patients",
            "FICT0009": "no figure can be used",
        }
        kept = [line for line in lines if line["outcome"] == "kept"]
        for line in kept:
            steps = [use["step"] for use in line["models"]]
            assert steps == [step.name for step in ALL if step.name in steps] + ["sufficiency"]
            for use in line["models"]:
                assert use["model"] == BUILDER
                assert use["calls"] >= 1
                assert use["cost"] == 0.0
                assert len(use["prompt"]) == 12

    def test_nothing_that_identifies_or_names_the_diagnosis_is_left(self, built: Path) -> None:
        for case in examine(built / "cases").cases:
            text = " ".join([case.history, case.examination, *(piece.finding or "" for piece in case.evidence)])
            assert case.final_diagnosis.lower() not in text.lower()
            for words in ("Berglund", "Northgate", "NG448213", "carpenter", "Lindholm", "47", "吴某", "青禾", "203841"):
                assert words not in text, words
        changes = [change for line in lines_of(built / "cases") for change in line.get("changes", ())]
        assert {"pattern", "builder", "rule"} == {change["by"] for change in changes}

    def test_options_by_which_a_solver_wins_are_replaced_until_guessing_explains_it(self, built: Path) -> None:
        record = Refinement.model_validate_json((built / "steps" / "refinement.json").read_text(encoding="utf-8"))
        taking_part = [one for one in record.measured if not one.held_out and one.shown == "options"]
        assert [one.verdict for one in taking_part] == ["above", "within", "within"]
        assert all(one.draws >= 200 for one in record.measured)
        assert record.passed
        assert {use.prompt for use in record.uses} == {load_templates(name).fingerprint for name in ("en", "zh")}
        held_out = [one for one in record.measured if one.held_out]
        assert {one.solver for one in held_out} == {GUESSER}
        assert {one.round for one in held_out} == {"before", CONFIRMED}
        lines = {line["case_id"]: line for line in lines_of(built / "cases")}
        for replaced in record.replacements:
            options = next(case.options for case in examine(built / "cases").cases if case.case_id == replaced.case_id)
            assert options is not None
            assert not set(replaced.out) & set(options)
            assert lines[replaced.case_id]["replaced_options"]

    def test_card_data_sheet_and_flow(self, built: Path) -> None:
        folder = built / "cases"
        card = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
        assert card["synthetic"] is True
        assert card["canary"].startswith("medsyn_inspect canary ")
        assert [step["kept"] for step in card["constructed"]] == [7, *[6] * 10]
        sheet = (folder / "DATASHEET.md").read_text(encoding="utf-8")
        for words in ("fictional", "about treatment only (1)", "Known limits", card["canary"], "held out", BUILDER):
            assert words in sheet
        for name in FLOW_FILES:
            assert (folder / name).stat().st_size > 5000
        assert "dropped 1: about treatment only" in (folder / "flow.svg").read_text(encoding="utf-8")

    def test_text_in_images_is_looked_for_or_it_is_said_that_it_was_not(self, built: Path) -> None:
        kept = [line for line in lines_of(built / "cases") if line["outcome"] == "kept"]
        sheet = (built / "cases" / "DATASHEET.md").read_text(encoding="utf-8")
        assert [NOT_READ in line["review"] for line in kept] == [not can_read()] * 6
        assert ("was read by RapidOCR" in sheet, "was not looked for" in sheet) == (can_read(), not can_read())

    def test_every_step_has_a_log_with_one_sample_for_each_report(self, built: Path) -> None:
        counts = samples_run(built / "steps")
        assert counts["construct_segment"] == 7
        assert {counts[name] for name in CONSTRUCTION_TASKS} - {7} == {6, counts["construct_draws"]}
        assert {function.__name__ for function in tasks.STEP_TASKS} | {"construct_draws"} == set(CONSTRUCTION_TASKS)

    def test_the_same_command_again_asks_nothing(self, built: Path, tmp_path: Path) -> None:
        before = samples_run(built / "steps")
        order = Order(
            source="demo", destination=tmp_path / "again", steps=built / "steps", builder=BUILDER, held_out=(GUESSER,)
        )
        list(construct(order))
        assert samples_run(built / "steps") == before
        assert load_cases(tmp_path / "again").fingerprint == load_cases(built / "cases").fingerprint

    def test_the_set_can_be_run_and_its_card_reaches_the_log(self, built: Path, tmp_path: Path) -> None:
        cases = str(built / "cases")
        log = run(fdx(cases=cases), get_model("reference/reader", cases=cases, memoize=False), tmp_path)
        assert log.status == "success"
        assert log.eval.metadata is not None
        assert log.eval.metadata["case_set_card"]["constructed"][0]["step"] == "read"

    def test_a_step_can_be_run_alone(self, built: Path, tmp_path: Path) -> None:
        log = run(tasks.construct_extract(str(built / "steps")), get_model(BUILDER), tmp_path, judge=None)
        assert [next(iter((sample.scores or {}).values())).value for sample in log.samples or []] == [1] * 6
        assert str(log.eval.task).endswith("construct_extract")

    def test_draws_can_be_run_alone(self, built: Path, tmp_path: Path) -> None:
        task = tasks.construct_draws(str(built / "steps"), after="sufficiency", shown="all")
        log = run(task, get_model(BUILDER), tmp_path, judge=None)
        assert [next(iter((sample.scores or {}).values())).value for sample in log.samples or []] == [1.0] * 6
        [name] = {name for sample in log.samples or [] for name in sample.scores or {}}
        assert name.endswith(tasks.won.__name__)
        for wrong in ({"shown": "nothing"}, {"draws": 0}):
            with pytest.raises(ValueError, match="shown must be"):
                tasks.construct_draws(str(built / "steps"), after="sufficiency", **wrong)


def test_solvers_and_scorers_of_the_steps_in_a_task_of_ones_own(built: Path, tmp_path: Path) -> None:
    dataset = tasks.construct_draws(str(built / "steps"), after="sufficiency").dataset[:2]
    for solver, scorer in (
        (tasks.draft_after("identifiers"), tasks.kept()),
        (tasks.draws_of(["all"], 5, "seed"), tasks.won()),
    ):
        log = run(Task(dataset=dataset, solver=[solver], scorer=scorer), get_model(BUILDER), tmp_path, judge=None)
        assert [score_of(sample).as_float() for sample in log.samples or []] == [1.0, 1.0]


def order_over_wire(tmp_path: Path, wire: WireServer, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Order:
    monkeypatch.setenv("LOCAL_API_KEY", "key")
    monkeypatch.setenv("LOCAL_BASE_URL", f"{wire.root}/v1")
    reports = tmp_path / "reports"
    if not reports.exists():
        hostile_builder.write_reports(reports)
        for file in sorted(reports.glob("*.md"))[2:]:
            file.unlink()
        (reports / "m01x.md").write_text(
            (reports / "m00x.md").read_text(encoding="utf-8").replace("m00x", "m03x"), encoding="utf-8"
        )
    given: dict[str, Any] = {
        "source": reports,
        "destination": tmp_path / "cases",
        "steps": tmp_path / "steps",
        "builder": COMPATIBLE.name,
        "solvers": (GUESSER,),
        "settings": {"rounds": 0, "draws": 5},
        "options": {"max_retries": 0},
    }
    return Order(**{**given, **more})


def test_a_call_that_fails_drops_nothing_and_only_it_is_repeated(
    wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(call: Call) -> Reply:
        honest = hostile_builder.hostile(call)
        step = next((one.name for one in ALL if call.system.startswith(one.template)), "")
        return Fail(500) if step == "diagnosis" and "m03x" in call.messages[0].text else honest

    order = order_over_wire(tmp_path, wire, monkeypatch)
    wire.script(COMPATIBLE.model, failing)
    with pytest.raises(ValueError, match="1 report could not be built because calls failed"):
        list(construct(order))
    assert not (tmp_path / "cases").exists()
    assert [line["outcome"] for line in lines_of(tmp_path / "steps")] == ["kept", "failed"]
    wire.script(COMPATIBLE.model, hostile_builder.hostile)
    before = len(wire.calls)
    list(construct(order))
    asked = [call for call in wire.calls[before:] if "m00x" in "".join(message.text for message in call.messages)]
    assert asked == [], "nothing about the report that was complete is asked again"
    assert [line["outcome"] for line in lines_of(tmp_path / "cases")] == ["kept", "kept"]


def test_without_failed_writes_the_set_without_these_reports(
    wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(call: Call) -> Reply:
        text = "".join(message.text for message in call.messages)
        return Fail(400, "no") if "m03x" in text else hostile_builder.hostile(call)

    wire.script(COMPATIBLE.model, failing)
    list(construct(order_over_wire(tmp_path, wire, monkeypatch, without_failed=True)))
    assert len(examine(tmp_path / "cases").cases) == 1
    card = yaml.safe_load((tmp_path / "cases" / "card.yaml").read_text(encoding="utf-8"))
    assert card["constructed"][1]["dropped"] == {"a call failed": 1}


@pytest.mark.parametrize(
    "reply",
    [
        Say("I would rather describe it in prose."),
        Say("I'm sorry, but I can't help with that."),
        Say('{"readings": 5}'),
    ],
    ids=["prose", "refusal", "another schema"],
)
def test_a_builder_without_a_usable_reply_drops_every_report_and_writes_no_set(
    reply: Say, wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.script(COMPATIBLE.model, reply)
    with pytest.raises(ValueError, match="no report became a case"):
        list(construct(order_over_wire(tmp_path, wire, monkeypatch)))
    assert [line["reason"].partition(" (")[0] for line in lines_of(tmp_path / "steps")] == ["no usable reply"] * 2
    assert len(wire.calls) == 6, "three calls for each report"
    assert "Attempt 2 of 3 was refused" in wire.calls[-1].messages[-1].text
    assert not (tmp_path / "cases").exists()


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_without_asking_again(
    wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(call: Call) -> Reply:
        time.sleep(0.1)
        return hostile_builder.hostile(call)

    order = order_over_wire(tmp_path, wire, monkeypatch)
    wire.script(COMPATIBLE.model, slowly)
    arguments = ["construct", str(order.source), str(order.destination), "--builder-model", COMPATIBLE.name]
    arguments += ["--solver-model", GUESSER, "--rounds", "0", "--draws", "5", "--max-connections", "1"]
    arguments += ["--steps", str(order.steps)]
    program = "import sys; from medsyn_inspect.cli import main; main(sys.argv[1:])"
    with subprocess.Popen([sys.executable, "-c", program, *arguments], env=dict(os.environ)) as process:
        while len(wire.calls) < 8:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    # The last request may have been under way.
    paid = [json.dumps(dict(call.body), sort_keys=True) for call in wire.calls[:-1]]
    done = subprocess.run([sys.executable, "-c", program, *arguments], env=dict(os.environ), check=False)
    assert done.returncode == 0
    later = {json.dumps(dict(call.body), sort_keys=True) for call in wire.calls[len(paid) + 1 :]}
    assert not later & set(paid)


class TestDraws:
    DRAFT = Draft(
        report=Report(
            report_id="r", file="r.md", title="t", language="en", licence="CC0", source="s", sentences=(), panels=()
        ),
        case_id="en-0001",
        history="A cough.",
        examination="Nodules.",
        findings={"ct": "Large nodes.", "microscopy": "Granulomas."},
        final_diagnosis="Sarcoidosis",
        distractors=tuple(
            Distractor(name=name, close_because="c", ruled_out_by="ct", span="s")
            for name in ("Tuberculosis", "Lymphoma", "Silicosis", "Berylliosis", "Histoplasmosis", "Aspergillosis")
        ),
    )

    def test_over_five_draws_the_diagnosis_is_at_every_place_once(self) -> None:
        case = case_of(self.DRAFT)
        orders = [order_of(case, "seed", number) for number in range(10)]
        for five in (orders[:5], orders[5:]):
            assert sorted(order.index("Sarcoidosis") for order in five) == [0, 1, 2, 3, 4]
        assert orders != [order_of(case, "other", number) for number in range(10)]

    @pytest.mark.parametrize(
        ("shown", "withheld"), [("options", SECTIONS), ("text", ("ct", "microscopy")), ("all", ())]
    )
    def test_a_solver_is_shown_what_the_task_shows(self, shown: Shown, withheld: Sequence[str], tmp_path: Path) -> None:
        case = case_of(self.DRAFT)
        order = ("Sarcoidosis", "Lymphoma", "Tuberculosis", "Silicosis", "Berylliosis")
        system, user = question_of(case, shown, order)
        demo = load_cases()
        prompt = case_prompt(demo, case, "fdx", Condition(view="finding", withheld=tuple(withheld)))
        head = prompt.turns[0].parts[0].text.partition("A. ")[0]  # type: ignore[union-attr]
        assert user.text.startswith(head)
        assert system.text == prompt.system
        assert "A. Sarcoidosis\nB. Lymphoma" in user.text

    def test_at_least_200_draws_over_all_cases(self) -> None:
        for cases in (1, 6, 40, 41, 450):
            draws = draws_per_case(cases)
            assert draws % 5 == 0
            assert draws * cases >= 200

    def test_rounds_end_when_they_are_used_up_and_say_so(self) -> None:
        drafts = [self.DRAFT.but(case_id=f"en-{number:04d}") for number in range(8)]
        seen: list[str] = []

        def always(model: Any, going: Any, shown: Any, count: int, seed: str) -> dict[str, list[Drawn]]:
            seen.append(f"{model} {seed}")
            return {
                draft.case_id: [
                    Drawn(shown=one, draws=count, right=count, chosen={}, use=Use(step="", model=str(model)))
                    for one in shown
                ]
                for draft in going
            }

        def more(short: Sequence[Draft], number: int) -> list[Draft]:
            return list(short)

        solver, held_out = (get_model(GUESSER, memoize=False, latency=latency) for latency in (0.0, 0.1))
        after, record = refined(drafts, Solvers((solver,), (held_out,)), always, more, rounds=2, least=200)
        assert [name.partition(" ")[2] for name in seen] == ["before", "1", "2", CONFIRMED, CONFIRMED]
        assert not record.passed
        assert all(one.verdict == "above" for one in record.measured)
        assert after[0].options == ("Sarcoidosis", "Histoplasmosis", "Aspergillosis", "Silicosis", "Berylliosis")
        assert set(after[0].replaced) == {"Tuberculosis", "Lymphoma"}


def test_a_plan_counts_the_requests_of_a_run(built: Path) -> None:
    planned = plan_of_construction({"reports": 6, "draws": 200, "rounds": 3, "held_out": 1}, (), {}, thinking=0)
    requests = {row.role: row.requests for row in planned.rows}
    assert requests["segment"] == requests["identifiers"] == 6
    assert requests["refine"] == 6 * 35 * 2 * (4 + 2)
    assert requests["sufficiency"] == 30
    lines = [line for line in lines_of(built / "cases") if line["outcome"] == "kept"]
    calls = Counter(use["step"] for line in lines for use in line["models"] for _ in range(use["calls"]))
    assert all(calls[step] <= requests[step] for step in calls)


def test_the_plan_for_450_reports() -> None:
    done = CliRunner().invoke(main, ["plan", "construct", "--model", "openai/gpt-6-luna", "--json"])
    plan = json.loads(done.output)
    assert plan["cases"] == 450
    assert {row["role"]: row["requests"] for row in plan["rows"]}["refine"] == 450 * 5 * 2 * 4
    cost = sum(row["cost"] for row in plan["rows"])
    assert 1 < cost < 1000
    assert math.isfinite(cost)
    assert "openai/gpt-6-luna" in load_prices()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["-T", "reports=0"], "reports=0"),
        (["-T", "cases=demo"], "unknown parameter cases"),
        (["-T", "source=nowhere"], "no such file or folder"),
    ],
)
def test_a_wrong_plan_is_one_sentence(given: list[str], problem: str) -> None:
    done = CliRunner().invoke(main, ["plan", "construct", *given])
    assert done.exit_code == 1
    assert problem in done.output


def test_a_destination_with_files_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(main, ["construct", "demo", str(tmp_path), "--builder-model", BUILDER])
    assert done.exit_code == 1
    assert "not an empty folder" in done.output


def test_a_model_without_a_key_is_one_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["construct", "demo", str(tmp_path / "a"), "--builder-model", "openai/gpt-6-luna"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: the builder openai/gpt-6-luna cannot be used")
    assert "Traceback" not in done.output
