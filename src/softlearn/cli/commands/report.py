"""softlearn report: a page on how good a model is on labelled rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..options.common import LabelledSource, LabelTarget, Model, Quiet, option, stoppable, words_of
from ..options.groups import option_groups
from ..options.reading import LabelledReading

__all__ = ["EXAMPLES", "report"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn report penguins.softlearn labelled.csv -o report.html\n\n"
    "softlearn report photos.softlearn more-photos/ -o report.html"
)


@stoppable
@option_groups
def report(
    context: typer.Context,
    model: Model,
    source: LabelledSource,
    output: Annotated[Path, option("The HTML page to write.", "FILE", "--output", "-o")],
    target: LabelTarget = None,
    *,
    reading: LabelledReading,
    quiet: Quiet = False,
) -> None:
    """Write a page with figures and pictures on how good MODEL is on labelled rows.

    One file that needs no network and no JavaScript: accuracy, log-loss and calibration, the
    certificate, confusions, the worst predictions and the most influential features.
    """
    options = reading.read_options()
    from ..saved.report_page import write_report

    rows = write_report(
        model, source, output, target, options=options, quiet=quiet, words=words_of(context)
    )
    if not quiet:
        print(f"A report on {rows:,} rows, in {output}.", file=sys.stderr)
