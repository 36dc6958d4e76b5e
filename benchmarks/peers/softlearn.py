"""softlearn itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import RATE, Peer, Seen, Training, initial_layers, settings


def fit(task: Task, seen: Seen, tol: float = 1e-6, solver: str = "auto") -> dict[str, Any]:
    """Fit with softlearn until `tol` is proven; it is never stopped."""
    from softlearn import SoftmaxRegression

    model = SoftmaxRegression(C=task.C, tol=tol, solver=solver)
    size = task.classes * task.X.shape[1]

    def weights(progress: Any) -> tuple[np.ndarray, np.ndarray]:
        w = progress.w
        return w[:size].reshape(task.classes, -1), w[size:]

    for progress in model.iter_fit(task.X, task.y):
        seen(progress.objective, partial(weights, progress))
    return {
        "weights": lambda: (model.coef_, model.intercept_),
        "value": model.objective_,
        "gap": model.gap_,
        "status": model.status_.name,
        "solver": model.solver_,
        "steps": int(model.n_iter_[0]),
        "passes": model.trace_[-1].passes,
    }


PEER = Peer(
    fit,
    ("softlearn",),
    tuple(settings(d, tol=t) for t in (1e-6, 1e-9, 1e-3) for d in ("float64", "float32")),
)


class Trainer:
    """softlearn's native loop."""

    module = "softlearn"

    def __init__(self, task: Training) -> None:
        from benchmarks.harness.internals import Plan, State, trainer_for

        self.task, self.plan = task, Plan(task.sizes)
        layers = initial_layers(task)
        w = np.concatenate([W.ravel() for W, _ in layers] + [b for _, b in layers])
        self.trainer = trainer_for(self.plan, State.at(w, self.plan.update))

    def epoch(self, order: np.ndarray) -> Any:
        t = self.task
        rates = np.full(len(order) // t.batch, RATE)
        return self.trainer.run(t.X, t.y, order, t.batch, rates, threads=t.threads)

    def logits(self, X: np.ndarray) -> np.ndarray:
        W, b = self.plan.split(self.trainer.state.w)
        for k, (Wl, bl) in enumerate(zip(W, b, strict=True)):
            X = X @ Wl.T + bl
            X = np.maximum(X, 0.0) if k + 1 < len(W) else X
        return X
