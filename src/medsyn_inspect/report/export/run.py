"""One log in the terms of Every Eval Ever: its identity, its reader, and its metrics."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pandas as pd
from inspect_ai.log import EvalLog, EvalSampleSummary
from inspect_ai.scorer import Score

from medsyn_inspect.analysis.read.scores import counted_score
from medsyn_inspect.providers import Kind, kind_of
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Outcome, TaskRecord
from medsyn_inspect.wording import HIDDEN

SCHEMA_VERSION = "0.3.0"
COLLECTION = "medsyn-inspect"
"""The folder under `data/`."""

Json = dict[str, Any]

NO_MODEL: dict[Kind | None, str] = {
    "physician": "physicians, whose answers were imported; no model",
    "simulated": "simulated; no medical model",
    "stand-in": "answers made up for a test; no model",
}
"""Descriptions of readers and judges that are not models, by kind of provider."""

_NOT_IN_PATHS = re.compile(r'[/<>:"\\|?*\t\n]')


@dataclass(frozen=True)
class Metric:
    """A metric of an aggregate record."""

    key: str
    """Its identifier in the schema."""

    name: str
    """Display name."""

    column: str
    """Column of `read_runs`."""

    unit: str
    """`proportion` or `points`."""

    description: str
    """Definition of the metric."""


COVERAGE = "Share of cases with a diagnosis rated at or above the rubric's threshold"
MEAN = "Mean over cases of the best rating of a diagnosis on the rubric"
METRICS: dict[str, tuple[Metric, ...]] = {
    "fdx": (Metric("accuracy", "Accuracy", "right", "proportion", "Share of cases with the right option chosen"),),
    "ddx": (
        Metric("medsyn.ddx_coverage", "DDx coverage", "right", "proportion", f"{COVERAGE} in the differential"),
        Metric("medsyn.ddx_score", "DDx score", "score", "points", f"{MEAN}, in the differential"),
    ),
    "open_fdx": (
        Metric("medsyn.open_fdx_coverage", "Open FDx coverage", "right", "proportion", f"{COVERAGE}, open FDx"),
        Metric("medsyn.open_fdx_score", "Open FDx score", "score", "points", f"{MEAN}, open FDx"),
    ),
}


@dataclass(frozen=True)
class Run:
    """One log."""

    file: str
    """Location of the log."""

    header: EvalLog
    """Header of the log."""

    task: TaskRecord
    """Record of the task."""

    answers: pd.DataFrame
    """Rows of `read_runs`, one per answer."""

    made: str
    """Time of export, in seconds since 1970."""

    rubric: str
    """Rubric of the counted scores; empty for `fdx`."""

    @property
    def uuid(self) -> UUID:
        """Derived from the log, so that a second export replaces the first."""
        return UUID(bytes=hashlib.sha256(self.header.eval.eval_id.encode()).digest()[:16], version=4)

    @property
    def model_id(self) -> str:
        """The reader as developer/model, usable as a path."""
        return str(model_identity(self.header.eval.model)["id"])

    @property
    def evaluation_id(self) -> str:
        """Unique for the log and the time of export."""
        return f"{COLLECTION}-{self.task.question}-{self.header.eval.eval_id}/{self.model_id}/{self.made}"

    @property
    def folder(self) -> str:
        """Folder of its files, always four levels deep for any model name."""
        developer, _, model = self.model_id.partition("/")
        return f"data/{COLLECTION}/{developer}/{model.replace('/', '_')}"

    @property
    def name(self) -> str:
        """The evaluation's name, with the condition."""
        return f"medsyn_inspect/{self.task.question} ({self.task.condition.words})"

    def result_id(self, metric: Metric) -> str:
        """Identifier of a result, by which an answer refers to it."""
        return f"{self.evaluation_id}#{metric.key}"


def model_identity(name: str) -> Json:
    """`model_info` of a model with Inspect's `name`: the name, and the identifier without its server."""
    provider, _, rest = name.partition("/")
    kind = kind_of(name)
    of_others = "/" in rest and kind in ("engine", "platform")
    developer, _, model = (rest if of_others else name).partition("/")
    parts = [developer, *model.split("/")]
    identity: Json = {"name": name, "id": "/".join(path_part(part) for part in parts)}
    if kind == "engine":
        identity["inference_engine"] = {"name": provider}
    elif kind not in NO_MODEL:
        identity["inference_platform"] = provider
    # Whether weights are open or who runs a server does not follow from the name.
    details = {"deployment_type": "unknown", "model_availability": "unknown"}
    if kind in NO_MODEL:
        details["reader"] = NO_MODEL[kind]
    return identity | {"additional_details": details}


def path_part(name: str) -> str:
    """A name as a single component of a path, valid on every system."""
    part = _NOT_IN_PATHS.sub("_", HIDDEN.sub("_", name)).strip().rstrip(". ")
    # `data` is reserved by the schema.
    return f"_{part}" if part in ("", "data") else part


def score_record(task: TaskRecord, score: Score) -> ChoiceRecord | DifferentialRecord:
    """The record of an answer in a score."""
    # Not validated: a summary replaces long fields by a remark.
    kind = ChoiceRecord if task.question == "fdx" else DifferentialRecord
    metadata = score.metadata or {}
    return kind.model_construct(**metadata | {"outcome": Outcome(metadata["outcome"])})


def counted_rubric(task: TaskRecord, summaries: Iterable[EvalSampleSummary]) -> str:
    """Rubric of the counted scores, which can differ from the task's if a log was judged again. Empty for `fdx`."""
    scores = [counted_score(summary, task.question) for summary in summaries]
    records = [score_record(task, score) for score in scores if score is not None]
    return next((record.rubric for record in records if isinstance(record, DifferentialRecord)), "")
