"""Parts of the data, where an engine keeps them: checked, and cut into tables of whole leaves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils import check_array

from ...execution.tree import Node, TreeSum
from ...passes.shard import Place, Shard
from ...protocol import F64
from .checks import quiet
from .label_arrays import label_array
from .labels import encode_labels, totals

__all__ = ["Looked", "Table", "class_totals", "joined", "look", "shard"]

Table: TypeAlias = tuple[Any, NDArray[np.intp], F64, Place]
"""Features, codes and weights of rows, and which leaves they are."""


@dataclass(frozen=True)
class Looked:
    """What a part holds."""

    n: int
    d: int
    nnz: int
    sparse: bool
    dtype: str
    labels: NDArray[Any]
    """The distinct labels."""
    names: list[Any] | None
    """Those of the columns, if it is a data frame."""


def look(part: tuple[int, Any, Any, Any]) -> Looked:
    """Check a part and say what it holds.

    Args:
        part: its number, for messages, and features, labels and weights, or None.

    Raises:
        ValueError: one sentence on what cannot be used.

    """
    number, X, y, s = part
    names = list(X.columns) if hasattr(X, "columns") else None
    try:
        rows, labels, weights = _features(X), _labels(y), _weights(s)
        for name, column in (("y", labels), ("sample_weight", weights)):
            if column is not None and len(column) != rows.shape[0]:
                raise ValueError(f"X has {rows.shape[0]} rows, but {name} has {len(column)}.")
        present = encode_labels(labels)[1] if len(labels) else labels
    except ValueError as error:
        raise ValueError(f"In partition {number}: {error}") from error
    sparse = sp.issparse(rows)
    nnz = rows.nnz if sparse else rows.size
    n, d = rows.shape
    return Looked(n, d, nnz, sparse, str(rows.dtype), present, names)


def joined(
    pieces: list[tuple[Any, Any, Any, int, int]], classes: NDArray[Any], dtype: str, place: Place
) -> Table:
    """Return the rows of pieces, one after the other.

    Args:
        pieces: features, labels and weights of a part, or None, and which of its rows are meant.
        classes: all labels there are, sorted.
        dtype: of the features.
        place: the leaves that these rows are.

    """
    features, codes, weights = [], [], []
    for X, y, s, begin, end in pieces:
        rows, some = _features(X), slice(begin, end)
        features.append(rows[some].astype(dtype, copy=False))
        codes.append(encode_labels(_labels(y)[some], classes)[0])
        given = _weights(s)
        weights.append(np.ones(end - begin) if given is None else given[some])
    every = np.concatenate(codes).astype(np.intp)
    return _stacked(features), every, np.concatenate(weights), place


def class_totals(table: Table) -> list[Node]:
    """Return the nodes of the sum of the weights by class (C,)."""
    _, codes, s, place = table
    out = TreeSum()
    for number, (a, b) in enumerate(pairwise(place.edges - place.edges[0]), place.first):
        out.add(totals(codes[a:b], place.model.C, s[a:b]), number)
    return out.nodes


def shard(table: Table, of_class: F64) -> Shard:
    """Return the shard of a table; of_class (C,) is the share of a weight of 1 in all, by class."""
    X, codes, s, place = table
    return Shard(X, codes, s * of_class[codes], place)


def _stacked(features: list[Any]) -> Any:
    X: Any = features[0]
    if sp.issparse(X):
        return sp.csr_array(sp.vstack(features, format="csr"))
    return np.ascontiguousarray(X if len(features) == 1 else np.concatenate(features))


def _features(X: Any) -> Any:
    """Return features as floats, dense or CSR, all finite."""
    if 0 in X.shape:
        empty = np.empty(X.shape, getattr(X, "dtype", np.float64))
        return empty if empty.dtype == np.float32 else empty.astype(np.float64)
    options = {"accept_sparse": "csr", "accept_large_sparse": True, "input_name": "X"}
    with quiet():
        checked = check_array(X, dtype=[np.float64, np.float32], **options)
    return checked


def _labels(y: Any) -> NDArray[Any]:
    labels = label_array(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError("y must be one column of labels where an engine holds the rows.")
    return labels


def _weights(s: Any) -> F64 | None:
    if s is None:
        return None
    try:
        weights = np.asarray(s, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight must be numbers, but: {error}.") from error
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if len(wrong):
        raise ValueError(
            f"sample_weight must be finite and at least 0, but row {wrong[0]} has "
            f"{weights[wrong[0]]:g}."
        )
    return weights
