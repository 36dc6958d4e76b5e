"""Which reformulations are applied to a problem, in which order, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem
from .absent_classes import absent_classes
from .affine import centred_columns
from .dense_storage import dense_storage
from .reduction import Reduced
from .repeated_rows import repeated_rows
from .row_space import row_space
from .single_row_columns import single_row_columns
from .sparse_storage import sparse_storage
from .whiten import orthogonal_columns

__all__ = ["OF_COLUMNS", "REDUCTIONS", "Chain", "Reduction", "presolve"]

F64 = NDArray[np.float64]
Reduction = Callable[[Problem], Reduced | None]

OF_COLUMNS: tuple[Reduction, ...] = (
    centred_columns,
    orthogonal_columns,
    single_row_columns,
    row_space,
)
"""Those that leave rows and classes as they are."""
REDUCTIONS: tuple[Reduction, ...] = (
    absent_classes,
    repeated_rows,
    sparse_storage,
    dense_storage,
    *OF_COLUMNS,
)
"""All, in the order in which they are tried; each checks which problems it is exact for."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A problem, the one that is solved in its place, and the change of parameters."""

    given: Problem
    problem: Problem
    steps: tuple[Reduced, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the parameters change."""
        return any(step.change is not None for step in self.steps)

    @property
    def note(self) -> str:
        """What was left out, in sentences, or ''."""
        return " ".join(step.note for step in self.steps if step.note)

    @property
    def digits(self) -> str:
        """What takes more digits than float64 has, or ''."""
        return next((step.digits for step in self.steps if step.digits), "")

    @property
    def rounds(self) -> bool:
        """Whether `expand` rounds so much that J must be evaluated again."""
        return any(step.rounds for step in self.steps)

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the parameters of the reduced problem for those of the original."""
        for step in self.steps:
            if step.change is not None:
                W, b = step.change.reduce(W, b)
        return W, b

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the parameters of the original problem for those of the reduced one."""
        for step in reversed(self.steps):
            if step.change is not None:
                W, b = step.change.expand(W, b)
        return W, b


def presolve(problem: Problem, reductions: tuple[Reduction, ...] = REDUCTIONS) -> Chain:
    """Return an equivalent problem that is easier to solve, and the way back.

    Args:
        problem: what is to be minimised.
        reductions: those that are tried, in order.

    """
    given, steps = problem, []
    for reduction in reductions:
        found = reduction(problem)
        if found is not None:
            steps.append(found)
            problem = found.problem
    return Chain(given, problem, tuple(steps))
