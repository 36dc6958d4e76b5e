"""What kind of point this is: minimum, maximum, saddle or plateau, or that nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.linalg import norm

from ..protocol import F64, Objective, Point
from .curvature import Curvature, curvature_at
from .differences import ByDifferences, Cost, as_objective
from .probes import changes, hidden_way

__all__ = ["Kind", "Verdict", "classify", "escape_direction"]


class Kind(StrEnum):
    """The kinds of points; each equals its text."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    PLATEAU = "plateau"
    NOT_CRITICAL = "not critical"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """What `classify` found."""

    kind: Kind
    index: int
    """How many directions J curves down along: eigenvalues surely below zero."""
    exact: bool
    """Whether all eigenvalues were computed; if not, the index may be larger."""
    eigenvalues: F64
    """(m,) ascending, those of flat directions left out: all, or Lanczos's."""
    errors: F64
    """(m,) an eigenvalue of the Hessian lies within the error of each."""
    direction: F64 | None
    """(size,) of length 1, the way down with the steepest curvature; None if none was found."""
    gradient_norm: float
    flat: dict[str, int]
    """How many directions there are along which this kind of J never changes, by name."""
    products: int
    """Products with the Hessian that this took."""
    sentence: str
    """All this for a reader."""

    def __str__(self) -> str:
        return self.sentence


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

    Critical is a point whose gradient is so short that the steepest curvature makes up for it
    within tol of the size of w: |g| <= tol max |lambda| (1 + |w|).  There the signs of the
    Hessian's eigenvalues decide.  Up to 300 parameters all are computed; beyond, Lanczos's method
    finds the extreme ones in 90 products or fewer.  An eigenvalue counts where it is further from
    zero than its error: the residual's norm, the rounding of products, and a millionth of the
    largest.  Directions that are flat by a symmetry of J are named and left out.

    Elsewhere, a plateau is where slope, curvature and J itself say that J changes little in the
    ball around w: |g| r, max |lambda| r^2 / 2 and |J(w + r u) - J(w)| are all at most
    flatness |J(w)|, u along the gradient, the extreme eigenvectors and 32 random directions.

    Args:
        J: an objective, or a plain function w -> number.
        w: (size,), where.
        grad: the gradient of a plain function; by differences if absent.
        tol: how close to critical is critical.
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
    c = curvature_at(J, point, seed)
    length = float(norm(point.grad))  # SciPy's does not underflow
    direction = c.low if c.down else None
    rough = J.rounding(w)[0] if isinstance(J, ByDifferences) else 0.0
    if length <= tol * c.size * (1.0 + float(np.linalg.norm(w))) + rough:
        kind, why, direction = _critical(J, point, c)
    else:
        kind, why = Kind.NOT_CRITICAL, f"J falls along -gradient, whose length is {length:.3g}"
    if kind in (Kind.NOT_CRITICAL, Kind.CANNOT_TELL):
        most = _change(J, point, c, radius, seed)
        if most <= flatness * abs(point.value):
            kind, why = (
                Kind.PLATEAU,
                (
                    f"within {radius:g} of it J changes by no more than {most:.2g}; the gradient's "
                    f"length is {length:.2g}"
                ),
            )
    if direction is not None and float(point.grad @ direction) > 0.0:
        direction = -direction
    return Verdict(
        kind=kind,
        index=c.down,
        exact=c.exact,
        eigenvalues=c.values,
        errors=c.errors,
        direction=direction,
        gradient_norm=length,
        flat=c.flat,
        products=c.products,
        sentence=_sentence(kind, why, c),
    )


def escape_direction(
    J: Cost, w: F64, *, grad: Callable[[F64], F64] | None = None, seed: int = 0
) -> F64:
    """Return the direction of length 1 in which J at w curves down most, the gradient not against.

    At a degenerate saddle, one in which terms of higher order go down.

    Args:
        J, w, grad, seed: as in `classify`.

    Raises:
        ValueError: J goes down in no direction that was found.

    """
    verdict = classify(J, w, grad=grad, seed=seed)
    if verdict.direction is None:
        raise ValueError(f"There is no direction of negative curvature to leave w by: {verdict}")
    return verdict.direction


def _critical(J: Objective, point: Point, c: Curvature) -> tuple[Kind, str, F64 | None]:
    """Return a critical point's kind by the signs of its eigenvalues, why, and a way down."""
    low = c.low if c.down else None
    if c.down and c.up:
        least = "" if c.exact else "at least "
        why = f"J curves down along {least}{c.down} and up along {least}{c.up}"
        return Kind.SADDLE, why, low
    if not len(c.values):
        return Kind.PLATEAU, "J changes in no direction at all", None
    if c.values[0] > c.errors[0]:
        return Kind.MINIMUM, _everywhere("up", c), None
    if c.values[-1] < -c.errors[-1]:
        return Kind.MAXIMUM, _everywhere("down", c), low
    way, sign = ("up", -1.0) if c.down else ("down", 1.0)
    found = hidden_way(J, point, c.null, 2.0 * c.slack, sign)
    zero = "where the curvature is zero within its error J"
    if found is not None:
        low = low if c.down else found
        return Kind.SADDLE, f"{zero} goes {way} by terms of higher order", low
    return Kind.CANNOT_TELL, f"{zero} was not seen to go {way}", low


def _change(J: Objective, point: Point, c: Curvature, radius: float, seed: int) -> float:
    """Return how much J changes within the radius, by its slope, its curvature and its values."""
    g = np.asarray(point.grad, dtype=np.float64)
    along, rng = np.array([g, c.low, c.high]), np.random.default_rng(seed)
    seen = changes(J, point, radius, along, rng)
    return max(seen, float(np.linalg.norm(g)) * radius, 0.5 * c.size * radius**2)


def _everywhere(way: str, c: Curvature) -> str:
    if c.exact:
        return f"J curves {way} along all {len(c.values)}"
    return (
        f"J curves {way} along all that {len(c.values)} products show (none beyond them by more "
        f"than {c.unseen:.2g}, but for a chance of 1e-6)"
    )


def _sentence(kind: Kind, why: str, c: Curvature) -> str:
    name = {
        Kind.SADDLE: f"A saddle of index {c.down}{'' if c.exact else ' or more'}",
        Kind.NOT_CRITICAL: "Not a critical point",
        Kind.CANNOT_TELL: "Nobody can tell",
        Kind.PLATEAU: "A plateau",
        Kind.MINIMUM: "A minimum",
        Kind.MAXIMUM: "A maximum",
    }[kind]
    if kind is Kind.SADDLE and not c.down:
        name = "A degenerate saddle"
    text = f"{name}: {why}"
    if len(c.values):
        text += (
            f"; the smallest curvature is {c.values[0]:.3g} (error {c.errors[0]:.1g}), the largest "
            f"{c.values[-1]:.3g} (error {c.errors[-1]:.1g})"
        )
    if c.flat:
        named = ", ".join(f"{name} ({count})" for name, count in c.flat.items())
        text += f"; flat whatever the labels: {named}"
    return f"{text}."
