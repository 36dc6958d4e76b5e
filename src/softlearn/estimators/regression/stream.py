"""A fit to files that may be larger than memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..._internal.log import INFO, tell
from ...streams import is_stream
from ..sklearn.streamed import check_stream, stream_options
from .checkpoint import Checkpoint, fit_fingerprint
from .formulation import Formulation, formulate
from .parameters import effective_penalty

__all__ = ["formulate_stream"]


def formulate_stream(
    estimator: Any, X: Any, y: Any, sample_weight: Any, given: Mapping[str, Any]
) -> Formulation:
    """Return the objective over files, and their checkpoint if one is asked for.

    Args:
        estimator: gives the parameters; receives the names of features.
        X: the files.
        y, sample_weight: where the files hold none.
        given: the further arguments of `fit`: see `softlearn.streams.StreamOptions`.

    Raises:
        TypeError: `given` names none of these, or X is no stream.
        ValueError: one sentence that names the argument or the file.

    """
    options = stream_options(given)
    if not is_stream(X):
        raise TypeError(
            f"fit() takes {', '.join(given)} for files alone: X must be a glob, a list of paths "
            "or a pyarrow.dataset.Dataset."
        )
    if options.tell is None:
        options = replace(options, tell=partial(tell, estimator.verbose, INFO, "%s"))
    examples, opened = check_stream(estimator, X, y, sample_weight, options)
    problem = formulate(estimator, examples, *effective_penalty(estimator))
    if options.checkpoint is None:
        return problem
    fingerprint = fit_fingerprint(estimator, opened.fingerprint, examples.codes, examples.s)
    checkpoint = Checkpoint(Path(options.checkpoint), fingerprint, options.resume)
    return replace(problem, checkpoint=checkpoint)
