"""What a log holds, key by key: the contract between the tasks that write it and the analysis that reads it.

Inspect's sample summaries keep score metadata and sample metadata per top-level key, each up to 1 KB of
JSON. So every field here stays under 1 KB for any case, except where its docstring says that it is for the
viewer only. Nothing else in the package spells these keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from medsyn_inspect.cases.case import EvidenceType

RECORDS_VERSION = 2
"""Incremented when a key changes its meaning; the analysis reads logs of this version only."""

View = Literal["image", "finding"]
"""How visual evidence is shown: as its images, or as the expert's finding in words. Never both in one prompt."""

VIEWS: tuple[View, ...] = get_args(View)
"""The first is that of the plain condition."""

BOTH_VIEWS = "both"
"""The view of a `sensitivity` run, which shows each case in both views."""

TextPolicy = Literal["keep", "remove", "random"]
"""History and examination are kept, left out (Remove-Text), or replaced by random words (Random-Text)."""

Staging = Literal["single", "turns"]
"""All evidence in one turn, or stage by stage with an answer after each."""

TEXT_SECTIONS = ("history", "examination")
SECTIONS: tuple[str, ...] = (*TEXT_SECTIONS, *(evidence_type.value for evidence_type in EvidenceType))
"""Everything that can be withheld, in clinical order."""

ALL = "all"
"""As a value of `withhold`: every section, which leaves the question alone."""

COVERAGE_AT = (1, 3, 5, 10)
"""The k of `coverage_at_<k>`: covered by one of the first k listed diagnoses."""

Source = Literal["logprobs", "samples", "verbalized"]
"""What a posterior rests on: token probabilities, repeated answers, or probabilities that the reader names."""

JUDGED = {"ddx": "differential_judge", "open_fdx": "commitment_judge"}
"""Questions that a judge grades, with the names of their scorers."""

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


