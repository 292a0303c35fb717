"""`medsyn curate`: targets from findings, pools in public formats, mixtures that repeat nothing of the evaluation."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from case_sets import a_case, write_case_set
from medsyn_inspect.cli import main
from medsyn_inspect.interventions.curate.mixtures import CURRICULUM, Recipe, draw
from medsyn_inspect.interventions.curate.pools import BadPool, read_pool
from medsyn_inspect.interventions.targets import Choice, Target, choose, read_sensitivity
from medsyn_inspect.interventions.train.recipe import CannotTrain, examples, has_curriculum, read_mixture
from medsyn_inspect.interventions.train.recipe import Recipe as Training

TYPES = ("ct", "laboratory", "microscopy")


def findings(folder: Path, deficits: dict[str, float], cases: int = 80, seed: int = 0) -> Path:
    """Findings of a reader whose mean matched deficits are known."""
    chance = np.random.default_rng(seed)
    rows = []
    for name in TYPES:
        for number in range(cases):
            finding = 0.1 + 0.02 * chance.standard_normal()
            image = finding - deficits.get(name, 0.0) + 0.02 * chance.standard_normal()
            rows.append(
                {
                    "reader": "openai/some-model", "case_id": f"case-{number}", "evidence_type": name,
                    "source": "logprobs", "S_image": image, "S_finding": finding, "floor_finding": 0.001,
                    "modality_gap_squared": (image - finding) ** 2, "finding_squared": finding**2,
                    "effect_image": image**2, "effect_finding": finding**2, "effect_both": image * finding,
                    "effect_rewording": 0.0001 * number / cases,
                    "matched_image": image, "matched_finding": finding,
                    "matched_deficit_least": finding - image, "matched_deficit_most": finding - image,
                    "truncated": False, "failed": 0,
                }
            )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "findings.json").write_text(json.dumps({"sensitivity": rows}), encoding="utf-8")
    return folder


def choose_from(folder: Path, **how: Any) -> Choice:
    return choose(read_sensitivity(folder), **how)


def picture(place: Path, seed: int, size: int = 48) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 6, 3)).astype(np.uint8)
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((size, size), Image.Resampling.NEAREST).save(place)


def llava(number: int, modality: str, image: str, text: str = "What is shown?") -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>\n{text}"}, {"from": "gpt", "value": f"Answer {number}."}]
    return {"id": f"s{number}", "image": [image], "modality": modality, "conversations": turns}


def write_pool(folder: Path, modalities: list[str], licence: str = "CC-BY-4.0", first: int = 0) -> Path:
    rows = []
    for number, modality in enumerate(modalities, first):
        picture(folder / "images" / f"{number}.png", number)
        rows.append(llava(number, modality, f"images/{number}.png"))
    (folder / "samples.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "card.yaml").write_text(f"licence: {licence}\n", encoding="utf-8")
    return folder


@pytest.fixture
def general(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "general", ["Computed Tomography", "Microscopy Images"] * 20)


@pytest.fixture
def special(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "special", ["microscopy", "ct"] * 20, first=100)


def curate(tmp_path: Path, *arguments: str, deficits: dict[str, float] | None = None) -> Result:
    found = findings(tmp_path / "findings", {"microscopy": 0.05} if deficits is None else deficits)
    return CliRunner().invoke(main, ["curate", "--from", str(found), "-o", str(tmp_path / "out"), *arguments])


def test_the_type_with_a_deficit_is_the_target(tmp_path: Path) -> None:
    choice = choose_from(findings(tmp_path, {"microscopy": 0.05}))
    assert [target.evidence_type for target in choice.targets] == ["microscopy"]
    assert choice.targets[0].weight == 1
    assert 0.3 * 80 < len(choice.development) < 0.7 * 80
    assert not set(choice.development) & set(choice.evaluation)


def test_a_type_that_moves_the_reader_too_much_is_no_target(tmp_path: Path) -> None:
    choice = choose_from(findings(tmp_path, {"microscopy": 0.05, "ct": -0.1}), development=1)
    rows = {row["evidence_type"]: row for row in choice.table}
    assert rows["ct"]["nmse"] > rows["microscopy"]["nmse"], "NMSE would have chosen the other type"
    assert [target.evidence_type for target in choice.targets] == ["microscopy"]


def test_two_targets_share_the_targeted_half_by_their_deficits(tmp_path: Path) -> None:
    choice = choose_from(findings(tmp_path, {"microscopy": 0.06, "ct": 0.03}), development=1)
    assert [target.evidence_type for target in choice.targets] == ["microscopy", "ct"]
    assert choice.targets[0].weight == pytest.approx(2 / 3, abs=0.08)


def test_the_largest_deficits_alone_can_be_kept(tmp_path: Path) -> None:
    choice = choose_from(findings(tmp_path, {"microscopy": 0.06, "ct": 0.03}), development=1, most=1)
    assert [(target.evidence_type, target.weight) for target in choice.targets] == [("microscopy", 1)]
    assert [row["evidence_type"] for row in choice.table if row["target"]] == ["microscopy"]


def test_nothing_to_target_is_said_and_nothing_is_written(tmp_path: Path, general: Path) -> None:
    done = curate(tmp_path, "--pool", f"general={general}", deficits={})
    assert done.exit_code == 1
    assert "nothing to target" in done.output
    assert "nothing was written" in done.output
    assert not (tmp_path / "out").exists()


def test_mixtures_have_their_sizes_and_types(tmp_path: Path, general: Path, special: Path) -> None:
    done = curate(
        tmp_path, "--pool", f"general={general}", "--pool", f"special={special}", "--size", "20",
        "--exclude-target-from-general",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    types = {}
    for name in ("general", "targeted", "control"):
        rows = [json.loads(line) for line in (tmp_path / "out" / f"{name}.jsonl").read_text("utf-8").splitlines()]
        types[name] = Counter(row["type"] for row in rows)
    assert types == {
        "general": {"ct": 20},
        "targeted": {"ct": 10, "microscopy": 10},
        "control": {"ct": 20},
    }
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["targets"][0]["evidence_type"] == "microscopy"
    assert {pool["licence"] for pool in manifest["pools"]} == {"CC-BY-4.0"}
    assert len(manifest["mixtures"]["targeted"]["ids"]) == 20
    assert (tmp_path / "out" / "mixture.png").stat().st_size > 1000


def test_the_same_seed_draws_the_same_samples(general: Path, special: Path) -> None:
    pools = [read_pool("general", general), read_pool("special", special)]
    targets = [Target("microscopy", 80, 0.05, 1.0)]

    def ids(seed: int) -> list[str]:
        return [one.id for one in draw(pools, targets, Recipe(16, seed=seed), lambda _: None).samples["targeted"]]

    assert ids(1) == ids(1) != ids(2)


def test_what_repeats_an_evaluation_case_is_left_out(tmp_path: Path, general: Path, special: Path) -> None:
    picture(tmp_path / "cases" / "images" / "1.png", 100, size=96)  # a sample's picture at another size
    text = "She has had fever for three weeks and a rash that comes and goes on both of her legs."
    evidence = [{"type": "ct", "images": [{"path": "images/1.png"}], "finding": "Both hila are enlarged."}]
    write_case_set(tmp_path / "cases", cases=[a_case(case_id="case-1", history=text, evidence=evidence)])
    picture(tmp_path / "cases" / "images" / "1.png", 100, size=96)
    rows = json.loads((special / "samples.json").read_text("utf-8"))
    rows[2]["conversations"][0]["value"] = f"<image>\n{text} What is shown?"
    (special / "samples.json").write_text(json.dumps(rows), encoding="utf-8")
    done = curate(
        tmp_path, "--pool", f"general={general}", "--pool", f"special={special}", "--size", "36",
        "--evaluation", str(tmp_path / "cases"),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["duplicates"]["dropped"] == {"special: image": 1, "special: text": 1}
    assert not {"special/s100", "special/s102"} & set(manifest["mixtures"]["targeted"]["ids"])


def test_a_licence_without_derivatives_leaves_ids_alone(tmp_path: Path, general: Path) -> None:
    quilt = write_pool(tmp_path / "quilt", ["microscopy"] * 20, licence="CC BY-NC-ND 3.0", first=100)
    done = curate(tmp_path, "--pool", f"general={general}", "--pool", f"quilt={quilt}", "--size", "20")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (tmp_path / "out" / "targeted.jsonl").read_text("utf-8").splitlines()]
    assert {tuple(row) for row in rows if row["pool"] == "quilt"} == {("id", "pool", "type")}
    assert "no control" in done.output
    with pytest.raises(CannotTrain, match="--pool quilt=PATH"):
        read_mixture(tmp_path / "out", "targeted", {})
    complete = read_mixture(tmp_path / "out", "targeted", {"quilt": quilt})
    assert all(row["messages"] for row in complete)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"licence": ""}, "no licence known; give --licence special=LICENCE"),
        ({"licence": "All rights reserved"}, "does not allow training"),
        ({"modality": "Palmistry"}, "unknown modalities: 'Palmistry' (sample 1); map each"),
        ({"image": "images/gone.png"}, "1 images are missing, the first"),
        ({"types": ["ct"] * 40}, "10 samples of microscopy in special are needed, but there are 0"),
        ({"text": "[1, 2"}, "line 1: not JSON"),
        ({"text": '[{"id": 1}]'}, "sample 1 has neither `conversations` nor `messages`"),
    ],
)
def test_a_pool_that_cannot_be_used_is_refused_in_one_sentence(
    change: dict[str, Any], message: str, tmp_path: Path, general: Path
) -> None:
    pool = write_pool(tmp_path / "special", change.get("types", ["microscopy"] * 20), change.get("licence", "MIT"), 100)
    rows = json.loads((pool / "samples.json").read_text("utf-8"))
    if "modality" in change:
        rows[0]["modality"] = change["modality"]
    if "image" in change:
        rows[0]["image"] = [change["image"]]
    (pool / "samples.json").write_text(change.get("text") or json.dumps(rows), encoding="utf-8")
    done = curate(tmp_path, "--pool", f"general={general}", "--pool", f"special={pool}", "--size", "20")
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_a_modality_can_be_mapped(tmp_path: Path, general: Path) -> None:
    pool = write_pool(tmp_path / "special", ["Slide"] * 20, first=100)
    done = curate(
        tmp_path,
        "--pool",
        f"general={general}",
        "--pool",
        f"special={pool}",
        "--size",
        "20",
        "--map",
        "Slide=microscopy",
    )
    assert done.exit_code == 0, done.output


def test_trl_rows_are_read_as_they_are_written(tmp_path: Path, special: Path) -> None:
    pool = read_pool("special", special)
    from medsyn_inspect.interventions.curate.folder import trl_row

    again = tmp_path / "trl.jsonl"
    again.write_text("\n".join(json.dumps(trl_row(one)) for one in pool.samples), encoding="utf-8")
    read = read_pool("special", again, "MIT")
    assert [(one.id, one.type, one.images) for one in read.samples] == [
        (one.id, one.type, one.images) for one in pool.samples
    ]
    assert [one.text.split() for one in read.samples] == [one.text.split() for one in pool.samples]


def test_each_answer_is_an_example_with_what_came_before_it() -> None:
    def said(role: str, *parts: str) -> dict[str, Any]:
        return {
            "role": role,
            "content": [{"type": "image"} if part == "*" else {"text": part, "type": "text"} for part in parts],
        }

    asked = [said("user", "*", "a"), said("assistant", "b"), said("user", "*", "c"), said("assistant", "d")]
    rows = [{"messages": asked, "images": ["1.png", "2.png"]}]
    first, second = examples(rows)
    assert (len(first["prompt"]), first["images"]) == (1, ["1.png"])
    assert (len(second["prompt"]), second["images"]) == (3, ["1.png", "2.png"])
    assert second["completion"] == [said("assistant", "d")]


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(CannotTrain, match="must be a multiple"):
        Training(batch_size=10, device_batch=4).accumulation  # noqa: B018


def test_findings_of_several_readers_need_a_choice(tmp_path: Path) -> None:
    place = findings(tmp_path, {"microscopy": 0.05})
    rows = pd.DataFrame(json.loads((place / "findings.json").read_text("utf-8"))["sensitivity"])
    both = pd.concat([rows, rows.assign(reader="openai/other")]).to_dict("records")
    (place / "findings.json").write_text(json.dumps({"sensitivity": both}), encoding="utf-8")
    with pytest.raises(ValueError, match="choose one with --reader: openai/other, openai/some-model"):
        choose_from(place)
    assert choose_from(place, reader="openai/other").reader == "openai/other"


def medthink_case(folder: Path, number: int, **changes: Any) -> dict[str, Any]:
    """A case as a row of MedThinkVQA: two CTs, one without a caption, and a picture of microscopy."""
    row: dict[str, Any] = {"title": f"Case number {number}", "CLINICAL_HISTORY": f"A cough for {number} weeks."}
    for place, (modality, caption) in enumerate(
        [("CT", "Nodules of both lungs"), ("CT", None), ("Histopathology", "Granulomas")], 1
    ):
        path = f"images/case{number}/{place}.png"
        picture(folder / path, 10 * number + place)
        row |= {f"image_{place:02}_path": path, f"image_{place:02}_modality": modality, f"image_{place:02}_id": place}
        row[f"image_{place:02}_caption"] = caption
    # In a table, cases with fewer images have empty cells.
    row |= {"image_04_path": None, "image_04_modality": None, "image_04_caption": None, "image_count": 3}
    options = {"A": "Lymphoma", "B": "Sarcoidosis", "C": "Tuberculosis", "D": "Silicosis", "E": None}
    return {**row, "options": options, "correct_answer": "B", **changes}


def write_medthink(folder: Path, rows: list[dict[str, Any]]) -> Path:
    pd.DataFrame(rows).to_parquet(folder / "train.parquet")
    pd.DataFrame(rows[:1]).to_parquet(folder / "test.parquet")
    (folder / "card.yaml").write_text("licence: CC BY-NC-SA 4.0\n", encoding="utf-8")
    return folder


class TestMedThinkVQA:
    def test_a_case_gives_its_captions_and_a_question_about_each_modality(self, tmp_path: Path) -> None:
        pool = read_pool("eurorad", write_medthink(tmp_path, [medthink_case(tmp_path, number) for number in (1, 2)]))
        assert pool.path.name == "train.parquet", "the test split is not for training"
        assert [(one.id, one.type, len(one.images)) for one in pool.samples[:4]] == [
            ("case-number-1/image-01", "ct", 1),
            ("case-number-1/image-03", "microscopy", 1),
            ("case-number-1/ct", "ct", 2),
            ("case-number-1/histopathology", "microscopy", 1),
        ]
        assert len(pool.samples) == 8
        caption, case = pool.samples[1], pool.samples[3]
        assert caption.turns == (("user", "<image>\nWhat does this image show?"), ("assistant", "Granulomas"))
        (_, question), (_, answer) = case.turns
        assert question.startswith(
            "A cough for 1 weeks.\n\nCT: Nodules of both lungs\n\nHistopathology:\n<image>\n\nWhich of these"
        )
        assert "A. Lymphoma\nB. Sarcoidosis\nC. Tuberculosis\nD. Silicosis\n" in question
        assert "letters A, B, C, D." in question
        assert answer == "Answer: B"
        assert "Granulomas" not in question, "the images of the modality are not given in words as well"

    def test_options_can_be_json(self, tmp_path: Path) -> None:
        row = medthink_case(tmp_path, 1, options=json.dumps({"a": "Gout", "b": "Sarcoidosis"}))
        pool = read_pool("eurorad", write_medthink(tmp_path, [row]))
        assert "A. Gout\nB. Sarcoidosis" in pool.samples[-1].text

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"correct_answer": "F"}, "case 1: its `correct_answer` is 'F', but its options are A, B, C, D; correct"),
            ({"options": None}, "case 1: it has no `options`; correct or remove it"),
            ({"options": "A or B"}, "case 1: its `options` are not JSON; correct or remove it"),
            ({"image_01_modality": "Palmistry"}, "unknown modalities: 'Palmistry' (sample 1); map each"),
            ({"image_01_path": "images/gone.png"}, "2 images are missing, the first"),
        ],
    )
    def test_a_case_that_cannot_be_used_is_refused_in_one_sentence(
        self, changes: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        with pytest.raises(BadPool, match=re.escape(message)):
            read_pool("eurorad", write_medthink(tmp_path, [medthink_case(tmp_path, 1, **changes)]))

    def test_a_file_that_is_no_table(self, tmp_path: Path) -> None:
        (tmp_path / "train.parquet").write_text("no table", encoding="utf-8")
        with pytest.raises(BadPool, match="it must be a Parquet file"):
            read_pool("eurorad", tmp_path, "CC BY-NC-SA 4.0")


class TestQuiltInstruct:
    """LLaVA's style with file names alone, without a modality."""

    @pytest.fixture
    def quilt(self, tmp_path: Path) -> Path:
        rows = []
        for number in range(3):
            picture(tmp_path / "images" / f"{number}.jpg", number)
            row = llava(number, "", f"{number}.jpg")
            del row["modality"]
            rows.append(row | {"image": f"{number}.jpg", "id": "video_1"})
        (tmp_path / "quilt_instruct_107k.json").write_text(json.dumps(rows), encoding="utf-8")
        return tmp_path

    def test_its_samples_are_all_of_the_type_that_is_given(self, quilt: Path) -> None:
        pool = read_pool("quilt", quilt, "CC BY-NC-ND 3.0", "microscopy")
        assert {one.type for one in pool.samples} == {"microscopy"}
        assert [one.images[0] for one in pool.samples] == [quilt / "images" / f"{number}.jpg" for number in range(3)]
        assert pool.ids_only

    def test_ids_that_are_not_unique_are_numbered(self, quilt: Path) -> None:
        pool = read_pool("quilt", quilt, "CC BY-NC-ND 3.0", "microscopy")
        assert [one.id for one in pool.samples] == ["video_1", "video_1#2", "video_1#3"]

    def test_without_a_type_it_is_said_how_to_give_one(self, quilt: Path) -> None:
        with pytest.raises(BadPool, match="give --type quilt=TYPE if all samples have one type"):
            read_pool("quilt", quilt, "CC BY-NC-ND 3.0")


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


