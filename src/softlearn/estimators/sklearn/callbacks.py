"""The callbacks of scikit-learn 1.9: a task for the whole fit, and in it a task for each step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ...solve import Progress

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import callback_management_context
except ImportError:  # scikit-learn 1.8
    CallbackSupportMixin, callback_management_context = type("NoCallbacks", (), {}), nullcontext

__all__ = ["CallbackSupportMixin", "FitHooks", "torn_down"]


def torn_down(estimator: Any) -> AbstractContextManager[Any]:
    """Return a context that tears down the callbacks of a fit at its end, whatever happens."""
    managed: AbstractContextManager[Any] = callback_management_context(estimator)
    return managed


class FitHooks:
    """Calls the hooks of an estimator's callbacks during a fit; does nothing without any.

    Args:
        estimator: the estimator that is fitted, with its callbacks.
        data: X, y and sample_weight, as the user gave them.
        solver: names the tasks of the steps, as scikit-learn's "lbfgs-iter".
        fitted: the attributes of a model that was stopped after a step.

    """

    def __init__(
        self,
        estimator: Any,
        data: tuple[Any, Any, Any],
        solver: str,
        fitted: Callable[[Progress], dict[str, Any]],
    ) -> None:
        self.solver, self.fitted = solver, fitted
        self.whole: Any = None
        self.step: Any = None
        if hasattr(estimator, "_skl_callbacks"):
            X, y, s = data
            weight = None if s is None else {"sample_weight": s}
            self.arguments = {"estimator": estimator, "X": X, "y": y, "metadata": weight}
            self.whole = estimator._init_callback_context(max_subtasks=None)
            self.whole.call_on_fit_task_begin(**self.arguments)

    def after(self, progress: Progress) -> bool:
        """End the task of this step and begin the next; return whether a callback says stop."""
        if self.whole is None:
            return False

        def fitted() -> dict[str, Any]:
            return self.fitted(progress)

        step, self.step = self.step, None
        stop = bool(
            step and step.call_on_fit_task_end(**self.arguments, reconstruction_attributes=fitted)
        )
        if not (stop or progress.last):
            self.step = self.whole.subcontext(task_name=f"{self.solver}-iter")
            self.step.call_on_fit_task_begin(**self.arguments, reconstruction_attributes=fitted)
        return stop

    def end(self) -> None:
        """End the fit's task; a step that was begun but not made ends as an empty task."""
        if self.step is not None:
            self.step.call_on_fit_task_end(estimator=self.arguments["estimator"])
        if self.whole is not None:
            self.whole.call_on_fit_task_end(**self.arguments, reconstruction_attributes={})
