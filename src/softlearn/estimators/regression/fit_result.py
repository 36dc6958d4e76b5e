"""The attributes of a fitted estimator that describe its fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..._internal.log import INFO, LOG
from ...objective import SparseObjective
from ...passes import Blocks
from ...protocol import F64, Result, Status, TraceRecord
from ...solve import Progress
from ..sklearn.card import StatusCard
from .formulation import Formulation

__all__ = ["FitResultMixin", "ended", "stopped_after"]


class FitResultMixin(StatusCard):
    """Keeps the result of a minimisation in the attributes that estimators share."""

    coef_: F64
    _status: str
    _trace: F64
    penalty_groups: str | None = None
    penalty_factors: Any = None
    """Of models that older releases wrote, which do not say."""
    engine: Any = None
    """Of models that were copied or read from a file."""

    def _set(
        self, problem: Formulation, result: Result, solver: str, status: Status, gap: float
    ) -> None:
        self.classes_, self.solver_ = problem.classes, solver
        self.coef_, self.intercept_ = problem.coefficients(result.w)
        self.n_iter_ = np.array([result.n_steps], dtype=np.int32)
        self.gap_, self.objective_ = float(gap), float(result.value)
        self._status, self.status_detail_ = status.name, result.detail
        self._trace = np.array([(r.time, r.passes, r.objective, r.gap) for r in result.trace])
        self.__dict__.pop("zeros_proven_", None)
        J = problem.objective
        self.precision_ = _said_of_precision(J.blocks)
        if isinstance(J, SparseObjective) and J.penalty.l1_ratio:
            self.zeros_proven_ = problem.proven_zeros(result)
        if LOG.isEnabledFor(INFO):
            LOG.info("%s: %s", type(self).__name__, ended(result, solver))

    @property
    def n_nonzero_(self) -> int:
        """How many weights are not zero."""
        check_is_fitted(self)
        W: Any = self.coef_
        return int(np.count_nonzero(W.data if hasattr(W, "tocsr") else W))

    @property
    def status_(self) -> Status:
        """How the fit ended."""
        check_is_fitted(self)
        return Status[self._status]

    @property
    def trace_(self) -> list[TraceRecord]:
        """The records after each step."""
        check_is_fitted(self)
        return [TraceRecord(*map(float, row)) for row in self._trace]


def _said_of_precision(blocks: Blocks) -> str:
    if not blocks.low_count or blocks.low is None:
        return "All passes over all rows were in float64."
    return (
        f"{blocks.low_count} of {blocks.count:.0f} passes over all rows were Hessian products in "
        f"{blocks.low.product_dtype}, the others in float64."
    )


def ended(result: Result, solver: str) -> str:
    """Return a line on the end of a fit, for the log."""
    seconds = result.trace[-1].time if result.trace else 0.0
    return (
        f"{result.status.name} after {result.n_steps} steps of {solver}, {seconds:.1f} s, "
        f"J = {result.value:.10g}, gap {result.gap:.1e}"
    )


def stopped_after(problem: Formulation, progress: Progress, solver: str) -> dict[str, Any]:
    """Return the attributes of a model that was stopped after a step."""
    coef, intercept = problem.coefficients(progress.w)
    return {
        "classes_": problem.classes,
        "coef_": coef,
        "intercept_": intercept,
        "n_iter_": np.array([progress.k], dtype=np.int32),
        "gap_": progress.gap,
        "objective_": progress.objective,
        "solver_": solver,
        "status_detail_": "",
        "_status": Status.STOPPED_BY_USER.name,
        "_trace": np.zeros((0, 4)),
    }
