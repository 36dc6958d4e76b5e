"""The result of a reduction: another problem, and the way back for its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data import Rows
from ..problem import Problem

__all__ = ["Change", "Reduced", "with_columns", "with_rows"]

F64 = NDArray[np.float64]


class Change(Protocol):
    """A change of variables that keeps the minimum."""

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the new weights and biases."""
        ...

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the old ones."""
        ...


@dataclass(frozen=True, eq=False)
class Reduced:
    """An equivalent problem that is easier to solve."""

    problem: Problem
    change: Change | None = None
    """The change of parameters; None where they stay as they are."""
    note: str = ""
    """What was left out, in a sentence, or ''."""
    digits: str = ""
    """What takes more digits than float64 has, if anything does."""
    rounds: bool = False
    """Whether `expand` rounds so much that J must be evaluated again."""


def with_rows(problem: Problem, rows: Rows) -> Problem:
    """Return a problem over other rows of the same examples, with a model that fits them."""
    model = replace(problem.model, d=rows.d, by_feature=rows.sparse)
    return replace(problem, rows=rows, model=model, penalty=problem.penalty.of(model))


def with_columns(
    problem: Problem,
    rows: Rows,
    change: Change,
    spreads: Callable[[Rows], F64],
    kept: NDArray[np.intp] | None = None,
) -> Problem:
    """Return a problem over rows of other columns; messages still name the user's columns.

    Args:
        problem: the original.
        rows: its rows with other columns.
        change: of the parameters.
        spreads: gives the standard deviation of each column.
        kept: the columns from which the new ones are computed; None for all.

    """
    names, before = problem.names, problem.rows

    def weights(D: F64) -> F64:
        D = change.expand(D, np.zeros(0))[0]
        return D * spreads(before) if names.weights is None else names.weights(D)

    def some_rows(numbers: NDArray[np.intp]) -> F64:
        X = (names.rows or before.take)(numbers)
        return X if kept is None else X[:, kept]

    return replace(with_rows(problem, rows), names=replace(names, weights=weights, rows=some_rows))
