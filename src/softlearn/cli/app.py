"""The commands and their options.  What they do is in `commands/`, loaded when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._version import __version__
from .commands import report as page
from .commands.fit import EXAMPLES, fit
from .commands.minimize import EXAMPLES as MINIMIZE_EXAMPLES
from .commands.minimize import MINUS, minimize
from .options.common import Encoding, Json, Model, Quiet, stoppable
from .options.rows import DropUnlabelled
from .options.tables import Decimal, Missing, Thousands, read_options

__all__ = ["app"]

app = typer.Typer(
    help="Softmax classification with a proven optimum: from a file to a model.",
    epilog=(
        "Examples:\n\n"
        "softlearn fit penguins.csv --target species -o penguins.softlearn\n\n"
        "softlearn predict penguins.softlearn new.csv -o predictions.csv\n\n"
        "softlearn COMMAND --help explains each command."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"softlearn {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command(epilog=EXAMPLES)(fit)


@app.command(
    epilog=(
        "Examples:\n\n"
        "softlearn predict penguins.softlearn new.csv -o predictions.csv\n\n"
        "softlearn predict model.softlearn large.parquet -o predictions.parquet\n\n"
        "softlearn predict photos.softlearn inbox/ -o - | head"
    )
)
@stoppable
def predict(
    model: Model,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", show_default=False, help="Rows of the kind that was trained on."
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=(
                ".csv, .tsv, .jsonl (each also .gz), .parquet, .arrow or .feather; - for CSV on "
                "standard output."
            ),
        ),
    ],
    encoding: Encoding = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    missing: Missing = None,
    quiet: Quiet = False,
) -> None:
    """Write a label and one probability per class for each row of SOURCE, in its order.

    The source is read in batches, so that it may be larger than memory.  Rows of folders begin
    with the file's name.
    """
    from .saved import predict as command

    options = read_options(encoding, decimal, thousands, missing)
    command.run(model, source, output, options=options, quiet=quiet)


@app.command(
    epilog=(
        "Examples:\n\n"
        "softlearn evaluate penguins.softlearn labelled.csv\n\n"
        "softlearn evaluate model.softlearn labelled.parquet --target truth --json"
    )
)
@stoppable
def evaluate(
    model: Model,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", show_default=False, help="Rows with their labels.")
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
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print how good MODEL is on labelled rows."""
    from .saved import evaluate as command

    options = read_options(encoding, decimal, thousands, missing, drop_unlabelled)
    command.run(model, source, target, options=options, as_json=as_json, quiet=quiet)


app.command(epilog=page.EXAMPLES)(page.report)


@app.command(
    epilog=(
        "Examples:\n\nsoftlearn show penguins.softlearn\n\nsoftlearn show penguins.softlearn --json"
    )
)
@stoppable
def show(model: Model, as_json: Json = False) -> None:
    """Describe a model file: its classes, certificate, versions, data and test figures."""
    from .saved import describe as command

    command.run(model, as_json=as_json)


app.command(epilog=MINIMIZE_EXAMPLES, context_settings=MINUS)(minimize)


@app.command(epilog="Examples:\n\nsoftlearn config\n\nsoftlearn config --json")
@stoppable
def config(as_json: Json = False) -> None:
    """Print versions, threads and kernels: what a bug report needs."""
    from .commands import config as command

    command.run(as_json=as_json)
