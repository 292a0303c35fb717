"""How to reproduce the runs: run configurations, versions and settings, tokens and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from medsyn_inspect.cases.load import DEMO
from medsyn_inspect.providers import is_billed, is_model
from medsyn_inspect.report.material import USAGE, Material, rows_of
from medsyn_inspect.report.rerun.run_config import Rerun, file_names, rerun
from medsyn_inspect.wording import NOT_BILLED

RUNS = (
    "log", "reader", "question", "counted", "status", "created", "duration", "task_version", "package_version",
    "inspect_version", "revision", "dirty", "case_set", "fingerprint", "templates", "epochs", "seed", "temperature",
)  # fmt: skip
"""Columns of `Reproducibility.runs`; durations in seconds, `templates` as `en 14c763e34b26, zh 671f33c921c3`."""


class Price(Protocol):
    """USD per million tokens."""

    @property
    def input(self) -> float:
        """Input tokens that are not cached."""

    @property
    def output(self) -> float:
        """Output tokens, reasoning included."""

    @property
    def input_cache_write(self) -> float:
        """Input tokens written to the provider's cache."""

    @property
    def input_cache_read(self) -> float:
        """Input tokens read from it."""


PriceOf = Callable[[str], Price | None]
"""The price of a model, such as `openai/gpt-4o`; `None` if it is not known."""


@dataclass(frozen=True)
class Reproducibility:
    """The information needed to repeat the runs and to compare the results."""

    reruns: tuple[Rerun, ...]
    """In the order of `Material.logs`."""

    runs: pd.DataFrame
    """Versions, fingerprints and seeds of each log: the columns of `RUNS`."""

    usage: pd.DataFrame
    """Tokens and cost by log, role and model: see `usage_table`."""

    totals: pd.DataFrame
    """The same by role and model."""

    notes: tuple[str, ...]
    """Reasons why the same commands can give different results."""


def reproducibility(material: Material, price_of: PriceOf | None = None) -> Reproducibility:
    """How to reproduce all runs of the material.

    Args:
        material: From `read_material`.
        price_of: The price of a model; without it, costs are missing.
    """
    usage = usage_table(material, price_of)
    rows = rows_of(material.logs)
    return Reproducibility(
        reruns=tuple(rerun(row, file) for row, file in zip(rows, file_names(material.logs["log"]), strict=True)),
        runs=runs_table(material),
        usage=usage,
        totals=usage_totals(usage),
        notes=tuple(_notes(material)),
    )


def runs_table(material: Material) -> pd.DataFrame:
    """Versions, fingerprints and seeds of each log."""
    rows = []
    for row in rows_of(material.logs):
        templates = ", ".join(f"{name} {print_}" for name, print_ in sorted(row["templates"].items()))
        settings = row["task_config"] | row["config"]
        case_set = {"case_set": f"{row['case_set']} {row['case_set_version']}", "templates": templates}
        rows.append(row | case_set | {name: settings.get(name) for name in ("seed", "temperature")})
    return pd.DataFrame(rows, columns=list(RUNS), dtype=object)


def usage_table(material: Material, price_of: PriceOf | None = None) -> pd.DataFrame:
    """Tokens and cost by log, role and model.

    Args:
        material: From `read_material`.
        price_of: The price of a model, `None` if it is not known.

    Returns:
        Columns `log` and those of `USAGE` (tokens; `cost` in USD, `None` if it is not known), and `basis`: the
        source of the cost, or why there is none.
    """
    rows = []
    for log in rows_of(material.logs):
        for entry in log["usage"]:
            cost, basis = _cost(entry, price_of)
            rows.append({"log": log["log"]} | entry | {"cost": cost, "basis": basis})
    return pd.DataFrame(rows, columns=["log", *USAGE, "basis"], dtype=object)


def usage_totals(usage: pd.DataFrame) -> pd.DataFrame:
    """Sums of a `usage_table` by role and model; a cost only where it is known for every log."""
    rows: list[dict[str, Any]] = []
    for (role, model), found in usage.groupby(["role", "model"], sort=False):
        row: dict[str, Any] = {"role": role, "model": model, "logs": len(found)}
        for name in USAGE[2:-1]:
            counts = [int(count) for count in found[name] if count is not None]
            row[name] = sum(counts) if counts else None
        costs = list(found["cost"])
        row["cost"] = None if None in costs else float(sum(costs))
        row["basis"] = "; ".join(dict.fromkeys(found["basis"]))
        rows.append(row)
    return pd.DataFrame(rows, columns=["role", "model", "logs", *USAGE[2:], "basis"], dtype=object)


def _cost(entry: Mapping[str, Any], price_of: PriceOf | None) -> tuple[float | None, str]:
    """Cost in USD, and its source."""
    model = str(entry["model"])
    if entry["cost"] is not None:
        return float(entry["cost"]), "as logged by Inspect"
    if not is_billed(model):
        return 0.0, NOT_BILLED
    price = price_of(model) if price_of else None
    if price is None:
        return None, f"no price known for {model}" if price_of else "no prices given"
    parts = (
        (entry["input"], price.input),
        (entry["output"], price.output),
        (entry["cached"] or 0, price.input_cache_read),
        (entry["cache_write"] or 0, price.input_cache_write),
    )
    day = getattr(price, "as_of", None)
    return sum(count * each for count, each in parts) / 1_000_000, f"list price{f' of {day}' if day else ''}"


def _notes(material: Material) -> Iterator[str]:
    """Reasons why the same commands can give different results."""
    logs = material.logs
    if any(is_model(str(model)) for model in logs["model"]):
        yield (
            "A hosted model can change without a change of name, and few services give the same answer to the same "
            "prompt, even with a seed; compare distributions, not single answers."
        )
    if any(arguments.get("cases", DEMO) != DEMO for arguments in logs["task_args"]):
        yield "The report does not contain the folders of case sets; compare fingerprints to identify a set."
    versions = sorted({str(version) for version in logs["inspect_version"]})
    if len(versions) > 1:
        yield f"The logs were written with different versions of Inspect: {', '.join(versions)}."
    if logs["dirty"].map(bool).any():
        yield "A log was written from a folder with uncommitted changes; its revision does not identify the code."
    if any(" and " in entry["role"] for entries in logs["usage"] for entry in entries):
        yield "If one model was both a reader and a member of a judge panel, its tokens cannot be separated by role."
    if len(logs):
        yield "Logs do not record the version of Python, environment variables, or the build of a hosted model."
