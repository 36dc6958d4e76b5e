"""Fitting a pipeline step by step, so that it can be watched and stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import CommandError
from .progress import Watch
from .sources import Dataset
from .vectorise import make_pipeline

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ..solve import Progress

__all__ = ["fit_steps", "fit_vectoriser", "transform"]


def fit_vectoriser(data: Dataset, classifier: Any) -> tuple[Pipeline, Any]:
    """Return a pipeline whose vectoriser is fitted, and the matrix it makes of the data."""
    pipeline = make_pipeline(data, classifier)
    vectoriser = pipeline.named_steps["vectoriser"]
    if vectoriser == "passthrough":
        return pipeline, data.X
    return pipeline, vectoriser.fit_transform(data.X, data.y)


def transform(pipeline: Pipeline, X: Any) -> Any:
    """Return the matrix the fitted vectoriser makes of raw rows."""
    vectoriser = pipeline.named_steps["vectoriser"]
    return X if vectoriser == "passthrough" else vectoriser.transform(X)


def fit_steps(
    classifier: Any,
    X: Any,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
    names: list[str],
    watch: Watch,
) -> None:
    """Fit the classifier under the eyes of the watch.

    Ctrl-C ends it at the next step with the best point so far, and `status_` says so; a second
    Ctrl-C does not wait for the step.

    Args:
        classifier: a `SoftmaxRegression`.
        X: (n, d) what the vectoriser made.
        y: (n,) labels.
        weights: (n,) or None.
        names: d names of features, for what `status_detail_` says.
        watch: is told of each step.

    Raises:
        CommandError: if it was stopped before the first point, or if the objective is not finite.

    """
    if isinstance(X, np.ndarray):
        X = pd.DataFrame(X, columns=names)
    steps = cast("Generator[Progress, None, None]", classifier.iter_fit(X, y, weights))
    try:
        with _interrupt_as_flag(watch) as asked:
            for progress in steps:
                watch.step(progress)
                if asked.is_set():
                    with suppress(StopIteration):
                        steps.throw(KeyboardInterrupt())
                    break
    except KeyboardInterrupt:
        raise CommandError("Stopped before there was a model; nothing was written.") from None
    if hasattr(classifier, "feature_names_in_"):
        del classifier.feature_names_in_  # the pipeline hands over arrays, whose columns have none
    if classifier.status_.name == "NOT_FINITE":
        raise CommandError(
            "The objective is not finite: some numbers are too large for float64 arithmetic; "
            "measure these columns in a larger unit."
        )


@contextmanager
def _interrupt_as_flag(watch: Watch) -> Iterator[threading.Event]:
    """Let the first Ctrl-C set a flag instead of raising, and tell the watch; yield the flag."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be set
        yield asked
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        asked.set()
        watch.stopping()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
