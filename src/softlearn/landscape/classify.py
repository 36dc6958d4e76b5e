r"""The kind of a point: minimum, maximum, saddle or plateau, or undecided.

A point is critical if Newton's step from it is short:  |sum over c of (c'g / c'Hc) c|  <=
tol (1 + |w|), over H-orthogonal directions c with surely nonzero curvature (`inertia`).  Along the
others the slope must change J, at that distance, by less than other terms do.  Then

1. signs of curvatures decide where none is zero within its error (`forms`, `ladder`);
2. the critical point may be Newton's step d away from w: curvatures that change by more than a
   half between w and w + 2d count as zero within their error (Kantorovich's condition);
3. where some are zero, the values of J along them decide (`degenerate`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import norm

from ..function import Function
from ..protocol import F64, Objective, Point
from .curvature import Curvature, curvature_at
from .degenerate import Ray, Rest
from .differences import Cost, as_objective
from .nearer import contradicted
from .probes import changes, hidden_way
from .stance import stance
from .units import in_units, unit_of
from .verdict import Kind, Verdict

__all__ = ["classify", "escape_direction"]

_MANY = 2000  # parameters up to which values of J are used where no curvature was found


def classify(
    J: Cost,
    w: F64,
    *,
    grad: Callable[[F64], F64] | None = None,
    tol: float = 1e-6,
    radius: float = 1.0,
    flatness: float = 1e-2,
    seed: int = 0,
) -> Verdict:
    """Say whether J has a minimum, a maximum, a saddle or a plateau at w, or none of them.

    A point is critical if Newton's step from it is at most tol (1 + |w|).  There the signs of the
    curvatures decide, each with its error, from rounding and, without exact products, from
    differences.  Up to 300 parameters all are computed, and directions are scaled by how J changes
    along them, so that small curvatures count beside large ones; where some are zero within their
    error, the values of J along them decide.  Beyond 300, Lanczos's method finds the extreme
    eigenvalues in 90 products or fewer; critical then means |g| <= tol max |lambda| (1 + |w|), and
    curvatures below a millionth of the largest count as zero.  Directions that are flat by a
    symmetry of J are named and left out.

    Elsewhere, w is on a plateau if slope, curvature and values of J all change little in the ball
    around w: |g| r, max |lambda| r^2 / 2 and |J(w + r u) - J(w)| are all at most
    flatness |J(w)|, u along the gradient, the extreme eigenvectors and 32 random directions.

    Args:
        J: an objective, or a plain function w -> number.
        w: (size,), the point.
        grad: the gradient of a plain function; by differences if absent.
        tol: the tolerance for a critical point.
        radius: r, of the ball in which a plateau must be flat.
        flatness: how much J may change there, relative to |J(w)|.
        seed: of the random directions.

    Raises:
        ValueError: w does not fit, or J is not finite there.

    Reference: Dauphin et al., NeurIPS (2014).

    """
    w = np.atleast_1d(np.asarray(w, dtype=np.float64))
    J = as_objective(J, w, grad)
    point = J.at(w)
    _ = point.value  # J may warn at w, but not at trial points
    with np.errstate(all="ignore"):
        return _classified(J, point, tol, radius, flatness, seed)


def _classified(
    J: Objective, point: Point, tol: float, radius: float, flatness: float, seed: int
) -> Verdict:
    w = point.w
    unit = unit_of(J, w) if isinstance(J, Function) else 1.0
    if unit != 1.0:
        assert isinstance(J, Function)
        there = in_units(J, unit)
        return _classified(there, there.at(w), tol, radius, flatness, seed).times(unit)
    c = curvature_at(J, point, seed)
    found = _by_all(J, point, c, tol) if c.exact else _by_ends(J, point, c, tol)
    if found.kind in (Kind.NOT_CRITICAL, Kind.CANNOT_TELL):
        largest = _change(J, point, c, radius, seed)
        if largest <= flatness * abs(point.value):
            why = (
                f"within {radius:g} of it J changes by no more than {largest:.2g}; the gradient's "
                f"length is {found.length:.2g}"
            )
            found = _Found(Kind.PLATEAU, why, found.way)
    direction = found.way
    if direction is not None and float(point.grad @ direction) > 0.0:
        direction = -direction
    length = float(norm(point.grad))  # SciPy's does not underflow
    return Verdict(
        kind=found.kind,
        index=c.down,
        exact=c.exact,
        eigenvalues=c.values,
        errors=c.errors,
        direction=direction,
        gradient_norm=length,
        flat=c.flat,
        products=c.products,
        sentence=_sentence(found, c),
        step=found.step,
        gain=found.gain,
    )


def escape_direction(
    J: Cost, w: F64, *, grad: Callable[[F64], F64] | None = None, seed: int = 0
) -> F64:
    """Return the direction of most negative curvature at w, of length 1, not pointing uphill.

    At a degenerate saddle it is one in which terms of higher order go down.

    Args:
        J, w, grad, seed: as in `classify`.

    Raises:
        ValueError: J goes down in no direction that was found.

    """
    verdict = classify(J, w, grad=grad, seed=seed)
    if verdict.direction is None:
        raise ValueError(f"There is no direction of negative curvature to leave w by: {verdict}")
    return verdict.direction


@dataclass(frozen=True)
class _Found:
    """A kind and why."""

    kind: Kind
    why: str
    way: F64 | None
    """A way down."""
    length: float = 0.0
    """Of the gradient."""
    step: F64 | None = None
    gain: float = np.nan


def _by_all(J: Objective, point: Point, c: Curvature, tol: float) -> _Found:
    """Return the kind where all curvatures are known."""
    length, low = float(norm(point.grad)), c.low if c.down else None
    if not len(c.values):
        return _Found(Kind.PLATEAU, "J changes in no direction at all", None, length)
    here = stance(J, point, c, tol)
    if here.critical:
        kind, why, way = _critical(c, here.rest, low, sloped=here.sloped)
        nearer = contradicted(here.rest)
        if nearer is not None:
            kind = Kind.CANNOT_TELL
            why += f", but it goes the other way at a distance of {nearer:.1g}, as at a kink or "
            why += "beside a pole"
    elif here.kinked:
        kind, way = Kind.CANNOT_TELL, low
        why = (
            f"the gradient's length is {length:.3g}, but J does not fall against it: it has a "
            "kink or a pole there"
        )
    elif here.sloping:
        kind, why, way = Kind.NOT_CRITICAL, f"J falls along -gradient ({length:.3g})", low
    else:
        far = float(np.linalg.norm(here.step))
        kind, way = Kind.NOT_CRITICAL, low
        why = (
            f"J falls along -gradient, whose length is {length:.3g}: Newton's step would move w by "
            f"{far:.2g} and lower J by {here.gain:.2g}"
        )
    return _Found(kind, why, way, length, here.step, here.gain)


def _critical(
    c: Curvature, rest: Rest, low: F64 | None, *, sloped: bool
) -> tuple[Kind, str, F64 | None]:
    """Return a critical point's kind, why, and a way down."""
    down, up = int((rest.curves < 0.0).sum()), int((rest.curves > 0.0).sum())
    if down and up:
        return Kind.SADDLE, f"J curves down along {down} and up along {up}", low
    if not len(rest.N):
        kind, way = (Kind.MINIMUM, "up") if up else (Kind.MAXIMUM, "down")
        return kind, f"J curves {way} along all {down + up}", low
    falls = None if down else rest.goes(-1)
    rises = None if up else rest.goes(1)
    zero = f"the curvature is zero within its error along {len(rest.N)}, and there J"
    if (isinstance(falls, Ray) or down) and (isinstance(rises, Ray) or up):
        to = "down" if isinstance(falls, Ray) else "up"
        low = falls.u if isinstance(falls, Ray) else low
        return Kind.SADDLE, f"{zero} goes {to} by terms of higher order", low
    fall = falls.u if isinstance(falls, Ray) else low
    if falls is False and (up or isinstance(rises, Ray)):
        return Kind.MINIMUM, f"{zero} rises {_seen(rest)}", None
    if rises is False and (down or isinstance(falls, Ray)):
        return Kind.MAXIMUM, f"{zero} falls {_seen(rest)}", fall if low is None else low
    if sloped and rest.slope(np.asarray(rest.point.grad, np.float64)):
        return Kind.NOT_CRITICAL, f"{zero} has a slope", low
    doubts = "; ".join(sorted({ray.why for ray in rest.rays if ray.why}))
    return Kind.CANNOT_TELL, f"{zero} does not say: {doubts}", fall


