"""Evidence Sensitivity over the wire: what each provider is asked in every arm, and what its answers become."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig
from scipy.spatial.distance import jensenshannon

from medsyn_inspect.analysis import evidence_sensitivity, read_arms
from medsyn_inspect.arms.design import Design, arms_of, permuted
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import ArmRecord
from medsyn_inspect.tasks import sensitivity
from wire.arms import BELIEF, asked, belief, best, by_letter, by_samples, case_of, counts, letters, spread
from wire.case_set import file_image
from wire.dialects import ANTHROPIC, CHAT, GOOGLE, RESPONSES, Fail, Reply, Say, Token
from wire.evaluating import Evaluate, evaluate_on, sample_of, score_of, serving
from wire.logs import everything_in, images_in, quiet
from wire.providers import (
    CLAUDE,
    COMPATIBLE,
    GEMINI,
    GPT_4O,
    GPT_4O_RESPONSES,
    PROVIDERS,
    Provider,
)
from wire.replies import sure
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

PROBABLE = {name: provider for name, provider in PROVIDERS.items() if provider.gives_logprobs}
SILENT = {name: provider for name, provider in PROVIDERS.items() if not provider.gives_logprobs}
LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
FEW = {"order_audit": 0, "types": "ct,ultrasound"}
"""Parameters that leave chest and heart two arms to a view (three with the reworded one)."""


def each(providers: dict[str, Provider]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("provider", providers.values(), ids=list(providers))


def records(log: EvalLog, case: str) -> dict[str, ArmRecord]:
    """The arms of a case, as the analysis reads them."""
    metadata = score_of(log, case).metadata or {}
    return {label: ArmRecord.model_validate(arm) for label, arm in metadata.items() if isinstance(arm, dict)}


def sources(log: EvalLog) -> set[str]:
    """What the posteriors of a run rest on."""
    return {arm.source for sample in log.samples or [] for arm in records(log, str(sample.id)).values() if arm.source}


def divergence(p: list[float], q: list[float]) -> float:
    return float(jensenshannon(p, q, base=2)) ** 2


def length_limits(call: Call) -> list[object]:
    """Everything in a request that limits how long the answer may be."""
    settings = {**call.body, **call.body.get("generationConfig", {})}
    return [settings[name] for name in LENGTHS if settings.get(name) is not None]


@dataclass
class Ran:
    """A provider, the log of its run, and the requests it received."""

    provider: Provider
    log: EvalLog
    calls: list[Call]

    def asked(self, case: str) -> dict[str, Call]:
        """The request behind each arm of a case."""
        return {label: call for call in self.calls if asked(call).case == case for label in asked(call).labels}


@pytest.fixture(scope="module", params=PROBABLE.values(), ids=list(PROBABLE))
def ran(request: pytest.FixtureRequest, case_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Every arm there is, of two cases, from each provider that gives token probabilities."""
    folder = tmp_path_factory.mktemp("asked")
    given = {"text_evidence": True, "only_one": True, "order_audit": 1}
    with serving() as server:
        server.script(request.param.model, by_letter)
        reader = request.param.at(server)
        log = evaluate_on(case_folder, folder, sensitivity, reader, given=given, sample_id=["chest", "heart"])
        return Ran(request.param, log, server.calls)


