"""The steps in which a builder model takes part, one module each: what it is asked, and what its reply changes.

A step is a prompt template (`prompts/NAME.md`), a question as JSON, a typed reply, and a pure function that applies the
reply to a draft under the rules. `ALL` lists the steps in order; `step.Step` describes them.
"""

from __future__ import annotations

from medsyn_inspect.construct.steps.diagnosis import DIAGNOSIS
from medsyn_inspect.construct.steps.distractors import DISTRACTORS, VERIFY
from medsyn_inspect.construct.steps.extract import EXTRACT
from medsyn_inspect.construct.steps.identifiers import IDENTIFIERS
from medsyn_inspect.construct.steps.scrub import SCRUB
from medsyn_inspect.construct.steps.segment import SEGMENT
from medsyn_inspect.construct.steps.step import Step
from medsyn_inspect.construct.steps.summarise import SUMMARISE

__all__ = ["ALL", "BY_NAME"]

ALL: tuple[Step, ...] = (SEGMENT, EXTRACT, SUMMARISE, DIAGNOSIS, DISTRACTORS, VERIFY, SCRUB, IDENTIFIERS)
"""The steps before refinement, in order."""

BY_NAME: dict[str, Step] = {step.name: step for step in ALL}
