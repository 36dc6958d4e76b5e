"""Two columns of numbers and one of labels: what a source puts on a plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...features.dataset import Dataset, SourceError
from . import read_source
from .frames import find_target, named

__all__ = ["Plane", "read_plane"]

_FEWEST, _MAX_CLASSES = 2, 6  # classes


@dataclass(frozen=True)
class Plane:
    """Points with their classes.

    Args:
        xy: (n, 2) coordinates.
        label: (n,) classes, 0 to C - 1.
        names: of the classes.
        axes: names of the two columns.
        notes: sentences that say what was used, and what was left out.

    """

    xy: NDArray[np.float64]
    label: NDArray[np.int64]
    names: list[str]
    axes: tuple[str, str]
    notes: tuple[str, ...]


def read_plane(path: Path, max_points: int, columns: Sequence[str] = (), target: str = "") -> Plane:
    """Read points from a table, or from the first two columns of a matrix.

    Args:
        path: the source.
        max_points: the most points; of more a sample is drawn.
        columns: the two columns of numbers; none for the first two.
        target: the column of labels; "" for the first that has 2 to 6 words, or else the last that
            has 2 to 6 whole numbers.

    Raises:
        SourceError: the source cannot be read, or has no such columns.

    """
    of_table = path.suffix.lower() not in (".npz", ".npy", ".svm", ".svmlight", ".libsvm")
    data = read_source(path, None, need_target=not of_table, train=False)
    if data.kind not in ("table", "matrix"):
        raise SourceError(f"{path} holds no numbers; give a table with two columns of numbers.")
    if data.kind == "table":
        labels, axes, xy, others = _of_table(path, data, columns, target)
    else:
        labels, axes, xy, others = _of_matrix(path, data)
    plane = _plane(path, max_points, labels, axes, xy)
    if columns or not others:
        return plane
    choose = f"It has {others + 2:,} columns of numbers; --columns X,Y draws two others."
    return replace(plane, notes=(*plane.notes, choose))


def _of_table(
    path: Path, data: Dataset, columns: Sequence[str], target: str
) -> tuple[tuple[str, NDArray[Any]], tuple[str, str], NDArray[np.float64], int]:
    """Return the labels and their name, the axes, coordinates, and how many columns are left."""
    names = [str(name) for name in data.X.columns]
    target = find_target(path, target, names) if target else _target(path, data, names, columns)
    numbers = [name for name in names if data.types[name] == "number" and name != target]
    if columns:
        unfit = [name for name in columns if find_target(path, name, names) not in numbers]
        if unfit:
            raise SourceError(f"{path}: the column {unfit[0]!r} holds no numbers to draw.")
        numbers = list(columns)
    if len(numbers) < 2:
        raise SourceError(
            f"{path} needs two columns of numbers beside the labels {target!r}; it has "
            f"{'only ' + named(numbers) if numbers else 'none'}."
        )
    axes = (numbers[0], numbers[1])
    values = data.X[target].to_numpy()
    xy = np.asarray(data.X[list(axes)], dtype=np.float64)
    return (target, values), axes, xy, len(numbers) - 2


def _target(path: Path, data: Dataset, names: list[str], columns: Sequence[str]) -> str:
    """Return the column that looks most like labels."""
    few = [n for n in names if n not in columns and _FEWEST <= _distinct(data.X[n]) <= _MAX_CLASSES]
    words = [name for name in few if data.types[name] in ("text", "bool")]
    whole = [name for name in few if data.types[name] == "number" and _is_whole(data.X[name])]
    if not (words or whole):
        raise SourceError(
            f"{path} has no column with {_FEWEST} to {_MAX_CLASSES} classes; its columns are "
            f"{named(names, 30)}."
        )
    return words[0] if words else whole[-1]


def _of_matrix(
    path: Path, data: Dataset
) -> tuple[tuple[str, NDArray[Any]], tuple[str, str], NDArray[np.float64], int]:
    if data.X.shape[1] < 2:
        raise SourceError(f"{path} needs two columns of numbers; it has {data.X.shape[1]}.")
    part = data.X[:, :2]
    xy = np.asarray(part.toarray() if hasattr(part, "toarray") else part, dtype=np.float64)
    names = data.feature_names or ["0", "1"]
    assert data.y is not None
    return (data.target or "y", data.y), (names[0], names[1]), xy, 0


def _plane(
    path: Path,
    max_points: int,
    labels: tuple[str, NDArray[Any]],
    axes: tuple[str, str],
    xy: NDArray[np.float64],
) -> Plane:
    target, values = labels
    whole = np.isfinite(xy).all(axis=1) & np.array([v is not None and v == v for v in values])
    rows = np.flatnonzero(whole)
    notes = [f"{path}: {axes[0]!r} and {axes[1]!r} are drawn, the classes are in {target!r}."]
    if len(rows) < len(xy):
        left = len(xy) - len(rows)
        notes.append(f"{left:,} row{'s' if left > 1 else ''} with missing cells left out.")
    if len(rows) > max_points:
        notes.append(f"{max_points:,} of {len(rows):,} rows are drawn, chosen at random.")
        rows = np.sort(np.random.default_rng(0).choice(rows, max_points, replace=False))
    known, label = np.unique(values[rows].astype(object), return_inverse=True)
    if not _FEWEST <= len(known) <= _MAX_CLASSES:
        raise SourceError(
            f"{path}: the column {target!r} has {len(known):,} classes; the playground has "
            f"{_FEWEST} to {_MAX_CLASSES}."
        )
    names = [_name(value) for value in known]
    return Plane(xy[rows], label.astype(np.int64), names, axes, tuple(notes))


def _name(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _distinct(column: Any) -> int:
    return int(column.nunique())


def _is_whole(column: Any) -> bool:
    values = column.dropna().to_numpy()
    return bool((values == np.floor(values)).all())
