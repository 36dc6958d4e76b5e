"""What the rows of a report are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import counted, percent
from .words import number, short

__all__ = ["Column", "columns_of", "kind_of", "shape_facts"]

_MAX_COLUMNS = 20


@dataclass(frozen=True)
class Column:
    """One column of a table in a few words."""

    name: str
    kind: str
    missing: int
    values: str


def kind_of(X: Any) -> str:
    """Return what rows are: "table", "text", "matrix" or "other"."""
    if hasattr(X, "columns"):
        return "table"
    if isinstance(_first(X), str):
        return "text"
    return "matrix" if len(np.shape(X)) == 2 else "other"


def _first(X: Any) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[0]
    return X[0] if hasattr(X, "__getitem__") and not hasattr(X, "tocsr") else None


def shape_facts(X: Any, F: Any, image_shape: tuple[int, ...] | None) -> dict[str, str]:
    """Return lines on the size and the values of rows."""
    facts, kind = {}, kind_of(X)
    if image_shape is not None:
        height, width, *channels = image_shape
        facts["images"] = f"{width} × {height} pixels, {'colour' if channels else 'grey'}"
    elif kind == "text":
        lengths = np.array([len(text) for text in X])
        facts["texts"] = (
            f"{lengths.min():,} to {lengths.max():,} characters, median {np.median(lengths):,.0f}"
        )
    elif kind == "table":
        facts["columns"] = f"{len(X.columns):,}"
    if len(np.shape(F)) == 2:
        facts["features that the classifier sees"] = f"{np.shape(F)[1]:,}{_density(F)}"
    return facts


def _density(F: Any) -> str:
    if not hasattr(F, "tocsr"):
        return ""
    cells = F.shape[0] * F.shape[1]
    return f", {percent(F.count_nonzero() / cells)} of their values not zero" if cells else ""


def columns_of(X: Any) -> tuple[list[Column], int]:
    """Return the first columns of a table, and how many more there are."""
    if kind_of(X) != "table":
        return [], 0
    names = list(X.columns)
    return (
        [_column(name, np.asarray(X[name])) for name in names[:_MAX_COLUMNS]],
        max(0, len(names) - _MAX_COLUMNS),
    )


def _column(name: Any, values: NDArray[Any]) -> Column:
    if values.dtype.kind in "mM":
        some = values[~np.isnat(values)]
        ends = f"{some.min()!s:.10} to {some.max()!s:.10}" if len(some) else ""
        return Column(str(name), "dates", len(values) - len(some), ends)
    if values.dtype.kind in "iuf":
        some = values[np.isfinite(values)].astype(np.float64)
        ends = (
            f"{number(some.min())} to {number(some.max())}, median {number(float(np.median(some)))}"
            if len(some)
            else ""
        )
        return Column(str(name), "numbers", int(np.isnan(values.astype(float)).sum()), ends)
    listed = values.tolist()
    some_ = [v for v in listed if not (v is None or v != v)]
    return Column(str(name), _word(some_), len(listed) - len(some_), _frequent(some_))


def _word(values: Sequence[Any]) -> str:
    if values and all(isinstance(v, bool) for v in values):
        return "true or false"
    return "text" if all(isinstance(v, str) for v in values) else "mixed"


def _frequent(values: Sequence[Any]) -> str:
    """Return how many values differ, and which is most frequent."""
    if not values:
        return ""
    texts, counts = np.unique([str(v) for v in values], return_counts=True)
    k = int(counts.argmax())
    if counts[k] == 1:
        return counted(len(texts), "value")
    return f"{counted(len(texts), 'value')}, most often {short(texts[k], 30)} ({counts[k]:,})"
