"""Writes the mixtures of a choice of targets: all of it, or nothing.

manifest.json     what was drawn from where: ids, seeds, quotas, drops, licences, targets and why
general.jsonl     one sample per line, as TRL reads it (`messages`, `images` with absolute paths)
targeted.jsonl
control.jsonl     where the sources of the targeted part have other types
llama-factory/    the same for LLaMA-Factory and ms-swift, see `views`; not if a licence leaves ids alone
ms-swift/
mixture.png       what is in each mixture
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.interventions.curate import MARK
from medsyn_inspect.interventions.curate.duplicates import WORDS, Evaluation
from medsyn_inspect.interventions.curate.mixtures import CURRICULUM, Mixtures, Recipe, draw
from medsyn_inspect.interventions.curate.pools import Pool, Sample
from medsyn_inspect.interventions.curate.views import write_views
from medsyn_inspect.interventions.targets import Choice, choice_record
from medsyn_inspect.version import package_version
from medsyn_inspect.writing import is_empty, write_folder

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Curated:
    """What was written."""

    files: tuple[Path, ...]
    mixtures: Mixtures


def curate(
    folder: Path, choice: Choice, pools: list[Pool], recipe: Recipe, *, evaluation: tuple[str, ...] = ()
) -> Curated:
    """Draw the mixtures of a choice, and write them.

    Args:
        folder: A folder that does not exist or is empty.
        choice: The targets.
        pools: The pools; the first is the general one.
        recipe: Sizes and seed.
        evaluation: Case sets that must not be trained on.

    Raises:
        ValueError: If the pools do not suffice, or the folder is not empty.
        NotWritten: If the folder cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and is_empty(folder)):
        raise ValueError(f"{folder}: exists and is not an empty folder; choose another, or remove it")
    sets = [load_cases(name) for name in evaluation]
    mixtures = draw(pools, choice.targets, recipe, Evaluation.of(sets).repeated_in)
    ids_only = {pool.name for pool in pools if pool.ids_only}
    named = sorted({one.pool for samples in mixtures.samples.values() for one in samples} & ids_only)
    if named:
        mixtures.notes.append(
            f"nothing for LLaMA-Factory and ms-swift, because the licence of {', '.join(named)} leaves ids alone; "
            "`medsyn views` writes it, for this machine"
        )
    manifest = _manifest(choice, pools, recipe, mixtures)
    manifest["evaluation"] = [{"name": one.name, "fingerprint": one.fingerprint} for one in sets]
    rows = {
        name: [trl_row(one, ids_only=one.pool in ids_only) for one in samples]
        for name, samples in mixtures.samples.items()
    }
    with write_folder(folder) as draft:
        text = json.dumps(_strict(manifest), indent=1, ensure_ascii=False, allow_nan=False)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        for name, mixture in rows.items():
            lines = (json.dumps(row, ensure_ascii=False) for row in mixture)
            (draft / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        if not named:
            write_views(draft, rows)
        _draw_mixtures(mixtures, draft / "mixture.png")
        names = sorted(path.name for path in draft.iterdir())
    return Curated(tuple(folder / name for name in names), mixtures)


def trl_row(sample: Sample, *, ids_only: bool = False) -> dict[str, Any]:
    """A sample as TRL reads it: content as a list of parts, and the images in a column of their own."""
    row: dict[str, Any] = {"id": sample.id, "pool": sample.pool, "type": sample.type}
    if ids_only:
        return row
    messages = [{"role": role, "content": _parts(text)} for role, text in sample.turns]
    return row | {"messages": messages, "images": [str(image) for image in sample.images]}


def _parts(text: str) -> list[dict[str, str]]:
    parts: list[dict[str, str]] = []
    for number, piece in enumerate(text.split(MARK)):
        if number:
            parts.append({"type": "image"})
        if piece.strip():
            parts.append({"type": "text", "text": piece.strip("\n") if number else piece})
    return parts


def _manifest(choice: Choice, pools: list[Pool], recipe: Recipe, mixtures: Mixtures) -> dict[str, Any]:
    return {
        "package_version": package_version(),
        **choice_record(choice),
        "recipe": asdict(recipe),
        "order": CURRICULUM if recipe.curriculum else "shuffled",
        "duplicates": {"words_in_a_row": WORDS, "dropped": dict(sorted(mixtures.dropped.items()))},
        "pools": [
            {
                "name": pool.name,
                "file": str(pool.path),
                "licence": pool.licence,
                "ids_only": pool.ids_only,
                "samples": len(pool.samples),
            }
            for pool in pools
        ],
        "mixtures": {
            name: {
                "size": len(samples),
                "types": dict(sorted(Counter(one.type or "none" for one in samples).items())),
                "pools": dict(sorted(Counter(one.pool for one in samples).items())),
                "ids": [f"{one.pool}/{one.id}" for one in samples],
            }
            for name, samples in mixtures.samples.items()
        },
        "notes": mixtures.notes,
    }


def _strict(value: Any) -> Any:
    """A value without NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _strict(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_strict(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _draw_mixtures(mixtures: Mixtures, file: Path) -> None:
    """Stacked bars: how many samples of each evidence type each mixture has."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    counts = {name: Counter(one.type or "none" for one in samples) for name, samples in mixtures.samples.items()}
    types = sorted({name for count in counts.values() for name in count})
    hatches = ("", "///", "...", "xxx", "\\\\\\", "ooo")
    shades = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999")
    figure = Figure(figsize=(7, 1 + 0.6 * len(counts)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    left = dict.fromkeys(counts, 0)
    for place, name in enumerate(types):
        axes.barh(
            list(counts), [count[name] for count in counts.values()], left=list(left.values()), label=name,
            color=shades[place % len(shades)], hatch=hatches[place // len(shades) % len(hatches)], edgecolor="white",
        )  # fmt: skip
        left = {mixture: start + counts[mixture][name] for mixture, start in left.items()}
    axes.set_xlabel("samples")
    axes.invert_yaxis()
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(file, dpi=150)
