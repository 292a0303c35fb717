"""Progress of long work. Loops report their steps with `steps`; a command shows them with `shown_progress`.

Without a command, in notebooks, tests and pipes, nothing is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

_display: ContextVar[Progress | None] = ContextVar("display", default=None)


def steps(items: Iterable[T], work: str, total: int | None = None) -> Iterator[T]:
    """The items, one after the other; each is a step of the work.

    Args:
        items: The items.
        work: What is done, such as "Reading logs".
        total: Number of items, if `items` has no length.
    """
    display = _display.get()
    if display is None:
        yield from items
        return
    task = display.add_task(work, total=len(items) if isinstance(items, Sized) else total)
    try:
        for item in items:
            yield item
            display.advance(task)
    finally:
        display.remove_task(task)


@contextmanager
def work_in_progress(work: str) -> Iterator[None]:
    """Work whose steps cannot be counted.

    Args:
        work: What is done, such as "Computing intervals".
    """
    display = _display.get()
    task = display.add_task(work, total=None) if display is not None else None
    try:
        yield
    finally:
        if display is not None and task is not None:
            display.remove_task(task)


@contextmanager
def shown_progress() -> Iterator[None]:
    """Show the progress of what is done within, if standard error is a terminal; nothing of it stays on the screen."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Standard output is left alone: it holds the results, and may be a file.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as display:
        token = _display.set(display)
        try:
            yield
        finally:
            _display.reset(token)
