"""Gradient descent, as the course writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Step
from .line_search import line_search

__all__ = ["GradientDescent"]


@dataclass(frozen=True)
class GradientDescent:
    """w <- w - alpha grad J(w).

    Args:
        learning_rate: alpha, fixed; None finds one by a line search at every step.
        name: what users call this choice.
        check_every: steps between attempts to prove how close the minimum is.

    """

    learning_rate: float | None = None
    name: str = "gradient-descent"
    check_every: int = 10

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, lower, t, k, idle = J.at(w0), -np.inf, 1.0, 0, 0
        yield Step(point)
        while np.isfinite(point.value):
            k += 1
            g = point.grad
            if k % self.check_every == 1 or self.check_every == 1:
                lower = max(lower, point.bound())
            if self.learning_rate is None:
                line = point.along(-g)
                t = line_search(line, point.value, -float(g @ g), 2.0 * t)
                new = line.point(t) if t > 0.0 else point
            else:
                new = J.at(point.w - self.learning_rate * g)
            idle = idle + 1 if abs(point.value - new.value) <= 1e-16 * abs(point.value) else 0
            point, stuck = new, t == 0.0 or idle >= 50
            t = t or 1.0
            unbounded = J.diagnose(point, point.w) if k % 100 == 0 else ""
            yield Step(point, lower, note=f"step {t:.2g}", stuck=stuck, unbounded=unbounded)
