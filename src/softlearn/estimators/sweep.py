"""One problem for many values of C, from the strongest penalty to the weakest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from ..protocol import F64, Result, Solver, Status
from ..solve import Follow, Newton, minimize
from .blas import one_blas_thread
from .encode import Problem
from .parameters import l2_of, solver_for, warn

__all__ = ["Fit", "fits", "given_Cs", "warn_once"]


@dataclass(frozen=True)
class Fit:
    """What came of one value of C."""

    C: float
    result: Result
    solver: str
    passes: float
    """Readings of the data that it took,"""
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
        raise ValueError(f"Cs must be an int or numbers above 0, but it is {Cs!r}.") from None
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


def fits(problem: Problem, Cs: F64, estimator: Any, near: F64 | None = None) -> Iterator[Fit]:
    """Yield a fit for each C; ends early where the user stops one.

    Newton's method follows the path (`softlearn.solve.Follow`); other solvers start from the
    solution before.

    Args:
        problem: the objective, with any penalty.
        Cs: strictly rising.
        estimator: gives solver, random_state, tol and max_iter.
        near: (n, size) parameters near each solution, if any are known: those of other folds.

    """
    J, w = problem.objective, None
    solver: Solver = solver_for(estimator, J)
    penalised = (np.arange(J.size) < J.model.weights).astype(np.float64)
    follow = None
    for k, C in enumerate(Cs):
        began, before = time.perf_counter(), J.passes
        with one_blas_thread():
            if follow is None and isinstance(solver, Newton):
                follow = Follow(solver, J.sizes())  # read once; what `with_penalty` gives shares it
            l2 = l2_of(float(C), problem.total)
            J = J.with_penalty(l2)
            guess = None if near is None else near[k]
            tol, most = float(estimator.tol), int(estimator.max_iter)
            if follow is None:
                result = minimize(J, solver, guess if w is None else w, tol, most)
            else:
                t = float(np.log(C))
                result = follow.minimize(J, t, l2 * penalised, guess, tol, most)
        w = result.w
        result = replace(result, detail=f"{result.detail} {problem.note}".strip())
        passes = J.passes - before
        yield Fit(float(C), result, solver.name, passes, time.perf_counter() - began)
        if result.status is Status.STOPPED_BY_USER:
            return


def warn_once(statuses: NDArray[Any] | Sequence[Status], what: str) -> None:
    """Warn, in one sentence, where some fits did not end well.

    Args:
        statuses: of all fits.
        what: what the fits are, such as "values of C".

    """
    flat = list(np.asarray(statuses, dtype=object).ravel())
    bad = Counter(s for s in flat if not (s.ok or s is Status.STOPPED_BY_USER))
    if bad:
        reasons = "; ".join(f"{count} of {len(flat)}: {s.value}" for s, count in bad.items())
        warn(f"Not every fit ended well, counted over {what}. {reasons}", ConvergenceWarning)
