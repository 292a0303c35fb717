"""CPU seconds of reading and checking a case set, the first time and again.

    python benchmarks/loading.py [--cases 452]

The first time, every image is read and decoded; later, only those that have changed. Each time is that of a process
of its own, without its imports. The cases differ in everything (`invented_set.py`).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

from invented_set import write_set


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
