"""scikit-learn-intelex: oneDAL beneath scikit-learn's LogisticRegression."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import Peer, Seen, no_sparse, settings
from benchmarks.peers.scikit_learn import watching


def fit(task: Task, seen: Seen, solver: str) -> dict[str, Any]:
    """Fit with scikit-learn-intelex, which puts oneDAL beneath LogisticRegression."""
    os.environ["SKLEARNEX_PREVIEW"] = "1"  # newton-cg of its own is offered only so
    import daal4py.sklearn.linear_model.logistic_path as module
    from sklearnex.linear_model import LogisticRegression

    def weights(w: np.ndarray) -> Callable[[], tuple[Any, Any]]:
        table = w.reshape(task.classes, -1)
        return lambda: (table[:, 1:], table[:, 0])

    model = LogisticRegression(C=task.C, solver=solver, tol=1e-14, max_iter=10**6)
    with watching(module, solver, seen, weights, float(task.X.shape[0])):
        model.fit(task.X, task.y)
    return {"weights": lambda: (model.coef_, model.intercept_)}


PEER = Peer(
    fit,
    ("sklearnex", "daal4py"),
    (
        settings(solver="lbfgs"),
        settings("float32", solver="lbfgs"),
        settings(solver="newton-cg"),
        settings(threads=1, solver="lbfgs"),
    ),
    skip=no_sparse,
)
