"""One minimisation watched from outside: each point, the end in words, and saddles left."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..landscape import Kind, PlateauWatch, Verdict, classify
from ..protocol import F64, Objective, Point, Result, Solver, Status, Step
from ..solve import Rule, Stochastic, downhill, minimize_steps
from .cost import Cost

__all__ = ["Iterate", "Minimum", "leaving_saddles", "walk"]

_FALLEN, _AWAY = 1e20, 1e10  # times the start: J so low, w so far, no flatter: it goes on for ever
_FINER, _FINEST = 1e-3, 1e-30  # how the tolerance is tightened, and how far
_NEAR = 1e-3  # of the size of w: where a minimum is still one
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)  # of J at the start: what digits cannot show


@dataclass(frozen=True)
class Iterate:
    """Where a solver is after step k."""

    k: int
    w: Any
    """Nested like w0."""
    value: float
    gradient_norm: float
    note: str
    """What the solver says of the step, and of a plateau that an update rule is on."""


@dataclass(frozen=True, kw_only=True)
class Minimum(Result):
    """Where a minimisation ended: a `Result` with w nested like w0."""

    w: Any
    flat: F64 = field(repr=False)
    """w as one vector."""
    objective: Cost = field(repr=False)
    """J as an objective of one vector."""
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was said on the way of plateaus, as an update rule stood on them."""
    verdict: Verdict | None = field(default=None, repr=False)
    """What kind of point this is, where "auto" has asked."""

    @property
    def sentence(self) -> str:
        """How it ended."""
        return " ".join(part for part in (self.status.value, self.detail) if part)

    def classify(self) -> Verdict:
        """Say whether w is a minimum, a saddle or a plateau, by `softlearn.landscape.classify`."""
        return self.verdict or classify(self.objective, self.flat)

    def __str__(self) -> str:
        return f"J = {self.value:.9g} at w = {self.w}, |gradient| = {self.gradient_norm:.2g}.  " + (
            f"{self.sentence}  {self.verdict or ''}".rstrip()
        )


Walk = Generator[Iterate, None, Minimum]


def walk(
    J: Cost, solver: Solver, start: F64, tol: float, max_steps: int, before: Minimum | None = None
) -> Walk:
    """Yield each point that a solver reaches; return where it ended.

    Args:
        J: the objective.
        solver: the solver.
        start: (size,), where from.
        tol, max_steps: as in `softlearn.solve.minimize`.
        before: a walk that this one goes on from, at its end or one step further.

    """
    watched = _Watched(solver, tol)
    run = minimize_steps(J, watched, start, tol, max_steps)
    again = before is not None and np.array_equal(start, before.flat)  # the first point is known
    first, trace = (before.n_steps + (not again), before.trace) if before else (0, [])
    watch = PlateauWatch(J) if isinstance(solver, Rule | Stochastic) else None
    notes: list[str] = []
    while True:
        try:
            progress = next(run)
        except StopIteration as end:
            result = watched.judged(end.value)
            break
        point = watched.point
        if again and progress.k == 0:
            continue
        w, length, note = J.tree.restore(point.w), _norm(point.grad), progress.note
        if watch and (text := watch.take(point.value, point.w, length)):
            notes.append(text)
            note = f"{note} {text}".strip()
        try:
            yield Iterate(first + progress.k, w, point.value, length, note)
        except KeyboardInterrupt:  # thrown by whoever watches, and has seen enough
            result = watched.judged(_stopped(run))
            break
    seconds = trace[-1].time if trace else 0.0
    later = [replace(record, time=seconds + record.time) for record in result.trace[again:]]
    found = {
        **vars(result),
        "w": J.tree.restore(result.w),
        "n_steps": first + result.n_steps,
        "trace": [*trace, *later],
    }
    return Minimum(**found, flat=result.w, objective=J, notes=tuple(notes))


def _stopped(run: Generator[Any, None, Result]) -> Result:
    """Return the best point of a run that is to end now."""
    try:
        run.throw(KeyboardInterrupt)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise AssertionError("a minimisation that was stopped went on")


