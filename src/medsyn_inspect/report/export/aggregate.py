"""The aggregate record of a log: task, reader, settings, and results with their intervals."""

from __future__ import annotations

import json
import math
from datetime import datetime

from medsyn_inspect.analysis.frames.accuracy import Estimate, estimate, failures, score_estimate
from medsyn_inspect.analysis.frames.scale import scale_of
from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.providers import is_simulated
from medsyn_inspect.records import TaskRecord
from medsyn_inspect.report.export.run import METRICS, SCHEMA_VERSION, Json, Metric, Run, model_identity

METHODS = {
    "wilson": "Wilson",
    "newcombe": "Newcombe, method 10",
    "student": "Student over cases, extended for skewness",
}
"""Names of the methods of intervals."""


def aggregate(run: Run) -> Json:
    """The aggregate record of a log, without `source_metadata` and the reference to its answers."""
    spec, task = run.header.eval, run.task
    model = model_identity(spec.model)
    if is_simulated(spec.model) and spec.model_args:
        model["additional_details"]["arguments"] = json.dumps(spec.model_args, sort_keys=True)
    settings = spec.model_generate_config.merge(run.header.plan.config).model_dump(exclude_none=True)
    shared = {name: settings[name] for name in ("temperature", "top_p", "top_k", "max_tokens") if name in settings}
    others = {name: json.dumps(settings[name]) for name in ("seed", "reasoning_effort", "logprobs") if name in settings}
    generation = {
        "generation_args": shared,
        "additional_details": others
        | {
            "view": task.condition.view,
            "withheld": task.condition.withhold,
            "text": task.condition.text,
            "staging": task.condition.staging,
            "emphasis": task.condition.emphasis,
            "wording": json.dumps(task.templates, sort_keys=True),
        },
    }
    results = []
    for metric in METRICS[task.question]:
        value = score_estimate(run.answers) if metric.column == "score" else estimate(run.answers, metric.column)
        if value is None or math.isnan(value.value):
            continue
        results.append(
            {
                "evaluation_result_id": run.result_id(metric),
                "evaluation_name": run.name,
                "source_data": _case_set(task),
                "evaluation_timestamp": _unix(spec.created),
                "metric_config": _metric_config(run, metric),
                "score_details": _score_details(run, value),
                "generation_config": generation,
            }
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": run.evaluation_id,
        "evaluation_timestamp": _unix(spec.created),
        "retrieved_timestamp": run.made,
        "eval_library": {
            "name": "inspect_ai",
            "version": spec.packages.get("inspect_ai", "unknown"),
            "additional_details": {"medsyn_inspect": task.package_version, "task_version": str(spec.task_version)},
        },
        "model_info": model,
        "evaluation_results": results,
    }


def _case_set(task: TaskRecord) -> Json:
    card = task.case_set_card
    details = {name: str(card.get(name, "")) for name in ("licence", "source", "synthetic")}
    details |= {
        "version": task.case_set_version,
        "fingerprint": task.case_set_fingerprint,
        "cases": str(task.case_set_size),
        "selection": task.condition.selection,
    }
    return {"dataset_name": task.case_set, "source_type": "other", "additional_details": details}


def _metric_config(run: Run, metric: Metric) -> Json:
    scale = scale_of(run.answers) if metric.column == "score" else None
    lowest, highest = scale.ends if scale else (0.0, 1.0)
    config: Json = {
        "evaluation_description": metric.description,
        "metric_id": metric.key,
        "metric_name": metric.name,
        "metric_unit": metric.unit,
        "lower_is_better": False,
        "score_type": "continuous",
        "min_score": lowest,
        "max_score": highest,
    }
    judges = list(dict.fromkeys(name for panel in run.answers["judge"] if panel for name in panel.split(", ")))
    if judges:
        config["llm_scoring"] = {
            "judges": [{"model_info": model_identity(name)} for name in judges],
            "input_prompt": load_rubric(run.rubric).instructions(),
            "additional_details": {"rubric": run.rubric, "exact_matches": "scored without a judge"},
        } | ({"aggregation_method": "median"} if len(judges) > 1 else {})
    return config


def _score_details(run: Run, value: Estimate) -> Json:
    uncertainty: Json = {"num_samples": value.n}
    if value.method:
        ends = {"lower": value.lower, "upper": value.upper}
        uncertainty["confidence_interval"] = ends | {"confidence_level": 0.95, "method": METHODS[value.method]}
    details = {
        "cases_asked": str(value.asked),
        "cases_scored": str(value.n),
        "lowest_if_unscored_were_wrong": f"{value.lower_if_missing_wrong:.6g}",
        "highest_if_unscored_were_right": f"{value.upper_if_missing_right:.6g}",
        "cases_unread": str(value.unread),
        "highest_if_unread_were_right": f"{value.upper_if_unread_right:.6g}",
        "epochs": str(run.header.eval.config.epochs or 1),
        "log_status": run.header.status,
    }
    details |= {name: str(count) for name, count in failures(run.answers).items()}
    return {"score": value.value, "details": details, "uncertainty": uncertainty}


def _unix(moment: str) -> str:
    return str(int(datetime.fromisoformat(moment).timestamp()))
