"""Conversations over the wire: evidence stage by stage, and the commitment to one diagnosis."""

from __future__ import annotations

from pathlib import Path

import pytest

from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.records import StageAnswer
from medsyn_inspect.tasks import ddx, fdx, open_fdx
from wire.case_set import file_image
from wire.dialects import Fail, Say
from wire.evaluating import Evaluate, sample_of, score_of
from wire.providers import CLAUDE, COMPATIBLE, GEMINI, GPT_4O, GPT_4O_RESPONSES, GPT_5, JUDGE_DOOR, Provider
from wire.replies import BELIEF, chosen, listing, question_to_judge, verdict
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

readers = pytest.mark.parametrize(
    "reader",
    [GPT_4O, GPT_4O_RESPONSES, CLAUDE, GEMINI, COMPATIBLE],
    ids=["openai chat", "openai responses", "anthropic", "google", "openai-compatible"],
)


def answered(call: Call) -> int:
    """How many answers a conversation already holds."""
    return sum(message.role == "assistant" for message in call.messages)


@readers
def test_evidence_arrives_stage_by_stage_in_one_conversation(
    reader: Provider, evaluate: Evaluate, wire: WireServer, case_folder: Path
) -> None:
    beliefs = [{"A": 0.75, "B": 0.25}, {"A": 0.5, "B": 0.5}, BELIEF]
    wire.script(reader.model, lambda call: chosen("ABB"[answered(call)], beliefs[answered(call)]))

    log = evaluate(fdx, reader.at(wire), given={"staging": "turns"}, sample_id="chest")

    first, second, third = wire.calls
    # Each request repeats the conversation so far, word for word, and adds one message.
    assert [len(call.messages) for call in wire.calls] == [1, 3, 5]
    assert second.messages[:1] == first.messages
    assert third.messages[:3] == second.messages
    assert [message.role for message in third.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert [message.text for message in third.messages if message.role == "assistant"] == ["Answer: A", "Answer: B"]
    assert first.system == second.system == third.system == load_templates("en").system

    # Each image arrives once, in the turn of its stage.
    presentation, imaging, microscopy = (message for message in third.messages if message.role == "user")
    assert presentation.images == []
    films = ["chest-film.jpg", "chest-ct-1.png", "chest-ct-2.png"]
    assert imaging.images == [file_image(case_folder, name) for name in films]
    assert microscopy.images == [file_image(case_folder, "chest-node.png")]

    # Each turn ends with the question and says whether more will come.
    for message, more in ((presentation, True), (imaging, True), (microscopy, False)):
        assert "one of the letters A, B, C, D, E." in message.parts[-1]
        assert ("More evidence will follow." in message.parts[-1]) is more
        assert ("This is all the evidence there is." in message.parts[-1]) is not more

    # The last answer is the one scored; the others are kept with their posteriors.
    metadata = score_of(log, "chest").metadata
    answers = [*metadata["interim"], {"stage": "microscopy", "answer": metadata["choice"], **metadata}]
    assert [(answer["stage"], answer["answer"]) for answer in answers] == [
        ("presentation", "A"),
        ("imaging", "B"),
        ("microscopy", "B"),
    ]
    posteriors = [[0.75, 0.25, 0, 0, 0], [0.5, 0.5, 0, 0, 0], list(BELIEF.values())]
    earlier = [StageAnswer.model_validate(answer).probabilities for answer in answers[:-1]]
    assert [*earlier, answers[-1]["posterior"]] == [
        pytest.approx(posterior, abs=1e-3) if reader.gives_logprobs else None for posterior in posteriors
    ]


def test_a_reasoning_model_holds_the_conversation_too(evaluate: Evaluate, wire: WireServer) -> None:
    wire.script("gpt-5", lambda call: Say("ABC"[answered(call)]))

    log = evaluate(fdx, GPT_5.at(wire), given={"staging": "turns"}, sample_id="chest")

    assert [len(call.messages) for call in wire.calls] == [1, 3, 5]
    assert score_of(log, "chest").metadata["choice"] == "C"


def test_a_call_that_fails_in_the_middle_fails_the_case(evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(GPT_4O.model, lambda call: Fail(400, "no more") if answered(call) else chosen("A", BELIEF))

    log = evaluate(fdx, GPT_4O.at(wire), given={"staging": "turns"}, sample_id="chest")

    assert log.status == "error"
    assert "no more" in sample_of(log, "chest").error.message
    assert not sample_of(log, "chest").scores


@readers
def test_the_reader_commits_itself_in_a_second_turn(reader: Provider, evaluate: Evaluate, wire: WireServer) -> None:
    commit = load_templates("en").question("commit")
    wire.script(
        reader.model,
        lambda call: Say("Final diagnosis: Lymphoma") if answered(call) else listing("Lymphoma", "Sarcoidosis"),
    )
    wire.script("judge-model", verdict({"Lymphoma": 2}))
    judge = Provider("openai-api/local/judge-model", COMPATIBLE.dialect, False).at(wire, JUDGE_DOOR)

    log = evaluate(open_fdx, reader.at(wire), judge=judge, sample_id="chest")

    first, second = wire.calls_of(reader.model)
    case, own_list, question = second.messages
    assert [case] == first.messages
    assert own_list.text == "1. Lymphoma\n2. Sarcoidosis"
    assert (question.role, question.parts) == ("user", (commit,))
    # The judge is asked about the one diagnosis only.
    [judged] = wire.calls_of("judge-model")
    assert question_to_judge(judged)["listed_diagnoses"] == [{"number": 1, "text": "Lymphoma"}]
    score = score_of(log, "chest")
    assert score.value == {"score": 2, "coverage": 0}
    assert (score.metadata["from_own_list"], score.metadata["given"], score.metadata["judged"]) == (True, 2, 1)


def test_open_diagnosis_by_turns_commits_after_the_last_stage(evaluate: Evaluate, wire: WireServer) -> None:
    lists = [listing("Influenza"), listing("Lymphoma"), listing("Sarcoidosis", "Lymphoma")]
    wire.script(GPT_4O.model, [*lists, Say("Final diagnosis: Sarcoidosis")])

    log = evaluate(open_fdx, GPT_4O.at(wire), given={"staging": "turns", "check_judge": False}, sample_id="chest")

    assert [len(call.messages) for call in wire.calls] == [1, 3, 5, 7]
    metadata = score_of(log, "chest").metadata
    assert (metadata["decided_by"], metadata["from_own_list"]) == ("exact_match", True)
    assert [(answer["stage"], answer["answer"]) for answer in metadata["interim"]] == [
        ("presentation", "Influenza"),
        ("imaging", "Lymphoma"),
    ]


def test_a_case_of_one_stage_has_the_presentation_and_that_stage(evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(GPT_4O.model, listing("急性阑尾炎"))

    log = evaluate(ddx, GPT_4O.at(wire), given={"staging": "turns", "check_judge": False}, sample_id="belly")

    assert [len(call.messages) for call in wire.calls] == [1, 3]
    assert sample_of(log, "belly").metadata["stages"] == ["presentation", "laboratory"]
    assert score_of(log, "belly").value["score"] == 5
