"""What a log carries, key by key: the contract between the tasks that write it and the analysis that reads it.

Inspect's sample summaries keep score metadata and sample metadata per top-level key, each up to 1 KB of
JSON. So every field here stays under 1 KB for any case, except where its docstring says that it is for the
viewer only. Nothing else in the package spells these keys.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

RECORDS_VERSION = 1
"""Raised when a key changes its meaning; logs of a newer version are refused by older analysis."""

COVERAGE_AT = (1, 3, 5, 10)
"""The k of `coverage_at_<k>`: covered by one of the first k listed diagnoses."""

Source = Literal["logprobs", "samples", "verbalized"]
"""What a posterior rests on: token probabilities, repeated answers, or probabilities that the reader names."""

HUMAN = "human"
"""The provider in the names of readers that are people: `human/two-physicians`."""

Failure = Literal["unparseable", "several", "refused", "content_filter", "truncated"]
"""Why an answer is wrong without being another diagnosis."""


class Outcome(StrEnum):
    """The four outcomes of asking one question about one case; never mixed."""

    RIGHT = "right"
    """The right option, or a differential judged at or over the threshold."""

    WRONG = "wrong"
    """Any other answer, one that cannot be parsed included."""

    JUDGE_FAILED = "judge_failed"
    """The reader answered, the judge gave no valid verdict: unscored."""

    CALL_FAILED = "call_failed"
    """The reader gave no answer because the call failed: unscored."""


class Record(BaseModel):
    """Frozen; written with `model_dump(mode="json")`."""

    model_config = ConfigDict(frozen=True)


class TaskRecord(Record):
    """Metadata of a task: what was asked, about which cases. One to each log."""

    records_version: int = RECORDS_VERSION
    """Version of this contract."""

    package_version: str
    """Version of medsyn_inspect that wrote the log."""

    question: str
    """`ddx`, `fdx` or `open_fdx`."""

    case_set: str
    """Name on the card."""

    case_set_version: str
    """Version on the card."""

    case_set_fingerprint: str
    """Content hash of the whole set; runs on sets with different fingerprints are not compared."""

    case_set_card: dict[str, object]
    """The whole card."""

    case_set_size: int
    """Cases in the whole set."""

    selected: int
    """Cases that the task's `language` and `specialty` leave."""

    selection: str
    """Which cases were selected (`language=zh`), or empty for all."""

    grading: str
    """How it is judged where that is not the default (`rubric=core_diagnosis`), or empty."""

    arm: str
    """Label of the arm: view and what is withheld."""

    text: str
    """`keep`, `remove` or `random`."""

    staging: str
    """`single` or `turns`."""

    emphasis: str | None
    """The evidence type that the system message asks to attend to."""

    templates: dict[str, str]
    """Fingerprint of the wording, by language."""


class CaseRecord(Record):
    """Metadata of a sample: what is known of the case without asking anybody."""

    language: str
    """Language of case and prompt."""

    specialty: str
    """Specialty, or `unspecified`."""

    specialty_group: str
    """Group of the specialty, or `unspecified`."""

    evidence_shown: list[str]
    """Evidence types that this arm shows, in clinical order."""

    evidence_withheld: list[str]
    """Sections that the case has and this arm does not show."""

    images: int
    """Number of images in the prompt."""

    final_diagnosis: str
    """The ground truth."""

    aliases: list[str]
    """Its other wordings."""

    options: list[str] | None = None
    """Options in the order shown, for `fdx`."""

    correct: str | None = None
    """Letter of the final diagnosis, for `fdx`."""

    flags: list[str] = []
    """Known weaknesses of the case."""

    stages: list[str] = []
    """Clinical stages, in order, one a turn; `["single"]` when all evidence comes at once."""


class GivenAnswer(Record):
    """Metadata of a sample that a person answered, beside its `CaseRecord`."""

    ambiguity: str | None = None
    """Why the person flagged the case as ambiguous, shortened; `None` if it was not flagged."""

    note: str | None = None
    """Any other remark, shortened."""

    given: str
    """The answer, in the form in which a model's would be read. For the solver and the viewer only."""

    filled_in: dict[str, str] = {}
    """The row of the sheet as it was filled in, by column. For the viewer only."""


