"""The callbacks of scikit-learn 1.9: a task for the whole fit, and in it a task for each step."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ...protocol import Status
from ...solve import Progress
from ..regression.problem import Problem

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import callback_management_context
except ImportError:  # scikit-learn 1.8
    CallbackSupportMixin, callback_management_context = type("NoCallbacks", (), {}), nullcontext

__all__ = ["CallbackSupportMixin", "FitHooks", "torn_down"]


def torn_down(estimator: Any) -> AbstractContextManager[Any]:
    """Return a context at whose end the callbacks of a fit are torn down, whatever happens."""
    managed: AbstractContextManager[Any] = callback_management_context(estimator)
    return managed


class FitHooks:
    """Calls the hooks of an estimator's callbacks as a fit goes on; does nothing without any.

    Args:
        estimator: whose callbacks; it is the one being fitted.
        problem: how parameters become coefficients.
        data: X, y and sample_weight, as the user gave them.
        solver: names the tasks of the steps, as scikit-learn's "lbfgs-iter".

    """

    def __init__(
        self, estimator: Any, problem: Problem, data: tuple[Any, Any, Any], solver: str
    ) -> None:
        self.problem, self.solver = problem, solver
        self.whole: Any = None
        self.step: Any = None
        if hasattr(estimator, "_skl_callbacks"):
            X, y, s = data
            weight = None if s is None else {"sample_weight": s}
            self.told = {"estimator": estimator, "X": X, "y": y, "metadata": weight}
            self.whole = estimator._init_callback_context(max_subtasks=None)
            self.whole.call_on_fit_task_begin(**self.told)

    def after(self, progress: Progress) -> bool:
        """End the task of the step just made and begin the next; return whether one says stop."""
        if self.whole is None:
            return False

        def fitted() -> dict[str, Any]:
            return self._fitted(progress)

        step, self.step = self.step, None
        stop = bool(
            step and step.call_on_fit_task_end(**self.told, reconstruction_attributes=fitted)
        )
        if not (stop or progress.last):
            self.step = self.whole.subcontext(task_name=f"{self.solver}-iter")
            self.step.call_on_fit_task_begin(**self.told, reconstruction_attributes=fitted)
        return stop

    def end(self) -> None:
        """End the whole; a step that was begun and never made ends as an empty task."""
        if self.step is not None:
            self.step.call_on_fit_task_end(estimator=self.told["estimator"])
        if self.whole is not None:
            self.whole.call_on_fit_task_end(**self.told, reconstruction_attributes={})

    def _fitted(self, progress: Progress) -> dict[str, Any]:
        """Return what a model has that was stopped here."""
        coef, intercept = self.problem.coefficients(progress.w)
        return {
            "classes_": self.problem.classes,
            "coef_": coef,
            "intercept_": intercept,
            "n_iter_": np.array([progress.k], dtype=np.int32),
            "gap_": progress.gap,
            "objective_": progress.objective,
            "solver_": self.solver,
            "status_detail_": "",
            "_status": Status.STOPPED_BY_USER.name,
            "_trace": np.zeros((0, 4)),
        }
