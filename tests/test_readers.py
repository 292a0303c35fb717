"""What `hf-vlm` does without torch: arguments, conversations, batches, and the message where the extra is missing."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import anyio
import pytest
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, ContentImage, ContentText, GenerateConfig, get_model
from PIL import Image

from medsyn_inspect.providers import gives_token_probabilities, is_billed, is_model, serves
from medsyn_inspect.readers.batching import Batcher
from medsyn_inspect.readers.checkpoint import CannotServe, ServeArguments, folder_fingerprint, require_extra
from medsyn_inspect.readers.hf_vlm import conversation, decoding_of
from medsyn_inspect.readers.letters import letters_config, requested_letters


def picture() -> str:
    file = io.BytesIO()
    Image.new("L", (4, 3), 80).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_images_stay_between_the_words_that_name_them() -> None:
    parts = [
        ContentText(text="CT:"),
        ContentImage(image=picture()),
        ContentText(text="MRI:"),
        ContentImage(image=picture()),
    ]
    messages, images = conversation([ChatMessageSystem(content="You are."), ChatMessageUser(content=parts)])
    assert [part["type"] for part in messages[1]["content"]] == ["text", "image", "text", "image"]
    assert messages[0] == {"role": "system", "content": [{"type": "text", "text": "You are."}]}
    assert [(image.mode, image.size) for image in images] == [("RGB", (4, 3))] * 2


def test_letters_are_requested_of_local_checkpoints_alone() -> None:
    assert requested_letters(letters_config("hf-vlm/folder/model", ["a", "b", "c"])) == "ABC"
    assert letters_config("openai/gpt-4o", ["a", "b"]) == GenerateConfig()
    assert requested_letters(GenerateConfig(logprobs=True)) == ""


def test_an_answer_is_drawn_only_if_a_temperature_or_several_answers_are_wanted() -> None:
    assert decoding_of(GenerateConfig()).sample is None
    assert decoding_of(GenerateConfig(temperature=0)).sample is False
    several = decoding_of(GenerateConfig(num_choices=4))
    assert (several.sample, several.temperature, several.answers) == (True, 1.0, 4)
    assert decoding_of(GenerateConfig(logprobs=True, top_logprobs=20)).candidates == 20
    assert decoding_of(GenerateConfig(top_logprobs=20)).candidates == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"devise": "cpu"}, "-M devise: unknown; hf-vlm has device, dtype"),
        ({"batch_size": "many"}, "-M batch_size=many: must be of type int"),
        ({"batch_size": 0}, "must be 1 or more"),
        ({"letters": "guess"}, "choose forward or generate"),
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(CannotServe, match=message):
        ServeArguments.of(given)


def test_the_facts_of_the_provider_are_known() -> None:
    assert gives_token_probabilities("hf-vlm/some/model") is True
    assert not is_billed("hf-vlm/some/model")
    assert is_model("hf-vlm/some/model")
    assert serves("hf-vlm/some/model", "some/model@sha256-0123456789abcdef")
    assert not serves("hf-vlm/some/model", "some/other@sha256-0123456789abcdef")


def test_a_missing_extra_is_named_in_one_sentence() -> None:
    with pytest.raises(CannotServe, match=r"needs no_such_module: install .*`pip install 'medsyn-inspect\[hf\]'`"):
        require_extra("hf", ("no_such_module",), "hf-vlm/model")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed: nothing is missing")
def test_a_model_without_the_extra_stops_before_anything_is_loaded() -> None:
    with pytest.raises(Exception, match=r"hf-vlm/folder needs torch.*medsyn-inspect\[hf\]"):
        get_model("hf-vlm/folder")


def test_a_fingerprint_changes_with_the_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    first = folder_fingerprint(tmp_path)
    (tmp_path / "notes.md").write_text("not part of it", encoding="utf-8")
    assert folder_fingerprint(tmp_path) == first
    (tmp_path / "model.safetensors").write_bytes(b"2")
    assert folder_fingerprint(tmp_path) != first


def test_concurrent_items_run_in_batches_of_their_group() -> None:
    batches: list[list[int]] = []

    def run(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        return [10 * item for item in items]

    async def all_at_once() -> dict[int, int]:
        batcher: Batcher[int, int] = Batcher(run, size=4)
        results: dict[int, int] = {}

        async def one(item: int) -> None:
            results[item] = await batcher.submit(item, item % 2)

        async with anyio.create_task_group() as group:
            for item in range(12):
                group.start_soon(one, item)
        return results

    assert anyio.run(all_at_once) == {item: 10 * item for item in range(12)}
    assert all(len(batch) <= 4 and len({item % 2 for item in batch}) == 1 for batch in batches)
    assert len(batches) == 4, "two groups of six, at most four at a time"


def test_an_error_reaches_every_item_of_its_batch_and_no_other() -> None:
    def run(items: Sequence[int]) -> list[int]:
        if 0 in items:
            raise ValueError("no")
        return list(items)

    async def outcomes() -> list[object]:
        batcher: Batcher[int, int] = Batcher(run, size=2)
        found: list[object] = [None] * 4

        async def one(item: int) -> None:
            try:
                found[item] = await batcher.submit(item, item // 2)
            except ValueError as error:
                found[item] = str(error)

        async with anyio.create_task_group() as group:
            for item in range(4):
                group.start_soon(one, item)
        return found

    assert anyio.run(outcomes) == ["no", "no", 2, 3]
