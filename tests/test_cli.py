"""`medsyn` answers at once, shows nothing that a terminal would obey, and says in one sentence what went wrong."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner, Result
from inspect_ai.model import Model, get_model

import medsyn_inspect
from case_sets import a_card, a_case, write_case_set
from medsyn_inspect import analysis, cli
from medsyn_inspect.cli import main
from medsyn_inspect.cli.errors import OneSentence
from medsyn_inspect.cli.printing import say
from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.records import Staging, TextPolicy, View
from medsyn_inspect.report.terminal.cells import table
from medsyn_inspect.screen import Screen
from medsyn_inspect.tasks import TASKS, fdx
from medsyn_inspect.wording import visible
from running import Conversation, Scripted, run, said, write_known

ROOT = Path(__file__).parent.parent
HEAVY = ("inspect_ai", "scipy", "statsmodels", "matplotlib", "pandas", "numpy")
HOSTILE = "a\x1b[2Jb\x9b31mc\u202ed\u2066e\u200ff\x07g"
"""Clears the screen, sets colours, turns the direction of writing, rings."""
HARMLESS = "a\ufffd[2Jb\ufffd31mc\ufffdd\ufffde\ufffdf\ufffdg"


def medsyn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def error_of(result: Result) -> str:
    """The one line of a command that failed."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of the simulated reader on one bundled case."""
    place = tmp_path_factory.mktemp("log")
    return Path(run(fdx(), "reference/reader", place, limit=1, log_images=False).location)


