"""A step length along a descent direction of a convex or smooth function."""

from __future__ import annotations

import math

import numpy as np

from ..protocol import Line

__all__ = ["line_search"]


def line_search(
    line: Line, value: float, slope: float, t: float = 1.0, curvature: float = 0.9
) -> float:
    """Return t with J(t) <= J(0) + 1e-4 t slope and |slope(t)| <= curvature |slope|; 0 if none.

    Brackets, then takes cubic or bisecting steps.  Where values differ by no more than rounding,
    the slope alone decides (Hager and Zhang's approximate Wolfe condition).

    Args:
        line: t -> (value, slope).
        value: J at 0.
        slope: its derivative at 0, negative.
        t: the first trial.
        curvature: the share of the slope that may remain.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., section 3.5; Hager and Zhang,
    SIAM J. Optim. 16 (2005).

    """
    if not slope < 0.0:
        return 0.0
    tiny = 1e-13 * abs(value)
    low, at_low = 0.0, (value, slope)
    high, at_high = np.inf, (np.inf, np.inf)
    best = 0.0
    for _ in range(60):
        v, s = line(t)
        descends = v <= value + 1e-4 * t * slope or (v <= value + tiny and s <= -1e-3 * slope)
        if not math.isfinite(v) or not math.isfinite(s) or not descends:
            high, at_high = t, (v, s)
        else:
            best = t
            if abs(s) <= -curvature * slope:
                return t
            if s > 0.0:
                high, at_high = t, (v, s)
            else:
                low, at_low = t, (v, s)
        if high == np.inf:
            t = 4.0 * t if s >= slope else t * min(10.0, max(1.5, 1.0 + s / (slope - s)))
            continue
        t = _between(low, at_low, high, at_high)
        if high - low <= 1e-10 * high:
            break
    return best


def _between(
    low: float, at_low: tuple[float, float], high: float, at_high: tuple[float, float]
) -> float:
    """Return the minimiser of the cubic through both ends, kept away from them."""
    width = high - low
    middle = low + 0.5 * width
    (v0, s0), (v1, s1) = at_low, at_high
    if not (np.isfinite(v1) and np.isfinite(s1)):
        return low + 0.1 * width
    d1 = s0 + s1 - 3.0 * (v0 - v1) / (low - high)
    under = d1 * d1 - s0 * s1
    if under < 0.0:
        return middle
    d2 = float(np.sqrt(under))
    bottom = s1 - s0 + 2.0 * d2
    if bottom == 0.0:
        return middle
    t = high - width * (s1 + d2 - d1) / bottom
    if not np.isfinite(t):
        return middle
    return float(min(max(t, low + 0.05 * width), high - 0.05 * width))
