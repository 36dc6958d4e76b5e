"""scikit-learn: LogisticRegression watched from outside, and MLPClassifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import MAX_ITERATIONS, RATE, Peer, Seen, Training, settings


def fit(task: Task, seen: Seen, solver: str, tol: float = 1e-14) -> dict[str, Any]:
    """Fit with LogisticRegression(solver=...), every evaluation of its objective watched."""
    import sklearn.linear_model._logistic as module
    from sklearn.linear_model import LogisticRegression

    def weights(w: np.ndarray) -> Callable[[], tuple[Any, Any]]:
        return lambda: _columns_last(w.reshape((task.classes, -1), order="F"))

    model = LogisticRegression(C=task.C, solver=solver, tol=tol, max_iter=10**6)
    with watching(module, solver, seen, weights, 1.0):
        model.fit(task.X, task.y)
    return {"weights": lambda: (model.coef_, model.intercept_)}


def _columns_last(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return table[:, :-1], table[:, -1]


@contextmanager
def watching(
    module: Any, solver: str, seen: Seen, weights: Callable[..., Any], scale: float
) -> Iterator[None]:
    """Within, the solver that `module` calls tells of its points; `scale` is its objective / J."""

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def told(w: np.ndarray, *args: Any) -> Any:
            out = function(w, *args)
            value = float(out[0] if isinstance(out, tuple) else out)
            seen(value / scale, weights(np.array(w)))
            return out

        return told

    if solver == "lbfgs":
        minimize = module.optimize.minimize

        def minimize_watched(function: Any, *args: Any, **options: Any) -> Any:
            options["options"]["maxfun"] = MAX_ITERATIONS
            return minimize(watched(function), *args, **options)

        patch = mock.patch.object(module, "optimize", SimpleNamespace(minimize=minimize_watched))
    elif solver == "newton-cg":
        newton = module._newton_cg

        def newton_watched(grad_hess: Any, func: Any, grad: Any, x0: Any, **options: Any) -> Any:
            return newton(grad_hess, watched(func), grad, x0, **options)

        patch = mock.patch.object(module, "_newton_cg", newton_watched)
    elif solver == "newton-cholesky":

        class Watched(module.NewtonCholeskySolver):  # type: ignore[misc,name-defined]
            def check_convergence(self, X: Any, y: Any, sample_weight: Any) -> None:
                seen(float(self.loss_value), weights(np.array(self.coef)))
                super().check_convergence(X, y, sample_weight)

            def fallback_lbfgs_solve(self, X: Any, y: Any, sample_weight: Any) -> None:
                linear = self.linear_loss
                with mock.patch.object(linear, "loss_gradient", watched(linear.loss_gradient)):
                    super().fallback_lbfgs_solve(X, y, sample_weight)

        patch = mock.patch.object(module, "NewtonCholeskySolver", Watched)
    else:
        patch = mock.patch.object(module, "sag_solver", _epoch_by_epoch(module.sag_solver, seen))
    with patch:
        yield


def _epoch_by_epoch(sag: Callable[..., Any], seen: Seen) -> Callable[..., Any]:
    """Return scikit-learn's SAGA told to go on from where it was, one epoch at a time."""

    def solver(X: Any, y: Any, weight: Any, loss: str, alpha: float, beta: float, *rest: Any,
               **options: Any) -> Any:  # fmt: skip
        _, _, verbose, _, check, largest, memory = rest
        draws = np.random.RandomState(0)
        while True:
            coef, _, memory = sag(
                X, y, weight, loss, alpha, beta, 1, 0.0, verbose, draws, check, largest, memory,
                **options,
            )  # fmt: skip
            seen(None, lambda coef=coef: _columns_last(coef))

    return solver


def no_cholesky(task: Task) -> str | None:
    size = task.classes * (task.X.shape[1] + 1)
    if size > 12_000:
        return f"its Hessian of {size:,} parameters squared takes {8e-9 * size**2:,.0f} GB"
    return None


def _peer(solver: str, *tried: dict[str, Any], **more: Any) -> Peer:
    return Peer(fit, ("sklearn",), tuple(s | {"solver": solver} for s in tried), **more)


_THREE = settings(), settings("float32"), settings(threads=1)
PEERS = {
    "lbfgs": _peer("lbfgs", *_THREE),
    "newton-cg": _peer("newton-cg", *_THREE),
    "newton-cholesky": _peer("newton-cholesky", *_THREE, skip=no_cholesky),
    "saga": _peer("saga", *_THREE[:2]),
}


class Trainer:
    """scikit-learn's MLPClassifier, an epoch a call; it shuffles and starts by itself."""

    module = "sklearn.neural_network"

    def __init__(self, task: Training) -> None:
        from sklearn.neural_network import MLPClassifier

        self.task = task
        self.net = MLPClassifier(
            task.sizes[1:-1], batch_size=task.batch, learning_rate_init=RATE, alpha=0.0,
            random_state=task.seed,
        )  # fmt: skip

    def epoch(self, order: np.ndarray) -> Any:
        rows = len(order)
        return self.net.partial_fit(
            self.task.X[:rows],
            self.task.y[:rows],
            classes=np.arange(self.task.sizes[-1]),
        )

    def logits(self, X: np.ndarray) -> np.ndarray:
        return self.net.predict_proba(X)