class Condition(Record):
    """What a run shows, about which cases, and how answers are graded. The defaults are the plain condition.

    Two runs of a question in the same condition differ in their reader only.
    """

    view: View | Literal["both"] = VIEWS[0]
    """How visual evidence is shown; `both` only for the `sensitivity` task."""

    text: TextPolicy = "keep"
    """What happens to history and examination."""

    staging: Staging = "single"
    """Whether the evidence comes in one turn or stage by stage."""

    withheld: tuple[str, ...] = ()
    """Names from `SECTIONS` that the reader is not shown: a set, in clinical order."""

    emphasis: str = ""
    """The evidence type that the system message asks the reader to attend to, or empty."""

    selection: str = ""
    """Which cases were selected (`language=zh`), or empty for all."""

    grading: str = ""
    """How answers are graded where that is not the default (`rubric=core_diagnosis`), or empty."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("view", "withheld", "text", "staging", "emphasis", "selection", "grading")
    """The columns in which frames hold a condition."""

    PARAMETERS: ClassVar[dict[str, str]] = {
        "view": "view", "withheld": "withhold", "text": "text", "staging": "staging", "emphasis": "emphasis",
    }  # fmt: skip
    """The task parameter that sets each column; selection and grading are set by several."""

    @field_validator("withheld", mode="before")
    @classmethod
    def _in_clinical_order(cls, withheld: Iterable[str]) -> tuple[str, ...]:
        names = set(withheld)
        if unknown := sorted(names - set(SECTIONS)):
            raise ValueError(unknown_sections(unknown))
        return tuple(section for section in SECTIONS if section in names)

    @classmethod
    def of(cls, row: Any) -> Condition:
        """The condition in the columns `COLUMNS` of a row (a mapping); columns that are missing have their defaults."""
        return cls(**{name: row[name] for name in cls.COLUMNS if name in row})

    @classmethod
    def parse(cls, label: str) -> Condition:
        """The condition that a label describes.

        Raises:
            ValueError: If a part of the label is not `name=value`, or a value is unknown.
        """
        columns = {parameter: column for column, parameter in cls.PARAMETERS.items()}
        values: dict[str, Any] = {"selection": [], "grading": []}
        for part in label.split(", ") if label else ():
            name, equals, value = part.partition("=")
            if not equals:
                raise ValueError(f"{part!r} in the condition {label!r} is not of the form name=value")
            if name == "withhold":
                values["withheld"] = SECTIONS if value == ALL else value.split(",")
            elif name in columns:
                values[columns[name]] = value
            else:
                values["selection" if name in SELECTS else "grading"].append(part)
        return cls(**values | {name: ", ".join(values[name]) for name in ("selection", "grading")})

    @property
    def withhold(self) -> str:
        """What is withheld, as the task parameter has it: `ct,mri`, `all`, or empty."""
        return ALL if self.withheld == SECTIONS else ",".join(self.withheld)

    def changed(self) -> dict[str, str]:
        """The settings that differ from the plain condition, by column, as the task's parameters have them."""
        values = {"withheld": self.withhold}
        return {
            name: str(values.get(name, getattr(self, name)))
            for name in self.COLUMNS
            if getattr(self, name) != type(self).model_fields[name].default
        }

    @property
    def label(self) -> str:
        """`view=finding, withhold=ct,mri, language=zh`; empty for the plain condition. `parse` reads it."""
        changed = self.changed()
        named = [f"{parameter}={changed[name]}" for name, parameter in self.PARAMETERS.items() if name in changed]
        return ", ".join([*named, *(changed[name] for name in ("selection", "grading") if name in changed)])

    @property
    def words(self) -> str:
        """The label, or the words for the plain condition."""
        return self.label or PLAIN_WORDS

    def columns(self) -> dict[str, Any]:
        """The values of `COLUMNS`."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    def replace(self, **changes: Any) -> Condition:
        """The same condition with other settings, validated."""
        return type(self)(**self.columns() | changes)

    def differs_in(self, other: Condition) -> tuple[str, ...]:
        """The columns in which two conditions differ."""
        return tuple(name for name in self.COLUMNS if getattr(self, name) != getattr(other, name))

    def concerns(self, column: str) -> tuple[str, ...]:
        """The sections that a changed column is about; none where it is about the whole case."""
        if column == "emphasis" and self.emphasis:
            return (self.emphasis,)
        return self.withheld if column == "withheld" and self.withheld != SECTIONS else ()

    def shows(self, section: str) -> bool:
        """Whether a section of the case (an evidence type, `history`, `examination`) is shown."""
        return section not in self.withheld


PLAIN = Condition()
"""The condition in which nothing is changed."""

PLAIN_WORDS = "images and text"

SELECTS = ("language", "specialty")
"""The task parameters that select cases."""


def unknown_sections(names: Iterable[str]) -> str:
    """The message for names that cannot be withheld."""
    return f"withhold={','.join(names)}: choose from {', '.join(SECTIONS)}, or `{ALL}` for the question alone"


def key(record: type[Record], name: str) -> str:
    """The key of a field in metadata, checked: AttributeError if the record has no such field."""
    if name not in record.model_fields:
        raise AttributeError(f"{record.__name__} has no field {name}")
    return name


class TaskRecord(Record):
    """Metadata of a task: what it asks, about which cases. One in each log."""

    records_version: int = RECORDS_VERSION
    """Version of this contract."""

    package_version: str
    """Version of medsyn_inspect that wrote the log."""

    question: str
    """`ddx`, `fdx`, `open_fdx` or `sensitivity`."""

    condition: Condition
    """What is shown, which cases are selected, how answers are graded."""

    design: dict[str, Any] | None = None
    """The design of a `sensitivity` run: the fields of `arms.design.Design`."""

    design_changes: dict[str, Any] = {}
    """The part of it that is not at its default."""

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

    options: dict[str, int] = {}
    """How many of the selected cases have how many options: `{"5": 20, "4": 2}`; empty without options."""

    templates: dict[str, str]
    """Fingerprint of the wording, by language."""


class CaseRecord(Record):
    """Metadata of a sample: what is known of the case before a reader sees it."""

    language: str
    """Language of case and prompt."""

    specialty: str
    """Specialty, or `unspecified`."""

    specialty_group: str
    """Group of the specialty, or `unspecified`."""

    evidence_shown: list[str]
    """Evidence types that the prompt shows, in clinical order."""

    evidence_withheld: list[str]
    """Sections that the case has and the prompt does not show."""

    images: int
    """Number of images in the prompt."""

    final_diagnosis: str
    """The ground truth."""

    aliases: list[str]
    """Its other wordings."""

    options: list[str] | None = None
    """Options in the order shown, for `fdx` and `sensitivity`."""

    option_count: int = 0
    """How many options there are; unlike `options` it fits into a summary however long they are."""

    correct: str | None = None
    """Letter of the final diagnosis, for `fdx` and `sensitivity`."""

    flags: list[str] = []
    """Known weaknesses of the case."""

    stages: list[str] = []
    """Clinical stages, in order, one for each turn; `["single"]` when all evidence comes at once."""


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

    option_mass: float | None = None
    """Probability that fell on the options' letters before normalising."""

    interim: list[StageAnswer] = []
    """Answers at earlier stages, for `staging=turns`."""


