"""Engines: the objective is a sum over blocks, and an engine evaluates them on threads.

Blocks are added in their order whatever the number of threads, so the same data give the same bits
on one thread and on many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Condition, Lock, Thread
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
    """A few threads, the caller's and helpers; each takes the next item when it has finished one.

    NumPy, SciPy and our kernels release the interpreter's lock in the expensive parts.  Helpers
    belong to the process: they sleep while there is no work, and are woken once for all items,
    because waking them for each item takes as long as a small block.  At most two results per
    thread wait to be consumed, so memory stays small.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def map(self, f: Callable[[Any], T], items: Sequence[Any]) -> Iterator[T]:
        """Yield f(item) for each item, in order."""
        if len(items) < 2:
            yield from map(f, items)
            return
        job = _Job(f, items, 2 * self.count)
        _helpers.ask(job, min(self.count, len(items)) - 1)
        try:
            yield from job.results()
        finally:
            job.stop()


def _nothing(item: Any) -> None:
    """Stand for the function of a job that has ended."""


class _Job:
    """Items, and threads that each take the next one.

    Args:
        f, items: as of `map`.
        ahead: how many results may wait to be consumed, including those in progress.

    """

    def __init__(self, f: Callable[[Any], Any], items: Sequence[Any], ahead: int) -> None:
        self.f, self.items, self.ahead = f, items, ahead
        self.begun, self.taken, self.end = 0, 0, len(items)
        self.done: dict[int, tuple[Any, BaseException | None]] = {}
        self.changed = Condition(Lock())

    def results(self) -> Iterator[Any]:
        """Yield the results in order; work on further items while the next one is not done."""
        for i in range(len(self.items)):
            with self.changed:
                self.taken = i
                self.changed.notify_all()
            while i not in self.done:
                k = self._next()
                if k is not None:
                    self._work_on(k, Exception)  # an interrupt of the caller is raised at once
                    continue
                with self.changed:
                    while i not in self.done and not self._may_begin():
                        self.changed.wait()
            result, error = self.done.pop(i)
            if error is not None:
                raise error
            yield result

    def help(self) -> None:
        """Work until all items are begun."""
        while self.begun < self.end:
            k = self._next()
            if k is not None:
                self._work_on(k, BaseException)
                continue
            with self.changed:
                while self.begun < self.end and not self._may_begin():
                    self.changed.wait()

    def stop(self) -> None:
        """Stop threads from beginning another item.

        The job may wait for a busy helper for long; it must not hold the arrays that f uses.
        """
        with self.changed:
            self.end, self.f = self.begun, _nothing
            self.changed.notify_all()

    def _may_begin(self) -> bool:
        return self.begun < min(self.end, self.taken + self.ahead)

    def _next(self) -> int | None:
        with self.changed:
            if not self._may_begin():
                return None
            self.begun += 1
            return self.begun - 1

    def _work_on(self, k: int, postponed: type[BaseException]) -> None:
        """Do item k; errors of the kind `postponed` are raised when its turn comes."""
        try:
            result, error = self.f(self.items[k]), None
        except postponed as raised:
            result, error = None, raised
        with self.changed:
            self.done[k] = result, error
            self.changed.notify_all()


class _Helpers:
    """Threads that wait for jobs; they end with the process."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Context, _Job]] = SimpleQueue()
        self._count, self._lock = 0, Lock()

    def ask(self, job: _Job, many: int) -> None:
        """Wake so many helpers for a job; busy ones join later, and may find it done.

        If the system starts no more threads, the existing ones do the work, or only the caller.
        """
        with self._lock:
            while self._count < many:
                name = f"softlearn-{self._count + 1}"
                try:
                    Thread(target=self._serve, name=name, daemon=True).start()
                except RuntimeError:  # can't start new thread
                    break
                self._count += 1
            many = min(many, self._count)
        for _ in range(many):  # with the caller's context: it holds NumPy's settings for overflow
            self._asked.put((copy_context(), job))

    def _serve(self) -> None:
        while True:
            context, job = self._asked.get()
            context.run(job.help)
            del context, job  # they may hold much memory


def _start_anew() -> None:
    """Forget the helpers: threads do not live on in a process that was forked."""
    global _helpers
    _helpers = _Helpers()


_helpers = _Helpers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


LITTLE = 2e6
"""Up to this many multiplications one thread is faster than starting two."""


def engine_for(n_jobs: int | None, work: float) -> Engine:
    """Return the engine for `n_jobs` threads (None or -1: one per core) and this much work.

    Args:
        n_jobs: as scikit-learn's; None uses every core.
        work: multiplications in one pass; a small problem stays on one thread.

    """
    count = cores()
    if n_jobs is not None:
        count = n_jobs if n_jobs > 0 else max(1, count + 1 + n_jobs)
    return Threads(count) if count > 1 and work > LITTLE else Serial()
