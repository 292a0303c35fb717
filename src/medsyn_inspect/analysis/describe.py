"""JSON schema and documentation of the frames, generated from `columns.yaml`.

`python -m medsyn_inspect.analysis.describe > docs/frames.md` regenerates the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from medsyn_inspect.analysis.schema import ESTIMATE, FRAMES, Column, Entry, Frame

SCHEMA_VERSION = 4
"""Incremented when a key of `findings.json` changes its meaning or is removed."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Kind:
    """The type of the values of a column."""

    words: str
    """Description of the values and their range."""

    schema: dict[str, Any] = field(default_factory=dict)
    """JSON schema of a value."""


def _or_null(**schema: Any) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


SHARE = {"type": "number", "minimum": 0, "maximum": 1}

KINDS = {
    "text": Kind("Text; empty if not applicable", {"type": "string"}),
    "optional text": Kind("Text, or missing", _or_null(type="string")),
    "time": Kind("Time in ISO 8601", {"type": "string", "format": "date-time"}),
    "flag": Kind("True or false, or missing", _or_null(type="boolean")),
    "count": Kind("Whole number from 0, or missing", _or_null(type="integer", minimum=0)),
    "number": Kind("Finite number, or missing", _or_null(type="number")),
    "share": Kind("Number from 0 to 1, or missing", _or_null(**SHARE)),
    "p value": Kind("Number from 0 to 1, or missing", _or_null(**SHARE)),
    "difference": Kind("Difference of two shares, from -1 to 1, or missing", _or_null(**SHARE | {"minimum": -1})),
    "unbounded": Kind(
        "Number, or missing if there was no effect at all; infinite if the denominator of an NMSE is not above noise. "
        'In JSON an infinite number is the string "Infinity" or "-Infinity"',
        {"anyOf": [{"type": ["number", "null"]}, {"enum": ["Infinity", "-Infinity"]}]},
    ),
    "list of text": Kind("List of text, or missing", _or_null(type="array", items={"type": "string"})),
    "list of shares": Kind("List of numbers from 0 to 1, or missing", _or_null(type="array", items=SHARE)),
    "list of numbers": Kind("List of numbers, or missing", _or_null(type="array", items={"type": "number"})),
    "tally": Kind(
        "Counts by name",
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
    ),
    "estimate": Kind("A mean over cases with its interval (see Estimates), or missing if the question was not run"),
}
"""The kinds of columns, by name."""


def findings_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of `findings.json`."""
    settings = {name: {"type": "integer"} for name in ("seed", "permutations", "splits")}
    of_set = {name: {"type": "string"} for name in ("name", "version", "fingerprint")} | {
        "synthetic": {"type": "boolean"}
    }
    properties: dict[str, Any] = {
        "schema_version": {
            "const": SCHEMA_VERSION,
            "description": "Incremented when a key changes its meaning or is removed",
        },
        "package_version": {"type": "string", "description": "Version of medsyn_inspect that wrote the file"},
        "case_set": {
            "description": "The case set of all findings; null if unknown",
            "anyOf": [{"type": "null"}, _object(of_set)],
        },
        "settings": _object({"level": {"type": "number"}} | settings)
        | {
            "description": "Level of the intervals, random seed, number of permutations "
            "for p values from samples, number of sample splits for the NMSE"
        },
    }
    properties |= {
        name: {"type": "array", "description": f"One row: {frame.rows}", "items": _object(_properties(name))}
        for name, frame in FRAMES.items()
        if not frame.long
    }
    properties["notes"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "What was left out or is unreliable, one sentence each",
    }
    return {
        "$schema": DRAFT,
        "title": "Findings of medsyn_inspect",
        "description": "Written by `medsyn analyze -o`. A missing number is null.",
        **_object(properties),
        "$defs": _definitions(),
    }


def frame_schema(name: str) -> dict[str, Any]:
    """JSON schema of the rows of a frame; each row is an object with one property for each column."""
    rows = _object({column.name: _property(column) for column in FRAMES[name].columns})
    return {"$schema": DRAFT, "type": "array", "items": rows, "$defs": _definitions()}


def _properties(name: str) -> dict[str, Any]:
    """The properties of a row in `findings.json`, which omits file locations."""
    file = {"file": {"type": "string", "description": "Name of the log file"}} if name == "logs" else {}
    return file | {column.name: _property(column) for column in FRAMES[name].columns if not column.local}


def _property(column: Column) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{_key(column.kind)}", "description": _with_unit(column)}


def _definitions() -> dict[str, Any]:
    kinds = {_key(name): kind.schema | {"description": kind.words} for name, kind in KINDS.items()}
    parts = _object({column.name: _property(column) for column in ESTIMATE.columns})
    return kinds | {"estimate": {"description": KINDS["estimate"].words, "anyOf": [{"type": "null"}, parts]}}


def _key(kind: str) -> str:
    return kind.replace(" ", "_")


def _with_unit(column: Column) -> str:
    return f"{column.means}; {column.unit}" if column.unit else column.means


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def frames_page() -> str:
    """`docs/frames.md`: every frame with its columns."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The frames of the findings"
    yield ""
    yield "<!-- Made from columns.yaml: python -m medsyn_inspect.analysis.describe > docs/frames.md -->"
    yield ""
    yield (
        "The columns of each frame that [`analyze_logs`](findings.md) returns. `_lower` and `_upper` are the ends of a "
        "95 % interval, `_n` is the number of cases a value is based on."
    )
    yield ""
    yield from _table(("kind", "values"), ((name, kind.words) for name, kind in KINDS.items()))
    for name, frame in FRAMES.items():
        yield ""
        yield f"## `{name}`"
        yield ""
        kept = "CSV and Parquet only." if frame.long else ""
        yield " ".join(filter(None, (f"One row: {frame.rows}.", frame.about, kept)))
        yield ""
        yield from _columns(frame)
    yield ""
    yield "## Estimates"
    yield ""
    yield "The parts of an estimate in `headline`."
    yield ""
    yield from _columns(ESTIMATE)


def _columns(frame: Frame) -> Iterator[str]:
    yield from _table(("column", "kind", "meaning"), (_row(entry) for entry in frame.entries))


def _row(entry: Entry) -> tuple[str, ...]:
    kind = f"{entry.kind}, {entry.unit}" if entry.unit else entry.kind
    return ", ".join(f"`{column.name}`" for column in entry.columns), kind, entry.means


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    print(frames_page(), end="")
