"""Trains the model of the world from nothing on the suite's own prompts, in minutes on one core.

Two losses besides the answer's are supervision that no real model gets: the option scaffold (each option is scored from
its own token) and the caption (a picture's embedding is compared with the word for its sign). Without the first the
model stays at chance, and without the second pictures are learned late. Neither is used in fine-tuning.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from medsyn_inspect.interventions.microworld.cases import finding
from medsyn_inspect.interventions.microworld.model import build_model, build_processor
from medsyn_inspect.interventions.microworld.pictures import picture
from medsyn_inspect.interventions.microworld.prompts import (
    Shown,
    caption_parts,
    random_condition,
    shown,
)
from medsyn_inspect.interventions.microworld.world import SIGNS, World

STEPS = 800
BATCH = 32
CAPTIONS = 8
"""Questions about single pictures in each batch."""
RATE = 2e-3
WARM_UP = 60
SCAFFOLD, CAPTION, ALIGNMENT = 1.0, 0.5, 1.0
"""Weights of the losses that only this training has."""
UNCLEAR = 0.2
"""Share of the pictures of healthy types that tell nothing. So the model learns to judge from a picture, and not from
its heading, whether to use it; without this, fine-tuning on captions does not change its diagnoses."""
VARIANTS = 200
"""Pictures of each sign; more are not needed, because jitter and noise are simple."""


@dataclass(frozen=True)
class Batch:
    """Prompts with answers as tensors."""

    inputs: dict[str, Any]
    labels: Any
    """Shape (prompts, tokens); -100 where a token is not part of an answer."""

    stems: Any
    """Positions of the options' names, shape (prompts with options, 5); prompts with options come first."""

    letters: Any
    """Index of the right option, shape (prompts with options)."""

    signs: Any
    """For each picture, the index of its sign among all signs; -1 for one that tells nothing."""


class Batches:
    """Draws batches from a world whose pictures of one type tell nothing."""

    def __init__(self, world: World, processor: Any, weak: str, seed: int) -> None:
        self.world, self.processor, self.weak = world, processor, weak
        self.chance = random.Random(f"training|{world.seed}|{seed}")
        tokenizer = processor.tokenizer
        self.stem_ids = {tokenizer.convert_tokens_to_ids(world.name(number)) for number in range(len(world.codes))}
        self.assistant = tokenizer.convert_tokens_to_ids("<|assistant|>")
        self.pictures = self._pictures()

    def _pictures(self) -> dict[tuple[int, int | None], Any]:
        """Pixels of the variants of each sign, by the index of the type and the sign."""
        import io

        from PIL import Image

        found: dict[tuple[int, int | None], Any] = {}
        for place, name in enumerate(self.world.types):
            for sign in [None] if name == self.weak else [None, *range(SIGNS)]:
                files = (picture(self.world, place, sign, f"train {sign} {number}") for number in range(VARIANTS))
                images = [Image.open(io.BytesIO(file)) for file in files]
                found[place, sign] = self.processor.image_processor(images, return_tensors="pt")["pixel_values"]
        return found

    def draw(self) -> Batch:
        """The next batch."""
        import torch

        prompts: list[Shown] = []
        signs: list[int] = []
        pixels = []
        for _ in range(BATCH):
            drawn = self.world.draw(self.chance, held_out=False)
            prompt = shown(self.world, drawn, self.chance, *random_condition(self.world, self.chance))
            prompts.append(prompt)
            for part in prompt.parts:
                if isinstance(part, int):
                    sign, pixel = self._seen(part, drawn.signs[part])
                    signs.append(sign)
                    pixels.append(pixel)
        healthy = [place for place, name in enumerate(self.world.types) if name != self.weak]
        for _ in range(CAPTIONS):
            place, sign = self.chance.choice(healthy), self.chance.randrange(SIGNS)
            said = finding(self.world, place, sign, self.chance.randrange(2))
            prompts.append(Shown("", caption_parts(self.world, place), said, None))
            index, pixel = self._seen(place, sign, unclear=0.0)
            signs.append(index)
            pixels.append(pixel)
        inputs = self._tokens(prompts)
        if pixels:
            inputs["pixel_values"] = torch.stack(pixels)
        ids = inputs["input_ids"]
        labels = ids.masked_fill(~self._answers(ids), -100)
        stems = torch.tensor(
            [[at for at, token in enumerate(row.tolist()) if token in self.stem_ids] for row in ids[:BATCH]]
        )
        letters = torch.tensor([prompt.letter for prompt in prompts[:BATCH]])
        return Batch(inputs, labels, stems, letters, torch.tensor(signs))

    def _seen(self, place: int, sign: int, unclear: float = UNCLEAR) -> tuple[int, Any]:
        """Index of the sign and pixels of a picture; -1 if it tells nothing."""
        nothing = self.world.types[place] == self.weak or self.chance.random() < unclear
        variants = self.pictures[place, None if nothing else sign]
        return -1 if nothing else place * SIGNS + sign, variants[self.chance.randrange(VARIANTS)]

    def _tokens(self, prompts: list[Shown]) -> dict[str, Any]:
        token = self.processor.image_token * 4
        texts = []
        for prompt in prompts:
            user = "".join(token if isinstance(part, int) else part for part in prompt.parts)
            system = f"<|system|>{prompt.system}<|end|>" if prompt.system else ""
            texts.append(f"{system}<|user|>{user}<|end|><|assistant|>{prompt.answer}<|end|>")
        return dict(self.processor.tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False))

    def _answers(self, ids: Any) -> Any:
        """Which tokens are part of an answer: those after the mark of the assistant."""
        marks = (ids == self.assistant).int()
        return (marks.cumsum(1) - marks).bool()


