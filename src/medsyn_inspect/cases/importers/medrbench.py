"""Importer of MedR-Bench: case reports from PubMed Central as structured summaries, without images or options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from medsyn_inspect.cases.case import Case, CaseId, EvidenceType, Specialty, VisualEvidence
from medsyn_inspect.cases.importers.core import EVIDENCE_NOT_SPLIT, Converted, Dropped, Importer, ImportFailed, Row
from medsyn_inspect.cases.importers.investigations import is_collective, type_of_heading, type_of_statement
from medsyn_inspect.cases.importers.leaks import without_abbreviation
from medsyn_inspect.cases.importers.outline import Line, lines_of, nested, plain_markdown
from medsyn_inspect.cases.importers.reading import json_mapping, string

_LICENCE = "CC BY-SA (the source names no version); each article has a licence of its own"

_EXAMINATION = "physical examination"
_ANCILLARY = "ancillary tests"
_HISTORY = (
    "patient information",
    "chief complaint",
    "history of present illness",
    "past medical history",
    "personal history",
    "family history",
)
_SECTIONS = (*_HISTORY, _EXAMINATION, _ANCILLARY)

_SEVERAL_PATIENTS = re.compile(r"^(?:case|patient)\s+(?:\d+|[A-D]|[IV]+)\b", re.IGNORECASE)
_AFTERWARDS = re.compile(
    r"treatment|follow-?up|outcome|course|prognosis|progression|management|discussion|diagnos|conclusion",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"(?:none|not|n/a|unavailable|no data)(?:[ -]\w+){0,3}\.?", re.IGNORECASE)

_LONGEST_DIAGNOSIS = 30
"""Maximum length of a diagnosis in words. The longest real diagnosis found has 21; longer texts are discussions."""

_NO_DIAGNOSIS = re.compile(
    r"(?:diagnosis )?(?:unknown|undetermined|unclear|inconclusive|none|n/a|not \w+|no diagnosis)\b.*", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[a-z0-9)]{3,}[.;!?]\s+[A-Z]")

# Only categories that belong entirely to one specialty are listed. "Infections" and "Cancers" affect any organ, and
# "Bones, Joints and Muscles" (rheumatology, orthopaedics) or "Kidneys and Urinary System" (renal medicine, urology) are
# ambiguous: a row with one of them gets no specialty.
_SPECIALTY = {
    "Brain and Nerves": Specialty.NEUROLOGY,
    "Lungs and Breathing": Specialty.RESPIRATORY_MEDICINE,
    "Endocrine System": Specialty.ENDOCRINOLOGY,
    "Mental Health and Behavior": Specialty.GENERAL_PSYCHIATRY,
    "Female Reproductive System": Specialty.OBSTETRICS_GYNAECOLOGY,
    "Pregnancy and Reproduction": Specialty.OBSTETRICS_GYNAECOLOGY,
}


@dataclass(frozen=True)
class _Entry:
    """One line of the ancillary tests, with the headings that belong to it."""

    evidence_type: EvidenceType
    headings: tuple[str, ...]
    text: str
    unsplit: str | None = None
    """Why the evidence type could not be determined."""


def convert(row: Row) -> Converted | Dropped:
    """Convert one row to a case."""
    generated = row.content.get("generate_case")
    if not isinstance(generated, dict):
        raise ImportFailed(f"{row.place}: has no 'generate_case'; this importer reads MedR-Bench's diagnosis file")
    place = f"{row.place}, generate_case"
    summary = string(generated, "case_summary", place)
    diagnosis = _diagnosis(string(generated, "diagnosis_results", place))
    if isinstance(diagnosis, Dropped):
        return diagnosis
    case_id = f"medrbench-{row.row_id}"
    try:
        TypeAdapter(CaseId).validate_python(case_id)
    except ValidationError:
        return Dropped("its id has characters that a case id must not have")
    lines = lines_of(summary)
    if any(_SEVERAL_PATIENTS.match(line.text) for line in lines):
        return Dropped("describes several patients")
    before, sections = _sections(lines)
    labels = [_name(section) for section in sections]
    if not set(labels) & set(_SECTIONS):
        return Dropped("its summary has none of MedR-Bench's sections")
    if any(labels.count(label) > 1 for label in _SECTIONS):
        return Dropped("a section occurs twice, so it may describe several patients")
    notes = ["text before the first section left out"] if before else []
    history, examination = [], ""
    entries: list[_Entry] = []
    for label, section in zip(labels, sections, strict=True):
        if label in _HISTORY:
            history.append("\n".join((f"{section.label}: {section.rest}".strip(), *section.below())))
        elif label == _EXAMINATION:
            examination = "\n".join((section.rest, *section.below())).strip()
        elif label == _ANCILLARY:
            entries += _entries(section)
        elif _AFTERWARDS.search(label):
            # It describes what followed the diagnosis, which a reader who has yet to make it cannot know.
            notes.append(f"section {section.label!r} left out")
        else:
            entries += _entries(section, keep_label=True)
    unsplit = [entry.unsplit for entry in entries if entry.unsplit]
    shorter = without_abbreviation(diagnosis)
    case = Case(
        case_id=case_id,
        language="en",
        specialty=_specialty(row),
        history="\n".join(history),
        examination=examination,
        evidence=_evidence(entries),
        final_diagnosis=diagnosis,
        aliases=(shorter,) if shorter not in ("", diagnosis) else (),
        source=f"MedR-Bench {row.row_id}, from https://pmc.ncbi.nlm.nih.gov/articles/{row.row_id}/",
        licence=_LICENCE,
    )
    why = {EVIDENCE_NOT_SPLIT: "; ".join(dict.fromkeys(unsplit))} if unsplit else {}
    return Converted(case, why, tuple(notes), tuple(unsplit))


def _diagnosis(text: str) -> str | Dropped:
    """The diagnosis, if the text is a single name on one line and not a list or a discussion."""
    lines = [line.text for line in lines_of(text)]
    if not lines:
        return Dropped("names no diagnosis")
    if len(lines) > 1 or _SENTENCE_END.search(lines[0]):
        return Dropped("gives a list or a discussion instead of one diagnosis")
    name = re.sub(r"^(?:final )?diagnosis\s*:\s*", "", plain_markdown(lines[0]), flags=re.IGNORECASE)
    name = name.strip().rstrip(".")
    if not name or _NO_DIAGNOSIS.fullmatch(name):
        return Dropped("names no diagnosis")
    if len(name.split()) > _LONGEST_DIAGNOSIS:
        return Dropped(f"its diagnosis has more than {_LONGEST_DIAGNOSIS} words")
    return name


def _name(line: Line) -> str:
    return (line.label or "").strip().casefold()


def _sections(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines before the first section, and the sections with the lines below them.

    Every line that has a label and the same indentation and bullet as the first known section starts a section, known
    or not. "Past Medical History" in a list below "Patient Information" does not.
    """
    first = next((n for n, line in enumerate(lines) if _name(line) in _SECTIONS), len(lines))
    shape = (lines[first].indent, lines[first].bulleted) if first < len(lines) else None
    blocks: list[tuple[Line, list[Line]]] = []
    for line in lines[first:]:
        # A known section may lack the bullet of the others.
        bare = line.indent == 0 and not line.bulleted and _name(line) in _SECTIONS
        starts = bare or (line.indent, line.bulleted) == shape
        if starts and line.label is not None:
            blocks.append((line, []))
        else:
            blocks[-1][1].append(line)
    return lines[:first], [replace(line, children=nested(below)) for line, below in blocks]


