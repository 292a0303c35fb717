"""Regenerate the bundled case set from the case files and the drawings.

Run from the project's root: `python -m authoring.build`. Writes
`src/medsyn_inspect/cases/demo/`: `cases.jsonl`, `card.yaml`, `reference.json`, `images/`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from authoring.pictures import Picture, draw

HERE = Path(__file__).parent
DESTINATION = HERE.parent / "src" / "medsyn_inspect" / "cases" / "demo"
SOURCE = "Written for medsyn_inspect; fictional"
LICENCE = "CC-BY-4.0"
CASE_FIELDS = (
    "case_id",
    "language",
    "specialty",
    "history",
    "examination",
    "evidence",
    "final_diagnosis",
    "aliases",
    "options",
)


def encoded(picture: Picture) -> tuple[bytes, str]:
    """The bytes of a picture and their file suffix: palette PNG for charts, JPEG for continuous tone."""
    buffer = io.BytesIO()
    if picture.kind == "photo":
        picture.image.convert("RGB").save(buffer, format="JPEG", quality=82, optimize=True)
        return buffer.getvalue(), "jpg"
    flat = picture.image.convert("RGB").quantize(colors=64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    flat.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue(), "png"


def seed_of(*parts: object) -> int:
    """A seed that depends on `parts` only."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:4], "big")


def built_case(authored: dict[str, Any], images: Path) -> tuple[dict[str, Any], list[str]]:
    """Draw the pictures of one case file; return its row for `cases.jsonl` and the credits it owes."""
    credits: list[str] = []
    evidence = []
    for piece in authored["evidence"]:
        rows = []
        for number, wanted in enumerate(piece["images"], 1):
            seed = seed_of(authored["case_id"], piece["type"], number)
            try:
                picture = draw(wanted["draw"], seed, language=authored["language"], **wanted.get("with", {}))
            except Exception as error:
                raise SystemExit(
                    f"{authored['case_id']}, {piece['type']} {number} ({wanted['draw']}): {error!r}"
                ) from error
            content, suffix = encoded(picture)
            name = f"{authored['case_id']}-{piece['type'].replace('_', '-')}-{number}.{suffix}"
            (images / name).write_bytes(content)
            row = {"path": f"images/{name}"}
            if "obtained" in wanted:
                row["obtained"] = wanted["obtained"]
            rows.append(row)
            if picture.attribution:
                credits.append(picture.attribution)
        evidence.append({"type": piece["type"], "images": rows, "finding": piece["finding"].strip()})
    row = {field: authored[field] for field in CASE_FIELDS} | {"evidence": evidence}
    row["history"], row["examination"] = row["history"].strip(), row["examination"].strip()
    return row | {"source": SOURCE, "licence": LICENCE}, credits


def main() -> None:
    """Build everything, or only the cases named, into the destination folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="case ids to draw (default: all, and the set's files)")
    parser.add_argument("--to", type=Path, default=DESTINATION, help="destination folder")
    arguments = parser.parse_args()

    authored = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((HERE / "cases").glob("*.yaml"))]
    wanted = [case for case in authored if not arguments.case or case["case_id"] in arguments.case]
    images: Path = arguments.to / ("images" if arguments.case else "images.new")
    images.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        built = list(pool.map(built_case, wanted, repeat(images)))
    if arguments.case:
        return
    # Only a set that was drawn whole takes the place of the old one.
    shutil.rmtree(arguments.to / "images", ignore_errors=True)
    images.rename(arguments.to / "images")

    rows = [row for row, _ in built]
    credits = [credit for _, owed in built for credit in owed]
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (arguments.to / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = yaml.safe_load((HERE / "card.yaml").read_text(encoding="utf-8"))
    card["attributions"] = sorted(set(credits))
    (arguments.to / "card.yaml").write_text(yaml.safe_dump(card, allow_unicode=True, sort_keys=False), encoding="utf-8")
    weights = {case["case_id"]: case["weights"] for case in authored}
    (arguments.to / "reference.json").write_text(
        json.dumps(weights, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
