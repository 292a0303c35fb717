"""An invented case set for benchmarks: cases that differ in everything, with images like the paper's.

Each case has 5 or 10 options that no other case has, and about 8.4 images of 69 KB, none like another.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from random import Random

TYPES = ("laboratory", "xray", "ct", "mri", "ultrasound", "microscopy", "endoscopy")
IMAGE_BYTES = 69_000
SYLLABLES = ("neuro", "cardio", "myo", "derma", "osteo", "hepato", "fibro", "lympho", "nephro", "angio", "itis", "oma")


def name(random: Random) -> str:
    """A diagnosis that no other case has."""
    words = ("".join(random.choices(SYLLABLES, k=3)) for _ in range(random.randint(1, 4)))
    return f"{' '.join(words)} {random.randint(1, 10**9)}".capitalize()


def picture(seed: str) -> bytes:
    """A PNG of noise."""
    from PIL import Image

    side = int((IMAGE_BYTES / 3) ** 0.5)
    content = BytesIO()
    Image.frombytes("RGB", (side, side), Random(seed).randbytes(side * side * 3)).save(content, "PNG")
    return content.getvalue()


def write_set(folder: Path, cases: int) -> int:
    """Write a case set.

    Args:
        folder: Created; must not exist.
        cases: How many cases.

    Returns:
        The number of images.
    """
    (folder / "images").mkdir(parents=True)
    lines, images = [], 0
    for number in range(cases):
        random = Random(number)
        evidence = []
        for kind in random.sample(TYPES, random.randint(3, 5)):
            paths = [f"images/{number}-{kind}-{index}.png" for index in range(random.choice((1, 2, 2, 2, 2, 3, 3)))]
            for path in paths:
                (folder / path).write_bytes(picture(path))
            images += len(paths)
            evidence.append({"type": kind, "images": [{"path": path} for path in paths], "finding": f"Finding {path}."})
        options = [name(random) for _ in range(random.choice((5, 10)))]
        case = {
            "case_id": f"case-{number:04d}",
            "language": "en",
            "history": f"A patient of {20 + number % 60}, number {number}, has coughed for three months. " * 12,
            "examination": "Tender nodules on both shins. " * 10,
            "evidence": evidence,
            "final_diagnosis": random.choice(options),
            "options": options,
            "source": "invented",
            "licence": "CC0-1.0",
        }
        lines.append(json.dumps(case))
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = {"name": "benchmark", "version": "1", "licence": "CC0-1.0", "source": "invented", "languages": ["en"]}
    (folder / "card.yaml").write_text(json.dumps({**card, "canary": "none", "synthetic": True}), encoding="utf-8")
    return images
