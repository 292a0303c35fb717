"""Cases as forms for Label Studio and REDCap, for groups that must use these instead of `medsyn answer`.

Neither program can lock an answer before it shows more. Therefore differential and option are separate: two projects
of Label Studio, and two instruments a case in REDCap, of which the first ones hold no options.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from xml.etree import ElementTree

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.physicians.session import evidence_of, shown_parts
from medsyn_inspect.physicians.sheet import CONFIDENCE
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES, Picture, option_order
from medsyn_inspect.records import Condition

LOCAL_FILES = "/data/local-files/?d="
"""The address at which Label Studio serves files of its document root."""

DICTIONARY = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
"""The columns of a data dictionary of REDCap."""

DIFFERENTIAL_WORDS = f"Differential diagnosis: one diagnosis a line, most probable first, at most {MAX_DIAGNOSES}"
OPTION_WORDS = "Final diagnosis"
SURE_WORDS = "How sure are you?"
REASON_WORDS = "If the case is ambiguous: why?"
NOTE_WORDS = "Any other remark"


def images_of(case_set: CaseSet, condition: Condition) -> dict[str, Path]:
    """The images that are shown, by a name that says nothing about the case: `case-1-2.png`."""
    return {
        name: path
        for place, case in enumerate(case_set.cases, 1)
        for name, path in _images(place, case, case_set, condition)
    }


def label_studio(case_set: CaseSet, condition: Condition) -> dict[str, str]:
    """The labelling configurations and the tasks of two projects, by file.

    Args:
        case_set: The cases.
        condition: What is shown.
    """
    first, second = [], []
    for place, case in enumerate(case_set.cases, 1):
        names = [name for name, _ in _images(place, case, case_set, condition)]
        shown = {
            "case_id": case.case_id,
            "text": _text(case, case_set, condition, names),
            "images": [f"{LOCAL_FILES}images/{name}" for name in names],
        }
        first.append({"data": shown})
        if case.options:
            second.append({"data": shown | {"options": [{"value": option} for option in _lettered(case)]}})
    differential = _view()
    _text_area(differential, "differential", DIFFERENTIAL_WORDS, required=True)
    option = _view()
    ElementTree.SubElement(option, "Header", value=OPTION_WORDS)
    ElementTree.SubElement(option, "Choices", _control("option") | {"value": "$options", "required": "true"})
    ElementTree.SubElement(option, "Header", value=SURE_WORDS)
    choices = ElementTree.SubElement(option, "Choices", _control("confidence") | {"required": "true"})
    for number, words in CONFIDENCE.items():
        ElementTree.SubElement(choices, "Choice", value=words, alias=str(number))
    _text_area(option, "flag", REASON_WORDS)
    _text_area(option, "note", NOTE_WORDS)
    return {
        "differential.xml": _xml(differential),
        "differential-tasks.json": _json(first),
        "option.xml": _xml(option),
        "option-tasks.json": _json(second),
    }


def redcap(case_set: CaseSet, condition: Condition) -> dict[str, str]:
    """A data dictionary with two instruments a case; a record is a physician.

    Args:
        case_set: The cases.
        condition: What is shown.
    """
    rows = [_field("record_id", "reader", "text", "Reader")]
    for place, case in enumerate(case_set.cases, 1):
        names = [name for name, _ in _images(place, case, case_set, condition)]
        text, form = escape(_text(case, case_set, condition, names)), f"case_{place}"
        sure = _choices(CONFIDENCE.items())
        rows += [
            _field(f"c{place}_text", f"{form}_differential", "descriptive", text, note=case.case_id),
            _field(f"c{place}_differential", f"{form}_differential", "notes", DIFFERENTIAL_WORDS, required=True),
        ]
        if case.options:
            options = _choices(zip(ascii_uppercase, option_order(case), strict=False))
            rows.append(
                _field(f"c{place}_option", f"{form}_option", "radio", OPTION_WORDS, choices=options, required=True)
            )
        rows += [
            _field(f"c{place}_confidence", f"{form}_option", "radio", SURE_WORDS, choices=sure, required=True),
            _field(f"c{place}_ambiguous", f"{form}_option", "yesno", "Is the case ambiguous?"),
            _field(f"c{place}_flag", f"{form}_option", "text", "Why?", shown_if=f"[c{place}_ambiguous] = '1'"),
            _field(f"c{place}_note", f"{form}_option", "notes", NOTE_WORDS),
        ]
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, DICTIONARY, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return {"data-dictionary.csv": content.getvalue()}


def _images(place: int, case: Case, case_set: CaseSet, condition: Condition) -> Iterable[tuple[str, Path]]:
    pictures = [part for part in evidence_of(case, case_set, condition) if isinstance(part, Picture)]
    return [(f"case-{place}-{number}{one.path.suffix.lower()}", one.path) for number, one in enumerate(pictures, 1)]


def _text(case: Case, case_set: CaseSet, condition: Condition, names: list[str]) -> str:
    """The case as text, with the names of the images in their places."""
    lines = []
    for part in shown_parts(evidence_of(case, case_set, condition)):
        if "heading" in part:
            lines.append(f"\n{part['heading']}")
        else:
            lines.append(part["text"].strip() if "text" in part else f"[{names[part['image']]}]")
    return "\n".join(lines).strip()


def _lettered(case: Case) -> list[str]:
    return [f"{letter}. {option}" for letter, option in zip(ascii_uppercase, option_order(case), strict=False)]


def _view() -> ElementTree.Element:
    """A configuration of Label Studio that shows a case."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Text", name="case", value="$text")
    controls = {"zoomControl": "true", "brightnessControl": "true", "contrastControl": "true"}
    ElementTree.SubElement(view, "Image", {"name": "images", "valueList": "$images"} | controls)
    return view


def _control(name: str) -> dict[str, str]:
    return {"name": name, "toName": "case", "choice": "single-radio"}


def _text_area(view: ElementTree.Element, name: str, words: str, *, required: bool = False) -> None:
    ElementTree.SubElement(view, "Header", value=words)
    how = {"rows": str(MAX_DIAGNOSES), "required": "true"} if required else {"rows": "1"}
    ElementTree.SubElement(
        view, "TextArea", {"name": name, "toName": "case", "maxSubmissions": "1", "editable": "true", **how}
    )


def _xml(view: ElementTree.Element) -> str:
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _json(tasks: list[dict[str, Any]]) -> str:
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _field(
    name: str,
    form: str,
    kind: str,
    label: str,
    *,
    choices: str = "",
    note: str = "",
    shown_if: str = "",
    required: bool = False,
) -> Mapping[str, str]:
    """A row of a data dictionary."""
    values = {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": kind,
        "Field Label": label,
        "Choices, Calculations, OR Slider Labels": choices,
        "Field Note": note,
        "Branching Logic (Show field only if...)": shown_if,
        "Required Field?": "y" if required else "",
    }
    return values


def _choices(items: Iterable[tuple[object, str]]) -> str:
    """Choices in the notation of REDCap, which separates them by vertical bars."""
    return " | ".join(f"{value}, {escape(words.replace('|', '/'))}" for value, words in items)
