"""Texts that no model should write, and some do: long, deep, cut or full of control characters."""

from __future__ import annotations

import json
from collections.abc import Callable

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import read_commitment, read_differential
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.answers.verbalized import stated_probabilities

OPTIONS = ("Sarcoidosis", "Lupus nephritis", "IgA nephropathy", "E. coli sepsis", "B-cell lymphoma")
READERS: dict[str, Callable[[str], object]] = {
    "fdx": lambda text: parse_choice(text, OPTIONS),
    "fdx, direct": lambda text: parse_choice(text, OPTIONS, direct=True),
    "ddx": read_differential,
    "open_fdx": read_commitment,
    "refusal": is_refusal,
    "stated probabilities": lambda text: stated_probabilities(text, "ABCDE"),
}

NESTED = json.dumps(["Gout"])
for _ in range(1000):
    NESTED = f'{{"differential": [{NESTED}]}}'

BAD_INPUT = {
    "empty": "",
    "1 MB": "The patient has fever, and the answer is not known. " * 20_000,
    "1 MB of lines": "Answer: A\n" * 100_000,
    "NUL": "Answer:\x00 A\x00" * 500,
    "ANSI": "\x1b[1;31mAnswer: A\x1b[0m\n" * 100,
    "right-to-left marks": "\u202e\u200f\u2066Answer: A\u2069\u202c" * 100,
    "lone surrogates": "Answer: A \ud800\udfff\udc00" * 100,
    "200 diagnoses": "\n".join(f"{n}. Disease number {n} of the list" for n in range(1, 201)),
    "a table of 40 columns": ("|" + "a | " * 40 + "\n") * 50,
    "deep JSON": NESTED,
    "brackets": "[" * 100_000,
    "braces in lines": '{"answer":\n' * 10_000,
    "boxes": r"\boxed{" * 10_000,
    "tags": "<a>" * 30_000,
    "reasoning": "<think>" * 10_000 + "</think>" * 10_000,
    "1 MB of reasoning": "<think>" + "It may be A, or B. " * 50_000 + "</think>Answer: A",
    "stars": "*" * 100_000,
    "spaces": "answer" + " " * 100_000 + ":",
    "cues": "the final answer is " * 5_000,
}
