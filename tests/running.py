"""What tests of tasks, judges and analysis share: a case set of known belief, scripted models, and a way to run."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    ContentImage,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    StopReason,
    get_model,
)
from inspect_ai.scorer import Score
from PIL import Image

from case_sets import Raw, a_card, a_case, write_case_set
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.dataset import case_sample
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import Condition
from medsyn_inspect.reference.belief import Gains, Shown, belief, weights_of

T = TypeVar("T")

WHOLE, HEART, LUNG, BRAIN = "whole-01", "heart-02", "lung-03", "brain-04"
"""The cases of `known_cases`."""


def evidence(case_id: str, type: str, finding: str, *, images: int = 1) -> Raw:
    paths = [{"path": f"images/{case_id}-{type}-{number}.png"} for number in range(1, images + 1)]
    return {"type": type, "images": paths, "finding": finding}


def known_cases() -> list[Raw]:
    """One case with every evidence type (three images of CT), two with two, and one in Chinese."""
    return [
        a_case(
            case_id=WHOLE,
            specialty="Rheumatology",
            history="A woman of 34 with fever and a rash for three weeks.",
            examination="Erythema over both cheeks; swollen wrists.",
            evidence=[
                evidence(WHOLE, type, f"The {type} has a feature of its own.", images=3 if type == "ct" else 1)
                for type in EvidenceType
            ],
            final_diagnosis="Systemic lupus erythematosus",
            aliases=["SLE"],
            options=[
                "Systemic lupus erythematosus",
                "Sarcoidosis",
                "Still disease",
                "Parvovirus infection",
                "Lymphoma",
            ],
        ),
        a_case(
            case_id=HEART,
            specialty="Cardiology",
            history="Chest pain that eases on leaning forward.",
            examination="A scratching sound at the left sternal border.",
            evidence=[
                evidence(HEART, "electrophysiology", "Raised ST segments in most leads."),
                evidence(HEART, "ultrasound", "A narrow rim of fluid."),
            ],
            final_diagnosis="Acute pericarditis",
            options=["Acute pericarditis", "Myocardial infarction", "Pneumothorax", "Aortic dissection", "Pleurisy"],
        ),
        a_case(
            case_id=LUNG,
            specialty="Respiratory medicine",
            history="A cough for three months.",
            examination="Tender nodules on both shins.",
            evidence=[
                evidence(LUNG, "xray", "Broad hila on both sides.", images=2),
                evidence(LUNG, "ct", "Enlarged hilar nodes."),
            ],
            final_diagnosis="Sarcoidosis",
            aliases=["Boeck disease"],
            options=["Sarcoidosis", "Tuberculosis", "Lymphoma", "Histoplasmosis", "Berylliosis"],
        ),
        a_case(
            case_id=BRAIN,
            language="zh",
            specialty="Neurology",
            history="男，52岁，头痛两周。",
            examination="左侧肢体无力。",
            evidence=[
                evidence(BRAIN, "laboratory", "脑脊液蛋白升高。"),
                evidence(BRAIN, "mri", "右额叶占位，环形强化。"),
            ],
            final_diagnosis="脑脓肿",
            aliases=["Brain abscess"],
            options=["脑脓肿", "胶质母细胞瘤", "脑转移瘤", "多发性硬化", "脑囊虫病"],
        ),
    ]


def write_known(folder: Path, cases: Iterable[Raw] | None = None, **card: Any) -> Path:
    """A case set in which every image differs and is of noise, so that its base64 is long."""
    rows = known_cases() if cases is None else list(cases)
    paths = [image["path"] for row in rows for piece in row.get("evidence", ()) for image in piece.get("images", ())]
    return write_case_set(folder, rows, a_card(**card), {path: noise(path) for path in paths})


def noise(seed: str) -> bytes:
    """A PNG of noise."""
    content = BytesIO()
    Image.frombytes("RGB", (24, 16), random.Random(seed).randbytes(24 * 16 * 3)).save(content, "PNG")
    return content.getvalue()


def case_of(case_set: CaseSet, case_id: str) -> Case:
    return next(case for case in case_set.cases if case.case_id == case_id)


def expected_belief(
    case_set: CaseSet, case_id: str, arm: Condition, gains: Gains | None = None, *, text: bool = True, **conduct: float
) -> tuple[float, ...]:
    """What the reference reader must believe of a case's options, from the closed form alone."""
    case = case_of(case_set, case_id)
    shown = {piece.type.value: Shown(arm.view) for piece in case.evidence if arm.shows(piece.type)}
    shown |= {section: Shown("text") for section in ("history", "examination") if text and arm.shows(section)}
    weights = weights_of(case_set)[case_id]
    return belief(option_order(case), weights, shown, gains or Gains(), **conduct)