class TestTokenProbabilities:
    """`posterior=auto`."""

    CASES = ("chest", "heart")

    def planned(self, case: str) -> list[str]:
        arms = arms_of(case_of(case), Design(text_evidence=True, only_one=True), audit=range(1, 5))
        return [arm.label for arm in arms]

    def test_every_arm_is_asked_once_whoever_found_out_where_posteriors_come_from(self, ran: Ran) -> None:
        assert ran.log.status == "success"
        for case in self.CASES:
            assert list(records(ran.log, case)) == self.planned(case)
            assert set(ran.asked(case)) == set(self.planned(case))
        assert len(ran.calls) == sum(len(self.planned(case)) for case in self.CASES)

    def test_each_posterior_is_what_the_server_gave_in_the_case_s_own_order(self, ran: Ran) -> None:
        for case in self.CASES:
            calls = ran.asked(case)
            for label, record in records(ran.log, case).items():
                truth = belief(asked(calls[label]))
                assert record.posterior == pytest.approx(truth, abs=1e-9), label
                assert (record.source, record.n, record.error) == ("logprobs", 1, None)
                assert record.option_mass == pytest.approx(1)
                assert record.answer == "ABCDE"[truth.index(max(truth))]

    def test_s_is_the_divergence_of_the_scripted_beliefs(self, ran: Ran) -> None:
        for case in self.CASES:
            calls = ran.asked(case)
            value = score_of(ran.log, case).value
            for view in ("image", "finding"):
                full = belief(asked(calls[view]))
                for section in ("history", "examination", *EvidenceType):
                    label = f"{view}-{section}"
                    if label in calls:
                        truth = divergence(full, belief(asked(calls[label])))
                        assert truth > 0.001, "otherwise nothing is tested"
                        assert value[f"S_{label.replace('-', '_')}"] == pytest.approx(truth, abs=1e-6)
                    else:
                        assert math.isnan(value[f"S_{label.replace('-', '_')}"])

    def test_the_images_of_a_case_are_the_same_bytes_in_all_its_arms(self, ran: Ran, case_folder: Path) -> None:
        files = {
            "chest": {
                "xray": ["chest-film.jpg"],
                "ct": ["chest-ct-1.png", "chest-ct-2.png"],
                "microscopy": ["chest-node.png"],
            },
            "heart": {
                "electrophysiology": ["heart-ecg-1.jpg", "heart-ecg-2.png"],
                "ultrasound": ["heart-echo.jpg"],
            },
        }
        for case, names in files.items():
            for label, call in ran.asked(case).items():
                shown = [name for name in names if name not in asked(call).withheld]
                expected = [file for name in shown for file in names[name]] if label.startswith("image") else []
                assert call.messages[0].images == [file_image(case_folder, file) for file in expected], label

    def test_the_arms_of_a_case_differ_in_nothing_but_what_is_withheld(self, ran: Ran) -> None:
        for case in self.CASES:
            calls = ran.asked(case)
            assert len({call.system for call in calls.values()}) == 1
            for label, call in calls.items():
                view, _, name = label.partition("-")
                places = int(name.removeprefix("order_")) if name.startswith("order_") else 0
                assert asked(call).options == permuted(option_order(case_of(case)), places)
                assert asked(call).question == ("fdx_direct_reworded" if name == "repeat" else "fdx_direct")
                # What is shown reads the same as in the full arm, part by part.
                full = "\n".join(part for part in calls[view].messages[0].parts if isinstance(part, str))
                words = [part for part in call.messages[0].parts[:-1] if isinstance(part, str)]
                assert all(line in full for part in words for line in part.splitlines())

    def test_nothing_is_asked_for_but_the_letter_with_its_candidates(self, ran: Ran) -> None:
        for call in ran.calls:
            assert (call.candidates_wanted, call.answers_wanted, call.schema) == (20, 1, None)
            assert length_limits(call) == []

    def test_the_analysis_reads_the_same(self, ran: Ran) -> None:
        frame = evidence_sensitivity(read_arms(ran.log.location)).set_index(["case_id", "evidence_type"])
        for case in self.CASES:
            calls = ran.asked(case)
            for name in (piece.type.value for piece in case_of(case).evidence):
                row = frame.loc[case, name]
                for view in ("image", "finding"):
                    arm = {label: belief(asked(call)) for label, call in calls.items() if label.startswith(view)}
                    s, floor, alone = (
                        divergence(arm[view], arm[f"{view}-{name}"]),
                        divergence(arm[view], arm[f"{view}-repeat"]),
                        divergence(arm[f"{view}-visual"], arm[f"{view}-only_{name}"]),
                    )
                    assert row[[f"S_{view}", f"floor_{view}", f"alone_{view}"]].tolist() == pytest.approx(
                        [s, floor, alone], abs=1e-9
                    )