def _entries(section: Line, keep_label: bool = False) -> Iterator[_Entry]:
    """The lines of a section, each with its evidence type."""
    text = section.text if keep_label else section.rest
    if not section.children:
        if text and not _NOTHING.fullmatch(section.rest):
            # Running text is not split, because one sentence may contain several investigations.
            yield _Entry(EvidenceType.OTHER, (), text, "ancillary tests in running text")
    elif keep_label or text.endswith(":"):
        yield from _placed(Line(0, True, text, section.children), None, ())
    else:
        if text:
            yield _Entry(EvidenceType.OTHER, (), text, "ancillary tests in running text")
        for child in section.children:
            yield from _placed(child, None, ())


def _placed(line: Line, inherited: EvidenceType | None, headings: tuple[str, ...]) -> Iterator[_Entry]:
    """The entries of a line and of the lines below it.

    A line has the evidence type that its label names; otherwise the type of the heading above it; otherwise, if it has
    no label or a collective one ("Imaging"), the single type that its text names.
    """
    label = line.label
    if label is not None and type_of_heading(label):
        own = type_of_heading(label)
    elif inherited is not None:
        own = inherited
    elif label is None:
        own = type_of_statement(line.text)
    elif is_collective(label):
        own = type_of_statement(line.rest)
    else:
        own = None
    if not line.children:
        yield _Entry(own or EvidenceType.OTHER, headings, line.text, None if own else _reason(label))
        return
    if label is None or line.rest:
        # The line has text of its own, so it is an entry and not a heading of the lines below it.
        yield _Entry(own or EvidenceType.OTHER, headings, line.text, None if own else _reason(label))
        below: list[_Entry] = [entry for child in line.children for entry in _placed(child, own, headings)]
        yield from below
        return
    below = [entry for child in line.children for entry in _placed(child, own, (*headings, line.text))]
    if own is None:
        yield from below
        return
    # A heading that names a type is kept only for entries of that type.
    depth = len(headings)
    if not any(entry.evidence_type is own for entry in below):
        yield _Entry(own, headings, line.text)
    for entry in below:
        stays = entry.evidence_type is own
        yield entry if stays else replace(entry, headings=headings + entry.headings[depth + 1 :])