class TestStart:
    @pytest.mark.parametrize("command", [["--help"], ["report", "--help"], ["cases", "check", "demo"]])
    def test_nothing_is_imported_that_takes_seconds(self, command: list[str]) -> None:
        code = (
            "import sys\nfrom medsyn_inspect.cli import main\n"
            "main(sys.argv[1:], standalone_mode=False)\n"
            f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "loaded: []"

    def test_each_command_has_a_line_in_the_help(self) -> None:
        listed = medsyn("--help").output
        for name, command in main.commands.items():
            assert f"\n  {name} " in listed
            assert command.help

    def test_choices_are_those_of_the_tasks(self) -> None:
        [show] = [command for name, command in main.commands["cases"].commands.items() if name == "show"]  # type: ignore[attr-defined]
        choices = {option.name: option.type.choices for option in show.params if isinstance(option.type, click.Choice)}
        for name, literal in (("view", View), ("text", TextPolicy), ("staging", Staging)):
            assert tuple(choices[name]) == get_args(literal)
            for value in get_args(literal):
                assert fdx(**{name: value})


class TestHiddenCharacters:
    def test_what_is_echoed_holds_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        say(HOSTILE)
        say(f"{HOSTILE}\n\tnext line", err=True)
        printed = capsys.readouterr()
        assert printed.out == HARMLESS + "\n"
        assert printed.err == HARMLESS + "\n\tnext line\n"

    def test_everything_is_echoed_in_one_place(self) -> None:
        echoing = [
            path.name
            for path in Path(cli.__file__).parent.glob("[!_]*.py")
            if any(words in path.read_text(encoding="utf-8") for words in ("click.echo", "click.secho", "print("))
        ]
        assert echoing == ["printing.py"]

    def test_neither_does_any_part_of_a_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        made = table(HOSTILE, [HOSTILE], [HOSTILE])
        made.add_row(HOSTILE, HOSTILE)
        screen = Screen()
        screen.print(made)
        screen.print(HOSTILE)
        printed = capsys.readouterr().out
        assert printed.count(HARMLESS) == 6
        assert visible(printed) == printed

    def test_nor_is_anything_taken_for_markup(self, capsys: pytest.CaptureFixture[str]) -> None:
        Screen().print("[red]gout[/red] :smile:")
        assert capsys.readouterr().out == "[red]gout[/red] :smile:\n"

    def test_a_card(self, tmp_path: Path) -> None:
        folder = write_case_set(tmp_path / "cases", [a_case()], a_card(name=HOSTILE))
        for command in (["cases", "check", folder], ["plan", "ddx", "--cases", folder]):
            printed = medsyn(*command).output
            assert HARMLESS in printed
            assert visible(printed) == printed

    def test_a_card_in_json_is_what_it_was(self, tmp_path: Path) -> None:
        folder = write_case_set(tmp_path / "cases", [a_case()], a_card(name=HOSTILE))
        printed = medsyn("plan", "ddx", "--cases", folder, "--json").output
        assert visible(printed) == printed
        assert json.loads(printed)["case_set"].startswith(HOSTILE)

    def test_the_name_of_a_model(self, tmp_path: Path) -> None:
        cases = write_known(tmp_path / "cases")
        model: Model = get_model(f"mockllm/{HOSTILE}", custom_outputs=lambda *_: said("Answer: A"), memoize=False)
        run(fdx(cases=str(cases)), model, tmp_path / "logs")
        for command in (
            ["analyze", tmp_path / "logs"],
            ["export", tmp_path / "logs", "--format", "every-eval-ever", "-o", tmp_path / "out"],
        ):
            done = medsyn(*command)
            assert done.exit_code == 0, done.output
            assert visible(done.output) == done.output
        assert "a\ufffd[2Jb" in "".join(medsyn("analyze", tmp_path / "logs").output.split())

    def test_an_error(self, tmp_path: Path) -> None:
        assert HARMLESS in error_of(medsyn("analyze", tmp_path / f"{HOSTILE}.eval"))


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "sentence"),
        [
            (ValueError("the sentence"), "the sentence"),
            (OSError(errno.ENOSPC, "No space left on device", "/a/file"), "/a/file: No space left on device"),
            (OSError(errno.EIO, "Input/output error"), "Input/output error"),
            (OSError("the sentence"), "the sentence"),
        ],
    )
    def test_bad_input_is_one_sentence(self, error: Exception, sentence: str) -> None:
        assert error_of(CliRunner().invoke(raising(error))) == sentence

    def test_ctrl_c_exits_as_shells_expect(self) -> None:
        done = CliRunner().invoke(raising(KeyboardInterrupt()))
        assert (done.exit_code, done.output) == (130, "Interrupted\n")

    def test_ctrl_c_while_the_command_is_loaded_shows_no_traceback(self) -> None:
        code = (
            "import builtins\n"
            "load = builtins.__import__\n"
            "def interrupted(name, *others):\n"
            "    if name.endswith('cases.load'):\n"
            "        raise KeyboardInterrupt\n"
            "    return load(name, *others)\n"
            "builtins.__import__ = interrupted\n"
            "import medsyn_inspect.cli\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (130, "Interrupted\n")

    def test_a_fault_of_ours_keeps_its_traceback(self) -> None:
        assert isinstance(CliRunner().invoke(raising(KeyError("ours"))).exception, KeyError)

    def test_a_pipe_that_ends_is_no_error(self) -> None:
        command = f"{sys.executable} -m medsyn_inspect.cli tasks | head -n 1"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("medsyn_inspect/ddx")
        assert done.stderr == ""

    def test_ctrl_c_ends_a_run_of_several_tasks(self, tmp_path: Path) -> None:
        """Inspect alone would return the logs that are complete, and the demo would go on with the next readers."""
        cases = write_known(tmp_path / "cases")

        def interrupted(_: Conversation) -> str:
            signal.raise_signal(signal.SIGINT)
            return "Answer: A"

        made = [fdx(cases=str(cases)), fdx(cases=str(cases), view="finding")]
        with pytest.raises(KeyboardInterrupt):
            evaluate(made, [Scripted(answer=interrupted).model], log_dir=str(tmp_path / "logs"))
        logs = evaluate(made, [Scripted("Answer: A").model] * 2, log_dir=str(tmp_path / "logs"))
        assert [log.status for log in logs] == ["success"] * 4


def raising(error: BaseException) -> click.Group:
    """A group whose one command raises the error."""
    group = OneSentence("medsyn", invoke_without_command=True)

    @group.result_callback()
    def callback(_: object) -> None:
        raise error

    return group


@pytest.fixture
def commands(log: Path, tmp_path: Path) -> dict[str, list[str | Path]]:
    """Every command that writes, without the place, which comes last."""
    sheet = tmp_path / "answers.csv"
    sheet.write_text("case_id,option\nen-0001,A\n", encoding="utf-8")
    return {
        "answer-sheet": ["answer-sheet", "-o"],
        "cases show": ["cases", "show", "demo", "en-0001", "--no-open", "-o"],
        "cases import": ["cases", "import", "medrbench", ROOT / "tests" / "fixtures" / "medrbench.json"],
        "analyze": ["analyze", log, "-o"],
        "report": ["report", log, "-o"],
        "export json": ["export", log, "--format", "json", "-o"],
        "export every-eval-ever": ["export", log, "--format", "every-eval-ever", "-o"],
        "demo": ["demo", "-o"],
        "import-answers": ["import-answers", sheet, "--reader", "two", "--log-dir"],
    }


WRITERS = (
    "answer-sheet",
    "cases show",
    "cases import",
    "analyze",
    "report",
    "export json",
    "export every-eval-ever",
    "demo",
    "import-answers",
)


class TestPlacesThatCannotBeWritten:
    @pytest.mark.parametrize("name", WRITERS)
    @pytest.mark.parametrize("place", ["/sys/place", "file/place"])
    def test_they_are_named_in_one_sentence(
        self, commands: dict[str, list[str | Path]], name: str, place: str, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("mine")
        sentence = error_of(medsyn(*commands[name], tmp_path / place))
        assert sentence.startswith(f"nothing was written to {tmp_path / place} (")
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.parametrize("name", ["answer-sheet", "cases show"])
    def test_a_missing_folder_of_a_single_file_is_named(
        self, commands: dict[str, list[str | Path]], name: str, tmp_path: Path
    ) -> None:
        assert "create its folder first" in error_of(medsyn(*commands[name], tmp_path / "missing" / "file"))
        assert not (tmp_path / "missing").exists()

    @pytest.mark.parametrize("name", ["answer-sheet", "cases show"])
    def test_on_a_full_disk_the_older_file_stays(
        self, commands: dict[str, list[str | Path]], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "place" / "file"
        file.parent.mkdir()
        file.write_text("older")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        assert "No space left on device" in error_of(medsyn(*commands[name], file))
        assert {path.name: path.read_text() for path in file.parent.iterdir()} == {"file": "older"}

    @pytest.mark.parametrize("name", ["demo", "analyze", "report", "export json"])
    def test_they_are_refused_before_anything_is_done(
        self, commands: dict[str, list[str | Path]], name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def work(*_: object, **__: object) -> None:
            raise AssertionError("the work was begun")

        monkeypatch.setattr("medsyn_inspect.reference.demo.run_demo", work)
        monkeypatch.setattr("medsyn_inspect.analysis.findings.analyze_logs", work)
        monkeypatch.setattr("medsyn_inspect.report.export.headers.header_files", work)
        assert "nothing was written" in error_of(medsyn(*commands[name], "/sys/place"))

    def test_the_demo_does_not_begin_beside_what_is_no_report(self, tmp_path: Path) -> None:
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "mine").write_text("mine")
        assert "not a report" in error_of(medsyn("demo", "-o", tmp_path))
        assert not (tmp_path / "logs").exists()


class TestInspect:
    def test_the_package_alone_is_answered_with_its_tasks(self, tmp_path: Path) -> None:
        command = [str(Path(sys.executable).with_name("inspect")), "eval", "medsyn_inspect", "--model", "mockllm/model"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        [line] = done.stderr.strip().splitlines()
        assert line.startswith("Error: medsyn_inspect is not a task, it has 4: ddx, fdx, open_fdx, sensitivity; ")
        assert "inspect eval medsyn_inspect/fdx" in line
        assert list(tmp_path.rglob("*.eval")) == []


class TestTab:
    @pytest.mark.parametrize("package", [medsyn_inspect, analysis])
    def test_it_offers_every_public_name(self, package: object) -> None:
        assert set(package.__all__) <= set(dir(package))  # type: ignore[attr-defined]

    def test_the_tasks_are_those_there_are(self) -> None:
        assert tuple(TASKS) == medsyn_inspect.TASK_NAMES
