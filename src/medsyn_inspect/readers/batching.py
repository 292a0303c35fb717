"""Collects requests of concurrent samples into batches. One batch runs at a time, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
import anyio.to_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

_GATHERING = 0.002
"""Seconds for which the first request of a batch waits for others."""


@dataclass
class _Waiting(Generic[Item, Result]):
    item: Item
    group: Hashable
    done: anyio.Event = field(default_factory=anyio.Event)
    taken: bool = False
    result: Result | None = None
    error: BaseException | None = None


class Batcher(Generic[Item, Result]):
    """Runs items in batches of those in the same group."""

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Result]], size: int) -> None:
        """A batcher.

        Args:
            run: The results of a batch, in order; called in a thread.
            size: Maximum number of items of a batch.
        """
        self._run, self._size = run, size
        self._waiting: list[_Waiting[Item, Result]] = []
        self._busy: anyio.Lock | None = None

    async def submit(self, item: Item, group: Hashable) -> Result:
        """The result of an item.

        Raises:
            Exception: If its batch failed; every item of the batch gets the error.
        """
        self._busy = self._busy or anyio.Lock()
        own: _Waiting[Item, Result] = _Waiting(item, group)
        self._waiting.append(own)
        try:
            await anyio.sleep(_GATHERING)
            # Whoever gets the lock runs the next batch, which need not be that of its own item.
            while not own.done.is_set():
                async with self._busy:
                    if not own.done.is_set():
                        await self._next_batch()
        finally:
            if not own.taken:
                self._waiting.remove(own)
        if own.error is not None:
            raise own.error
        return own.result  # type: ignore[return-value]

    async def _next_batch(self) -> None:
        group = self._waiting[0].group
        batch = [one for one in self._waiting if one.group == group][: self._size]
        for one in batch:
            one.taken = True
            self._waiting.remove(one)
        try:
            results = await anyio.to_thread.run_sync(self._run, [one.item for one in batch])
            for one, result in zip(batch, results, strict=True):
                one.result = result
        except BaseException as error:
            for one in batch:
                one.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            for one in batch:
                one.done.set()
