"""The answers of a log, one line for each metric that they contribute to; by default without the case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.model import ChatMessage, ContentImage, ContentText

from medsyn_inspect.analysis.read.rows import reader_answered
from medsyn_inspect.analysis.read.scores import counted_score
from medsyn_inspect.records import CaseRecord, ChoiceRecord, DifferentialRecord, GivenAnswer, Outcome
from medsyn_inspect.report.export.run import METRICS, SCHEMA_VERSION, Json, Run, score_record

WITHHELD = "The case is withheld."


def instances(run: Run, summary: EvalSampleSummary, whole: EvalSample | None = None) -> list[Json]:
    """One line for each metric that an answer contributes to; none if it has no score (not in the schema).

    Args:
        run: The log.
        summary: Summary of the sample, from the log.
        whole: The full sample, if the case may be published.
    """
    score = counted_score(summary, run.task.question)
    if score is None or not reader_answered(summary, run.task.question):
        return []
    record = score_record(run.task, score)
    if record.outcome not in (Outcome.RIGHT, Outcome.WRONG):
        return []
    case = CaseRecord.model_construct(**summary.metadata)
    turns = len(case.stages) + (run.task.question == "open_fdx")
    line: Json = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": run.evaluation_id,
        "model_id": run.model_id,
        "evaluation_name": run.name,
        "sample_id": str(summary.id),
        "interaction_type": "single_turn" if turns == 1 else "multi_turn",
        "answer_attribution": _attribution(record, turns, with_case=whole is not None),
        "metadata": _metadata(summary, case, record, with_case=whole is not None),
    }
    if record.failure:
        line["error"] = record.failure
    if usage := summary.model_usage.get(run.header.eval.model):
        line["token_usage"] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.total_tokens,
        }
    line |= _told(run, whole, turns) if whole else _withheld(turns)
    values = score.value if isinstance(score.value, Mapping) else {}
    lines = []
    for metric in METRICS[run.task.question]:
        right = record.outcome == Outcome.RIGHT
        value = float(right) if metric.column == "right" else float(str(values[metric.column]))
        evaluation: Json = {"score": value, "is_correct": right} | ({"num_turns": turns} if turns > 1 else {})
        lines.append(line | {"evaluation_result_id": run.result_id(metric), "evaluation": evaluation})
    return lines


def _attribution(record: ChoiceRecord | DifferentialRecord, turns: int, *, with_case: bool) -> list[Json]:
    if isinstance(record, ChoiceRecord):
        value, method = record.choice, f"parsed: {record.form}"
    else:
        by_rank = f"diagnosis number {record.matched_rank}" if record.matched_rank else None
        value = record.matched if with_case else by_rank
        method = "llm_judge" if record.decided_by == "judge" else record.decided_by
    if not value:
        return []
    place: Json = {"turn_idx": 0, "source": "output.raw"}
    if turns > 1:
        place = {"turn_idx": 2 * turns - 1, "source": "messages[turn_idx].content"}
    return [place | {"extracted_value": value, "extraction_method": method, "is_terminal": True}]


def _metadata(
    summary: EvalSampleSummary, case: CaseRecord, record: ChoiceRecord | DifferentialRecord, *, with_case: bool
) -> Json:
    metadata: Json = {
        "epoch": summary.epoch,
        "language": case.language,
        "specialty_group": case.specialty_group,
        "outcome": record.outcome.value,
    }
    if isinstance(record, ChoiceRecord):
        metadata |= {"posterior": record.posterior} if record.posterior else {}
    else:
        metadata |= {
            "levels": record.levels,
            "matched_rank": record.matched_rank,
            "given": record.given,
            "decided_by": record.decided_by,
            "rubric": record.rubric,
            "threshold": record.threshold,
        }
    person = GivenAnswer.model_construct(**summary.metadata)
    if person.ambiguity is not None:
        metadata |= {"flagged_as_ambiguous": True} | ({"ambiguity": person.ambiguity} if with_case else {})
    given = {name: getattr(person, name) for name in ("confidence", "seconds", "consensus_of")}
    return metadata | {name: value for name, value in given.items() if value is not None}


def _withheld(turns: int) -> Json:
    """Placeholders for input and output if the case is not published."""
    shown: Json = {"input": {"raw": WITHHELD, "reference": []}}
    if turns == 1:
        return shown | {"output": {"raw": []}}
    roles = ["user", "assistant"] * turns
    return shown | {"messages": [{"turn_idx": n, "role": role, "content": None} for n, role in enumerate(roles)]}


def _told(run: Run, sample: EvalSample, turns: int) -> Json:
    """Input and output of an answer as text; images are replaced by "[image]"."""
    case = CaseRecord.model_construct(**sample.metadata)
    asked = [_words(message) for message in _messages(sample.input) if message.role != "assistant"]
    reference = [case.correct] if case.correct else [case.final_diagnosis, *case.aliases]
    raw = "\n\n".join(asked)
    shown: Json = {"input": {"raw": raw, "reference": reference} | ({"choices": case.options} if case.options else {})}
    shown["sample_hash"] = hashlib.sha256((raw + "".join(reference)).encode()).hexdigest()
    if turns == 1:
        return shown | {"output": {"raw": [sample.output.completion]}}
    conversation = [message for message in sample.messages if message.role in ("user", "assistant")]
    return shown | {
        "messages": [
            {"turn_idx": n, "role": message.role, "content": _words(message)} for n, message in enumerate(conversation)
        ]
    }


def _messages(given: str | list[ChatMessage]) -> list[ChatMessage]:
    return [] if isinstance(given, str) else given


def _words(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = [
        part.text if isinstance(part, ContentText) else "[image]"
        for part in message.content
        if isinstance(part, (ContentText, ContentImage))
    ]
    return "\n\n".join(parts)
