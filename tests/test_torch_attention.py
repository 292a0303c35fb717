"""Attention of small checkpoints in two passes. Needs the extra `hf`; run by `make test-circle`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra hf; run by `make test-circle`")
pytest.importorskip("transformers", reason="needs the extra hf; run by `make test-circle`")

import torch
from click.testing import CliRunner
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlavaProcessor,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.interventions.attention.cases import read_cases
from medsyn_inspect.interventions.attention.files import COLUMNS, read_attention
from medsyn_inspect.interventions.attention.rapt import relative_attention
from medsyn_inspect.interventions.attention.reading import CannotRead, last_attention, tokens_of
from medsyn_inspect.interventions.attention.sections import NotAligned, SectionedPrompt, sectioned_prompt
from medsyn_inspect.interventions.microworld.folder import write_world
from medsyn_inspect.interventions.microworld.model import CHAT_TEMPLATE, build_model, build_processor
from medsyn_inspect.interventions.microworld.world import World
from medsyn_inspect.readers.checkpoint import Checkpoint, ServeArguments, load_checkpoint
from medsyn_inspect.readers.engine import Engine
from medsyn_inspect.records import VIEWS


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with an untrained model."""
    folder = tmp_path_factory.mktemp("torch") / "world"
    world = World.drawn()
    write_world(folder, world, weak="microscopy", cases=4, pool=1)
    processor = build_processor(world)
    build_model(processor, seed=0).save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")
    return folder


@pytest.fixture
def case_set(place: Path) -> CaseSet:
    return load_cases(place / "evaluation")


def engine_of(place: Path, **arguments: Any) -> Engine:
    return Engine(load_checkpoint(str(place / "model"), ServeArguments(**arguments)))


def plain(model: Any, inputs: Mapping[str, Any]) -> np.ndarray:
    """Attention of the last token from the whole attention of the whole prompt."""
    usual = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        found = model(**inputs, output_attentions=True).attentions
    model.set_attn_implementation(usual)
    return torch.stack([one[0, :, -1, :].mean(0) for one in found]).double().numpy()


def test_two_passes_give_the_attention_that_one_pass_gives(place: Path, case_set: CaseSet) -> None:
    engine = engine_of(place)
    assert engine.model.config._attn_implementation == "sdpa"
    for case in case_set.cases:
        for view in VIEWS:
            tokens = tokens_of(engine, sectioned_prompt(case_set, case, view))
            found = last_attention(engine.model, tokens.inputs, "model")
            assert np.abs(found.weights - plain(engine.model, tokens.inputs)).max() < 1e-6
            assert found.weights.shape == (3, len(tokens.ids))
            assert (found.layers, found.query) == ((0, 1, 2), len(tokens.ids) - 1)
    assert engine.model.config._attn_implementation == "sdpa", "as before"


def test_rapt_of_two_passes_is_that_of_one(place: Path, case_set: CaseSet) -> None:
    """In 64 bits: with 32, RAPT multiplies the rounding of a weight by up to the number of tokens."""
    for dtype, apart in (("float64", 1e-6), ("float32", 1e-5)):
        engine = engine_of(place, dtype=dtype)
        for case in case_set.cases:
            tokens = tokens_of(engine, sectioned_prompt(case_set, case, "image"))
            two = last_attention(engine.model, tokens.inputs, "model")
            one = plain(engine.model, tokens.inputs)
            rapt = [
                [found.rapt for found in relative_attention(weights, tokens.sections, two.layers)]
                for weights in (two.weights, one)
            ]
            assert rapt[0] == pytest.approx(rapt[1], abs=apart)


