"""Imports recorded answers of physicians as logs of the same tasks, graded by the same judge as models.

No model is called for an answer. The log's model is `human/NAME`, which cannot be called; the solver inserts the
recorded answer in place of a model's. Dataset, scorers and metadata are those of the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any, get_args

from inspect_ai import Task, task_with
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolChoice, ToolInfo
from rich.text import Text

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.judging.roles import JUDGE_ROLE
from medsyn_inspect.physicians.sheet import Question, SheetRow, as_differential, read_sheet
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.providers import PHYSICIANS, default_judge
from medsyn_inspect.records import GivenAnswer, Outcome, View, shortened
from medsyn_inspect.tasks import ddx, fdx

REMARK = 1000
"""Maximum length of a remark in characters. A summary would drop a longer text without blanks completely."""


@modelapi(name=PHYSICIANS)
class HumanAPI(ModelAPI):
    """The model API behind the names of people in logs. It cannot be called."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Raise an error: answers under this name come from a person."""
        raise RuntimeError(
            f"{PHYSICIANS}/{self.model_name} is a person and cannot be called; import recorded answers with "
            "`medsyn import-answers`"
        )


@solver
def recorded_answer() -> Solver:
    """Insert the recorded answer (`GivenAnswer` in the sample's metadata) in place of a model's answer."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        given = state.metadata_as(GivenAnswer).given
        message = ChatMessageAssistant(content=given, source="input")
        state.messages.append(message)
        state.output = ModelOutput(model=str(state.model), choices=[ChatCompletionChoice(message=message)])
        return state

    return solve


class ImportRefused(ValueError):
    """Raised if the answers of a valid sheet cannot be imported; nothing was written."""


@dataclass(frozen=True)
class Imported:
    """The result of importing a sheet."""

    reader: str
    """The reader's name in the logs, as `human/NAME`."""

    answered: dict[Question, int]
    """Number of answered cases by question."""

    cases: int
    """Number of cases in the case set."""

    flagged: int
    """Number of rows flagged as ambiguous."""

    logs: list[EvalLog]
    """The logs, one per question."""

    def __str__(self) -> str:
        answered = ", ".join(f"{question} {n} of {self.cases} cases" for question, n in self.answered.items())
        lines = [
            f"{self.reader}: {answered} answered; the other cases are not part of the logs. {self.flagged} flagged."
        ]
        for log in self.logs:
            scores = [score for sample in log.samples or [] for score in (sample.scores or {}).values()]
            failed = sum((score.metadata or {}).get("outcome") == Outcome.JUDGE_FAILED for score in scores)
            broken = sum(sample.error is not None for sample in log.samples or [])
            lines.append(f"Wrote {log.location}" + (f" ({log.status})" if log.status != "success" else ""))
            if failed:
                lines.append(f"  {failed} could not be judged or read; score this log again with `inspect score`")
            if broken:
                lines.append(f"  {broken} failed with an error; see `inspect view`")
        return "\n".join(lines)


