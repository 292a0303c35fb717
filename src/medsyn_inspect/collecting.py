"""Work without Python's cyclic garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Context, or decorator, without Python's cyclic garbage collector.

    For work that makes many objects and keeps them, such as reading logs and drawing figures: little of it becomes
    garbage, but each collection visits all rows and artists.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
