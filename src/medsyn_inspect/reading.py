"""Reading an answer for its score: by its form; else by the model in the role `extractor`; else by nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from logging import getLogger
from typing import Generic, TypeVar
from weakref import WeakSet

from inspect_ai.model import Model, ModelAPI, model_roles

from medsyn_inspect.answers.extractor import ROLE, ExtractorFailed
from medsyn_inspect.answers.phrases import Phrases, phrases_of
from medsyn_inspect.answers.reading import CUT, Reading
from medsyn_inspect.answers.surface import surface
from medsyn_inspect.judging.roles import JUDGE_ROLE
from medsyn_inspect.records import CaseRecord, ReadBy, ReadRecord, shortened

logger = getLogger(__name__)

T = TypeVar("T")

_failed: WeakSet[ModelAPI] = WeakSet()
"""The connections to extractors of which a failure has been reported."""


@dataclass(frozen=True)
class Read(Generic[T]):
    """What an answer says, and how that was found.

    Attributes:
        value: `None` if nothing was read.
        form: Which form of answer was recognised, or what was found instead of one.
        record: What the score holds of it.
    """

    value: T | None
    form: str
    record: ReadRecord


def case_phrases(case: CaseRecord) -> Phrases:
    """The phrases with which an answer to a case is read: those of its language, and English."""
    return phrases_of(case.language, case.reading)


async def read_answer(
    by_form: Reading[T], answer: str, phrases: Phrases, extract: Callable[[Model], Awaitable[Reading[T]]]
) -> Read[T]:
    """What was read by form, or else what an extractor reads, if there is one.

    An extractor is not asked about an answer that was cut, or is empty. Its first failure is reported on the screen:
    Inspect leaves unscored answers out of the accuracy of `fdx` before any metric sees them.

    Args:
        by_form: The reading by form.
        answer: The completion.
        phrases: Those of the case's language.
        extract: Asks an extractor.
    """
    if by_form.value is not None:
        return _read(by_form, "form")
    worth_asking = by_form.problem not in CUT.values() and bool(surface(answer, phrases).visible.strip())
    extractor = extractor_model() if worth_asking else None
    if extractor is None:
        return _read(by_form, "nobody")
    try:
        extracted = await extract(extractor)
    except ExtractorFailed as failed:
        record = ReadRecord(read_by="nobody", extractor=str(extractor), extractor_failure=shortened(str(failed)))
        if extractor.api not in _failed:
            _failed.add(extractor.api)
            logger.warning(
                f"{record.extractor_failure}. Answers that the extractor fails to read are unscored: the accuracy of "
                "`fdx` on the screen is that of the others. `medsyn analyze` prints it with bounds."
            )
        return Read(None, by_form.how, record)
    # Where the extractor finds no answer either, the form knows better why: it refuses, or states several.
    return _read(extracted if extracted.value is not None else by_form, "extractor", str(extractor))


def extractor_model() -> Model | None:
    """The model in the role `extractor`, else the judge if one was given; of several the first.

    Never the model under test, unless it was named in one of these roles.
    """
    roles = model_roles()
    given = roles.get(ROLE) or roles.get(JUDGE_ROLE)
    return given[0] if isinstance(given, list) else given


def _read(reading: Reading[T], by: ReadBy, extractor: str | None = None) -> Read[T]:
    record = ReadRecord(failure=reading.problem, read_by=by, extractor=extractor, notes=list(reading.notes))
    return Read(reading.value, reading.how, record)