def import_answers(
    sheet: Path,
    reader: str,
    cases: str = "demo",
    view: View = "image",
    *,
    judge: str | None = None,
    consensus_of: Sequence[str] = (),
    log_dir: str = "logs",
    log_images: bool = True,
) -> Imported:
    """Write the answers of a sheet as logs: differentials as `ddx`, options as `fdx`.

    Args:
        sheet: A filled-in answer sheet (CSV), see `sheet.empty_sheet`.
        reader: Name of the person or group that answered; in the logs `human/READER`.
        cases: The case set, as for the tasks.
        view: How the visual evidence was shown.
        judge: The judge of the differentials; several, separated by commas, form a panel. Default: the tasks' judge.
        consensus_of: Names of the people whose consensus the answers are, as their own answers are imported.
        log_dir: Folder for the logs.
        log_images: Whether the logs contain the images that were shown.

    Raises:
        AnswerSheetError: If the sheet has errors; the message lists all of them.
        ImportRefused: If the name or the judge cannot be used.
        CaseSetError: If the case set cannot be used.
        ValueError: If its cases cannot be shown in the view.
        KeyboardInterrupt: After Ctrl-C.
    """
    name = _checked(reader)
    together = [f"{PHYSICIANS}/{_checked(member)}" for member in consensus_of]
    if f"{PHYSICIANS}/{name}" in together or len(set(together)) < len(together) or len(together) == 1:
        raise ImportRefused(f"{name} is the consensus of {', '.join(consensus_of)}: name at least two other people")
    case_set = load_cases(cases)
    rows = read_sheet(sheet.read_bytes(), case_set.cases, sheet.name, language_folders=case_set.language_folders)
    by_question: dict[Question, dict[str, GivenAnswer]] = {
        question: found
        for question in get_args(Question)
        if (found := _given(question, rows, case_set.cases, ", ".join(together) or None))
    }
    tasks = [_answered(question, given, cases, view) for question, given in by_question.items()]
    roles = _judges(judge) if "ddx" in by_question else None
    logs = evaluate(tasks, [f"{PHYSICIANS}/{name}"], model_roles=roles, log_dir=log_dir, log_images=log_images)
    flagged = sum(row.ambiguity is not None for row in rows)
    answered = {question: len(given) for question, given in by_question.items()}
    return Imported(f"{PHYSICIANS}/{name}", answered, case_set.size, flagged, logs)


def _checked(reader: str) -> str:
    """The name of a reader without the provider, if it can be used."""
    name = reader.removeprefix(f"{PHYSICIANS}/")
    if not name or not all(character.isalnum() or character in "._/-" for character in name):
        raise ImportRefused(f"reader {reader!r}: use letters, digits, '.', '_', '-' and '/', such as two-physicians")
    return name


def _given(
    question: Question, rows: list[SheetRow], cases: tuple[Case, ...], consensus_of: str | None
) -> dict[str, GivenAnswer]:
    """The answers to a question by case, in the form required of a model."""
    options = {case.case_id: option_order(case) for case in cases if case.options}
    given = {}
    for row in rows:
        if question == "ddx":
            text = as_differential(row.differential)
        else:
            text = f"{row.letter}. {options[row.case_id][ascii_uppercase.index(row.letter)]}" if row.letter else ""
        if text:
            given[row.case_id] = GivenAnswer(
                ambiguity=row.ambiguity and shortened(row.ambiguity, REMARK),
                note=row.note and shortened(row.note, REMARK),
                confidence=row.confidence if question == "fdx" else None,
                seconds=row.seconds_differential if question == "ddx" else row.seconds_option,
                given=text,
                filled_in=row.filled_in,
                consensus_of=consensus_of,
            )
    return given


def _answered(question: Question, given: dict[str, GivenAnswer], cases: str, view: View) -> Task:
    """The task, limited to the cases that were answered."""
    made = ddx(cases=cases, view=view) if question == "ddx" else fdx(cases=cases, view=view, logprobs=False)
    samples: list[Sample] = []
    for sample in made.dataset:
        if answer := given.get(str(sample.id)):
            sample.metadata = (sample.metadata or {}) | answer.model_dump(mode="json")
            samples.append(sample)
    return task_with(
        made,
        dataset=MemoryDataset(samples, name=made.dataset.name),
        solver=[recorded_answer()],
        tags=[*(made.tags or []), PHYSICIANS],
    )


def _judges(judge: str | None) -> dict[str, str | Model | list[str | Model]] | None:
    """The judge or judges as model roles, after checking that they can be used.

    Raises:
        ImportRefused: If a judge cannot be used.
    """
    names = [name.strip() for name in (judge or default_judge()).split(",") if name.strip()]
    for name in names:
        try:
            get_model(name)  # inspect-evals-lint: ignore[IEBP001] -- to check beforehand that it can be used
        except Exception as error:
            # Each provider has its own type of error for a missing key or package.
            reason = " ".join(Text.from_markup(str(error)).plain.split())
            raise ImportRefused(f"the judge {name} cannot be used ({reason}); name another with --judge") from error
    if judge is None:
        return None
    return {JUDGE_ROLE: names[0] if len(names) == 1 else list(names)}