class TestWhereNoTokenProbabilitiesComeFrom:
    """`posterior=auto` finds out once a run, and all arms of the run rest on samples."""

    GIVEN = {**FEW, "samples": 4}  # noqa: RUF012
    ARMS = 4

    def run(self, evaluate: Evaluate, wire: WireServer, provider: Provider, **options: Any) -> EvalLog:
        return evaluate(sensitivity, provider.at(wire), given=self.GIVEN, **{"sample_id": "chest", **options})

    @each(SILENT)
    def test_models_that_are_not_even_asked_for_them(
        self, provider: Provider, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(provider.model, by_samples())
        log = self.run(evaluate, wire, provider)
        assert (log.status, sources(log)) == ("success", {"samples"})
        assert set(records(log, "chest")) == {"image", "image-ct", "finding", "finding-ct"}
        # What is known of the provider says so: four answers to each arm, one a request, and no question to find out.
        assert Counter(asked(call).question for call in wire.calls) == {"fdx": 4 * self.ARMS}
        if provider.dialect is not ANTHROPIC:
            # The reader may think as long as it likes. (Anthropic's API wants a limit; Inspect gives the largest.)
            assert [length_limits(call) for call in wire.calls] == [[]] * len(wire.calls)

    @each(PROBABLE)
    def test_a_server_that_ignores_the_request(self, provider: Provider, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(provider.model, by_samples())
        log = self.run(evaluate, wire, provider)
        assert (log.status, sources(log)) == ("success", {"samples"})
        wanted = Counter(call.candidates_wanted for call in wire.calls)
        assert wanted[20] == 1
        assert wanted[None] == len(wire.calls) - 1

    @pytest.mark.parametrize(
        ("provider", "message"),
        [
            (GEMINI, "Logprobs is not enabled for models/gemini-2.5-flash"),
            (COMPATIBLE, "x" * 300 + " 'logprobs' is not supported"),
            (GPT_4O_RESPONSES, "Unsupported parameter: 'top_logprobs' is not supported with this model."),
        ],
        ids=["google", "openai-compatible", "openai responses"],
    )
    def test_a_provider_that_refuses_the_request(
        self, provider: Provider, message: str, evaluate: Evaluate, wire: WireServer
    ) -> None:
        reply = by_samples()
        wire.script(
            provider.model, lambda call: Fail(400, message) if call.candidates_wanted is not None else reply(call)
        )
        log = self.run(evaluate, wire, provider, sample_id=["chest", "heart"], max_samples=1)
        assert (log.status, sources(log)) == ("success", {"samples"})
        assert all(record.n == 4 for case in ("chest", "heart") for record in records(log, case).values())
        # The second case does not try again.
        assert sum(call.candidates_wanted is not None for call in wire.calls) == 1

    def test_a_failure_that_has_nothing_to_do_with_them_decides_nothing(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        """Inspect quotes the request, which names them, in the error of a call."""
        wire.script(
            GPT_4O_RESPONSES.model,
            lambda call: Fail(400, "no such image") if asked(call).labels == {"image"} else by_letter(call),
        )
        log = self.run(evaluate, wire, GPT_4O_RESPONSES)
        assert (log.status, sources(log)) == ("error", {"logprobs"})
        assert "no such image" in (records(log, "chest")["image"].detail or "")

    @pytest.mark.parametrize("stop", ["filtered", "prompt_blocked"])
    def test_a_blocked_answer_decides_nothing(self, stop: Any, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(
            GEMINI.model,
            lambda call: Say("", stop=stop) if asked(call).labels == {"image"} else by_letter(call),
        )
        log = self.run(evaluate, wire, GEMINI)
        assert (log.status, sources(log)) == ("success", {"logprobs"})
        image = records(log, "chest")["image"]
        assert (image.posterior, image.answer, image.n) == (None, None, 1)

    @pytest.mark.parametrize("first", ["logprobs", "samples"])
    def test_what_the_first_case_shows_counts_for_all(self, first: str, evaluate: Evaluate, wire: WireServer) -> None:
        """Values of two sources cannot be compared: a posterior that is missing is better."""
        silent = by_samples()
        wire.script(
            COMPATIBLE.model,
            lambda call: by_letter(call) if (asked(call).case == "chest") == (first == "logprobs") else silent(call),
        )
        log = self.run(evaluate, wire, COMPATIBLE, sample_id=["chest", "heart"], max_samples=1)
        assert sources(log) == {first}
        others = records(log, "heart").values()
        assert all((record.posterior is None) == (first == "logprobs") for record in others)

    def test_cases_asked_at_the_same_time_agree(self, evaluate: Evaluate, wire: WireServer) -> None:
        silent = by_samples()
        wire.script(COMPATIBLE.model, lambda call: by_letter(call) if asked(call).case == "chest" else silent(call))
        log = self.run(evaluate, wire, COMPATIBLE, sample_id=["chest", "heart"])
        assert len(sources(log)) == 1
        assert all(set(records(log, case)) >= {"image", "finding"} for case in ("chest", "heart"))

    def test_empty_lists_are_no_posterior_but_for_google_certainty(self, evaluate: Evaluate, wire: WireServer) -> None:
        """Inspect drops the tokens of Gemini that are certain."""
        wire.script(GEMINI.model, lambda call: Say(best(call), (sure(best(call)),)))
        wire.script(COMPATIBLE.model, lambda call: Say(best(call), ()))
        given = {**self.GIVEN, "posterior": "logprobs"}
        logs = [evaluate(sensitivity, one.at(wire), given=given, sample_id="chest") for one in (GEMINI, COMPATIBLE)]
        truth = {call_label: belief(asked(call)) for call in wire.calls for call_label in asked(call).labels}
        for label, record in records(logs[0], "chest").items():
            certain = [float(p == max(BELIEF)) for p in truth[label]]
            assert (record.source, record.posterior, record.option_mass) == ("logprobs", certain, 1.0)
        for label, record in records(logs[1], "chest").items():
            assert (record.posterior, record.answer) == (None, "ABCDE"[truth[label].index(max(BELIEF))])
            assert "no token probabilities" in (record.error or "")

    def test_a_certain_letter_before_an_uncertain_line_end_is_certain(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(
            GEMINI.model,
            lambda call: Say(best(call) + "\n", (sure(best(call)), Token("\n", (("\n", 0.75), (".", 0.25))))),
        )
        log = self.run(evaluate, wire, GEMINI)
        assert sources(log) == {"logprobs"}
        assert all(sorted(record.posterior or []) == [0, 0, 0, 0, 1] for record in records(log, "chest").values())

    def test_lists_that_never_hold_the_letter_end_in_samples(self, evaluate: Evaluate, wire: WireServer) -> None:
        reply = by_samples()
        wire.script(COMPATIBLE.model, lambda call: Say(best(call), ()) if call.candidates_wanted else reply(call))
        log = self.run(evaluate, wire, COMPATIBLE)
        assert (log.status, sources(log)) == ("success", {"samples"})


class TestSamples:
    """Twenty answers to each arm, in as few requests as the provider allows."""

    GIVEN = {**FEW, "posterior": "samples"}  # noqa: RUF012
    LABELS = ("image", "image-ct", "finding", "finding-ct")

    AT_ONCE = {CHAT: [20], GOOGLE: [8, 8, 4], RESPONSES: [1] * 20, ANTHROPIC: [1] * 20}  # noqa: RUF012

    @each(PROVIDERS)
    def test_counts_are_those_of_the_answers(self, provider: Provider, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(provider.model, by_samples())
        log = evaluate(sensitivity, provider.at(wire), given=self.GIVEN, sample_id="chest")
        assert log.status == "success"
        for label in self.LABELS:
            calls = [call for call in wire.calls if label in asked(call).labels]
            assert sorted((call.answers_wanted for call in calls), reverse=True) == self.AT_ONCE[provider.dialect]
            # The same prompt again and again, with room to think, and nothing else asked for.
            assert len({tuple(call.messages) for call in calls}) == 1
            assert asked(calls[0]).question == "fdx"
            assert {(call.system, call.candidates_wanted, call.schema is None) for call in calls} == {
                (calls[0].system, None, True)
            }
            record = records(log, "chest")[label]
            truth = counts(asked(calls[0]))
            assert (record.source, record.counts, record.n) == ("samples", truth, 20)
            assert (record.refused, record.unreadable) == (2, 1)
            assert record.posterior == pytest.approx([number / 17 for number in truth])
            assert record.answer == "ABCDE"[truth.index(max(truth))]
        value = score_of(log, "chest").value
        full, less = (counts(asked(call)) for label in ("image", "image-ct") for call in [self.one(wire, label)])
        assert value["S_image_ct"] == pytest.approx(divergence(full, less), abs=1e-6)

    def one(self, wire: WireServer, label: str) -> Call:
        return next(call for call in wire.calls if label in asked(call).labels)

    def test_without_a_readable_answer_there_is_no_posterior(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(CLAUDE.model, Say("I'm sorry, but I can't help with a diagnosis."))
        log = evaluate(sensitivity, CLAUDE.at(wire), given={**self.GIVEN, "samples": 3}, sample_id="chest")
        for record in records(log, "chest").values():
            assert (record.posterior, record.refused, record.unreadable, record.n) == (None, 3, 0, 3)
        # The reader did answer: nothing is to be asked again, and it is wrong.
        assert log.status == "success"
        assert score_of(log, "chest").value["accuracy_image"] == 0
        assert math.isnan(score_of(log, "chest").value["S_image_ct"])

    @pytest.mark.parametrize(
        ("provider", "message"),
        [(GEMINI, "Multiple candidates is not enabled for this model"), (COMPATIBLE, "'n' : number must be at most 1")],
        ids=["google", "openai-compatible"],
    )
    def test_models_that_refuse_several_answers_to_a_request_are_asked_one_by_one(
        self, provider: Provider, message: str, evaluate: Evaluate, wire: WireServer
    ) -> None:
        reply = by_samples()
        wire.script(provider.model, lambda call: Fail(400, message) if call.answers_wanted > 1 else reply(call))
        log = evaluate(sensitivity, provider.at(wire), given=self.GIVEN, sample_id=["chest", "heart"], max_samples=1)
        assert log.status == "success"
        for case, labels in (("chest", self.LABELS), ("heart", ("image", "finding"))):
            for label in labels:
                [truth] = {
                    tuple(counts(asked(call)))
                    for call in wire.calls
                    if asked(call).case == case and label in asked(call).labels
                }
                assert records(log, case)[label].counts == list(truth)
        # It is not tried again with the next case.
        refused = [asked(call).case for call in wire.calls if call.answers_wanted > 1]
        assert set(refused) == {"chest"}

    def test_a_failure_of_another_kind_does_not_make_twenty_requests_of_one(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(COMPATIBLE.model, Fail(500, "overloaded"))
        log = evaluate(sensitivity, COMPATIBLE.at(wire), given=self.GIVEN, sample_id="chest")
        assert log.status == "error"
        assert [call.answers_wanted for call in wire.calls] == [20] * 4

    @pytest.mark.parametrize(("at_once", "sizes"), [(1, [20, *[1] * 19]), (8, [20, 8, 4])])
    def test_a_server_that_gives_fewer_answers_than_asked_for_is_asked_for_the_rest(
        self, at_once: int, sizes: list[int], evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(COMPATIBLE.model, by_samples())
        wire.most_at_once[COMPATIBLE.model] = at_once
        log = evaluate(sensitivity, COMPATIBLE.at(wire), given=self.GIVEN, sample_id="chest")
        for label in self.LABELS:
            calls = [call for call in wire.calls if label in asked(call).labels]
            assert sorted((call.answers_wanted for call in calls), reverse=True) == sizes
            # A server that counts on from the seed for the other answers must not draw one twice.
            seeds = Counter(call.body.get("seed") for call in calls)
            assert seeds == Counter([None, *range(at_once, 20, at_once)])
            assert records(log, "chest")[label].counts == counts(asked(calls[0]))

    def test_a_cached_answer_is_counted_once(
        self, evaluate: Evaluate, wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
        wire.script(CLAUDE.model, by_samples())
        first, again = (
            evaluate(sensitivity, CLAUDE.at(wire), given=self.GIVEN, sample_id="chest", cache=True) for _ in range(2)
        )
        assert len(wire.calls) == 4 * 20, "the second run asked nothing"
        assert records(first, "chest") == records(again, "chest")
        assert all(sum(record.counts or []) == 17 for record in records(again, "chest").values())


class TestVerbalised:
    """Probabilities that the model states, to a schema in its provider's own words."""

    GIVEN = {**FEW, "posterior": "verbalized"}  # noqa: RUF012

    def stated(self, call: Call) -> dict[str, float]:
        request = asked(call)
        return {letters(request)[option]: p for option, p in spread(BELIEF, request).items()}

    @each(PROVIDERS)
    def test_the_answer_must_follow_a_schema_and_is_the_posterior(
        self, provider: Provider, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(provider.model, lambda call: Say(json.dumps(self.stated(call))))
        log = evaluate(sensitivity, provider.at(wire), given=self.GIVEN, sample_id="chest")
        assert (log.status, sources(log)) == ("success", {"verbalized"})
        calls = {label: call for call in wire.calls for label in asked(call).labels}
        assert len(wire.calls) == len(records(log, "chest")) == 6
        for label, record in records(log, "chest").items():
            call = calls[label]
            assert record.posterior == pytest.approx(belief(asked(call)), abs=1e-9)
            assert asked(call).question == "fdx_probabilities" + ("_reworded" if label.endswith("-repeat") else "")
            assert (call.candidates_wanted, call.answers_wanted) == (None, 1)
            assert {**call.schema, "properties": [*call.schema["properties"]]} == {
                "type": "object",
                "properties": [*"ABCDE"],
                "required": [*"ABCDE"],
                "additionalProperties": False,
            }
            assert {kind["type"] for kind in call.schema["properties"].values()} == {"number"}
            self.written_as_the_provider_wants_it(call)
        value = score_of(log, "chest").value
        beliefs = [belief(asked(calls[label])) for label in ("image", "image-ct")]
        assert value["S_image_ct"] == pytest.approx(divergence(*beliefs), abs=1e-6)

    def written_as_the_provider_wants_it(self, call: Call) -> None:
        if call.dialect is CHAT:
            assert call.body["response_format"]["type"] == "json_schema"
            assert call.body["response_format"]["json_schema"]["strict"] is True
        elif call.dialect is RESPONSES:
            assert (call.body["text"]["format"]["type"], call.body["text"]["format"]["strict"]) == ("json_schema", True)
        elif call.dialect is ANTHROPIC:
            assert call.body["output_format"]["type"] == "json_schema"
        else:
            assert call.body["generationConfig"]["responseMimeType"] == "application/json"

    def test_words_around_percent_and_small_errors_of_the_sum_are_read(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        def reply(call: Call) -> Say:
            percent = {letter: 96 * p for letter, p in self.stated(call).items()}
            return Say(f"<think>A, I think: {{}}</think>\nIn percent:\n```json\n{json.dumps(percent)}\n```\nDone.")

        wire.script(CLAUDE.model, reply)
        log = evaluate(sensitivity, CLAUDE.at(wire), given=self.GIVEN, sample_id="chest")
        truth = {label: belief(asked(call)) for call in wire.calls for label in asked(call).labels}
        for label, record in records(log, "chest").items():
            assert record.posterior == pytest.approx(truth[label], abs=1e-9)

    def test_what_is_no_distribution_is_an_answer_without_posterior(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(GEMINI.model, Say('{"A": 0.9, "B": 0.9, "C": 0, "D": 0, "E": 0}'))
        log = evaluate(sensitivity, GEMINI.at(wire), given=self.GIVEN, sample_id="chest")
        assert log.status == "success", "asking again would not mend it"
        for record in records(log, "chest").values():
            assert (record.posterior, record.n) == (None, 1)
            assert record.error == "the stated probabilities sum to 1.8, not to 1"
        assert math.isnan(score_of(log, "chest").value["S_image_ct"])


class TestArmsThatFail:
    @pytest.mark.parametrize("provider", [COMPATIBLE, CLAUDE], ids=["logprobs", "samples"])
    def test_one_failed_arm_costs_its_own_s_and_eval_retry_fills_it(
        self, provider: Provider, evaluate: Evaluate, wire: WireServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, broken = by_letter if provider.gives_logprobs else by_samples(), True

        def reply(call: Call) -> Reply:
            failing = broken and asked(call).labels == {"finding-ct"}
            return Fail(500, "the model is on fire") if failing else answers(call)

        wire.script(provider.model, reply)
        given = {"order_audit": 0, "samples": 4, "types": "ct,xray,ultrasound"}
        log = evaluate(sensitivity, provider.at(wire), given=given, sample_id=["chest", "heart"])

        assert log.status == "error", "a run with a failed arm does not pass for a complete one"
        sample = sample_of(log, "chest")
        assert "1 of" in sample.error.message
        assert "(finding-ct)" in sample.error.message
        assert "on fire" in sample.error.message
        arms = records(log, "chest")
        assert (arms["finding-ct"].n, arms["finding-ct"].posterior) == (0, None)
        assert "on fire" in (arms["finding-ct"].detail or "")
        value = score_of(log, "chest").value
        missing = {name for name in value if math.isnan(value[name])}
        there = {f"S_{view}_{name}" for view in ("image", "finding") for name in ("xray", "ct")}
        assert missing & there == {"S_finding_ct"}
        assert sample_of(log, "heart").error is None

        broken = False
        variable = "LOCAL" if provider is COMPATIBLE else "ANTHROPIC"
        monkeypatch.setenv(f"{variable}_API_KEY", "key")
        before = len(wire.calls)
        [again] = eval_retry(log, log_dir=str(Path(log.location).parent), display="none")

        assert again.status == "success"
        assert {asked(call).case for call in wire.calls[before:]} == {"chest"}
        assert {label: arm.error for label, arm in records(again, "chest").items() if arm.error} == {}
        assert sources(again) == sources(log)
        assert not math.isnan(score_of(again, "chest").value["S_finding_ct"])
        assert records(again, "heart") == records(log, "heart")

    def test_one_failed_call_of_several_orders_fails_the_arm(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(
            COMPATIBLE.model,
            lambda call: (
                Fail(500, "on fire") if asked(call).rotation == 3 and asked(call).withheld else by_letter(call)
            ),
        )
        given = {**FEW, "orders": "cyclic"}
        log = evaluate(sensitivity, COMPATIBLE.at(wire), given=given, sample_id="chest")
        assert log.status == "error"
        assert "(image-ct, finding-ct)" in sample_of(log, "chest").error.message
        arms = records(log, "chest")
        assert (arms["image-ct"].n, arms["image-ct"].orders) == (0, 5)
        truth = {label: belief(asked(call)) for call in wire.calls for label in asked(call).labels}
        assert arms["image"].posterior == pytest.approx(truth["image"], abs=1e-9)
        assert (arms["image"].n, arms["image"].orders) == (5, 5)


def test_little_mass_on_the_letters_is_kept_in_the_record(evaluate: Evaluate, wire: WireServer) -> None:
    def reply(call: Call) -> Say:
        full = dict(by_letter(call).tokens[0].candidates)
        thinned = tuple((letter, p / 4) for letter, p in full.items())
        return Say(best(call), (Token(best(call), (("The", 0.5), ("I", 0.25), *thinned)),))

    wire.script(GPT_4O.model, reply)
    log = evaluate(sensitivity, GPT_4O.at(wire), given=FEW, sample_id="chest")
    truth = {label: belief(asked(call)) for call in wire.calls for label in asked(call).labels}
    for label, record in records(log, "chest").items():
        assert record.option_mass == pytest.approx(0.25)
        assert record.posterior == pytest.approx(truth[label], abs=1e-9)
    assert set(read_arms(log.location)["option_mass"]) == {0.25}


def test_a_letter_that_is_cut_off_has_bounds(evaluate: Evaluate, wire: WireServer) -> None:
    model = COMPATIBLE.at(wire)
    model.config = model.config.merge(GenerateConfig(top_logprobs=3))
    wire.script(COMPATIBLE.model, by_letter)
    log = evaluate(sensitivity, model, given=FEW, sample_id="chest")
    assert {call.candidates_wanted for call in wire.calls} == {3}, "some services take no more than five"
    for record in records(log, "chest").values():
        assert sorted(record.lower or []) == pytest.approx([0, 0, 0.125, 0.25, 0.5], abs=5e-3)
        assert sorted(record.upper or [])[:2] == pytest.approx([0.125, 0.125], abs=0.02)
        assert record.option_mass == 0.875


@pytest.mark.parametrize("provider", [GPT_4O, CLAUDE, GEMINI], ids=["openai", "anthropic", "google"])
@pytest.mark.parametrize("wanted", [True, False], ids=["logged", "not logged"])
def test_images_are_in_the_log_once_or_not_at_all(
    provider: Provider, wanted: bool, evaluate: Evaluate, wire: WireServer, case_folder: Path
) -> None:
    wire.script(provider.model, by_letter if provider.gives_logprobs else by_samples())
    options = {"log_model_api": False} if wanted else quiet(provider)
    log = evaluate(sensitivity, provider.at(wire), given={"samples": 2}, sample_id=["chest", "heart"], **options)
    found = images_in(everything_in(log), case_folder)
    assert {name for name, number in found.items() if number} == ({*found} - {"belly-blood.png"} if wanted else set())
    assert max(found.values()) == int(wanted)
