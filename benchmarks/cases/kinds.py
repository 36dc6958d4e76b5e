"""One problem of every kind of fit: storage, size, weights, labels, penalty, solver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["PROBLEMS"]


def drawn(n: int, d: int, C: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of a softmax model."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X @ rng.normal(size=(d, C)) + rng.gumbel(size=(n, C))).argmax(1)


def sparse(n: int, d: int, C: int, share: float) -> tuple[sp.csr_array, np.ndarray]:
    rng = np.random.default_rng(1)
    X = sp.csr_array(sp.random(n, d, share, "csr", random_state=1))
    return X, (X @ rng.normal(size=(d, C)) + 0.3 * rng.gumbel(size=(n, C))).argmax(1)


def iris(**options: Any) -> dict[str, Any]:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    return {"X": X, "y": y, **options}


def dense(n: int, d: int, classes: int, dtype: Any = float, **options: Any) -> dict[str, Any]:
    X, y = drawn(n, d, classes)
    return {"X": X.astype(dtype), "y": y, **options}


def with_weights() -> dict[str, Any]:
    weights = np.random.default_rng(2).exponential(size=5000)
    return dense(5000, 20, 3, sample_weight=weights)


def soft() -> dict[str, Any]:
    X, _ = drawn(3000, 20, 4)
    return {"X": X, "y": np.random.default_rng(3).dirichlet(np.ones(4), 3000)}


def repeated() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    X = rng.integers(0, 3, size=(20_000, 6)).astype(float)
    return {"X": X, "y": (X @ rng.normal(size=(6, 3)) + rng.gumbel(size=(20_000, 3))).argmax(1)}


def one_hot() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 40, size=(8000, 6)) + 40 * np.arange(6)
    starts = np.arange(0, codes.size + 1, 6)
    X = sp.csr_array((np.ones(codes.size), codes.ravel(), starts), shape=(8000, 240))
    return {"X": X, "y": (X @ rng.normal(size=(240, 4)) + rng.gumbel(size=(8000, 4))).argmax(1)}


def of(pair: tuple[Any, np.ndarray], **options: Any) -> dict[str, Any]:
    return {"X": pair[0], "y": pair[1], **options}


PROBLEMS: dict[str, Callable[[], dict[str, Any]]] = {
    "iris": iris,
    "iris, no penalty": lambda: dense(150, 4, 3, C=np.inf),
    "iris, two classes": lambda: dense(150, 4, 2),
    "small, 300 x 10": lambda: dense(300, 10, 5),
    "dense, 20,000 x 50": lambda: dense(20_000, 50, 4),
    "dense float32": lambda: dense(20_000, 50, 4, np.float32),
    "dense, C = 10,000": lambda: dense(5_000, 100, 10, C=1e4),
    "no penalty, 5,000 x 20": lambda: dense(5_000, 20, 3, C=np.inf),
    "wide, 200 x 3,000": lambda: dense(200, 3_000, 3),
    "CSR, 5,000 x 3,000": lambda: of(sparse(5000, 3000, 3, 0.01)),
    "CSR, 1,000 x 8,000": lambda: of(sparse(1000, 8000, 8, 0.01)),
    "one-hot table": one_hot,
    "repeated rows": repeated,
    "weights": with_weights,
    "soft labels": soft,
    "1,000 classes": lambda: dense(4_000, 30, 1_000),
    "lbfgs by name": lambda: dense(5_000, 20, 3, solver="lbfgs"),
    "network, 16 units": lambda: dense(1_000, 10, 3, hidden=(16,)),
}
"""By name; X, y, sample_weight, hidden (of a network) and arguments of SoftmaxRegression."""
