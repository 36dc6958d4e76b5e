"""One problem for many values of C, from the strongest penalty to the weakest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from ..._internal.format import quoted
from ..._internal.log import INFO, LOG
from ...execution.blas import one_blas_thread
from ...objective import SoftmaxObjective, SparseObjective
from ...protocol import F64, Result, Solver, Status
from ...solve import Newton, PathFollowing, ProximalNewton, minimize
from ..sklearn.checks import Examples
from ..sklearn.warn import warn
from .fit_result import ended
from .formulation import Formulation, formulate
from .parameters import l2_of, solver_for

__all__ = ["Fit", "Cs_of_sparse_path", "fit_each_C", "given_Cs", "warn_once"]


_ALONE = 1e6  # times the penalty for which weights are zero where free ones are


@dataclass(frozen=True)
class Fit:
    """The result for one value of C."""

    C: float
    result: Result
    coef: F64
    """(K, d)."""
    intercept: F64
    """(K,)."""
    present: tuple[str, ...]
    """The classes that have weight, if not all."""
    solver: str
    passes: float
    """Passes over the data,"""
    time: float
    """and seconds."""


def given_Cs(Cs: Any) -> F64:
    """Return the values of C as they are given; a number n means n values from 1e-4 to 1e4.

    Raises:
        ValueError: there is none, or one is no number above 0.

    """
    if isinstance(Cs, int | np.integer) and not isinstance(Cs, bool):
        if Cs < 1:
            raise ValueError(f"Cs must ask for at least 1 value of C, but it is {Cs}.")
        return np.logspace(-4, 4, int(Cs))
    try:
        values = np.asarray(Cs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"Cs must be an int or numbers above 0, but it is {quoted(Cs)}.") from None
    if values.ndim != 1 or not len(values):
        raise ValueError(
            f"Cs must be an int or a list of at least one number, but its shape is {values.shape}."
        )
    bad = values[~(values > 0.0)]
    if len(bad):
        raise ValueError(
            f"Cs must be above 0 (numpy.inf for no penalty), but one of them is {bad[0]}."
        )
    return values


def Cs_of_sparse_path(examples: Examples, estimator: Any, l1_ratio: float) -> F64:
    """Return 100 values of C: from the largest for which all weights are zero, to 1000 times it.

    Weights without a penalty are not: they are those that are best without the others.
    """
    problem = formulate(estimator, examples, 1.0, l1_ratio)
    J = problem.objective
    assert isinstance(J, SparseObjective)
    null = J.null
    if len(J.penalty.free):
        with one_blas_thread():
            alone = J.with_penalty(_ALONE * J.lambda_at(null))
            null = minimize(alone, solver_for(estimator, J), tol=0.0).w  # to rounding
    strongest = J.lambda_at(null) * problem.total
    return np.logspace(0, 3, 100) / (strongest or 1.0)


def fit_each_C(
    examples: Examples,
    Cs: F64,
    estimator: Any,
    near: Callable[[Formulation], F64 | None] = lambda problem: None,
    l1_ratio: float = 0.0,
) -> Iterator[Fit]:
    """Yield a fit for each C; ends early where the user stops one.

    Newton's method follows the path (`softlearn.solve.PathFollowing`); other solvers start from the
    solution before.  A problem without a penalty is presolved and fitted by itself.

    Args:
        examples: what is fitted.
        Cs: strictly rising.
        estimator: gives solver, random_state, tol and max_iter.
        near: returns (n, size) parameters near each solution, if known: those of other folds.
        l1_ratio: the share of L1 in the penalty.

    """
    finite = Cs[np.isfinite(Cs)]
    last: Fit | None = None
    if len(finite):
        problem = formulate(estimator, examples, float(finite[-1]), l1_ratio)
        for last in _path(problem, finite, estimator, near(problem)):
            yield last
            if last.result.status is Status.STOPPED_BY_USER:
                return
    if len(finite) < len(Cs):
        yield _without_penalty(formulate(estimator, examples, np.inf), estimator, last)


def _path(problem: Formulation, Cs: F64, estimator: Any, near: F64 | None) -> Iterator[Fit]:
    J, w = problem.objective, None
    solver: Solver = solver_for(estimator, J)
    if isinstance(solver, ProximalNewton):
        solver = solver.following()
    penalised = (np.arange(J.size) < J.model.weights).astype(np.float64)
    follow = None
    for k, C in enumerate(Cs):
        began, read = time.perf_counter(), 0.0
        with one_blas_thread():
            if follow is None and isinstance(solver, Newton):
                follow, read = PathFollowing(solver, J.parameter_rms()), J.passes
            l2 = l2_of(float(C), problem.total)
            J = J.with_penalty(l2)
            guess = None if near is None else near[k]
            tol, max_iter = float(estimator.tol), int(estimator.max_iter)
            if follow is None:
                result = minimize(J, solver, guess if w is None else w, tol, max_iter)
            else:
                t = float(np.log(C))
                result = follow.minimize(J, t, l2 * penalised, guess, tol, max_iter)
        w = result.w
        seconds = time.perf_counter() - began
        yield _fit(problem, J, C, result, solver.name, (read + J.passes, seconds), tol)


def _without_penalty(problem: Formulation, estimator: Any, before: Fit | None) -> Fit:
    began, J = time.perf_counter(), problem.objective
    w = None if before is None else problem.parameters(before.coef, before.intercept)
    solver, tol = solver_for(estimator, J), float(estimator.tol)
    with one_blas_thread():
        result = minimize(J, solver, w, tol, int(estimator.max_iter))
    seconds = time.perf_counter() - began
    return _fit(problem, J, np.inf, result, solver.name, (J.passes, seconds), tol)


def _fit(
    problem: Formulation,
    J: SoftmaxObjective,
    C: float,
    result: Result,
    solver: str,
    took: tuple[float, float],
    tol: float,
) -> Fit:
    result = replace(problem, objective=J).at_coefficients(result, tol)
    result = replace(result, detail=f"{result.detail} {problem.note}".strip())
    coef, intercept = problem.coefficients(result.w)
    if LOG.isEnabledFor(INFO):
        LOG.info("C = %g: %s", C, ended(result, solver))
    return Fit(float(C), result, coef, intercept, problem.present, solver, *took)


def warn_once(statuses: NDArray[Any] | Sequence[Status], what: str) -> None:
    """Warn, in one sentence, if some fits did not end well.

    Args:
        statuses: of all fits.
        what: what the fits are, such as "values of C".

    """
    flat = list(np.asarray(statuses, dtype=object).ravel())
    bad = Counter(s for s in flat if not (s.ok or s is Status.STOPPED_BY_USER))
    if bad:
        reasons = "; ".join(f"{count} of {len(flat)}: {s.value}" for s, count in bad.items())
        warn(f"Not every fit ended well, counted over {what}. {reasons}", ConvergenceWarning)
