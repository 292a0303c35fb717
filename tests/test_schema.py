"""The frames are described once: columns, kinds and ranges, the JSON schema and the documentation agree."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

from medsyn_inspect.analysis import Estimate, Findings, findings_schema
from medsyn_inspect.analysis.describe import KINDS, SCHEMA_VERSION, frame_schema, frames_page
from medsyn_inspect.analysis.files import json_rows
from medsyn_inspect.analysis.schema import ESTIMATE, FRAMES, Entry, conform, with_ends, with_interval
from medsyn_inspect.records import Condition

PAGE = Path(__file__).parent.parent / "docs" / "frames.md"
ROW = {"reader": "r", "source": "logprobs", "view": "image", "options": 4, "place": 1, "letter": "A", "n": 3}
ORDERS = ROW | dict.fromkeys(with_ends("probability"), 0.25) | {"expected": 0.25}


def faults(name: str, frame: pd.DataFrame) -> list[str]:
    """Where a frame is not as described: `row.column`."""
    validator = jsonschema.Draft202012Validator(frame_schema(name))
    return [".".join(map(str, error.path)) for error in validator.iter_errors(json_rows(frame))]


class TestDescription:
    def test_there_is_one_for_every_frame_of_the_findings(self) -> None:
        frames = {field.name for field in fields(Findings) if isinstance(getattr(Findings(), field.name), pd.DataFrame)}
        assert frames == set(FRAMES)

    def test_every_column_has_a_kind_and_a_meaning_and_occurs_once(self) -> None:
        for name, frame in {**FRAMES, "estimate": ESTIMATE}.items():
            assert len(set(frame.names)) == len(frame.names), name
            assert frame.rows
            for column in frame.columns:
                assert column.kind in KINDS, (name, column)
                assert re.fullmatch(r"[^\n]+[^.\s]", column.means), (name, column)

    def test_an_estimate_has_the_parts_that_are_described(self) -> None:
        assert tuple(field.name for field in fields(Estimate)) == ESTIMATE.names

    def test_frames_of_runs_have_every_column_of_the_condition(self) -> None:
        for name in ("logs", "runs", "stages", "headline", "stage_summary"):
            assert [column for column in FRAMES[name].names if column in Condition.COLUMNS] == list(Condition.COLUMNS)

    def test_an_interval_is_described_with_its_number(self) -> None:
        described = Entry(("x", "y"), "share", "Share of cases", interval=True, cases=True)
        assert tuple(column.name for column in described.columns) == with_interval("x") + with_interval("y")
        assert [column.kind for column in described.columns] == ["share", "share", "share", "count"] * 2


class TestConformance:
    def test_a_frame_has_its_columns_whatever_it_is_made_of(self) -> None:
        made = conform("orders", [{"letter": "A", "reader": "r", "something": 1}])
        assert tuple(made.columns) == FRAMES["orders"].names
        assert made["probability"].isna().all()

    def test_values_as_described_have_no_faults(self) -> None:
        assert faults("orders", conform("orders", [ORDERS, ORDERS | {"probability_lower": None, "source": None}])) == []

    @pytest.mark.parametrize(
        ("column", "value"),
        [("probability", 1.2), ("expected", -0.1), ("n", 2.5), ("n", -1), ("letter", None), ("reader", 3)],
    )
    def test_a_value_of_another_kind_or_out_of_range_is_a_fault(self, column: str, value: Any) -> None:
        assert faults("orders", conform("orders", [ORDERS, ORDERS | {column: value}])) == [f"1.{column}"]

    def test_a_column_that_is_not_described_is_a_fault(self) -> None:
        assert faults("orders", conform("orders", [ORDERS]).assign(another=1)) == ["0"]
        assert faults("orders", conform("orders", [ORDERS]).drop(columns="n")) == ["0"]


class TestJsonSchema:
    def test_it_is_a_valid_schema_of_this_version(self) -> None:
        jsonschema.Draft202012Validator.check_schema(findings_schema())
        for name in FRAMES:
            jsonschema.Draft202012Validator.check_schema(frame_schema(name))
        assert findings_schema()["properties"]["schema_version"]["const"] == SCHEMA_VERSION == 4

    def test_it_describes_every_column_but_those_that_tell_where_files_are(self) -> None:
        described = findings_schema()["properties"]
        assert set(FRAMES) - set(described) == {"runs", "arms", "stages"}
        for name in set(FRAMES) & set(described):
            row = described[name]["items"]
            expected = [column for column in FRAMES[name].names if column not in ("log", "arguments")]
            assert row["required"] == list(row["properties"]) == (["file"] if name == "logs" else []) + expected
            assert all(column["description"] for column in row["properties"].values())


class TestDocumentation:
    def test_the_page_is_made_from_the_description(self) -> None:
        assert PAGE.read_text(encoding="utf-8") == frames_page(), (
            "columns.yaml was changed: python -m medsyn_inspect.analysis.describe > docs/frames.md"
        )

    def test_it_has_every_column_of_every_frame(self) -> None:
        sections = {part.split("\n")[0].strip("`"): part for part in frames_page().split("\n## ")}
        for name, frame in FRAMES.items():
            assert [column for column in frame.names if f"`{column}`" not in sections[name]] == [], name
