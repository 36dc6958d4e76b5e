"""Threads: how many `n_jobs` means, who adds up the blocks, and one thread alone for BLAS."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import joblib
from threadpoolctl import ThreadpoolController

from ...engine import LITTLE, Engine, Serial, engine_for

__all__ = ["engine", "one_blas_thread", "threads"]

_HERE = threading.local()


@contextmanager
def one_blas_thread(unless: bool = False) -> Iterator[None]:
    """Enter a context in which BLAS has one thread; within another it costs nothing.

    Where blocks have threads of their own, more would be in each other's way; where they have
    not, matrices are small, and on a busy machine threads that wait for each other made the
    factors of 650 parameters up to ten times slower.

    Args:
        unless: true where matrices are so small that BLAS has one thread for them in any case: to
            tell all of its copies takes as long as half a step.

    """
    if unless or getattr(_HERE, "limited", False):
        yield
        return
    with _controller().limit(limits=1, user_api="blas"):
        _HERE.limited = True
        try:
            yield
        finally:
            _HERE.limited = False


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def threads(n_jobs: int | None) -> int:
    """Return how many threads to use: n_jobs, or as many as the surroundings allow.

    OMP_NUM_THREADS counts for n_jobs=None, because joblib sets it in the workers of a grid search,
    whose fits together should not take more threads than there are cores.

    Raises:
        ValueError: n_jobs is 0.

    """
    if n_jobs == 0:
        raise ValueError(
            "n_jobs must not be 0: it is the number of threads, -1 for one per core, or None."
        )
    if n_jobs is not None:
        return int(joblib.effective_n_jobs(n_jobs))
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdigit() and int(given) > 0 else int(joblib.cpu_count())


def engine(n_jobs: int | None, work: float) -> Engine:
    """Return who adds up the blocks: `threads` of them, or one where there is little work.

    Args:
        n_jobs: as in `threads`.
        work: multiplications in one pass.

    """
    if n_jobs is None and work <= LITTLE:
        return Serial()  # to count the cores would take longer than a pass
    return engine_for(threads(n_jobs), work)
