"""One minimisation watched from outside: each point, the end in words, and saddles left."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._internal.log import DEBUG, LOG
from .._internal.short_repr import ShortRepr
from ..landscape import Kind, PlateauWatch, Verdict, classify, in_units, unit_of
from ..protocol import F64, Objective, Point, Result, Solver, Status, Step, length
from ..solve import Rule, Stochastic, downhill, minimize_steps, stopped
from .cost import Cost
from .fall import falls_without_end

__all__ = ["Iterate", "Minimum", "leaving_saddles", "walk"]

_FALLEN, _AWAY = 1e20, 1e10  # times the start: J so low, w so far, no flatter: it goes on
_FINEST = 1e-300  # the tolerance is squared, down to this
_SHORT = 1e-3  # of the size of w: a Newton step that is longer is worth a word
_ROUNDS = 10  # times that a walk goes on from where another has ended
_HALVINGS = 30  # of a Newton step that is too long
_IDLE = 10  # steps at differences' short gradients in which J must fall by so much of its whole
_LITTLE, _NEAR = 1e-4, 1e-3  # fall, or w move by so much of its size
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


@dataclass(frozen=True, kw_only=True, repr=False)
class Minimum(ShortRepr, Result):
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
        start: (size,), where from.
        tol, max_steps: as in `softlearn.solve.minimize`.
        before: a walk that this one goes on from, at its end or one step further.

    """
    watched = _Watched(solver, tol)
    rule = isinstance(solver, Rule | Stochastic)  # whose steps depend on the units of J
    unit = 1.0 if rule else unit_of(J, start)
    run = minimize_steps(in_units(J, unit), watched, start, tol, max_steps)
    again = before is not None and np.array_equal(start, before.flat)  # the first point is known
    first, trace = (before.n_steps + (not again), before.trace) if before else (0, [])
    watch = PlateauWatch(J) if rule else None
    notes: list[str] = []
    logged = LOG.isEnabledFor(DEBUG)
    while True:
        try:
            progress = next(run)
        except StopIteration as end:
            result = watched.judged(end.value)
            break
        point = watched.point
        if again and progress.k == 0:
            continue
        if logged:
            LOG.debug("%s", replace(progress, objective=unit * progress.objective))
        norm, note = length(point.grad), progress.note
        if watch and (text := watch.take(point.value, point.w, norm)):
            notes.append(text)
            note = f"{note} {text}".strip()
        w = J.tree.restore(point.w)
        try:
            yield Iterate(first + progress.k, w, unit * point.value, unit * norm, note)
        except KeyboardInterrupt:  # thrown by whoever watches, and has seen enough
            result = watched.judged(stopped(run))
            break
    result = _with_verdict(J, start, result, unit)
    seconds = trace[-1].time if trace else 0.0
    later = [
        record._replace(time=seconds + record.time, objective=unit * record.objective)
        for record in result.trace[again:]
    ]
    found = {
        **vars(result),
        "w": J.tree.restore(result.w),
        "n_steps": first + result.n_steps,
        "trace": [*trace, *later],
    }
    return Minimum(**found, flat=result.w, objective=J, notes=tuple(notes))


def _with_verdict(J: Cost, start: F64, result: Result, unit: float) -> Result:
    """Return the result in J's own units, and what its end is in them."""
    result = replace(result, value=unit * result.value, gradient_norm=unit * result.gradient_norm)
    if result.status in (Status.STOPPED_BY_USER, Status.UNBOUNDED):
        return result
    point = J.at(result.w)
    with np.errstate(all="ignore"):
        move, gain = _newton_step(point)
        near = move <= _SHORT * (1.0 + length(result.w))
        endless = "" if near and result.status.settled else falls_without_end(J, start, point)
    if endless:
        return replace(result, status=Status.UNBOUNDED, detail=f"{endless}.")
    if result.status is not Status.STATIONARY or near:
        return result
    known = np.isfinite([move, gain]).all()
    would = f"would still move w by {move:.2g}, and lower J by {gain:.2g}"
    onward = f"a Newton step along it {would}" if known else "no curvature along it says how far on"
    detail = f"The gradient's length is {result.gradient_norm:.2g}; {onward}."
    return replace(result, detail=detail)


def _newton_step(point: Point) -> tuple[float, float]:
    """Return how far a Newton step along the gradient goes, and what J would fall by."""
    g = np.asarray(point.grad, dtype=np.float64)
    size = length(g)
    if not 0.0 < size < np.inf:
        return (0.0, 0.0) if size == 0.0 else (np.inf, np.inf)
    u = g / size
    curvature = abs(float(u @ np.asarray(point.hvp(u), dtype=np.float64)))
    step = size / curvature if curvature > 0.0 else np.inf
    return step, 0.5 * size * step


