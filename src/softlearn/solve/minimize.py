"""The one loop that runs every solver, and decides when to stop and with which status."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from .._internal.log import DEBUG, LOG
from ..protocol import F64, Objective, Point, Result, Solver, Status, Step, TraceRecord, length

__all__ = ["Progress", "minimize", "minimize_steps", "stopped"]


_NO_GRADIENT = 1e-10  # relative to the gradient at the start
_SURE = 1e-9  # relative to J: how far rounding may lift a bound above it
_TINY = float(np.finfo(np.float64).tiny)
_WATCHED = 100  # steps within which a convex objective must fall, or a bound rise,
_PROGRESS = 1e-3  # by so much of the tolerance


@dataclass(slots=True)  # not frozen: that takes three times as long, and each step makes one
class Progress:
    """What is known after a step, for callbacks and progress displays."""

    k: int
    objective: float
    gap: float
    """The proven relative gap; inf while none is known."""
    decrement: float
    """Newton's estimate of the relative distance to the minimum, inf where there is none."""
    time: float
    passes: float
    note: str
    last: bool = False
    """Whether no step follows."""
    course: Mapping[str, Any] | None = None
    """What the solver needs, beside w, to go on from here: see `Step`."""
    parameters: Callable[[], F64] = field(default=lambda: np.zeros(0), repr=False, compare=False)

    @property
    def w(self) -> F64:
        """The best parameters so far, whose objective is given."""
        return self.parameters()

    def __str__(self) -> str:
        known = math.isfinite(self.gap)
        gap = f"gap {self.gap:.1e}" if known else f"about {self.decrement:.1e} to go"
        line = f"step {self.k:4d}  {self.time:7.1f} s  J = {self.objective:.10g}  {gap}"
        return f"{line}  {self.note}".rstrip()


def minimize(
    J: Objective, solver: Solver, w0: F64 | None = None, tol: float = 1e-6, max_steps: int = 100_000
) -> Result:
    """Minimise J.

    Args:
        J: the objective.
        solver: a solver, such as `softlearn.solve.Newton`.
        w0: where to start; zero if absent.
        tol: the relative gap (J(w) - lower bound) / |J(w)| to prove; where J offers no bound, the
            norm of the gradient relative to that at zero, or at w0 where it vanishes at zero.
        max_steps: the most steps.

    Returns:
        The best point and what is proven about it.  Ctrl-C stops with the best point so far.

    """
    run = minimize_steps(J, solver, w0, tol, max_steps)
    logged = LOG.isEnabledFor(DEBUG)
    while True:
        try:
            progress = next(run)
            if logged:
                LOG.debug("%s", progress)
        except StopIteration as end:
            result: Result = end.value
            return result


def minimize_steps(
    J: Objective, solver: Solver, w0: F64 | None = None, tol: float = 1e-6, max_steps: int = 100_000
) -> Generator[Progress, None, Result]:
    """Do the work of `minimize` step by step: yield Progress, return the Result."""
    start = time.perf_counter()
    run = _Run(J, tol)
    steps = solver.steps(J, np.zeros(J.size) if w0 is None else np.asarray(w0, float), tol)
    try:
        for k in count():
            with _quiet():
                step = next(steps, None)
                if step is None:
                    break
                run.take(step, time.perf_counter() - start)
            if run.status is None and k >= max_steps:
                run.status = Status.LIMIT_REACHED
                run.detail = f"The limit was {max_steps} steps."
            yield run.progress(k, step)
            if run.status is not None:
                break
    except KeyboardInterrupt:
        run.status = run.status or Status.STOPPED_BY_USER
    with _quiet():
        return run.result()


def stopped(run: Generator[Any, None, Result]) -> Result:
    """Return the best point of a run of `minimize_steps` that is to end now."""
    try:
        run.throw(KeyboardInterrupt)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise AssertionError("a minimisation that was stopped went on")


def _quiet() -> np.errstate:
    """Silence overflow warnings: a status reports a J that is not finite."""
    return np.errstate(over="ignore", invalid="ignore")


def _all_finite(g: F64) -> bool:
    """Whether all entries are finite; a finite sum of squares answers it faster."""
    return math.isfinite(g.dot(g)) or bool(np.isfinite(g).all())


