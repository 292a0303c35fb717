"""What tests of the report share: logs of two simulated readers, the command itself, and what it wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from case_sets import Raw
from medsyn_inspect.cli import main
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity
from running import run, write_known

READER = "reference/reader"


def write_logs(folder: Path, cases: Path) -> Path:
    """Two simulated readers, one of them in every task and two conditions more; nine logs."""
    where = {"cases": str(cases)}
    for gain in (0.4, 0.8):
        known = where | {"image_gain": gain, "text_gain": 2.0}
        for task in (fdx(**where), ddx(**where), sensitivity(**where)):
            run(task, READER, folder, model_args=known)
    for task in (open_fdx(**where), fdx(**where, view="finding"), fdx(**where, staging="turns")):
        run(task, READER, folder, model_args=where | {"image_gain": 0.4, "text_gain": 2.0})
    return folder


def small_logs(folder: Path, rows: Iterable[Raw] | None = None, **card: Any) -> tuple[Path, Path]:
    """The case set, and the logs of `write_logs` on it."""
    cases = write_known(folder / "cases", rows, **card)
    return cases, write_logs(folder / "logs", cases)


def medsyn_report(*arguments: str | Path) -> Result:
    """`medsyn report ...`, in this process."""
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


def reported(folder: Path, *arguments: str | Path) -> Path:
    """The folder of a report that was to succeed."""
    result = medsyn_report(*arguments, "-o", folder)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return folder


def refused(*arguments: str | Path) -> str:
    """What a command that must fail says: one line, and no traceback."""
    result = medsyn_report(*arguments)
    assert result.exit_code == 1, (result.exit_code, result.output, result.exception)
    assert isinstance(result.exception, SystemExit), result.exception
    [line] = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def tree(folder: Path) -> dict[str, str]:
    """A hash of each file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def page_data(folder: Path) -> dict[str, Any]:
    """What the page's script reads."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    text = page.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    for listed in found["lists"].values():
        listed["rows"] = unpacked_rows(listed["rows"], found["ids"])
    return found


def report_json(folder: Path) -> dict[str, Any]:
    """`report.json`, which must not hold what JSON does not know."""

    def unknown(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=unknown)
    return found


def unpacked_rows(packed: dict[str, Any], ids: list[str]) -> list[list[Any]]:
    """The rows again, as the page's script makes them."""
    return [
        [
            ids[case],
            *(
                column["same"]
                if "same" in column
                else column["words"][column["at"][row]]
                if "words" in column
                else column["values"][row]
                for column in packed["columns"]
            ),
        ]
        for row, case in enumerate(packed["cases"])
    ]