class DifferentialRecord(Record):
    """Metadata of a `ddx` or `open_fdx` score."""

    outcome: Outcome
    """`right` if covered."""

    failure: Failure | None = None
    """Why an answer holds no diagnosis."""

    judge: list[str] = []
    """Names of the judges asked; empty where none was needed."""

    decided_by: Literal["exact_match", "judge", "nothing_listed", "nobody"] = "nobody"
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

    interim: list[StageAnswer] = []
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
    """What one arm of the `sensitivity` task gave; one top-level key of the score's metadata, called like the arm."""

    view: View = "image"
    """How visual evidence was shown."""

    name: str = ""
    """What distinguishes the arm within its view: empty for all evidence, what is withheld (an evidence type,
    `history`, `examination`), or one of `REPEAT`, `VISUAL`, `ONLY`, `ORDER`."""

    answer: str | None = None
    """The letter: the answer, or the one most often given."""

    source: Source | None = None
    """What the posterior rests on."""

    posterior: list[float] | None = None
    """Probability of each option, in the case's own order, also where the arm showed them in another."""

    lower: list[float] | None = None
    """Least each probability can be, where the model's list of candidates was cut off before a letter (`logprobs`)."""

    upper: list[float] | None = None
    """Most each probability can be, likewise."""

    counts: list[int] | None = None
    """How often each option was answered (`samples`)."""

    unreadable: int = 0
    """Answers from which no option could be read, which count for none (`samples`)."""

    refused: int = 0
    """Answers that refuse, which count for none either (`samples`)."""

    option_mass: float | None = None
    """Probability on the options' letters before normalising (`logprobs`); of several orders the least."""

    orders: int = 1
    """In how many cyclic orders of the options it was asked; the posterior is their geometric mean."""

    n: int = 0
    """Answers asked for."""

    error: str | None = None
    """Why there is no posterior, in this suite's own words: no text of the provider, who may quote case or key."""

    detail: str | None = None
    """The provider's words about a failed call, shortened. For the viewer only."""


def accuracy_key(view: str) -> str:
    """Key of the value of a `sensitivity` score: whether the answer with all evidence is right in a view."""
    return f"accuracy_{view}"


def sensitivity_key(view: str, section: str = "") -> str:
    """Key of the value of a `sensitivity` score: S when a section is withheld in a view."""
    return f"S_{view}_{section}" if section else f"S_{view}"


def shortened(text: str, limit: int = 200) -> str:
    """Text that fits into a summary: cut at `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
