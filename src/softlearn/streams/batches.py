"""The rows of one file, a batch at a time: numbers, labels and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .source import Columns, File
from .tables import table_batches

__all__ = ["Batch", "batches_of", "check_finite"]

_BYTES = 1 << 25
"""Of a batch, about."""
_ANY = 2**31 - 1  # columns of a sparse file, at most


@dataclass(frozen=True)
class Batch:
    """Some rows of a file."""

    X: Any
    """(m, d) float32 or float64, or CSR."""
    labels: Any = None
    """(m,) codes, and the list of labels that they number; None where there are none."""
    weights: NDArray[np.float64] | None = None
    names: tuple[str, ...] | None = None
    """Of the features, where they have any."""
    plain: bool = True
    """Whether no column holds lists."""


def batches_of(file: File, columns: Columns) -> Iterator[Batch]:
    """Yield the rows of a file, in order.

    Raises:
        ValueError: one sentence that names the file.

    """
    readers: dict[str, Callable[[File, Columns], Iterator[Batch]]] = {
        "npy": _npy,
        "npz": _npz,
        "svmlight": _svmlight,
    }
    if file.kind in readers:
        yield from readers[file.kind](file, columns)
    else:
        for part in table_batches(file, columns, _BYTES):
            yield Batch(*part)


def check_finite(file: File, X: Any, first: int, names: tuple[str, ...] | None) -> None:
    """Raise a ValueError that names file, row and column of the first NaN or infinity.

    Args:
        file: where X is from.
        X: a batch.
        first: the number of its first row in the file.
        names: of the columns, if they have any.

    """
    values = X.data if hasattr(X, "tocsr") else X
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()) or np.isfinite(values).all():
            return
    if hasattr(X, "tocsr"):
        k = int((~np.isfinite(values)).argmax())
        row, j = int(np.searchsorted(X.indptr, k, side="right")) - 1, int(X.indices[k])
        value = values[k]
    else:
        row, j = (int(i[0]) for i in np.nonzero(~np.isfinite(X)))
        value = X[row, j]
    column = f"column {j}" if names is None else repr(names[j])
    what = "no number" if np.isnan(value) else "infinity"
    raise ValueError(
        f"{file.path} has {what} in row {first + row}, {column} (counted from 0): replace it, or "
        "leave out the row or the column."
    )


def _numbers(file: File, X: Any) -> NDArray[Any]:
    if X.dtype.kind not in "biuf" or X.ndim != 2:
        raise ValueError(
            f"{file.path} holds {X.dtype} of shape {X.shape}, not numbers with a row per example."
        )
    single = X.dtype.itemsize <= (4 if X.dtype.kind == "f" else 2)
    numbers: NDArray[Any] = X.astype(np.float32 if single else np.float64, copy=False)
    return numbers


def _pieces(file: File, X: Any, y: Any, s: Any) -> Iterator[Batch]:
    step = max(_BYTES // max(8 * int(np.prod(X.shape[1:])), 1), 1)
    for start in range(0, max(len(X), 1), step):
        part = slice(start, start + step)
        labels = None if y is None else _coded(file, y[part])
        yield Batch(_numbers(file, X[part]), labels, None if s is None else s[part])


def _coded(file: File, y: NDArray[Any]) -> tuple[NDArray[Any], list[Any]]:
    if y.ndim != 1 or y.dtype.kind not in "biufU":
        raise ValueError(f"{file.path} has labels {y.dtype} of shape {y.shape}, not one a row.")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError(f"{file.path} has a row without a label (NaN): leave it out.")
    present, codes = np.unique(y, return_inverse=True)
    return codes, present.tolist()


def _npy(file: File, columns: Columns) -> Iterator[Batch]:
    _only_arrays(file, columns, ())
    X = np.load(file.path, mmap_mode="r", allow_pickle=False)
    yield from _pieces(file, X, None, None)


def _npz(file: File, columns: Columns) -> Iterator[Batch]:
    with file.open() as handle, np.load(handle, allow_pickle=False) as arrays:
        target, weight = columns.target or "y", columns.weight
        _only_arrays(file, columns, ("target", "weight"))
        wanted = ["X", *([columns.target] if columns.target else []), *([weight] if weight else [])]
        for name in wanted:
            if name not in arrays.files:
                raise ValueError(f"{file.path} has no array {name!r}.")
        y = arrays[target] if target in arrays.files else None
        X, s = arrays["X"], None if weight is None else arrays[weight]
    for which, a in ((target, y), (weight, s)):
        if a is not None and len(a) != len(X):
            raise ValueError(f"{file.path}: {which!r} has {len(a)} entries, and X {len(X)} rows.")
    yield from _pieces(file, X, y, s)


def _svmlight(file: File, columns: Columns) -> Iterator[Batch]:
    from sklearn.datasets import load_svmlight_file

    _only_arrays(file, columns, ())
    for offset in range(0, max(file.size, 1), _BYTES):
        with file.open() as handle:
            X, y = load_svmlight_file(
                handle, zero_based=True, n_features=_ANY, offset=offset, length=_BYTES
            )
        yield Batch(X, _coded(file, y.astype(np.int64) if (y == y.round()).all() else y))


def _only_arrays(file: File, columns: Columns, known: tuple[str, ...]) -> None:
    """Refuse options that name columns where there are none."""
    given = {
        "features": columns.features,
        "exclude": columns.without or None,
        "target": columns.target,
        "weight": columns.weight,
    }
    for option, value in given.items():
        if value is not None and option not in known:
            raise ValueError(f"{file.path} has no named columns, so {option} must be left out.")
