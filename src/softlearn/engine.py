"""Who sums: the objective is a sum over blocks, and an engine adds them up.

Blocks are added in their own order whatever the number of threads, so the same data give the
same bits on one thread and on many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Protocol, TypeVar

from .cores import cores

__all__ = ["LITTLE", "Engine", "Serial", "Threads", "engine_for"]

T = TypeVar("T")


class Engine(Protocol):
    """Applies a function to each item and yields the results in the order of the items."""

    def map(self, f: Callable[[Any], T], items: Sequence[Any]) -> Iterator[T]:
        """Yield f(item) for each item, in order."""
        ...


class Serial:
    """One thread."""

    def map(self, f: Callable[[Any], T], items: Sequence[Any]) -> Iterator[T]:
        """Yield f(item) for each item, in order."""
        return map(f, items)


class Threads:
    """A few threads; NumPy and SciPy release the interpreter's lock in the work that counts.

    At most two results per thread wait to be taken, so memory stays small.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None

    def map(self, f: Callable[[Any], T], items: Sequence[Any]) -> Iterator[T]:
        """Yield f(item) for each item, in order."""
        if len(items) < 2:
            yield from map(f, items)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="softlearn")
        waiting: deque[Future[T]] = deque()
        try:
            for item in items:
                # with the caller's context: NumPy keeps there what an overflow does
                waiting.append(self._pool.submit(copy_context().run, f, item))
                if len(waiting) >= 2 * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


LITTLE = 2e6
"""Multiplications that one thread makes sooner than two would have begun."""


def engine_for(n_jobs: int | None, work: float) -> Engine:
    """Return the engine for `n_jobs` threads (None or -1: one per core) and the work at hand.

    Args:
        n_jobs: as scikit-learn's; None uses every core here.
        work: multiplications in one pass; a small problem stays on one thread.

    """
    count = cores()
    if n_jobs is not None:
        count = n_jobs if n_jobs > 0 else max(1, count + 1 + n_jobs)
    return Threads(count) if count > 1 and work > LITTLE else Serial()
