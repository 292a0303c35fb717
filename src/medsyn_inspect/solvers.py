"""Solvers that send a prompt to the model turn by turn. `prompts` decides what the prompt contains.

The dataset's `Sample.input` holds all messages, so that Inspect reads and encodes each image once per sample. A call
without an answer raises `calls.NoAnswer`: Inspect goes on with the other cases, and `inspect eval-retry` repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageUser, ContentImage, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import StoreModel, span
from pydantic import Field

from medsyn_inspect.answers.tokens import ReaderAnswer, reader_answer
from medsyn_inspect.calls import answered, generated, with_retries
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import NO_FOLDERS, load_templates
from medsyn_inspect.providers import image_limits
from medsyn_inspect.providers.sent_images import SentImage, image_of_uri, refused
from medsyn_inspect.records import CaseRecord


class Consultation(StoreModel):
    """The answers before the last one, kept in the sample's store."""

    interim: list[ReaderAnswer] = Field(default_factory=list)
    """The answers after each stage but the last (`staging=turns`)."""

    differential: str = ""
    """The reader's own differential, from which it then chooses one diagnosis (`open_fdx`)."""

    differential_stop_reason: str = "stop"
    """Why the model stopped there."""


@solver
def images_within_limits() -> Solver:
    """Raise an error before anything is sent if the case has images that exceed the provider's documented limits."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = str(state.model)
        if limits := image_limits(model):
            over = "; ".join(refused([_images_sent(state.messages)], limits))
            if over:
                raise ValueError(
                    f"case {state.sample_id} was not sent: {model} {over}; change the images (`medsyn cases check` "
                    "says how), or use view=finding"
                )
        return state

    return solve


def _images_sent(messages: Sequence[ChatMessage]) -> tuple[SentImage, ...]:
    """The images of a conversation in order, from the data URIs that Inspect has created."""
    content = [part for message in messages if not isinstance(message.content, str) for part in message.content]
    uris = [part.image for part in content if isinstance(part, ContentImage)]
    return tuple(image_of_uri(f"image {n}", uri) for n, uri in enumerate(uris, 1))


@solver
def one_turn() -> Solver:
    """Send all messages at once; the answer is scored."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await _answer(state, generate)

    return solve


async def _answer(state: TaskState, generate: Generate) -> TaskState:
    """The state with the model's answer as its output; without an output if the call fails."""
    # If the call fails, an earlier answer must not be scored instead.
    state.output = ModelOutput()
    state = await with_retries(
        get_model(),
        lambda limits: generate(state, **limits.model_dump(exclude_none=True)),
    )
    answered(state.output)
    return state


@solver
def stage_turns() -> Solver:
    """Show the evidence stage by stage; the reader answers after each stage, and the last answer is scored."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        # Each reply replaces its placeholder. If messages were inserted instead, Inspect's record of changes would
        # hold another copy of every image, even with --no-log-images.
        record = state.metadata_as(CaseRecord)
        places = reply_places(state.messages)
        answers: list[ReaderAnswer] = []
        for stage, place in zip(record.stages, places, strict=False):
            async with span(stage):
                output = answered(await generated(get_model(), state.messages[:place]))
            state.messages[place] = output.message
            answers.append(reader_answer(stage, output))
        state.store_as(Consultation).interim = answers
        async with span(record.stages[-1]):
            return await _answer(state, generate)

    return solve


def reply_places(messages: Sequence[ChatMessage]) -> list[int]:
    """The positions of the placeholders for replies; the messages before a placeholder are sent to get its reply."""
    return [index for index, message in enumerate(messages) if message.role == "assistant"]


@solver
def commit_to_one(case_set: CaseSet | None = None) -> Solver:
    """Ask the reader to choose one diagnosis from the differential that it has just given.

    Args:
        case_set: The cases of the task; needed if the set brings its own prompts for a language.
    """
    folders = case_set.language_folders if case_set else NO_FOLDERS

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        consultation = state.store_as(Consultation)
        consultation.differential = state.output.completion
        consultation.differential_stop_reason = state.output.stop_reason
        question = load_templates(state.metadata_as(CaseRecord).language, folders).question("commit")
        state.messages.append(ChatMessageUser(content=question))
        return await _answer(state, generate)

    return solve
