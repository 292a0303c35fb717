"""The keys of a log: the contract between the tasks that write logs and the analysis that reads them.

The analysis reads Inspect's sample summaries, which keep sample and score metadata by top-level key, up to 1 KB of
JSON per key. Every field here therefore stays under 1 KB for any case, unless its docstring says that it is only for
the viewer. No other module spells these keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from medsyn_inspect.cases.case import EvidenceType

RECORDS_VERSION = 2
"""Incremented when the meaning of a key changes; the analysis reads only logs of this version."""

View = Literal["image", "finding"]
"""How visual evidence is shown: as images, or as the expert's finding in words. Never both in one prompt."""

VIEWS: tuple[View, ...] = get_args(View)
"""All views; the first is the view of the plain condition."""

PLACEBO = "placebo:"
"""Beginning of an emphasis whose sentence is replaced by one of the same length that emphasises nothing."""

BOTH_VIEWS = "both"
"""The view of a `sensitivity` run, which shows each case as images and as findings."""

TextPolicy = Literal["keep", "remove", "random"]
"""Whether history and examination are kept, removed (Remove-Text), or replaced by random words (Random-Text)."""

Staging = Literal["single", "turns"]
"""All evidence in one turn, or stage by stage with an answer after each stage."""

TEXT_SECTIONS = ("history", "examination")
SECTIONS: tuple[str, ...] = (*TEXT_SECTIONS, *(evidence_type.value for evidence_type in EvidenceType))
"""The sections of a case, all of which can be withheld, in clinical order."""

ALL = "all"
"""The value of `withhold` for every section, so that only the question is shown."""

COVERAGE_AT = (1, 3, 5, 10)
"""The values of k in `coverage_key`, coverage by the first k listed diagnoses."""

DIRECT = "logprobs"
"""Source of a posterior at the first token of an answer, after at most blanks, markup, a cue such as "Answer:", or
words that were certain."""

AFTER_REASONING = "after reasoning"
"""Source of a posterior at the letter of an answer that has other text or reasoning before it.

It depends on what the model wrote before the letter, so it is not p(y | E), and is not compared with direct ones.
"""

LATE_MARK = "*"
"""The mark of a posterior after reasoning in `StageAnswer.posterior`."""

JUDGED = {"ddx": "differential_judge", "open_fdx": "commitment_judge"}
SCORERS = JUDGED | {"fdx": "option_choice", "sensitivity": "evidence_sensitivity"}
"""Questions that a judge grades, with the names of their scorers."""

Failure = Literal["unparseable", "several", "refused", "content_filter", "truncated"]
"""Why no diagnosis could be read from an answer."""

UNREAD: tuple[Failure, ...] = ("unparseable", "several")
"""The failures after which an answer counts as unread: a person, or an extractor, may find in it what the form did not
show. The others say what became of the answer."""

MOST_UNREAD = 0.02
"""Share of unread answers above which a reader is not to be ranked with others."""

ReadBy = Literal["form", "extractor", "nobody"]
"""Who read an answer: it has a known form; the model in the role `extractor` read it; nothing could be read."""


class Outcome(StrEnum):
    """The possible outcomes for a question about a case. Every number keeps them apart."""

    RIGHT = "right"
    """The correct option, or a diagnosis judged at or above the threshold."""

    WRONG = "wrong"
    """Any other answer, including one that cannot be parsed."""

    READING_FAILED = "reading_failed"
    """Unscored: the reader answered, but the extractor gave no valid reading."""

    JUDGE_FAILED = "judge_failed"
    """Unscored: the reader answered, but the judge gave no valid verdict."""

    CALL_FAILED = "call_failed"
    """Unscored: the call failed, so the reader gave no answer."""


SCORED = (Outcome.RIGHT, Outcome.WRONG)
"""The outcomes that have a score."""


class Record(BaseModel):
    """Base class of the records: frozen models, written with `model_dump(mode="json")`."""

    model_config = ConfigDict(frozen=True)