def _seen(rest: Rest) -> str:
    """Say what was looked at."""
    radius = max(ray.radius for ray in rest.rays)
    where = f"at distances from {radius:.1g} on; nearer, its change is lost in rounding"
    if len(rest.N) == 1:
        return f"both ways ({where})"
    return f"along all {len(rest.rays)} directions that were tried ({where})"


def _by_ends(J: Objective, point: Point, c: Curvature, tol: float) -> _Found:
    """Return the kind where only the extreme eigenvalues are known."""
    length, size = float(norm(point.grad)), 1.0 + float(np.linalg.norm(point.w))
    low = c.low if c.down else None
    if not length <= tol * c.size * size:
        why = f"J falls along -gradient, whose length is {length:.3g}"
        return _Found(Kind.NOT_CRITICAL, why, low, length)
    if np.all(np.abs(c.values) <= c.errors) and point.w.size <= _MANY and not c.flat:
        none = np.zeros((0, point.w.size))
        rest = Rest(J, point, none, np.zeros(0), np.eye(point.w.size), tol * size)
        return _Found(*_critical(c, rest, None, sloped=length > 0.0), length)
    if c.down and c.up:
        why = f"J curves down along at least {c.down} and up along at least {c.up}"
        return _Found(Kind.SADDLE, why, low, length)
    if c.values[0] > c.errors[0]:
        return _Found(Kind.MINIMUM, _everywhere("up", c), None, length)
    if c.values[-1] < -c.errors[-1]:
        return _Found(Kind.MAXIMUM, _everywhere("down", c), low, length)
    way, sign = ("up", -1.0) if c.down else ("down", 1.0)
    seen = hidden_way(J, point, c.null, 2.0 * c.slack, sign)
    zero = "where the curvature is zero within its error J"
    if seen is not None:
        low = low if c.down else seen
        return _Found(Kind.SADDLE, f"{zero} goes {way} by terms of higher order", low, length)
    return _Found(Kind.CANNOT_TELL, f"{zero} was not seen to go {way}", low, length)


