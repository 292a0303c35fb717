"""Reads pools of training samples in public formats.

A pool is a JSON list, a JSONL or Parquet file, or a folder with one such file (or one whose name begins with `train`).
The formats are distinguished by their keys: `conversations` (PubMedVision, LLaVA-Instruct, QUILT-Instruct and others of
LLaVA's style), `messages` with `images` (TRL), and `CLINICAL_HISTORY` (MedThinkVQA).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.check import CARD_FILE
from medsyn_inspect.interventions.curate import MARK
from medsyn_inspect.interventions.curate.medthinkvqa import HISTORY, NoCase, samples_of

SUFFIXES = (".json", ".jsonl", ".parquet")
IMAGES = "images"
"""Folder beside a pool's file in which an image is looked for if it is not in the folder of the file."""

ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}

NO_MODALITY = "(none)"
"""What a sample is reported to have that names no modality."""

_FORBIDS_TRAINING = re.compile(r"all rights reserved|proprietary|no[- ]?(ai[- ]?)?training|no[- ]?ai\b", re.IGNORECASE)
_NO_DERIVATIVES = re.compile(r"\bnd\b|no[- ]?deriv", re.IGNORECASE)


class BadPool(ValueError):
    """Raised if a pool cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Sample:
    """A training sample."""

    id: str
    pool: str
    type: str | None
    """The evidence type of its images; `None` if they are not visual evidence of a type."""

    turns: tuple[tuple[str, str], ...]
    """Role and text of each turn; a text has an `<image>` mark where an image is shown."""

    images: tuple[Path, ...]

    @property
    def text(self) -> str:
        """All its text, without marks."""
        return " ".join(text.replace(MARK, " ") for role, text in self.turns if role != "system")


@dataclass(frozen=True)
class Pool:
    """A pool of samples."""

    name: str
    path: Path
    licence: str
    samples: tuple[Sample, ...]

    @property
    def ids_only(self) -> bool:
        """Whether its licence forbids derivatives, so that a mixture may name its samples but not contain them."""
        return bool(_NO_DERIVATIVES.search(self.licence))


def read_pool(name: str, path: Path, licence: str = "", type_of_all: str = "") -> Pool:
    """Read a pool.

    Args:
        name: The name given to it.
        path: A file, or a folder with one JSON, JSONL or Parquet file.
        licence: Its licence; by default that of a `card.yaml` in its folder.
        type_of_all: Evidence type of all its samples, for pools whose samples do not say (such as QUILT: microscopy).

    Raises:
        BadPool: If it cannot be read, has no licence or one that forbids training, names an unknown modality or type,
            or lacks images.
    """
    file = _file_of(name, path)
    licence = licence or _licence_of(file.parent)
    if not licence:
        raise BadPool(
            f"pool {name}: no licence known; give --licence {name}=LICENCE, or add a {CARD_FILE} with `licence`"
        )
    if _FORBIDS_TRAINING.search(licence):
        raise BadPool(f"pool {name}: its licence ({licence}) does not allow training; leave the pool out")
    samples: list[Sample] = []
    unknown: dict[str, int] = {}
    missing: list[tuple[int, Path]] = []
    for number, row in enumerate(_expanded(name, file), 1):
        sample, modality = _sample(name, file.parent, row, number, type_of_all)
        if modality is not None:
            unknown.setdefault(modality, number)
        missing += [(number, image) for image in sample.images if not image.is_file()]
        samples.append(sample)
    if unknown:
        shown = ", ".join(f"{modality!r} (sample {number})" for modality, number in list(unknown.items())[:10])
        raise BadPool(
            f"pool {name}: unknown modalities: {shown}; map each to an evidence type with --map 'NAME=TYPE', or to none"
            + (f"; give --type {name}=TYPE if all samples have one type" if NO_MODALITY in unknown else "")
        )
    if missing:
        number, image = missing[0]
        raise BadPool(f"pool {name}: {len(missing)} images are missing, the first {image} (sample {number}); add them")
    if not samples:
        raise BadPool(f"pool {name}: {file} has no samples")
    return Pool(name, file, licence, tuple(_with_own_ids(samples)))


def add_mappings(mappings: Mapping[str, str]) -> None:
    """Add names of modalities, for this process.

    Raises:
        BadPool: If one is mapped to something that is not an evidence type.
    """
    for modality, name in mappings.items():
        if name != "none" and name not in list(EvidenceType):
            raise BadPool(f"--map {modality}={name}: choose an evidence type ({', '.join(EvidenceType)}) or none")
        _types()[modality.strip().lower()] = name


@cache
def _types() -> dict[str, str]:
    named: dict[str, str] = yaml.safe_load((Path(__file__).parent / "types.yaml").read_text(encoding="utf-8"))
    return {**named, **{name.value: name.value for name in EvidenceType}}


def _file_of(name: str, path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise BadPool(f"pool {name}: {path} does not exist; name a JSON, JSONL or Parquet file, or its folder")
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    training = [file for file in files if file.stem.startswith("train")]
    if len(chosen := training if len(files) > 1 else files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise BadPool(f"pool {name}: {path} must have one JSON, JSONL or Parquet file, but has {found}; name the file")
    return chosen[0]


def _licence_of(folder: Path) -> str:
    try:
        card = yaml.safe_load((folder / CARD_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    return str(card.get("licence") or "") if isinstance(card, dict) else ""


def _expanded(name: str, file: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file; a case of MedThinkVQA gives several."""
    for number, row in enumerate(_rows(name, file), 1):
        if HISTORY not in row:
            yield row
            continue
        try:
            yield from samples_of(row, number)
        except NoCase as error:
            raise BadPool(f"pool {name}: {file}, case {number}: {error}; correct or remove it") from error


