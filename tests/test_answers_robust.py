"""Whatever a model writes is read or refused, and nothing around an answer changes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bad_input import BAD_INPUT, OPTIONS, READERS
from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import read_commitment, read_differential
from medsyn_inspect.answers.phrases import load_phrases
from medsyn_inspect.answers.surface import LONGEST_ANSWER, surface


def answer_span(text: str, letters: str | list[str], options: list[str] | None = None) -> tuple[int, int] | None:
    """Where the letter of the answer is; `None` if no single letter was stated."""
    span = parse_choice(text, options or [""] * len(letters)).span
    return span if span and span[1] - span[0] == 1 else None


@pytest.mark.parametrize("name", BAD_INPUT)
@pytest.mark.parametrize("reader", READERS)
def test_bad_input_is_read_or_refused(name: str, reader: str) -> None:
    assert READERS[reader](BAD_INPUT[name]) is not None


PIECES = [
    *(
        "Answer",
        ":",
        "A",
        "B",
        "C",
        " ",
        "\n",
        "**",
        "<think>",
        "</think>",
        r"\boxed{",
        "}",
        "(",
        ")",
        ".",
        " or ",
        "答案",
    ),
    *(
        "：",
        "选",
        "not",
        "Lupus nephritis",
        '"',
        "{",
        "I",
        "is",
        "Sarcoidosis",
        ",",
        "1.",
        "2)",
        "①",
        "- ",
        "、",
        "[",
        "]",
    ),
    *(
        "Final diagnosis",
        "鉴别诊断",
        "```",
        "|",
        "#",
        "<answer>",
        "</answer>",
        "Less likely",
        "Ruled out",
        "|",
        "\r",
        "\x00",
    ),
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@given(TEXTS)
def test_any_text_is_read_without_error(text: str) -> None:
    for read in READERS.values():
        read(text)
    shown = surface(text, load_phrases())
    assert len(shown.text) == len(shown.lower) == len(shown.visible)


ANSWERS = st.sampled_from(
    [
        *(
            "Answer: B",
            "The answer is B.",
            "答案：B",
            "B",
            "Lupus nephritis",
            "Answer: A or B",
            "Answer: none",
            "No idea.",
        ),
        *(
            "1. Gout\n2. Lupus nephritis",
            "Final diagnosis: Gout",
            "- Gout\n- Lupus",
            "Most likely: Gout\n\nOther:\n1. TB",
        ),
        *("1. Gout\n2. TB\n\nRuled out:\n1. Lupus", '{"differential": ["Gout", "TB"]}', "I'm sorry, but I can't help."),
    ]
)
AROUND = st.sampled_from(
    ["{}", "\n\n{}\n\n", "**{}**", "<answer>{}</answer>", "<think>Answer: C\n1. TB</think>\n{}", "\ufeff{}\u200f"]
)
RUN_ON = st.sampled_from(
    [
        *("\n\nUser: {}", "\nHuman: {}", "\n\n用户：{}", "<|im_end|>\n<|im_start|>user\n{}", "</s>{}", "<|eot_id|>{}"),
        *("\n\nQuestion: {}", "\n\n### Instruction:\n{}", "<end_of_turn>\n{}", "\n\nQuestion 2: {}"),
    ]
)


def values(text: str) -> list[object]:
    return [parse_choice(text, OPTIONS).value, read_differential(text).value, read_commitment(text).value]


@given(ANSWERS, AROUND)
def test_markup_around_an_answer_does_not_change_the_reading(answer: str, around: str) -> None:
    if "\n" not in answer or "*" not in around:
        # A tag can also announce what could not be read without it, such as the only diagnosis of a differential.
        pairs = zip(values(around.format(answer)), values(answer), strict=True)
        assert all(marked == bare or (bare is None and "answer" in around) for marked, bare in pairs)


@given(st.one_of(ANSWERS, TEXTS.filter(lambda text: surface(text, load_phrases()).text.strip())), RUN_ON)
def test_text_that_runs_on_after_a_role_marker_does_not_change_the_reading(answer: str, run_on: str) -> None:
    for after in ("Answer: C", "1. TB\n2. Gout\n\nFinal diagnosis: TB", ""):
        assert values(answer + run_on.format(after)) == values(answer)


@given(TEXTS)
def test_a_letter_has_a_span_that_is_that_letter(text: str) -> None:
    span = answer_span(text, "ABCDE", OPTIONS)
    if span is not None:
        letter = text[slice(*span)].translate({0xFF21 + n: chr(ord("A") + n) for n in range(26)})
        assert letter.upper() == parse_choice(text, OPTIONS).letter


def test_of_a_long_answer_the_end_is_read_and_what_needs_all_of_it_is_not() -> None:
    long = "The patient has fever.\n" * (LONGEST_ANSWER // 10)
    assert parse_choice(f"{long}Answer: B", OPTIONS).letter == "B"
    assert answer_span(f"{long}Answer: B", "ABCDE", OPTIONS) == (len(long) + 8, len(long) + 9)
    assert parse_choice(f"{long}B", OPTIONS).letter is None
    assert read_commitment(f"{long}Final diagnosis: Gout").value == "Gout"
    assert read_differential(f"{long}1. Gout\n2. TB").value is None
    assert read_differential(f"<think>{long}</think>1. Gout\n2. TB").value == ("Gout", "TB")
