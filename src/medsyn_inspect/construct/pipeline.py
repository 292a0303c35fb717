"""Runs the steps of a construction in order, each as an Inspect task, and goes on where an earlier run ended.

The result of every step is a file in the folder of the steps; it is used again if nothing changed that it depends on.
Within a step, replies come from Inspect's cache, so that only calls that failed, or were not made, are made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import Model

from medsyn_inspect.cases.case import Record
from medsyn_inspect.construct.draft import Draft, Report
from medsyn_inspect.construct.draws import Drawn, Shown, wording_of
from medsyn_inspect.construct.files import LOGS, fingerprint, kept_language, lines_of, read_drafts, write_drafts
from medsyn_inspect.construct.reading.finished import READ, Reading, finished
from medsyn_inspect.construct.reading.image_text import ImageTexts, can_read
from medsyn_inspect.construct.reading.raw import RawReport
from medsyn_inspect.construct.reading.source import read_source
from medsyn_inspect.construct.refine import LEAST_DRAWS, NAME, ROUNDS, Refinement, Solvers, refined
from medsyn_inspect.construct.rules.burned_in import with_image_texts
from medsyn_inspect.construct.steps import ALL
from medsyn_inspect.construct.steps.distractors import DISTRACTORS, VERIFY
from medsyn_inspect.construct.steps.step import Step
from medsyn_inspect.construct.tasks import RESULT, draws_task, step_task
from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.prompts.language import languages
from medsyn_inspect.screen import Screen
from medsyn_inspect.wording import plural
from medsyn_inspect.writing import write_files

SUFFICIENCY = "sufficiency"
SETTLED = 4
"""How many of the `SETTLING_DRAWS` with all evidence must be right. The diagnosis is in each position once."""

SETTLING_DRAWS = 5

REFINEMENT_FILE = "refinement.json"


@dataclass(frozen=True)
class Models:
    """The models of a construction, each in its role."""

    builder: Model
    checker: Model
    """Judges distractors."""

    solvers: Solvers
    reader: Model
    """Must settle each case from all findings."""


@dataclass(frozen=True)
class Settings:
    """What a construction depends on besides its source and models."""

    licence: str = ""
    """Licence of reports that state none."""

    prompts: dict[str, Path] = field(default_factory=dict)
    """Folders of languages that are not the package's, by language."""

    table_font: Path | None = None
    """Font in which tables without an image are drawn; `None` for Pillow's, which has Latin characters only."""

    rounds: int = ROUNDS
    draws: int = LEAST_DRAWS
    limit: int | None = None
    """Maximum number of reports that are used."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of Inspect's `eval`, such as `max_connections`."""


class Unread(Record):
    """A file from which no report was read."""

    file: str
    reason: str


@dataclass(frozen=True)
class Built:
    """The result of a construction."""

    drafts: tuple[Draft, ...]
    unread: tuple[Unread, ...]
    refinement: Refinement
    flow: tuple[tuple[str, tuple[Draft, ...]], ...]
    """The drafts after each step."""

    images_read: bool
    """Whether text in the images of the cases was looked for."""

    @property
    def kept(self) -> list[Draft]:
        """The drafts that became cases."""
        return [draft for draft in self.drafts if draft.goes_on]

    @property
    def failed(self) -> list[Draft]:
        """The drafts about which a call failed."""
        return [draft for draft in self.drafts if draft.failed]


def built(source: str | Path, steps: Path, models: Models, settings: Settings) -> Built:
    """Run all steps on the reports of a source.

    Args:
        source: As in `read_source`.
        steps: Folder of the steps; created if it does not exist.
        models: The models.
        settings: The settings.

    Raises:
        ValueError: If the source has no report, or a model cannot be used.
        NotWritten: If the folder cannot be written.
        KeyboardInterrupt: After Ctrl-C.
    """
    drafts, unread = read(source, steps, settings)
    runner = Runner(steps, settings.options)
    flow = [(READ, tuple(drafts))]
    for step in ALL:
        model = models.checker if step is VERIFY else models.builder
        drafts = after_step(step, drafts, model, runner)
        flow.append((step.name, tuple(drafts)))
    drafts, refinement = after_refinement(drafts, models, runner, settings)
    flow.append((NAME, tuple(drafts)))
    drafts = after_sufficiency(drafts, models.reader, runner)
    flow.append((SUFFICIENCY, tuple(drafts)))
    texts_of = ImageTexts(steps).of if can_read() else None
    drafts = [with_image_texts(draft, texts_of) if draft.goes_on else draft for draft in drafts]
    return Built(tuple(drafts), tuple(unread), refinement, tuple(flow), images_read=texts_of is not None)


