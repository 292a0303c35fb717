"""Wrong parameters stop a task in one sentence, also those that it does not know."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from inspect_ai import eval

from medsyn_inspect.parameters import WrongParameter, condition_of, known_parameters
from medsyn_inspect.planning.listing import described_tasks
from medsyn_inspect.records import Condition
from medsyn_inspect.tasks import TASKS


@pytest.mark.parametrize(
    ("given", "emphasis", "kinds"),
    [
        (None, "", ()),
        ("microscopy", "microscopy", ("microscopy",)),
        ("microscopy,ct", "ct,microscopy", ("ct", "microscopy")),
        (["microscopy", "ct", "ct"], "ct,microscopy", ("ct", "microscopy")),
        ("placebo:microscopy", "placebo:microscopy", ("microscopy",)),
        (["placebo:microscopy", "ct"], "placebo:ct,microscopy", ("ct", "microscopy")),
    ],
)
def test_emphasis_takes_several_types_and_a_placebo(given: Any, emphasis: str, kinds: tuple[str, ...]) -> None:
    condition = condition_of(emphasis=given)
    assert (condition.emphasis, condition.emphasised) == (emphasis, kinds)
    assert condition.placebo == emphasis.startswith("placebo:")
    assert Condition.parse(condition.label) == condition
    assert condition.concerns("emphasis") == kinds


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"caes": "demo"}, "unknown parameter caes: did you mean cases?"),
        ({"cases": "/nowhere"}, "case set '/nowhere' cannot be used: /nowhere: no such folder; a case set is a folder "
         "with cases.jsonl and card.yaml"),
        ({"specialty": "magic"}, "specialty=magic: unknown; choose from "),
        ({"language": "xx"}, "language=xx: "),
        ({"emphasis": "cat"}, "unknown evidence type 'cat'"),
        ({"emphasis": ["ct", "cat"]}, "unknown evidence type 'cat'"),
        ({"emphasis": "placebo:"}, "unknown evidence type ''"),
    ],
)  # fmt: skip
def test_what_every_task_refuses(task: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongParameter) as raised:
        TASKS[task](**given)
    assert sentence in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("task", "given", "sentence"),
    [
        ("fdx", {"veiw": "finding"}, "unknown parameter veiw: did you mean view?"),
        ("fdx", {"zzz": 1}, "unknown parameter zzz: fdx has cases, language, "),
        ("fdx", {"check_judge": False}, "unknown parameter check_judge: "),
        ("ddx", {"check-judge": False}, "unknown parameter check-judge: did you mean check_judge?"),
        ("fdx", {"view": "findings"}, "view='findings': choose one of image, finding"),
        ("fdx", {"withhold": "cat"}, "withhold=cat: choose from "),
        ("fdx", {"logprobs": "maybe"}, "logprobs=maybe: must be true or false"),
        ("ddx", {"max_diagnoses": "ten"}, "max_diagnoses=ten: must be a whole number"),
        ("ddx", {"max_diagnoses": True}, "max_diagnoses=True: must be a whole number"),
        ("ddx", {"rubric": "none"}, "rubric='none': choose one of bond, core_diagnosis"),
        ("sensitivity", {"types": "cat"}, "types='cat': unknown evidence type 'cat'"),
        ("sensitivity", {"order_audit": "half"}, "order_audit=half: must be a number"),
        ("sensitivity", {"view": "finding"}, "unknown parameter view: sensitivity has "),
    ],
)
def test_what_a_task_refuses(task: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongParameter) as raised:
        TASKS[task](**given)
    assert raised.value.message.startswith(sentence)


def test_a_wrong_parameter_is_bad_input_and_ends_a_command_in_one_line() -> None:
    assert issubclass(WrongParameter, ValueError)
    assert issubclass(WrongParameter, ClickException)
    assert str(WrongParameter("the sentence")) == "the sentence"


def test_inspect_eval_prints_the_sentence_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    [script] = entry_points(group="console_scripts", name="inspect")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "argv", ["inspect", "eval", "medsyn_inspect/fdx", "--model", "reference/reader", "-T", "veiw=finding"]
    )
    with pytest.raises(SystemExit) as end:
        script.load()()
    assert end.value.code == 1
    [line] = [line for line in capfd.readouterr().err.splitlines() if line.startswith("Error")]
    assert line == "Error: unknown parameter veiw: did you mean view?"
    assert not list(tmp_path.rglob("*.eval"))


def test_what_is_listed_and_logged_are_the_parameters_alone(tmp_path: Path) -> None:
    for described in described_tasks():
        names = [parameter.name for parameter in described.parameters]
        assert names == list(known_parameters(TASKS[described.name]))
        assert "unknown" not in names
        assert "unknown" not in str(TASKS[described.name].__doc__)
    [log] = eval(
        "medsyn_inspect/fdx",
        task_args={"view": "finding"},
        model="reference/reader",
        limit=1,
        log_dir=str(tmp_path),
        display="none",
    )
    assert set(log.eval.task_args) == set(known_parameters(TASKS["fdx"]))
    assert log.eval.task_args_passed == {"view": "finding"}