def leaving_saddles(J: Cost, solver: Solver, tol: float, max_steps: int) -> Walk:
    """Walk from J's start; where that ends, ask for the kind of point, and go on unless it is one.

    Saddles are left.  Where Newton's step is not short yet, it is taken, or the tolerance is
    tightened, as on the flat bottom of w^4; where J falls without end from there, that is said.
    """
    found = yield from walk(J, solver, J.tree.start, tol, max_steps)
    for _ in range(_ROUNDS):
        if found.status not in (Status.STATIONARY, Status.STUCK):
            break
        point = J.at(found.flat)
        try:
            verdict = classify(J, found.flat)
        except ValueError:  # its curvature is not finite
            break
        found = replace(found, verdict=verdict)
        if verdict.kind in (Kind.NOT_CRITICAL, Kind.PLATEAU, Kind.CANNOT_TELL):
            endless = falls_without_end(J, J.tree.start, point)
            if endless:
                return replace(found, status=Status.UNBOUNDED, detail=f"{endless}.", verdict=None)
        start, finer = _onward(point, verdict, found.status.settled, tol)
        idle = found.status is Status.STUCK and found.detail
        if start is None or idle or found.n_steps >= max_steps:
            break
        tol, left = finer, max_steps - found.n_steps - 1
        found = yield from walk(J, solver, start, tol, left, before=found)
    return found


def _onward(point: Point, verdict: Verdict, ok: bool, tol: float) -> tuple[F64 | None, float]:
    """Return a point from which to go on, and the tolerance; None where there is none."""
    if verdict.kind is Kind.SADDLE and verdict.direction is not None:
        lower = downhill(point, verdict.direction)
        return (None if lower is None else lower.w), tol
    if verdict.kind is not Kind.NOT_CRITICAL:
        return None, tol
    if verdict.step is not None and verdict.step.any():
        t = 1.0
        for _ in range(_HALVINGS):
            new = point.along(verdict.step).point(t)
            if new.value < point.value - _ROUNDING * abs(point.value):
                return new.w, tol
            t *= 0.5
    return (np.asarray(point.w), tol * tol) if ok and tol > _FINEST else (None, tol)


class _Watched:
    """A solver seen from outside: it is told when J falls without end, and judged by its path."""

    def __init__(self, solver: Solver, tol: float) -> None:
        self.solver, self.tol, self.name = solver, tol, solver.name
        self.steepest = 0.0
        """The longest gradient."""
        self.path: deque[Point] = deque(maxlen=_IDLE + 1)
        self.idle = ""
        """What the last steps came to, where that is nothing."""

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield the solver's steps."""
        self.first = self.last = self.point = J.at(w0)
        for step in self.solver.steps(J, w0, tol):
            moved, self.point = step.point is not self.point, step.point
            if np.isfinite(step.point.value):
                self.last = step.point
                self.steepest = max(self.steepest, length(step.point.grad))
            if self._fallen and length(self.last.w) > _AWAY * (1.0 + length(w0)):
                step = replace(step, unbounded=self._change)
            elif isinstance(self.solver, Rule) and moved:  # by the gradient, when J's digits end
                step = replace(step, stuck=False)
            if not self._at_rest:
                self.idle = self._no_progress(J) if moved else self.idle
                step = replace(step, searching=not self.idle, stuck=step.stuck or bool(self.idle))
            yield step

    def _no_progress(self, J: Objective) -> str:
        """Say so where gradients by differences are short, but lead nowhere, as beside a kink."""
        self.path.append(self.last)
        if not getattr(J, "gradient_by_differences", False) or len(self.path) <= _IDLE:
            return ""
        first, last = self.path[0], self.path[-1]
        gain, moved = first.value - last.value, length(last.w - first.w)
        short = length(last.grad) <= self.tol * self.steepest
        little = gain <= _LITTLE * (self.first.value - last.value)
        if not (short and little and moved <= _NEAR * (1.0 + length(last.w))):
            return ""
        return (
            f"The last {_IDLE} steps moved w by {moved:.1g} only, and differences of J see next to "
            "no slope, though it still falls: it may have a kink here."
        )

    @property
    def _at_rest(self) -> bool:
        """Whether the gradient is short beside what it was, and a Newton step along it is as well.

        Or lowers J by nothing that shows.
        """
        if length(self.last.grad) > self.tol * self.steepest:
            return False
        with np.errstate(all="ignore"):
            move, gain = _newton_step(self.last)
        short = move <= _SHORT * (1.0 + length(self.last.w))
        return short or gain <= _ROUNDING * abs(self.last.value)

    @property
    def _fallen(self) -> bool:
        """Whether J is far below its start, and no flatter than there."""
        first, last = self.first, self.last
        low = last.value < -_FALLEN * (1.0 + abs(first.value))
        return low and length(last.grad) >= length(first.grad)

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
        if self.idle and result.status in (Status.STATIONARY, Status.ROUNDING):
            return replace(result, status=Status.STUCK, detail=self.idle)
        if result.status is not Status.ROUNDING:
            return result
        status = Status.STATIONARY if self._at_rest else Status.STUCK
        return replace(result, status=status, detail="")

    def _shorter(self, result: Result) -> Result:
        """Return the last point where J is the same but for rounding and the gradient shorter."""
        last, norm = self.last, length(self.last.grad)
        rounding = _ROUNDING * max(abs(self.first.value), abs(result.value))
        if last.value - result.value > rounding or norm >= result.gradient_norm:
            return result
        return replace(result, w=last.w, value=last.value, gradient_norm=norm)
