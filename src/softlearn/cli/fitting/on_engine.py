"""A fit to files whose rows lie with the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ..._internal.format import counted as told
from ...execution.cores import cores
from ...streams import (
    FileRows,
    StreamOptions,
    counted,
    drawn,
    file_parts,
    files_of,
    read_files,
)
from .. import CommandError
from ..sources import Dataset, SourceError
from ..terminal.progress import ProgressDisplay
from .data_splits import DataSplits, given_test
from .fit_options import FitOptions
from .kinds.kind import Fitter
from .several_files import files_on_disk
from .streamed import MEASURED, SHARE, StreamedFitter, in_memory, regression_of

if TYPE_CHECKING:
    from ...estimators import SoftmaxRegression

__all__ = ["read_on_engine"]

_PATIENCE = 60.0  # seconds to wait for a scheduler


def read_on_engine(
    options: FitOptions, fitter: Fitter, display: ProgressDisplay
) -> tuple[Fitter, DataSplits]:
    """Let workers read the files; return what fits them, and rows to measure on.

    Raises:
        CommandError: an option does not go with an engine, or there is no cluster.
        SourceError: the files cannot be used.

    """
    from ...engines import dask_cluster

    large = options.on_disk
    assert large is not None
    fitter = regression_of(options, fitter, "leave --engine out")
    if fitter.C is None:
        raise CommandError(
            "--regularization auto needs the rows on this machine: give C, or leave --engine out."
        )
    columns = StreamOptions(options.target, None, options.weights, options.exclude).columns
    closing = ExitStack()
    try:
        display.step("starting the workers")
        engine = closing.enter_context(
            dask_cluster(large.scheduler, options.threads or cores(), _PATIENCE)
        )
        display.step("the workers read the files")
        read, whole = read_files(engine, files_of(files_on_disk(options.source)), columns)
        if not whole.labelled:
            raise SourceError(
                f"{options.source} needs --target, the column that holds the classes."
            )
        most = max(min(MEASURED, StreamOptions().bytes // (SHARE * 8 * whole.d)), 100)
        share = min(options.test_size, most / whole.n)
        numbered: Any = list(enumerate(read))

        def gathered(begin: float, end: float) -> Dataset:
            rows = engine.ask(drawn, numbered, begin, end, options.seed)
            names = whole.names if whole.plain else None
            return _dataset(options, rows, None if names is None else list(names))

        tested = gathered(0.0, share) if share else None
        data = gathered(share, share + min(most / whole.n, 1.0))
        read = [engine.make(drawn, [k, rows], share, 1.0, options.seed) for k, rows in numbered]
        trained = _trained(engine.ask(counted, read))
        parts = file_parts(engine, read, whole, columns)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        closing.close()
        kind = CommandError if isinstance(error, CommandError) else SourceError
        raise kind(str(error)) from error
    except BaseException:
        closing.close()
        raise

    def steps(classifier: SoftmaxRegression) -> Iterator[Any]:
        with closing:
            classifier.set_params(engine=engine)
            yield from classifier.iter_fit(
                parts, checkpoint=options.checkpoint, resume=large.resume
            )
            classifier.set_params(engine=None)

    if options.test is not None:
        tested = given_test(options, data, options.no_features)
    warnings = [
        "The rows stayed with the workers; the figures on the training part, and the features that "
        f"matter, are those of {told(len(data), 'row')} of it."
    ]
    own = StreamedFitter(fitter, trained, steps)
    return own, DataSplits(data, None, tested, warnings, tuple(options.no_features))


def _dataset(options: FitOptions, rows: list[FileRows], names: list[str] | None) -> Dataset:
    some = [part for part in rows if part.facts.n] or rows[:1]
    stack = sp.vstack if sp.issparse(some[0].X) else np.concatenate
    y: Any = np.concatenate([part.y for part in some])
    return in_memory(options, stack([part.X for part in some]), y, names)


def _trained(counts: list[Any]) -> list[tuple[Any, int]]:
    """Return each class and its rows in all files."""
    counts = [each for each in counts if len(each[0])]
    labels = np.concatenate([of for of, _ in counts])
    classes, codes = np.unique(labels, return_inverse=True)
    found = np.bincount(codes, np.concatenate([n for _, n in counts]), len(classes))
    return list(zip(classes, found.astype(int).tolist(), strict=True))
