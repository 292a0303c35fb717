"""Reading answers in a language that the package does not have, from the folder that a case set brings."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from german import FILES, PHRASES, write_german_set
from german import READING as GERMAN
from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import parse_commitment, parse_differential
from medsyn_inspect.answers.phrases import FILE, KEYS, Phrases, any_phrase, load_phrases
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.cli import main

OPTIONS = ["Gichtanfall", "Septische Arthritis", "Pseudogicht"]
LIST = "1. Gichtanfall\n2. Septische Arthritis"
LISTED = ("Gichtanfall", "Septische Arthritis")


@pytest.fixture
def german(tmp_path: Path) -> Phrases:
    (tmp_path / FILE).write_text(yaml.safe_dump({"name": "German", "reading": GERMAN}, allow_unicode=True), "utf-8")
    return load_phrases("de-AT", {"de": tmp_path})


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("Antwort: B", "B"),
        ("**Endgültige Antwort: B. Septische Arthritis**", "B"),
        ("Die Antwort lautet B.", "B"),
        ("Antwort: B, nicht A", "B"),
        ("Wenn das Fieber fehlte, wäre es A.\nAntwort: B", "B"),
        ("Antwort: A\nMoment, es besteht Fieber.\nAntwort: B", "B"),
        ("Antwort: B\n\nFrage 2: ...\nAntwort: A", "B"),
        # Models fall back to English.
        ("Answer: B", "B"),
        ("Antwort: A oder B", None),
        ("Antwort: A, falls kein Fieber besteht", None),
        ("Falls kein Fieber besteht, lautet die Antwort: A", None),
    ],
)
def test_a_choice(german: Phrases, answer: str, letter: str | None) -> None:
    assert parse_choice(answer, OPTIONS, phrases=german).letter == letter


@pytest.mark.parametrize(
    ("answer", "listed"),
    [
        (LIST, LISTED),
        (f"Differenzialdiagnosen:\n{LIST}", LISTED),
        (f"{LIST}\n\nEmpfohlene Untersuchungen:\n1. Punktion\n2. Röntgen", LISTED),
        (f"Empfohlene Untersuchungen:\n1. Punktion\n\nDifferenzialdiagnosen:\n{LIST}", LISTED),
        (f"{LIST}\n\nAusgeschlossen:\n1. Pseudogicht", LISTED),
        ("Am wahrscheinlichsten: Gichtanfall\n\nSeltener:\n- Septische Arthritis", LISTED),
        ("Rang 1: Gichtanfall\nRang 2: Septische Arthritis", LISTED),
        ("1. Gichtanfall\n2. Keine Pseudogicht\n3. Septische Arthritis", LISTED),
        (f"{LIST}\n\nNicht erklärt:\n1. Pseudogicht", ()),
        (f"{LIST}\n\nWeniger wahrscheinlich ist Pseudogicht.", ()),
    ],
)
def test_a_differential(german: Phrases, answer: str, listed: tuple[str, ...]) -> None:
    assert parse_differential(answer, phrases=german) == listed


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        ("Endgültige Diagnose: Gichtanfall", "Gichtanfall"),
        ("Meine endgültige Diagnose ist Gichtanfall.", "Gichtanfall"),
        ("Gichtanfall", "Gichtanfall"),
        ("Endgültige Diagnose: Gichtanfall, nicht näher bezeichnet", "Gichtanfall, nicht näher bezeichnet"),
        ("Endgültige Diagnose: Gichtanfall, nicht Pseudogicht", "Gichtanfall"),
        ("Am ehesten Gichtanfall", None),
        ("Man könnte an Pseudogicht denken", None),
        ("Endgültige Diagnose: Gichtanfall oder Pseudogicht", None),
        ("Endgültige Diagnose: unklar", None),
    ],
)
def test_a_commitment(german: Phrases, answer: str, diagnosis: str | None) -> None:
    assert parse_commitment(answer, phrases=german) == diagnosis


def test_a_refusal(german: Phrases) -> None:
    for answer in ("Es tut mir leid, aber ich kann nicht helfen.", "Ich kann keine Diagnose stellen."):
        assert is_refusal(answer, german)
        assert parse_choice(answer, OPTIONS, phrases=german).problem == "refused"
    assert not is_refusal("Ich kann keine Fraktur erkennen.", german)


def test_without_phrases_a_language_is_read_as_english(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(yaml.safe_dump({"name": "German"}), "utf-8")
    phrases = load_phrases("de", {"de": tmp_path})
    assert parse_choice("Answer: B", OPTIONS, phrases=phrases).letter == "B"
    assert parse_choice("Antwort: B", OPTIONS, phrases=phrases).letter is None
    assert parse_differential(f"{LIST}\n\nEmpfohlene Untersuchungen:\n1. Punktion", phrases=phrases) == ()


def test_every_language_of_the_package_has_every_list() -> None:
    for language in ("en", "zh", "zh-Hant"):
        words = load_phrases(language).words
        assert words.keys() == set(KEYS)
        assert all(words[key] for key in KEYS if key != "rank_suffix")
    assert load_phrases("zh") is load_phrases("zh-Hant")


def test_a_file_that_lacks_a_list_or_has_another_is_refused(tmp_path: Path) -> None:
    wrong = {key: value for key, value in GERMAN.items() if key != "turns"} | {"jokes": []}
    (tmp_path / FILE).write_text(yaml.safe_dump({"reading": wrong}), "utf-8")
    with pytest.raises(
        ValueError, match=r"phrases\.yaml: `reading` lacks turns: add .*; `reading` has jokes, .*remove"
    ):
        load_phrases("de", {"de": tmp_path})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"answer": "antwort"}, "`reading: answer` must be a list of texts, each in quotes"),
        ({"negation": [False]}, "`reading: negation` must be a list of texts, each in quotes"),
        ({"ordinals": ["erstens"]}, "`reading: ordinals` must be a list with a list of texts for each number"),
        ({"turns": None}, "`reading: turns` must be a list of texts, each in quotes"),
        ({"jokes": []}, "`reading` has jokes, which nothing reads: remove or rename"),
    ],
)
def test_cases_check_names_the_file_the_key_and_the_fix(changes: dict[str, object], line: str, tmp_path: Path) -> None:
    phrases = yaml.safe_dump(PHRASES | {"reading": GERMAN | changes}, allow_unicode=True)
    folder = write_german_set(tmp_path / "set", FILES | {"phrases.yaml": phrases})
    result = CliRunner().invoke(main, ["cases", "check", str(folder)])
    assert result.exit_code == 1
    printed = " ".join(result.output.split())
    assert f"cases.jsonl (gicht-01): {folder / 'prompts/de/phrases.yaml'}: {line}" in printed
    assert result.output.count("phrases.yaml: `reading") == 1


def test_cases_check_accepts_a_complete_section_and_none(tmp_path: Path) -> None:
    whole = yaml.safe_dump(PHRASES | {"reading": GERMAN}, allow_unicode=True)
    for name, files in (("none", FILES), ("whole", FILES | {"phrases.yaml": whole})):
        result = CliRunner().invoke(main, ["cases", "check", str(write_german_set(tmp_path / name, files))])
        assert result.exit_code == 0, result.output


def test_phrases_are_whole_words_but_for_scripts_without_spaces() -> None:
    import re

    pattern = re.compile(any_phrase(["so", "so far", "答案", "для"]))
    found = {
        text: [match[0] for match in pattern.finditer(text)]
        for text in ("so   far", "also", "答案so", "正确答案是", "для!", "длям")
    }
    assert found == {
        "so   far": ["so   far"],
        "also": [],
        "答案so": ["答案", "so"],
        "正确答案是": ["答案"],
        "для!": ["для"],
        "длям": [],
    }
    assert re.search(any_phrase([]), "") is None
