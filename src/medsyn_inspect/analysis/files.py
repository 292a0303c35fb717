"""Findings as files: `findings.json` for programs, and every frame as CSV and Parquet.

JSON has no NaN and no infinity: missing values are `null`, and infinite values (an NMSE whose denominator is not above
noise, or the end of its interval) are the string "Infinity" or "-Infinity". The JSON schema of the file,
`describe.findings_schema`, is written next to it as `findings.schema.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.describe import SCHEMA_VERSION, findings_schema
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.accuracy import Estimate
from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.analysis.schema import FRAMES
from medsyn_inspect.analysis.stats.crossfit import SPLITS
from medsyn_inspect.analysis.stats.divergence import PERMUTATIONS
from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED
from medsyn_inspect.version import package_version
from medsyn_inspect.writing import write_folder

IN_FILES = tuple(name for name in FRAMES if name != "logs")
"""Frames that are written as CSV and Parquet: all except `logs`, whose model arguments are for notebooks only."""


def as_json(findings: Findings) -> dict[str, Any]:
    """The content of `findings.json`: strict JSON, without file locations."""
    return {
        "schema_version": SCHEMA_VERSION,
        "package_version": package_version(),
        "case_set": _case_set(findings),
        "settings": {
            "level": LEVEL,
            "seed": SEED,
            "permutations": PERMUTATIONS,
            "splits": SPLITS,
        },
        **{name: _rows(name, getattr(findings, name)) for name, frame in FRAMES.items() if not frame.long},
        "notes": list(findings.notes),
    }


def write_findings(findings: Findings, folder: str | Path) -> list[Path]:
    """Write `findings.json`, its schema and the frames into a folder: either all files or none.

    Lists in a frame are JSON text in CSV and lists in Parquet. An estimate of `headline` is split into columns; its
    counts of failures are JSON text in both formats.

    Args:
        findings: Findings to write.
        folder: Folder, created if it does not exist.

    Returns:
        Paths of the files.

    Raises:
        NotWritten: If the files cannot be written; the folder is then unchanged.
    """
    target = Path(folder)
    with write_folder(target) as draft:
        (draft / "findings.json").write_text(_text(as_json(findings)), encoding="utf-8")
        schema = json.dumps(findings_schema(), indent=1)
        (draft / "findings.schema.json").write_text(f"{schema}\n", encoding="utf-8")
        for name in IN_FILES:
            frame = _flat(getattr(findings, name))
            frame.to_parquet(draft / f"{name}.parquet", index=False)
            (draft / f"{name}.csv").write_text(as_csv(getattr(findings, name)), encoding="utf-8")
        names = sorted(path.name for path in draft.iterdir())
    return [target / name for name in names]


def _case_set(findings: Findings) -> dict[str, Any] | None:
    for frame in (findings.logs, findings.runs, findings.arms):
        if len(frame):
            row = frame.iloc[-1]
            name, _, version = str(row["case_set"]).rpartition(" ")
            return {
                "name": name,
                "version": version,
                "fingerprint": str(row["fingerprint"]),
                "synthetic": bool(row["synthetic"]) if pd.notna(row["synthetic"]) else False,
            }
    return None


def _rows(name: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame without file locations; of a log, only the file name is kept."""
    shown = frame.drop(columns=[column.name for column in FRAMES[name].columns if column.local])
    if name == "logs":
        shown.insert(0, "file", frame["log"].map(file_name))
    return json_rows(shown)


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as JSON values."""
    return [{str(name): strict(value) for name, value in row.items()} for row in frame.to_dict("records")]


def strict(value: Any) -> Any:
    """A value as a strict JSON value."""
    if isinstance(value, str):  # Checked first, because most values are text.
        return str(value)
    if type(value) is float and math.isfinite(value):  # Nor does this need the checks below.
        return int(value) if value.is_integer() else value
    match value:
        case Estimate():
            return {name: strict(part) for name, part in vars(value).items()}
        case dict():
            return {str(name): strict(part) for name, part in value.items()}
        case tuple() | list():
            return [strict(part) for part in value]
        case bool() | np.bool_():
            return bool(value)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            if math.isinf(value):
                return "Infinity" if value > 0 else "-Infinity"
            # In a column with missing values, pandas stores whole numbers as floats.
            return None if math.isnan(value) else int(value) if float(value).is_integer() else float(value)
        case None:
            return None
    return None if value is pd.NA else str(value)


def _text(content: dict[str, Any]) -> str:
    """JSON text with one row per line: compact, and files can be compared line by line."""

    def lines() -> Iterator[str]:
        for name, value in content.items():
            key = json.dumps(name)
            if isinstance(value, list) and value:
                rows = ",\n".join(f"  {_dumped(row)}" for row in value)
                yield f"{key}: [\n{rows}\n]"
            else:
                yield f"{key}: {_dumped(value)}"

    return "{\n" + ",\n".join(lines()) + "\n}\n"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def as_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV: lists as JSON text, an estimate of `headline` split into columns.

    Text that a spreadsheet would evaluate as a formula is prefixed with an apostrophe.
    """
    return str(_flat(frame).map(_as_text).to_csv(index=False))


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with estimates split into columns and counts by name as JSON text."""
    columns: dict[str, pd.Series] = {}
    for name, values in frame.items():
        if values.map(lambda value: isinstance(value, Estimate)).any():
            spread = pd.DataFrame([vars(value) if isinstance(value, Estimate) else {} for value in values], frame.index)
            columns |= {
                str(name) if part == "value" else f"{name}_{part}": spread[part] for part in Estimate.__annotations__
            }
        else:
            columns[str(name)] = values.map(lambda value: _dumped(value) if isinstance(value, dict) else value)
    return pd.DataFrame(columns, index=frame.index).infer_objects()


FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""First characters of a cell that a spreadsheet would evaluate as a formula."""


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        # A lone carriage return would not be quoted, and would start a new row.
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        return f"'{value}" if value.startswith(FORMULA) else value
    return _dumped([strict(part) for part in value]) if isinstance(value, (tuple, list, np.ndarray)) else value
