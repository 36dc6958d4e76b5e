"""Limited-memory BFGS."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Step
from .line_search import line_search

__all__ = ["LBFGS"]


@dataclass(frozen=True)
class LBFGS:
    """w <- w - t B grad, B from the last `memory` changes of w and of the gradient.

    Args:
        memory: pairs kept.
        name: what users call this choice.
        diagonal: precondition by the Hessian's diagonal at the start, where the objective has it.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4.

    """

    memory: int = 20
    name: str = "lbfgs"
    diagonal: bool = True

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point = J.at(w0)
        yield Step(point)
        M = point.preconditioner("diagonal", 0) if self.diagonal else None
        pairs: deque[tuple[F64, F64, float]] = deque(maxlen=self.memory)
        lower, idle, k = -np.inf, 0, 0
        while np.isfinite(point.value):
            k += 1
            g = point.grad
            if not g.any():
                yield Step(point, point.bound(), 0.0, stuck=True)
                return
            d = -_two_loops(pairs, g, M or np.copy)
            slope = float(g @ d)
            first = 1.0 if pairs or M else min(1.0, 1.0 / float(np.linalg.norm(g)))
            line = point.along(d)
            t = line_search(line, point.value, slope, first)
            if t == 0.0 and pairs:  # the memory misleads here: forget it
                pairs.clear()
                continue
            if -0.5 * slope <= tol * abs(point.value):
                lower = max(lower, point.bound(d), point.bound())
            new = line.point(t) if t > 0.0 else point
            s, y = new.w - point.w, new.grad - g
            bend = float(s @ y)
            if bend > 1e-14 * float(y @ y) * float(np.linalg.norm(s)) / max(
                float(np.linalg.norm(y)), 1e-300
            ):
                pairs.append((s, y, bend))
            idle = idle + 1 if point.value - new.value <= 4e-15 * abs(point.value) else 0
            point = new
            yield Step(
                point,
                lower,
                -0.5 * slope,
                note=f"step {t:.2g}",
                stuck=t == 0.0 or idle >= 5,
                unbounded=J.diagnose(point, point.w) if k % 100 == 0 else "",
            )


def _two_loops(pairs: deque[tuple[F64, F64, float]], g: F64, M: object) -> F64:
    assert callable(M)
    q, alphas = g.copy(), []
    for s, y, bend in reversed(pairs):
        a = float(s @ q) / bend
        q -= a * y
        alphas.append(a)
    scale = 1.0
    if pairs:
        s, y, bend = pairs[-1]
        scale = bend / float(y @ M(y))
    q = scale * np.asarray(M(q))
    for (s, y, bend), a in zip(pairs, reversed(alphas), strict=True):
        q += (a - float(y @ q) / bend) * s
    return q