def leaving_saddles(J: Cost, solver: Solver, tol: float, max_steps: int) -> Walk:
    """Walk from J's start; where that ends, ask for the kind of point, and go on unless it is one.

    Saddles are left.  Where the gradient is within the tolerance, but not short beside the
    curvature, as on the flat bottom of w^4, the tolerance is tightened.
    """
    found = yield from walk(J, solver, J.tree.start, tol, max_steps)
    while found.status in (Status.STATIONARY, Status.STUCK):
        verdict = found.classify()
        found = replace(found, verdict=verdict)
        start = _onward(J.at(found.flat), verdict)
        if verdict.kind is Kind.NOT_CRITICAL and found.status.settled and tol > _FINEST:
            start, tol = found.flat, _FINER * tol
        if start is None or found.n_steps >= max_steps:
            break
        left = max_steps - found.n_steps - 1
        found = yield from walk(J, solver, start, tol, left, before=found)
    return found


def _onward(point: Point, verdict: Verdict) -> F64 | None:
    """Return a lower point from which to go on; None where there is none that is known.

    A point that curves up may still be no minimum but close to an inflection, as w^3 has at 0: then
    J is lower a little way against the gradient, however short that is.
    """
    if verdict.kind is Kind.SADDLE and verdict.direction is not None:
        lower = downhill(point, verdict.direction)
        return None if lower is None else lower.w
    length = _norm(point.grad)
    if verdict.kind is not Kind.MINIMUM or length == 0.0:
        return None
    new = point.along(-point.grad / length).point(_NEAR * (1.0 + _norm(point.w)))
    return new.w if new.value < point.value - _ROUNDING * abs(point.value) else None


class _Watched:
    """A solver seen from outside: it is told when J falls without end, and judged by its path.

    Args:
        solver: the solver.
        tol: as in `softlearn.solve.minimize`.

    """

    def __init__(self, solver: Solver, tol: float) -> None:
        self.solver, self.tol, self.name = solver, tol, solver.name
        self.steepest = 0.0
        """The longest gradient."""

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield the solver's steps."""
        self.first = self.last = self.point = J.at(w0)
        for step in self.solver.steps(J, w0, tol):
            moved, self.point = step.point is not self.point, step.point
            if np.isfinite(step.point.value):
                self.last = step.point
                self.steepest = max(self.steepest, _norm(step.point.grad))
            if self._fallen and _norm(self.last.w) > _AWAY * (1.0 + _norm(w0)):
                step = replace(step, unbounded=self._change)
            elif isinstance(self.solver, Rule) and moved:  # by the gradient, when J's digits end
                step = replace(step, stuck=False)
            yield step

    @property
    def _fallen(self) -> bool:
        """Whether J is far below its start, and no flatter than there."""
        first, last = self.first, self.last
        low = last.value < -_FALLEN * (1.0 + abs(first.value))
        return low and _norm(last.grad) >= _norm(first.grad)

    @property
    def _change(self) -> str:
        rose = "rose" if self.last.value > self.first.value else "fell"
        return f"It {rose} from {self.first.value:.3g} to {self.last.value:.3g}"

    def judged(self, result: Result) -> Result:
        """Return the result, the end described as it looks from outside."""
        if self._fallen and result.status is not Status.STATIONARY:
            return replace(result, status=Status.UNBOUNDED, detail=f"{self._change}.")
        if result.status is Status.NOT_FINITE and self.last.value > self.first.value:
            return replace(result, detail=f"{self._change}: try a smaller learning rate.")
        result = self._shorter(result)
        if result.status is not Status.ROUNDING:
            return result
        flat = result.gradient_norm <= self.tol * self.steepest
        return replace(result, status=Status.STATIONARY if flat else Status.STUCK, detail="")

    def _shorter(self, result: Result) -> Result:
        """Return the last point where J is the same but for rounding and the gradient shorter."""
        last, norm = self.last, _norm(self.last.grad)
        rounding = _ROUNDING * max(abs(self.first.value), abs(result.value))
        if last.value - result.value > rounding or norm >= result.gradient_norm:
            return result
        return replace(result, w=last.w, value=last.value, gradient_norm=norm)


def _norm(v: F64) -> float:
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(v))
