"""The checked examples for training and validation, and a network's predictions for them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from ...data import Rows, as_rows, mapped
from ...execution.blas import one_blas_thread
from ...networks import Network
from ...passes import spans_for
from ...problem import Linear
from ...softmax import cross_entropy
from ..sklearn.checks import Examples, quiet
from ..sklearn.threads import engine

__all__ = [
    "Measured",
    "centred",
    "differences",
    "fingerprint",
    "logits",
    "measure",
    "split",
]

Array = NDArray[Any]
_LOOKED_AT = 2000  # rows from which the sizes of features are computed
_HASHED = 500


class Measured(NamedTuple):
    """How good a network is on some rows."""

    loss: float
    accuracy: float


def split(
    examples: Examples, fraction: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to train on and to validate on, each in order; by class where possible."""
    every, codes = np.arange(examples.n), examples.codes
    counts = np.bincount(codes) if codes.ndim == 1 else np.zeros(1)
    held = round(fraction * examples.n)
    by_class = counts[counts > 0].min() >= 2 and min(held, examples.n - held) >= len(counts)
    train, test = train_test_split(
        every, test_size=fraction, random_state=seed, stratify=codes if by_class else None
    )
    return np.sort(train), np.sort(test)


def logits(model: Network | Linear, w: Array, X: Any, n_jobs: int | None) -> Array:
    """Return Z (n, C), block by block; the bits do not depend on the number of threads."""
    rows: Rows = as_rows(X)
    out = np.empty((rows.n, model.C), dtype=w.dtype)

    def write(span: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            out[span] = model.logits(rows.block(span), w).T

    workers = engine(n_jobs, float(rows.n) * model.size)
    with one_blas_thread():
        for _ in workers.map(write, spans_for(rows, getattr(model, "units", model.C))):
            pass
    return out


def measure(model: Network | Linear, w: Array, examples: Examples, n_jobs: int | None) -> Measured:
    """Return log-loss, never clipped, and accuracy, both with the weights of the rows."""
    Z = np.asarray(logits(model, w, examples.X, n_jobs), dtype=np.float64)
    if not np.isfinite(Z).all():
        return Measured(np.inf, float("nan"))
    codes, s = examples.codes, examples.s
    labels = codes if codes.ndim == 1 else codes.argmax(1)
    loss, right = cross_entropy(Z, codes), Z.argmax(1) == labels
    with quiet():
        return Measured(float(np.average(loss, weights=s)), float(np.average(right, weights=s)))


def _some(X: Any, rows: NDArray[np.intp], max_rows: int) -> Any:
    return X[rows[:: -(-len(rows) // max_rows)]]


def differences(X: Any, rows: NDArray[np.intp]) -> float:
    """Return how many times as large as the smallest feature the largest is, by mean squares."""
    part = _some(X, rows, _LOOKED_AT)
    part = part / (abs(part).max() or 1.0)  # so that no square overflows
    squares = part.multiply(part) if hasattr(part, "tocsr") else np.square(part, dtype=np.float64)
    columns = np.asarray(squares.sum(0), dtype=np.float64).ravel()
    columns = np.sqrt(columns[columns > 0.0])
    return float(columns.max() / columns.min()) if len(columns) else 1.0


def centred(examples: Examples, rows: NDArray[np.intp]) -> tuple[Examples, Array | None]:
    """Return the examples with the weighted mean m of some rows subtracted, and m.

    Sparse and memory-mapped features stay as they are, and m is None: the former would become
    dense, the latter would have to fit in memory.  So do features whose sum overflows.
    """
    X = examples.X
    if hasattr(X, "tocsr") or mapped(X):
        return examples, None
    s = np.zeros(examples.n)
    s[rows] = 1.0 if examples.s is None else examples.s[rows]
    blocks, m = as_rows(X), np.zeros(X.shape[1])
    with one_blas_thread(), quiet():
        for span in spans_for(blocks, 1):
            m += blocks.block(span).rmatmat(s[None, span])[0]
        mean = (m / s.sum()).astype(X.dtype)
        less = np.subtract(X, mean, order="C")
    if not np.isfinite(mean).all():  # a sum of features overflows
        return examples, None
    return replace(examples, X=less), mean


def fingerprint(examples: Examples) -> str:
    """Return data that identify these examples: shapes, labels, weights and some rows."""
    X, every = examples.X, np.arange(examples.n)
    part = _some(X, every, _HASHED)
    part = part.toarray() if hasattr(part, "tocsr") else part
    facts = f"{X.shape} {X.dtype} {examples.classes.tolist()}"
    facts += "" if examples.unit == 1.0 else f" {examples.unit}"
    found = hashlib.sha256(facts.encode())
    for array in (part, examples.codes, examples.s):
        if array is not None:
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
