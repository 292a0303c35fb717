"""Which arms a case is asked in to measure Evidence Sensitivity, and what the answers of one arm give."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.prompts.arms import TEXT_SECTIONS, Arm, View
from medsyn_inspect.records import ONLY, ORDER, REPEAT, VISUAL, Source

VIEWS: tuple[View, ...] = ("image", "finding")
Orders = Literal["fixed", "cyclic"]


@dataclass(frozen=True)
class AskedArm:
    """One prompt of a case: what is shown, and how the question is put."""

    name: str
    """What sets it apart within its view: nothing, what is withheld, or one of the names in `records`."""

    arm: Arm
    """What is shown."""

    rotation: int = 0
    """By how many places the options are shifted cyclically."""

    reworded: bool = False
    """Whether the question is put in other words."""

    @property
    def label(self) -> str:
        """Key of its record and name of its span: `image`, `finding-ct`, `image-repeat`."""
        return f"{self.arm.view}-{self.name}" if self.name else self.arm.view


def arms_of(
    case: Case,
    types: Sequence[EvidenceType] = (),
    *,
    text_evidence: bool = False,
    only_one: bool = False,
    repeat: bool = True,
    shifts: Sequence[int] = (),
) -> list[AskedArm]:
    """In each view that the case can be shown in: all evidence, then all but one type, for every type.

    Args:
        case: The case.
        types: Only these types are withheld in turn; empty for all.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text, and the text alone.
        repeat: Whether all evidence is shown once more with the question in other words.
        shifts: By how many places the options are shifted where all evidence is shown again in other orders, to audit
            position bias; in the first view only.
    """
    asked: list[AskedArm] = []
    visual = [piece.type.value for piece in case.evidence_in_clinical_order if not types or piece.type in types]
    all_visual = frozenset(piece.type.value for piece in case.evidence)
    text = [name for name in TEXT_SECTIONS if text_evidence and getattr(case, name).strip()]
    for view in VIEWS:
        if not all(piece.images if view == "image" else piece.finding for piece in case.evidence):
            continue
        first = not asked
        full = Arm(view)
        asked.append(AskedArm("", full))
        asked += [AskedArm(name, Arm(view, frozenset({name}))) for name in [*text, *visual]]
        if repeat:
            asked.append(AskedArm(REPEAT, full, reworded=True))
        if only_one:
            asked.append(AskedArm(VISUAL, Arm(view, all_visual)))
            asked += [AskedArm(ONLY + name, Arm(view, all_visual - {name})) for name in visual]
        if first:
            asked += [AskedArm(f"{ORDER}{shift}", full, rotation=shift) for shift in shifts]
    return asked


def design_of(
    case: Case,
    case_ids: Sequence[str],
    source: Source | None,
    types: Sequence[EvidenceType] = (),
    *,
    text_evidence: bool = False,
    only_one: bool = False,
    orders: Orders = "fixed",
    order_audit: float = 0.1,
) -> tuple[list[AskedArm], Sequence[int]]:
    """All that a case is asked: its arms, and by how many places the options are shifted in each (`rotations_of`).

    Args:
        case: The case.
        case_ids: All cases of the set, among which those to be audited are drawn.
        source: What the posterior is to rest on; a reworded repeat is needless with samples, whose noise is known.
        types: Only these types are withheld in turn; empty for all.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text.
        orders: `fixed`, or `cyclic`: every arm in all cyclic orders of the options.
        order_audit: Share of the cases whose full arm is asked in all cyclic orders.
    """
    places = range(len(case.options or ()))
    arms = arms_of(
        case,
        types,
        text_evidence=text_evidence,
        only_one=only_one,
        repeat=source != "samples",
        # Asked in the fixed order, the full arm itself is the first of them.
        shifts=places[orders == "fixed" :] if case.case_id in audited_cases(case_ids, order_audit) else (),
    )
    return arms, places if orders == "cyclic" else places[:1]


def rotations_of(arm: AskedArm, shifts: Sequence[int]) -> Sequence[int]:
    """The orders of the options in which an arm is asked: one of its own, or all of `shifts`, to be averaged."""
    return (arm.rotation,) if len(shifts) == 1 or arm.name.startswith(ORDER) else shifts


def audited_cases(case_ids: Sequence[str], share: float) -> frozenset[str]:
    """The cases whose options are shown in every order: drawn by a hash, so that every reader gets the same.

    Args:
        case_ids: The cases of the set.
        share: How many of them, from 0 to 1; rounded up.
    """
    ranked = sorted(case_ids, key=lambda name: hashlib.sha256(f"order audit|{name}".encode()).hexdigest())
    # 0.07 * 100 is a little more than 7 to the computer, and is to be 7.
    return frozenset(ranked[: math.ceil(round(share * len(ranked), 9))])


def rotated(options: Sequence[str], rotation: int) -> tuple[str, ...]:
    """The options shifted cyclically: the one at place `rotation` comes first."""
    return (*options[rotation:], *options[:rotation])
