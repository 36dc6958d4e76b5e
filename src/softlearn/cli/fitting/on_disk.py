"""A fit to files that may be larger than memory; what is measured is measured on some rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import counted
from ...data import as_rows
from ...streams import Opened, StreamOptions, open_stream
from ..sources import Dataset, SourceError
from ..terminal.progress import ProgressDisplay
from .cross_validation import cross_validate_files
from .data_splits import DataSplits, given_test
from .fit_options import FitOptions, OnDisk
from .kinds.kind import Fitter
from .kinds.regression import RegressionFitter
from .several_files import files_on_disk
from .splitting import hold_out
from .streamed import MEASURED, SHARE, StreamedFitter, in_memory, regression_of

if TYPE_CHECKING:
    from ...estimators import SoftmaxRegression

__all__ = ["read_on_disk"]

Rows = NDArray[np.intp]


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
    fitter = regression_of(options, fitter, "leave --memory and --cache out")
    temporary = None
    if large.cache is None and options.checkpoint is None:
        temporary = tempfile.TemporaryDirectory(prefix="softlearn-", ignore_cleanup_errors=True)
    stream = _stream(options, large, None if temporary is None else temporary.name, display)
    try:
        opened = open_stream(files_on_disk(options.source), stream)
    except (ValueError, OSError, ImportError) as error:
        raise SourceError(str(error)) from error
    if opened.codes is None or opened.labels is None:
        raise SourceError(f"{options.source} needs --target, the column that holds the classes.")
    labels = np.array(opened.labels)
    return _held_out(options, fitter, stream, opened, labels[opened.codes], temporary)


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
    most = max(min(MEASURED, stream.bytes // (SHARE * 8 * d)), 100)
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

    files = files_on_disk(options.source)

    def steps(classifier: SoftmaxRegression) -> Iterator[Any]:
        with temporary or nullcontext():
            yield from classifier.iter_fit(files, sample_weight=weights, **vars(stream))

    def choose(classifier: SoftmaxRegression) -> dict[str, Any]:
        cache = stream.cache or f"{stream.checkpoint}.cache"
        given = {**vars(stream), "cache": cache, "checkpoint": None, "resume": False}
        return cross_validate_files(files, weights, classifier, options.seed, given)

    own = StreamedFitter(fitter, trained, steps, choose)
    return own, DataSplits(data, None, tested, warnings, tuple(options.no_features))


def _dataset(options: FitOptions, opened: Opened, y: NDArray[Any], rows: Rows) -> Dataset:
    """Return some rows in memory."""
    X = as_rows(opened.X).subset(rows).X  # type: ignore[attr-defined]
    return in_memory(options, X, y[rows], opened.names if opened.plain else None)
