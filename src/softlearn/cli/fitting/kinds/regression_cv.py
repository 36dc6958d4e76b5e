"""Softmax regression whose C was chosen by cross-validation, in Python only."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...._internal.format import counted
from ...terminal.page import Page
from .kind import Facts, ModelKind
from .regression import certified, print_regression

__all__ = ["KIND"]


def _summary(classifier: Any) -> dict[str, Any]:
    """Return what a fitted `SoftmaxRegressionCV` tells of its last fit, to all rows.

    With `refit=False` there is none: the model is the mean of the fits of the folds.
    """
    C = float(np.ravel(classifier.C_)[0])
    if not hasattr(classifier, "status_"):
        return {"C": C, "tol": classifier.tol}
    return certified(classifier, C, len(classifier.trace_) - 1)


def _print(page: Page, facts: Facts) -> None:
    if facts["status"] is not None:
        print_regression(page, facts)
        return
    page.say(
        f"Softmax regression on {counted(facts['n_features'], 'feature', 'features')}: the "
        f"mean of the best fits of each fold, at C = {facts['C']:g} on average. "
        "Nothing is proven of a mean."
    )


KIND = ModelKind(_summary, _print, None)
