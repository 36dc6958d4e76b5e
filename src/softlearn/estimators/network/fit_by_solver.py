"""Trains a network by a solver that takes all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from ..._internal.log import INFO, tell
from ...data import as_rows
from ...execution.blas import one_blas_thread
from ...networks import NetworkObjective
from ...objective import SoftmaxObjective
from ...passes import passes_for
from ...presolve import OF_COLUMNS, Chain, presolve
from ...problem import Problem
from ...protocol import Result, Solver, Status
from ...solve import minimize_steps, stopped
from ..regression.proven import at_rounded
from ..regression.solvers import choose_solver
from ..sklearn.threads import engine
from .history import NetworkEpoch, Record
from .outcome import dead_units, learned_nothing, standing, still_falling
from .parameters import Choices
from .task import Task, advice, kept_weights, record_of

__all__ = ["fit_by_solver"]


def fit_by_solver(net: Any, task: Task) -> Iterator[NetworkEpoch]:
    """Minimise the objective over all rows; once exhausted, or closed, the model is fitted."""
    if net.checkpoint is not None or net.resume:
        raise ValueError("checkpoint and resume need an update rule, such as solver='adam'.")
    n, (J, columns) = len(task.rows), _objective(net, task)
    solver = _solver(task.choices, J)
    record, w = record_of(net, task, task.choices.epochs), task.w0
    run = minimize_steps(J, solver, columns.reduce(w), float(net.tol), task.choices.epochs)
    status, result = None, None
    net._show(task.model, w, record, n)
    while result is None:
        try:
            with one_blas_thread():
                progress = next(run)
            if progress.k > 0:
                w = columns.expand(progress.w)
                epoch = record.add(columns.chain.given.model, w, progress.objective, np.nan)
                net._show(task.model, w, record, n)
                tell(net.verbose, INFO, "%s", epoch)
                yield epoch
            if not progress.last and record.keep_best and record.in_vain > record.patience:
                status = Status.STOPPED_EARLY
            elif not progress.last and J.passes >= net.max_fun:
                status = Status.LIMIT_REACHED
            if status is not None:
                raise KeyboardInterrupt
        except StopIteration as end:
            result = end.value
        except (KeyboardInterrupt, GeneratorExit):
            result = stopped(run)
    result = columns.result(replace(result, status=status or result.status), float(net.tol))
    _keep(net, task, record, J, result)


@dataclass(frozen=True, eq=False)
class _Columns:
    """From the parameters of the user's columns to those of the objective, and back."""

    J: SoftmaxObjective | NetworkObjective
    chain: Chain

    def reduce(self, w: Any) -> Any:
        if not self.chain.changes:
            return w
        return self.J.model.join(*self.chain.reduce(*self.chain.given.model.split(w)))

    def expand(self, w: Any) -> Any:
        if not self.chain.changes:
            return w
        return self.chain.given.model.join(*self.chain.expand(*self.J.model.split(w)))

    def result(self, result: Result, tol: float) -> Result:
        """Return the result with the user's parameters, and the gap proven for these."""
        if not isinstance(self.J, SoftmaxObjective):
            return result
        w = self.expand(result.w)
        # the start may have a part that all classes share; it stays, and rounds logits
        result = at_rounded(self.J, self.reduce(w), result, self.chain.digits, tol)
        return replace(result, w=w, detail=f"{result.detail} {self.chain.note}".strip())


def _objective(net: Any, task: Task) -> tuple[SoftmaxObjective | NetworkObjective, _Columns]:
    """Return the objective over all rows; without a hidden layer it is presolved.

    With hidden layers it is not: presolve would change the penalty and the start.
    """
    part, model = task.examples.subset(task.rows), cast(Any, task.model)
    part = task.examples if len(task.rows) == task.examples.n else part
    problem = Problem.of(as_rows(part.X), part.codes, model.simplest, task.choices.l2, part.s)
    chain = presolve(problem, () if model.curved else OF_COLUMNS)
    problem = chain.problem
    workers = engine(net.n_jobs, float(problem.rows.n) * problem.model.size)
    J: SoftmaxObjective | NetworkObjective
    if model.curved:
        J = NetworkObjective(problem, workers)
    else:
        J = SoftmaxObjective(problem, passes_for(problem, workers))
    return J, _Columns(J, chain)


def _solver(choices: Choices, J: SoftmaxObjective | NetworkObjective) -> Solver:
    solver = choices.solver
    chosen: Solver = choose_solver(solver, J, choices.seed) if isinstance(solver, str) else solver
    return chosen


def _keep(
    net: Any, task: Task, record: Record, J: SoftmaxObjective | NetworkObjective, result: Result
) -> None:
    w, status = result.w if record.best is None else record.best, result.status
    said, nothing = [result.detail, kept_weights(record)], ""
    if isinstance(J, NetworkObjective) and status is not Status.NOT_FINITE:
        nothing = learned_nothing(task, record, w)
        said += [nothing, advice(task, record, status, nothing)]
        if status is not Status.STOPPED_BY_USER:
            said += [
                standing(J, w, task.examples.entropy(), bool(nothing)),
                dead_units(task, record, w),
                still_falling(task, record, status, "step"),
            ]
    if task.model.curved:
        w, gap = w.astype(task.examples.X.dtype), np.inf
    else:  # the bound is of these very parameters
        gap = result.gap if record.best is None else np.inf
    net._show(task.model, w, record, len(task.rows))
    proven = task.model.curved or status.ok or record.best is not None
    net._finish(status, " ".join(filter(None, said)), gap, learned=not nothing and proven)
