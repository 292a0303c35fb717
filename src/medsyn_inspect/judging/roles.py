"""The models in the role of the judge, and the judge that is used if none is named."""

from __future__ import annotations

from inspect_ai.model import Model, get_model, model_roles
from rich.text import Text

from medsyn_inspect.providers import default_judge, end_in_words, end_of

JUDGE_ROLE = "grader"


class JudgeUnavailable(Exception):
    """Raised if a judge cannot be used, for example because its key is missing; the message is one sentence."""


def grader_models() -> list[Model]:
    """The judge or the judges of a panel. The evaluated model is a judge only if the role names it.

    Raises:
        JudgeUnavailable: If none is named and the default judge cannot be used.
    """
    panel = model_roles().get(JUDGE_ROLE)
    if isinstance(panel, list):
        return panel
    judge = default_judge()
    try:
        return [get_model(role=JUDGE_ROLE, default=judge)]  # inspect-evals-lint: ignore[IEBP001] -- scorers call it
    except Exception as error:
        # Each provider has its own type of error for a missing key or package.
        raise JudgeUnavailable(unusable("judge", judge, error)) from error


def unusable(role: str, model: str, error: Exception) -> str:
    """The sentence about a model that cannot be used.

    Args:
        role: `reader`, `judge` or `extractor`.
        model: Name in Inspect.
        error: The exception that Inspect raised when the model was created.
    """
    other = {"judge": "name another with --model-role grader=MODEL", "reader": "name another with --model MODEL"}
    advice = other.get(role, f"name another with --model-role {role}=MODEL")
    return f"the {role} {model} cannot be used ({one_line(error)}): set its key, or {advice}"


def one_line(error: BaseException) -> str:
    """The message of an exception in one line, without Rich's markup and without a full stop."""
    text = " ".join(Text.from_markup(str(error) or type(error).__name__).plain.split())
    return text.removeprefix("ERROR: ").rstrip(".")


def in_evaluation() -> bool:
    """Whether this runs within an evaluation, which has set the models of all roles."""
    # Inspect has no public function for this.
    from inspect_ai.model._model import active_model  # inspect-evals-lint: ignore[private_api_imports] -- no other way

    return active_model() is not None


def choice_of_judge() -> str:
    """The sentence about the judge that was chosen because none was named; empty if one was."""
    if JUDGE_ROLE in model_roles():
        return ""
    judge = default_judge()
    end = f" ({end_in_words(judge)})" if end_of(judge) else ""
    return f"No judge is named (--model-role {JUDGE_ROLE}=MODEL): {judge} judges{end}."
