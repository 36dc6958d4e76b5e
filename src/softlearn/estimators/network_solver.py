"""How a network is trained by a solver that takes all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import as_rows
from ..objective import SoftmaxObjective
from ..protocol import Result, Solver, Status
from ..solve import minimize_steps
from .blas import one_blas_thread
from .network_end import dead_units, learned_nothing, standing, still_falling
from .network_parameters import Choices
from .network_task import Task, advice, kept, record_of
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
    _keep(net, task, record, J, replace(result, status=status or result.status))


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


def _keep(net: Any, task: Task, record: Record, J: SoftmaxObjective, result: Result) -> None:
    w, status = result.w if record.best is None else record.best, result.status
    said, nothing = [result.detail, kept(record)], ""
    if task.model.curved and status is not Status.NOT_FINITE:
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
    net._finish(status, " ".join(filter(None, said)), gap, learned=not nothing)
