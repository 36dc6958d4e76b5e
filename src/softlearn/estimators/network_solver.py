"""How a network is trained by a solver that takes all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data import as_rows
from ..objective import SoftmaxObjective
from ..protocol import Result, Solver, Status
from ..solve import minimize_steps
from .blas import one_blas_thread
from .network_parameters import Choices
from .network_task import Task, kept, record_of
from .network_training import NetworkEpoch, Record
from .parameters import engine
from .solvers import choose_solver

__all__ = ["by_solver"]


def by_solver(net: Any, task: Task) -> Iterator[NetworkEpoch]:
    """Minimise the objective over all rows; once exhausted, or closed, the model is fitted."""
    if net.checkpoint is not None or net.resume:
        raise ValueError("checkpoint and resume need an update rule, such as solver='adam'.")
    part, n = task.examples.subset(task.rows), len(task.rows)
    part = task.examples if n == task.examples.n else part
    J = SoftmaxObjective(
        as_rows(part.X),
        part.codes,
        task.model,
        l2=task.choices.l2,
        weights=part.s,
        engine=engine(net.n_jobs, float(n) * task.model.size),
    )
    solver = _solver(task.choices, J)
    record, w = record_of(net, task, task.choices.epochs), task.w0
    run = minimize_steps(J, solver, w, float(net.tol), task.choices.epochs)
    status, result = None, None
    net._show(task.model, w, record, n)
    while result is None:
        try:
            with one_blas_thread():
                progress = next(run)
            if progress.k > 0:
                w = progress.w
                epoch = record.add(J.model, w, progress.objective, np.nan)
                net._show(task.model, w, record, n)
                if net.verbose:
                    print(epoch, flush=True)
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
            result = _stopped(run)
    _keep(net, task, record, result, status or result.status)


def _stopped(run: Any) -> Result:
    """Return the best point of a run that is to end now."""
    try:
        run.throw(KeyboardInterrupt)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise AssertionError("a minimisation that was stopped went on")


def _solver(choices: Choices, J: SoftmaxObjective) -> Solver:
    solver = choices.solver
    chosen: Solver = choose_solver(solver, J, choices.seed) if isinstance(solver, str) else solver
    return chosen


def _keep(net: Any, task: Task, record: Record, result: Result, status: Status) -> None:
    w = result.w if record.best is None else record.best
    told_of = " ".join(filter(None, [result.detail, kept(record)]))
    if task.model.curved:
        w, gap = w.astype(task.examples.X.dtype), np.inf
    else:  # the bound is of these very parameters
        gap = result.gap if record.best is None else np.inf
    net._show(task.model, w, record, len(task.rows))
    net._finish(status, told_of, gap)
