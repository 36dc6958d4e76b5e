"""Rows as an ONNX graph takes them, and hostile ones made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["columns_of", "hostile_rows", "inputs_of", "matrix"]

_FEW = 20  # rows of which hostile ones are made
_UNKNOWN = "a category that was never seen"


def _is_table(X: Any) -> bool:
    return hasattr(X, "columns")


def _is_text(values: Any) -> bool:
    return not hasattr(values, "tocsr") and np.asarray(values).dtype.kind in "OUS"


def columns_of(X: Any, dtype: str) -> list[tuple[str, Any]]:
    """Return the inputs of a graph for such rows: names and types."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    numbers = DoubleTensorType if dtype == "float64" else FloatTensorType
    if _is_table(X):
        for name in X.columns:
            if not isinstance(name, str):
                raise ValueError(f"Columns need names that are texts, but one is {name!r}.")
            if np.asarray(X[name]).dtype.kind not in "biufOUS":
                raise ValueError(
                    f"The column {name!r} holds {np.asarray(X[name]).dtype}, which ONNX does not "
                    "have: a model that takes it cannot be exported."
                )
        return [
            (name, (StringTensorType if _is_text(X[name]) else numbers)([None, 1]))
            for name in X.columns
        ]
    if np.ndim(X) != 2 or _is_text(X):
        raise ValueError(
            "X must be a data frame, or numbers with two axes: texts and images have no form that "
            "ONNX could take."
        )
    return matrix(X.shape[1], dtype)


def matrix(width: int, dtype: str) -> list[tuple[str, Any]]:
    """Return the input of a graph for rows of so many numbers."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    numbers = DoubleTensorType if dtype == "float64" else FloatTensorType
    return [("X", numbers([None, width]))]


def inputs_of(X: Any, dtype: str) -> dict[str, NDArray[Any]]:
    """Return rows as onnxruntime takes them."""
    if _is_table(X):
        return {name: _column(X[name], dtype) for name in X.columns}
    dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return {"X": dense.astype(dtype)}


def _column(values: Any, dtype: str) -> NDArray[Any]:
    cells = np.asarray(values)
    if cells.dtype.kind not in "OUS":
        return cells.astype(dtype).reshape(-1, 1)
    texts = ["" if cell is None or cell != cell else str(cell) for cell in cells.tolist()]
    return np.array(texts, dtype=object).reshape(-1, 1)


def hostile_rows(X: Any) -> Any:
    """Return rows with missing values, unknown categories and very large numbers."""
    few = X[:_FEW] if not hasattr(X, "iloc") else X.iloc[:_FEW]
    if not _is_table(X):
        dense = few.toarray() if hasattr(few, "toarray") else np.asarray(few, dtype=np.float64)
        return np.concatenate([0.0 * dense, 1e3 * dense, -1e6 * dense, 1e-300 * dense])
    if not hasattr(few, "iloc"):  # of polars and others: only its own rows
        return few
    words = [name for name in few.columns if _is_text(few[name])]
    few = few.astype({name: object if name in words else float for name in few.columns})
    changes = [
        (name, value)
        for name in few.columns
        for value in ((np.nan, _UNKNOWN) if name in words else (np.nan, 1e6, -1e6, 0.0))
    ]
    n = len(few)
    rows = few.iloc[np.tile(np.arange(n), len(changes))].reset_index(drop=True)
    for k, (name, value) in enumerate(changes):
        changed = np.arange(len(rows)) // n == k
        rows[name] = rows[name].mask(changed, value)
    return rows
