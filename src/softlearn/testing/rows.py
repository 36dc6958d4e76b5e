"""What a storage must hold."""

from __future__ import annotations

import numpy as np

from ..data import Rows
from ..passes import spans_for
from ..protocol import F64
from .hold import hold, same

__all__ = ["check_rows"]


def check_rows(rows: Rows, X: F64, K: int = 3, seed: int = 0) -> None:
    """Check that a storage holds the rows of X.

    Args:
        rows: the storage.
        X: (n, d), the same rows as a dense array.
        K: logits per row, which may decide how rows are cut into blocks.
        seed: of the weights that products are made with.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    X = np.asarray(X, dtype=np.float64)
    hold((rows.n, rows.d) == X.shape, f"rows have shape {(rows.n, rows.d)}, but X has {X.shape}.")
    hold(rows.nbytes > 0 or X.size == 0, "nbytes must be the bytes that X occupies.")
    spans = spans_for(rows, K)
    width = min(K, 4)
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(width, rows.d))
    for span in spans:
        _check_block(rows, span, X[span], W, rng.normal(size=(width, len(X[span]))))
    chosen = np.unique(rng.integers(0, rows.n, 5))
    same(rows.take(chosen), X[chosen], 0.0, "take(rows) must give those rows")
    part = rows.subset(chosen)
    same_kind = type(part) is type(rows) or rows.memory is not None
    hold(same_kind, "subset(rows) must give the same kind of storage, or rows in memory.")
    same(part.take(np.arange(part.n)), X[chosen], 0.0, "subset(rows) must hold those rows")


def _check_block(rows: Rows, span: slice, X: F64, W: F64, R: F64) -> None:
    where = f"of rows {span.start} to {span.stop}"
    block = rows.block(span)
    limit = 1e-13 * max(1.0, float(np.abs(X).max(initial=0.0)))
    for name, block_, X_, size in (
        ("block", block, X, limit),
        ("block of squares", block.squares(), X * X, limit * limit * 1e13),
    ):
        Z, G = block_.matmat(W), block_.rmatmat(R)
        hold(Z.dtype == G.dtype == np.float64, f"products of the {name} {where} must be float64.")
        same(Z, W @ X_.T, size * X.shape[1], f"matmat(W) of the {name} {where} must be W X^T")
        same(G, R @ X_, size * X.shape[0], f"rmatmat(R) of the {name} {where} must be R X")
    again = rows.block(span).matmat(W)
    hold(
        np.array_equal(again, block.matmat(W)),
        f"the block {where} must be the same when asked again.",
    )
