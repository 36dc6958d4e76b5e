"""Problems that are hard to be honest about: drawn from seeds.

Offsets to 1e15, scales from 1e-300 to 1e300, columns that nearly or exactly repeat, powers of a
year, milliseconds, ids, classes that can be told apart without error or nearly so, one-hot tables,
few rows, extreme weights and C, float32, CSR, soft labels, far starts, every solver.  `draw_sparse`
gives the same data another penalty: L1, elastic nets, groups, factors of features.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.cases.hard_features import KINDS

__all__ = ["KINDS", "Case", "draw", "draw_sparse"]

F64 = NDArray[np.float64]
Generator = np.random.Generator
_SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky", "gradient-descent")


@dataclass(frozen=True, eq=False)
class Case:
    """What a fit is given."""

    kind: str
    X: Any
    y: NDArray[Any]
    weights: F64 | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """What SoftmaxRegression is made with."""
    network: bool = False
    """Whether SoftmaxNetwork(()) is fitted instead, with solver="newton-cg" and alpha=1/C."""
    start: tuple[F64, F64] | None = None
    """Coefficients and intercepts of a warm start."""


def draw(number: int, seed: int = 0) -> Case:
    """Return case `number`: kinds take turns, all else is drawn."""
    rng = np.random.default_rng([seed, number])
    kind = list(KINDS)[number % len(KINDS)]
    n, d = int(rng.integers(8, 81)), int(rng.integers(1, rng.choice([4, 7, 13])))
    made = KINDS[kind](rng, n, d)
    X, y = (
        made if isinstance(made, tuple) else (made, _labels(rng, made, 3 if kind == "wide" else 5))
    )
    if y.ndim == 1 and len(np.unique(y)) < 2:  # which is refused, and rightly
        y[0] = 1 - y[0]
    elif y.ndim == 2 and y.any(0).sum() < 2:
        y[0] = np.roll(y[0], 1)
    network = bool(rng.random() < 0.06)
    options = _options(rng, len(np.unique(y)) if y.ndim == 1 else 0, network)
    weights = _weights(rng, y) if rng.random() < 0.3 else None
    if kind == "wide":  # at thousands of bits they would take the judge minutes
        weights = None if weights is None else np.clip(weights / weights.max(), 1e-20, 1.0)
    if kind in ("years", "timestamps", "ids") and rng.random() < 0.4:  # as anybody would
        options, weights = {"C": np.inf}, None
    X = _stored(rng, X)
    if weights is not None and y.ndim == 1 and len(np.unique(y[weights > 0])) < 2:
        weights = None
    start = _start(rng, X.shape[1], y) if rng.random() < 0.05 and not network else None
    return Case(kind, X, y, weights, options, network, start)


def draw_sparse(number: int, seed: int = 0) -> Case:
    """Return case `number` with a penalty that has an L1 part, or factors."""
    case, rng = draw(number, seed), np.random.default_rng([seed, number, 1])
    options = {k: v for k, v in case.options.items() if k not in ("solver", "max_iter")}
    ratio = float(rng.choice([1.0, 1.0, 0.9, 0.5, 1e-3]))
    options["l1_ratio"] = ratio
    if rng.random() < 0.25:
        options["penalty_groups"] = "features"
    d = case.X.shape[1]
    if d > 1 and rng.random() < 0.35:
        how = [0.0, 0.0, 0.5, 1.0, 3.0] if rng.random() < 0.7 else 10.0 ** rng.uniform(-3, 3, 5)
        factors = rng.choice(how, d)
        factors[rng.integers(d)] = 1.0
        options["penalty_factors"] = factors.tolist()
    options["C"] = _C_of_sparse(rng, case, ratio)
    if rng.random() < 0.1:
        options["max_iter"] = int(rng.choice([1, 3, 20]))
    return replace(case, options=options, network=False)


def _C_of_sparse(rng: Generator, case: Case, ratio: float) -> float:
    """Return a C for which some weights are likely to be zero, or any."""
    X = np.asarray(case.X.toarray() if hasattr(case.X, "toarray") else case.X, np.float64)
    Y = case.y if case.y.ndim == 2 else np.eye(len(np.unique(case.y)))[_codes(case.y)]
    with np.errstate(all="ignore"):
        w = np.ones(len(X)) if case.weights is None else case.weights
        s = w / w.sum()
        steepest = np.abs((s[:, None] * (s @ Y - Y)).T @ X).max() / ratio
        C = float(10.0 ** rng.uniform(-0.1, 4.0) / (steepest * w.sum()))
    if rng.random() < 0.65 and np.isfinite(C) and 1e-280 < C < 1e280:
        return C
    return float(10.0 ** rng.uniform(-3, 3) if rng.random() < 0.5 else 10 ** rng.uniform(-12, 12))


def _codes(y: NDArray[Any]) -> NDArray[np.intp]:
    return np.unique(y, return_inverse=True)[1]


def _labels(rng: Generator, X: Any, most: int) -> NDArray[Any]:
    """Return labels that depend on X, weakly or strongly, or rows of probabilities."""
    X = X.toarray() if hasattr(X, "toarray") else X
    K, n = int(rng.choice([2, 2, 2, 3, 3, 4, 5])), len(X)
    K = max(min(K, n // 2, most), 2)
    scaled = X / np.maximum(np.abs(X).max(0), 1e-308)
    scaled = scaled - scaled.mean(0)
    spread = scaled.std(0)
    scaled = scaled / np.where(spread > 0, spread, 1.0)
    U = rng.choice([0.0, 0.3, 1.0, 2.0]) * scaled @ rng.normal(size=(X.shape[1], K))
    if rng.random() < 0.12:
        return _probabilities(rng, U)
    y = (U + rng.gumbel(size=(n, K))).argmax(1)
    y[rng.permutation(n)[:K]] = np.arange(K)
    if rng.random() < 0.1:
        return np.array(["a", "b", "c", "d", "e"])[y]
    return y


def _probabilities(rng: Generator, U: F64) -> F64:
    """Return rows of probabilities that are whole 64ths, some of them with zeros."""
    P = np.exp(U - U.max(1)[:, None]) * rng.gamma(rng.choice([0.2, 1.0]), size=U.shape)
    P = np.floor(64 * P / (P.sum(1)[:, None] + 1e-300))
    P[np.arange(len(P)), P.argmax(1)] += 64 - P.sum(1)
    return P / 64


def _weights(rng: Generator, y: NDArray[Any]) -> F64:
    n, how = len(y), rng.integers(7)
    if how == 6 and y.ndim == 1:  # a class of which nothing is left, or next to nothing
        little = 10.0 ** rng.uniform(-300, -10) if rng.random() < 0.5 else 0.0
        return np.where(y == y[rng.integers(n)], little, 1.0)
    if how == 0:
        return rng.integers(0, 4, n).astype(float) + (np.arange(n) < 2)
    if how == 1:
        return 10.0 ** rng.uniform(-200, 200, n)
    if how == 2:
        return 10.0 ** rng.uniform(-3, 3, n)
    if how == 3:  # one row is worth all others together
        return np.where(np.arange(n) == rng.integers(n), 10.0 ** rng.uniform(3, 20), 1.0)
    if how == 4:
        return 10.0 ** rng.uniform(-300, 300) * rng.uniform(0.5, 2.0, n)
    return rng.random(n) * (rng.random(n) < 0.8) + 1e-3


def _options(rng: Generator, classes: int, network: bool) -> dict[str, Any]:
    C = np.inf
    if rng.random() < 0.55:
        C = float(10.0 ** rng.uniform(-3, 3) if rng.random() < 0.5 else 10 ** rng.uniform(-12, 12))
        C = 1e30 if rng.random() < 0.03 else C
    options: dict[str, Any] = {"C": C}
    if network:
        return {**options, "tol": 1e-6, "max_iter": 300}
    if rng.random() < 0.2:
        options["fit_intercept"] = False
    if rng.random() < 0.35:
        options["tol"] = float(rng.choice([1e-12, 1e-9, 1e-8, 1e-4, 1e-2, 0.1]))
    if rng.random() < 0.45:
        solver = str(rng.choice(_SOLVERS))
        options["solver"] = solver
        options["max_iter"] = int(rng.choice([3, 20, 100, 500]))
    if classes and rng.random() < 0.06:
        options["class_weight"] = "balanced"
    return options


def _stored(rng: Generator, X: Any) -> Any:
    if hasattr(X, "tocsr"):
        return X
    dtype = np.float32 if rng.random() < 0.2 and np.abs(X).max() < 3e38 else np.float64
    X = np.asarray(X, dtype=dtype)
    if rng.random() < 0.2:
        return sp.csr_array(X)
    return np.asfortranarray(X) if rng.random() < 0.1 else X


def _start(rng: Generator, d: int, y: NDArray[Any]) -> tuple[F64, F64]:
    K = y.shape[1] if y.ndim == 2 else len(np.unique(y))
    K = 1 if K == 2 else K
    size = 10.0 ** rng.uniform(-2, 6)
    return size * rng.normal(size=(K, d)), size * rng.normal(size=K)
