"""Finds the evidence type of an investigation by its name: `CT urography` -> CT, `TEE` -> ultrasound."""

from __future__ import annotations

import re

from medsyn_inspect.cases.case import EvidenceType

_Rule = tuple[EvidenceType | None, re.Pattern[str]]


def _rule(evidence_type: EvidenceType | None, words: str, abbreviations: str = "") -> _Rule:
    # Abbreviations are case-sensitive, to distinguish OCT from October and PET from a pet.
    spellings = [rf"(?i:\b(?:{words}))"] + ([rf"\b(?:{abbreviations})\b"] if abbreviations else [])
    return evidence_type, re.compile("|".join(spellings))


# The order matters: each rule removes what it matches before the next rule is applied, so that the CT of PET-CT, the
# ultrasound of "ultrasound-guided biopsy" and the angiography of "fluorescein angiography" are not counted.
_RULES: tuple[_Rule, ...] = (
    _rule(None, r"(?:endoscopic )?(?:ultraso\w+|ct|mri|eus|us|image|fluoroscop\w*)[- ]guided\b"),
    _rule(
        EvidenceType.OPHTHALMIC_IMAGING,
        r"optical coherence|fundus|fundoscop\w*|ophthalmoscop\w*|slit[- ]lamp|corneal topograph\w*"
        r"|(?:fluorescein|indocyanine green) angiogra\w*",
        r"OCT",
    ),
    _rule(
        EvidenceType.NUCLEAR_MEDICINE,
        r"positron emission(?: tomograph\w*)?(?:[-/ ]*computed tomograph\w*)?|scintigra\w*|bone scan|(?:radio)?nuclide",
        r"(?:18F-?)?(?:FDG[- ]?)?PET(?:\s?[-/]\s?(?:CT|MRI?))?|SPECT(?:\s?[-/]\s?CT)?|FDG|MIBG|DMSA",
    ),
    _rule(
        EvidenceType.ANGIOGRAPHY,
        r"(?:(?:ct|mr|computed tomograph\w*|magnetic resonance)(?: \((?:CT|MR)\))? )?"
        r"(?:angiogra|arteriogra|venogra|phlebogra)\w*",
        r"CTA|MRA|CTV|MRV|DSA|CTPA",
    ),
    _rule(
        EvidenceType.ULTRASOUND,
        r"(?:endoscopic )?ultraso\w*|echocardio\w*|sonogra\w*|doppler",
        r"TTE|TEE|TOE|EUS|POCUS|FAST",
    ),
    _rule(
        EvidenceType.ELECTROPHYSIOLOGY,
        r"electrocardiogra\w*|electroencephalogra\w*|electromyogra\w*|electroretinogra\w*|electrophysiolog\w*"
        r"|nerve conduction|(?:motor |visual |auditory |somatosensory )?evoked potential\w*|holter|telemetry"
        r"|polysomnogra\w*",
        r"ECG|EKG|EEG|EMG|NCS|ERG",
    ),
    _rule(EvidenceType.MRI, r"magnetic resonance(?: imaging)?", r"[A-Z]{0,2}MRI|MRCP|CMR|MRS|MR"),
    _rule(EvidenceType.CT, r"computed tomograph\w*|cat scan", r"[A-Z]{0,3}CT"),
    _rule(
        EvidenceType.XRAY,
        r"x-?ray\w*|(?:plain )?radiogra\w*|orthopantomogra\w*|mammogra\w*|skeletal survey|contrast enema|barium"
        r"|(?:video)?fluoroscop\w*|(?:retrograde )?cystogra\w*",
        r"CXR|KUB|OPG|VFSS",
    ),
    _rule(
        EvidenceType.ENDOSCOPY,
        r"endoscop\w*|(?:oesophago|esophago|gastro|duodeno|colono|broncho|cysto|laryngo|hystero|arthro|rhino|sigmoido"
        r"|uretero|thoraco)+scop\w*",
        r"EGD|OGD",
    ),
    _rule(
        EvidenceType.OMICS,
        r"genetic\w*|genom\w*|exom\w*|(?:\w+ )?sequencing|karyotyp\w*|chromosom\w*|microarray|(?:dna )?methylation"
        r"|non-?invasive prenatal|proteom\w*|metabolom\w*",
        r"NGS|NIPT|FISH|WES|WGS",
    ),
    _rule(
        EvidenceType.MICROSCOPY,
        r"histolog\w*|histopatholog\w*|histochem\w*|immuno-?histo\w*|immunochem\w*|immunostain\w*|anatomopatholog\w*"
        r"|cytolog\w*|biops\w*|bone marrow|(?:blood )?smear\w*|microscop\w*|fine[- ]needle aspirat\w*|autopsy",
        r"FNAC|FNAB|FNA|IHC",
    ),
    _rule(
        EvidenceType.LABORATORY,
        r"laborator\w*|labs?\b|blood ?(?:tests?|counts?|work|analys\w*|gas\w*|cultures?|investigations?|chemistry)"
        r"|serum|plasma|urin(?:e|ary|alysis)\b|stool|cerebrospinal|lumbar puncture|serolog\w*|cultures?\b"
        r"|microbiolog\w*"
        r"|pleural fluid|lavage|tumou?r markers?|biomarkers?|biochem\w*|ha?ematolog\w*|antibod\w*|autoimmun\w*"
        r"|immunolog\w*|hormon\w*|coagulation|toxicolog\w*|(?:thyroid|liver|renal) function|mantoux|tuberculin"
        r"|ha?emoglobin|troponin\w*|thyroid-stimulating|sputum|drug susceptib\w*|sweat chloride",
        r"CSF|CBC|PCR|RT-PCR|CB-NAAT|ELISA|TORCH|BALF?|CRP|ESR|PSA|CEA|AFP|BNP|NT-?\s?pro-?BNP|TSH|hCG|HCG",
    ),
)

# These words are unambiguous in a heading, but not in running text ("no valvular pathology").
_HEADING_RULES: tuple[_Rule, ...] = (
    *_RULES,
    _rule(EvidenceType.MICROSCOPY, r"patholog\w*"),
    _rule(EvidenceType.LABORATORY, r"(?:routine )?blood\b"),
)

_COLLECTIVE = re.compile(r"\b(?:imaging|radiolog\w*)\b", re.IGNORECASE)


def type_of_heading(heading: str) -> EvidenceType | None:
    """The evidence type that a heading names; `None` if it names none or several."""
    found, _ = _types(heading, _HEADING_RULES)
    return found.pop() if len(found) == 1 else None


def type_of_statement(text: str) -> EvidenceType | None:
    """The evidence type that a statement names; `None` if it names none, several, or unspecified "imaging"."""
    found, remaining = _types(text, _RULES)
    return found.pop() if len(found) == 1 and not _COLLECTIVE.search(remaining) else None


def is_collective(heading: str) -> bool:
    """Whether a heading such as `Imaging` covers several evidence types without naming one."""
    found, remaining = _types(heading, _HEADING_RULES)
    return not found and _COLLECTIVE.search(remaining) is not None


def _types(text: str, rules: tuple[_Rule, ...]) -> tuple[set[EvidenceType], str]:
    """The evidence types that a text names, and the text without those names."""
    found: set[EvidenceType] = set()
    for evidence_type, pattern in rules:
        text, times = pattern.subn(" ", text)
        if times and evidence_type is not None:
            found.add(evidence_type)
    return found, text
