"""Features that are hard to be honest about: one generator for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["KINDS"]

Generator = np.random.Generator


# -- features: (rng, n, d) -> X, or X and labels


def normal(rng: Generator, n: int, d: int) -> Any:
    return rng.normal(size=(n, d))


def offset(rng: Generator, n: int, d: int) -> Any:
    size = 10.0 ** rng.uniform(0, 15, size=d if rng.random() < 0.5 else 1)
    return rng.normal(size=(n, d)) + np.round(size) * rng.choice([-1.0, 1.0])


def scales(rng: Generator, n: int, d: int) -> Any:
    size = 10.0 ** rng.uniform(-300, 300, d)
    return rng.normal(size=(n, d)) * np.where(rng.random(d) < 0.4, 1.0, size)


def moderate_scales(rng: Generator, n: int, d: int) -> Any:
    return rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-20, 20, d)


def scaled_offsets(rng: Generator, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d)) + np.round(10.0 ** rng.uniform(0, 14, d))
    return X * 10.0 ** rng.uniform(-100, 100, d)


def near_collinear(rng: Generator, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    for j in range(1, d):
        if rng.random() < 0.6:
            X[:, j] = X[:, j - 1] + 10.0 ** rng.uniform(-15, -5) * rng.normal(size=n)
    return X


def collinear(rng: Generator, n: int, d: int) -> Any:
    X = rng.integers(-8, 9, size=(n, d)).astype(float)
    for j in range(1, d):
        how = rng.integers(5)
        if how == 0:
            X[:, j] = X[:, j - 1]
        elif how == 1:
            X[:, j] = X[:, 0] - 3.0 * X[:, j - 1]
        elif how == 2:
            X[:, j] = float(rng.choice([0.0, 1.0, 7.0, 1e9, 1e-300]))
    return X


def rounded_collinear(rng: Generator, n: int, d: int) -> Any:
    """Sums and means that are meant to be collinear, but for rounding."""
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d)
    if d > 1:
        X[:, -1] = X[:, :-1].sum(1) / 3.0
    return X


def years(rng: Generator, n: int, d: int) -> Any:
    year = rng.integers(2000, 2011, n) if rng.random() < 0.5 else rng.integers(1950, 2026, n)
    return year[:, None].astype(float) ** np.arange(1, 1 + min(d, 4))


def timestamps(rng: Generator, n: int, d: int) -> Any:
    unit = rng.choice([1.0, 1e3, 1e6, 1e9])
    within = rng.choice([1.0, 3600.0, 86400.0, 3e7])
    t = np.floor(unit * (1.7e9 + within * rng.random((n, min(d, 3)))))
    return np.concatenate([t, rng.normal(size=(n, d - t.shape[1]))], axis=1)


def ids(rng: Generator, n: int, d: int) -> Any:
    first = rng.choice([1e6, 1e8, 3e8, 1e9, 1e12, 2.0**53 - 200])
    X = first + rng.integers(0, 100, size=(n, d)).astype(float)
    X[:, 1:] = np.where(rng.random(d - 1) < 0.5, X[:, 1:], rng.normal(size=(n, d - 1)))
    return X


def big_integers(rng: Generator, n: int, d: int) -> Any:
    return rng.integers(-(2**62), 2**62, size=(n, d)).astype(float)


def few_ulp(rng: Generator, n: int, d: int) -> Any:
    """Columns whose spread is a few last digits."""
    size = 2.0 ** rng.integers(-50, 50, d)
    return size * (1.0 + np.finfo(float).eps * rng.integers(0, 8, size=(n, d)))


def heavy_tails(rng: Generator, n: int, d: int) -> Any:
    if rng.random() < 0.5:
        return rng.standard_cauchy(size=(n, d))
    return np.exp(rng.uniform(1, 30) * rng.normal(size=(n, d)))


def outlier(rng: Generator, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    most = 150 if rng.random() < 0.2 else 30
    X[rng.integers(n), rng.integers(d)] = 10.0 ** rng.uniform(3, most)
    return X


def one_hot(rng: Generator, n: int, d: int) -> Any:
    """Tables of categories, whose columns sum to one; rows repeat."""
    parts, left = [], d
    while left > 0:
        size = int(rng.integers(1, min(left, 5) + 1))
        parts.append(np.eye(size)[rng.integers(size, size=n)])
        left -= size
    return np.concatenate(parts, axis=1)


def repeated(rng: Generator, n: int, d: int) -> Any:
    X = rng.normal(size=(max(n // 5, 2), d))
    return X[rng.integers(len(X), size=n)]


def counts(rng: Generator, n: int, d: int) -> Any:
    """Counts of words, most of them 0, some of one row alone."""
    X = rng.poisson(0.3, size=(n, d)).astype(float)
    X[:, -1] = np.arange(n) == 0
    return X


def few_rows(rng: Generator, n: int, d: int) -> Any:
    n, d = int(rng.integers(3, 9)), int(rng.integers(6, 25))
    X = rng.normal(size=(n, d))
    return X * 10.0 ** rng.uniform(-9, 9, d) if rng.random() < 0.3 else X


def mixed_units(rng: Generator, n: int, d: int) -> Any:
    columns = [
        rng.integers(18, 90, n),
        np.round(rng.lognormal(10.5, 0.7, n), 2),
        rng.integers(1990, 2025, n),
        rng.uniform(0, 3e-6, n),
        1.013e5 + 800 * rng.normal(size=n),
        rng.integers(0, 2, n),
        6.02e23 * rng.uniform(0.5, 2, n),
    ]
    return np.stack([columns[j % len(columns)] for j in range(d)], axis=1).astype(float)


def wide(rng: Generator, n: int, d: int) -> Any:
    """Columns enough for solvers that do not factorise the whole Hessian."""
    n, d = int(rng.integers(20, 81)), int(rng.integers(40, 71))
    X = rng.normal(size=(n, d)) + np.round(10.0 ** rng.uniform(-1, 10))
    return X * 10.0 ** rng.uniform(-9, 9, d) if rng.random() < 0.3 else X


def sparse_table(rng: Generator, n: int, d: int) -> Any:
    """CSR with columns of one entry, columns of none, and entries of many sizes."""
    d = int(rng.integers(5, 40))
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < 1.5 / d)
    return sp.csr_array(X * 10.0 ** rng.uniform(-12, 12, d) if rng.random() < 0.5 else X)


# -- features with labels


def near_separable(rng: Generator, n: int, d: int) -> Any:
    X, y = separable(rng, n, d)
    wrong = rng.integers(n, size=1 + n // 40)
    X[wrong, 0] = -X[wrong, 0] * 10.0 ** rng.uniform(-6, 0)
    return X, y


def separable(rng: Generator, n: int, d: int) -> Any:
    X = rng.normal(size=(n, d))
    w = rng.normal(size=(d, int(rng.integers(2, 4))))
    y = (X @ w).argmax(1)
    if rng.random() < 0.5:  # a margin of any width
        X += 10.0 ** rng.uniform(-9, 1) * (w / np.linalg.norm(w, axis=0)).T[y]
    X = X * 10.0 ** rng.uniform(-6, 6) if rng.random() < 0.3 else X
    return X + np.round(10.0 ** rng.uniform(0, 12)) if rng.random() < 0.3 else X, y


def quasi_separable(rng: Generator, n: int, d: int) -> Any:
    """Whole numbers, and rows of either class on the line between them."""
    X = rng.integers(-3, 4, size=(n, d)).astype(float)
    u = X @ rng.integers(-2, 3, d)
    y = np.where(u == 0, rng.integers(2, size=n), u > 0)
    if rng.random() < 0.3:  # a class of its own at one value
        y = np.where((X[:, 0] == 3) & (rng.random(n) < 0.9), 2, y)
    return X + np.round(10.0 ** rng.uniform(0, 15)) if rng.random() < 0.4 else X, y


def overlapping_by_little(rng: Generator, n: int, d: int) -> Any:
    """One value at which two classes overlap by as little as floats can."""
    x = np.sort(rng.normal(size=n))
    y = (np.arange(n) >= n // 2).astype(int)
    x[n // 2 - 1] = x[n // 2] + 10.0 ** rng.uniform(-15, -1)
    base = np.round(10.0 ** rng.uniform(0, 9)) if rng.random() < 0.5 else 0.0
    return (x + base)[:, None], y


KINDS: dict[str, Callable[[Generator, int, int], Any]] = {
    f.__name__: f
    for f in (
        *(normal, offset, scales, moderate_scales, scaled_offsets, near_collinear, collinear),
        *(rounded_collinear, years, timestamps, ids, big_integers, few_ulp, heavy_tails, outlier),
        *(one_hot, repeated, counts, few_rows, wide, sparse_table, mixed_units),
        *(near_separable, separable),
        *(quasi_separable, overlapping_by_little),
    )
}
