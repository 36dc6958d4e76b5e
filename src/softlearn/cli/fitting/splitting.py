"""Rows in parts: a test part held out, and folds for cross-validation, by class."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sources import Dataset

__all__ = ["folds", "hold_out", "take"]

Rows = NDArray[np.intp]


def take(data: Dataset, rows: Rows) -> Dataset:
    """Return some rows of a dataset, in the order given."""
    X = data.X.iloc[rows].reset_index(drop=True) if data.kind == "table" else data.X[rows]
    return dataclasses.replace(
        data,
        X=X,
        y=None if data.y is None else data.y[rows],
        ids=None if data.ids is None else data.ids[rows],
    )


def hold_out(y: NDArray[Any], size: float, seed: int) -> tuple[Rows, Rows]:
    """Return the rows to train on and the rows to test on, each in their own order.

    Every class gives the share `size` of its rows to the test part, as far as whole rows allow,
    and keeps at least one (which scikit-learn's split refuses to do for classes with one row).
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    wanted = size * counts
    given = np.floor(wanted).astype(np.intp)
    rest = round(float(wanted.sum())) - int(given.sum())
    given[np.argsort(given - wanted, kind="stable")[:rest]] += 1
    given = np.minimum(given, counts - 1)
    rank = _positions(codes, seed) - (np.cumsum(counts) - counts)[codes]
    test = rank < given[codes]
    return np.flatnonzero(~test), np.flatnonzero(test)


def folds(y: NDArray[Any], k: int, seed: int) -> NDArray[np.intp]:
    """Return the fold (0 to k - 1) of each row; rows of each class are spread over the folds.

    The row of a class that has but one is in no fold (-1): it is always trained on.
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    return np.where(counts[codes] == 1, -1, _positions(codes, seed) % k)


def _positions(codes: Rows, seed: int) -> Rows:
    """Return where each row stands when rows are ordered by class and at random within."""
    chance = np.random.default_rng(seed).random(len(codes))
    positions = np.empty(len(codes), dtype=np.intp)
    positions[np.lexsort((chance, codes))] = np.arange(len(codes))
    return positions
