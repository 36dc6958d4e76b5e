"""Clocks: one call, calls in turns, the shortest of many, and a limit."""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["in_turns", "medians", "shortest", "time_limit", "timed"]


def timed(f: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and its seconds."""
    began = time.perf_counter()
    found = f()
    return found, time.perf_counter() - began


def in_turns(repeat: int, *calls: Callable[[], Any], rest: float = 0.0) -> list[list[float]]:
    """Return the times of each call; all take turns, so that a slow moment hits all alike.

    A rest before each helps where BLAS is used: its threads spin for a while after their work, and
    would take a core from the next.
    """
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeat):
        for call, own in zip(calls, times, strict=True):
            time.sleep(rest)
            own.append(timed(call)[1])
    return times


def medians(repeat: int, *calls: Callable[[], Any], rest: float = 0.0) -> list[float]:
    """Return the median time of each call, in turns; the first turn does not count."""
    return [statistics.median(own[1:]) for own in in_turns(repeat + 1, *calls, rest=rest)]


def shortest(f: Callable[[], Any], repeat: int, seconds: float = 1.0) -> float:
    """Return the shortest of at least `repeat` calls, more where they are short."""
    f()
    times: list[float] = []
    while len(times) < repeat or (sum(times) < seconds and len(times) < 20 * repeat):
        times.append(timed(f)[1])
    return min(times)


@contextmanager
def time_limit(seconds: int) -> Iterator[list[bool]]:
    """Press Ctrl-C after so many seconds, where the system can."""
    late = [False]

    def ring(*_: Any) -> None:
        late[0] = True
        raise KeyboardInterrupt

    if not hasattr(signal, "SIGALRM"):
        yield late
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield late
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
