"""Runs readers over a case set and puts results, statements and figures together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import yaml

from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.interventions.attention.cases import read_cases
from medsyn_inspect.interventions.attention.files import Results
from medsyn_inspect.interventions.attention.relation import (
    LIMITS,
    attention_in_words,
    join,
    of_readers,
    relate,
    relation_in_words,
)
from medsyn_inspect.providers import LOCAL_VLM, provider_of
from medsyn_inspect.readers.checkpoint import CannotServe, ServeArguments, load_checkpoint
from medsyn_inspect.readers.engine import Engine

Drawn = tuple[str, bytes, bytes]
"""Name, PNG and SVG of a figure."""

QUERY = "the last token of the prompt, after which the answer comes"


def read_models(
    models: Sequence[str],
    case_set: CaseSet,
    arguments: Mapping[str, str],
    *,
    sensitivity: pd.DataFrame | None = None,
    limit: int | None = None,
) -> tuple[Results, list[Drawn]]:
    """The attention of readers on a case set, joined with their sensitivities if these are given.

    Args:
        models: Names in Inspect, `hf-vlm/...`.
        case_set: The cases.
        arguments: Arguments of `hf-vlm` as given with `-M`.
        sensitivity: The frame `sensitivity` of the same readers on the same cases.
        limit: Number of cases, from the first; `None` for all.

    Raises:
        CannotServe: If a name is of another provider, a checkpoint cannot be loaded, or its attention cannot be read.
        NotAligned: If sections and tokens do not match.
        NotAttention: If RAPT does not have a mean of 1.
        ValueError: If a reader has no sensitivities of these cases.
    """
    how = ServeArguments.of({name: yaml.safe_load(value) for name, value in arguments.items()})
    for name in models:
        if provider_of(name) != LOCAL_VLM:
            raise CannotServe(f"{name}: only the attention of local checkpoints can be read; name {LOCAL_VLM}/FOLDER")
    cases = replace(case_set, cases=case_set.cases[:limit])
    if sensitivity is not None:
        sensitivity = of_readers(sensitivity, models, [case.case_id for case in cases.cases])
    frames, left_out, readers = [], [], []
    for name in models:
        checkpoint = load_checkpoint(name.removeprefix(f"{LOCAL_VLM}/"), how)
        read = read_cases(Engine(checkpoint), cases, name)
        frames.append(read.frame)
        left_out += [f"{name}: left out: {why}" for why in read.left_out]
        readers.append(
            {
                "reader": name,
                "revision": checkpoint.revision,
                "dtype": str(checkpoint.model.dtype).removeprefix("torch."),
                "prompts": read.prompts,
                "largest_distance_of_mean_rapt_from_1": read.distance,
            }
        )
        del checkpoint
    frame = pd.concat(frames, ignore_index=True)
    record: dict[str, Any] = {
        "readers": readers,
        "case_set": case_set.name,
        "fingerprint": case_set.fingerprint,
        "cases": int(frame["case_id"].nunique()),
        "query": QUERY,
        "left_out": left_out,
    }
    return _results(frame, sensitivity, record)


def _results(
    frame: pd.DataFrame, sensitivity: pd.DataFrame | None, record: dict[str, Any]
) -> tuple[Results, list[Drawn]]:
    from medsyn_inspect.interventions.attention.figures import drawings
    from medsyn_inspect.report.figures.drawing import png, svg

    joined = join(frame, sensitivity) if sensitivity is not None else pd.DataFrame()
    relation = relate(joined) if len(joined) else pd.DataFrame()
    statements = attention_in_words(frame) + (relation_in_words(relation) if len(relation) else [])
    drawn = [(one.name, png(one), svg(one)) for one in drawings(frame, joined)]
    return Results(frame, joined, relation, tuple(statements), LIMITS, record), drawn
