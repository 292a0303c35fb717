"""What a case is: the contract between those who bring cases and everything that reads them.

A case carries *textual* clinical evidence (history, examination) and *visual* clinical evidence
(laboratory, CT, microscopy...). Each piece of visual evidence is one evidence type of one case: its
images, possibly from several times, and one expert's finding that says in words what they show.
A reader is shown a piece of evidence as images or as its finding, never as both.

Nothing here knows of models, prompts or scores.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class EvidenceType(StrEnum):
    """Kinds of visual evidence, in the clinical order in which a prompt presents them."""

    CLINICAL_PHOTOGRAPHY = "clinical_photography"
    ELECTROPHYSIOLOGY = "electrophysiology"
    LABORATORY = "laboratory"
    XRAY = "xray"
    ULTRASOUND = "ultrasound"
    CT = "ct"
    MRI = "mri"
    NUCLEAR_MEDICINE = "nuclear_medicine"
    ANGIOGRAPHY = "angiography"
    OPHTHALMIC_IMAGING = "ophthalmic_imaging"
    ENDOSCOPY = "endoscopy"
    MICROSCOPY = "microscopy"
    OMICS = "omics"
    OTHER = "other"


UNSPECIFIED = "unspecified"
"""The specialty, and the group of specialties, of a case that has none."""


class SpecialtyGroup(StrEnum):
    """The 8 groups to which specialties are aggregated (MEDSYN, Table 11)."""

    GENERAL_EMERGENCY = "General & Emergency"
    INFECTIOUS_TROPICAL = "Infectious & Tropical"
    HAEMATO_ONCOLOGY = "Haemato-Oncology"
    ENDOCRINOLOGY_RHEUMATOLOGY_GENETICS = "Endocrinology, Rheumatology & Genetics"
    NEUROLOGY_PSYCHIATRY = "Neurology & Psychiatry"
    CARDIOLOGY_RESPIRATORY = "Cardiology & Respiratory"
    RENAL_GASTROINTESTINAL = "Renal & Gastrointestinal"
    OBSTETRICS_GYNAECOLOGY_PAEDIATRICS = "Obstetrics, Gynaecology & Paediatrics"


class Specialty(StrEnum):
    """The 17 specialties of MEDSYN (Table 10)."""

    GENERAL_MEDICINE = "General (internal) medicine"
    EMERGENCY_MEDICINE = "Emergency medicine"
    INFECTIOUS_DISEASES = "Infectious diseases"
    TROPICAL_MEDICINE = "Tropical medicine"
    HAEMATOLOGY = "Haematology"
    MEDICAL_ONCOLOGY = "Medical oncology"
    ENDOCRINOLOGY = "Endocrinology and diabetes mellitus"
    RHEUMATOLOGY = "Rheumatology"
    CLINICAL_GENETICS = "Clinical genetics"
    NEUROLOGY = "Neurology"
    GENERAL_PSYCHIATRY = "General psychiatry"
    CARDIOLOGY = "Cardiology"
    RESPIRATORY_MEDICINE = "Respiratory medicine"
    RENAL_MEDICINE = "Renal medicine"
    GASTROENTEROLOGY = "Gastro-enterology"
    OBSTETRICS_GYNAECOLOGY = "Obstetrics and gynaecology"
    PAEDIATRICS = "Paediatrics"

    @property
    def group(self) -> SpecialtyGroup:
        """The group this specialty is reported under."""
        return _GROUP_OF[self]


_GROUP_OF: dict[Specialty, SpecialtyGroup] = {
    specialty: group
    for group, specialties in {
        SpecialtyGroup.GENERAL_EMERGENCY: (
            Specialty.GENERAL_MEDICINE,
            Specialty.EMERGENCY_MEDICINE,
        ),
        SpecialtyGroup.INFECTIOUS_TROPICAL: (
            Specialty.INFECTIOUS_DISEASES,
            Specialty.TROPICAL_MEDICINE,
        ),
        SpecialtyGroup.HAEMATO_ONCOLOGY: (
            Specialty.HAEMATOLOGY,
            Specialty.MEDICAL_ONCOLOGY,
        ),
        SpecialtyGroup.ENDOCRINOLOGY_RHEUMATOLOGY_GENETICS: (
            Specialty.ENDOCRINOLOGY,
            Specialty.RHEUMATOLOGY,
            Specialty.CLINICAL_GENETICS,
        ),
        SpecialtyGroup.NEUROLOGY_PSYCHIATRY: (
            Specialty.NEUROLOGY,
            Specialty.GENERAL_PSYCHIATRY,
        ),
        SpecialtyGroup.CARDIOLOGY_RESPIRATORY: (
            Specialty.CARDIOLOGY,
            Specialty.RESPIRATORY_MEDICINE,
        ),
        SpecialtyGroup.RENAL_GASTROINTESTINAL: (
            Specialty.RENAL_MEDICINE,
            Specialty.GASTROENTEROLOGY,
        ),
        SpecialtyGroup.OBSTETRICS_GYNAECOLOGY_PAEDIATRICS: (
            Specialty.OBSTETRICS_GYNAECOLOGY,
            Specialty.PAEDIATRICS,
        ),
    }.items()
    for specialty in specialties
}

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language tag such as `en` or `zh`. Which languages have prompts is up to the templates."""

CaseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
"""Letters, digits, `.`, `_` and `-`; no `:`, which Inspect reads as `task:id`."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text that is not empty."""


class Record(BaseModel):
    """Frozen, and strict about keys: a misspelt field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceImage(Record):
    """One image of a piece of evidence."""

    path: Words
    """Relative to the case set's folder, and inside it."""

    obtained: Words | None = None
    """When it was obtained ("on admission", "day 5"), in the case's language; `None` if there is one time only."""


class VisualEvidence(Record):
    """All images of one evidence type in one case, and the one finding that says what they show."""

    type: EvidenceType
    """What kind of investigation it is; at most one evidence of each type in a case."""

    images: tuple[EvidenceImage, ...] = ()
    """In the order in which a reader sees them; may be empty in a text-only case set."""

    finding: Words | None = None
    """What an expert reads in the images; `None` in an image-only case set."""


class Case(Record):
    """One clinical case with its final diagnosis."""

    case_id: CaseId
    """Unique in the case set; shown in logs, never to a reader."""

    language: Language
    """Language of every text of the case."""

    specialty: Specialty | None = None
    """`None` where the source does not say."""

    history: str = ""
    """Textual evidence: complaint, course, past, family and social history."""

    examination: str = ""
    """Textual evidence: what the physical examination found."""

    evidence: tuple[VisualEvidence, ...] = ()
    """Visual evidence. The order in the file does not matter: prompts use the clinical order."""

    final_diagnosis: Words
    """The ground truth (FDx)."""

    aliases: tuple[Words, ...] = ()
    """Other wordings that are the same diagnosis, in any language."""

    options: tuple[Words, ...] | None = None
    """The final diagnosis, once, and its distractors, in any order; `None` if the set cannot run `fdx`."""

    source: Words
    """Where the case is from, so that it can be found again."""

    licence: Words
    """Under what terms the case may be used."""

    flags: tuple[Words, ...] = ()
    """Known weaknesses, such as `diagnosis_in_text`; they go into every log."""

    @property
    def specialty_group(self) -> str:
        """The group the case is reported under; `unspecified` where the source names no specialty."""
        return self.specialty.group.value if self.specialty else UNSPECIFIED

    @property
    def evidence_in_clinical_order(self) -> tuple[VisualEvidence, ...]:
        """Visual evidence in the order of `EvidenceType`."""
        order = list(EvidenceType)
        return tuple(sorted(self.evidence, key=lambda evidence: order.index(evidence.type)))
