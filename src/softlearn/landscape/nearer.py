"""Whether J goes the other way nearer to a point than its curvature was seen.

Central differences see the even part of J over their step: of w^2 - |w| and a step of 1e6 the
curvature 2, of w |w| + w^2 / 2 the curvature 1 of both sides together.  So a minimum, or a maximum,
by curvature is looked at once more: along each direction, from 0.3 of the size of w inwards, the
three smallest radii at which J's change is no rounding, and more than a slope leaves where w is
beside the critical point, must not show the other sign.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..protocol import F64
from .steps import least_step
from .valley import Valley

__all__ = ["contradicted"]

_RATIO = 3.0  # of two radii
_CLEAR = 16.0  # times rounding: what counts as a change
_BESIDE = 4.0  # times what J may fall by where w is beside the critical point
_MOST = 24  # directions that are looked at


def contradicted(valley: Valley, sign: float) -> float | None:
    """Return a distance at which J goes against its curvature; None if none is seen.

    Args:
        valley: J around a critical point, all of whose directions curve the same way.
        sign: 1 for a minimum, -1 for a maximum.

    """
    plain = Valley(valley.J, valley.point, valley.C[:0], valley.curves[:0], valley.C, valley.reach)
    g = np.asarray(valley.point.grad, dtype=np.float64)
    gains = (plain.N @ g) ** 2 / (2.0 * np.abs(valley.curves) / np.sum(valley.C**2, axis=1))
    for u, gain in zip(plain.N[:_MOST], gains, strict=False):
        for way in (u, -u):
            seen = [x for x in _outside_rounding(plain, way) if abs(x[1]) > _BESIDE * gain]
            last = seen[-3:]
            if len(last) == 3 and all(sign * change < 0.0 for _, change in last):
                most = max(plain.noise(way, r)[0] for r, _ in last)
                if all(abs(change) > _CLEAR * most for _, change in last):
                    return last[-1][0]
    return None


def _outside_rounding(plain: Valley, u: F64) -> Iterator[tuple[float, float]]:
    """Yield radii, each smaller than the one before, and changes that are more than rounding."""
    r, least = 0.3 * plain.start, 10.0 * least_step(plain.w, u)
    while r > least:
        change = plain.change(r * u)
        if abs(change) <= _CLEAR * plain.rounding(change, u):
            return
        if np.isfinite(change):
            yield r, change
        r /= _RATIO
