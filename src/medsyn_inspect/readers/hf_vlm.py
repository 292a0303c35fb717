"""`hf-vlm/PATH_OR_NAME`: multimodal checkpoints on this machine, with images and token probabilities.

Inspect's `hf` refuses images, and `transformers serve` gives no token probabilities.
"""

from __future__ import annotations

import base64
import io
import time
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    ContentImage,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from PIL import Image

from medsyn_inspect.providers import LOCAL_VLM
from medsyn_inspect.readers.batching import Batcher
from medsyn_inspect.readers.checkpoint import CannotServe, ServeArguments, load_checkpoint
from medsyn_inspect.readers.engine import Answers, Decoding, Engine, PromptText, Reply
from medsyn_inspect.readers.letters import requested_letters

MAX_TOKENS = 512
"""Tokens of an answer unless `--max-tokens` is given."""

CANDIDATES = 1
"""Candidates for each token if token probabilities are requested without `--top-logprobs`."""


@modelapi(name=LOCAL_VLM)
class HfVlmAPI(ModelAPI):
    """A multimodal checkpoint, loaded once and called in batches of concurrent samples."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        try:
            self.arguments = ServeArguments.of(model_args)
            self.engine = Engine(load_checkpoint(model_name, self.arguments), self.arguments.share_prefix)
        except CannotServe as error:
            raise _stop(error) from error
        self.batcher: Batcher[tuple[PromptText, Decoding | None], Answers] = Batcher(
            self._batch, self.arguments.batch_size
        )

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Answer, together with other calls that are waiting.

        Raises:
            CannotServe: If the conversation has tools, or there is not enough memory for it.
        """
        if tools:
            raise CannotServe(f"{LOCAL_VLM}/{self.model_name}: does not support tools; run the task without them")
        started = time.monotonic()
        letters = requested_letters(config) if self.arguments.letters == "forward" else ""
        messages, images = conversation(input)
        prompt = PromptText(self.engine.text_of(messages), images, letters)
        decoding = None if letters else decoding_of(config)
        answers = await self.batcher.submit((prompt, decoding), decoding)
        return self._output(answers, config, time.monotonic() - started)

    def _batch(self, batch: Any) -> list[Answers]:
        return self.engine.run([prompt for prompt, _ in batch], batch[0][1])

    def _output(self, answers: Answers, config: GenerateConfig, seconds: float) -> ModelOutput:
        name = f"{self.model_name}@{self.engine.checkpoint.revision}"
        written = sum(reply.count for reply in answers.replies)
        usage = ModelUsage(
            input_tokens=answers.prompt_tokens, output_tokens=written, total_tokens=answers.prompt_tokens + written
        )
        if not answers.replies:
            limit = self.engine.checkpoint.context
            refused = ModelOutput.from_content(
                name, f"the prompt has {answers.prompt_tokens} tokens, more than {limit}", stop_reason="model_length"
            )
            refused.usage = usage
            return refused
        choices = [self._choice(reply, name, bool(config.logprobs)) for reply in answers.replies]
        return ModelOutput(
            model=name,
            choices=choices,
            usage=usage,
            time=seconds,
            metadata={"revision": self.engine.checkpoint.revision, "letters": self.arguments.letters},
        )

    def _choice(self, reply: Reply, name: str, logprobs: bool) -> ChatCompletionChoice:
        return ChatCompletionChoice(
            message=ChatMessageAssistant(content=reply.text, model=name, source="generate"),
            stop_reason="max_tokens" if reply.cut else "stop",
            logprobs=Logprobs(content=[_logprob(token) for token in reply.tokens]) if logprobs else None,
        )

    def max_connections(self) -> int:
        """Calls that can wait for a batch at the same time: two batches, so that the next is ready."""
        return 2 * self.arguments.batch_size

    def collapse_user_messages(self) -> bool:
        """Chat templates expect users and assistants to alternate."""
        return True


def conversation(messages: list[ChatMessage]) -> tuple[list[dict[str, Any]], tuple[Image.Image, ...]]:
    """Messages as chat templates expect them, and the images in reading order.

    Raises:
        CannotServe: If a message has content other than text and images.
    """
    images: list[Image.Image] = []
    converted = []
    for message in messages:
        if isinstance(message, ChatMessageTool):
            raise CannotServe("a message is the result of a tool, which hf-vlm does not support")
        parts: list[dict[str, Any]] = []
        content = [ContentText(text=message.content)] if isinstance(message.content, str) else message.content
        for part in content:
            match part:
                case ContentText():
                    parts.append({"type": "text", "text": part.text})
                case ContentImage():
                    images.append(_image(part.image))
                    parts.append({"type": "image"})
                case ContentReasoning():
                    continue
                case _:
                    raise CannotServe(f"a message has content of type {part.type}; hf-vlm takes text and images")
        converted.append({"role": message.role, "content": parts})
    return converted, tuple(images)


def decoding_of(config: GenerateConfig) -> Decoding:
    """How a text is generated under a configuration of Inspect."""
    number = config.num_choices or 1
    given = config.temperature is not None or config.top_p is not None or config.top_k is not None or number > 1
    return Decoding(
        max_tokens=config.max_tokens or MAX_TOKENS,
        sample=(config.temperature is None or config.temperature > 0) if given or config.seed is not None else None,
        temperature=config.temperature if config.temperature is not None else 1.0 if given else None,
        top_p=config.top_p,
        top_k=config.top_k,
        seed=config.seed,
        stop=tuple(config.stop_seqs or ()),
        answers=number,
        candidates=(config.top_logprobs or CANDIDATES) if config.logprobs else 0,
    )


def _image(source: str) -> Image.Image:
    """An image from a data URI, in RGB."""
    content = base64.b64decode(source.partition(",")[2])
    return Image.open(io.BytesIO(content)).convert("RGB")


def _logprob(token: Any) -> Logprob:
    listed = [TopLogprob(token=text, logprob=logprob) for text, logprob in token.candidates]
    return Logprob(token=token.text, logprob=token.logprob, top_logprobs=listed)


def _stop(error: CannotServe) -> Exception:
    """The error as Inspect prints it in one line, without a traceback."""
    from inspect_ai._util.error import PrerequisiteError  # inspect-evals-lint: ignore[IECQ001] -- has no public name

    return PrerequisiteError(str(error))
