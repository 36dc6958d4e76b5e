"""Fitting a pipeline step by step, so that it can be shown and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ...features.pipeline import feature_names, make_pipeline
from .. import CommandError
from ..sources import Dataset
from ..terminal.progress import ProgressDisplay
from ..terminal.signals import interrupt_as_flag

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["fit_vectoriser", "follow", "prepare_features", "transform"]


def prepare_features(
    data: Dataset, classifier: Any, display: ProgressDisplay, scaler: Any = None
) -> tuple[Pipeline, Any, list[str]]:
    """Return what `fit_vectoriser` returns, and a name for each column of the matrix."""
    display.task("Reading the images" if data.kind == "image" else "Preparing the features")
    pipeline, X = fit_vectoriser(data, classifier, scaler)
    return pipeline, X, feature_names(pipeline, data)


def fit_vectoriser(data: Dataset, classifier: Any, scaler: Any = None) -> tuple[Pipeline, Any]:
    """Return a pipeline whose vectoriser is fitted, and the matrix it makes of the data."""
    pipeline = make_pipeline(data, classifier, scaler)
    vectoriser = pipeline.named_steps["vectoriser"]
    if vectoriser == "passthrough":
        return pipeline, data.X
    return pipeline, vectoriser.fit_transform(data.X, data.y)


def transform(pipeline: Pipeline, X: Any) -> Any:
    """Return the matrix the fitted vectoriser makes of raw rows."""
    vectoriser = pipeline.named_steps["vectoriser"]
    return X if vectoriser == "passthrough" else vectoriser.transform(X)


def follow(
    steps: Iterator[Any],
    line: Callable[[Any], str],
    display: ProgressDisplay,
    unit: str = "step",
) -> float:
    """Run a fit to its end, and show how far it has come; return the seconds it took.

    Ctrl-C or SIGTERM ends it at the next step, where the fit keeps the best point so far and says
    so; a second one does not wait for the step.
    """
    steps = cast("Generator[Any, None, None]", steps)
    began = time.perf_counter()
    try:
        with interrupt_as_flag(partial(display.stopping, f"after this {unit}")) as stop:
            for progress in steps:
                display.step(line(progress))
                if stop.is_set():
                    with suppress(StopIteration):
                        steps.throw(KeyboardInterrupt())
                    break
    except KeyboardInterrupt:
        raise CommandError("Stopped before there was a model; nothing was written.") from None
    return time.perf_counter() - began
