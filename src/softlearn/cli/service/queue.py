"""Requests that wait, and the one thread that answers them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from .limits import Refused
from .predictor import Answer

__all__ = ["Queue"]

_TOGETHER = 1 << 20  # bytes of requests that wait for each other's answers
_FAILED = "The service failed; its standard error says why."


@dataclass(eq=False)
class _Job:
    """A request that waits for its answer."""

    body: bytes
    future: asyncio.Future[Answer | Refused]
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def done(self, answer: Answer | Refused) -> None:
        """Give the answer to whoever waits, from any thread."""

        def give() -> None:
            if not self.future.done():
                self.future.set_result(answer)

        self.loop.call_soon_threadsafe(give)


class Queue:
    """One thread that answers what waits, all of it at a time.

    One is enough: Python runs one thread at a time, and what waits together is predicted together,
    which takes little longer than one request alone.

    Args:
        answers: returns an answer for each of some bodies.

    """

    def __init__(self, answers: Callable[[Sequence[bytes]], list[Answer | Refused]]) -> None:
        self._answers = answers
        self._waiting: deque[_Job] = deque()
        self._there = threading.Condition()
        self._ended = False
        self._since: float | None = None
        self._thread = threading.Thread(target=self._work, name="predictions", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long what is being answered has taken so far; 0 if nothing is."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def waiting(self) -> int:
        """The number of requests that wait to be answered."""
        return len(self._waiting)

    async def answer(self, body: bytes) -> Answer | Refused:
        """Return the answer to a request; one that is cancelled while it waits is forgotten."""
        job = _Job(body, asyncio.get_running_loop().create_future())
        with self._there:
            self._waiting.append(job)
            self._there.notify()
        try:
            return await job.future
        except asyncio.CancelledError:
            with self._there, suppress(ValueError):  # it may have been taken already
                self._waiting.remove(job)
            raise

    def close(self) -> None:
        """End the thread, once it has nothing to answer."""
        with self._there:
            self._ended = True
            self._there.notify()

    def _work(self) -> None:
        while True:
            with self._there:
                self._there.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                jobs = self._next()
            if jobs:
                self._answer(jobs)

    def _next(self) -> list[_Job]:
        """Take the jobs that are answered next, those that waited longest."""
        jobs: list[_Job] = []
        size = 0
        while self._waiting and (not jobs or size + len(self._waiting[0].body) <= _TOGETHER):
            job = self._waiting.popleft()
            if not job.future.cancelled():
                jobs.append(job)
                size += len(job.body)
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        self._since = time.monotonic()
        try:
            answers = self._answers([job.body for job in jobs])
        except Exception:  # a fault of ours, which must not end the service
            traceback.print_exc(file=sys.stderr)
            answers = [Refused(500, _FAILED)] * len(jobs)
        finally:
            self._since = None
        for job, answer in zip(jobs, answers, strict=True):
            job.done(answer)
