"""What is read from answers in the styles of real models: right, or not at all, never wrong.

Each file in `fixtures/answers` holds answers with what a person reads in them; `kind` is the style. They are hard on
purpose, so that their rates are not those of any model; the `_variants` were written to find what would be misread.
`pytest -s` prints the counts, and each unread answer with its reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from corpora import Row, outcome, read, rows
from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.cases.names import plain

# Of each file at least as many as the expressions read correctly that were used before; of the variants, which were
# written later, what was read when they were.
LEAST_RIGHT = {
    "choice": 84,
    "choice_traps": 9,
    "choice_variants": 167,
    "differential": 31,
    "differential_variants": 79,
    "commitment": 19,
    "commitment_variants": 71,
}


@pytest.mark.parametrize("name", LEAST_RIGHT)
def test_an_answer_is_read_as_a_person_reads_it_or_not_at_all(name: str) -> None:
    outcomes = [(row.get("kind", ""), outcome(name, row)) for row in rows(name)]
    print(f"\n{name}: {dict(Counter(found.split(':')[0] for _, found in outcomes))}")
    for row, (kind, found) in zip(rows(name), outcomes, strict=True):
        if found != "right":
            print(f"  {kind} {found}: {row['text'][-60:]!r}")
    assert [pair for pair in outcomes if pair[1] == "wrong"] == []
    assert sum(found == "right" for _, found in outcomes) >= LEAST_RIGHT[name]


@pytest.mark.parametrize("row", rows("choice"), ids=lambda row: row["id"])
def test_the_span_of_a_choice_states_it(row: Row) -> None:
    reading = parse_choice(row["text"], row["options"])
    if reading.span:
        stated = row["text"][slice(*reading.span)].translate({0xFF21 + n: chr(ord("A") + n) for n in range(26)})
        option = row["options"][ord(reading.value or "A") - ord("A")]
        assert stated.upper() == reading.value or plain(stated) in plain(option)


@pytest.mark.parametrize("name", ["differential", "differential_variants", "commitment", "commitment_variants"])
def test_what_is_read_is_within_its_span(name: str) -> None:
    for row in rows(name):
        reading = read(name, row)
        if reading.span:
            names = [reading.value] if isinstance(reading.value, str) else reading.value
            span = plain(row["text"][slice(*reading.span)])
            assert all(plain(entry) in span for entry in names), row


FORMS: list[Callable[[str], str]] = [
    "Answer: {}".format,
    "**Answer: {}**".format,
    "**Answer:** {}".format,
    "Final answer: ({})".format,
    "答案：{}".format,
    "最終答案：選項{}".format,
    "<answer>{}</answer>".format,
    "Answer: <|begin_of_box|>{}<|end_of_box|>".format,
    lambda letter: rf"Answer: $\boxed{{\text{{{letter}}}}}$",
    lambda letter: json.dumps({"answer": letter}),
    lambda letter: f"Ａnswer： {chr(ord(letter) + 0xFEE0)}",
]


@pytest.mark.parametrize("name", ["choice", "choice_traps", "choice_variants"])
@pytest.mark.parametrize("form", FORMS)
def test_an_answer_whose_last_line_has_the_requested_form_is_read(name: str, form: Callable[[str], str]) -> None:
    for row in rows(name):
        answer = f"{row['text']}\n\n{form('B')}"
        assert parse_choice(answer, row["options"]).value == "B", row["text"]