def prompt_of(
    case_set: CaseSet, case_id: str, question: str = "fdx", arm: Condition | None = None, **how: Any
) -> list[Any]:
    """The messages of a case as a model gets them, images inline."""
    sample = case_sample(case_set, case_of(case_set, case_id), question, (arm or Condition()).replace(**how))
    return [inline(message) for message in sample.input if not isinstance(message, str)]


def inline(message: ChatMessage) -> ChatMessage:
    from base64 import b64encode

    if not isinstance(message, ChatMessageUser) or isinstance(message.content, str):
        return message
    parts = [
        ContentImage(image="data:image/png;base64," + b64encode(Path(part.image).read_bytes()).decode())
        if isinstance(part, ContentImage)
        else part
        for part in message.content
    ]
    return ChatMessageUser(content=parts)


def said(text: str, stop_reason: StopReason = "stop") -> ModelOutput:
    """A reply, with its usage: without one `mockllm` would count tokens."""
    output = ModelOutput.from_content("mockllm", text, stop_reason=stop_reason)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


Reply = str | ModelOutput | Exception
Conversation = list[ChatMessage]


class Scripted:
    """A model of `mockllm/` that answers as told and remembers what it was asked."""

    def __init__(self, *replies: Reply, answer: Callable[[Conversation], Reply] | None = None) -> None:
        """Answer `replies` in turn, the last one for ever; or whatever `answer` makes of the conversation."""
        self.calls: list[Conversation] = []
        self.configs: list[GenerateConfig] = []
        self.replies = list(replies)
        self.answer = answer
        self.model = get_model("mockllm/scripted", custom_outputs=self._reply, memoize=False)

    def _reply(self, conversation: Conversation, _tools: Any, _choice: Any, config: GenerateConfig) -> ModelOutput:
        self.calls.append(conversation)
        self.configs.append(config)
        reply = self.answer(conversation) if self.answer else self.replies[min(len(self.calls), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return said(reply) if isinstance(reply, str) else reply


def run(
    task: Task,
    model: str | Model | Scripted,
    log_dir: Path,
    *,
    judge: Any = "reference/judge",
    extractor: Any = None,
    **how: Any,
) -> EvalLog:
    """One task, one model, one log."""
    if isinstance(judge, Sequence) and not isinstance(judge, str):
        judge = [one.model if isinstance(one, Scripted) else one for one in judge]
    if isinstance(judge, Scripted):
        judge = judge.model
    if isinstance(extractor, Scripted):
        extractor = extractor.model
    roles = {role: given for role, given in (("grader", judge), ("extractor", extractor)) if given}
    [log] = eval(
        task,
        model=model.model if isinstance(model, Scripted) else model,
        model_roles=roles or None,
        log_dir=str(log_dir),
        display="none",
        log_realtime=False,
        **{"max_retries": 0, **how},
    )
    return log


def samples_of(log: EvalLog) -> dict[str, EvalSample]:
    """The samples by case (of the last epoch, if there are several)."""
    return {str(sample.id): sample for sample in log.samples or []}


def score_of(sample: EvalSample) -> Score:
    """The one score of a sample."""
    [score] = (sample.scores or {}).values()
    return score


def values_of(log: EvalLog, name: str) -> dict[str, float]:
    """Every metric of a score of the log, by name."""
    assert log.results is not None
    metrics = [metric for score in log.results.scores if score.name == name for metric in score.metrics.values()]
    return {metric.name.removeprefix("medsyn_inspect/"): metric.value for metric in metrics}


def waited(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)
