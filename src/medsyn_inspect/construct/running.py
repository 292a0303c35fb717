"""A whole construction, as the command line gives it: creates the models, runs the steps, and writes the set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai.model import Model, get_model

from medsyn_inspect.cases.check import CONSTRUCTION_FILE
from medsyn_inspect.construct.pipeline import Built, Models, Settings, built, construction_lines
from medsyn_inspect.construct.reading.source import DEMO
from medsyn_inspect.construct.refine import Solvers
from medsyn_inspect.construct.written import DATASHEET_FILE, flow_of, write_case_set
from medsyn_inspect.judging.roles import unusable
from medsyn_inspect.planning.prices import load_prices
from medsyn_inspect.version import package_version
from medsyn_inspect.wording import plural
from medsyn_inspect.writing import require_writable, write_files


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be built, from what, and by which models."""

    source: str | Path
    destination: Path
    steps: Path
    builder: str
    checker: str | None = None
    solvers: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    reader: str | None = None
    name: str = "constructed"
    fictional: bool = False
    without_failed: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    """Fields of `Settings` that are given."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of Inspect's `eval`."""


def construct(order: Order) -> Iterator[str]:
    """Build a case set; yields what is reported.

    Raises:
        ValueError: If the source or a model cannot be used, no report became a case, or calls failed.
        NotWritten: If a folder cannot be written.
    """
    require_writable(order.destination.parent)
    require_writable(order.steps)
    models = models_of(order)
    options = dict(order.options)
    if "cost_limit" in options:
        options["model_cost_config"] = {name: price.model_dump() for name, price in load_prices().items()}
    result = built(order.source, order.steps, models, Settings(**order.settings, options=options))
    write_files({CONSTRUCTION_FILE: construction_lines(result)}, order.steps)
    yield from summary(result)
    if result.failed and not order.without_failed:
        raise ValueError(
            f"{plural(len(result.failed), 'report')} could not be built because calls failed (see {order.steps}); give "
            "the same command again to repeat only these calls, or leave the reports out with --without-failed"
        )
    about = {
        "name": order.name,
        "synthetic": order.fictional or str(order.source) == DEMO,
        "package_version": package_version(),
    }
    card = write_case_set(order.destination, order.steps, result, about)
    yield f"Case set {card.name} {card.version}: {order.destination}"
    yield f"What it contains, and its limits: {order.destination / DATASHEET_FILE}"
    yield f"The way of every report: {order.destination / CONSTRUCTION_FILE}"
    yield f"Prompts and replies: inspect view --log-dir {order.steps / 'logs'}"


def models_of(order: Order) -> Models:
    """The models of an order; whatever is not named is the builder.

    Raises:
        ValueError: If one cannot be created, for example because its key is missing.
    """
    created: dict[str, Model] = {}

    def model(role: str, name: str) -> Model:
        if name not in created:
            try:
                created[name] = get_model(name)  # inspect-evals-lint: ignore[IEBP001] -- given to eval()
            except Exception as error:
                # Each provider has its own type of error for a missing key or package.
                raise ValueError(unusable(role, name, error)) from error
        return created[name]

    builder = model("builder", order.builder)
    return Models(
        builder=builder,
        checker=model("checker", order.checker or order.builder),
        solvers=Solvers(
            tuple(model("solver", name) for name in order.solvers or (order.builder,)),
            tuple(model("solver", name) for name in order.held_out),
        ),
        reader=model("reader", order.reader or order.builder),
    )


def summary(result: Built) -> Iterator[str]:
    """What each step kept and dropped, and what the solvers without evidence reached."""
    steps = flow_of(result)
    start = steps[0].kept + sum(steps[0].dropped.values())
    yield f"{plural(start, 'case report')}: {len(result.kept)} became cases"
    for step in steps:
        for reason, count in step.dropped.items():
            yield f"  {step.step}: dropped {count}, {reason}"
    for one in result.refinement.measured:
        when = f"round {one.round}" if one.round.isdecimal() else one.round
        when += ", held out" if one.held_out else ""
        yield (
            f"  {one.solver} ({one.shown}, {when}): {one.right} of {one.draws} draws right, {one.verdict} "
            f"chance's interval ({one.chance_lower:.3f} to {one.chance_upper:.3f})"
        )
    rules = Counter(one.rule for draft in result.drafts for one in draft.caught)
    for rule, count in rules.most_common():
        yield f"  caught {count}: {rule}"
    if not result.images_read:
        yield "  Text in images was not looked for: it needs `pip install 'medsyn-inspect[privacy]'` beforehand"
