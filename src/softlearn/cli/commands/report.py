"""The options of `softlearn report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options.common import Encoding, Model, Quiet, stoppable, words_of
from ..options.rows import DropUnlabelled
from ..options.tables import Decimal, Missing, Thousands, read_options

__all__ = ["EXAMPLES", "report"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn report penguins.softlearn labelled.csv -o report.html\n\n"
    "softlearn report photos.softlearn more-photos/ -o report.html"
)


@stoppable
def report(
    context: typer.Context,
    model: Model,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", show_default=False, help="Rows with their labels.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The HTML page to write.")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="NAME",
            help="Where the labels are. [default: as in training]",
        ),
    ] = None,
    encoding: Encoding = None,
    drop_unlabelled: DropUnlabelled = False,
    decimal: Decimal = None,
    thousands: Thousands = None,
    missing: Missing = None,
    quiet: Quiet = False,
) -> None:
    """Write a page with figures and pictures on how good MODEL is on labelled rows.

    One file that needs no network and no JavaScript: accuracy, log-loss and calibration, the
    certificate, confusions, the worst predictions and the most influential features.
    """
    from ..saved import report_page as command

    command.run(
        model,
        source,
        output,
        target,
        options=read_options(encoding, decimal, thousands, missing, drop_unlabelled),
        quiet=quiet,
        words=words_of(context),
    )
