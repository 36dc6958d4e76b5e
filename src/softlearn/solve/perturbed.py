"""Gradient descent with random perturbations where the gradient is short, to leave saddles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point, Step

__all__ = ["PerturbedGradientDescent"]


@dataclass(frozen=True)
class PerturbedGradientDescent:
    """w <- w - eta g; where |g| is short, w <- w + xi first, xi uniform in a ball.

    If J has not fallen by f_thres within t_thres steps from there, the point before the
    perturbation is taken for a minimum, and all further steps are plain ones from it.  Along a
    direction of curvature -c a perturbation grows by a factor 1 + eta c per step, so t_thres
    decides how small a negative curvature is still found.

    Args:
        learning_rate: eta.
        radius: r, of the ball.
        g_thres: a g of at most this length is short.
        t_thres: steps between two perturbations, and after one before it is judged.
        f_thres: how much J must have fallen by then.
        seed: of the perturbations.
        name: the name of this choice.

    Raises:
        ValueError: an argument is out of its range.

    Reference: Jin et al., ICML (2017), algorithm 2, whose letters these are.

    """

    learning_rate: float = 0.05
    radius: float = 0.01
    g_thres: float = 1e-3
    t_thres: int = 200
    f_thres: float = 1e-6
    seed: int = 0
    name: str = "perturbed-gradient-descent"

    def __post_init__(self) -> None:
        for name in ("learning_rate", "radius", "g_thres", "t_thres", "f_thres"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, but it is {getattr(self, name)}.")

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        rng = np.random.default_rng(self.seed)
        point, before = J.at(w0), None
        k, shaken, settled = 0, -self.t_thres - 1, False
        yield Step(point, searching=True)
        while np.isfinite(point.value):
            note = ""
            if before is not None and k - shaken >= self.t_thres:
                if before.value - point.value < self.f_thres:
                    point, settled, note = before, True, "back: J has not fallen"
                before = None
            elif not settled and k - shaken > self.t_thres and self._short(point):
                before, shaken, note = point, k, "perturbed"
                point = J.at(point.w + self._in_ball(rng, len(point.w)))
            if not note:
                point = J.at(point.w - self.learning_rate * np.asarray(point.grad))
            k += 1
            lower = point.bound() if J.has_bound and k % 10 == 1 else -np.inf
            yield Step(point, lower, note=note, searching=not settled)

    def _short(self, point: Point) -> bool:
        return float(np.linalg.norm(point.grad)) <= self.g_thres

    def _in_ball(self, rng: np.random.Generator, n: int) -> F64:
        """Return a point drawn from the ball, uniformly."""
        u = rng.normal(size=n)
        out: F64 = self.radius * float(rng.uniform()) ** (1.0 / n) / float(np.linalg.norm(u)) * u
        return out
