"""Writes a world to a folder: case sets, and pools of training data in the formats of public ones. No torch.

world.json            the truth: types, codes, seed
development/          a case set, to find what a model underuses
evaluation/           a case set, to measure before and after
pools/general/        PubMedVision's format: every type, the weak one rarely
pools/specialised/    LLaVA's format: every type equally often, in another wording of the captions
"""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import yaml

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.check import CARD_FILE, CASES_FILE, examine
from medsyn_inspect.interventions.microworld.cases import LICENCE, case_of, finding
from medsyn_inspect.interventions.microworld.pictures import picture
from medsyn_inspect.interventions.microworld.prompts import DIRECT, caption_parts, prompt_of
from medsyn_inspect.interventions.microworld.world import World, WorldCase
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.records import PLAIN
from medsyn_inspect.writing import is_empty, write_folder

DEVELOPMENT, EVALUATION = "development", "evaluation"
GENERAL, SPECIALISED = "general", "specialised"
WORLD_FILE, POOLS, POOL_FILE = "world.json", "pools", "samples.json"

CASES = 150
"""Cases of each case set."""

POOL = 14000
"""Samples of each pool."""

CAPTIONS = 0.5
"""Share of the samples of a pool that are questions about a single picture; the others are cases."""

RARE = 0.02
"""Share of the weak type's pictures in the general pool."""


def write_world(folder: Path, world: World, *, weak: str, cases: int = CASES, pool: int = POOL) -> None:
    """Write a world: its truth, two case sets and two pools; all of it, or nothing.

    Args:
        folder: A folder that does not exist or is empty.
        world: The world.
        weak: The evidence type that is rare in the general pool; empty for none.
        cases: Cases of each case set.
        pool: Samples of each pool.

    Raises:
        ValueError: If the weak type is not one of the world's, a number is too small, or the folder is not empty.
        NotWritten: If the folder cannot be written.
    """
    if weak and weak not in world.types:
        raise ValueError(f"weak={weak}: this world has {', '.join(world.types)}")
    if cases < 2 or pool < 1:
        raise ValueError(f"cases={cases}, pool={pool}: at least 2 cases and 1 sample are needed")
    if folder.exists() and not (folder.is_dir() and is_empty(folder)):
        raise ValueError(f"{folder}: exists and is not an empty folder; choose another, or remove it")
    with write_folder(folder) as draft:
        (draft / WORLD_FILE).write_text(json.dumps(world.as_json() | {"weak": weak}, indent=1) + "\n", encoding="utf-8")
        for name in (DEVELOPMENT, EVALUATION):
            _write_cases(draft / name, world, name, cases)
        for name in (GENERAL, SPECIALISED):
            _write_pool(draft / POOLS / name, world, name, weak, pool)


