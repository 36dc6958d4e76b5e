"""A fit to files that may be larger than memory; what is measured is measured on some rows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..._internal.format import counted
from ...data import as_rows
from ...streams import Opened, StreamOptions, open_stream
from .. import CommandError
from ..inspect.measures import plain
from ..sources import Dataset, SourceError
from ..terminal.progress import GapLine, ProgressDisplay
from .data_splits import DataSplits, given_test
from .fit_options import FitOptions, OnDisk
from .kinds.kind import FittedModel, Fitter
from .kinds.regression import RegressionFitter, fitted_regression, forget_names
from .pipeline import follow, prepare_features
from .splitting import hold_out

__all__ = ["read_on_disk"]

Rows = NDArray[np.intp]
_MEASURED = 50_000  # rows of each part, at most, that are read into memory to measure on,
_SHARE = 16  # and their part of the memory


@dataclass(frozen=True)
class _OnDiskFitter:
    """Fits a softmax regression to files; the training rows in memory are only measured on."""

    regression: RegressionFitter
    stream: StreamOptions
    weights: NDArray[np.float64]
    """Of all rows: 0 for those that are held out."""
    trained: list[tuple[Any, int]]
    """Each class and its rows that are trained on."""
    temporary: Any = field(repr=False)
    """The folder of the converted files, unless it is kept."""

    @property
    def remedies(self) -> tuple[str, str]:
        """What may help where probabilities are too cautious, and where they are too bold."""
        return self.regression.remedies

    def fit(self, options: FitOptions, splits: DataSplits, display: ProgressDisplay) -> FittedModel:
        """Fit the model to all rows that are not held out."""
        classifier = self.regression.classifier(options).set_params(C=self.regression.C)
        pipeline, X, names = prepare_features(splits.train, classifier, display)
        display.task("Fitting")
        steps = classifier.iter_fit(
            str(options.source), sample_weight=self.weights, **vars(self.stream)
        )
        try:
            seconds = follow(steps, GapLine(classifier.tol), display)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        forget_names(classifier)
        model = fitted_regression(classifier, pipeline, X, names, seconds, splits.train.kind)
        return replace(model, facts={"cross_validation": None, **self._rows(splits)})

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


def read_on_disk(
    options: FitOptions, fitter: Fitter, display: ProgressDisplay
) -> tuple[Fitter, DataSplits]:
    """Convert the files, hold rows out, and return what fits the others, and rows to measure on.

    Raises:
        CommandError: an option does not go with rows on disk.
        SourceError: the files cannot be used.

    """
    large = options.on_disk
    assert large is not None
    _check(options, fitter)
    assert isinstance(fitter, RegressionFitter)
    temporary = None
    if large.cache is None and options.checkpoint is None:
        temporary = tempfile.TemporaryDirectory(prefix="softlearn-", ignore_cleanup_errors=True)
    stream = _stream(options, large, None if temporary is None else temporary.name, display)
    try:
        opened = open_stream(str(options.source), stream)
    except (ValueError, OSError, ImportError) as error:
        raise SourceError(str(error)) from error
    if opened.codes is None or opened.labels is None:
        raise SourceError(f"{options.source} needs --target, the column that holds the classes.")
    labels = np.array(opened.labels)
    return _held_out(options, fitter, stream, opened, labels[opened.codes], temporary)


def _check(options: FitOptions, fitter: Fitter) -> None:
    if not isinstance(fitter, RegressionFitter):
        raise CommandError("--hidden needs all rows in memory: leave --memory and --cache out.")
    if fitter.C is None:
        raise CommandError(
            "--regularization auto needs all rows in memory: give C, or a part of the files."
        )
    if options.decisions:
        raise CommandError(
            "--calibrate, --costs and --none-of-these need all rows in memory: use "
            "softlearn.decide in Python, on the model that is written without them."
        )


def _stream(
    options: FitOptions, large: OnDisk, folder: str | None, display: ProgressDisplay
) -> StreamOptions:
    return StreamOptions(
        target=options.target,
        weight=options.weights,
        exclude=options.exclude,
        memory=large.memory,
        cache=large.cache or folder,
        checkpoint=options.checkpoint,
        resume=large.resume,
        tell=display.step,
    )


def _held_out(
    options: FitOptions,
    fitter: RegressionFitter,
    stream: StreamOptions,
    opened: Opened,
    y: NDArray[Any],
    temporary: Any,
) -> tuple[Fitter, DataSplits]:
    weights = np.ones(len(y)) if opened.weights is None else opened.weights.copy()
    n, d = opened.X.shape
    most = max(min(_MEASURED, stream.bytes // (_SHARE * 8 * d)), 100)
    test = np.zeros(0, dtype=np.intp)
    if options.test_size:
        _, test = hold_out(y, min(options.test_size, most / n), options.seed)
    weights[test] = 0.0
    train = np.flatnonzero(weights > 0.0)
    if len(train) > most:
        train = np.sort(np.random.default_rng(options.seed).choice(train, most, replace=False))
    warnings = [
        "The rows stayed on disk; the figures on the training part, and the features that matter, "
        f"are those of {counted(len(train), 'row')} of it."
    ]
    data = _dataset(options, opened, y, train)
    tested = _dataset(options, opened, y, test) if len(test) else None
    if options.test is not None:
        tested = given_test(options, data, options.no_features)
    classes, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes[weights > 0.0], minlength=len(classes))
    trained = list(zip(classes, counts.tolist(), strict=True))
    own = _OnDiskFitter(fitter, stream, weights, trained, temporary)
    return own, DataSplits(data, None, tested, warnings, tuple(options.no_features))


def _dataset(options: FitOptions, opened: Opened, y: NDArray[Any], rows: Rows) -> Dataset:
    """Return some rows in memory: a table if the columns have names that a table has."""
    X = as_rows(opened.X).subset(rows).X  # type: ignore[attr-defined]
    if opened.names is None or not opened.plain:
        return Dataset("matrix", X, y[rows], options.target)
    frame = pd.DataFrame(np.asarray(X, dtype=np.float64), columns=opened.names)
    types = dict.fromkeys(opened.names, "number")
    return Dataset("table", frame, y[rows], options.target, opened.names, types=types)
