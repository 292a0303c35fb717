"""What tests of the report share: logs of two simulated readers, the command itself, and what it wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from case_sets import Raw
from medsyn_inspect.cli import main
from medsyn_inspect.report.page.explorer.packing import ALPHABET
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
    """What the page's script reads, with the rows of each list of cases as the script makes them."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    text = page.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    packed = {key: dict(listed.get("rows", {})) for key, listed in found["lists"].items()}
    for listed in found["lists"].values():
        listed |= found["kinds"][listed["kind"]]
        before, after = listed["title"]
        listed["title"] = f"{before}: {found['readers'][listed['reader']]}" + (f", {after}" if after else "")
        if "rows" in listed:
            listed["rows"] = unpacked_rows(listed["rows"], found["ids"], packed)
        else:
            listed |= answer_rows(found, listed)
    return found


def report_json(folder: Path) -> dict[str, Any]:
    """`report.json`, which must not hold what JSON does not know."""

    def unknown(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=unknown)
    return found


def unpacked_rows(rows: dict[str, Any], ids: list[str], lists: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Case, log (unknown), epoch and values of each row."""
    columns, cases = rows["columns"], rows["cases"]
    if isinstance(cases, dict):
        cases = lists[cases["as"]]["cases"]
    if isinstance(cases, str):
        cases = [pair(cases, row) for row in range(len(cases) // 2)]
    return [
        [ids[case], None, 1, *(unpacked(column, row, columns) for column in columns)]
        for row, case in enumerate(range(cases) if isinstance(cases, int) else cases)
    ]


def pair(text: str, row: int) -> Any:
    """A whole number of two characters."""
    first, second = text[2 * row : 2 * row + 2]
    return None if first == "." else ALPHABET.index(first) * len(ALPHABET) + ALPHABET.index(second)


def unpacked(column: dict[str, Any], row: int, columns: Sequence[dict[str, Any]] = ()) -> Any:
    """One value of a packed column."""
    if "same" in column:
        return column["same"]
    if "words" in column:
        return column["words"][int(column["at"][row], 36) if isinstance(column["at"], str) else column["at"][row]]
    if "pairs" in column:
        value = pair(column["pairs"], row)
        return None if value is None else value / 1000
    if "minus" in column:
        values = [unpacked(columns[place], row) for place in column["minus"]]
        return None if None in values else round(values[0] - values[1], 3)
    if "thousandths" in column:
        value = column["thousandths"][row]
        return None if value is None else value / 1000
    return column["values"][row]


def answer_rows(data: dict[str, Any], listed: dict[str, Any]) -> dict[str, Any]:
    """Case, log, epoch, outcome and level of each answer of a reader in a grid."""
    [column] = [one for one in data["grids"][listed["grid"]]["columns"] if one["reader"] == listed["reader"]]
    words = {code: word for code, _, word in data["signs"]} | {"u": "wrong"}
    judged = any("level" in epoch for epoch in column["epochs"])
    rows = []
    for number, epoch in zip(column["numbers"], column["epochs"], strict=True):
        for place, code in enumerate(epoch.get("outcome", "")):
            if code != ".":
                failure = epoch.get("failure", "." * len(data["ids"]))[place]
                why = f": {column['failures'][int(failure, 36)]}" if failure != "." else ""
                row = [data["ids"][place], unpacked(column["log"], place), number, words[code] + why]
                level = epoch["level"][place] if judged else None
                level = (None if level == "." else int(level, 36)) if isinstance(level, str) else level
                rows.append([*row, level] if judged else row)
    return {"columns": ["Outcome", "Score"] if judged else ["Outcome"], "rows": rows}
