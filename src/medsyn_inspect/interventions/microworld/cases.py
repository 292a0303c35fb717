"""Cases of the world in the contract of case sets."""

from __future__ import annotations

from medsyn_inspect.cases.case import Case, EvidenceImage, EvidenceType, VisualEvidence
from medsyn_inspect.interventions.microworld.world import World, WorldCase

LICENCE = "CC0-1.0"

FRAMES = ("There are {sign}.", "The pattern consists of {sign}.")
"""The two ways in which a finding is worded."""

HISTORY = "The patient reports {cue}."
EXAMINATION = "The physical examination is normal."


def finding(world: World, place: int, sign: int, frame: int) -> str:
    """A sign in words.

    Args:
        world: The world.
        place: Index of the evidence type in `world.types`.
        sign: The sign.
        frame: Which wording.
    """
    return FRAMES[frame % len(FRAMES)].format(sign=world.sign(place, sign))


def case_of(world: World, drawn: WorldCase, case_id: str, frames: tuple[int, ...]) -> Case:
    """A drawn case as a `Case`, whose images are in `images/`.

    Args:
        world: The world.
        drawn: The case as drawn.
        case_id: Its id, which also names its images.
        frames: For each evidence type, which wording its finding has.
    """
    evidence = tuple(
        VisualEvidence(
            type=EvidenceType(name),
            images=(EvidenceImage(path=image_path(case_id, name)),),
            finding=finding(world, place, drawn.signs[place], frames[place]),
        )
        for place, name in enumerate(world.types)
    )
    return Case(
        case_id=case_id,
        language="en",
        history=HISTORY.format(cue=world.cue(drawn.cue)),
        examination=EXAMINATION,
        evidence=evidence,
        final_diagnosis=world.name(drawn.diagnosis),
        options=tuple(world.name(option) for option in drawn.options),
        source=f"microworld, seed {world.seed}",
        licence=LICENCE,
    )


def image_path(case_id: str, evidence_type: str) -> str:
    """Path of the picture of an evidence type of a case, in the folder of its case set."""
    return f"images/{case_id}-{evidence_type.replace('_', '-')}.png"
