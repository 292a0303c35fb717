"""Runs batches of prompts on a loaded checkpoint: generation, or letter probabilities by one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from medsyn_inspect.answers.posterior import token_letter
from medsyn_inspect.readers.checkpoint import LOWER, CannotServe, Checkpoint
from medsyn_inspect.readers.prefix import MODEL_TYPES, SharedBeginnings


@dataclass(frozen=True)
class PromptText:
    """A prompt after the chat template, with its images, and what is wanted."""

    text: str
    images: tuple[Any, ...]
    """Pillow images, in the order of the marks in the text."""

    letters: str = ""
    """Letters whose probabilities are wanted; empty if a text is wanted."""


@dataclass(frozen=True)
class Decoding:
    """How a text is generated; prompts of a batch share it."""

    max_tokens: int
    sample: bool | None = None
    """Whether to draw tokens; `None` for what the checkpoint says, or greedily if it says nothing."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    answers: int = 1
    """Answers to each prompt."""

    candidates: int = 0
    """Candidates with probabilities for each token; 0 for none."""


@dataclass(frozen=True)
class Token:
    """A token of an answer."""

    text: str
    logprob: float
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reply:
    """One answer."""

    text: str
    tokens: tuple[Token, ...] = ()
    count: int = 0
    """Number of tokens generated."""

    cut: bool = False
    """Whether it was cut at the limit of tokens."""


@dataclass(frozen=True)
class Answers:
    """The answers to a prompt."""

    prompt_tokens: int
    replies: tuple[Reply, ...] = field(default=())
    """Empty if the prompt is too long."""


