"""Softmax regression for `softlearn fit`: the optimum, proven."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from ....estimators import SoftmaxRegression
from ... import CommandError
from ...inspect.measures import influential_features, spread
from ...terminal.progress import GapLine, Watch
from ...vectorise import feature_names
from ..cross_validation import GRID, cross_validate
from ..fit_summary import facts_on_fit
from ..options import FitOptions, Fitted
from ..pipeline import fit_vectoriser, follow

if TYPE_CHECKING:
    from ..data_splits import Parts

__all__ = ["Regression", "fit_proven"]


@dataclass(frozen=True)
class Regression:
    """How a softmax regression is fitted; C is None for the best in cross-validation."""

    C: float | None
    tol: float
    remedies: ClassVar[tuple[str, str]] = (
        "a weaker penalty (a larger C) may suit these data better; --regularization auto looks for "
        "the best",
        "a stronger penalty (a smaller C) may suit these data better; --regularization auto looks "
        "for the best",
    )

    def fit(self, options: FitOptions, parts: Parts, watch: Watch) -> Fitted:
        """Choose C if asked to, and fit all training rows."""
        classifier = SoftmaxRegression(
            tol=self.tol,
            class_weight=options.class_weight,
            random_state=options.seed,
            n_jobs=options.threads,
        )
        train, curve, found = parts.train, None, []
        if self.C is None:
            curve = cross_validate(train, parts.weights, classifier, options.seed, watch)
            found.append(_end_of_grid(curve))
        classifier.set_params(C=self.C if curve is None else curve["best"])
        watch.task("Reading the images" if train.kind == "image" else "Preparing the features")
        pipeline, X = fit_vectoriser(train, classifier)
        names = feature_names(pipeline, train)
        watch.task("Fitting")
        began = time.perf_counter()
        fit_proven(classifier, X, train.y, parts.weights, names, watch)
        seconds = time.perf_counter() - began
        facts = {**facts_on_fit(classifier), "cross_validation": curve}
        influences = []
        if train.kind != "image":  # a single pixel says little, and its neighbours say the same
            influences = influential_features(classifier, names, spread(X))
        return Fitted(pipeline, X, names, seconds, facts, found, influences)


def fit_proven(
    classifier: SoftmaxRegression, X: Any, y: Any, weights: Any, names: list[str], watch: Watch
) -> None:
    """Fit under the eyes of the watch.

    Args:
        classifier: what to fit.
        X: (n, d) what the vectoriser made.
        y: (n,) labels.
        weights: (n,) or None.
        names: d names of features, for what `status_detail_` says.
        watch: is told of each step.

    Raises:
        CommandError: it was stopped before the first point, or the objective is not finite.

    """
    if isinstance(X, np.ndarray):
        X = pd.DataFrame(X, columns=names)
    follow(classifier.iter_fit(X, y, weights), GapLine(classifier.tol), watch)
    if hasattr(classifier, "feature_names_in_"):
        del classifier.feature_names_in_  # the pipeline hands over arrays, whose columns have none
    if classifier.status_.name == "NOT_FINITE":
        raise CommandError(
            "The objective is not finite: some numbers are too large for float64 arithmetic; "
            "measure these columns in a larger unit."
        )


def _end_of_grid(curve: dict[str, Any]) -> str:
    """Return a sentence if a C that was not tried may be better, else ""."""
    if curve["best"] not in (GRID[0], GRID[-1]):
        return ""
    return (
        f"The best C, {curve['best']:g}, is at the end of the grid that was tried; a value beyond "
        "it may be better (--regularization takes any)."
    )
