"""Gradient descent, as the course writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Step
from .line_search import line_search
from .rule import Rule, full_batch
from .schedules import Schedule, rate_at

__all__ = ["GradientDescent"]


@dataclass(frozen=True)
class GradientDescent(Rule):
    """w <- w - alpha g, g = grad J(w).

    Args:
        learning_rate: alpha, fixed or a schedule; None finds one by a line search at every step,
            which takes all rows.
        name: the name of this choice.
        check_every: steps between attempts to prove how close the minimum is.

    """

    learning_rate: float | Schedule | None = None
    name: str = "gradient-descent"
    check_every: int = 10

    def init(self, w: F64) -> int:
        """Return k, the number of steps made.

        Raises:
            ValueError: there is no learning rate.

        """
        if self.learning_rate is None:
            raise ValueError(
                "learning_rate must be a number or a schedule where mini-batches are used: a line "
                "search takes all rows."
            )
        return 0

    def update(self, g: F64, state: int, w: F64) -> tuple[F64, int]:
        """Return the step from w, where the gradient is g, and the next state."""
        assert self.learning_rate is not None  # `init` has checked it
        return -rate_at(self.learning_rate, state) * g, state + 1

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        if self.learning_rate is None:
            return self._with_line_search(J, w0)
        return full_batch(self, J, w0, self.check_every)

    def _with_line_search(self, J: Objective, w0: F64) -> Iterator[Step]:
        point, lower, t, k, idle = J.at(w0), -np.inf, 1.0, 0, 0
        yield Step(point)
        while np.isfinite(point.value):
            k += 1
            g = point.grad
            if k % self.check_every == 1 or self.check_every == 1:
                lower = max(lower, point.bound())
            line = point.along(-g)
            t = line_search(line, point.value, -float(g @ g), 2.0 * t)
            new = line.point(t) if t > 0.0 else point
            idle = idle + 1 if abs(point.value - new.value) <= 1e-16 * abs(point.value) else 0
            point, stuck = new, t == 0.0 or idle >= 50
            t = t or 1.0
            unbounded = J.diagnose(point, point.w) if k % 100 == 0 else ""
            yield Step(point, lower, note=f"step {t:.2g}", stuck=stuck, unbounded=unbounded)
