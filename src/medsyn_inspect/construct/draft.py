"""What is known about a report while it becomes a case: the report, the results of each step, and what rules caught."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from medsyn_inspect.cases.case import EvidenceType, Language, Record, Specialty

OPTIONS = 5
"""Number of options of a case, the final diagnosis included."""

TEXT_ROLES = ("history", "examination")
"""The roles of sentences that become the text of the case."""


class Caught(Record):
    """Something that a rule refused, changed or flagged."""

    rule: str
    """Name of the rule, such as `span not in the report`."""

    what: str
    """What it concerns, shortened."""

    step: str = ""
    """The step in which it was caught."""


class Sentence(Record):
    """One sentence of a report; steps refer to it by its number."""

    number: int
    heading: str
    text: str


class Panel(Record):
    """One image of a report: a figure, a panel of a figure, or a table."""

    panel_id: str
    """`F1`, `F1A`, or `T1` for a table."""

    caption: str
    """The caption of the figure, or the part of it about this panel."""

    content: str = ""
    """The cells of a table as text."""

    image: str | None = None
    """Path of the re-encoded image, relative to the folder of the steps; `None` if there is none."""

    problem: str = ""
    """Why the image cannot be used."""


class Report(Record):
    """A case report as it was read."""

    report_id: str
    """Identifier, unique among the reports of a run."""

    file: str
    """The file it was read from, relative to the source folder."""

    title: str
    language: Language
    language_folder: str = ""
    """The folder with the words of a language that is not the package's; its name has a hash of its content."""

    licence: str
    source: str
    """Citation."""

    sentences: tuple[Sentence, ...]
    panels: tuple[Panel, ...]

    @property
    def language_folders(self) -> dict[str, Path]:
        """The folder of its language, if that is not the package's, as `CaseSet.language_folders` has it."""
        return {self.language: Path(self.language_folder)} if self.language_folder else {}


class Sorted(Record):
    """The evidence type of a panel, and when the image was obtained."""

    panel_id: str
    type: EvidenceType
    obtained: str = ""


class Reading(Record):
    """One expert's reading of evidence, with the words of the report that support it."""

    type: EvidenceType
    text: str
    span: str


class Distractor(Record):
    """A diagnosis that is offered besides the final diagnosis."""

    name: str
    close_because: str
    ruled_out_by: EvidenceType
    span: str
    """The words of the report that rule it out."""


class Change(Record):
    """One replacement in the text of a case."""

    section: str
    """`history`, `examination`, or the evidence type of the finding."""

    rule: str
    found: str
    replaced_by: str
    by: Literal["pattern", "builder", "rule"]


class Use(Record):
    """The use of a model for one report in one step."""

    step: str
    model: str
    answered_as: str = ""
    """The name of the model in its response."""

    prompt: str = ""
    """The first characters of the SHA-256 of the prompt template; for solvers, that of the wording of `fdx`."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    """USD by list prices; `None` if the price is unknown, 0 if tokens are not billed."""


class Draft(Record):
    """A report on its way to a case."""

    report: Report
    case_id: str
    dropped: str = ""
    """Why it does not become a case; empty as long as it may."""

    failed: str = ""
    """Why a call about it failed; it can be repeated."""

    step: str = ""
    """The step at which it was dropped or failed."""

    history: str = ""
    examination: str = ""
    sorted_panels: tuple[Sorted, ...] = ()
    readings: tuple[Reading, ...] = ()
    findings: dict[EvidenceType, str] = Field(default_factory=dict)
    final_diagnosis: str = ""
    aliases: tuple[str, ...] = ()
    specialty: Specialty | None = None
    proposed: tuple[Distractor, ...] = ()
    """Distractors that passed the rules and were not checked yet."""

    distractors: tuple[Distractor, ...] = ()
    """Accepted distractors; the first ones are the options, the others spares."""

    replaced: tuple[str, ...] = ()
    """Names of distractors that refinement removed."""

    caught: tuple[Caught, ...] = ()
    changes: tuple[Change, ...] = ()
    review: tuple[str, ...] = ()
    """What a person has to look at."""

    uses: tuple[Use, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether the report is still on its way."""
        return not self.dropped and not self.failed

    @property
    def options(self) -> tuple[str, ...]:
        """The final diagnosis and the first accepted distractors."""
        return (self.final_diagnosis, *(one.name for one in self.distractors[: OPTIONS - 1]))

    @property
    def texts(self) -> dict[str, str]:
        """The texts of the case by section; sections without text are left out."""
        texts = {"history": self.history, "examination": self.examination}
        texts |= {evidence_type.value: finding for evidence_type, finding in self.findings.items()}
        return {section: text for section, text in texts.items() if text.strip()}

    def but(self, **changes: object) -> Draft:
        """A copy with some fields changed."""
        return self.model_copy(update=changes)

    def with_texts(self, texts: dict[str, str]) -> Draft:
        """A copy with other texts; a section that is missing or empty is removed."""
        findings = {kind: texts.get(kind.value, "").strip() for kind in self.findings}
        return self.but(
            history=texts.get("history", "").strip(),
            examination=texts.get("examination", "").strip(),
            findings={kind: text for kind, text in findings.items() if text},
        )

    def catching(self, step: str, rule: str, *whats: str) -> Draft:
        """A copy with a note for each thing that a rule caught."""
        notes = tuple(Caught(rule=rule, what=short(what), step=step) for what in whats)
        return self.but(caught=(*self.caught, *notes))

    def drop(self, step: str, reason: str) -> Draft:
        """A copy that does not become a case."""
        return self.but(dropped=reason, step=step)


def short(text: str, limit: int = 160) -> str:
    """A text on one line, cut at `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
