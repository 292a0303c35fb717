"""Posteriors from the token probabilities of a direct answer."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import GenerateConfig, Model, ModelOutput

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.posterior import token_letter
from medsyn_inspect.answers.tokens import ReaderAnswer, reader_answer
from medsyn_inspect.arms.sources.source import Request, Source, unread_text
from medsyn_inspect.calls import answered, generated
from medsyn_inspect.providers import drops_certain_tokens, gives_token_probabilities
from medsyn_inspect.readers.letters import letters_config
from medsyn_inspect.records import AFTER_REASONING, DIRECT, ArmRecord


class LogProbs(Source):
    """One answer that is nothing but a letter, with the probability of each letter."""

    meaning = "token probabilities"
    question = "fdx_direct"
    reworded = "fdx_direct_reworded"
    reply_tokens = 5

    def unavailable(self, model: str, reasoning_effort: str | None = None) -> str:
        """That the model gives no token probabilities at this effort, if that is known."""
        if gives_token_probabilities(model, reasoning_effort) is not False:
            return ""
        # At which effort it gives them is worth knowing.
        effort = "none" if gives_token_probabilities(model, "none") else ""
        at = f" at reasoning effort {reasoning_effort or 'unset'} (it does at {effort})" if effort else ""
        return f"{model} gives no token probabilities{at}: choose samples or verbalized"

    async def ask(self, request: Request) -> ArmRecord:
        """Request a direct answer; see `Source.ask`."""
        return record_of(request, await direct_answer(request))


SOURCE = LogProbs()


def gives(model: Model) -> bool | None:
    """Whether a model gives token probabilities at its reasoning effort; `None` if only a request can tell."""
    return gives_token_probabilities(str(model), model.config.reasoning_effort)


async def direct_answer(request: Request) -> ModelOutput:
    """Request an answer with token probabilities."""
    # Some services accept fewer than 20 candidates, so `--top-logprobs` takes precedence.
    candidates = request.model.config.top_logprobs or 20
    config = GenerateConfig(logprobs=True, top_logprobs=candidates)
    config = config.merge(letters_config(str(request.model), request.options))
    return answered(await generated(request.model, request.messages, config))


def record_of(request: Request, output: ModelOutput) -> ArmRecord:
    """The record of a direct answer."""
    return from_logprobs(output, request.options, drops_certain_tokens(str(request.model)), phrases=request.phrases)


def from_logprobs(
    output: ModelOutput, options: Sequence[str], drops_certain_tokens: bool = False, *, phrases: Phrases | None = None
) -> ArmRecord:
    """The posterior from the token probabilities of a direct answer; the arm's answer is its most probable option.

    Args:
        output: The model's output.
        options: The options in the order shown.
        drops_certain_tokens: Whether tokens with a probability of exactly 1 are missing from the list, as they are for
            Google models in Inspect 0.3.285. If so, an answer of one letter that has no token was certain.
        phrases: Those of the languages in which it may be written; by default all there are.
    """
    answer = reader_answer("single", output)
    read = parse_choice(answer.completion, options, phrases=phrases, stop_reason=answer.stop_reason, direct=True)
    found = option_posterior(answer, options, phrases, direct=True)
    letters = ascii_uppercase[: len(options)]
    if found.posterior is None:
        if drops_certain_tokens and read.letter and gives_logprobs(output) and _dropped(answer, read.letter):
            certain = [float(letter == read.letter) for letter in letters]
            source = AFTER_REASONING if answer.reasoned else DIRECT
            return ArmRecord(answer=read.letter, source=source, posterior=certain, option_mass=1.0, n=1)
        return ArmRecord(answer=read.letter, n=1, error=found.problem, unread=unread_text(answer.completion, read))
    posterior = found.posterior
    cut_off = posterior.lower != posterior.upper
    return ArmRecord(
        answer=letters[posterior.probabilities.index(max(posterior.probabilities))],
        source=found.source,
        posterior=found.probabilities,
        # Three digits, so that a record with 26 options fits into a summary.
        lower=[float(f"{probability:.3g}") for probability in posterior.lower] if cut_off else None,
        upper=[float(f"{probability:.3g}") for probability in posterior.upper] if cut_off else None,
        option_mass=found.option_mass,
        prefix=found.prefix if found.source == AFTER_REASONING else None,
        n=1,
    )


def _dropped(answer: ReaderAnswer, letter: str) -> bool:
    """Whether the token of the answer's letter is missing: every token is, or the answer is that letter alone."""
    return not answer.gives_tokens or (token_letter(answer.completion) == letter and not answer.letters)


def gives_logprobs(output: ModelOutput) -> bool | None:
    """Whether the provider returned token probabilities, even if the list is empty.

    Returns:
        `None` if this cannot be determined because the provider blocked the answer.
    """
    if not output.completion or output.stop_reason == "content_filter":
        return None
    return output.choices[0].logprobs is not None
