"""What a review amounts to: agreement in words, and the next version of the case set on disk."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from medsyn_inspect.analysis.stats.means import FEWEST, TOO_FEW
from medsyn_inspect.cases.check import CONSTRUCTION_FILE, examine
from medsyn_inspect.cases.folder import require_free, write_card, write_cases
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.physicians import reviewing
from medsyn_inspect.physicians.journal import Entry
from medsyn_inspect.writing import write_folder

KIND_IN_WORDS = {
    **reviewing.EVIDENCE_QUESTIONS,
    **reviewing.CASE_QUESTIONS,
    "ruled_out": "Some evidence rules the distractor out",
}


class ReviewNotApplied(ValueError):
    """Raised if a review cannot be applied; nothing was written, and the message says what is missing."""


def reviewers_of(entries: Iterable[Entry]) -> list[str]:
    """Everyone who has reviewed a case, in alphabetical order."""
    return sorted({entry.person for entry in entries if entry.what == reviewing.REVIEWED})


def agreement_lines(entries: Sequence[Entry]) -> list[str]:
    """The agreement of every two reviewers, one line for each kind of question."""
    lines = []
    for row in reviewing.agreement(entries):
        if math.isnan(row["kappa"]):
            kappa = "no kappa: both gave the same answer everywhere"
        elif math.isnan(row["lower"]):
            why = TOO_FEW if row["cases"] < FEWEST else "no interval: the answers hardly vary"
            kappa = f"kappa {row['kappa']:.2f}, {why}"
        else:
            kappa = f"kappa {row['kappa']:.2f} [{row['lower']:.2f}, {row['upper']:.2f}]"
        words = KIND_IN_WORDS[row["kind"]]
        lines.append(f"{row['one']} and {row['other']}: {words}: {row['same']:.0%} of {row['n']} equal, {kappa}")
    return lines or ["No two reviewers have reviewed the same case: there is no agreement to compute."]


def write_next_version(case_set: CaseSet, entries: Sequence[Entry], version: str, folder: Path) -> str:
    """Write the case set with the changes of a review.

    Args:
        case_set: The set that was reviewed.
        entries: Of a journal of reviews.
        version: The new version.
        folder: A folder that does not exist or is empty.

    Returns:
        What was written, in words.

    Raises:
        ReviewNotApplied: If reviewers differ without an adjudication, nothing was reviewed, or no case is left.
        ImportFailed: If the folder is not free.
        NotWritten: If it cannot be written.
    """
    reviewers = reviewers_of(entries)
    review = reviewing.settled(entries, reviewers)
    if undecided := [case_id for case_id in reviewing.reviews(entries) if case_id not in review]:
        raise ReviewNotApplied(
            f"{len(undecided)} reviewed cases are not decided ({', '.join(undecided[:5])}): not every reviewer has "
            "reviewed them, or reviewers differ; finish the reviews, and run `medsyn review` with --adjudicator"
        )
    if not review:
        raise ReviewNotApplied("no case has been reviewed; run `medsyn review`")
    if version == case_set.card.version:
        raise ReviewNotApplied(f"version {version} is that of the reviewed set; give the next one another version")
    kept = reviewing.next_version(case_set.cases, review)
    if not kept:
        raise ReviewNotApplied("the review drops every case; there is no set to write")
    require_free(folder)
    card = reviewing.next_card(case_set.card, version, case_set.fingerprint, review, len(reviewers))
    card = card.model_copy(update={"languages": tuple(dict.fromkeys(case.language for case in kept))})
    with write_folder(folder) as draft:
        for image in {image.path for case in kept for piece in case.evidence for image in piece.images}:
            (draft / image).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case_set.folder / image, draft / image)
        for prompts in card.prompts.values():
            shutil.copytree(case_set.folder / prompts, draft / prompts)
        if (case_set.folder / CONSTRUCTION_FILE).exists():
            shutil.copyfile(case_set.folder / CONSTRUCTION_FILE, draft / CONSTRUCTION_FILE)
        write_cases(draft, kept)
        write_card(draft, card)
        if errors := examine(draft, cached=False).errors:
            listed = "\n".join(f"  {problem}" for problem in errors[:20])
            raise ReviewNotApplied(f"not written, because the set would have {len(errors)} errors:\n{listed}")
    return f"Wrote {folder}: {card.history[-1]}"
