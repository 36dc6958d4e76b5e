"""J along the bottom of its valley, or on its crest: stationary along sure curvatures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point
from .ladder import EPS, SIDE, side_by_side
from .steps import value_of

__all__ = ["STEP", "Valley"]

_INSIDE = 30.0  # times the last digits of J and w: rounding that terms inside J must have
_CORRECTIONS = 3  # Newton steps along C
STEP = 1e-2  # of the distance: for differences


@dataclass
class Valley:
    """phi(v) = J(w + v + c), c along C such that the gradient along C vanishes.

    Args:
        J, point: the objective, and the same at w.
        C: (m, size) directions of sure curvature, H-orthogonal.
        curves: (m,) along them.
        N: (k, size) the others.
        reach: the largest distance of the critical point from w, within which slopes are ignored.

    """

    J: Objective
    point: Point
    C: F64
    curves: F64
    N: F64
    reach: float

    def __post_init__(self) -> None:
        self.value = value_of(self.J)
        self.w = np.asarray(self.point.w, dtype=np.float64)
        self.J0 = float(self.point.value)
        eps = float(np.finfo(self.point.grad.dtype).eps)
        self.eps = 4.0 * eps
        self.rough = 4.0 * eps * abs(self.J0)
        self.N = self.N / np.linalg.norm(self.N, axis=1, keepdims=True)
        self.start = max(1.0, float(np.abs(self.w).max()))

    def place(self, v: F64) -> F64:
        """Return w + v, moved along C to where the gradient along C vanishes."""
        at = self.w + v
        for _ in range(_CORRECTIONS if len(self.C) else 0):
            change = abs(self.value(at) - self.J0)
            steps = STEP * np.sqrt((change + 1e4 * self.rough + 1e-300) / np.abs(self.curves))
            new = at - (self.slopes(at, self.C, steps) / self.curves) @ self.C
            if not np.isfinite(new).all():
                break
            at = new
        return at

    def slopes(self, at: F64, D: F64, steps: F64) -> F64:
        """Return the slopes of J along the rows of D; steps are for differences."""
        if not getattr(self.J, "gradient_by_differences", False):
            out: F64 = D @ np.asarray(self.J.at(at).grad, dtype=np.float64)
            return out
        pairs = [
            self.value(at + s * d) - self.value(at - s * d) for s, d in zip(steps, D, strict=True)
        ]
        return np.array(pairs) / (2.0 * steps)

    def change(self, v: F64) -> float:
        """Return phi(v) - J(w)."""
        return self.value(self.place(v)) - self.J0

    def rounding(self, change: float, u: F64) -> float:
        """Return the rounding error of a change: J's, and that of w along C."""
        moved = EPS * (np.abs(self.C) @ np.abs(self.w))
        along = moved / np.maximum(np.linalg.norm(self.C, axis=1) ** 2, 1e-300)
        quadratic = 0.5 * float(np.abs(self.curves) @ along**2)
        return self.rough + self.eps * abs(self.J0 + change) + quadratic

    def noise(self, u: F64, r: float) -> tuple[float, float]:
        """Return what rounding is seen to move J by at w + r u, and what of it lies inside J.

        It lies inside, where terms of J cancel, if it is more than the last digits of J and of w
        explain.
        """
        J: list[float] = []

        def value(s: float) -> float:
            J.append(self.value(self.w + s * u))
            return J[-1]

        moved, turns = side_by_side(value, r, SIDE)
        seen = float(moved)
        slope = abs(J[-1] - J[0]) / (len(J) - 1) / (SIDE * r)
        last = EPS * (max(map(abs, J)) + slope * (self.start + r))
        return seen, seen if turns and seen > _INSIDE * last else 0.0
