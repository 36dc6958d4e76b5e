"""Storages that hold the same numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def _int64(S: sp.csr_array) -> sp.csr_array:
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


def _strided(X: F64) -> F64:
    wide = np.zeros((2 * X.shape[0], 3 * X.shape[1]))
    wide[::2, ::3] = X
    return wide[::2, ::3]


STORAGES: dict[str, Callable[[F64], Any]] = {
    "C order": np.ascontiguousarray,
    "F order": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "F order float32": lambda X: np.asfortranarray(X, dtype=np.float32),
    "integers": lambda X: X.astype(np.int32),
    "bytes": lambda X: X.astype(np.int8),
    "float16": lambda X: X.astype(np.float16),
    "strided": _strided,
    "reversed": lambda X: X[::-1].copy()[::-1],
    "read-only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "list of lists": lambda X: X.tolist(),
    "CSR array": sp.csr_array,
    "CSR matrix": sp.csr_matrix,
    "CSR float32": lambda X: sp.csr_array(X.astype(np.float32)),
    "CSR integers": lambda X: sp.csr_array(X.astype(np.int64)),
    "CSR int64 indices": lambda X: _int64(sp.csr_array(X)),
    "CSC": sp.csc_array,
    "COO": sp.coo_array,
    "CSR with stored zeros": lambda X: sp.csr_array(
        (X.ravel(), np.tile(np.arange(X.shape[1]), len(X)), np.arange(len(X) + 1) * X.shape[1]),
        shape=X.shape,
    ),
}


def numbers(n: int = 300, d: int = 7) -> F64:
    """Return small whole numbers, exact in every dtype; column 2 and row 5 are empty."""
    rng = np.random.default_rng(0)
    X = rng.integers(-9, 10, size=(n, d)) * (rng.random((n, d)) < 0.4)
    X[:, 2] = 0
    X[5 % n] = 0
    return X.astype(np.float64)
