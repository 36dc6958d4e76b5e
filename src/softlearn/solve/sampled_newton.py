r"""Newton's method where a pass over all rows is slow: most of the work is done on a sample.

It starts from the minimum over a sample of the rows that is in memory.  Its first steps go towards
the minimum of the tilted sample

    J_S(w) + <grad J(w0) - grad J_S(w0), w>,

J_S over rows drawn by their curvature at w0, so they cost one pass over all rows each, for the next
gradient.  How far they go is decided by other rows of the sample: the rows that gave the direction
would let it go too far.  Then come Newton's steps, preconditioned by the sample's Hessian; the
conjugate gradients within that run in memory.

Reference: Shamir, Srebro and Zhang, ICML 2014 (DANE), for the first steps; Roosta-Khorasani and
Mahoney, Math. Program. 174 (2019), sub-sampled Newton methods.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar, Protocol

import numpy as np

from .._internal.format import duration
from ..protocol import F64, LinearMap, Objective, Point, Status, Step
from .cg import Solve, conjugate_gradients
from .line_search import line_search
from .minimize import minimize
from .newton import Course, Newton
from .precision import PrecisionCheck
from .recycled_preconditioner import RecycledPreconditioner
from .saved_newton import SavedPreconditioner
from .tilted import Tilted

__all__ = ["PASSES", "SampledNewton"]

PASSES = 20
"""About how many passes over all rows a fit takes."""
_START = 0.01  # the gap at which the minimum over the first sample is accurate enough
_RESIDUAL = 1e-3  # of the decrement: how accurately the sample's equations are solved
_MOST = 500  # products for that
_NUMBERS = 1 << 22  # in the products that are kept, at most
_TILTED = 6  # steps on tilted samples, at most,
_WORTH = 1e-3  # of J: and only while the minimum is farther than this
_SOLVED = 0.1  # of the first decrement: how accurately a tilted sample is minimised
_INNER = 30  # steps for that, at most
_FALLS = 0.3  # of the last distance: as long as they come so much closer
_FEW = 0.125  # of the sample: rows that decide about the length of a step
_SLOPE = 0.5  # of the slope: how much may remain after a step
_MANY = 8  # products in a step: the sample tells too little of the Hessian


class Sampled(Objective, Protocol):
    """An objective that can be sampled: `softlearn.objective.SoftmaxObjective`."""

    def even_sample(self) -> Sampled:
        """Return it over rows drawn evenly, with a penalty as for these alone."""
        ...

    def sample(self, point: Any, seed: int) -> Sampled:
        """Return it over rows drawn by their curvature at a point."""
        ...

    def split(self, share: float) -> tuple[Sampled, Sampled]:
        """Return it over a share of its rows, and before that over the others."""
        ...


@dataclass(frozen=True)
class SampledNewton(Newton):
    """Newton's method from the minimum of a sample, with the sample's Hessian.

    Args:
        on_sample: gives the `Newton` for a sample, which also says what preconditions it.
        saved: the `Step.course` of an earlier run that ended at w0: it is continued.

    """

    on_sample: Callable[[Any], Any] = lambda _: Newton()
    saved: Mapping[str, Any] | None = None
    left: ClassVar[float] = 1e-2
    rough: ClassVar[float] = 0.02
    ends_at_proof: ClassVar[bool] = True

    def steps(self, J: Any, w0: F64, tol: float) -> Iterator[Step]:
        """Yield the first point and then one Step after another."""
        course, saved = Course(J), dict(self.saved or {})
        tilted, drawn = int(saved.pop("tilted", 0)), saved.pop("drawn", None)
        far = saved.pop("far", np.inf)
        if drawn is not None or "inverse" in saved:
            course.numbers = saved
        ended: Status | None = None
        if self.saved is None:
            w0, ended = self._start(J, w0)
        began, read = time.perf_counter(), J.passes
        point = J.at(w0)
        took = (time.perf_counter() - began) / max(J.passes - read, 1.0)
        note = f"a pass takes {duration(took)}, and some {PASSES} are needed"
        at: dict[str, Any] = {"tilted": tilted, "far": far}
        yield Step(point, course.lower, note=note, course=self.saved or at)
        if ended is Status.STOPPED_BY_USER:
            raise KeyboardInterrupt
        if "inverse" in saved:
            yield from self._without_sample(J, point, tol, course, saved)
            return
        there = point if drawn is None else J.at(drawn)
        sample = J.sample(there, self.seed + tilted)
        while drawn is None and tilted < _TILTED:
            d, expected = self._tilted(point, sample)
            if not _FALLS * far > expected > _WORTH * abs(point.value):
                break
            tilted, far = tilted + 1, expected
            line = point.along(d)
            t = line_search(line, point.value, -2.0 * expected, curvature=_SLOPE)
            point = line.point(t) if t > 0.0 else point
            del line, sample
            at = {"tilted": tilted, "far": far}
            yield Step(point, decrement=expected, note="on a sample", course=at)
            sample, there = J.sample(point, self.seed + tilted), point
        at = {"tilted": tilted, "far": far, "drawn": there.w}
        inverse = _InverseOfSample(sample, self.on_sample(sample))
        if drawn is not None and "counts" in saved:
            inverse.arrays = saved
        del there, sample
        newton = self.go_on(J, point, tol, course, inverse)
        next(newton)  # the point that was yielded last
        step: Step | None = None
        while inverse.products <= _MANY:
            step = next(newton, None)
            if step is None:
                return
            point = step.point
            yield replace(step, course={**at, **course.numbers, **inverse.arrays})
        kind = inverse.solver.preconditioner
        del newton, inverse, step
        yield from self._without_sample(J, point, tol, course, {"kind": kind})

    def _without_sample(
        self, J: Objective, point: Point, tol: float, course: Course, saved: Mapping[str, Any]
    ) -> Iterator[Step]:
        """Yield the steps that follow, where the Hessian is preconditioned without a sample.

        Args:
            J: the objective.
            point: the last one that was yielded.
            tol: as of `steps`.
            course: what is known there.
            saved: the course of such a step, or the kind of the preconditioner.

        """
        kind = saved.get("kind", "classwise")
        inverse = SavedPreconditioner("classwise" if kind == "exact" else kind, self.seed)
        if "inverse" in saved:
            inverse.restore(J, saved)
        newton = self.go_on(J, point, tol, course, inverse)
        next(newton)
        for step in newton:
            yield replace(step, course={**course.numbers, **inverse.numbers})

    def _start(self, J: Sampled, w0: F64) -> tuple[F64, Status]:
        """Return the minimum over a sample, or w0 if it has none; and how its search ended."""
        sample = J.even_sample()
        found = minimize(sample, self.on_sample(sample), w0, _START)
        lost = found.status is Status.NO_FINITE_OPTIMUM or not np.isfinite(found.value)
        return (w0 if lost else found.w), found.status

    def _tilted(self, point: Point, sample: Sampled) -> tuple[F64, float]:
        """Return the way to the minimum of a tilted sample, and the gain that it promises."""
        most, few = sample.split(_FEW)
        d = self._towards(point, most)
        expected = -0.5 * float(point.grad @ d)
        if not expected > 0.0:
            return d, 0.0
        other = Tilted(few, point.grad - few.at(point.w).grad).at(point.w)
        length = line_search(other.along(d), other.value, -2.0 * expected, curvature=0.1)
        return length * d, length * expected

    def _towards(self, point: Point, sample: Objective) -> F64:
        """Return the way to the minimum of the tilted sample."""
        J, first = Tilted(sample, point.grad - sample.at(point.w).grad), np.inf
        w = point.w
        for k, step in enumerate(self.on_sample(sample).steps(J, point.w, _SOLVED)):
            w = step.point.w
            first = min(first, step.decrement if k == 1 else np.inf)
            if step.stuck or k == _INNER or (k and step.decrement <= _SOLVED * first):
                break
        return w - point.w


class _InverseOfSample(RecycledPreconditioner):
    """Solves the equations of the sample's Hessian, and mends it by products with that of all rows.

    All else is made anew at each point, so a fit that goes on gives the same bits.
    """

    def __init__(self, sample: Objective, solver: Newton) -> None:
        super().__init__(solver.preconditioner, solver.seed)
        self.most = min(self.most, max(_NUMBERS // max(sample.size, 1), 1))
        self.sample, self.solver = sample, solver
        self.products = 0.0
        """Those of the last solve."""
        self._all: Point | None = None
        self._some: Point | None = None

    def at(self, point: Point, mu: float = 0.0) -> LinearMap:
        """Return r -> v with (H + mu G) v = r over the sample, nearly."""
        if self._some is None or self._all is not point:
            self._all = self._some = None  # release the old ones
            self._all, self._some = point, self.sample.at(point.w)
        vectors, M = self.sample.vectors, self.solver.inverse().at(self._some, mu)
        product = PrecisionCheck(self.sample).product(self._some, mu, M)

        def solve(r: F64) -> F64:
            return conjugate_gradients(product, -r, M, _enough, _MOST, vectors=vectors).v

        return self._mended(solve)

    @property
    def arrays(self) -> dict[str, F64]:
        """The products, to be saved."""
        every = [pair for solve in self.pairs for pair in solve]
        empty = np.zeros((0, self.sample.size))
        return {
            "last": np.array([self.products]),
            "counts": np.array([len(solve) for solve in self.pairs], dtype=np.float64),
            "directions": np.array([s for s, _ in every]) if every else empty,
            "products": np.array([y for _, y in every]) if every else empty,
        }

    @arrays.setter
    def arrays(self, saved: Mapping[str, F64]) -> None:
        (self.products,) = saved["last"].tolist()
        pairs = iter(list(zip(saved["directions"], saved["products"], strict=True)))
        self.pairs = [list(islice(pairs, int(count))) for count in saved["counts"]]

    @property
    def budget(self) -> int:
        """The products after which to look at a new one: never."""
        return 1 << 30

    def learn(self, solve: Solve) -> None:
        """Count the products; nothing else is kept."""
        self.products = float(solve.iterations)


def _enough(v: F64, r: F64, decrement: float, remaining: float) -> bool:
    return remaining <= _RESIDUAL * decrement
