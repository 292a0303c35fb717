"""A language that the package does not have: the folder that a case set in German brings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from case_sets import Raw, a_card, a_case, write_case_set
from medsyn_inspect.answers.phrases import KEYS

LABELS = {
    "history": "Anamnese",
    "examination": "Körperliche Untersuchung",
    "clinical_photography": "Klinische Fotografien",
    "electrophysiology": "Elektrophysiologie",
    "laboratory": "Laborbefunde",
    "xray": "Röntgen",
    "ultrasound": "Sonographie",
    "ct": "Computertomographie",
    "mri": "Magnetresonanztomographie",
    "nuclear_medicine": "Nuklearmedizin",
    "angiography": "Angiographie",
    "ophthalmic_imaging": "Augenheilkundliche Bildgebung",
    "endoscopy": "Endoskopie",
    "microscopy": "Mikroskopie",
    "omics": "Genetische und molekulare Tests",
    "other": "Weitere Untersuchungen",
    "finding": "Beschreibung durch Fachleute:",
    "image": "$evidence, Bild $number von $total",
    "image_obtained": "$image, aufgenommen $obtained",
    "image_line": "$image:",
    "emphasis": "Achten Sie in diesem Fall besonders auf: $evidence.",
    "placebo": "Abgelegt ist der Fall unter den Wörtern: $words.",
    "between": ", ",
    "turn_interim": "Weitere Befunde folgen. Antworten Sie mit dem, was Sie bisher wissen.",
    "turn_final": "Das sind alle Befunde. Geben Sie Ihre endgültige Antwort.",
}

READING = {
    **{key: [] for key in KEYS},
    "answer": ["antwort", "lösung", "option"],
    "diagnosis": ["diagnose"],
    "qualifiers": ["die", "meine", "endgültige", "richtige", "wahrscheinlichste"],
    "is": ["ist", "lautet"],
    "lead": ["also", "daher"],
    "choose": ["ich wähle"],
    "option": ["option"],
    "reasons": ["weil", "wegen"],
    "instead_of": ["nicht", "statt"],
    "negation": ["kein", "keine", "nicht"],
    "condition": ["wenn", "falls"],
    "provisional": ["zunächst"],
    "rejected": ["falsch", "ausgeschlossen"],
    "correction": ["moment", "korrektur"],
    "prose": ["ist", "sind", "der patient", "wird", "bitte", "ich"],
    "sentence": ["man", "könnte", "denken", "spricht", "passt", "scheint", "vielleicht", "es", "am ehesten"],
    "unspecified": ["nicht näher bezeichnet"],
    "nothing": ["unbekannt", "unklar"],
    "alternatives": ["oder"],
    "instructions": ["überweisung", "bitte"],
    "rank": ["rang"],
    "ordinals": [["erstens"], ["zweitens"], ["drittens"]],
    "requested": ["differenzialdiagnose", "differenzialdiagnosen", "diagnosen"],
    "first": ["am wahrscheinlichsten"],
    "later": ["seltener"],
    "further": ["weniger wahrscheinlich"],
    "excluded": ["ausgeschlossen"],
    "other": ["empfohlene untersuchungen", "therapie", "begründung"],
    "turns": ["benutzer", "frage"],
    "decline": ["ich kann keine", "ich kann nicht"],
    "decline_acts": ["diagnose", "beurteilen"],
    "apologies": ["es tut mir leid"],
}
"""The words with which answers in German are read."""

CONSTRUCTION: dict[str, Any] = {
    "placeholders": {
        "age": "[Alter]", "date": "[Datum]", "place": "[Ort]", "name": "[Name]", "institution": "[Krankenhaus]",
        "record_number": "[Aktenzeichen]", "contact": "[Kontakt]", "occupation": "[Beruf]",
    },
    "day": "Tag $days",
    "months": [
        "januar", "februar", "märz", "april", "mai", "juni",
        "juli", "august", "september", "oktober", "november", "dezember",
    ],
    "dates": [r"(?P<day>\d{1,2})\. (?P<month>MONTH) (?P<year>(?:19|20)\d\d)"],
    "months_of_years": [r"\b(?:MONTH) (?:19|20)\d\d\b"],
    "ages": [{"find": r"\b(\d{1,3}) Jahre alt\b", "band": "$low bis $high Jahre alt", "oldest": "über $low Jahre alt"}],
    "identifiers": {
        "record_number": [r"(?i:\bFallnummer\s*:?\s*\d+)"], "contact": [],
        "name": [r"\b(?:Herr|Frau) [A-ZÄÖÜ][a-zäöüß]+"],
        "institution": [r"\bKlinikum [A-ZÄÖÜ][a-zäöüß]+"],
    },
    "any_institution": [],
    "eponyms": [r"\W*(?:Krankheit|Syndrom|Zeichen)\b"],
    "sides": [r"\b(?:linke?[nrs]?|rechte?[nrs]?)\b"],
    "denials": [r"\b(?:kein|keine|keinen|ohne)\s+(?P<word>\w{3,})"],
    "abbreviations": ["z.B.", "Abb."],
    "small_words": ["der", "die", "mit"],
    "general_words": ["krankheit"],
    "no_diagnosis": ["^keine? (?:der|davon)"],
    "second_patient": [r"\bFall 2\b"],
    "figure": r"Abb(?:ildung|\.)",
    "table": "Tabelle",
    "addressed": [r"\bvergiss alle anweisungen"],
}  # fmt: skip
"""The words with which the rules of a construction check reports in German."""

PHRASES = {
    "name": "German",
    "final_diagnosis": "Endgültige Diagnose: $diagnosis",
    "not_flagged": ["nein", "falsch"],
}

_CHOICE = "Welche dieser Diagnosen ist die endgültige?\n\n$options\n\n"

FILES: Mapping[str, str] = {
    "system.md": "Sie sind erfahrene Ärztin und bearbeiten einen schwierigen klinischen Fall.\n",
    "ddx.md": "Welche Diagnosen könnten diesen Fall erklären? Nennen Sie höchstens $limit, eine je Zeile.\n",
    "fdx.md": _CHOICE + 'Enden Sie mit einer Zeile der Form "Antwort: X", X einer der Buchstaben $letters.\n',
    "fdx_direct.md": _CHOICE + "Antworten Sie nur mit einem Buchstaben aus $letters.\n",
    "fdx_direct_reworded.md": _CHOICE + "Nennen Sie allein einen der Buchstaben $letters.\n",
    "fdx_probabilities.md": _CHOICE + "Geben Sie als JSON zu jedem Buchstaben $letters die Wahrscheinlichkeit an.\n",
    "fdx_probabilities_reworded.md": _CHOICE + "Wie wahrscheinlich ist jede? JSON mit den Schlüsseln $letters.\n",
    "commit.md": 'Legen Sie sich fest. Antworten Sie mit einer Zeile der Form "Endgültige Diagnose: NAME".\n',
    "words.txt": "Tisch Fenster Fluss Garten Papier Flasche Morgen Straße Wald Korb Kerze Winter Brücke Brief\n",
    "labels.yaml": yaml.safe_dump(LABELS, allow_unicode=True),
    "phrases.yaml": yaml.safe_dump(PHRASES, allow_unicode=True),
}
"""What the folder holds."""

WITH_RULES: Mapping[str, str] = {**FILES, "construction.yaml": yaml.safe_dump(CONSTRUCTION, allow_unicode=True)}
"""What a folder holds with which case sets are built."""

OPTIONS = ["Gichtanfall", "Septische Arthritis", "Pseudogicht"]


def write_language(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write the folder of a language."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def german_case(**changes: object) -> Raw:
    case = a_case(
        case_id="gicht-01",
        language="de",
        history="Ein Mann von 52 Jahren erwacht mit einer heißen, geschwollenen Großzehe.",
        examination="Rötung und Druckschmerz am Grundgelenk.",
        evidence=[
            {
                "type": "ct",
                "images": [{"path": "images/gicht-ct.png", "obtained": "bei Aufnahme"}],
                "finding": "Uratablagerungen am Grundgelenk.",
            },
            {"type": "laboratory", "images": [{"path": "images/gicht-labor.png"}], "finding": "Harnsäure erhöht."},
        ],
        final_diagnosis="Gichtanfall",
        options=OPTIONS,
    )
    return case | changes


def write_german_set(folder: Path, files: Mapping[str, str] = FILES, *, prompts: str = "prompts/de") -> Path:
    """A set with one case in German and one in English, whose card names the folder with the German words."""
    card = a_card(languages=["de", "en"], prompts={"de": prompts})
    write_case_set(folder, [german_case(), a_case(options=["Gout", "Cellulitis"])], card)
    write_language(folder / "prompts/de", files)
    return folder
