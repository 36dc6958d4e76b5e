"""Chooses the storage for an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from .dense import DenseRows
from .on_disk import DenseRowsOnDisk, SparseRowsOnDisk
from .rows import Rows
from .sparse import SparseRows
from .tensor import TensorRows, from_host

__all__ = ["as_rows"]


def as_rows(X: Any, device: str | None = None) -> Rows:
    """Return the storage for an array or a SciPy sparse matrix or array.

    Args:
        X: (n, d), dense or sparse, or rows on disk, which are returned as they are.  float32 and
            float64 are used in place; any other real dtype is converted to float64, and CSC or
            another sparse format to CSR, once.  A tensor of PyTorch stays on its device.
        device: of PyTorch, where products with a dense X are computed; where X lies, if None.

    Raises:
        ValueError: X has not two axes, or is sparse and its indices point outside it.

    """
    if isinstance(X, DenseRowsOnDisk | SparseRowsOnDisk):
        return X
    sparse: bool = sp.issparse(X)
    if sparse:
        S = sp.csr_array(X)
        _check_indices(S)
        return SparseRows(S if S.dtype in (np.float32, np.float64) else S.astype(np.float64))
    if device is not None or hasattr(X, "is_cuda"):
        return TensorRows(from_host(X, "cpu") if isinstance(X, np.ndarray) else X, device)
    X = np.asanyarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must have two axes, rows and features, but its shape is {X.shape}.")
    if X.dtype not in (np.float32, np.float64):
        X = X.astype(np.float64)
    return DenseRows(X)


def _check_indices(S: sp.csr_array) -> None:
    """Check what compiled code relies on; SciPy checks it only on request."""
    (n, d), starts, columns = S.shape, S.indptr, S.indices
    sound = len(starts) == n + 1 and starts[0] == 0 and not (starts[1:] < starts[:-1]).any()
    if not sound or starts[-1] > min(len(columns), len(S.data)):
        raise ValueError("X is not a sound sparse matrix: its indptr does not fit its data.")
    columns = columns[: starts[-1]]
    if len(columns) and not 0 <= columns.min() <= columns.max() < d:
        raise ValueError(f"X is not a sound sparse matrix: a column index is not 0 to {d - 1}.")