class Condition(Record):
    """What a run shows, of which cases, and how it grades answers. The defaults are the plain condition.

    Two runs of the same question in the same condition differ only in their reader.
    """

    view: View | Literal["both"] = VIEWS[0]
    """How visual evidence is shown; `both` only in the `sensitivity` task."""

    text: TextPolicy = "keep"
    """What happens to history and examination."""

    staging: Staging = "single"
    """Whether the evidence is shown in one turn or stage by stage."""

    withheld: tuple[str, ...] = ()
    """Names from `SECTIONS` that the reader is not shown, each once and in clinical order."""

    emphasis: str = ""
    """The evidence types that the system message asks the reader to attend to (`ct,microscopy`); after `PLACEBO`, those
    whose sentence is replaced by one of the same length that emphasises nothing. Empty for neither."""

    selection: str = ""
    """Which cases were selected (`language=zh`); empty for all."""

    grading: str = ""
    """How grading differs from the default (`rubric=core_diagnosis`); empty if it does not."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("view", "withheld", "text", "staging", "emphasis", "selection", "grading")
    """The columns that hold a condition in frames."""

    PARAMETERS: ClassVar[dict[str, str]] = {
        "view": "view", "withheld": "withhold", "text": "text", "staging": "staging", "emphasis": "emphasis",
    }  # fmt: skip
    """The task parameter that sets each column. Selection and grading are not listed: several parameters set each."""

    @field_validator("withheld", mode="before")
    @classmethod
    def _in_clinical_order(cls, withheld: Iterable[str]) -> tuple[str, ...]:
        names = set(withheld)
        if unknown := sorted(names - set(SECTIONS)):
            raise ValueError(unknown_sections(unknown))
        return tuple(section for section in SECTIONS if section in names)

    @classmethod
    def of(cls, row: Any) -> Condition:
        """The condition in the columns `COLUMNS` of a row (a mapping); missing columns get their defaults."""
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
        """The value of the task parameter `withhold`: `ct,mri`, `all`, or empty."""
        return ALL if self.withheld == SECTIONS else ",".join(self.withheld)

    def changed(self) -> dict[str, str]:
        """The settings that differ from the plain condition, by column, as values of the task parameters."""
        values = {"withheld": self.withhold}
        return {
            name: str(values.get(name, getattr(self, name)))
            for name in self.COLUMNS
            if getattr(self, name) != type(self).model_fields[name].default
        }

    @property
    def label(self) -> str:
        """A label such as `view=finding, withhold=ct,mri, language=zh`; empty for the plain condition. See `parse`."""
        changed = self.changed()
        named = [f"{parameter}={changed[name]}" for name, parameter in self.PARAMETERS.items() if name in changed]
        return ", ".join([*named, *(changed[name] for name in ("selection", "grading") if name in changed)])

    @property
    def words(self) -> str:
        """The label, or `PLAIN_WORDS` for the plain condition."""
        return self.label or PLAIN_WORDS

    def columns(self) -> dict[str, Any]:
        """The condition as the columns `COLUMNS` of a frame."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    def replace(self, **changes: Any) -> Condition:
        """A copy with some settings changed, validated."""
        return type(self)(**self.columns() | changes)

    def differs_in(self, other: Condition) -> tuple[str, ...]:
        """The columns in which two conditions differ."""
        return tuple(name for name in self.COLUMNS if getattr(self, name) != getattr(other, name))

    @property
    def emphasised(self) -> tuple[str, ...]:
        """The evidence types of `emphasis`, also if its sentence is a placebo."""
        return tuple(self.emphasis.removeprefix(PLACEBO).split(",")) if self.emphasis else ()

    @property
    def placebo(self) -> bool:
        """Whether the sentence of `emphasis` is replaced by one that emphasises nothing."""
        return self.emphasis.startswith(PLACEBO)

    def concerns(self, column: str) -> tuple[str, ...]:
        """The sections that a changed column refers to; none if it refers to the whole case."""
        if column == "emphasis" and self.emphasis:
            return self.emphasised
        return self.withheld if column == "withheld" and self.withheld != SECTIONS else ()

    def shows(self, section: str) -> bool:
        """Whether a section (an evidence type, `history` or `examination`) is shown."""
        return section not in self.withheld


