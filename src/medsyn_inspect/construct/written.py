"""Writes the case set that a construction gave: cases, images, card, record, data sheet and flow figure."""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from medsyn_inspect.cases.card import Card, ConstructionStep
from medsyn_inspect.cases.case import Case, EvidenceImage, VisualEvidence
from medsyn_inspect.cases.check import CARD_FILE, CASES_FILE, CONSTRUCTION_FILE, examine
from medsyn_inspect.construct.datasheet import datasheet
from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.draws import case_of
from medsyn_inspect.construct.files import PROMPTS
from medsyn_inspect.construct.pipeline import Built, construction_lines
from medsyn_inspect.construct.reading.finished import READ
from medsyn_inspect.writing import write_folder

DATASHEET_FILE = "DATASHEET.md"
FLOW_FILES = ("flow.png", "flow.svg")

CALL_FAILED = "a call failed"


class NotUsable(ValueError):
    """Raised if a construction gives no case set that passes the check."""


def write_case_set(destination: Path, steps: Path, result: Built, about: dict[str, Any]) -> Card:
    """Write the case set, if it passes the check of case sets; otherwise write nothing.

    Args:
        destination: A folder that does not exist or is empty.
        steps: Folder of the steps, with the images.
        result: The construction.
        about: What the card needs besides: `name`, `synthetic`, and what was used, for the data sheet.

    Returns:
        The card.

    Raises:
        NotUsable: If no case is left, or the set has errors.
        NotWritten: If the destination cannot be written.
    """
    if not result.kept:
        raise NotUsable(f"no report became a case; see {steps / CONSTRUCTION_FILE}")
    with write_folder(destination) as folder:
        cases = [with_images(draft, steps, folder) for draft in result.kept]
        lines = "".join(case.model_dump_json(exclude_defaults=True) + "\n" for case in cases)
        (folder / CASES_FILE).write_text(lines, encoding="utf-8", newline="\n")
        card = card_of(cases, result, lines, about)
        text = yaml.safe_dump(
            card.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True, width=110
        )
        for language, kept in language_folders(result).items():
            shutil.copytree(kept, folder / card.prompts[language])
        (folder / CARD_FILE).write_text(text, encoding="utf-8", newline="\n")
        (folder / CONSTRUCTION_FILE).write_text(construction_lines(result), encoding="utf-8", newline="\n")
        (folder / DATASHEET_FILE).write_text(datasheet(card, cases, result, about), encoding="utf-8", newline="\n")
        _write_flow(folder, card)
        found = examine(folder, cached=False)
        if found.errors:
            shown = "\n".join(f"  {problem}" for problem in found.errors[:20])
            raise NotUsable(f"not written, because the set would have {len(found.errors)} errors:\n{shown}")
    return card


def language_folders(result: Built) -> dict[str, Path]:
    """The folders of the languages of the cases that are not the package's."""
    return {language: kept for one in result.kept for language, kept in one.report.language_folders.items()}


def with_images(draft: Draft, steps: Path, folder: Path) -> Case:
    """The case of a draft; its images are copied into the folder of the set, under names that say nothing.

    Args:
        draft: A draft that became a case.
        steps: Folder of the steps.
        folder: Folder of the set.
    """
    panels = {panel.panel_id: panel for panel in draft.report.panels}
    evidence = []
    for kind, finding in draft.findings.items():
        images = []
        shown = [one for one in draft.sorted_panels if one.type == kind]
        for number, one in enumerate(shown, 1):
            path = f"images/{draft.case_id}-{kind.value.replace('_', '-')}-{number}.png"
            (folder / path).parent.mkdir(exist_ok=True)
            shutil.copyfile(steps / str(panels[one.panel_id].image), folder / path)
            images.append(EvidenceImage(path=path, obtained=one.obtained or None))
        evidence.append(VisualEvidence(type=kind, images=tuple(images), finding=finding))
    return case_of(draft).model_copy(update={"evidence": tuple(evidence)})


def card_of(cases: Sequence[Case], result: Built, lines: str, about: dict[str, Any]) -> Card:
    """The card; version and canary are derived from the content, so that the same construction gives the same set."""
    version = hashlib.sha256(lines.encode()).hexdigest()[:12]
    name = about["name"]
    licences = list(dict.fromkeys(case.licence for case in cases))
    return Card(
        name=name,
        version=version,
        licence="; ".join(licences),
        source=f"Built from {len(cases)} case reports by medsyn_inspect; each case names its report",
        languages=tuple(dict.fromkeys(case.language for case in cases)),
        canary=f"medsyn_inspect canary {uuid.uuid5(uuid.NAMESPACE_OID, f'{name} {version}')}",
        synthetic=about["synthetic"],
        description="Built from case reports by models under rules; see DATASHEET.md and construction.jsonl. No "
        "clinician has reviewed it, unless the data sheet says so.",
        attributions=tuple(dict.fromkeys(f"{case.source} ({case.licence})" for case in cases)),
        constructed=flow_of(result),
        prompts={language: f"{PROMPTS}/{language}" for language in language_folders(result)},
    )


def flow_of(result: Built) -> tuple[ConstructionStep, ...]:
    """What each step kept and dropped, and why; equal reasons are counted together."""
    steps = []
    for name, drafts in result.flow:
        dropped = Counter(general(draft.dropped) for draft in drafts if draft.dropped and draft.step == name)
        dropped.update(CALL_FAILED for draft in drafts if draft.failed and draft.step == name)
        if name == READ:
            dropped.update("not readable" for _ in result.unread)
        kept = sum(draft.goes_on for draft in drafts)
        steps.append(ConstructionStep(step=name, kept=kept, dropped=dict(dropped.most_common())))
    return tuple(steps)


def general(reason: str) -> str:
    """A reason without its details in parentheses, so that equal reasons can be counted."""
    return re.sub(r"\s*\(.*\)$", "", reason)


def _write_flow(folder: Path, card: Card) -> None:
    from medsyn_inspect.report.figures.construction import flow
    from medsyn_inspect.report.figures.drawing import png, svg

    drawing = flow(f"{card.name} {card.version}", [one.model_dump() for one in card.constructed])
    for name, content in zip(FLOW_FILES, (png(drawing), svg(drawing)), strict=True):
        (folder / name).write_bytes(content)