def read(source: str | Path, steps: Path, settings: Settings) -> tuple[list[Draft], list[Unread]]:
    """Read the source; every report becomes a draft with a case id that depends on its place among all reports."""
    drafts: list[Draft] = []
    unread: list[Unread] = []
    kept = {language: kept_language(steps, language, folder) for language, folder in settings.prompts.items()}
    how = Reading(steps, settings.licence, kept, settings.table_font)
    for found in read_source(source):
        if found.problem:
            unread.append(Unread(file=found.file, reason=found.problem))
        for raw in found.reports:
            if settings.limit is None or len(drafts) < settings.limit:
                drafts.append(_draft(raw, found.file, len(drafts) + 1, how))
    steps.mkdir(parents=True, exist_ok=True)
    write_drafts(steps, READ, fingerprint(lines_of(drafts)), drafts)
    return drafts, unread


def _draft(raw: RawReport, file: str, number: int, how: Reading) -> Draft:
    result = finished(raw, file, how)
    report: Report = result.report
    problem = result.dropped
    if not problem and report.language not in languages(how.prompts):
        problem = f"no prompts in the language {report.language}"
    return Draft(
        report=report,
        case_id=f"{report.language}-{number:04d}",
        caught=result.caught,
        dropped=problem,
        step=READ if problem else "",
    )


@dataclass(frozen=True)
class Runner:
    """Runs tasks with their logs in one folder."""

    folder: Path
    """Folder of the steps."""

    options: dict[str, Any]
    """Options of Inspect's `eval`."""

    def log_of(self, task: Task, model: Model) -> EvalLog:
        """The log of a task.

        Raises:
            ValueError: If the run ended before any sample.
        """
        Screen().print(f"{task.name}: {plural(len(task.dataset), 'report')}, {model}")
        [log] = evaluate([task], [model], log_dir=str(self.folder / LOGS), **self.options)
        if not log.samples:
            raise ValueError(f"{task.name}: {log.error.message if log.error else 'no sample was run'}")
        return log

    def drawn(
        self, model: Model, going: Sequence[Draft], shown: Sequence[Shown], count: int, seed: str
    ) -> dict[str, list[Drawn]]:
        """The draws of a solver by case; cases with failed calls are missing."""
        log = self.log_of(draws_task(going, shown, count, seed), model)
        return {name: [Drawn.model_validate(one) for one in result] for name, result in results_of(log).items()}


def results_of(log: EvalLog) -> dict[str, Any]:
    """The results in a log by case id; samples with failed calls have none."""
    return {
        str(sample.id): (score.metadata or {})[RESULT]
        for sample in log.samples or []
        for score in (sample.scores or {}).values()
    }


def after_step(step: Step, drafts: Sequence[Draft], model: Model, runner: Runner, *, name: str = "") -> list[Draft]:
    """The drafts after a step: from its file if nothing changed, else from a run of its task.

    Args:
        step: The step.
        drafts: All drafts; those that do not go on stay as they are.
        model: The model.
        runner: Runs the task.
        name: Name of the step's file, if it is not that of the step.
    """
    folder = runner.folder
    made_from = fingerprint(step.name, step.prompt, str(model), str(step.reply.model_json_schema()), lines_of(drafts))
    known = read_drafts(folder, name or step.name, made_from)
    if known is not None:
        return known
    if not any(draft.goes_on for draft in drafts):
        return list(drafts)
    results = results_of(runner.log_of(step_task(step, drafts), model))
    after = [
        Draft.model_validate(results[draft.case_id])
        if draft.case_id in results
        else draft.but(failed="the call failed; see the log", step=step.name)
        if draft.goes_on
        else draft
        for draft in drafts
    ]
    failures = any(draft.failed and draft.step == step.name for draft in after)
    # A step with failed calls is repeated by the next run; replies that came are in Inspect's cache.
    write_drafts(folder, name or step.name, "" if failures else made_from, after)
    return after