PLAIN = Condition()
"""The condition with all settings at their defaults."""

PLAIN_WORDS = "images and text"
"""The plain condition in words."""

SELECTS = ("language", "specialty")
"""The task parameters that select cases."""


def unknown_sections(names: Iterable[str]) -> str:
    """The error message for names that cannot be withheld."""
    return f"withhold={','.join(names)}: choose from {', '.join(SECTIONS)}, or `{ALL}` for the question alone"


@cache
def key(record: type[Record], name: str) -> str:
    """The metadata key of a field of a record.

    Raises:
        AttributeError: If the record has no such field.
    """
    if name not in record.model_fields:
        raise AttributeError(f"{record.__name__} has no field {name}")
    return name


class TaskRecord(Record):
    """Metadata of a task, once per log: the question, the condition and the case set."""

    records_version: int = RECORDS_VERSION
    """Version of this contract."""

    package_version: str
    """Version of medsyn_inspect that wrote the log."""

    question: str
    """`ddx`, `fdx`, `open_fdx` or `sensitivity`."""

    condition: Condition
    """What is shown, which cases are selected, and how answers are graded."""

    design: dict[str, Any] | None = None
    """The design of a `sensitivity` run: the fields of `arms.design.Design`."""

    design_changes: dict[str, Any] = {}
    """The fields of `design` that differ from their defaults."""

    case_set: str
    """The set's name on its card."""

    case_set_version: str
    """The set's version on its card."""

    case_set_fingerprint: str
    """Content hash of the whole set. Runs on sets with different fingerprints are not compared."""

    case_set_card: dict[str, object]
    """The whole card."""

    case_set_size: int
    """Number of cases in the whole set."""

    selected: int
    """Number of cases selected by the task's `language` and `specialty`."""

    options: dict[str, int] = {}
    """Number of selected cases by their number of options: `{"5": 20, "4": 2}`; empty without options."""

    templates: dict[str, str]
    """Fingerprint of the prompt templates, by language."""


class CaseRecord(Record):
    """Metadata of a sample: what is known about the case before a reader answers."""

    language: str
    """Language of the case and the prompt."""

    reading: dict[str, Any] | None = None
    """The words with which answers are read, where the case set brings its own for the language, so that the log can
    be read again without the set. For the scorers and the viewer only."""

    specialty: str
    """Specialty, or `unspecified`."""

    specialty_group: str
    """Group of the specialty, or `unspecified`."""

    evidence_shown: list[str]
    """Evidence types that the prompt shows, in clinical order."""

    evidence_withheld: list[str]
    """Sections of the case that the prompt does not show."""

    images: int
    """Number of images in the prompt."""

    final_diagnosis: str
    """The ground truth."""

    aliases: list[str]
    """Other accepted names of the final diagnosis."""

    options: list[str] | None = None
    """Options in the order shown, for `fdx` and `sensitivity`."""

    option_count: int = 0
    """Number of options; unlike `options`, it fits into a summary whatever their length."""

    correct: str | None = None
    """Letter of the final diagnosis, for `fdx` and `sensitivity`."""

    flags: list[str] = []
    """Known weaknesses of the case, by name."""

    stages: list[str] = []
    """The clinical stage of each turn, in order; `["single"]` if all evidence comes in one turn."""


class GivenAnswer(Record):
    """Metadata of a sample answered by a person, in addition to its `CaseRecord`."""

    ambiguity: str | None = None
    """Why the person flagged the case as ambiguous, shortened; `None` if it was not flagged."""

    note: str | None = None
    """Any other remark, shortened."""

    given: str
    """The answer, in the form required of a model. For the solver and the viewer only."""

    confidence: int | None = None
    """How sure the person is of the final answer, from 1 to 5; `None` if not recorded."""

    seconds: float | None = None
    """Seconds that the person took for this answer; `None` if not recorded."""

    consensus_of: str | None = None
    """Names of the people whose consensus this is, separated by commas; `None` if one person answered, or a group
    whose members did not also answer alone."""

    filled_in: dict[str, str] = {}
    """The filled-in row of the answer sheet, by column. For the viewer only."""


