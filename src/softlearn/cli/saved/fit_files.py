"""The files that `softlearn fit` writes: the model, and a page about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import CommandError
from ..fitting.data_splits import DataSplits
from ..fitting.fit_options import FitOptions
from ..inspect.drift import summary
from ..sources.schema import describe
from ..terminal.progress import ProgressDisplay
from ..terminal.signals import interrupt_as_flag, stopped
from .model_files import save_model
from .output_files import check_output

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["check_outputs", "save_fit"]


def check_outputs(options: FitOptions) -> None:
    """Make sure, before any work is done, that all files can be written and replace no input."""
    inputs = options.inputs
    check_output(options.output, inputs)
    if options.checkpoint is not None:
        if os.path.realpath(options.checkpoint) == os.path.realpath(options.output):
            raise CommandError(
                f"The checkpoint and the model are both {options.output}; give two names."
            )
        check_output(options.checkpoint, inputs)
    if options.report is not None:
        from .report_page import check_report

        check_report(options.report, inputs, [options.output, options.checkpoint])


def save_fit(
    options: FitOptions,
    pipeline: Pipeline,
    splits: DataSplits,
    facts: Mapping[str, Any],
    display: ProgressDisplay,
) -> None:
    """Write the model, which a first Ctrl-C or SIGTERM does not prevent; then the page, if any."""
    metadata = {
        **describe(splits.train),
        "excluded": list(splits.excluded),
        "summary": summary(splits.train),
        "report": facts,
    }
    with interrupt_as_flag(partial(display.stopping, "when the model is written")):
        save_model(pipeline, options.output, metadata)
    if options.report is None:
        return
    from .report_page import write_fit_report

    try:
        write_fit_report(options.report, pipeline, splits, facts, options.words)
    except KeyboardInterrupt:
        what = f"the model is whole, in {options.output}, the report was not written"
        raise CommandError(stopped(what)) from None