def _change(J: Objective, point: Point, c: Curvature, radius: float, seed: int) -> float:
    """Return how much J changes within the radius, by its slope, its curvature and its values."""
    g = np.asarray(point.grad, dtype=np.float64)
    along, rng = np.array([g, c.low, c.high]), np.random.default_rng(seed)
    seen = changes(J, point, radius, along, rng)
    return max(seen, float(np.linalg.norm(g)) * radius, 0.5 * c.size * radius**2)


def _everywhere(way: str, c: Curvature) -> str:
    return (
        f"J curves {way} along all that {len(c.values)} products show (none beyond them by more "
        f"than {c.unseen:.2g}, but for a chance of 1e-6)"
    )


def _sentence(found: _Found, c: Curvature) -> str:
    kind = found.kind
    name = {
        Kind.SADDLE: f"A saddle of index {c.down}{'' if c.exact else ' or more'}",
        Kind.NOT_CRITICAL: "Not a critical point",
        Kind.CANNOT_TELL: "Undecided",
        Kind.PLATEAU: "A plateau",
        Kind.MINIMUM: "A minimum",
        Kind.MAXIMUM: "A maximum",
    }[kind]
    degenerate = c.exact and "terms of higher order" in found.why
    if kind is Kind.SADDLE and (not c.down or degenerate):
        name = "A degenerate saddle"
    text = f"{name}: {found.why}"
    if len(c.values):
        text += (
            f"; the smallest curvature is {c.values[0]:.3g} (error {c.errors[0]:.1g}), the largest "
            f"{c.values[-1]:.3g} (error {c.errors[-1]:.1g})"
        )
    if c.flat:
        named = ", ".join(f"{name} ({count})" for name, count in c.flat.items())
        text += f"; flat whatever the labels: {named}"
    return f"{text}."
