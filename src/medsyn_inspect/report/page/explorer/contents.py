"""Cases and answers in the page, with `--include-cases`: texts, images, what readers answered and how it was judged."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalSample, read_eval_log_samples
from PIL import Image, ImageOps

from medsyn_inspect.analysis.read.logs import SENSITIVITY
from medsyn_inspect.analysis.read.scores import counted_score
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.images import media_type
from medsyn_inspect.cases.load import DEMO, CaseSet, CaseSetError, load_cases
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.providers.sent_images import image_of_file
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.report.page.case import case_page
from medsyn_inspect.wording import spoken

IMAGES = 20_000_000
"""Bytes of images in the page, in base64, above which they are reduced: more is too large for most mail."""

SMALLEST = 512
"""Images are not reduced below this number of pixels of their longer side, whatever the size of the page."""

BYTES_PER_PIXEL = 0.2
"""Estimate of the size of a reduced image, in base64."""

LONGEST_ANSWER = 4000
"""Characters of an answer that are kept; the rest is in the log."""

WITHOUT = {"events", "messages", "store"}
"""Parts of a sample that are not needed."""


@dataclass(frozen=True)
class Contents:
    """The cases of a report, and the answers to them."""

    pages: Mapping[str, str]
    """A page for each case, by case id."""

    cases: Mapping[str, dict[str, Any]]
    """Texts of each case, with numbers of its images."""

    images: tuple[str, ...]
    """Data URIs."""

    reduced: int | None
    """Pixels of the longer side to which larger images are reduced; `None` if all are unchanged."""

    answers: Mapping[str, Mapping[tuple[str, int], tuple[str, str]]]
    """Answer, and explanation of its score, by file name of the log, and by case id and epoch."""

    def data(self, cases: Mapping[str, int], logs: Mapping[str, int]) -> dict[str, Any]:
        """What the page's script reads.

        Args:
            cases: Numbers of the cases.
            logs: Numbers of the logs, by file name.
        """
        answers = {
            logs[log]: {f"{cases[case_id]}/{epoch}": list(texts) for (case_id, epoch), texts in found.items()}
            for log, found in self.answers.items()
            if log in logs
        }
        return {
            "cases": {cases[case_id]: case for case_id, case in self.cases.items() if case_id in cases},
            "images": list(self.images),
            "reduced": self.reduced,
            "answers": answers,
        }


def contents(material: Material, where: str | None = None) -> Contents:
    """The cases in the logs with their images, and all answers to them.

    Args:
        material: Contents of the logs.
        where: Location of the case set; by default the one recorded in the logs.

    Raises:
        ValueError: If the set cannot be read, or is not the one of the logs.
    """
    place, case_set = _case_set(material, where)
    logs = rows_of(material.counted)
    presented = {name for log in logs for name in log["sample_ids"] or ()}
    cases = [case for case in case_set.cases if case.case_id in presented]
    paths = dict.fromkeys(
        case_set.image_path(image) for case in cases for piece in case.evidence for image in piece.images
    )
    side = reduction([image_of_file(path).base64_bytes for path in paths])
    numbers = {path: number for number, path in enumerate(paths)}
    return Contents(
        pages={case.case_id: case_page(place, case.case_id) for case in cases},
        cases={case.case_id: _case(case, case_set, numbers) for case in cases},
        images=tuple(data_uri(path, side) for path in paths),
        reduced=side,
        answers=_answers(material),
    )


def reduction(sizes: Iterable[int]) -> int | None:
    """Pixels of the longer side to which images are reduced so that they fit into a page; `None` if they fit.

    Args:
        sizes: Bytes of each image in base64.
    """
    given = list(sizes)
    if sum(given) <= IMAGES:
        return None
    return max(SMALLEST, int(math.sqrt(IMAGES / len(given) / BYTES_PER_PIXEL)))


def data_uri(path: Path, side: int | None) -> str:
    """An image as a data URI, unchanged or reduced.

    Args:
        path: The file.
        side: Pixels of the longer side; `None` to leave it unchanged.
    """
    content, kind = path.read_bytes(), media_type(image_of_file(path).format)
    if side is not None:
        smaller = io.BytesIO()
        with Image.open(io.BytesIO(content)) as image:
            reduced = ImageOps.exif_transpose(image).convert("RGB")
            reduced.thumbnail((side, side))
            reduced.save(smaller, "WEBP", quality=80)
        if smaller.tell() < len(content):
            content, kind = smaller.getvalue(), "image/webp"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _case_set(material: Material, where: str | None) -> tuple[str, CaseSet]:
    """The case set of the logs and its location."""
    logs = rows_of(material.counted)
    # From the log itself: the material does not contain paths of folders.
    newest = next(one for one in reversed(material.findings.headers) if one.name == logs[-1]["log"])
    place = where or str((newest.header.eval.task_args or {}).get("cases", DEMO))
    try:
        found = load_cases(place)
    except CaseSetError as error:
        raise ValueError(f"{error}{'' if where else '; give the location of the case set with --cases'}") from error
    if found.fingerprint != logs[-1]["fingerprint"]:
        raise ValueError(
            f"{place} is not the case set of the logs (fingerprint {found.fingerprint}, not "
            f"{logs[-1]['fingerprint']}); give the location of that set with --cases"
        )
    return place, found


def _case(case: Case, case_set: CaseSet, numbers: Mapping[Path, int]) -> dict[str, Any]:
    evidence = [
        {
            "type": piece.type.value,
            "words": spoken(piece.type.value),
            "finding": piece.finding or "",
            "images": [[numbers[case_set.image_path(image)], image.obtained or ""] for image in piece.images],
        }
        for piece in case.evidence_in_clinical_order
    ]
    return {
        "language": case.language,
        "diagnosis": case.final_diagnosis,
        "aliases": list(case.aliases),
        "history": case.history,
        "examination": case.examination,
        "evidence": evidence,
        "options": list(option_order(case)) if case.options else [],
    }


def _answers(material: Material) -> dict[str, dict[tuple[str, int], tuple[str, str]]]:
    """Answers and explanations from the samples of the logs that count; arms have letters alone."""
    counted = {
        str(row["log"]): str(row["question"]) for row in rows_of(material.counted) if row["question"] != SENSITIVITY
    }
    return {
        header.name: {
            (str(sample.id), sample.epoch): _answer(sample, counted[header.name])
            for sample in read_eval_log_samples(header.file, all_samples_required=False, exclude_fields=WITHOUT)
        }
        for header in material.findings.headers
        if header.name in counted
    }


def _answer(sample: EvalSample, question: str) -> tuple[str, str]:
    answer = sample.output.completion.strip()
    if len(answer) > LONGEST_ANSWER:
        answer = f"{answer[:LONGEST_ANSWER]} … ({len(answer) - LONGEST_ANSWER} more characters are in the log)"
    score = counted_score(sample, question)
    return answer, (score.explanation or "") if score is not None else ""