class Engine:
    """A loaded checkpoint. Its methods run in one thread at a time."""

    def __init__(self, checkpoint: Checkpoint, share_prefix: bool = False) -> None:
        """An engine.

        Args:
            checkpoint: What it runs.
            share_prefix: Whether letters take the common beginning of several prompts from the first of them.

        Raises:
            CannotServe: If the model's type is not among those for which a beginning can be shared.
        """
        self.checkpoint = checkpoint
        self.model, self.processor = checkpoint.model, checkpoint.processor
        self.tokenizer = checkpoint.processor.tokenizer
        found = self.model.config.model_type
        if share_prefix and found not in MODEL_TYPES:
            raise CannotServe(f"-M share_prefix: model type {found} is not supported, only {', '.join(MODEL_TYPES)}")
        self.shared = SharedBeginnings(self.model) if share_prefix else None

    def text_of(self, messages: list[dict[str, Any]]) -> str:
        """A conversation as text, by the chat template."""
        return str(self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def run(self, prompts: Sequence[PromptText], decoding: Decoding | None) -> list[Answers]:
        """Answer prompts, in smaller batches if memory does not suffice.

        Args:
            prompts: Prompts of one kind: all want letters, or all want texts.
            decoding: How texts are generated; `None` for letters.

        Raises:
            CannotServe: If there is not enough memory for a single prompt.
        """
        import torch

        try:
            return self._run(prompts, decoding)
        except (torch.OutOfMemoryError, MemoryError) as error:
            short = error
        except RuntimeError as error:
            if "not enough memory" not in str(error) and "out of memory" not in str(error).lower():
                raise
            short = error
        if self.model.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(prompts) == 1:
            raise CannotServe(
                f"out of memory with a single prompt of {len(prompts[0].images)} images; {LOWER}"
            ) from short
        half = (len(prompts) + 1) // 2
        return self.run(prompts[:half], decoding) + self.run(prompts[half:], decoding)

    def _run(self, prompts: Sequence[PromptText], decoding: Decoding | None) -> list[Answers]:
        import torch

        encoded = self.encoded(prompts, "left" if decoding else "right")
        lengths = [int(length) for length in encoded["attention_mask"].sum(1)]
        wanted = decoding.max_tokens if decoding else 0
        if max(lengths) + min(wanted, 1) > self.checkpoint.context:
            if len(prompts) == 1:
                return [Answers(lengths[0])]
            return [answer for prompt in prompts for answer in self._run([prompt], decoding)]
        with torch.inference_mode():
            if decoding:
                replies = self._generated(encoded, decoding, self.checkpoint.context - max(lengths))
            else:
                rows = self._after(encoded, lengths, prompts)
                replies = [(self._letters(row, one.letters),) for row, one in zip(rows, prompts, strict=True)]
        return [Answers(length, reply) for length, reply in zip(lengths, replies, strict=True)]

    def encoded(self, prompts: Sequence[PromptText], side: str, **how: bool) -> Any:
        """Prompts as the model's inputs, padded on a side.

        Args:
            prompts: Prompts.
            side: `left` or `right`.
            how: What the processor is to return beside the inputs, such as `return_offsets_mapping=True`.
        """
        images = [list(prompt.images) for prompt in prompts]
        given: dict[str, Any] = {"images": [one for one in images if one]} if any(images) else {}
        # A nested list with empty entries is refused by some processors; images are assigned by the marks in the texts.
        if any(images) and not all(images):
            given = {"images": [image for one in images for image in one]}
        encoded = self.processor(
            text=[prompt.text for prompt in prompts],
            return_tensors="pt",
            padding=True,
            padding_side=side,
            truncation=False,
            add_special_tokens=False,
            **how,
            **given,
        )
        encoded = encoded.to(self.model.device)
        return encoded.to(self.model.dtype) if hasattr(encoded, "to") else encoded

    def next_token_logprobs(self, encoded: Any, lengths: Sequence[int]) -> Any:
        """Natural-log probabilities of all tokens after each prompt, shape (prompts, vocabulary)."""
        import torch

        last = torch.tensor([length - 1 for length in lengths], device=self.model.device)
        places, own = torch.unique(last, return_inverse=True)
        logits = self.model(**encoded, logits_to_keep=places, use_cache=False).logits
        rows = logits[torch.arange(len(lengths), device=logits.device), own]
        return torch.log_softmax(rows.float(), dim=-1).cpu()

    def _after(self, encoded: Any, lengths: Sequence[int], prompts: Sequence[PromptText]) -> Any:
        if self.shared is None or len(prompts) == 1:
            return self.next_token_logprobs(encoded, lengths)
        images = [tuple(hash((one.size, one.tobytes())) for one in prompt.images) for prompt in prompts]
        return self.shared.logprobs(encoded, lengths, images)

    @cached_property
    def letter_tokens(self) -> dict[str, list[tuple[int, str]]]:
        """The tokens of the vocabulary that are a letter, with blanks or marks around it, by letter."""
        found: dict[str, list[tuple[int, str]]] = {}
        for token, number in self.tokenizer.get_vocab().items():
            if letter := token_letter(token):
                found.setdefault(letter, []).append((number, token))
        return found

    def _letters(self, row: Any, letters: str) -> Reply:
        """The most probable letter, with every token for a letter as a candidate: nothing is cut off."""
        listed = [
            (token, float(row[number])) for letter in letters for number, token in self.letter_tokens.get(letter, [])
        ]
        if absent := [letter for letter in letters if letter not in self.letter_tokens]:
            raise CannotServe(
                f"the tokenizer has no token for the letter {absent[0]}; use -M letters=generate, or fewer options"
            )
        mass = {
            letter: sum(2.718281828459045**logprob for token, logprob in listed if token_letter(token) == letter)
            for letter in letters
        }
        best = max(letters, key=lambda letter: mass[letter])
        ranked = tuple(sorted(listed, key=lambda pair: -pair[1]))
        token, logprob = next(pair for pair in ranked if token_letter(pair[0]) == best)
        return Reply(best, (Token(token, logprob, ranked),), 1)

    def _generated(self, encoded: Any, decoding: Decoding, room: int) -> list[tuple[Reply, ...]]:
        import torch

        how = self._how(decoding, room)
        if decoding.seed is not None:
            torch.manual_seed(decoding.seed)
        out = self.model.generate(**encoded, **how)
        start = encoded["input_ids"].shape[1]
        ends = {self.tokenizer.eos_token_id, *_as_list(self.model.generation_config.eos_token_id)}
        replies = []
        for row, sequence in enumerate(out.sequences[:, start:].tolist()):
            end = next((place for place, token in enumerate(sequence) if token in ends), len(sequence))
            cut = end == len(sequence) and len(sequence) >= how["max_new_tokens"]
            tokens = tuple(
                self._token(out.logits[place][row], sequence[place], decoding.candidates)
                for place in range(end if decoding.candidates else 0)
            )
            text = self.tokenizer.decode(sequence[:end], skip_special_tokens=True)
            replies.append(Reply(text, tokens, min(end + 1, len(sequence)), cut))
        number = decoding.answers
        return [tuple(replies[first : first + number]) for first in range(0, len(replies), number)]

    def _how(self, decoding: Decoding, room: int) -> dict[str, Any]:
        how: dict[str, Any] = {
            "max_new_tokens": max(1, min(decoding.max_tokens, room)),
            "return_dict_in_generate": True,
            "output_logits": decoding.candidates > 0,
            "num_return_sequences": decoding.answers,
        }
        if decoding.sample is not None:
            how["do_sample"] = decoding.sample
        if decoding.sample:
            given = {"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": decoding.top_k}
            how |= {name: value for name, value in given.items() if value is not None}
        if decoding.stop:
            how |= {"stop_strings": list(decoding.stop), "tokenizer": self.tokenizer}
        return how

    def _token(self, logits: Any, chosen: int, candidates: int) -> Token:
        import torch

        logprobs = torch.log_softmax(logits.float(), dim=-1)
        values, places = logprobs.topk(min(candidates, len(logprobs)))
        pairs = zip(places.tolist(), values.tolist(), strict=True)
        return Token(
            self.tokenizer.decode([chosen]),
            float(logprobs[chosen]),
            tuple((self.tokenizer.decode([place]), value) for place, value in pairs),
        )


def _as_list(value: int | list[int] | None) -> list[int]:
    return value if isinstance(value, list) else [value] if value is not None else []