class TestOtherTrainers:
    def test_both_views_have_the_samples_of_the_mixtures_in_their_order(
        self, tmp_path: Path, general: Path, special: Path
    ) -> None:
        done = curate(tmp_path, "--pool", f"general={general}", "--pool", f"special={special}", "--size", "20")
        assert done.exit_code == 0, done.output
        out = tmp_path / "out"
        info = json.loads((out / "llama-factory" / "dataset_info.json").read_text("utf-8"))
        assert set(info) == {"medsyn_general", "medsyn_targeted", "medsyn_control"}
        for name, dataset in info.items():
            mixture = rows_of(out / f"{name.removeprefix('medsyn_')}.jsonl")
            view = rows_of(out / "llama-factory" / dataset["file_name"])
            assert view == rows_of(out / "ms-swift" / dataset["file_name"])
            assert [row["images"] for row in view] == [row["images"] for row in mixture]
            for row in view:
                user, assistant = row["messages"]
                assert (user["role"], assistant["role"]) == ("user", "assistant")
                assert user["content"] == "<image>What is shown?"
                assert Path(row["images"][0]).is_absolute()

    def test_samples_that_a_licence_keeps_out_are_looked_up_for_this_machine(
        self, tmp_path: Path, general: Path
    ) -> None:
        quilt = write_pool(tmp_path / "quilt", ["microscopy"] * 20, licence="CC BY-NC-ND 3.0", first=100)
        done = curate(tmp_path, "--pool", f"general={general}", "--pool", f"quilt={quilt}", "--size", "20")
        assert "nothing for LLaMA-Factory and ms-swift, because the licence of quilt leaves ids alone" in done.output
        assert not (tmp_path / "out" / "ms-swift").exists()
        command = ["views", str(tmp_path / "out"), "-o", str(tmp_path / "mine")]
        refused = CliRunner().invoke(main, command)
        assert (refused.exit_code, "give --pool quilt=PATH" in refused.output) == (1, True)
        assert not (tmp_path / "mine").exists()
        done = CliRunner().invoke(main, [*command, "--pool", f"quilt={quilt}"])
        assert done.exit_code == 0, done.output
        rows = rows_of(tmp_path / "mine" / "ms-swift" / "targeted.jsonl")
        assert sum("quilt" in row["images"][0] for row in rows) == 10
        again = CliRunner().invoke(main, [*command, "--pool", f"quilt={quilt}"])
        assert "exists and is not an empty folder" in again.output

    def test_a_folder_without_mixtures_is_refused_in_one_sentence(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(main, ["views", str(tmp_path), "-o", str(tmp_path / "out")])
        assert (done.exit_code, "has no mixture; name a folder of `medsyn curate`" in done.output) == (1, True)


class TestCurriculum:
    def test_pictures_alone_come_before_cases_and_short_texts_before_long_ones(self, tmp_path: Path) -> None:
        pool = read_pool("eurorad", write_medthink(tmp_path, [medthink_case(tmp_path, number) for number in range(8)]))
        recipe = Recipe(12, curriculum=True)
        for samples in draw([pool], [Target("microscopy", 80, 0.05, 1.0)], recipe, lambda _: None).samples.values():
            sizes = [(len(one.images), len(one.text)) for one in samples]
            assert sizes == sorted(sizes)
            assert sizes[0] < sizes[-1]

    def test_the_manifest_states_the_rule_and_training_keeps_the_order(
        self, tmp_path: Path, general: Path, special: Path
    ) -> None:
        pools = ["--pool", f"general={general}", "--pool", f"special={special}", "--size", "20"]
        for options, ordered in ((["--curriculum"], True), ([], False)):
            done = curate(tmp_path / str(ordered), *pools, *options)
            assert done.exit_code == 0, done.output
            manifest = json.loads((tmp_path / str(ordered) / "out" / "manifest.json").read_text("utf-8"))
            assert manifest["order"] == (CURRICULUM if ordered else "shuffled")
            assert has_curriculum(tmp_path / str(ordered) / "out") is ordered
