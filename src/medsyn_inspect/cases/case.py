"""The definition of a case: the format in which case sets provide cases.

A case has *textual* evidence (history, examination) and *visual* evidence (laboratory, CT, microscopy...). Visual
evidence of one type consists of images, possibly from several times, and one expert's finding that describes in words
what the images show. A reader is shown either the images or the finding, never both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class EvidenceType(StrEnum):
    """Types of visual evidence, in the clinical order in which a prompt presents them."""

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
"""The specialty and the specialty group of a case that has none."""


class SpecialtyGroup(StrEnum):
    """The 8 groups of specialties (MEDSYN, Table 11)."""

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
        """The group of the specialty."""
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
"""A language tag such as `en` or `zh`. The prompt templates determine which languages can be used."""

CaseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
"""Letters, digits, `.`, `_` and `-`. No `:`, because Inspect reads `task:id`."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text that is not empty."""


class Record(BaseModel):
    """Base class: frozen, and unknown keys are errors, so that no misspelt field is lost silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceImage(Record):
    """One image of visual evidence."""

    path: Words
    """Path of the image file, relative to the case set's folder and inside it."""

    obtained: Words | None = None
    """When it was obtained ("on admission", "day 5"), in the case's language; `None` if there is only one time."""


class VisualEvidence(Record):
    """All images of one evidence type in one case, and the finding that describes them."""

    type: EvidenceType
    """The evidence type; a case has at most one entry per type."""

    images: tuple[EvidenceImage, ...] = ()
    """The images in the order in which a reader sees them; may be empty in a text-only case set."""

    finding: Words | None = None
    """The expert's description of the images; `None` in an image-only case set."""


class Case(Record):
    """One clinical case with its final diagnosis."""

    case_id: CaseId
    """Identifier, unique in the case set; shown in logs, never to a reader."""

    language: Language
    """Language of all texts of the case."""

    specialty: Specialty | None = None
    """Specialty; `None` if the source names none."""

    history: str = ""
    """Textual evidence: presenting complaint, its course, and past, family and social history."""

    examination: str = ""
    """Textual evidence: the findings of the physical examination."""

    evidence: tuple[VisualEvidence, ...] = ()
    """Visual evidence. The order in the file does not matter: prompts use the clinical order."""

    final_diagnosis: Words
    """The ground truth (FDx)."""

    aliases: tuple[Words, ...] = ()
    """Other names of the same diagnosis, in any language."""

    options: tuple[Words, ...] | None = None
    """The final diagnosis, exactly once, and distractors, in any order; `None` if the case cannot be used for `fdx`."""

    source: Words
    """Where the case comes from, precisely enough to find it."""

    licence: Words
    """Licence under which the case may be used."""

    flags: tuple[Words, ...] = ()
    """Known weaknesses of the case, such as `diagnosis_in_text`; recorded in every log."""

    @property
    def specialty_group(self) -> str:
        """The specialty group of the case; `unspecified` if it has no specialty."""
        return self.specialty.group.value if self.specialty else UNSPECIFIED

    @property
    def evidence_in_clinical_order(self) -> tuple[VisualEvidence, ...]:
        """The visual evidence in the order of `EvidenceType`."""
        order = list(EvidenceType)
        return tuple(sorted(self.evidence, key=lambda evidence: order.index(evidence.type)))
