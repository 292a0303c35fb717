"""Recognises cases and evidence by the content of messages: image bytes, findings and texts, word for word.

The reference reader uses nothing else, so it cannot know evidence that it is not shown.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from string import ascii_uppercase

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, ContentImage

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.records import TEXT_SECTIONS
from medsyn_inspect.reference.belief import Shown

OPTION_LINE = re.compile(r"^([A-Z])\. (.+)$", re.MULTILINE)
"""An option as `prompts.stages.ask` writes it."""


@dataclass(frozen=True)
class Recognised:
    """What was recognised in the messages."""

    case: Case | None
    """The case; `None` if no case was recognised."""

    shown: dict[str, Shown]
    """The sections of the case that the messages contain."""

    options: tuple[str, ...]
    """The lettered options of the last question, in order; empty without options."""


class Recogniser:
    """Recognises the cases of one case set by their content."""

    def __init__(self, case_set: CaseSet) -> None:
        self.cases = {case.case_id: case for case in case_set.cases}
        self.folders = case_set.language_folders
        self.evidence_of_image: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.phrases: list[tuple[str, str, str]] = []
        self.cases_of_options: dict[frozenset[str], list[str]] = defaultdict(list)
        for case in case_set.cases:
            for piece in case.evidence:
                for image in piece.images:
                    place = (case.case_id, piece.type.value, image.path)
                    self.evidence_of_image[case_set.digests[image.path]].append(place)
                if piece.finding:
                    # If two types of a case have the same finding, only the heading distinguishes them.
                    shared = sum(piece.finding == other.finding for other in case.evidence) > 1
                    words = load_templates(case.language, case_set.language_folders)
                    heading = f"## {words.label(piece.type.value)}\n{words.label('finding')}\n" if shared else ""
                    self.phrases.append((heading + piece.finding, case.case_id, piece.type.value))
            for section in TEXT_SECTIONS:
                if text := getattr(case, section).strip():
                    self.phrases.append((text, case.case_id, section))
            if case.options:
                self.cases_of_options[frozenset(case.options)].append(case.case_id)

    def recognise(self, messages: Sequence[ChatMessage]) -> Recognised:
        """Find the case to which most of the content belongs, and the sections of it that are shown."""
        users = [message for message in messages if isinstance(message, ChatMessageUser)]
        text = "\n".join(["", *(message.text for message in users), ""])
        options = lettered_options(users[-1].text) if users else ()
        images = [
            place
            for message in users
            if not isinstance(message.content, str)
            for part in message.content
            if isinstance(part, ContentImage)
            for place in self.evidence_of_image.get(image_digest(part.image), [])
        ]
        # Whole lines are compared, so that "Normal." is not found in "Normal. No fluid."
        phrases = [(case_id, section) for phrase, case_id, section in self.phrases if f"\n{phrase}\n" in text]
        votes = Counter([case_id for case_id, _, _ in images] + [case_id for case_id, _ in phrases])
        votes.update(self.cases_of_options.get(frozenset(options), []))
        if not votes:
            return Recognised(None, {}, options)
        case = self.cases[votes.most_common(1)[0][0]]

        shown: dict[str, Shown] = {}
        for case_id, section in phrases:
            if case_id == case.case_id:
                shown[section] = Shown("text" if section in TEXT_SECTIONS else "finding")
        for piece in case.evidence:
            seen = {path for case_id, section, path in images if (case_id, section) == (case.case_id, piece.type.value)}
            if seen:
                shown[piece.type.value] = Shown("image", len(seen) / len(piece.images))
        for section in self._emphasised(messages, case, shown):
            shown[section] = replace(shown[section], emphasised=True)
        return Recognised(case, shown, options)

    def _emphasised(self, messages: Sequence[ChatMessage], case: Case, shown: Collection[str]) -> list[str]:
        """The sections shown that a system message asks to attend to, in the words of the case's language."""
        templates = load_templates(case.language, self.folders)
        before, after = templates.label("emphasis", evidence="\0").split("\0")
        named: set[str] = set()
        for message in messages:
            if isinstance(message, ChatMessageSystem) and before in message.text:
                listed = message.text.partition(before)[2].partition(after)[0] if after else message.text
                named |= set(listed.split(templates.label("between")))
        return [section for section in shown if templates.label(section) in named]


def lettered_options(text: str) -> tuple[str, ...]:
    """The options at the end of a question: the last consecutive lines lettered A, B, C..."""
    options: list[str] = []
    for letter, option in OPTION_LINE.findall(text):
        if letter == "A":
            options = []
        if letter == ascii_uppercase[len(options) : len(options) + 1]:
            options.append(option)
    return tuple(options)


@lru_cache(maxsize=4096)
def image_digest(data_uri: str) -> str:
    """SHA-256 of the content of a data URI."""
    return hashlib.sha256(base64.b64decode(data_uri.partition(",")[2])).hexdigest()
