"""CPU seconds of reading and checking a case set, the first time and again.

    python benchmarks/loading.py [--cases 452]

The first time, every image is read and decoded; later, only those that have changed. Each time is that of a process
of its own, without its imports. The images are as large and as many as those of the paper: about 8.4 of 69 KB a case.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from io import BytesIO
from pathlib import Path
from random import Random

TYPES = ("laboratory", "xray", "ct", "mri", "ultrasound", "microscopy", "endoscopy")
IMAGE_BYTES = 69_000
OPTIONS = ("Sarcoidosis", "Tuberculosis", "Lymphoma", "Histoplasmosis", "Berylliosis")


def picture(seed: str) -> bytes:
    """A PNG of noise, unlike any other."""
    from PIL import Image

    side = int((IMAGE_BYTES / 3) ** 0.5)
    content = BytesIO()
    Image.frombytes("RGB", (side, side), Random(seed).randbytes(side * side * 3)).save(content, "PNG")
    return content.getvalue()


def write_set(folder: Path, cases: int) -> int:
    """A case set whose cases differ in everything; returns the number of its images."""
    (folder / "images").mkdir(parents=True)
    lines, images = [], 0
    for number in range(cases):
        random = Random(number)
        evidence = []
        for name in random.sample(TYPES, random.randint(3, 5)):
            paths = [f"images/{number}-{name}-{index}.png" for index in range(random.choice((1, 2, 2, 2, 2, 3, 3)))]
            for path in paths:
                (folder / path).write_bytes(picture(path))
            images += len(paths)
            evidence.append({"type": name, "images": [{"path": path} for path in paths], "finding": f"Finding {path}."})
        case = {
            "case_id": f"case-{number:04d}",
            "language": "en",
            "history": f"A patient of {20 + number % 60}, number {number}, has coughed for three months. " * 12,
            "examination": "Tender nodules on both shins. " * 10,
            "evidence": evidence,
            "final_diagnosis": f"{OPTIONS[number % 5]} {number}",
            "options": [f"{option} {number}" for option in OPTIONS],
            "source": "invented",
            "licence": "CC0-1.0",
        }
        lines.append(json.dumps(case))
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = {"name": "benchmark", "version": "1", "licence": "CC0-1.0", "source": "invented", "languages": ["en"]}
    (folder / "card.yaml").write_text(json.dumps({**card, "canary": "none", "synthetic": True}), encoding="utf-8")
    return images


def seconds(folder: Path) -> float:
    """CPU seconds of `load_cases` in this process."""
    from medsyn_inspect.cases.load import load_cases

    before = time.process_time()
    load_cases(folder)
    return time.process_time() - before


def main() -> None:
    """Write a set, load it twice, print both times."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cases", type=int, default=452)
    cases = arguments.parse_args().cases
    with tempfile.TemporaryDirectory() as temporary:
        # Before anything is imported that looks for the cache. The processes inherit it.
        os.environ["XDG_CACHE_HOME"] = f"{temporary}/caches"
        folder = Path(temporary) / "set"
        images = write_set(folder, cases)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=1) as pool:
            cold, warm = (pool.apply(seconds, (folder,)) for _ in range(2))
    print(f"{cases} cases, {images} images: {cold:.2f} CPU s cold, {warm:.2f} CPU s warm, ratio {cold / warm:.1f}")


if __name__ == "__main__":
    main()
