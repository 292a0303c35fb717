"""Reads the attention of a reader on every case of a set, in both views, with and without random text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.interventions.attention.rapt import NotAttention, check_identity, relative_attention
from medsyn_inspect.interventions.attention.reading import (
    CannotRead,
    Tokens,
    last_attention,
    replaced,
    replacements,
    tokens_of,
)
from medsyn_inspect.interventions.attention.sections import NotAligned, Section, sectioned_prompt
from medsyn_inspect.progress import steps
from medsyn_inspect.readers.engine import Engine
from medsyn_inspect.records import VIEWS, View

Cell = str | int | float


@dataclass
class Read:
    """What was read of one reader."""

    rows: list[dict[str, Cell]] = field(default_factory=list)
    """Rows of the frame `attention` (see `files.COLUMNS`)."""

    left_out: list[str] = field(default_factory=list)
    """Why a case was not shown in a view, one sentence each."""

    prompts: int = 0
    """Prompts whose attention was read, and whose identity was checked."""

    distance: float = 0.0
    """The largest distance of the size-weighted mean of RAPT from 1."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame."""
        return pd.DataFrame(self.rows)


def read_cases(engine: Engine, case_set: CaseSet, reader: str) -> Read:
    """RAPT of every section of every case.

    A case is left out in a view if it lacks images or findings, or if its prompt is longer than the context.

    Args:
        engine: The loaded checkpoint.
        case_set: The cases.
        reader: The reader's name.

    Raises:
        CannotRead: If the model does not return its attention, or no case can be shown.
        NotAligned: If the sections of a prompt do not align with its tokens; the message names case and sections.
        NotAttention: If RAPT does not have a mean of 1.
    """
    found = Read()
    for case in steps(case_set.cases, f"Reading the attention of {reader}"):
        for view in VIEWS:
            if why := _cannot_be_shown(case, view):
                found.left_out.append(why)
                continue
            try:
                _read_view(engine, case_set, case, view, reader=reader, found=found)
            except (NotAligned, NotAttention) as error:
                raise type(error)(f"{reader}: case {case.case_id} ({view}s): {error}") from error
    if not found.rows:
        raise CannotRead(f"{reader}: no case can be shown; the first: {found.left_out[0]}")
    return found


def _cannot_be_shown(case: Case, view: View) -> str:
    """Why a case has no prompt in a view; empty if it has one."""
    if not case.options:
        return f"case {case.case_id} has no options to choose from"
    lacking = [piece.type for piece in case.evidence if not (piece.images if view == "image" else piece.finding)]
    return f"case {case.case_id} has no {view} of {lacking[0]}" if lacking else ""


def _read_view(engine: Engine, case_set: CaseSet, case: Case, view: View, *, reader: str, found: Read) -> None:
    """Add the rows of a case in a view, with its own text and with random text."""
    tokens = tokens_of(engine, sectioned_prompt(case_set, case, view))
    limit = engine.checkpoint.context
    if len(tokens.ids) > limit:
        found.left_out.append(
            f"case {case.case_id} ({view}s): the prompt has {len(tokens.ids)} tokens, more than the context of "
            f"{limit}; use a checkpoint with a longer context"
        )
        return
    for text, shown in _texts(engine, tokens, case):
        attention = last_attention(engine.model, shown.inputs, reader)
        relative = relative_attention(attention.weights, shown.sections, attention.layers)
        dtype = str(engine.model.dtype).removeprefix("torch.")
        found.distance = max(found.distance, check_identity(relative, dtype))
        found.prompts += 1
        common = {"reader": reader, "case_id": case.case_id, "view": view, "text": text}
        found.rows += [
            {
                **common,
                "layer": one.layer,
                "kind": one.section.kind,
                "section": one.section.name,
                "tokens": one.tokens,
                "prompt_tokens": len(shown.ids),
                "query_position": attention.query,
                "attention": one.attention,
                "rapt": one.rapt,
            }
            for one in relative
        ]


def _texts(engine: Engine, tokens: Tokens, case: Case) -> Iterator[tuple[str, Tokens]]:
    yield "keep", tokens
    if any(section.kind == "text" for section in tokens.sections):
        ids = random_ids(tokens.ids, tokens.sections, replacements(engine), seed=case.case_id)
        yield "random", replaced(tokens, ids)


def random_ids(ids: Sequence[int], sections: Sequence[Section], vocabulary: Sequence[int], *, seed: str) -> list[int]:
    """Token ids in which each token of history and examination is replaced by a random one; the number stays.

    Args:
        ids: The ids of a prompt.
        sections: The section of each token.
        vocabulary: The ids to draw from.
        seed: Random seed.

    Raises:
        ValueError: If there is nothing to draw from.
    """
    if not vocabulary:
        raise ValueError("the tokenizer has no tokens other than marks, so there is no random text")
    chance: Any = random.Random(f"random text|{seed}")
    return [
        chance.choice(vocabulary) if section.kind == "text" else number
        for number, section in zip(ids, sections, strict=True)
    ]
