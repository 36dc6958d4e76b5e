"""What several commands take in the same words, and how Ctrl-C and SIGTERM end them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from ..._internal.addresses import as_given
from .. import CommandError
from ..terminal.signals import stopped

__all__ = [
    "SOURCE",
    "Json",
    "LabelTarget",
    "LabelledSource",
    "Model",
    "Quiet",
    "option",
    "stoppable",
    "words_of",
]

P = ParamSpec("P")
R = TypeVar("R")


def option(
    help: str, metavar: str | None = None, *names: str, panel: str | None = None, **more: Any
) -> Any:
    """Return an option of Typer's; "" as metavar is for flags."""
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel, **more)


SOURCE = (
    "A table (CSV, TSV, JSON, Excel, OpenDocument, Parquet, Arrow, ARFF, SQLite), numbers (NPZ, "
    "svmlight), or a folder with one sub-folder of text files or of images per class; an address "
    "(https://...); - for standard input."
)
Json = Annotated[bool, option("Print JSON for machines on standard output.", "", "--json")]
Quiet = Annotated[bool, option("No progress line and no report.", "", "--quiet", "-q")]
Model = Annotated[
    Path, typer.Argument(metavar="MODEL", show_default=False, help="A file that fit wrote.")
]
LabelledSource = Annotated[
    Path, typer.Argument(metavar="SOURCE", show_default=False, help="Rows with their labels.")
]
LabelTarget = Annotated[
    str | None,
    option("Where the labels are. [default: as in training]", "NAME", "--target", "-t"),
]


def stoppable(command: Callable[P, R]) -> Callable[P, R]:
    """Let Ctrl-C and SIGTERM end a command with a sentence."""

    @functools.wraps(command)
    def stopping(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            raise CommandError(stopped("nothing was written")) from None

    return stopping


def words_of(context: typer.Context) -> list[str]:
    """Return the words of the running command, so that it can be run again."""
    words = [str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        if parameter.param_type_name == "argument":
            words.append(as_given(value) if isinstance(value, Path) else str(value))
        elif isinstance(value, bool):
            words.append(parameter.opts[0])
        else:
            for one in value if isinstance(value, list | tuple) else [value]:
                words += [parameter.opts[0], as_given(one) if isinstance(one, Path) else str(one)]
    return words
