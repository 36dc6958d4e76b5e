"""Classes without weight are left out: their intercepts would fall without bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem
from .reduction import Reduced

__all__ = ["Present", "absent_classes"]

F64 = NDArray[np.float64]
_NEVER = -40.0  # an intercept so low, where the logits' mean is 0, is lost in the rounding of J


@dataclass(frozen=True, eq=False)
class Present:
    """Which of C classes have weight; the others are never predicted."""

    present: NDArray[np.intp]
    C: int

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the weights and biases of the classes that have weight."""
        return W[self.present], b[self.present]

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return those of all classes."""
        every, biases = np.zeros((self.C, W.shape[1])), np.full(self.C, _NEVER)
        every[self.present], biases[self.present] = W, b
        return every, biases - biases.mean()


def absent_classes(problem: Problem) -> Reduced | None:
    """Return the problem without weightless classes; None where there is none, or no bias."""
    if not problem.model.bias or (problem.shares > 0.0).all():
        return None
    present = np.flatnonzero(problem.shares > 0.0)
    names, model = problem.names, replace(problem.model, C=len(present))
    if problem.labelled:  # rows of other classes weigh nothing, so any label is valid
        Y = np.minimum(np.searchsorted(present, problem.Y), len(present) - 1)
    else:
        Y = problem.Y[:, present]
        Y[Y.sum(1) == 0.0] = 1.0
        Y /= Y.sum(1, keepdims=True)
    classes = tuple(names.classes[k] for k in present) if names.classes else ()
    absent = names.of_classes(np.flatnonzero(problem.shares == 0.0))
    return Reduced(
        replace(
            problem,
            Y=Y,
            model=model,
            penalty=problem.penalty.of(model),
            names=replace(names, classes=classes),
        ),
        Present(present, problem.model.C),
        note=f"No weight lies on class {absent}, which is never predicted.",
    )