class StageAnswer(Record):
    """An interim answer, given before all evidence was shown."""

    stage: str
    """The stage after which the answer was given."""

    answer: str | None
    """The letter, or the first listed diagnosis; `None` if it could not be parsed."""

    posterior: str | None = None
    """Probability of each option in the order shown, with 4 decimals, separated by blanks. Lists would not fit into a
    summary; in this form, eight stages with up to six options do. After `LATE_MARK`, the posterior is one after
    reasoning."""

    @property
    def direct(self) -> bool:
        """Whether the posterior is none after reasoning."""
        return not (self.posterior or "").startswith(LATE_MARK)

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """The posterior as numbers."""
        return (
            finite(map(float, self.posterior.removeprefix(LATE_MARK).split())) if self.posterior is not None else None
        )


class ReadRecord(Record):
    """How an answer was read: what every score holds of it."""

    failure: Failure | None = None
    """Why a wrong answer is no option or holds no diagnosis."""

    read_by: ReadBy
    """`nobody` if nothing could be read by its form and no extractor has read it."""

    extractor: str | None = None
    """Name of the extractor, if one was asked."""

    extractor_failure: str | None = None
    """Why the extractor gave no valid reading, shortened; then the answer is unscored."""

    notes: list[str] = []
    """What is worth knowing of a reading by form, such as that a later statement differs from an earlier one."""


def is_unread(score: Mapping[str, Any]) -> bool:
    """Whether a score's metadata (or a row with these fields) say that nobody could read the answer."""
    return score.get("read_by") == "nobody" and score.get("failure") in UNREAD


class ChoiceRecord(ReadRecord):
    """Metadata of an `fdx` score."""

    outcome: Outcome
    """`right`, `wrong` or `reading_failed`; after a failed call there is no score."""

    choice: str | None = None
    """The letter of the chosen option."""

    chosen: str | None = None
    """The text of the chosen option."""

    form: str = ""
    """The form of answer that was recognised."""

    posterior: list[float] | None = None
    """Probability of each option in the order shown."""

    posterior_source: str | None = None
    """`logprobs` if the answer begins with its letter, `after reasoning` if other text is before it."""

    option_mass: float | None = None
    """Option mass: the total probability of everything before the letter, and of the options' letters after it."""

    prefix: float | None = None
    """Probability of everything before the letter (`after reasoning`)."""

    no_posterior: str | None = None
    """Why there is no posterior, although the model gave token probabilities."""

    interim: list[StageAnswer] = []
    """Answers at earlier stages, for `staging=turns`."""

    answered_as: str = ""
    """The name of the model in the reader's response; empty if it carries none."""


class DifferentialRecord(ReadRecord):
    """Metadata of a `ddx` or `open_fdx` score."""

    outcome: Outcome
    """`right` if the final diagnosis is covered."""

    judge: list[str] = []
    """Names of the judges; empty if none was needed."""

    judge_answered_as: list[str] = []
    """The name of the model in each judge's response, in the order of `judge`; empty without a verdict."""

    decided_by: Literal["exact_match", "judge", "nothing_listed", "nobody"] = "nobody"
    """What decided the score."""

    rubric: str
    """Name of the rubric profile."""

    threshold: int
    """The lowest level at which a diagnosis counts as covered."""

    given: int
    """Number of diagnoses that the reader listed."""

    judged: int
    """Number of diagnoses that counted; the rest of a longer list is ignored."""

    matched: str | None = None
    """The diagnosis with the highest level (the first of them if tied), shortened."""

    matched_rank: int | None = None
    """Rank of `matched` in the list, starting at 1."""

    levels: list[int | None] = []
    """The level of each judged diagnosis; `None` where no level was needed."""

    panel_scores: list[int] = []
    """The score given by each judge of a panel, in the order of `judge`."""

    attempts: int = 0
    """Number of calls to judges, including repeats."""

    judge_failure: str | None = None
    """Why the judge gave no valid verdict, shortened."""

    from_own_list: bool | None = None
    """Whether the chosen diagnosis is in the reader's own differential (`open_fdx`); `None` if either was not read."""

    interim: list[StageAnswer] = []
    """Answers at earlier stages, for `staging=turns`."""

    answered_as: str = ""
    """The name of the model in the reader's response; empty if it carries none."""


