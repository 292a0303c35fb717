"""What a provider receives when a case is shown: byte for byte, in order, in its own format.

The real clients of OpenAI, Anthropic and Google send to a loopback server. Nothing here is mocked below them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.tasks import fdx
from wire.case_set import CHEST, HEART, file_image
from wire.dialects import Image
from wire.evaluating import Evaluate, evaluate_on, serving
from wire.providers import COMPATIBLE, GPT_4O, PROVIDERS, VLLM, Provider
from wire.replies import BELIEF, chosen
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]


def shown(wire: WireServer, evaluate: Evaluate, provider: Provider, **given: object) -> dict[str, Call]:
    """Ask for the final diagnosis of every case; the one request made about each."""
    wire.script(provider.model, chosen("B", BELIEF))
    log = evaluate(fdx, provider.at(wire), given=given)
    assert log.status == "success"
    words = {"A cough": "chest", "Chest pain": "heart", "右下腹痛": "belly"}
    calls = {case: call for call in wire.calls for word, case in words.items() if word in call.messages[0].text}
    assert sorted(calls) == ["belly", "chest", "heart"]
    assert len(wire.calls) == 3
    return calls


@dataclass
class Asked:
    """A provider and the requests it received, by case."""

    provider: Provider
    calls: dict[str, Call]


@pytest.fixture(scope="module", params=PROVIDERS.values(), ids=list(PROVIDERS))
def asked(request: pytest.FixtureRequest, case_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """`fdx` on the three cases as images, once for each provider, with an emphasis on CT."""
    folder = tmp_path_factory.mktemp("asked")

    def evaluate(*args: object, **options: object) -> object:
        return evaluate_on(case_folder, folder, *args, **options)

    with serving() as server:
        return Asked(request.param, shown(server, evaluate, request.param, emphasis="ct"))


def test_each_image_arrives_unchanged_right_after_the_words_that_name_it(asked: Asked, case_folder: Path) -> None:
    expected = {
        "chest": [
            ("X-ray, image 1 of 1:", "chest-film.jpg"),
            ("CT, image 1 of 2, obtained on admission:", "chest-ct-1.png"),
            ("CT, image 2 of 2, obtained day 5:", "chest-ct-2.png"),
            ("Microscopy, image 1 of 1:", "chest-node.png"),
        ],
        "heart": [
            ("Electrophysiology, image 1 of 2, obtained on admission:", "heart-ecg-1.jpg"),
            ("Electrophysiology, image 2 of 2, obtained day 2:", "heart-ecg-2.png"),
            ("Ultrasound, image 1 of 1:", "heart-echo.jpg"),
        ],
        "belly": [("实验室检查，第1张（共1张）：", "belly-blood.png")],
    }
    for case, pairs in expected.items():
        [message] = asked.calls[case].messages
        assert message.role == "user"
        # Words, image, words, image, ..., words: the last words are the question.
        assert [isinstance(part, Image) for part in message.parts] == [False, True] * len(pairs) + [False]
        for place, (words, name) in enumerate(pairs):
            assert message.parts[2 * place].endswith(words)
            assert message.parts[2 * place + 1] == file_image(case_folder, name)


def test_text_comes_first_and_the_question_last(asked: Asked) -> None:
    for case in (CHEST, HEART):
        parts = asked.calls[case["case_id"]].messages[0].parts
        assert parts[0].startswith(
            f"## History\n{case['history']}\n\n## Physical examination\n{case['examination']}\n\n## "
        )
        assert parts[-1].startswith("Which of these is the final diagnosis?")
        assert all(f". {option}\n" in parts[-1] for option in case["options"])
        assert "one of the letters A, B, C, D, E." in parts[-1]


def test_the_system_message_stands_where_the_provider_wants_it(asked: Asked) -> None:
    calls = asked.calls

    assert calls["chest"].system.startswith(load_templates("en").system)
    assert calls["chest"].system.endswith(": CT.")
    assert calls["belly"].system.startswith(load_templates("zh").system)
    # Nowhere else, and no other text is added to it.
    assert all("experienced physician" not in message.text for call in calls.values() for message in call.messages)


def test_nothing_tells_the_reader_what_the_case_is_called_or_what_the_diagnosis_is(asked: Asked) -> None:
    calls = asked.calls

    everything = repr([dict(call.body) for call in calls.values()])
    for hidden in ("chest", "heart-ecg", "case_id", "Boeck", "epithelioid", "invented", "2f6a1f2e"):
        assert hidden not in everything
    # The diagnosis is named once: among the options.
    assert repr(dict(calls["chest"].body)).count("Sarcoidosis") == 1


def test_token_probabilities_are_asked_of_the_models_that_give_them(asked: Asked) -> None:
    calls = asked.calls

    wanted = 20 if asked.provider.gives_logprobs else None
    assert [call.candidates_wanted for call in calls.values()] == [wanted] * 3
    if not asked.provider.gives_logprobs:
        assert all("logprobs" not in repr(dict(call.body)) for call in calls.values())


def test_findings_are_sent_as_one_text_without_images(evaluate: Evaluate, wire: WireServer) -> None:
    calls = shown(wire, evaluate, GPT_4O, view="finding")

    [message] = calls["chest"].messages
    [text] = message.parts
    findings = [
        "Broad hila on both sides.",
        "Enlarged hilar nodes, unchanged on day 5.",
        "Clusters of epithelioid cells.",
    ]
    places = [text.index(finding) for finding in findings]
    assert places == sorted(places)


def test_an_image_that_is_withheld_is_not_sent(evaluate: Evaluate, wire: WireServer, case_folder: Path) -> None:
    calls = shown(wire, evaluate, GPT_4O, withhold="ct,electrophysiology,laboratory")

    names = ["chest-film.jpg", "chest-node.png"]
    assert calls["chest"].messages[0].images == [file_image(case_folder, name) for name in names]
    assert calls["heart"].messages[0].images == [file_image(case_folder, "heart-echo.jpg")]
    assert calls["belly"].messages[0].images == []
    assert "CT" not in calls["chest"].messages[0].text


def test_fewer_candidates_can_be_asked_for(evaluate: Evaluate, wire: WireServer) -> None:
    """Some services take no more than five and answer 400 to twenty."""
    wire.script("qwen-vl", chosen("B", BELIEF))

    evaluate(fdx, COMPATIBLE.at(wire), top_logprobs=5)

    assert [call.candidates_wanted for call in wire.calls] == [5, 5, 5]


def test_a_model_served_by_vllm_is_asked_like_any_openai_compatible_one(
    evaluate: Evaluate, wire: WireServer, case_folder: Path
) -> None:
    calls = shown(wire, evaluate, VLLM)

    assert calls["chest"].path == "/reader/v1/chat/completions"
    assert calls["chest"].candidates_wanted == 20
    assert calls["heart"].messages[0].images[-1] == file_image(case_folder, "heart-echo.jpg")


def test_long_answers_of_claude_are_streamed(asked: Asked) -> None:
    """Inspect grants Claude 32,000 tokens, which its API gives only as a stream."""
    streamed = {bool(call.body.get("stream")) for call in asked.calls.values()}
    assert streamed == {asked.provider is PROVIDERS["anthropic streamed"]}


def test_the_case_set_really_holds_different_images(case_folder: Path) -> None:
    """Otherwise the order of images would be tested by nothing."""
    files = sorted((case_folder / "images").iterdir())
    assert len({hashlib.sha256(file.read_bytes()).hexdigest() for file in files}) == len(files) == 8
