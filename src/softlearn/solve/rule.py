"""What an update rule is, and how any rule minimises on all rows at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..protocol import F64, Objective, Step

__all__ = ["Rule", "full_batch"]


class Rule(ABC):
    """w <- w + step, where (step, state) = update(g, state, w) and state = init(w) at first.

    A rule is a frozen record of its choices.  It changes none of its arguments, and its state is
    a tuple of numbers and arrays: storing it and w is enough to continue later.  As a
    solver it uses the gradient of all rows; `Stochastic` gives it those of mini-batches.
    """

    name: str
    """The name by which users choose it."""

    @abstractmethod
    def init(self, w: F64) -> Any:
        """Return the state before the first step from w."""

    @abstractmethod
    def update(self, g: F64, state: Any, w: F64) -> tuple[F64, Any]:
        """Return the step from w, where the gradient is g, and the next state."""

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        return full_batch(self, J, w0)


def full_batch(rule: Rule, J: Objective, w0: F64, check_every: int = 10) -> Iterator[Step]:
    """Yield w0 and then the steps of a rule with the gradient of J.

    Args:
        rule: the rule.
        J: the objective.
        w0: where to start.
        check_every: steps between attempts to prove how close the minimum is.

    """
    point, lower, k, idle = J.at(w0), -np.inf, 0, 0
    state = rule.init(point.w)
    yield Step(point)
    while np.isfinite(point.value):
        k += 1
        if k % check_every == 1 or check_every == 1:
            lower = max(lower, point.bound())
        step, state = rule.update(point.grad, state, point.w)
        new = J.at(point.w + step)
        idle = idle + 1 if abs(point.value - new.value) <= 1e-16 * abs(point.value) else 0
        point = new
        unbounded = J.diagnose(point, point.w) if k % 100 == 0 else ""
        yield Step(point, lower, stuck=idle >= 50, unbounded=unbounded)