class _Run:
    """The best point so far, the best lower bound, and the verdict."""

    def __init__(self, J: Objective, tol: float) -> None:
        self.J, self.tol = J, tol
        self.best: Point | None = None
        self.lower, self.decrement, self.false_bounds = -np.inf, np.inf, False
        self.usual_gradient: float | None = None
        self.first: float = np.nan
        """The norm of the gradient at the start."""
        self.status: Status | None = None
        self.dual: Any = None
        self.detail = ""
        self.trace: list[TraceRecord] = []

    @property
    def gap(self) -> float:
        if self.best is None or not math.isfinite(self.best.value):
            return np.inf
        value = self.best.value
        if self.J.has_bound and value <= self.J.resolution:
            return np.inf
        return max(value - self.lower, 0.0) / max(abs(value), _TINY)

    def take(self, step: Step, seconds: float) -> None:
        point = step.point
        if not (math.isfinite(point.value) and _all_finite(point.grad)):
            self.status, self.detail = Status.NOT_FINITE, step.note
            self.best = self.best or point
        elif self.best is None or point.value <= self.best.value:
            self.best = point
        self._bound(step.lower)
        self.dual = step.dual
        self.decrement = min(self.decrement, step.decrement)
        assert self.best is not None
        if not self.trace:
            self.first = self.gradient
        self.trace.append(TraceRecord(seconds, self.J.passes, self.best.value, self.gap))
        if self.status is None:
            self._judge(step)

    def _bound(self, lower: float) -> None:
        """Take a bound; if one is above a value of J, rounding dominates, and no bound counts."""
        assert self.best is not None
        self.lower = max(self.lower, lower)
        value = self.best.value
        if self.false_bounds or self.lower > value + _SURE * abs(value):
            self.lower, self.false_bounds = -np.inf, True

    def _judge(self, step: Step) -> None:
        assert self.best is not None
        if step.unbounded:  # even near its infimum, which is never reached
            self.status, self.detail = Status.NO_FINITE_OPTIMUM, step.unbounded
        elif self.J.has_bound and self.best.value <= self.J.resolution:
            self._end_without_proof(
                Status.ROUNDING,
                f"J is zero to rounding (at most {self.J.resolution:.0e} nats per example): no "
                "relative distance from its minimum can be claimed.",
            )
        elif self.trace[-1].gap <= self.tol:
            self.status = Status.CONVERGED
        elif not self.J.has_bound and not step.searching and self.flat:
            self.status = Status.STATIONARY
        elif step.stuck:
            self._judge_stuck(Status.ROUNDING)
        elif self.J.has_bound and self._idle():
            self._judge_stuck(Status.STUCK)

    def _idle(self) -> bool:
        """Whether many steps have gained almost nothing, neither in J nor in the bound."""
        if len(self.trace) <= _WATCHED:
            return False
        before, now = self.trace[-1 - _WATCHED], self.trace[-1]
        enough = _PROGRESS * self.tol * abs(now.objective)
        return before.objective - now.objective <= enough and now.gap >= 0.9 * before.gap

    def _end_without_proof(self, status: Status, detail: str) -> None:
        """Report it, unless the best point shows that there is no minimum."""
        assert self.best is not None
        endless = self.J.diagnose(self.best, self.best.w) if self.J.has_bound else ""
        self.status = Status.NO_FINITE_OPTIMUM if endless else status
        self.detail = endless or detail

    def _judge_stuck(self, status: Status) -> None:
        assert self.best is not None
        if self.lower > -np.inf:
            known = f"The smallest gap proven is {self.gap:.1e}"
        elif self.flat and not self.J.has_bound:
            self.status = Status.STATIONARY
            return
        else:
            known = f"No gap could be proven; the gradient's norm is {self.gradient:.1e}"
        if np.isfinite(self.decrement):
            distance = self.decrement / max(abs(self.best.value), 1e-300)
            known = f"{known}; Newton's decrement estimates the distance at {distance:.1e}"
        if status is Status.STUCK:
            known = f"{_WATCHED} steps have gained next to nothing. {known}"
        self._end_without_proof(status, f"{known}. {self.J.doubt}".strip())

    @property
    def gradient(self) -> float:
        return np.inf if self.best is None else length(self.best.grad)

    @property
    def flat(self) -> bool:
        """Whether the gradient is within the tolerance of that at zero.

        Zero may be a saddle, as it is for networks: then the gradient at the start counts.
        """
        if self.usual_gradient is None:
            zero = length(self.J.at(np.zeros(self.J.size)).grad)
            zero, first = (g if np.isfinite(g) else 0.0 for g in (zero, self.first))
            self.usual_gradient = zero if zero > _NO_GRADIENT * first else first
        return self.gradient <= self.tol * self.usual_gradient

    def progress(self, k: int, step: Step) -> Progress:
        assert self.best is not None
        now, scale = self.trace[-1], max(abs(self.best.value), 1e-300)
        return Progress(
            k,
            now.objective,
            now.gap,
            step.decrement / scale,
            now.time,
            now.passes,
            step.note,
            self.status is not None,
            step.course,
            partial(getattr, self.best, "w"),
        )

    def result(self) -> Result:
        if self.best is None:
            raise KeyboardInterrupt  # stopped before the first point: there is nothing to return
        best, status = self.best, self.status
        if status is None:  # the solver ended of its own accord
            stationary = self.flat and not self.J.has_bound
            status = Status.STATIONARY if stationary else Status.LIMIT_REACHED
        return Result(
            w=best.w,
            value=best.value,
            lower=self.lower,
            gap=self.gap,
            status=status,
            detail=self.detail,
            gradient_norm=self.gradient,
            n_steps=len(self.trace) - 1,
            trace=self.trace,
            dual=self.dual,
        )
