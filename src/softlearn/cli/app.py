"""The program and its commands, each in a file of `commands/`."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

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


class _OfOneSource(TyperCommand):
    """A command that takes several files as one source, and says how to those who give them all.

    A shell makes many words of a pattern without quotes.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # a file that is called - stays one, though pathlib leaves the ./ out
        args = [os.path.abspath(arg) if arg == "./-" else arg for arg in args]  # noqa: PTH100
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            said = getattr(error, "message", "")
            if "extra argument" in said:
                error.message = (  # type: ignore[attr-defined]
                    f"{said}. Several files are one SOURCE: give a pattern in quotes, such as "
                    "'parts/*.csv', or a folder."
                )
            raise


app.command(epilog=fit.EXAMPLES, cls=_OfOneSource)(fit.fit)
app.command(epilog=predict.EXAMPLES, cls=_OfOneSource)(predict.predict)
app.command(epilog=evaluate.EXAMPLES, cls=_OfOneSource)(evaluate.evaluate)
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=report.EXAMPLES, cls=_OfOneSource)(report.report)
app.command(epilog=show.EXAMPLES)(show.show)
app.command(epilog=infer.EXAMPLES, cls=_OfOneSource)(infer.infer)
app.command(epilog=minimize.EXAMPLES, context_settings=minimize.SETTINGS)(minimize.minimize)
app.command(epilog=playground.EXAMPLES)(playground.playground)
app.command(epilog=config.EXAMPLES)(config.config)
