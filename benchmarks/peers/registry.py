"""Every library that fits softmax regression, as a function that tells its points as it goes on.

    run(name, task, seen, **settings) -> facts

`task` is a `judge.Task`, its X already in the dtype of the settings; `seen(value, weights)` is
called at each point with the objective that the library computed there (None where it tells none)
and a function that gives W and b; it raises `recording.Stop` to make the library stop.  Libraries
are imported when they are used, and watched from outside where they offer no hook: what they
compute is not changed.  All minimise the same J; each goes on until it is stopped or stuck.
"""

from __future__ import annotations

import importlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.harness.judge import Task, objective
from benchmarks.harness.recording import Stop

__all__ = ["PEERS", "Peer", "reason_to_skip", "run"]

Seen = Callable[..., None]
_WHOLE = 10**9  # iterations: never the limit


# -- softlearn


def softlearn(task: Task, seen: Seen, tol: float = 1e-6, solver: str = "auto") -> dict[str, Any]:
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


# -- scikit-learn, and what Intel makes of it


def scikit_learn(task: Task, seen: Seen, solver: str) -> dict[str, Any]:
    """Fit with LogisticRegression(solver=...), every evaluation of its objective watched."""
    import sklearn.linear_model._logistic as module
    from sklearn.linear_model import LogisticRegression

    def weights(w: np.ndarray) -> Callable[[], tuple[Any, Any]]:
        return lambda: _columns_last(w.reshape((task.classes, -1), order="F"))

    model = LogisticRegression(C=task.C, solver=solver, tol=_tolerance(solver), max_iter=10**6)
    with _watching(module, solver, seen, weights, 1.0):
        model.fit(task.X, task.y)
    return {"weights": lambda: (model.coef_, model.intercept_)}


def intelex(task: Task, seen: Seen, solver: str) -> dict[str, Any]:
    """Fit with scikit-learn-intelex, which puts oneDAL beneath LogisticRegression."""
    os.environ["SKLEARNEX_PREVIEW"] = "1"  # newton-cg of its own is offered only so
    import daal4py.sklearn.linear_model.logistic_path as module
    from sklearnex.linear_model import LogisticRegression

    def weights(w: np.ndarray) -> Callable[[], tuple[Any, Any]]:
        table = w.reshape(task.classes, -1)
        return lambda: (table[:, 1:], table[:, 0])

    model = LogisticRegression(C=task.C, solver=solver, tol=_tolerance(solver), max_iter=10**6)
    with _watching(module, solver, seen, weights, float(task.X.shape[0])):
        model.fit(task.X, task.y)
    return {"weights": lambda: (model.coef_, model.intercept_)}


def _tolerance(solver: str) -> float:
    return 0.0 if solver == "saga" else 1e-14


