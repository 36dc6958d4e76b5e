"""Newton's method with the absolute values of the curvatures: saddles repel it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point, Step, length
from .line_search import line_search

__all__ = ["SaddleFreeNewton", "downhill"]

_STILL = 4e-15  # a relative change of J below the rounding error of float64 sums
_LEAST = 1e-12  # of the largest curvature: smaller ones are raised to this, and steps stay finite
_TRUST = 1e-6  # of the largest curvature: a smaller one counts as zero
_AT_IT = 1e-6  # of the size of w: a step this short means that the point is critical
_WATCHED = 100  # steps in which one of three must happen:
_PROGRESS = 1e-2  # J falls by this share of its whole fall,
_LOWER, _SHORTER = 0.99, 0.999  # J falls by this share of itself, or the shortest gradient does
_TRIES = 40  # halvings and doublings of a step away from a saddle


@dataclass(frozen=True)
class SaddleFreeNewton:
    """w <- w - t |H|^-1 grad, |H| the Hessian with its eigenvalues made positive.

    Along each eigenvector the step has Newton's length and goes downhill, so that maxima and
    saddles, which attract Newton's method, repel this one.  From a saddle it steps along the
    eigenvector of the smallest eigenvalue.  A line search finds t.

    Up to `whole` parameters the whole H is formed; beyond, a step is taken in the Krylov space of H
    from the gradient and the last lowest eigenvector, of `subspace` dimensions.

    Args:
        whole: the most parameters for which the whole Hessian is formed.
        subspace: dimensions, and products with H, of a step beyond that.
        seed: of the first guess of the lowest eigenvector.
        name: the name of this choice.

    Reference: Dauphin et al., NeurIPS (2014), algorithm 1.

    """

    whole: int = 200
    subspace: int = 40
    seed: int = 0
    name: str = "saddle-free-newton"

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, lower, idle = J.at(w0), -np.inf, 0
        if not _finite(point):
            yield Step(point)
            return
        low = np.random.default_rng(self.seed).normal(size=len(point.w))
        curvature = self._curvature(point, low)
        yield Step(point, searching=curvature.falls)
        progress = _Progress(point)
        while True:
            new = downhill(point, curvature.low) if curvature.on_saddle(point) else None
            d = curvature.direction
            if new is None:
                t = line_search(point.along(d), point.value, float(point.grad @ d))
                new = point.along(d).point(t) if t > 0.0 else point
            decrement = max(0.0, -0.5 * float(point.grad @ d))
            if decrement <= tol * abs(point.value):
                lower = max(lower, point.bound(d), point.bound())
            gain = point.value - new.value
            idle = idle + 1 if gain <= _STILL * abs(point.value) else 0
            stuck = new is point or idle >= 3
            if not _finite(new):
                yield Step(new, lower)
                return
            if new is not point:
                point, curvature = new, self._curvature(new, curvature.low)
                stuck = stuck or progress.ended(point)
            yield Step(point, lower, decrement, curvature.note, stuck, searching=curvature.falls)

    def _curvature(self, point: Point, low: F64) -> _Curvature:
        g = np.asarray(point.grad, dtype=np.float64)
        whole = len(g) <= self.whole
        starts = np.eye(len(g)) if whole else np.array([g, low])
        Q, HQ = _subspace(point.hvp, starts, len(g) if whole else min(self.subspace, len(g)))
        A = Q @ HQ.T
        size = float(np.abs(A).max()) if np.isfinite(A).all() else 0.0
        if not size > 0.0:
            return _Curvature(-g, low, 0.0, 0.0, len(Q))
        values, V = np.linalg.eigh(0.5 * (A / size + A.T / size))
        values = size * values  # scaled, since sums of the largest numbers overflow
        size = float(np.abs(values).max())
        vectors = V.T @ Q
        parts = (vectors @ g) / np.maximum(np.abs(values), _LEAST * size)
        return _Curvature(-(parts @ vectors), vectors[0], float(values[0]), size, len(Q))


class _Progress:
    """Whether there is progress: J falls, or the shortest gradient becomes shorter."""

    def __init__(self, first: Point) -> None:
        self.first, self.seen = first.value, deque([(first.value, length(first.grad))], _WATCHED)

    def ended(self, point: Point) -> bool:
        """Take the next point; return whether the last steps have made no progress."""
        (value, norm), shortest = self.seen[0], self.seen[-1][1]
        full = len(self.seen) == _WATCHED
        self.seen.append((point.value, min(shortest, length(point.grad))))
        gain, fall = value - point.value, self.first - point.value
        still = gain <= min(_PROGRESS * fall, (1.0 - _LOWER) * abs(value))
        return full and still and self.seen[-1][1] >= _SHORTER * norm


@dataclass(frozen=True)
class _Curvature:
    """What is known of the Hessian at a point."""

    direction: F64
    """-|H|^-1 g."""
    low: F64
    """The eigenvector of the smallest eigenvalue."""
    least: float
    """That eigenvalue."""
    size: float
    """The largest eigenvalue in size."""
    products: int

    @property
    def falls(self) -> bool:
        """Whether J surely curves down along some direction: then this is no minimum."""
        return self.least < -_TRUST * self.size

    def on_saddle(self, point: Point) -> bool:
        """Whether the point is critical, and J curves down from it."""
        return self.falls and length(self.direction) <= _AT_IT * (1.0 + length(point.w))

    @property
    def note(self) -> str:
        return f"{self.products} products, least curvature {self.least:.2g}"


def downhill(point: Point, v: F64) -> Point | None:
    """Return a lower point along v or -v, found by doubling the step.

    Args:
        point: a saddle, or near one.
        v: (size,) a direction in which J curves down.

    Returns:
        The point, or None if J was not seen to fall.

    """
    if float(np.asarray(point.grad) @ v) > 0.0:
        v = -v
    t = 0.1 * (1.0 + float(np.linalg.norm(point.w))) / float(np.linalg.norm(v))
    for _ in range(_TRIES):
        best = min((point.along(u).point(t) for u in (v, -v)), key=lambda p: _worth(p.value))
        if best.value < point.value:
            return _further(point, best)
        t *= 0.5
    return None


def _further(point: Point, best: Point) -> Point:
    """Double the step from point to best while J falls."""
    line = point.along(best.w - point.w)
    for k in range(1, _TRIES):
        new = line.point(2.0**k)
        if not (new.value < best.value and _finite(new)):
            break
        best = new
    return best


def _worth(value: float) -> float:
    return np.inf if np.isnan(value) else value


def _finite(point: Point) -> bool:
    return bool(np.isfinite(point.value) and np.isfinite(point.grad).all())


def _subspace(product: Callable[[F64], F64], starts: F64, max_products: int) -> tuple[F64, F64]:
    """Return an orthonormal basis Q of the Krylov space of H from the starts, and H Q, as rows."""
    queue, Q, HQ = deque(starts), np.zeros((0, starts.shape[1])), []
    while queue and len(Q) < max_products:
        v = queue.popleft()
        size = float(np.linalg.norm(v))
        for _ in range(2):  # twice, since once leaves rounding errors
            v = v - (Q @ v) @ Q
        if not float(np.linalg.norm(v)) > 1e-10 * size:
            continue
        Q = np.vstack([Q, v / np.linalg.norm(v)])
        HQ.append(np.asarray(product(Q[-1]), dtype=np.float64))
        queue.append(HQ[-1])
    return Q, np.array(HQ).reshape(Q.shape)
