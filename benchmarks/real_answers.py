"""How many answers of real models are read, and whether as their source labels them: a table by model.

    python benchmarks/real_answers.py FILE_OR_FOLDER ...

The answers are in JSON Lines, in a file or in all `*.jsonl` of a folder, each with `options` (texts in the order shown)
and `text` (the completion); `model`, by default the name of the file, and the letter that the source read, `extracted`
or `right`, are optional. Lines without options are left out. A label can be wrong: answers that were read differently
are printed, to be looked at.

Of an earlier version, run this file with `PYTHONPATH` set to the `src` of a checkout of it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from medsyn_inspect.answers.choice import parse_choice

ALL = "all"


def rows(places: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The answers in files and folders that have options.

    Raises:
        SystemExit: If a place does not exist, or a line is not an answer.
    """
    for place in places:
        files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
        if not files or not files[0].is_file():
            raise SystemExit(f"{place}: no answers; give a JSON Lines file, or a folder with *.jsonl")
        for file in files:
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                row = json.loads(line)
                if "text" not in row:
                    raise SystemExit(f"{file}, line {number}: no `text`; each line must be an answer")
                if row.get("options"):
                    yield {"model": file.stem, **row}


def label_of(row: dict[str, Any]) -> str | None:
    """The letter that the source read; `None` if it read none, or something that is no option's letter."""
    label = row.get("extracted") or row.get("right")
    return label if label in list(ascii_uppercase[: len(row["options"])]) else None


def main() -> None:
    """Read every answer, print what differs from the labels, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    counts: dict[str, Counter[str]] = {}
    for row in rows(parser.parse_args().places):
        found = parse_choice(row["text"], row["options"])
        label = label_of(row)
        outcomes = ["answers"]
        if found.letter is None:
            outcomes += ["unread", *(["refused"] if found.problem == "refused" else [])]
        else:
            outcomes += ["read", "unlabelled" if label is None else "agrees" if label == found.letter else "differs"]
        for model in (row["model"], ALL):
            counts.setdefault(model, Counter()).update(outcomes)
        if "differs" in outcomes:
            print(f"{row['model']}: read {found.letter}, label {label}: {row['text'][-200:]!r}")
    columns = ("answers", "read", "agrees", "differs", "unlabelled", "unread", "refused")
    print(f"{'model':<28}{''.join(f'{column:>12}' for column in columns)}")
    for model, own in sorted(counts.items(), key=lambda entry: (entry[0] == ALL, entry[0])):
        print(f"{model:<28}{''.join(f'{own[column]:>12}' for column in columns)}")


if __name__ == "__main__":
    main()