def read_world(folder: Path) -> tuple[World, str]:
    """The world of a folder, and its weak type.

    Raises:
        ValueError: If the folder has no world.
    """
    try:
        content = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8"))
        return World.read(content), str(content["weak"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder}: has no {WORLD_FILE} of `medsyn microworld`; name the folder it wrote") from error


def _write_cases(folder: Path, world: World, name: str, number: int) -> None:
    chance = random.Random(f"{name}|{world.seed}")
    (folder / "images").mkdir(parents=True)
    lines = []
    for count in range(number):
        drawn = world.draw(chance, held_out=True)
        case = case_of(world, drawn, f"{name[:3]}-{count:04}", tuple(chance.randrange(2) for _ in world.types))
        for place, piece in enumerate(case.evidence):
            (folder / piece.images[0].path).write_bytes(picture(world, place, drawn.signs[place], case.case_id))
        lines.append(case.model_dump_json(exclude_defaults=True) + "\n")
    (folder / CASES_FILE).write_text("".join(lines), encoding="utf-8", newline="\n")
    card = Card(
        name=f"microworld-{name}",
        version=f"seed {world.seed}",
        licence=LICENCE,
        source="medsyn microworld",
        languages=("en",),
        canary=f"medsyn_inspect canary {uuid.uuid5(uuid.NAMESPACE_OID, f'microworld {name} {world.seed}')}",
        synthetic=True,
        description="Invented diagnoses and patterns with a known posterior. Nothing in it is medicine.",
    )
    text = yaml.safe_dump(card.model_dump(mode="json", exclude_defaults=True), sort_keys=False, width=110)
    (folder / CARD_FILE).write_text(text, encoding="utf-8", newline="\n")
    if errors := examine(folder, cached=False).errors:
        raise ValueError(f"not written, because {name} would have errors; the first: {errors[0]}")


def _write_pool(folder: Path, world: World, name: str, weak: str, number: int) -> None:
    """A pool: captions of single pictures, and cases with a picture of one type and the findings of the others."""
    chance = random.Random(f"{name}|{world.seed}")
    (folder / "images").mkdir(parents=True)
    samples = []
    for count in range(number):
        usual = [place for place, one in enumerate(world.types) if name == SPECIALISED or one != weak]
        place = world.types.index(weak) if weak and chance.random() < RARE else chance.choice(usual)
        sample_id = f"{name}-{count:05}"
        drawn = world.draw(chance, held_out=False)
        make = _caption if chance.random() < CAPTIONS else _case
        samples.append(make(world, drawn, place, chance, (folder, sample_id)))
    text = json.dumps(samples, indent=0) + "\n"
    (folder / POOL_FILE).write_text(text, encoding="utf-8", newline="\n")
    card = {"name": f"microworld-{name}", "licence": LICENCE, "source": "medsyn microworld"}
    (folder / CARD_FILE).write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8", newline="\n")


Place = tuple[Path, str]
"""Folder of a pool, and id of a sample."""


def _caption(world: World, drawn: WorldCase, place: int, chance: random.Random, where: Place) -> dict[str, Any]:
    """A question about a single picture."""
    folder, sample_id = where
    path = f"images/{sample_id}.png"
    (folder / path).write_bytes(picture(world, place, drawn.signs[place], sample_id))
    answer = finding(world, place, drawn.signs[place], chance.randrange(2))
    question = "".join("<image>\n" if isinstance(part, int) else part for part in caption_parts(world, place))
    return _sample(sample_id, [path], [question, answer], world.types[place])


def _case(world: World, drawn: WorldCase, place: int, chance: random.Random, where: Place) -> dict[str, Any]:
    """A case with a picture of one type and the findings of the others, and the question for its diagnosis."""
    folder, sample_id = where
    case = case_of(world, drawn, sample_id, tuple(chance.randrange(2) for _ in world.types))
    options = [world.name(option) for option in drawn.options]
    chance.shuffle(options)
    system, parts = prompt_of(case, PLAIN.replace(view="finding"), DIRECT, options)
    templates = load_templates("en")
    label = templates.label(world.types[place])
    in_words = f"## {label}\n{templates.label('finding')}\n{case.evidence[place].finding}"
    heading = str(caption_parts(world, place)[0])
    text = "".join(str(part) for part in parts).replace(in_words, f"{heading}<image>")
    path = f"images/{sample_id}.png"
    (folder / path).write_bytes(picture(world, place, drawn.signs[place], sample_id))
    letter = ascii_uppercase[options.index(case.final_diagnosis)]
    return _sample(sample_id, [path], [text, letter], world.types[place], system)


def _sample(sample_id: str, images: list[str], turns: list[str], modality: str, system: str = "") -> dict[str, Any]:
    speakers = ("human", "gpt")
    conversation = [{"from": who, "value": text} for who, text in zip(speakers, turns, strict=True)]
    if system:
        conversation.insert(0, {"from": "system", "value": system})
    return {"id": sample_id, "image": images, "modality": modality, "body_part": "", "conversations": conversation}
