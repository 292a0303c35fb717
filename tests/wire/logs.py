"""What a log holds, byte for byte."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from pathlib import Path

from inspect_ai.log import EvalLog

from wire.providers import GEMINI, Provider


def everything_in(log: EvalLog) -> str:
    """All that the log's file holds, member by member, as it was written."""
    with zipfile.ZipFile(log.location) as archive:
        assert "header.json" in archive.namelist()
        return "\n".join(archive.read(name).decode("utf-8") for name in archive.namelist())


def encodings(case_folder: Path) -> Iterator[tuple[str, str]]:
    """A piece out of the end of each image's base64 (JPEG files begin alike), in both alphabets."""
    for file in sorted((case_folder / "images").iterdir()):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield file.name, encode(file.read_bytes()).decode()[-100:-60]


def images_in(text: str, case_folder: Path) -> dict[str, int]:
    """How often each image stands in a text."""
    counts: dict[str, int] = {}
    # An image whose piece reads the same in both alphabets is counted once.
    for name, piece in dict.fromkeys(encodings(case_folder)):
        counts[name] = counts.get(name, 0) + text.count(piece)
    return counts


def quiet(provider: Provider) -> dict[str, bool]:
    """The options that keep images out of a log. Inspect drops `data:` URIs, which Google's requests have none of."""
    return {"log_images": False} | ({"log_model_api": False} if provider is GEMINI else {})
