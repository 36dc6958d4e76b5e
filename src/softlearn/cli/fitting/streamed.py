"""A softmax regression of rows that stay elsewhere, measured on some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import CommandError
from ..inspect.measures import plain
from ..sources import Dataset
from ..terminal.progress import GapLine, ProgressDisplay
from .cross_validation import at_the_end
from .data_splits import DataSplits
from .fit_options import FitOptions
from .kinds.kind import FittedModel, Fitter
from .kinds.regression import RegressionFitter, fitted_regression, forget_names
from .pipeline import follow, prepare_features

if TYPE_CHECKING:
    from ...estimators import SoftmaxRegression

__all__ = ["MEASURED", "SHARE", "StreamedFitter", "in_memory", "regression_of"]

MEASURED = 50_000
"""Rows of each part, at most, that are read into memory to measure on,"""
SHARE = 16
"""and their part of the memory."""


@dataclass(frozen=True)
class StreamedFitter:
    """Fits a softmax regression; the training rows in memory are only measured on."""

    regression: RegressionFitter
    trained: list[tuple[Any, int]]
    """Each class and its rows that are trained on."""
    steps: Callable[[SoftmaxRegression], Iterator[Any]]
    """Fits a classifier step by step to all rows that are not held out."""
    choose: Callable[[SoftmaxRegression], dict[str, Any]] | None = None
    """Returns the C for them, and the curve, as `cross_validate` does."""

    @property
    def remedies(self) -> tuple[str, str]:
        """What may help where probabilities are too cautious, and where they are too bold."""
        return self.regression.remedies

    def fit(self, options: FitOptions, splits: DataSplits, display: ProgressDisplay) -> FittedModel:
        """Fit the model to all rows that are not held out."""
        classifier, curve = self.regression.classifier(options), None
        pipeline, X, names = prepare_features(splits.train, classifier, display)
        self.regression.set_factors(classifier, pipeline, splits.train, names)
        if self.regression.C is None:
            assert self.choose is not None
            display.task("Choosing C")
            with _mistakes():
                curve = self.choose(classifier)
        classifier.set_params(C=self.regression.C if curve is None else curve["best"])
        display.task("Fitting")
        with _mistakes():
            seconds = follow(self.steps(classifier), GapLine(classifier.tol), display)
        forget_names(classifier)
        model = fitted_regression(classifier, pipeline, X, names, seconds, splits.train.kind)
        warnings = [] if curve is None else at_the_end(curve)
        return replace(
            model,
            facts={"cross_validation": curve, **self.regression.facts, **self._rows(splits)},
            warnings=warnings,
        )

    def _rows(self, splits: DataSplits) -> dict[str, Any]:
        """Return how many rows each class has, which those in memory do not tell."""
        y_test = None if splits.test is None else splits.test.y
        classes = [
            {
                "class": plain(label),
                "train_rows": count,
                "validation_rows": 0,
                "test_rows": 0 if y_test is None else int((y_test == label).sum()),
            }
            for label, count in self.trained
        ]
        return {"train_rows": sum(count for _, count in self.trained), "classes": classes}


@contextmanager
def _mistakes() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise CommandError(str(error)) from error


def regression_of(options: FitOptions, fitter: Fitter, remedy: str) -> RegressionFitter:
    """Return the fitter of softmax regression, if all that is asked for can be done with it.

    Raises:
        CommandError: an option needs all rows in memory.

    """
    if not isinstance(fitter, RegressionFitter):
        raise CommandError(f"--hidden needs all rows in memory: {remedy}.")
    if options.decisions:
        raise CommandError(
            "--calibrate, --costs and --none-of-these need all rows in memory: use "
            "softlearn.decide in Python, on the model that is written without them."
        )
    return fitter


def in_memory(options: FitOptions, X: Any, y: NDArray[Any], names: list[str] | None) -> Dataset:
    """Return rows to measure on: a table if the columns have names that a table has."""
    if names is None:
        return Dataset("matrix", X, y, options.target)
    frame = pd.DataFrame(np.asarray(X, dtype=np.float64), columns=names)
    types = dict.fromkeys(names, "number")
    return Dataset("table", frame, y, options.target, names, types=types)
