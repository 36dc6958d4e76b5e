"""Planes through the space of features, on which models with many features are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import number
from .canvas import require

__all__ = ["Plane", "plane_of"]

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """Two coordinates, and the way between them and rows of features."""

    names: tuple[str, str]
    """What the coordinates are called."""
    project: Callable[[Any], F64]
    """Rows of features (n, d) to coordinates (n, 2)."""
    lift: Callable[[F64], Any]
    """Coordinates (m, 2) to rows of features (m, d), an array or a data frame as X was."""
    sentence: str = ""
    """What the picture must say about the other features."""


def plane_of(X: Any, plane: Any = None, fixed: Mapping[Any, Any] | None = None) -> Plane:
    """Return a plane through the features of X.

    Args:
        X: (n, d) array, sparse matrix or data frame.
        plane: None for both of two features, else the principal plane; "principal"; or two
            features, by position or by name.
        fixed: {feature: value} for the others; by default their median, or the most frequent value
            of a column that is not of numbers.

    """
    names = _names(X)
    require(len(names) >= 2, "X must have at least two features, but it has one.")
    if plane is None:
        plane = (0, 1) if len(names) == 2 else "principal"
    if not isinstance(plane, str):
        return _two_features(X, names, plane, fixed or {})
    require(
        plane == "principal",
        f"plane must be 'principal' or two features, but it is {plane!r}.",
    )
    require(not fixed, "fixed goes with two chosen features: a principal plane fixes none.")
    return _principal(X, names)


def _names(X: Any) -> list[str]:
    if hasattr(X, "columns"):
        return [str(c) for c in X.columns]
    require(len(np.shape(X)) == 2, f"X must have rows and columns, but its shape is {np.shape(X)}.")
    return [f"feature {j}" for j in range(np.shape(X)[1])]


def _column(X: Any, j: int) -> NDArray[Any]:
    if hasattr(X, "columns"):
        return np.asarray(X[X.columns[j]])
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return np.asarray(X[:, j])


def _matrix(X: Any, features: Sequence[int], names: list[str]) -> F64:
    """Return some columns as numbers (n, k)."""
    columns = []
    for j in features:
        try:
            columns.append(_column(X, j).astype(np.float64))
        except (TypeError, ValueError):
            raise ValueError(
                f"{names[j]} is not a column of numbers: choose two features that are."
            ) from None
    return np.stack(columns, axis=1)


def _rows(X: Any, columns: list[NDArray[Any]]) -> Any:
    """Return columns as what X is: an array, or a data frame of the same kind."""
    if hasattr(X, "columns"):
        return type(X)(dict(zip(X.columns, columns, strict=True)))
    return np.stack(columns, axis=1)


def _position(feature: Any, names: list[str]) -> int:
    if isinstance(feature, str):
        require(feature in names, f"There is no feature {feature!r}; there are {', '.join(names)}.")
        return names.index(feature)
    require(
        -len(names) <= feature < len(names),
        f"There is no feature {feature}: the features are 0 to {len(names) - 1}.",
    )
    return int(feature) % len(names)


def _two_features(X: Any, names: list[str], pair: Any, fixed: Mapping[Any, Any]) -> Plane:
    require(len(pair) == 2, f"plane must name two features, but it names {len(pair)}.")
    i, j = (_position(f, names) for f in pair)
    require(i != j, f"plane must name two different features, but both are {names[i]!r}.")
    given = {_position(f, names): value for f, value in fixed.items()}
    require(not {i, j} & set(given), "fixed must not name a feature of the plane.")
    others = [k for k in range(len(names)) if k not in (i, j)]
    values = {k: given[k] if k in given else _typical(_column(X, k)) for k in others}

    def lift(U: F64) -> Any:
        return _rows(
            X,
            [
                U[:, (i, j).index(k)] if k in (i, j) else np.full(len(U), values[k])
                for k in range(len(names))
            ],
        )

    sentence = ""
    if others:
        shown = [f"{names[k]} = {_written(values[k])}" for k in others[:4]]
        more = f" and {len(others) - 4} more" if len(others) > 4 else ""
        sentence = f"The other features are fixed: {', '.join(shown)}{more}."
    return Plane((names[i], names[j]), lambda A: _matrix(A, (i, j), names), lift, sentence)


def _written(value: Any) -> str:
    return number(float(value), 3) if isinstance(value, Real) else str(value)


def _typical(column: NDArray[Any]) -> Any:
    try:
        return float(np.nanmedian(column.astype(np.float64)))
    except (TypeError, ValueError):
        values, counts = np.unique([str(v) for v in column], return_counts=True)
        return str(values[counts.argmax()])


def _principal(X: Any, names: list[str]) -> Plane:
    """Return the plane of the two principal components of the standardised features."""
    everything = range(len(names))
    A = _matrix(X, everything, names)
    mean, scale = A.mean(0), A.std(0)
    scale[scale == 0.0] = 1.0
    s, V = np.linalg.svd((A - mean) / scale, full_matrices=False)[1:]
    V = V[:2] * np.sign(V[:2].sum(1, keepdims=True) + 1e-300)  # one sign, whatever LAPACK gives
    shares = s[:2] ** 2 / max(float((s**2).sum()), 1e-300)

    def project(A: Any) -> F64:
        return np.asarray((_matrix(A, everything, names) - mean) / scale @ V.T)

    def lift(U: F64) -> Any:
        return _rows(X, list((mean + (U @ V) * scale).T))

    one, two = (f"component {k + 1} ({100 * shares[k]:.0f} %)" for k in range(2))
    sentence = (
        f"The plane is that of the first two principal components of the {len(names)} features, "
        f"which hold {100 * shares.sum():.0f} % of their variance; points are projected onto it."
    )
    return Plane((one, two), project, lift, sentence)
