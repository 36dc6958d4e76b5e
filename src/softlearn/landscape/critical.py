"""Critical points of any kind, saddles included, found by making the gradient short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.optimize import minimize as scipy_minimize

from ..protocol import F64, Objective
from .classify import classify
from .differences import Cost, as_objective
from .hessian import Hessian
from .symmetries import Flat
from .verdict import Kind, Verdict

__all__ = ["CriticalPoint", "critical_points"]

_STUCK = 1e-8  # the relative fall of |g|^2 in a step below which the search is stuck above zero
_CLOSE = 1e-12  # of the size of w: a shorter step is the last
_ZERO = 1e-7  # of the largest curvature: along smaller ones no step is made
_WHOLE = 1000  # parameters up to which the whole Hessian is computed at every step


@dataclass(frozen=True)
class CriticalPoint:
    """A critical point, its value and what it is."""

    w: F64
    value: float
    verdict: Verdict


def critical_points(
    J: Cost,
    starts: F64,
    *,
    grad: Callable[[F64], F64] | None = None,
    tol: float = 1e-6,
    apart: float = 1e-3,
    max_steps: int = 500,
    reach: float | None = None,
) -> list[CriticalPoint]:
    """Minimise |grad J|^2 / 2 from each start; return the critical points, by value.

    The gradient of this is H g, so saddles attract the search as minima do.  Up to 1,000 parameters
    the method is Levenberg and Marquardt's with the whole Hessian, beyond it is L-BFGS-B.  Often
    the search gets stuck where the gradient is shortest but not zero, more often the larger a
    network is: such ends are left out, and of ends close together the first is kept.  Newton's
    method, w <- w - H^+ g with steps no longer than `reach`, lets the gradient grow on the way, and
    gets stuck less often.

    Args:
        J: an objective, or a plain function w -> number.
        starts: (m, size), the starting points.
        grad: the gradient of a plain function; by differences if absent.
        tol: the tolerance for a critical point, as in `classify`.
        apart: points no further apart than this, relative to 1 + |w|, are one.
        max_steps: the most steps from each start.
        reach: if given, Newton's method is used, and this is its longest step.

    Raises:
        ValueError: starts do not fit, or there are none.

    Reference: Frye et al., Neural Computation 33 (2021), on where such searches end.

    """
    starts = np.atleast_2d(np.asarray(starts, dtype=np.float64))
    if starts.size == 0:
        raise ValueError("starts must hold one place or more to start from, but it is empty.")
    objective = as_objective(J, starts[0], grad)
    found: list[CriticalPoint] = []
    for start in starts:
        with np.errstate(all="ignore"):  # at trial points
            if reach is None:
                w = _shortest(objective, start, max_steps)
            else:
                w = _newton(objective, start, max_steps, reach)
        if not np.isfinite(objective.at(w).grad).all():
            continue
        if any(np.linalg.norm(w - p.w) <= apart * (1.0 + np.linalg.norm(w)) for p in found):
            continue
        verdict = classify(objective, w, tol=tol)
        if verdict.kind not in (Kind.NOT_CRITICAL, Kind.PLATEAU):
            found.append(CriticalPoint(w, objective.at(w).value, verdict))
    return sorted(found, key=lambda p: p.value)


def _shortest(J: Objective, start: F64, max_steps: int) -> F64:
    """Return where the gradient is shortest, near the start."""
    n = len(start)
    if n <= _WHOLE:

        def gradient(w: F64) -> F64:
            return np.asarray(J.at(w).grad, dtype=np.float64)

        def jacobian(w: F64) -> F64:
            return Hessian(J, J.at(w), Flat.none(n)).dense()

        tight: Any = {"xtol": 1e-15, "ftol": _STUCK, "gtol": 1e-15}
        found = least_squares(gradient, start, jacobian, method="lm", max_nfev=max_steps, **tight)
        return np.asarray(found.x)

    def half_square(w: F64) -> tuple[float, F64]:
        point = J.at(w)
        g = np.asarray(point.grad, dtype=np.float64)
        return 0.5 * float(g @ g), np.asarray(point.hvp(g), dtype=np.float64)

    options: Any = {"maxiter": max_steps, "maxcor": 30, "ftol": 0.0, "gtol": 0.0}
    done = scipy_minimize(half_square, start, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(done.x)


def _newton(J: Objective, w: F64, max_steps: int, reach: float) -> F64:
    """Return where Newton's method goes, to minima, maxima and saddles alike."""
    for _ in range(max_steps):
        point = J.at(w)
        values, V = np.linalg.eigh(Hessian(J, point, Flat.none(len(w))).dense())
        keep = np.abs(values) > _ZERO * np.abs(values).max()
        step = V[:, keep] @ ((point.grad @ V[:, keep]) / values[keep])
        length = float(np.linalg.norm(step))
        if not length > _CLOSE * (1.0 + float(np.linalg.norm(w))):
            break
        w = w - min(1.0, reach / length) * step
    return w
