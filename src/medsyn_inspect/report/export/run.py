"""One log as the schema of Every Eval Ever sees it: its identity, its reader, and the numbers it reports."""

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

from medsyn_inspect.providers import Kind, kind_of
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Outcome, TaskRecord
from medsyn_inspect.wording import HIDDEN

SCHEMA_VERSION = "0.3.0"
COLLECTION = "medsyn-inspect"
"""The folder under `data/`."""

Json = dict[str, Any]

NO_MODEL: dict[Kind | None, str] = {
    "physician": "people, whose answers were imported; no model",
    "simulated": "simulated; no medical model",
    "stand-in": "answers made up for a test; no model",
}
"""What is said of readers and judges that are no models, by kind of provider."""

_NOT_IN_PATHS = re.compile(r'[/<>:"\\|?*\t\n]')


@dataclass(frozen=True)
class Metric:
    """A number that an aggregate reports."""

    key: str
    """Its identifier in the schema."""

    name: str
    """For people."""

    column: str
    """Of `read_runs`."""

    unit: str
    """`proportion` or `points`."""

    description: str
    """What it says."""


COVERAGE = "Share of cases with a diagnosis judged at or over the rubric's threshold"
MEAN = "Mean over cases of the best level of the rubric that a diagnosis was judged at"
METRICS: dict[str, tuple[Metric, ...]] = {
    "fdx": (Metric("accuracy", "Accuracy", "right", "proportion", "Share of cases with the right option chosen"),),
    "ddx": (
        Metric("medsyn.ddx_coverage", "DDx coverage", "right", "proportion", f"{COVERAGE} in the differential"),
        Metric("medsyn.ddx_score", "DDx score", "score", "points", f"{MEAN}, of the differential"),
    ),
    "open_fdx": (
        Metric("medsyn.open_fdx_coverage", "Open FDx coverage", "right", "proportion", f"{COVERAGE}, committed to"),
        Metric("medsyn.open_fdx_score", "Open FDx score", "score", "points", f"{MEAN}, of the one committed to"),
    ),
}


@dataclass(frozen=True)
class Run:
    """One log."""

    file: str
    """Where it is."""

    header: EvalLog
    """Without samples."""

    task: TaskRecord
    """What was asked."""

    answers: pd.DataFrame
    """Its rows of `read_runs`."""

    made: str
    """When the record is made, in seconds since 1970."""

    rubric: str
    """By which it was judged, last; empty for `fdx`."""

    @property
    def uuid(self) -> UUID:
        """The same for the same log, so that exporting twice replaces instead of adding."""
        return UUID(bytes=hashlib.sha256(self.header.eval.eval_id.encode()).digest()[:16], version=4)

    @property
    def model_id(self) -> str:
        """The reader in the schema's form: developer/model, usable as a path."""
        return str(model_identity(self.header.eval.model)["id"])

    @property
    def evaluation_id(self) -> str:
        """Unique for the log and the time of export."""
        return f"{COLLECTION}-{self.task.question}-{self.header.eval.eval_id}/{self.model_id}/{self.made}"

    @property
    def folder(self) -> str:
        """Where its files go: always four folders deep, whatever the model is called."""
        developer, _, model = self.model_id.partition("/")
        return f"data/{COLLECTION}/{developer}/{model.replace('/', '_')}"

    @property
    def name(self) -> str:
        """The evaluation's name, with the condition."""
        return f"medsyn_inspect/{self.task.question} ({self.task.condition.words})"

    def result_id(self, metric: Metric) -> str:
        """By which an answer points to the result that it contributes to."""
        return f"{self.evaluation_id}#{metric.key}"


def model_identity(name: str) -> Json:
    """`model_info` of a model that Inspect calls `name`: the name as it is, and the identifier without its server."""
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
    """A name as one part of a path that leads to no other folder, on any system."""
    part = _NOT_IN_PATHS.sub("_", HIDDEN.sub("_", name)).strip().rstrip(". ")
    # The schema keeps `data` for itself.
    return f"_{part}" if part in ("", "data") else part


def score_record(task: TaskRecord, score: Score) -> ChoiceRecord | DifferentialRecord:
    """What a score says of an answer."""
    # Not validated: of a long field a summary holds a remark that it was left out.
    kind = ChoiceRecord if task.question == "fdx" else DifferentialRecord
    metadata = score.metadata or {}
    return kind.model_construct(**metadata | {"outcome": Outcome(metadata["outcome"])})


def score_of(summary: EvalSampleSummary) -> Score | None:
    """The newest score of this suite; a scorer of others says nothing of the outcome."""
    scores = [score for score in (summary.scores or {}).values() if "outcome" in (score.metadata or {})]
    return scores[-1] if scores else None


def last_rubric(task: TaskRecord, summaries: Iterable[EvalSampleSummary]) -> str:
    """By which a log was judged; judged again, it can be another than its task says. Empty for `fdx`."""
    scores = [score_of(summary) for summary in summaries]
    records = [score_record(task, score) for score in scores if score is not None]
    return next((record.rubric for record in records if isinstance(record, DifferentialRecord)), "")
