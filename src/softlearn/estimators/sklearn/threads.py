"""Threads: the number for `n_jobs`, and the engine."""

from __future__ import annotations

import os

import joblib

from ...execution.threads import LITTLE, Engine, Serial, engine_for

__all__ = ["engine", "threads"]


def threads(n_jobs: int | None) -> int:
    """Return how many threads to use: n_jobs, or as many as the environment allows.

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
    """Return the engine that sums over blocks: on `threads` threads, or one for little work.

    Args:
        n_jobs: as in `threads`.
        work: multiplications in one pass.

    """
    if n_jobs is None and work <= LITTLE:
        return Serial()  # counting the cores would take longer than a pass
    return engine_for(threads(n_jobs), work)
