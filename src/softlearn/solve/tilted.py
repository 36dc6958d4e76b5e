"""An objective plus a linear function: J(w) + <c, w>."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..protocol import F64, Direction, Line, Objective, Point, Preconditioner
from ..vector_space import VectorSpace

__all__ = ["Tilted"]


class Tilted:
    """J(w) + <c, w>, for solvers; it has no bound.

    Args:
        J: the objective.
        c: (size,).

    """

    floor = -np.inf
    has_bound = False
    resolution = 0.0
    low_precision = 0.0
    doubt = ""

    def __init__(self, J: Objective, c: F64) -> None:
        self.J, self.c, self.size = J, c, J.size

    @property
    def passes(self) -> float:
        """The passes over the rows of J."""
        return self.J.passes

    @property
    def vectors(self) -> VectorSpace:
        """Those of J."""
        return self.J.vectors

    def at(self, w: F64) -> TiltedPoint:
        """Return it at w."""
        return TiltedPoint(self.J.at(w), self.c)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """Yield the whole: the linear part has no rows."""
        yield self

    def diagnose(self, point: Point, d: F64) -> str:
        """Return '': nothing is known."""
        return ""


class TiltedPoint:
    """J(w) + <c, w> at one w."""

    def __init__(self, point: Point, c: F64) -> None:
        self.point, self.c, self.w = point, c, point.w
        self.value = point.value + float(c @ point.w)

    @property
    def grad(self) -> F64:
        """The gradient."""
        return self.point.grad + self.c

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return J's (H + damping G) v."""
        return self.point.hvp(v, damping, rtol)

    def along(self, d: F64 | Direction) -> TiltedLine:
        """Return the line through w in direction d."""
        v = d.v if isinstance(d, Direction) else d
        return TiltedLine(self.point.along(v), self.c, float(self.c @ self.w), float(self.c @ v))

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner | None:
        """Return J's."""
        return self.point.preconditioner(kind, seed, damping)

    def direction(self, damping: float = 0.0) -> Direction | None:
        """Return None: J's own direction belongs to another gradient."""
        return None

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return -inf."""
        return -np.inf

    def gap_along(self, v: F64, r: F64) -> float:
        """Return inf."""
        return np.inf


class TiltedLine:
    """The same along a direction."""

    def __init__(self, line: Line, c: F64, start: float, slope: float) -> None:
        self._line, self._c, self._start, self._slope = line, c, start, slope

    def __call__(self, t: float) -> tuple[float, float]:
        """Return the value and the slope at t."""
        value, slope = self._line(t)
        return value + self._start + t * self._slope, slope + self._slope

    def point(self, t: float) -> TiltedPoint:
        """Return the point at t."""
        return TiltedPoint(self._line.point(t), self._c)
