"""The program and its commands, each in a file of `commands/`."""

from __future__ import annotations

from typing import Annotated

import typer

from .._version import __version__
from .commands import (
    config,
    evaluate,
    export,
    fit,
    infer,
    minimize,
    playground,
    predict,
    report,
    serve,
    show,
)

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
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
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


app.command(epilog=fit.EXAMPLES)(fit.fit)
app.command(epilog=predict.EXAMPLES)(predict.predict)
app.command(epilog=evaluate.EXAMPLES)(evaluate.evaluate)
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=report.EXAMPLES)(report.report)
app.command(epilog=show.EXAMPLES)(show.show)
app.command(epilog=infer.EXAMPLES)(infer.infer)
app.command(epilog=minimize.EXAMPLES, context_settings=minimize.SETTINGS)(minimize.minimize)
app.command(epilog=playground.EXAMPLES)(playground.playground)
app.command(epilog=config.EXAMPLES)(config.config)
