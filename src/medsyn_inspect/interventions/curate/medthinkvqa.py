"""Turns cases of MedThinkVQA (Eurorad) into samples in LLaVA's style, each about images of one modality.

Of each image with a caption: what does it show? Of each modality of a case: history, the captions of all other images
in words, the images of this modality, and the question with its options, as the task `fdx` words it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from medsyn_inspect.interventions.curate import MARK
from medsyn_inspect.prompts.language import load_templates

HISTORY = "CLINICAL_HISTORY"
"""The field by which the format is recognised."""

CAPTION_QUESTION = "What does this image show?"


class NoCase(ValueError):
    """Raised if a row is no case; the message says what it lacks."""


def samples_of(row: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """The samples of a case.

    Args:
        row: A row of the set, with `CLINICAL_HISTORY`, `options`, `correct_answer`, and `image_NN_path`,
            `image_NN_modality` and `image_NN_caption` of each image.
        number: Its number, for cases without a title.

    Raises:
        NoCase: If it has no options, or its answer is none of them.
    """
    case_id = str(row.get("title") or f"case {number}").strip().lower().replace(" ", "-")
    images = list(_images(row))
    for name, image in images:
        if image["caption"]:
            yield _sample(f"{case_id}/image-{name}", image["modality"], [image["path"]], f"{MARK}\n{CAPTION_QUESTION}",
                          image["caption"])  # fmt: skip
    options = _options(row)
    answer = str(row.get("correct_answer") or "").strip().upper()
    if answer not in options:
        raise NoCase(f"its `correct_answer` is {answer!r}, but its options are {', '.join(options) or 'missing'}")
    question = load_templates("en").question(
        "fdx", options="\n".join(f"{letter}. {text}" for letter, text in options.items()), letters=", ".join(options)
    )
    for modality in dict.fromkeys(image["modality"] for _, image in images):
        shown = [image for _, image in images if image["modality"] == modality]
        words = [f"{one['modality']}: {one['caption']}" for _, one in images if one not in shown and one["caption"]]
        pictures = f"{modality}:\n" + "\n".join(MARK for _ in shown)
        parts = [str(row[HISTORY]).strip(), *words, pictures, question]
        yield _sample(f"{case_id}/{modality.lower()}", modality, [one["path"] for one in shown], "\n\n".join(parts),
                      f"Answer: {answer}")  # fmt: skip


def _sample(name: str, modality: str, images: list[str], question: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"id": name, "image": images, "modality": modality, "conversations": turns}


def _images(row: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """The images of a case by their numbers, as the set writes them (`01`, `02`...)."""
    for field in sorted(name for name in row if name.startswith("image_") and name.endswith("_path")):
        name = field.removeprefix("image_").removesuffix("_path")
        if _given(row[field]):
            values = {key: row.get(f"image_{name}_{key}") for key in ("path", "modality", "caption")}
            yield name, {key: " ".join(str(value).split()) if _given(value) else "" for key, value in values.items()}


def _options(row: Mapping[str, Any]) -> dict[str, str]:
    given = row.get("options")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise NoCase("its `options` are not JSON") from error
    if not isinstance(given, Mapping):
        raise NoCase("it has no `options`")
    return {str(letter).upper(): str(text) for letter, text in given.items() if _given(text)}


def _given(value: object) -> bool:
    """Whether a cell has a value; an empty one is `None`, NaN or an empty text."""
    return value is not None and value == value and value != ""