def train(
    world: World,
    *,
    weak: str,
    seed: int,
    steps: int = STEPS,
    progress: Callable[[int, float, float], None] = lambda step, loss, right: None,
) -> tuple[Any, Any]:
    """Train a model of a world in which the pictures of one type tell nothing.

    Args:
        world: The world.
        weak: The evidence type whose pictures are noise; empty for none.
        seed: Random seed of the model and of the batches.
        steps: Number of steps.
        progress: Called after every step with its number, the loss, and the share of right letters in the batch.

    Returns:
        The model and its processor.
    """
    import torch

    torch.set_num_threads(1)
    processor = build_processor(world)
    model = build_model(processor, seed)
    batches = Batches(world, processor, weak, seed)
    scaffold = torch.nn.Linear(model.config.text_config.hidden_size, 1)
    words = [processor.tokenizer.convert_tokens_to_ids(word) for word in _sign_words(world)]
    parameters = [*model.parameters(), *scaffold.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    model.train()
    for step in range(steps):
        batch = batches.draw()
        loss, right = _loss(model, scaffold, batch, words)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        progress(step + 1, float(loss.detach()), right)
    model.eval()
    return model, processor


def _loss(model: Any, scaffold: Any, batch: Batch, words: list[int]) -> tuple[Any, float]:
    from torch.nn.functional import cross_entropy

    pixels = batch.inputs["pixel_values"]
    images = model.get_image_features(pixels, return_dict=True)
    out = model(
        input_ids=batch.inputs["input_ids"],
        attention_mask=batch.inputs["attention_mask"],
        mm_encoder_outputs={"image": images},
        output_hidden_states=True,
    )
    targets = batch.labels[:, 1:]
    logits = out.logits[:, :-1]
    loss = cross_entropy(logits[targets != -100], targets[targets != -100])
    options = len(batch.letters)
    hidden = out.hidden_states[-2][:options]
    at = batch.stems[..., None].expand(-1, -1, hidden.shape[-1])
    scores = scaffold(hidden.gather(1, at)).squeeze(-1)
    loss = loss + SCAFFOLD * cross_entropy(scores, batch.letters)
    seen = batch.signs >= 0
    if seen.any():
        import torch

        patches = torch.stack(list(images.pooler_output))[seen]
        embedded = model.get_input_embeddings().weight[words]
        signs = batch.signs[seen]
        loss = loss + CAPTION * cross_entropy(patches.mean(1) @ embedded.T, signs)
        apart = patches - embedded[signs].detach()[:, None]
        loss = loss + ALIGNMENT * apart.square().sum(-1).mean()
    right = float((scores.argmax(1) == batch.letters).float().mean())
    return loss, right


def _sign_words(world: World) -> Iterator[str]:
    for place in range(len(world.types)):
        for sign in range(SIGNS):
            yield world.sign(place, sign)


def _rate(step: int, steps: int) -> float:
    """Warm-up, then constant, then linear decay over the last 40 %."""
    decay = 0.4 * steps
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / decay))
