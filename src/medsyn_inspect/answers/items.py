"""One entry of a list of diagnoses: from what was written to the diagnosis's name."""

from __future__ import annotations

import re

from medsyn_inspect.answers.surface import CJK

# No diagnosis needs more; an essay does not become a diagnosis.
LONGEST = 300

# Where an explanation begins. A spaced hyphen or dash, any em dash, a colon before a space or CJK, the end of a
# sentence, a cell of a table. Not a hyphen or en dash within a word: "Non-Hodgkin", "Guillain–Barré".
_EXPLANATION = re.compile(
    rf"[ ][-–][ ]|[ ]?(?:—|--)[ ]?|:(?=\s|$|[{CJK}])|：|。|(?<=[a-z)]{{4}})\.[ ]+(?=[A-Z])|[ ]\|[ ]?|[ ]→"
)
# Labels before a diagnosis rather than a diagnosis before an explanation: "Most likely: lupus nephritis".
_LABEL = re.compile(
    r"(?:(?:the )?(?:most|less|least|next most) (?:likely|probable)|likely|possible|primary|leading|working|top)?"
    r"(?: ?diagnosis)?|(?:最可能|首要|主要)?的?诊断",
    re.I,
)
_EMPHASIS = re.compile(r"\*+|`+|~~|__|(?<!\w)_|_(?!\w)")
_AROUND = " \t\r\u00a0\u200b\ufeff\"'“”‘’「」『』《》【】.。,，;；、|"


def diagnosis_name(entry: str) -> str:
    """The name in an entry, without markdown, quotes and explanation; empty if there is none.

    A spaced dash is always taken to begin an explanation: "Chronic lymphocytic leukaemia - small..." keeps
    what is before it. Parentheses stay, and what is within them is never cut.
    """
    entry = _EMPHASIS.sub("", entry[: 20 * LONGEST]).strip(_AROUND)
    while True:
        cut = _explanation_start(entry)
        label, rest = entry[:cut].strip(), entry[cut:].lstrip(" :：-–—")
        if cut < len(entry) and rest and _LABEL.fullmatch(label):
            entry = rest.strip(_AROUND)
            continue
        break
    name = entry[:cut].strip(_AROUND)[:LONGEST].rstrip()
    return name if any(character.isalnum() for character in name) else ""


def top_level(text: str, position: int) -> bool:
    """Whether a position is outside all parentheses that are closed later."""
    before = text[:position]
    depth = sum(before.count(mark) for mark in "(（[") - sum(before.count(mark) for mark in ")）]")
    return depth <= 0 or not re.search(r"[)）\]]", text[position:])


def _explanation_start(entry: str) -> int:
    for match in _EXPLANATION.finditer(entry):
        if top_level(entry, match.start()):
            return match.start()
    return len(entry)