TINY = {
    "vocab_size": 100, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "initializer_range": 0.2, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def ids_of(length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(3, 90, (1, length), generator=torch.Generator().manual_seed(seed))


def test_two_passes_with_positions_of_images_also_after_another_prompt() -> None:
    """Qwen-VL counts positions in rows and columns of images, and keeps the last prompt's."""
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1000.0}
    vision = {
        "depth": 2, "hidden_size": 32, "out_hidden_size": 64, "intermediate_size": 32, "num_heads": 2, "patch_size": 4,
        "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 16, "fullatt_block_indexes": [1],
    }  # fmt: skip
    image, start, end, video = 95, 96, 97, 98
    torch.manual_seed(0)
    model = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=TINY | {"rope_parameters": rope}, vision_config=vision,
            image_token_id=image, vision_start_token_id=start, vision_end_token_id=end, video_token_id=video,
        )
    ).eval()  # fmt: skip
    text = [ids_of(10, seed) for seed in range(3)]
    ids = torch.cat([text[0], torch.full((1, 4), image), text[1], torch.full((1, 8), image), text[2]], 1)
    with_images = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values": torch.randn(16 + 32, 3 * 2 * 16, generator=torch.Generator().manual_seed(0)),
        "image_grid_thw": torch.tensor([[1, 4, 4], [1, 4, 8]]),
        "mm_token_type_ids": (ids == image).int(),
    }
    without = {"input_ids": text[0], "attention_mask": torch.ones_like(text[0])}
    for inputs in (with_images, without):
        assert np.abs(last_attention(model, inputs, "qwen").weights - plain(model, inputs)).max() < 1e-6


def test_two_passes_with_a_sliding_window() -> None:
    torch.manual_seed(0)
    model = MistralForCausalLM(MistralConfig(**TINY, sliding_window=7)).eval()
    inputs = {"input_ids": ids_of(40), "attention_mask": torch.ones(1, 40, dtype=torch.long)}
    found = last_attention(model, inputs, "mistral")
    assert np.abs(found.weights - plain(model, inputs)).max() < 1e-6
    assert ((found.weights > 0).sum(1) == 7).all(), "tokens outside the window get no attention"


def test_tokens_are_those_of_the_reader_and_images_have_theirs(place: Path, case_set: CaseSet) -> None:
    engine = engine_of(place)
    for view in VIEWS:
        tokens = tokens_of(engine, sectioned_prompt(case_set, case_set.cases[0], view))
        names = {str(section) for section in tokens.sections}
        assert {"history (text)", "examination (text)", "question", "system", "heading", "template"} <= names
        assert {f"{kind} ({view})" for kind in ("laboratory", "xray", "ct", "microscopy")} <= names
        image = engine.model.config.image_token_id
        assert [one == image for one in tokens.ids] == [section.kind == "image" for section in tokens.sections]
        assert "pixel_values" in tokens.inputs or view == "finding"


def test_sections_align_with_a_byte_level_tokenizer_in_both_languages() -> None:
    """Tokens such as `.\\n\\n` end a section and begin a gap, and parts of one Chinese character are tokens."""
    case_set = load_cases()
    processor = bytes_processor([sectioned_prompt(case_set, case, "finding") for case in case_set.cases])
    model = build_model(processor, seed=0)
    engine = Engine(Checkpoint(model.eval(), processor, "", 2**31))
    for case_id in ("en-0002", "zh-0004"):
        case = next(case for case in case_set.cases if case.case_id == case_id)
        for view in VIEWS:
            tokens = tokens_of(engine, sectioned_prompt(case_set, case, view))
            own = [number for number, one in zip(tokens.ids, tokens.sections, strict=True) if one.name == "history"]
            assert processor.tokenizer.decode(own).strip() == case.history.strip()
            images = [str(section) for section in tokens.sections if section.kind == "image"]
            expected = [
                f"{piece.type.value} (image)" for piece in case.evidence_in_clinical_order for _ in piece.images
            ]
            assert images == [name for name in expected for _ in range(4)] if view == "image" else not images
            found = last_attention(model, tokens.inputs, "model")
            assert np.abs(found.weights - plain(model, tokens.inputs)).max() < 1e-6