REPEAT = "repeat"
"""Name of the arm with all evidence and the question reworded; it measures the effect of rewording alone."""

VISUAL = "visual"
"""Name of the arm with all visual evidence withheld, the baseline of the `ONLY` arms."""

ONLY = "only_"
"""Prefix of the arms with a single type of visual evidence, such as `only_ct`."""

ORDER = "order_"
"""Prefix of the arms with all evidence and the options shifted cyclically: `order_2` by two positions."""


class ArmRecord(Record):
    """The result of one arm of the `sensitivity` task, in the score's metadata under the arm's label."""

    view: View = "image"
    """How visual evidence was shown."""

    name: str = ""
    """The name of the arm within its view: empty for all evidence; the section that is withheld; `REPEAT`, `VISUAL`,
    or a name that begins with `ONLY` or `ORDER`."""

    answer: str | None = None
    """The letter of the answer, or of the most frequent answer."""

    source: str | None = None
    """The source of the posterior: the name of a module in `arms.sources`, or `after reasoning`: token probabilities of
    an answer that does not begin with its letter. They depend on what was written before."""

    posterior: list[float] | None = None
    """Probability of each option in the case's own order, even if the arm showed the options in another order."""

    lower: list[float] | None = None
    """Lower bound of each probability, if a letter is missing from the model's list of candidates (`logprobs`)."""

    upper: list[float] | None = None
    """Upper bound of each probability, if a letter is missing from the model's list of candidates (`logprobs`)."""

    counts: list[int] | None = None
    """Number of answers that chose each option (`samples`)."""

    unreadable: int = 0
    """Number of answers from which no option could be read; they count for no option (`samples`)."""

    refused: int = 0
    """Number of refusals; they count for no option (`samples`)."""

    option_mass: float | None = None
    """Option mass: the total probability of everything before the letter, and of the options' letters after it
    (`logprobs`, `after reasoning`); the minimum over the orders of the options."""

    prefix: float | None = None
    """Probability of everything before the letter (`after reasoning`); the minimum over the orders of the options."""

    orders: int = 1
    """Number of cyclic orders in which the options were shown; the posterior is the geometric mean over them."""

    n: int = 0
    """Number of answers received; 0 if the call failed."""

    error: str | None = None
    """Why there is no posterior, without the provider's message, which may quote the case or a key."""

    detail: str | None = None
    """The provider's message about a failed call, shortened. For the viewer only."""

    unread: str | None = None
    """The first answer from which no option could be read, shortened. For the viewer only."""

    note: str | None = None
    """In the first arm of a case: why the run uses repeated answers, although token probabilities came."""


ANSWERED_AS = "answered_as"
"""Key in the metadata of every score: the name of the model in the reader's response; several are joined by `, `."""


def coverage_key(k: int) -> str:
    """Key in the value of a `ddx` score: coverage by the first k listed diagnoses."""
    return f"coverage_at_{k}"


def accuracy_key(view: str) -> str:
    """Key in the value of a `sensitivity` score: accuracy with all evidence in a view."""
    return f"accuracy_{view}"


def sensitivity_key(view: str, section: str = "") -> str:
    """Key in the value of a `sensitivity` score: S when a section is withheld in a view."""
    return f"S_{view}_{section}" if section else f"S_{view}"


def finite(values: Iterable[float]) -> tuple[float, ...] | None:
    """A posterior in a log; `None` if there is none, or if one of its numbers is no probability."""
    numbers = tuple(values)
    return numbers if numbers and all(0 <= value <= 1 for value in numbers) else None


def shortened(text: str, limit: int = 200) -> str:
    """Text cut to at most `limit` characters, ending in an ellipsis if it was cut, so that it fits into a summary."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