class StageAnswer(Record):
    """An answer given on the way, before all evidence was there."""

    stage: str
    """The stage after which it was given."""

    answer: str | None
    """The letter, or the first listed diagnosis; `None` if it could not be parsed."""

    posterior: str | None = None
    """Probability of each option in the order shown, to 4 places, with blanks between them: lists of
    them would not fit into a summary. Eight stages fit with up to six options."""

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """The posterior as numbers."""
        return tuple(map(float, self.posterior.split())) if self.posterior is not None else None


class ChoiceRecord(Record):
    """Metadata of an `fdx` score."""

    outcome: Outcome
    """`right` or `wrong`; a failed call leaves no score at all."""

    failure: Failure | None = None
    """Why a wrong answer is no option."""

    choice: str | None = None
    """The letter."""

    chosen: str | None = None
    """The option's text."""

    form: str = ""
    """Which form of answer was recognised."""

    posterior: list[float] | None = None
    """Probability of each option in the order shown."""

    posterior_source: str | None = None
    """`logprobs`, where there is a posterior."""

    covered_mass: float | None = None
    """Probability that fell on the options' letters before normalising."""

    on_the_way: list[StageAnswer] = []
    """Answers at earlier stages, for `staging=turns`."""


class DifferentialRecord(Record):
    """Metadata of a `ddx` or `open_fdx` score."""

    outcome: Outcome
    """`right` if covered."""

    failure: Failure | None = None
    """Why an answer holds no diagnosis."""

    judge: list[str] = []
    """Names of the judges asked; empty where none was needed."""

    settled_by: Literal["exact_match", "judge", "nothing_listed", "nobody"] = "nobody"
    """What the score rests on."""

    rubric: str
    """Name of the rubric profile."""

    threshold: int
    """The level from which a diagnosis counts as covered."""

    given: int
    """How many diagnoses the reader listed."""

    judged: int
    """How many of them counted (a longer list is cut)."""

    matched: str | None = None
    """The best-rated diagnosis, shortened; the first of them in case of a tie."""

    matched_rank: int | None = None
    """Its rank in the list, from 1."""

    levels: list[int | None] = []
    """The level of each diagnosis judged; `None` where it was not needed."""

    panel_scores: list[int] = []
    """The score by each judge of a panel, in the order of `judge`."""

    attempts: int = 0
    """Calls to judges, repeats included."""

    judge_failure: str | None = None
    """Why the judge gave no verdict, shortened."""

    from_own_list: bool | None = None
    """`open_fdx`: whether the diagnosis committed to stands in the reader's own differential."""

    on_the_way: list[StageAnswer] = []
    """Answers at earlier stages, for `staging=turns`."""


REPEAT = "repeat"
"""All evidence, with the question in other words: what rewording alone does."""

VISUAL = "visual"
"""All visual evidence withheld: what `ONLY` is compared with."""

ONLY = "only_"
"""`only_ct`: of the visual evidence nothing but one type."""

ORDER = "order_"
"""`order_2`: all evidence, with the options shifted cyclically by two places."""


class ArmRecord(Record):
    """What one arm of the `sensitivity` task gave; one top-level key of the score's metadata, called like the arm.

    The name of an arm is its view, and after a hyphen what is withheld (an evidence type, `history`, `examination`)
    or one of `REPEAT`, `VISUAL`, `ONLY`, `ORDER`.
    """

    answer: str | None = None
    """The letter: the answer, or the one most often given."""

    source: Source | None = None
    """What the posterior rests on."""

    posterior: list[float] | None = None
    """Probability of each option, in the case's own order, also where the arm showed them in another."""

    low: list[float] | None = None
    """Least each probability can be, where the model's list of candidates was cut off before a letter (`logprobs`)."""

    high: list[float] | None = None
    """Most each probability can be, likewise."""

    counts: list[int] | None = None
    """How often each option was answered (`samples`)."""

    unreadable: int = 0
    """Answers from which no option could be read, which count for none (`samples`)."""

    refused: int = 0
    """Answers that refuse, which count for none either (`samples`)."""

    covered_mass: float | None = None
    """Probability on the options' letters before normalising (`logprobs`); of several orders the least."""

    orders: int = 1
    """In how many cyclic orders of the options it was asked; the posterior is their geometric mean."""

    n: int = 0
    """Answers asked for."""

    error: str | None = None
    """Why there is no posterior, shortened."""


def shortened(text: str, limit: int = 200) -> str:
    """Text that fits into a summary: cut at `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
