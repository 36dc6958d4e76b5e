"""NPZ, NPY and svmlight: numbers that need no vectoriser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...features.dataset import Dataset, SourceError
from .big_integers import rounded
from .files import open_binary, reading
from .frames import named
from .labels import left_out, read_labels
from .read_options import RowOptions

__all__ = ["read_npy", "read_npz", "read_svmlight", "reject_not_finite"]

_MAX_FEATURES = 1 << 28  # of a sparse matrix: a model takes 2 GiB and more for each class
_OBJECTS = (
    "{} holds Python objects, which are not read because they could run code; store plain arrays "
    "(for labels: dtype str)."
)
_DAMAGED = (ValueError, NotImplementedError, RuntimeError, MemoryError)  # what NumPy may raise


def read_npz(path: Path, target: str | None, need_target: bool, rows: RowOptions) -> Dataset:
    """Read array X (n, d), or (n, ...) which is flattened, and y (n,) or the array named.

    "feature_names" (d,), if there, names the columns.  Nothing is unpickled.  `rows` may say that
    rows whose label is NaN are left out.
    """
    name = target or "y"
    arrays = _arrays(path, name if need_target else None)
    data = _matrix(path, arrays["X"], (path, name), arrays.get(name) if need_target else None, rows)
    names = arrays.get("feature_names")
    known = None if names is None or names.shape != data.X.shape[1:] else [str(n) for n in names]
    return replace(data, target=name, feature_names=known)


def read_npy(path: Path, labels: Path | None, need_target: bool, rows: RowOptions) -> Dataset:
    """Read X (n, d), or (n, ...) which is flattened, and its labels (n,), an array in each file.

    Rows of float16 become float32, which is exact; others stay in the file until they are needed.
    """
    if need_target and labels is None:
        raise SourceError(
            f"{path} holds rows without labels: name the file of their labels with --labels "
            "(--test-labels for those of --test), or write X and y into one NPZ file with "
            "numpy.savez."
        )
    X, y = _array(path, mapped=True), _array(labels) if need_target and labels else None
    if X.dtype == np.float16:
        X = X.astype(np.float32)
    return _matrix(path, X, (labels or path, "the labels"), y, rows)


def _matrix(
    path: Path,
    X: NDArray[Any],
    source: tuple[Path, str],
    labels: NDArray[Any] | None,
    rows: RowOptions,
) -> Dataset:
    """Return rows and their labels, which come from an array of that name, checked."""
    notes: tuple[str, ...] = ()
    if X.ndim < 2 or X.dtype.kind not in "biuf":
        raise SourceError(
            f"{path}: X is {X.dtype} of shape {X.shape}; it must hold numbers, one row per example."
        )
    may_be_empty = labels is None and X.ndim == 2 and X.shape[1] > 0  # for predictions
    if not (X.size or may_be_empty):
        raise SourceError(f"{path} has no rows: X has shape {X.shape}.")
    if X.ndim > 2:
        notes = (f"X of shape {X.shape} was flattened to one row per example.",)
        X = X.reshape(len(X), -1)
    if labels is not None and rows.drop_unlabelled:
        X, labels, lost = _labelled(path, X, labels)
        notes += lost
    reject_not_finite(path, X, X)
    big = rounded(X)
    notes += (big,) if big else ()
    y = None if labels is None else _labels(*source, labels, len(X))
    return Dataset("matrix", X, y, notes=notes)


def _array(path: Path, mapped: bool = False) -> NDArray[Any]:
    """Return the array of an NPY file, in memory or mapped."""
    with reading(path):
        try:
            A: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        except (*_DAMAGED, EOFError) as error:
            if "allow_pickle" in str(error) or "object" in str(error):
                raise SourceError(_OBJECTS.format(path)) from error
            raise SourceError(f"{path} is damaged or is not an NPY file.") from error
    if not isinstance(A, np.ndarray):
        raise SourceError(f"{path} is no NPY file but an NPZ; give it a name that ends in .npz.")
    return A


def _arrays(path: Path, target: str | None) -> dict[str, NDArray[Any]]:
    with reading(path), path.open("rb") as handle:
        try:
            file = np.load(handle, allow_pickle=False)
        except _DAMAGED as error:
            raise SourceError(f"{path} is damaged or is not an NPZ file.") from error
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise SourceError(f"{path} holds one array (.npy), not the arrays X and y of an NPZ.")
        with file:
            for key in ("X", *([target] if target else [])):
                if key not in file.files:
                    what = "rows" if key == "X" else "labels"
                    raise SourceError(
                        f"{path} has no array {key!r} for the {what}; it holds "
                        f"{named(file.files)}; X must hold the rows, and y, or the array named "
                        "by --target, the labels."
                    )
            wanted = [key for key in file.files if key in ("X", target, "feature_names")]
            try:
                return {key: file[key] for key in wanted}
            except _DAMAGED as error:
                if "allow_pickle" not in str(error):
                    raise SourceError(f"{path} is damaged: {error}.") from error
                raise SourceError(_OBJECTS.format(path)) from error


def _labels(path: Path, name: str, labels: NDArray[Any], n: int) -> NDArray[Any]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (n,):
        raise SourceError(
            f"{path}: {name!r} has shape {labels.shape}, but X has {n} rows; give one label a row."
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    if labels.dtype.kind not in "biufU":
        raise SourceError(f"{path}: {name!r} is {labels.dtype}, which cannot be labels.")
    return read_labels(path, name, pa.chunked_array([pa.array(labels)]), 0, as_text=True)


def _labelled(
    path: Path, X: Any, labels: NDArray[Any]
) -> tuple[Any, NDArray[Any], tuple[str, ...]]:
    """Return the rows whose label is not NaN, their labels, and a note if there are others."""
    if labels.dtype.kind != "f" or labels.ndim != 1 or len(labels) != X.shape[0]:
        return X, labels, ()
    keep = ~np.isnan(labels)
    return X[keep], labels[keep], left_out(path, len(keep), int(keep.sum()))


def read_svmlight(
    path: Path, need_target: bool, like: Mapping[str, Any] | None, rows: RowOptions
) -> Dataset:
    """Read lines "label index:value ..." as a sparse matrix and its labels.

    Indices count from 1 if 0 never occurs (as LIBSVM has them), and from 0 otherwise.

    Args:
        like: the metadata of a model: indices then count as they did there, and the matrix is as
            wide.

    """
    from sklearn.datasets import load_svmlight_file

    with reading(path), open_binary(path) as handle:
        try:
            X, labels = load_svmlight_file(handle, zero_based=True)
        except (ValueError, TypeError, OverflowError) as error:
            raise SourceError(_bad_line(path) or f"{path} is not svmlight: {error}.") from error
    X = csr_array(X)
    if not X.shape[0]:
        raise SourceError(f"{path} has no rows.")
    if X.shape[1] > _MAX_FEATURES:
        raise SourceError(
            f"{path} has the index {X.shape[1] - 1}, for which a model would not fit into memory; "
            f"number the features without gaps, up to {_MAX_FEATURES:,} at most."
        )
    kept: Mapping[str, Any] = {"layout": {}, "n_features": 0}
    if like and like["kind"] == "matrix":
        kept = like
    uses_zero = bool((X.indices == 0).any())
    zero_based = kept["layout"].get("zero_based", uses_zero)
    if uses_zero and not zero_based:
        raise SourceError(f"{path} has the index 0, but the model's indices count from 1.")
    if not zero_based:
        X = X[:, 1:] if X.shape[1] else X
    if X.shape[1] < kept["n_features"]:
        X = csr_array((X.data, X.indices, X.indptr), shape=(X.shape[0], kept["n_features"]))
    notes: tuple[str, ...] = ()
    if need_target and rows.drop_unlabelled:
        X, labels, notes = _labelled(path, X, np.asarray(labels))
    reject_not_finite(path, X, X.data)
    y = _labels(path, "the labels", np.asarray(labels), X.shape[0]) if need_target else None
    layout = {"zero_based": bool(zero_based)}
    return Dataset("matrix", csr_array(X), y, layout=layout, notes=notes)


def _bad_line(path: Path) -> str | None:
    """Return a sentence about the first line that is not "label index:value ..."."""
    with open_binary(path) as handle:
        for number, raw in enumerate(handle, start=1):
            line = raw.decode("utf-8", errors="replace")
            try:
                label, *pairs = line.partition("#")[0].split() or ["0"]
                float(label)
                indices = [int(pair.partition(":")[0]) for pair in pairs if pair[:4] != "qid:"]
                for pair in pairs:
                    float(pair.partition(":")[2])
            except ValueError:
                return (
                    f"{path} is not svmlight: line {number} ({line.strip()[:40]!r}) must be "
                    "a number, then index:value pairs."
                )
            if min(indices, default=0) < 0 or indices != sorted(set(indices)):
                return f"{path} is not svmlight: the indices of line {number} do not increase."
    return None


def reject_not_finite(path: Path, X: Any, values: NDArray[Any]) -> None:
    """Raise SourceError naming the first NaN or infinity of X; `values` are those stored."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    bad = ~np.isfinite(values)
    if values is X:
        row, column = (int(i[0]) for i in np.nonzero(bad))
    else:
        k = int(np.argmax(bad))
        row, column = int(np.searchsorted(X.indptr, k, side="right")) - 1, int(X.indices[k])
    count = int(bad.sum())
    many = "1 value that is" if count == 1 else f"{count:,} values that are"
    value = "NaN" if np.isnan(values[bad][0]) else "infinity"
    raise SourceError(
        f"{path}: X has {many} NaN or infinite, {value} in row {row}, "
        f"column {column} (counted from 0) first; replace them, or give a table (CSV, Parquet), "
        "whose missing values are filled in."
    )
