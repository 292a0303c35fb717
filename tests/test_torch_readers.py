"""`hf-vlm` on a small checkpoint. Needs the extra `hf`; run by `make test-circle`."""

from __future__ import annotations

import base64
import json
import math
import shutil
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("torch", reason="needs the extra hf; run by `make test-circle`")
pytest.importorskip("transformers", reason="needs the extra hf; run by `make test-circle`")

from inspect_ai.model import ChatMessage, ContentImage, GenerateConfig, ModelOutput, get_model
from inspect_ai.model._model import Model

from medsyn_inspect.analysis import analyze_logs
from medsyn_inspect.arms.design import arms_of
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.arms.sources.logprobs import from_logprobs
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.dataset import messages as messages_of
from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.interventions.microworld.folder import write_world
from medsyn_inspect.interventions.microworld.model import build_model, build_processor
from medsyn_inspect.interventions.microworld.world import World
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.readers.checkpoint import CannotServe, ServeArguments, load_checkpoint, weights_of
from medsyn_inspect.readers.letters import letters_config
from medsyn_inspect.tasks import fdx, sensitivity


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with an untrained model, whose letters are made likely enough to be generated."""
    folder = tmp_path_factory.mktemp("torch") / "world"
    world = World.drawn()
    write_world(folder, world, weak="microscopy", cases=6, pool=10)
    processor = build_processor(world)
    model = build_model(processor, seed=0)
    model.save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")
    return folder


@pytest.fixture
def case_set(place: Path) -> CaseSet:
    return load_cases(place / "development")


def requests(case_set: CaseSet) -> list[tuple[list[Any], tuple[str, ...]]]:
    """The messages and options of some arms of all cases, in both views."""
    found = []
    for case in case_set.cases:
        for arm in arms_of(case)[::3]:
            options = option_order(case)
            prompt = arm_prompt(case_set, case, arm, "logprobs", options)
            found.append(([inline(message) for message in messages_of(prompt)], options))
    return found


def inline(message: ChatMessage) -> ChatMessage:
    """A message with its images as data, as Inspect passes them to a model."""
    parts = []
    for part in message.content:
        if isinstance(part, ContentImage):
            data = base64.b64encode(Path(part.image).read_bytes()).decode()
            part = ContentImage(image=f"data:image/png;base64,{data}")
        parts.append(part)
    return message if isinstance(message.content, str) else message.model_copy(update={"content": parts})


def posteriors(model: Model, asked: list[tuple[list[Any], tuple[str, ...]]], *, forward: bool) -> list[list[float]]:
    """The posterior of each request; all requests are made at once."""
    outputs: dict[int, ModelOutput] = {}

    async def all_at_once() -> None:
        async def one(place: int) -> None:
            messages, options = asked[place]
            # All of the vocabulary, so that no letter is cut off, wherever an untrained model ranks it.
            config = GenerateConfig(logprobs=True, top_logprobs=100, max_tokens=1, temperature=0)
            config = config.merge(letters_config(str(model), options)) if forward else config
            outputs[place] = await model.generate(messages, config=config)

        async with anyio.create_task_group() as group:
            for place in range(len(asked)):
                group.start_soon(one, place)

    anyio.run(all_at_once)
    found = []
    for place, (_, options) in enumerate(asked):
        token = outputs[place].choices[0].logprobs.content[0]  # type: ignore[union-attr]
        chances = {one.token: math.exp(one.logprob) for one in token.top_logprobs or []}
        mass = [chances["ABCDE"[index]] for index in range(len(options))]
        found.append([one / math.fsum(mass) for one in mass])
    return found


def apart(one: list[list[float]], other: list[list[float]]) -> float:
    return max(abs(a - b) for p, q in zip(one, other, strict=True) for a, b in zip(p, q, strict=True))


def test_generation_and_a_forward_pass_give_the_same_posterior(place: Path, case_set: CaseSet) -> None:
    asked = requests(case_set)
    forward = posteriors(get_model(f"hf-vlm/{place}/model", memoize=False), asked, forward=True)
    generated = posteriors(get_model(f"hf-vlm/{place}/model", memoize=False), asked, forward=False)
    assert apart(forward, generated) < 1e-4
    assert apart(forward, [[0.2] * 5] * len(forward)) > 0.01, "not all alike"


def test_batching_changes_no_posterior(place: Path, case_set: CaseSet) -> None:
    asked = requests(case_set)
    together = posteriors(get_model(f"hf-vlm/{place}/model", memoize=False, batch_size=16), asked, forward=True)
    alone = posteriors(get_model(f"hf-vlm/{place}/model", memoize=False, batch_size=1), asked, forward=True)
    assert apart(together, alone) < 1e-5


def test_sharing_the_beginnings_of_arms_changes_no_posterior(place: Path, case_set: CaseSet) -> None:
    asked = requests(case_set)
    model = get_model(f"hf-vlm/{place}/model", memoize=False, batch_size=64, share_prefix=True)
    shared = posteriors(model, asked, forward=True)
    alone = posteriors(get_model(f"hf-vlm/{place}/model", memoize=False, batch_size=1), asked, forward=True)
    assert apart(shared, alone) < 1e-5
    engine = model.api.engine  # type: ignore[attr-defined]
    tokens = [engine.encoded([prompt], "right")["input_ids"].shape[1] for prompt in prompts_of(engine, asked)]
    assert engine.shared.tokens_computed < 0.9 * sum(tokens), "something was shared"


def prompts_of(engine: Any, asked: list[tuple[list[Any], tuple[str, ...]]]) -> list[Any]:
    from medsyn_inspect.readers.engine import PromptText
    from medsyn_inspect.readers.hf_vlm import conversation

    found = []
    for messages, _ in asked:
        turns, images = conversation(messages)
        found.append(PromptText(engine.text_of(turns), images))
    return found


def test_a_model_whose_images_see_each_other_cannot_share_beginnings(place: Path) -> None:
    from medsyn_inspect.readers.engine import Engine

    checkpoint = load_checkpoint(str(place / "model"), ServeArguments())
    checkpoint.model.config.model_type = "gemma3"
    with pytest.raises(CannotServe, match=r"share_prefix: model type gemma3 is not supported, only llava"):
        Engine(checkpoint, share_prefix=True)


def test_a_forward_pass_has_the_full_mass_of_the_letters(place: Path, case_set: CaseSet) -> None:
    model = get_model(f"hf-vlm/{place}/model", memoize=False)
    messages, options = requests(case_set)[0]

    async def answer() -> ModelOutput:
        config = GenerateConfig(logprobs=True, top_logprobs=2).merge(letters_config(str(model), options))
        return await model.generate(messages, config=config)

    output = anyio.run(answer)
    record = from_logprobs(output, options)
    assert record.lower is None
    assert record.upper is None, "nothing is cut off, although 2 candidates were requested"
    assert record.posterior is not None
    assert sum(record.posterior) == pytest.approx(1)
    assert output.usage is not None
    assert output.usage.input_tokens > 30
    assert output.model.rpartition("@")[2].startswith("sha256-")


def test_sensitivity_and_fdx_run(place: Path, tmp_path: Path) -> None:
    cases = str(place / "development")
    model = get_model(f"hf-vlm/{place}/model", memoize=False)
    logs = evaluate([sensitivity(cases=cases), fdx(cases=cases)], [model], log_dir=str(tmp_path), max_tokens=4)
    assert [log.status for log in logs] == ["success", "success"]
    findings = analyze_logs(tmp_path)
    assert set(findings.sensitivity["source"]) == {"logprobs"}
    assert findings.sensitivity["S_image"].notna().all()


def copied(place: Path, tmp_path: Path) -> Path:
    shutil.copytree(place / "model", tmp_path / "model")
    return tmp_path / "model"


def test_a_required_revision_that_has_moved_stops(place: Path, tmp_path: Path) -> None:
    folder = copied(place, tmp_path)
    revision = load_checkpoint(str(folder), ServeArguments()).revision
    assert load_checkpoint(str(folder), ServeArguments(revision=revision)).revision == revision
    config = json.loads((folder / "generation_config.json").read_text("utf-8"))
    (folder / "generation_config.json").write_text(json.dumps(config | {"temperature": 0.5}), encoding="utf-8")
    with pytest.raises(CannotServe, match=f"not {revision} as required by -M revision"):
        load_checkpoint(str(folder), ServeArguments(revision=revision))


def test_a_checkpoint_that_cannot_serve_is_refused(place: Path, tmp_path: Path) -> None:
    folder = copied(place, tmp_path)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(CannotServe, match="has no chat template"):
        load_checkpoint(str(folder), ServeArguments())
    shutil.copy(place / "model" / "chat_template.jinja", folder)
    (folder / "processor_config.json").unlink()
    with pytest.raises(CannotServe, match=r"has no image processor|has no usable processor"):
        load_checkpoint(str(folder), ServeArguments())
    with pytest.raises(CannotServe, match="no such folder"):
        load_checkpoint(str(tmp_path / "nowhere"), ServeArguments())


def test_memory_is_forecast_before_loading(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weights_of(place / "model") > 200_000
    monkeypatch.setattr("medsyn_inspect.readers.checkpoint.free_memory", lambda device: 1000.0)
    with pytest.raises(CannotServe, match=r"need about .* GB, but cpu has .* GB free; use -M dtype=bfloat16"):
        load_checkpoint(str(place / "model"), ServeArguments())


def test_a_prompt_that_is_too_long_is_refused_and_never_cut(place: Path, case_set: CaseSet) -> None:
    model = get_model(f"hf-vlm/{place}/model", memoize=False, max_prompt_tokens=40)
    messages, options = requests(case_set)[0]
    output = anyio.run(lambda: model.generate(messages, config=letters_config(str(model), options)))
    assert output.stop_reason == "model_length"
    assert "tokens, more than 40" in output.completion
    assert output.usage is not None
    assert output.usage.output_tokens == 0


def test_out_of_memory_halves_the_batch_and_then_stops(
    place: Path, case_set: CaseSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from medsyn_inspect.readers.engine import Engine, PromptText

    engine = Engine(load_checkpoint(str(place / "model"), ServeArguments()))
    run, sizes = engine._run, []

    def short(prompts: Any, decoding: Any) -> Any:
        sizes.append(len(prompts))
        if len(prompts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run(prompts, decoding)

    monkeypatch.setattr(engine, "_run", short)
    prompts = [PromptText("<|user|>A<|end|><|assistant|>", (), "AB")] * 8
    assert len(engine.run(prompts, None)) == 8
    assert sizes == [8, 4, 2, 2, 4, 2, 2]
    monkeypatch.setattr(engine, "_run", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(CannotServe, match="out of memory with a single prompt of 0 images; use -M dtype=bfloat16"):
        engine.run(prompts[:1], None)