def bytes_processor(prompts: Sequence[SectionedPrompt]) -> LlavaProcessor:
    """A processor like that of a large model, with a small vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+| ?\p{L}+|\p{N}|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<image>", "<|system|>", "<|user|>", "<|assistant|>"]
    texts = [str(content) for prompt in prompts for _, content in prompt.pieces]
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        extra_special_tokens={"image_token": "<image>"},
    )
    size = {"height": 32, "width": 32}
    images = CLIPImageProcessorPil(do_resize=True, size=size, do_center_crop=False)
    return LlavaProcessor(
        images, fast, patch_size=16, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )  # fmt: skip


def test_a_reader_is_read_in_both_views_with_and_without_random_text(place: Path, case_set: CaseSet) -> None:
    read = read_cases(engine_of(place), case_set, "hf-vlm/model")
    frame = read.frame
    assert list(frame.columns) == list(COLUMNS)
    assert not read.left_out
    assert read.prompts == 4 * 2 * 2
    assert read.distance < 1e-6
    keys = ["case_id", "view", "text", "layer"]
    weighted = (frame["rapt"] * frame["tokens"]).groupby([frame[key] for key in keys]).sum()
    sizes = frame.groupby(keys)["prompt_tokens"].first()
    assert (weighted / sizes).to_numpy() == pytest.approx(1, abs=1e-6)
    assert (frame["query_position"] == frame["prompt_tokens"] - 1).all()
    lengths = frame.groupby(["case_id", "view"])["prompt_tokens"].nunique()
    assert (lengths == 1).all(), "random text has as many tokens"
    text = frame[(frame["section"] == "history") & (frame["layer"] == 0)].pivot_table(
        index=["case_id", "view"], columns="text", values="rapt"
    )
    assert (text["keep"] != text["random"]).all()


def test_a_prompt_longer_than_the_context_is_left_out_and_named(place: Path, case_set: CaseSet) -> None:
    lengths = [len(tokens_of(engine_of(place), sectioned_prompt(case_set, case_set.cases[0], v)).ids) for v in VIEWS]
    read = read_cases(engine_of(place, max_prompt_tokens=min(lengths)), case_set, "hf-vlm/model")
    assert any(
        f"case {case_set.cases[0].case_id}" in line and f"tokens, more than the context of {min(lengths)}" in line
        for line in read.left_out
    )
    with pytest.raises(CannotRead, match=r"no case can be shown; the first: case .* more than the context of 10"):
        read_cases(engine_of(place, max_prompt_tokens=10), case_set, "hf-vlm/model")


def test_attention_that_cannot_be_read_is_refused(
    place: Path, case_set: CaseSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(place)
    tokens = tokens_of(engine, sectioned_prompt(case_set, case_set.cases[0], "finding"))

    def no_eager(name: str) -> None:
        if name == "eager":
            raise ValueError("this class does not support eager attention.\nMore.")

    monkeypatch.setattr(engine.model, "set_attn_implementation", no_eager)
    with pytest.raises(CannotRead, match=r"no attn_implementation=eager, the only one that returns attention weights"):
        last_attention(engine.model, tokens.inputs, "hf-vlm/model")
    monkeypatch.setattr(engine.model, "set_attn_implementation", lambda name: None)
    with pytest.raises(CannotRead, match=r"returns no attention weights, not even with attn_implementation=eager"):
        last_attention(engine.model, tokens.inputs, "hf-vlm/model")


def test_a_template_that_changes_the_text_is_refused_by_name(place: Path, case_set: CaseSet) -> None:
    engine = engine_of(place)
    engine.processor.chat_template = engine.processor.chat_template.replace("part.text", "part.text | upper")
    with pytest.raises(NotAligned, match=r"case eva-0000 \(images\): sections do not align with tokens: .* system"):
        read_cases(engine, case_set, "hf-vlm/model")


def test_the_command_writes_what_a_report_reads(place: Path, tmp_path: Path) -> None:
    model, out = f"hf-vlm/{place}/model", tmp_path / "out"
    cases = ["--cases", str(place / "evaluation"), "--limit", "2"]
    done = CliRunner().invoke(main, ["attention", "--model", model, *cases, "-o", str(out)])
    assert done.exit_code == 0, done.output
    results = read_attention(out)
    assert results.frame["case_id"].nunique() == 2
    assert results.record["readers"][0]["revision"].startswith("sha256-")
    assert "text" in results.statements[0]
    assert all(path.is_file() for path in results.figures)
    content = json.loads((out / "attention.json").read_text("utf-8"))
    assert content["query"] == "the last token of the prompt, after which the answer comes"
    bad = CliRunner().invoke(main, ["attention", "--model", model, *cases, "-M", "colour=red", "-o", str(out)])
    assert bad.output.startswith("Error: -M colour: unknown; hf-vlm has device")