def _reason(label: str | None) -> str:
    return f"label {label!r}" if label else "a line without a label"


def _evidence(entries: list[_Entry]) -> tuple[VisualEvidence, ...]:
    """One entry of evidence per type; its finding keeps all labels and headings."""
    pieces = []
    for evidence_type in dict.fromkeys(entry.evidence_type for entry in entries):
        lines: list[str] = []
        above: tuple[str, ...] = ()
        for entry in entries:
            if entry.evidence_type is not evidence_type:
                continue
            same = 0
            while same < min(len(above), len(entry.headings)) and above[same] == entry.headings[same]:
                same += 1
            for depth, text in [*enumerate((*entry.headings, entry.text))][same:]:
                lines.append(f"{'  ' * (depth - 1)}- {text}" if depth else text)
            above = entry.headings
        pieces.append(VisualEvidence(type=evidence_type, finding="\n".join(lines)))
    return tuple(pieces)


def _specialty(row: Row) -> Specialty | None:
    categories: list[str] = []
    for key in ("body_category", "disorder_category"):
        value = row.content.get(key) or []
        categories += [str(category) for category in value] if isinstance(value, list) else [str(value)]
    claimed = {_SPECIALTY.get(category) for category in categories}
    return claimed.pop() if len(claimed) == 1 else None


IMPORTER = Importer(
    title="MedR-Bench",
    suffix=".json",
    licence=_LICENCE,
    source=(
        "Qiu et al., Quantifying the Reasoning Abilities of LLMs on Real-world Clinical Cases, Nature Communications "
        "2025, https://www.nature.com/articles/s41467-025-64769-1; arXiv:2503.04691"
    ),
    description=(
        "Case reports of PubMed Central, summarised by a language model for MedR-Bench and imported: text only, no "
        "images, no options. Findings are taken from the summary word for word and assigned to evidence types by the "
        "investigation that they name; what could not be assigned is evidence of type `other`. For evaluation, not "
        "for any decision about a patient."
    ),
    attributions=(
        "MedR-Bench (c) 2024 MAGIC: Medical Artificial General Intelligence Consortium, CC BY-SA; changed: "
        "reordered into sections and evidence types, markup removed, text that follows the diagnosis left out",
        "The case reports (c) their authors; each case names its article",
    ),
    read=json_mapping,
    convert=convert,
    notes=(
        "the source has no options, so the set cannot run final diagnosis by choice",
        "the specialty is given only where all categories of a row belong to one specialty",
    ),
)