def _columns_last(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return table[:, :-1], table[:, -1]


@contextmanager
def _watching(
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
            options["options"]["maxfun"] = _WHOLE
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


# -- cyanure


def cyanure(task: Task, seen: Seen, solver: str) -> dict[str, Any]:
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
        runs = {passes: cyanure_run(task, solver, passes)}
        value = objective(task, *_cyanure_weights(runs[passes][0]))
        for target in targets:
            if value <= target < best:
                _halve(runs, last, passes, target, task, solver)
        for _, (model, took) in sorted(runs.items()):
            seen(None, lambda model=model: _cyanure_weights(model), took)
        last, best, seconds = passes, min(best, value), runs[passes][1]
    return {}


_LADDER = sorted({max(2, round(1.5**k)) for k in range(2, 36)})


def _halve(
    runs: dict[int, Any], few: int, enough: int, target: float, task: Task, solver: str
) -> None:
    """Add to `runs` those that narrow down how many passes reach the target."""
    for _ in range(2):
        middle = (few + enough) // 2
        if middle in (few, enough):
            return
        if middle not in runs:
            runs[middle] = cyanure_run(task, solver, middle)
        met = objective(task, *_cyanure_weights(runs[middle][0])) <= target
        few, enough = (few, middle) if met else (middle, enough)


def cyanure_run(task: Task, solver: str, passes: int) -> tuple[Any, float]:
    """Return cyanure's classifier after so many passes over the data, and the time it took."""
    from cyanure.estimators import Classifier

    model = Classifier(
        loss="multiclass-logistic", penalty="l2", lambda_1=task.l2, fit_intercept=True,
        tol=1e-14, max_iter=passes, solver=solver, duality_gap_interval=passes, verbose=False,
        safe=False,
    )  # fmt: skip
    began = time.perf_counter()
    model.fit(task.X, task.y)
    return model, time.perf_counter() - began


def _cyanure_weights(model: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(model.coef_).T, np.asarray(model.intercept_).ravel()


# -- PyTorch


def torch_lbfgs(task: Task, seen: Seen, history: int = 10) -> dict[str, Any]:
    """Fit with torch.optim.LBFGS, strong Wolfe line search, over all rows at once."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    X = _torch_matrix(torch, task)
    y = torch.from_numpy(task.y)
    dtype = X.dtype
    W = torch.zeros((task.classes, task.X.shape[1]), dtype=dtype, requires_grad=True)
    b = torch.zeros(task.classes, dtype=dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [W, b], max_iter=_WHOLE, max_eval=_WHOLE, tolerance_grad=0.0, tolerance_change=0.0,
        history_size=history, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Any:
        optimizer.zero_grad()
        logits = X @ W.T + b
        loss = torch.nn.functional.cross_entropy(logits, y) + 0.5 * task.l2 * W.square().sum()
        loss.backward()
        seen(float(loss), lambda: (W.detach().numpy(), b.detach().numpy()))
        return loss

    optimizer.step(closure)
    return {"weights": lambda: (W.detach().numpy(), b.detach().numpy())}


def _torch_matrix(torch: Any, task: Task) -> Any:
    if not task.sparse:
        return torch.from_numpy(task.X)
    parts = (task.X.indptr, task.X.indices, task.X.data)
    return torch.sparse_csr_tensor(*map(torch.from_numpy, parts), size=task.X.shape)


# -- JAX and optax


def jax_lbfgs(task: Task, seen: Seen, history: int = 10) -> dict[str, Any]:
    """Fit with optax.lbfgs, each step compiled; call it once beforehand to have it compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    optimizer, step = _jax_step(history)
    X, y = jnp.asarray(task.X), jnp.asarray(task.y)
    w = {
        "W": jnp.zeros((task.classes, task.X.shape[1]), X.dtype),
        "b": jnp.zeros(task.classes, X.dtype),
    }
    state, l2, before = optimizer.init(w), jnp.asarray(task.l2, X.dtype), None
    while before is None or any(bool((w[k] != before[k]).any()) for k in w):
        before = w
        w, state, value = step(w, state, X, y, l2)
        seen(float(value), lambda p=before: (np.asarray(p["W"]), np.asarray(p["b"])))
    return {"weights": lambda: (np.asarray(w["W"]), np.asarray(w["b"]))}


@cache
def _jax_step(history: int) -> tuple[Any, Any]:
    import jax
    import optax

    optimizer = optax.lbfgs(memory_size=history)

    def J(w: Any, X: Any, y: Any, l2: Any) -> Any:
        Z = X @ w["W"].T + w["b"]
        loss = optax.softmax_cross_entropy_with_integer_labels(Z, y)
        return loss.mean() + 0.5 * l2 * (w["W"] ** 2).sum()

    value_and_grad = optax.value_and_grad_from_state(J)

    @jax.jit
    def step(w: Any, state: Any, X: Any, y: Any, l2: Any) -> Any:
        value, grad = value_and_grad(w, X, y, l2, state=state)
        updates, state = optimizer.update(
            grad, state, w, value=value, grad=grad, value_fn=J, X=X, y=y, l2=l2
        )
        return optax.apply_updates(w, updates), state, value

    return optimizer, step


# -- statsmodels


def statsmodels(task: Task, seen: Seen, method: str = "newton") -> dict[str, Any]:
    """Fit with MNLogit, which has no penalty; class 0 is its base outcome."""
    import statsmodels.api as sm

    def weights(params: Any) -> tuple[np.ndarray, np.ndarray]:
        table = np.asarray(params).reshape((task.X.shape[1] + 1, -1), order="F").T
        table = np.vstack([np.zeros(table.shape[1]), table])
        return table[:, 1:], table[:, 0]

    model = sm.MNLogit(task.y, sm.add_constant(task.X, has_constant="add"))
    more = {"tol": 1e-12} if method == "newton" else {"gtol": 1e-10}
    result = model.fit(
        method=method, maxiter=10**5, disp=False, warn_convergence=False,
        callback=lambda w: seen(None, lambda: weights(np.array(w))), **more,
    )  # fmt: skip
    return {"weights": lambda: weights(np.asarray(result.params).ravel(order="F"))}


# -- the list


@dataclass(frozen=True)
class Peer:
    """A library's function, what it needs, and the settings that are tried."""

    function: Callable[..., dict[str, Any]]
    packages: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    """Each with dtype, threads ("all" or a number) and arguments of the function."""
    skip: Callable[[Task], str | None] = field(default=lambda task: None)
    compiles: bool = False
    """Whether it is called once on the same data before it is timed."""
    wholes: bool = False
    """Whether its points are runs from nothing, so that their times do not add up."""


def _with(dtype: str = "float64", threads: str | int = "all", **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "threads": threads, **more}


def _skip_cholesky(task: Task) -> str | None:
    size = task.classes * (task.X.shape[1] + 1)
    if size > 12_000:
        return f"its Hessian of {size:,} parameters squared takes {8e-9 * size**2:,.0f} GB"
    return None


def _skip_sparse(task: Task) -> str | None:
    return "it takes no sparse matrices" if task.sparse else None


def _skip_penalty(task: Task) -> str | None:
    return "it has no penalty" if task.l2 > 0.0 else _skip_sparse(task)


def _scikit(solver: str, *settings: dict[str, Any], **more: Any) -> Peer:
    return Peer(scikit_learn, ("sklearn",), tuple(s | {"solver": solver} for s in settings), **more)


PEERS = {
    "softlearn": Peer(
        softlearn,
        ("softlearn",),
        tuple(_with(d, tol=t) for t in (1e-6, 1e-9, 1e-3) for d in ("float64", "float32")),
    ),
    "sklearn-lbfgs": _scikit("lbfgs", _with(), _with("float32"), _with(threads=1)),
    "sklearn-newton-cg": _scikit("newton-cg", _with(), _with("float32"), _with(threads=1)),
    "sklearn-newton-cholesky": _scikit(
        "newton-cholesky", _with(), _with("float32"), _with(threads=1), skip=_skip_cholesky
    ),
    "sklearn-saga": _scikit("saga", _with(), _with("float32")),
    "sklearnex": Peer(
        intelex,
        ("sklearnex", "daal4py"),
        (
            _with(solver="lbfgs"),
            _with("float32", solver="lbfgs"),
            _with(solver="newton-cg"),
            _with(threads=1, solver="lbfgs"),
        ),
        skip=_skip_sparse,
    ),
    "cyanure": Peer(
        cyanure,
        ("cyanure",),
        (
            _with(solver="auto"),
            _with("float32", solver="auto"),
            _with(solver="catalyst-miso"),
            _with(solver="qning-svrg"),
        ),
        wholes=True,
    ),
    "torch-lbfgs": Peer(
        torch_lbfgs,
        ("torch",),
        (
            _with(history=10),
            _with("float32", history=10),
            _with(history=100),
            _with(threads=1, history=10),
        ),
    ),
    "jax-lbfgs": Peer(
        jax_lbfgs,
        ("jax", "optax"),
        (_with(history=10), _with("float32", history=10), _with(history=50)),
        skip=_skip_sparse,
        compiles=True,
    ),
    "statsmodels": Peer(
        statsmodels, ("statsmodels",), (_with(method="newton"),), skip=_skip_penalty
    ),
}


def reason_to_skip(name: str, task: Task) -> str | None:
    """Return why a peer cannot take part, one sentence's end, or None."""
    if task.classes < 3:
        return "two classes are not softmax regression's case here"
    reason = PEERS[name].skip(task)
    if reason is not None:
        return reason
    for package in PEERS[name].packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            return f"it is not installed here ({error})"
    return None


def run(name: str, task: Task, seen: Seen, **settings: Any) -> dict[str, Any]:
    """Run one library with one of its settings; whoever calls has set dtype and threads."""
    arguments = {k: v for k, v in settings.items() if k not in ("dtype", "threads")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PEERS[name].function(task, seen, **arguments)
