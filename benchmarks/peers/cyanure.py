"""cyanure, which offers no hook: runs of more and more passes are timed as wholes."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness.judge import Task, objective
from benchmarks.harness.recording import Stop
from benchmarks.harness.timing import timed
from benchmarks.peers.interface import Peer, Seen, settings

_LADDER = sorted({max(2, round(1.5**k)) for k in range(2, 36)})


def fit(task: Task, seen: Seen, solver: str) -> dict[str, Any]:
    """Fit with cyanure: it offers no hook, so runs of more and more passes are timed as wholes.

    Each run starts from nothing and does half as many passes again as the one before; where it
    met a target, halving twice finds how few passes would have done.  Its duality gap is looked at
    only at the end: the bound of its "auto" can lie above the minimum, and would stop it too early.
    """
    last, best, targets = 0, np.inf, tuple(getattr(seen, "targets", ()))
    limit, seconds = getattr(seen, "limit", np.inf), 0.0
    for passes in _LADDER:
        if last and seconds * passes / last > 1.6 * limit:
            raise Stop  # the next would take much longer than it may
        runs = {passes: run(task, solver, passes)}
        value = objective(task, *weights_of(runs[passes][0]))
        for target in targets:
            if value <= target < best:
                _halve(runs, last, passes, target, task, solver)
        for _, (model, took) in sorted(runs.items()):
            seen(None, lambda model=model: weights_of(model), took)
        last, best, seconds = passes, min(best, value), runs[passes][1]
    return {}


def _halve(
    runs: dict[int, Any], few: int, enough: int, target: float, task: Task, solver: str
) -> None:
    """Add to `runs` those that narrow down how many passes reach the target."""
    for _ in range(2):
        middle = (few + enough) // 2
        if middle in (few, enough):
            return
        if middle not in runs:
            runs[middle] = run(task, solver, middle)
        met = objective(task, *weights_of(runs[middle][0])) <= target
        few, enough = (few, middle) if met else (middle, enough)


def run(task: Task, solver: str, passes: int) -> tuple[Any, float]:
    """Return cyanure's classifier after so many passes over the data, and the time it took."""
    from cyanure.estimators import Classifier

    model = Classifier(
        loss="multiclass-logistic", penalty="l2", lambda_1=task.l2, fit_intercept=True,
        tol=1e-14, max_iter=passes, solver=solver, duality_gap_interval=passes, verbose=False,
        safe=False,
    )  # fmt: skip
    return timed(lambda: model.fit(task.X, task.y))


def weights_of(model: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(model.coef_).T, np.asarray(model.intercept_).ravel()


PEER = Peer(
    fit,
    ("cyanure",),
    (
        settings(solver="auto"),
        settings("float32", solver="auto"),
        settings(solver="catalyst-miso"),
        settings(solver="qning-svrg"),
    ),
    wholes=True,
)
