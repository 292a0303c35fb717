"""The design of a `sensitivity` run: the arms in which each case is shown."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medsyn_inspect.arms.sources import AUTO, CHOICES, SOURCES
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import known_evidence_type
from medsyn_inspect.parameters import as_names
from medsyn_inspect.records import ONLY, ORDER, REPEAT, TEXT_SECTIONS, VIEWS, VISUAL, Condition, View

Orders = Literal["fixed", "cyclic"]

_SOURCES = "; ".join(f"`{name}`: {source.meaning}" for name, source in SOURCES.items())


def check_orders(orders: Orders, source: str | None) -> None:
    """Check that posteriors from a source can be averaged over the orders of the options, if that is the design.

    Args:
        orders: As in `Design`.
        source: A source of posteriors, `auto`, or `None` if it is not known yet.

    Raises:
        ValueError: If they cannot.
    """
    known = SOURCES.get(source or AUTO)
    if orders == "cyclic" and known and known.not_cyclic:
        raise ValueError(f"orders=cyclic: {known.not_cyclic}; choose orders=fixed")


class Design(BaseModel):
    """The design of a `sensitivity` run. Its fields are parameters of the task."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    types: tuple[str, ...] = ()
    """Only these evidence types are withheld in turn; all by default."""

    posterior: str = Field(
        default=AUTO,
        description=f"{_SOURCES}; `{AUTO}`: token probabilities if the model gives them, otherwise samples.",
    )

    samples: int = 20
    """Answers per arm where the posterior is estimated from samples."""

    text_evidence: bool = False
    """Whether history and examination are withheld in turn as well."""

    only_one: bool = False
    """Whether each evidence type is also shown alone with the text."""

    orders: Orders = "fixed"
    """`fixed`, or `cyclic`: each arm in all cyclic orders of the options, averaged geometrically."""

    order_audit: float = 0.1
    """Share of the cases whose full arm is repeated in all cyclic orders of the options, to measure position bias."""

    @field_validator("types", mode="before")
    @classmethod
    def _known(cls, types: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
        return tuple(known_evidence_type(name).value for name in as_names(types))

    @field_validator("posterior", "orders", mode="before")
    @classmethod
    def _one_of(cls, value: str, info: object) -> str:
        choices = CHOICES if getattr(info, "field_name", "") == "posterior" else get_args(Orders)
        if value not in choices:
            raise ValueError(f"choose one of {', '.join(choices)}")
        return value

    @field_validator("samples")
    @classmethod
    def _several(cls, samples: int) -> int:
        if samples < 2:
            raise ValueError("must be 2 or more")
        return samples

    @field_validator("order_audit")
    @classmethod
    def _share(cls, share: float) -> float:
        if not 0 <= share <= 1:
            raise ValueError("must be a share of the cases, from 0 to 1")
        return share

    @model_validator(mode="after")
    def _averaged(self) -> Design:
        check_orders(self.orders, self.posterior)
        return self


DESIGN = Design()
"""The default design."""


@dataclass(frozen=True)
class Arm:
    """One prompt of a case: what is shown, and how the question is worded."""

    name: str
    """The name within its view, as in `ArmRecord.name`."""

    condition: Condition
    """What is shown."""

    offset: int = 0
    """Number of positions by which the options are shifted cyclically."""

    reworded: bool = False
    """Whether the question is reworded."""

    @property
    def view(self) -> View:
        """How visual evidence is shown."""
        return "finding" if self.condition.view == "finding" else "image"

    @property
    def label(self) -> str:
        """The key of the arm's record and the name of its span: `image`, `finding-ct`, `image-repeat`."""
        return f"{self.view}-{self.name}" if self.name else self.view


@dataclass(frozen=True)
class CaseArms:
    """The arms of a case, and the orders of the options in which they are shown."""

    arms: tuple[Arm, ...]
    """The arms in the order in which they are run; the first shows all evidence."""

    offsets: Sequence[int]
    """Cyclic shifts of the options over which each arm is averaged: a single shift, or all."""

    def offsets_of(self, arm: Arm) -> Sequence[int]:
        """The cyclic shifts of the options in which an arm is shown: its own shift, or all of `offsets`."""
        return (arm.offset,) if len(self.offsets) == 1 or arm.name.startswith(ORDER) else self.offsets


def case_arms(
    case: Case, case_ids: Sequence[str], source: str | None, design: Design = DESIGN, *, emphasis: str = ""
) -> CaseArms:
    """All arms of a case under a design.

    Args:
        case: The case.
        case_ids: All cases of the run, from which the cases of the order audit are drawn.
        source: The source of the posterior; `None` if it is not known. Without a reworded question, there is no repeat.
        design: The design of the run.
        emphasis: An evidence type that the system message asks the reader to attend to, or empty.
    """
    positions = range(len(case.options or ()))
    audited = case.case_id in audited_cases(case_ids, design.order_audit)
    # With orders=fixed, the full arm is already the first of the cyclic orders.
    audit = positions[design.orders == "fixed" :] if audited else ()
    arms = arms_of(
        case, design, repeat=source is None or SOURCES[source].reworded is not None, audit=audit, emphasis=emphasis
    )
    return CaseArms(tuple(arms), positions if design.orders == "cyclic" else positions[:1])


def arms_of(
    case: Case, design: Design = DESIGN, *, repeat: bool = True, audit: Sequence[int] = (), emphasis: str = ""
) -> list[Arm]:
    """The arms of a case in each view that it has: all evidence, then all but one type, for every type.

    Args:
        case: The case.
        design: Which types are withheld, and which further arms there are.
        repeat: Whether an arm shows all evidence with the question reworded.
        audit: Cyclic shifts of the options in which all evidence is shown again to measure position bias, in the first
            view only.
        emphasis: An evidence type that the system message asks the reader to attend to, or empty.
    """
    arms: list[Arm] = []
    all_visual = tuple(piece.type.value for piece in case.evidence_in_clinical_order)
    visual = [name for name in all_visual if not design.types or name in design.types]
    text = [name for name in TEXT_SECTIONS if design.text_evidence and getattr(case, name).strip()]
    for view in VIEWS:
        if not all(piece.images if view == "image" else piece.finding for piece in case.evidence):
            continue
        full = Condition(view=view, emphasis=emphasis)
        in_view = [Arm("", full)]
        in_view += [Arm(name, full.replace(withheld=(name,))) for name in [*text, *visual]]
        if repeat:
            in_view.append(Arm(REPEAT, full, reworded=True))
        if design.only_one:
            in_view.append(Arm(VISUAL, full.replace(withheld=all_visual)))
            in_view += [
                Arm(ONLY + name, full.replace(withheld=tuple(other for other in all_visual if other != name)))
                for name in visual
            ]
        if not arms:
            in_view += [Arm(f"{ORDER}{offset}", full, offset=offset) for offset in audit]
        arms += in_view
    return arms


def audited_cases(case_ids: Sequence[str], share: float) -> frozenset[str]:
    """The cases whose options are shown in every cyclic order; drawn by a hash, so that all readers get the same cases.

    Args:
        case_ids: The cases of the run.
        share: Share of the cases, from 0 to 1; the number of cases is rounded up.
    """
    ranked = sorted(case_ids, key=lambda name: hashlib.sha256(f"order audit|{name}".encode()).hexdigest())
    # In floating point, 0.07 * 100 is slightly more than 7; rounded up it would be 8.
    return frozenset(ranked[: math.ceil(round(share * len(ranked), 9))])


def permuted(options: Sequence[str], offset: int) -> tuple[str, ...]:
    """The options shifted cyclically, so that the one at index `offset` comes first."""
    return (*options[offset:], *options[:offset])