def after_refinement(
    drafts: Sequence[Draft], models: Models, runner: Runner, settings: Settings
) -> tuple[list[Draft], Refinement]:
    """The drafts with refined options, and the record of the rounds."""
    folder, solvers = runner.folder, models.solvers
    names = [*(f"{model}" for model in solvers.taking_part), "|", *(f"{model}" for model in solvers.held_out)]
    numbers = (str(settings.rounds), str(settings.draws))
    made_from = fingerprint(NAME, *names, *numbers, *_wordings(drafts), lines_of(drafts))
    known = read_drafts(folder, NAME, made_from)
    if known is not None:
        return known, Refinement.model_validate_json((folder / REFINEMENT_FILE).read_text(encoding="utf-8"))
    if not any(draft.goes_on for draft in drafts):
        return list(drafts), Refinement()

    def more(short: Sequence[Draft], number: int) -> list[Draft]:
        proposed = after_step(DISTRACTORS, short, models.builder, runner, name=f"distractors-{number}")
        return after_step(VERIFY, proposed, models.checker, runner, name=f"verify-{number}")

    after, record = refined(drafts, solvers, runner.drawn, more, rounds=settings.rounds, least=settings.draws)
    write_files({REFINEMENT_FILE: record.model_dump_json(indent=1) + "\n"}, folder)
    write_drafts(folder, NAME, "" if record.failed else made_from, after)
    return after, record


def after_sufficiency(drafts: Sequence[Draft], reader: Model, runner: Runner) -> list[Draft]:
    """The drafts without those whose evidence does not settle the diagnosis for a strong reader."""
    made_from = fingerprint(SUFFICIENCY, str(reader), *_wordings(drafts), lines_of(drafts))
    known = read_drafts(runner.folder, SUFFICIENCY, made_from)
    if known is not None:
        return known
    going = [draft for draft in drafts if draft.goes_on]
    if not going:
        return list(drafts)
    found = runner.drawn(reader, going, ["all"], SETTLING_DRAWS, SUFFICIENCY)
    after = [_settled(draft, found.get(draft.case_id)) if draft.goes_on else draft for draft in drafts]
    write_drafts(runner.folder, SUFFICIENCY, "" if any(draft.failed for draft in after) else made_from, after)
    return after


def _wordings(drafts: Sequence[Draft]) -> list[str]:
    """The fingerprints of the prompts with which solvers are asked."""
    return sorted({wording_of(draft) for draft in drafts if draft.goes_on})


def _settled(draft: Draft, found: Sequence[Drawn] | None) -> Draft:
    if not found:
        return draft.but(failed="the call failed; see the log", step=SUFFICIENCY)
    [one] = found
    draft = draft.but(uses=(*draft.uses, one.use.model_copy(update={"step": SUFFICIENCY})))
    if one.right >= SETTLED:
        return draft
    chosen = ", ".join(f"{name} {count}" for name, count in sorted(one.chosen.items()))
    note = f"{one.right} of {one.draws} right ({chosen or 'nothing was chosen'})"
    return draft.catching(SUFFICIENCY, "not settled by all evidence", note).drop(
        SUFFICIENCY, "all evidence together does not settle the diagnosis"
    )


def record_of(draft: Draft, refinement: Refinement) -> dict[str, Any]:
    """A draft's line in `construction.jsonl`: outcome, what rules caught, changes, and models."""
    replacements = [
        one.model_dump(exclude={"case_id"}) for one in refinement.replacements if one.case_id == draft.case_id
    ]
    return {
        "report": draft.report.report_id,
        "file": draft.report.file,
        "outcome": "failed" if draft.failed else "dropped" if draft.dropped else "kept",
        "case_id": draft.case_id,
        "step": draft.step,
        "reason": draft.failed or draft.dropped,
        "source": draft.report.source,
        "licence": draft.report.licence,
        "caught": [one.model_dump() for one in draft.caught],
        "changes": [one.model_dump() for one in draft.changes],
        "replaced_options": replacements,
        "readings": [one.model_dump(mode="json") for one in draft.readings],
        "distractors": [one.model_dump(mode="json") for one in draft.distractors],
        "review": list(draft.review),
        "models": [one.model_dump() for one in draft.uses],
    }


def construction_lines(result: Built) -> str:
    """The content of `construction.jsonl`: one line per file that was not read, and one per report."""
    lines = [
        {"report": None, "file": one.file, "outcome": "dropped", "step": READ, "reason": one.reason}
        for one in result.unread
    ]
    lines += [record_of(draft, result.refinement) for draft in result.drafts]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
