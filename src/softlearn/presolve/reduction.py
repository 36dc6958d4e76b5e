"""What a reduction makes of a problem: another one, and the way back for its parameters."""

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
    """A change of variables that leaves the minimum where it is."""

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the new weights and biases."""
        ...

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the old ones."""
        ...


@dataclass(frozen=True, eq=False)
class Reduced:
    """A problem that is easier to solve than the one before, and as good."""

    problem: Problem
    change: Change | None = None
    """How parameters get there and back; None where they stay as they are."""
    note: str = ""
    """What was left out, in a sentence, or ''."""
    digits: str = ""
    """What takes more digits than float64 has, if anything does."""
    rounds: bool = False
    """Whether the way back rounds so much that J is to be asked again."""


def with_rows(problem: Problem, rows: Rows) -> Problem:
    """Return a problem over other rows of the same examples, with a model that fits them."""
    model = replace(problem.model, d=rows.d, by_feature=rows.sparse)
    penalty = replace(problem.penalty, penalised=model.weights)
    return replace(problem, rows=rows, model=model, penalty=penalty)


def with_columns(
    problem: Problem,
    rows: Rows,
    change: Change,
    spreads: Callable[[Rows], F64],
    kept: NDArray[np.intp] | None = None,
) -> Problem:
    """Return a problem over rows of other columns, whose messages still speak of the user's.

    Args:
        problem: as it was.
        rows: its rows with other columns.
        change: of the parameters.
        spreads: gives the standard deviation of each column.
        kept: the columns that the new ones are made of; None for all.

    """
    names, before = problem.names, problem.rows

    def weights(D: F64) -> F64:
        D = change.expand(D, np.zeros(0))[0]
        return D * spreads(before) if names.weights is None else names.weights(D)

    def some_rows(numbers: NDArray[np.intp]) -> F64:
        X = (names.rows or before.take)(numbers)
        return X if kept is None else X[:, kept]

    return replace(with_rows(problem, rows), names=replace(names, weights=weights, rows=some_rows))
