"""The small synthetic world: its cases, their known posterior, and the folder that is written."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from medsyn_inspect.analysis import jensen_shannon
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.interventions.microworld.folder import read_world, write_world
from medsyn_inspect.interventions.microworld.pictures import picture
from medsyn_inspect.interventions.microworld.prompts import ANSWER_LINE, DIRECT, shown, stretches
from medsyn_inspect.interventions.microworld.world import OPTIONS, World, is_held_out
from medsyn_inspect.records import PLAIN


@pytest.fixture(scope="module")
def world() -> World:
    return World.drawn()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, world: World) -> Path:
    place = tmp_path_factory.mktemp("world") / "world"
    write_world(place, world, weak="microscopy", cases=12, pool=60)
    return place


def test_a_world_is_drawn_from_its_seed_alone() -> None:
    assert World.drawn(seed=3) == World.drawn(seed=3) != World.drawn(seed=4)


@settings(max_examples=15)
@given(types=st.lists(st.sampled_from([one.value for one in EvidenceType]), min_size=2, max_size=5, unique=True))
def test_a_world_can_have_any_evidence_types(types: list[str]) -> None:
    world = World.drawn(types, diagnoses=6)
    assert sorted(world.types) == sorted(types)
    assert len(set(world.codes)) == 6
    words = [world.sign(place, sign) for place in range(len(types)) for sign in range(3)]
    assert len(set(words)) == len(words), "every sign has a word of its own"


def test_the_posterior_agrees_with_the_diagnoses_that_are_drawn(world: World) -> None:
    chance = random.Random(0)
    drawn = [world.draw(chance, held_out=False) for _ in range(2000)]
    found = [
        (max(posterior := world.posterior(case)), case.options[posterior.index(max(posterior))], case) for case in drawn
    ]
    expected = sum(most for most, _, _ in found) / len(found)
    right = sum(best == case.diagnosis for _, best, case in found) / len(found)
    assert abs(right - expected) < 4 * math.sqrt(expected * (1 - expected) / len(found))


def test_options_alone_tell_nothing_and_every_type_moves_the_posterior(world: World) -> None:
    chance = random.Random(1)
    cases = [world.draw(chance, held_out=True) for _ in range(200)]
    for case in cases[:20]:
        assert world.posterior(case, (*world.types, "history")) == pytest.approx([1 / OPTIONS] * OPTIONS)
    for name in world.types:
        moved = [jensen_shannon(world.posterior(case), world.posterior(case, (name,))) for case in cases]
        assert sum(moved) / len(moved) > 0.03


def test_training_never_draws_what_is_held_out(world: World) -> None:
    chance = random.Random(2)
    assert not any(is_held_out(world.draw(chance, held_out=False)) for _ in range(300))


def test_a_picture_without_a_sign_differs_from_those_with_one(world: World) -> None:
    assert picture(world, 0, 1, "a") == picture(world, 0, 1, "a") != picture(world, 0, 1, "b")
    assert picture(world, 0, None, "a") != picture(world, 0, 1, "a")


def test_prompts_are_those_of_the_suite_and_their_answers_are_right(world: World) -> None:
    chance = random.Random(3)
    drawn = world.draw(chance, held_out=False)
    direct = shown(world, drawn, chance, PLAIN.replace(withheld=("ct",)), DIRECT)
    assert [part for part in direct.parts if isinstance(part, int)] == [0, 1, 3]
    text = "".join(part for part in direct.parts if isinstance(part, str))
    assert f"{direct.answer}. {world.name(drawn.diagnosis)}" in text
    assert shown(world, drawn, chance, PLAIN, ANSWER_LINE).answer.startswith("Answer: ")


def test_the_constant_stretches_cover_a_prompt_but_for_names_signs_and_cues(world: World) -> None:
    chance = random.Random(4)
    prompt = shown(world, world.draw(chance, held_out=False), chance, PLAIN.replace(view="finding"), DIRECT)
    left = "".join(part for part in prompt.parts if isinstance(part, str))
    for stretch in sorted((one.strip() for one in stretches(world)), key=len, reverse=True):
        if len(stretch) > 1:
            left = left.replace(stretch, " ")
    named = {world.sign(place, sign) for place in range(4) for sign in range(3)}
    named |= {word(number) for number in range(12) for word in (world.name, world.cue)}
    assert {word.strip(".,") for word in left.split()} - named <= {"", *"ABCDE"}


def test_the_folder_has_two_valid_case_sets_and_two_pools(folder: Path, world: World) -> None:
    assert read_world(folder) == (world, "microscopy")
    sets = [load_cases(folder / name) for name in ("development", "evaluation")]
    assert [one.size for one in sets] == [12, 12]
    assert sets[0].card.synthetic
    assert sets[0].fingerprint != sets[1].fingerprint
    for name in ("general", "specialised"):
        samples = json.loads((folder / "pools" / name / "samples.json").read_text(encoding="utf-8"))
        assert len(samples) == 60
        assert all((folder / "pools" / name / image).is_file() for one in samples for image in one["image"])


def test_the_weak_type_is_rare_in_the_general_pool_alone(folder: Path) -> None:
    def share(name: str) -> float:
        samples = json.loads((folder / "pools" / name / "samples.json").read_text(encoding="utf-8"))
        return sum(one["modality"] == "microscopy" for one in samples) / len(samples)

    assert share("general") < 0.1 < share("specialised")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--types", "ct,spleen"), "unknown evidence type 'spleen'"),
        (("--types", "ct"), "name two evidence types or more"),
        (("--diagnoses", "30"), "30 diagnoses: a world with 4 evidence types has 5 to 24"),
        (("--weak", "mri"), "weak=mri: this world has laboratory, xray, ct, microscopy"),
        (("--cases", "1"), "at least 2 cases"),
    ],
)
def test_a_world_that_cannot_be_is_refused_in_one_sentence(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["microworld", str(tmp_path / "world"), *arguments])
    assert done.exit_code == 1
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "world").exists(), "nothing half-written"


def test_a_folder_that_has_something_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(main, ["microworld", str(tmp_path)])
    assert "not an empty folder" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