def _rows(name: str, file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".parquet":
        yield from _parquet_rows(name, file)
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix == ".jsonl":
            rows = []
            for number, line in enumerate(text.splitlines(), 1):
                if line.strip():
                    try:
                        rows.append(json.loads(line))
                    except json.JSONDecodeError as error:
                        raise BadPool(f"pool {name}: {file}, line {number}: not JSON ({error.msg})") from error
        else:
            rows = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadPool(f"pool {name}: {file} cannot be read ({error}); it must be a UTF-8 file") from error
    except json.JSONDecodeError as error:
        raise BadPool(f"pool {name}: {file}, line {error.lineno}: not JSON ({error.msg})") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadPool(f"pool {name}: {file} must be a list of samples, each a JSON object")
    yield from rows


def _parquet_rows(name: str, file: Path) -> Iterator[dict[str, Any]]:
    import pandas as pd

    try:
        rows = pd.read_parquet(file).to_dict("records")
    except (OSError, ValueError) as error:
        raise BadPool(f"pool {name}: {file} cannot be read ({error}); it must be a Parquet file") from error
    for row in rows:
        yield {str(key): value.tolist() if hasattr(value, "tolist") else value for key, value in row.items()}


def _sample(pool: str, folder: Path, row: dict[str, Any], number: int, type_of_all: str) -> tuple[Sample, str | None]:
    """A sample, and the name of its modality if that is unknown."""
    sample_id = str(row.get("id") or f"{pool}-{number}")
    if "conversations" in row:
        turns, images = _llava_turns(row)
    elif "messages" in row:
        turns, images = _trl_turns(row)
    else:
        raise BadPool(
            f"pool {pool}: sample {number} has neither `conversations` nor `messages` nor `{HISTORY}`; see the formats"
        )
    if not any(role == "assistant" for role, _ in turns):
        raise BadPool(f"pool {pool}: sample {number} has no answer to train on")
    marks = sum(text.count(MARK) for _, text in turns)
    if marks == 0 and images:
        first = next(place for place, (role, _) in enumerate(turns) if role == "user")
        turns[first] = ("user", MARK * len(images) + "\n" + turns[first][1])
    elif marks != len(images):
        raise BadPool(f"pool {pool}: sample {number} has {marks} image marks, but {len(images)} images")
    modality = type_of_all or str(row.get("modality") or row.get("type") or "")
    name = _types().get(modality.strip().lower()) if modality else None
    unknown = modality if name is None else None
    known = None if name in (None, "none") else name
    paths = tuple(_image(folder, image) for image in images)
    read = Sample(
        sample_id, pool, known, tuple(turns), paths
    )  # inspect-evals-lint: ignore[sample_ids] -- our own class
    return read, unknown if unknown is None else (modality or NO_MODALITY)


def _image(folder: Path, name: str) -> Path:
    """The file of an image: in the pool's folder, or in `images/` there."""
    file = folder / name
    return (file if file.is_file() or not (folder / IMAGES / name).is_file() else folder / IMAGES / name).resolve()


def _llava_turns(row: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str]]:
    turns = [(ROLES.get(str(turn.get("from")), "user"), str(turn.get("value", ""))) for turn in row["conversations"]]
    images = row.get("image") or row.get("images") or []
    return turns, [images] if isinstance(images, str) else [str(image) for image in images]


def _trl_turns(row: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str]]:
    turns = []
    for message in row["messages"]:
        content = message.get("content", "")
        if isinstance(content, list):
            content = "".join(MARK if part.get("type") == "image" else str(part.get("text", "")) for part in content)
        turns.append((ROLES.get(str(message.get("role")), "user"), str(content)))
    return turns, [str(image) for image in row.get("images") or []]


def _with_own_ids(samples: list[Sample]) -> Iterator[Sample]:
    """The samples with an id of their own each: the second with the id X is called X#2."""
    seen: Counter[str] = Counter()
    for sample in samples:
        seen[sample.id] += 1
        yield sample if seen[sample.id] == 1 else replace(sample, id=f"{sample.id}#{seen[sample.id]}")
