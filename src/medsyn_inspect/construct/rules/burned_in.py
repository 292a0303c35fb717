"""Flags text inside images: anything that a person has to look at before the images are shared."""

from __future__ import annotations

import re
from collections.abc import Callable

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.rules.identifiers import generalised
from medsyn_inspect.construct.rules.words import words_of

IDENTIFIER = "identifier in an image"
TEXT = "text in an image"

NAME = "images"
"""Name under which texts in images are recorded."""

NOT_READ = "text in the images was not looked for (needs the extra `privacy`): look at every image"

_SHORTEST = 3
"""Letters and digits below which a line is a mark, such as the letter of a panel."""


def with_image_texts(draft: Draft, texts_of: Callable[[str], tuple[str, ...]] | None) -> Draft:
    """A case with the texts in its images noted and listed for review; nothing is changed.

    Tables are meant to hold text: in laboratory evidence, and in tables that were drawn, only what matches the patterns
    of identifiers is noted.

    Args:
        draft: A case.
        texts_of: Reads the texts in an image, by its path; `None` if nothing can.
    """
    if texts_of is None:
        return draft.but(review=(*draft.review, NOT_READ))
    panels = {panel.panel_id: panel for panel in draft.report.panels}
    for one in draft.sorted_panels:
        panel = panels[one.panel_id]
        lines = [line for line in texts_of(str(panel.image)) if len(re.sub(r"\W", "", line)) >= _SHORTEST]
        found = generalised({str(number): line for number, line in enumerate(lines)}, words_of(draft.report)).changes
        table = one.type is EvidenceType.LABORATORY or bool(panel.content)
        notes = [(IDENTIFIER, f"{one.panel_id}: {change.found} ({change.rule})") for change in found]
        if lines and not table:
            notes.append((TEXT, f"{one.panel_id}: {'; '.join(lines)}"))
        for rule, note in notes:
            draft = draft.catching(NAME, rule, note)
        draft = draft.but(review=(*draft.review, *(f"{rule}: {note}" for rule, note in notes)))
    return draft
