r"""Decides a point with curvatures of zero within their error, from values of J over many radii.

Along the directions C of surely nonzero curvature J is close to a quadratic.  The other directions
N decide (the splitting lemma: near a critical point J is a quadratic on C plus a function phi on N,
in some coordinates), so J is followed at the bottom of the valley, or on the crest, over N:

    phi(u)  =  J(w + u + c),    c along C such that the gradient along C vanishes

Without that, x^2 - 3 x y^2 + 2 y^4 would look like a minimum along every line.  Along a ray J
counts as rising, or falling, if at the three smallest radii r, 3r, 9r at which its change
exceeds rounding by a factor of 16

    phi has one sign;  log phi grows with log r by 1.5 or more, so that it is no slope;  and by no
    more than between the larger two (+ 0.4), since a lower power of the other sign would show in
    this way before it dominates

If N has one dimension, its two rays are all.  If it has more, rays are tried along a basis, at
random, and along the places where log |phi| is lowest on spheres (L-BFGS from several starts), each
sphere a third of the one before: this follows flat valleys, such as x^4 - y^8 in any axes.  If J
rises along all of them, that is evidence and no proof; if it falls along one, that is certain down
to the smallest radius.  Terms smaller than rounding cannot be seen.

Reference: Gromoll and Meyer, Topology 8 (1969), for the lemma; Peano's example is that above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize as scipy_minimize

from ..protocol import F64
from .steps import least_step
from .valley import STEP, Valley

__all__ = ["Ray", "Rest"]

_RATIO = 3.0  # of two radii
_MAX_RADII = 90  # radii: 42 orders of magnitude
_CLEAR = 16.0  # times rounding: what counts as a change
_POWER, _SPREAD = 1.5, 0.4
_RANDOM, _STARTS, _AXES = 12, 2, 24
_NEAREST = 1e-18  # of the size of w, 1 at least: the smallest radius of a ray
_SPHERES = 16  # from 0.3 of the size of w inwards, a third as large each
_FEW = 10  # dimensions in which so many are looked at; a third of them in more
_MORE = 4  # spheres in a row on which J must be below, where no power is followed
_ITERATIONS = 20
_BEYOND = 1e3
_SETTLED = 10.0  # the slope of log phi, per radian, at the end of a search for where it is lowest
_SLOPE = "it has a slope along it"
_STEEP = "where it changes least was not found"
_DROWNS = "its changes along it drown in rounding"


@dataclass(frozen=True)
class Ray:
    """The behaviour of J along a direction."""

    u: F64
    sign: int
    """1 where it rises, -1 where it falls, 0 where neither is clear."""
    radius: float
    """The smallest radius at which that shows."""
    why: str = ""


@dataclass
class Rest(Valley):
    """J along the directions that curvatures leave undecided: its values on rays in the valley."""

    rays: list[Ray] = field(default_factory=list)
    _left: Iterator[Ray] | None = None

    def ray(self, u: F64) -> Ray:
        """Return the behaviour of J along u."""
        u = u / np.linalg.norm(u)
        least = max(10.0 * least_step(self.w, u), _NEAREST * self.start)
        seen = self._seen(u, least)
        return self._judged(u, seen) if len(seen) >= 3 else Ray(u, 0, np.inf, _DROWNS)

    def _seen(self, u: F64, least: float) -> list[tuple[float, float]]:
        """Return radii and changes, from the smallest that shows.

        Rounding that is visible at one radius may be invisible at a smaller one, as in
        cosh(w) - 1 - w^2 / 2, which is computed as -w^2 / 2 where cosh(w) is 1 to the last digit.
        So rounding inside J is assumed at all smaller radii, and where it is as large as a change,
        smaller radii are not used.
        """
        out: list[tuple[float, float]] = []
        r, inside = self._first(u, least), 0.0
        for _ in range(_MAX_RADII):
            change = self.change(r * u)
            rough, within = self.noise(u, r)
            inside = max(inside, within)
            if not np.isfinite(change):
                out, inside = [], 0.0
            elif abs(change) <= _CLEAR * max(rough, inside, self.rounding(change, u)):
                break
            else:
                out.append((r, change))
            r /= _RATIO
            if r < least:
                break
        return [(r, change) for r, change in out[::-1] if abs(change) > _CLEAR * max(rough, inside)]

    def _first(self, u: F64, least: float) -> float:
        """Return a radius from which to go down: 0.3 of the size of w, or more where J is flat."""
        r = max(0.3 * self.start, least * _RATIO**3)
        for _ in range(_MAX_RADII // 2):
            change = self.change(r * u)
            rough = max(self.noise(u, r)[0], self.rounding(change, u))
            if not abs(change) <= 1e4 * rough:
                return r
            r *= _RATIO
        return r

    def _judged(self, u: F64, seen: list[tuple[float, float]]) -> Ray:
        """Say whether changes at three radii are those of a power, the smallest three that can be.

        Where they are those of a slope, w is beside the critical point: larger radii are tried, up
        to 1,000 times the distance that is allowed.
        """
        first = _power(u, seen[:3])
        if first.why != _SLOPE:
            return first
        for k in range(1, len(seen) - 2):
            if seen[k][0] > _BEYOND * self.reach:
                break
            ray = _power(u, seen[k : k + 3])
            if ray.sign:
                return ray
        return first

    def slope(self, g: F64) -> bool:
        """Say whether J falls like a slope against g, further away than the critical point is."""
        length = float(np.linalg.norm(g))
        if not length > 0.0:
            return False
        seen = self._seen(-g / length, 10.0 * self.reach)
        for k in range(len(seen) - 2):
            changes = np.array(seen[k : k + 3])[:, 1]
            powers = np.diff(np.log(np.abs(changes))) / np.log(_RATIO)
            if (changes < 0.0).all() and (powers < _POWER).all():
                return True
        return False

    def goes(self, sign: int) -> Ray | bool | None:
        """Return a ray along which J goes down (-1) or up (1), False if none, None if unclear."""
        if self._left is None:
            self._left = self._tried()
        for ray in self.rays:
            if ray.sign == sign:
                return ray
        for ray in self._left:
            self.rays.append(ray)
            if ray.sign == sign:
                return ray
        return False if all(ray.sign == -sign for ray in self.rays) else None

    def _tried(self) -> Iterator[Ray]:
        rng, k = np.random.default_rng(0), len(self.N)
        mixed = rng.normal(size=(0 if k == 1 else _RANDOM, k)) @ self.N
        for u in (*self.N[:_AXES], *mixed):
            yield self.ray(u)
            yield self.ray(-u)
        signs = {ray.sign for ray in self.rays} - {0}
        if k > 1 and len(signs) == 1:
            yield from self._flattest(signs.pop())

    def _flattest(self, sign: int) -> Iterator[Ray]:
        """Yield the behaviour of J where |phi| is smallest, if phi has had one sign everywhere."""
        rng, k = np.random.default_rng(1), len(self.N)
        flat = sorted(self.rays, key=lambda ray: (abs(ray.sign), -ray.radius))[:_STARTS]
        starts = [self.N @ ray.u for ray in flat] + list(rng.normal(size=(_STARTS, k)))
        nearest = max((ray.radius for ray in self.rays if ray.sign), default=0.0)
        for a in starts:
            yield self._along_valley(a, sign, nearest, _SPHERES if k <= _FEW else _SPHERES // 3)

    def _along_valley(self, a: F64, sign: int, nearest: float, max_radii: int) -> Ray:
        """Follow where sign phi is lowest on spheres, inwards."""
        seen: list[tuple[float, float]] = []
        r, inside = max(0.3 * self.start, _RATIO**3 * nearest), 0.0
        settled = True
        for _ in range(max_radii):
            a, settled = self._lowest(a, r, sign)
            u = a @ self.N / float(np.linalg.norm(a))
            change = self.change(r * u)
            rough, within = self.noise(u, r)
            inside = max(inside, within) if np.isfinite(change) else 0.0
            if abs(change) <= _CLEAR * max(rough, inside, self.rounding(change, u)):
                break
            if np.isfinite(change):
                seen.append((r, change))
            r /= _RATIO
            if r < nearest:
                break
        seen = seen[: -_MORE - 1 : -1]
        signs = {float(np.sign(change)) for _, change in seen}
        if len(seen) >= _MORE and signs == {-float(sign)}:
            return Ray(u, -sign, seen[0][0])
        if not settled:
            return Ray(u, 0, r, _STEEP)
        return _power(u, seen[:3]) if len(seen) >= 3 else Ray(u, 0, np.inf, _DROWNS)

    def _lowest(self, a: F64, r: float, sign: int) -> tuple[F64, bool]:
        """Return the mixture of N's rows near a for which log(sign phi) is lowest at radius r.

        Or one for which sign phi is below zero.  Also whether the search settled: where log phi
        is still steep at its end, phi may have the other sign in a cone that is too narrow to find.
        """
        below: list[F64] = []

        def log(a: F64) -> tuple[float, F64]:
            size = float(np.linalg.norm(a))
            at = self.place(r * (a @ self.N) / size)
            change = sign * (self.value(at) - self.J0)
            if not change > self.rough:
                below.append(a / size)
                raise StopIteration
            slopes = self.slopes(at, self.N, np.full(len(a), STEP * r)) * sign * r / size
            slopes -= float(slopes @ a) * a / size**2
            return float(np.log(change)), slopes / change

        a = a / float(np.linalg.norm(a))
        options: Any = {"maxiter": _ITERATIONS}
        try:
            done = scipy_minimize(log, a, jac=True, method="L-BFGS-B", options=options)
        except StopIteration:
            return below[0], True
        size = float(np.linalg.norm(done.x))
        settled = bool(np.abs(done.jac).max() * size <= _SETTLED)
        return (np.asarray(done.x) / size if np.isfinite(size) and size > 0.0 else a), settled


def _power(u: F64, seen: list[tuple[float, float]]) -> Ray:
    """Say whether changes at three radii are those of a power."""
    radii, changes = np.array(seen).T
    inner, outer = np.diff(np.log(np.abs(changes))) / np.log(_RATIO)
    if inner < _POWER and changes[0] * changes[1] > 0.0:
        return Ray(u, 0, radii[0], _SLOPE)
    if not (np.sign(changes) == np.sign(changes[0])).all():
        return Ray(u, 0, radii[0], "it goes up and down along it")
    if inner > outer + _SPREAD:
        return Ray(u, 0, radii[0], "its changes along it follow no power of the distance")
    return Ray(u, int(np.sign(changes[0])), float(radii[0]))
