"""The results of `medsyn attention` as files: Parquet, JSON with the statements in words, and figures.

`read_attention` reads them again, for reports and notebooks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medsyn_inspect.version import package_version
from medsyn_inspect.writing import write_folder

FRAME_FILE, RECORD_FILE = "attention.parquet", "attention.json"
JOINED_FILE, RELATION_FILE = "attention-sensitivity.parquet", "attention-relation.parquet"

COLUMNS = {
    "reader": "the reader",
    "case_id": "the case",
    "view": "`image` or `finding`: how visual evidence is shown",
    "text": "`keep`, or `random`: each token of history and examination replaced by a random one",
    "layer": "number of the layer, from 0",
    "kind": "`text` (history, examination), `image`, `finding`, `question` (with options), `system`, `heading` "
    "(headings and labels), `template` (what chat template and processor add)",
    "section": "`history`, `examination` or the evidence type; for other kinds, the kind",
    "tokens": "tokens of the section, N_S",
    "prompt_tokens": "tokens of the prompt, N",
    "query_position": "position from which attention is read: the last token of the prompt, after which the answer "
    "comes",
    "attention": "sum of the attention to the section's tokens, averaged over heads",
    "rapt": "relative attention per token: attention x N / N_S",
}
"""The columns of `attention.parquet`, in order."""


@dataclass(frozen=True)
class Results:
    """What `medsyn attention` found."""

    frame: pd.DataFrame
    """One row for each reader, case, view, text, layer and section, with `COLUMNS`."""

    joined: pd.DataFrame
    """One row for each reader, view, case and evidence type, with `rapt` (mean over layers) and `S` in bits, from
    `relation.join`; empty if RAPT was not joined with sensitivities."""

    relation: pd.DataFrame
    """Rows of `relation.relate`; empty without findings."""

    statements: tuple[str, ...]
    """The results in words, first those on attention, then those on attention and sensitivity."""

    limits: tuple[str, ...]
    """What the results do not show, in words."""

    record: dict[str, Any]
    """Readers with their revisions, the case set, the query position, cases that were left out, the identity."""

    figures: tuple[Path, ...] = ()
    """PNG files of the figures, if the results were read from a folder."""


def write_attention(folder: Path, results: Results, figures: Sequence[tuple[str, bytes, bytes]]) -> list[Path]:
    """Write results into a folder: all files, or none; other files in the folder are kept.

    Args:
        folder: Created if it does not exist.
        results: The results.
        figures: Name, PNG and SVG of each figure.

    Raises:
        NotWritten: If they cannot be written.
    """
    content = {
        "package_version": package_version(),
        **results.record,
        "statements": results.statements,
        "limits": results.limits,
        "columns": COLUMNS,
        "figures": [name for name, _, _ in figures],
    }
    with write_folder(folder, replaced=(JOINED_FILE, RELATION_FILE)) as draft:
        results.frame[list(COLUMNS)].to_parquet(draft / FRAME_FILE, index=False)
        for name, one in ((JOINED_FILE, results.joined), (RELATION_FILE, results.relation)):
            if len(one):
                one.to_parquet(draft / name, index=False)
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (draft / RECORD_FILE).write_text(f"{text}\n", encoding="utf-8")
        for name, png, svg in figures:
            (draft / f"{name}.png").write_bytes(png)
            (draft / f"{name}.svg").write_bytes(svg)
        names = sorted(path.name for path in draft.iterdir())
    return [folder / name for name in names]


def read_attention(folder: str | Path) -> Results:
    """The results in a folder of `medsyn attention -o`.

    Raises:
        ValueError: If there are none.
    """
    place = Path(folder)
    try:
        record = json.loads((place / RECORD_FILE).read_text(encoding="utf-8"))
        frame = pd.read_parquet(place / FRAME_FILE)
        statements, limits = tuple(record.pop("statements")), tuple(record.pop("limits"))
        figures = tuple(place / f"{name}.png" for name in record.pop("figures"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{place}: has no results of `medsyn attention`; name the folder that it wrote") from error
    joined, relation = (
        pd.read_parquet(place / name) if (place / name).is_file() else pd.DataFrame()
        for name in (JOINED_FILE, RELATION_FILE)
    )
    return Results(frame, joined, relation, statements, limits, record, figures)
