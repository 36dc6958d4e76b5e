"""The commands and their options.  What they do is in `commands/`, loaded when it is needed."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from .._version import __version__
from . import CommandError

__all__ = ["app"]

P = ParamSpec("P")
R = TypeVar("R")

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


class ClassWeight(StrEnum):
    """Weights by class."""

    balanced = "balanced"


def _stoppable(command: Callable[P, R]) -> Callable[P, R]:
    """Let Ctrl-C end a command with a sentence."""

    @functools.wraps(command)
    def stopped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            raise CommandError("Stopped by the user; nothing was written.") from None

    return stopped


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"softlearn {__version__}")
        raise typer.Exit


Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print JSON for machines on standard output.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", metavar="", help="No progress line and no report.")
]
Encoding = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Encoding of text, such as latin-1. [default: UTF-8]"),
]
Model = Annotated[
    Path, typer.Argument(metavar="MODEL", show_default=False, help="A file that fit wrote.")
]
_SOURCE = (
    "A table (CSV, TSV, JSON lines, Parquet, Arrow), numbers (NPZ, svmlight), or a folder with one "
    "sub-folder of text files or of images per class."
)


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


def _strength(text: str) -> float | None:
    """Return C: a number, infinity for "none", None for "auto"."""
    if text == "auto":
        return None
    if text == "none":
        return math.inf
    try:
        C = float(text)
    except ValueError:
        C = math.nan
    if not C > 0.0:
        raise typer.BadParameter(f"{text!r} is neither a number above 0, nor auto, nor none.")
    return C


def _share(test: Path | None, size: float | None, no_test: bool) -> float:
    """Return the share of the rows to hold out."""
    if (test is not None) + (size is not None) + no_test > 1:
        raise typer.BadParameter("Give only one of --test, --test-size and --no-test.")
    if size is not None and not 0.0 < size < 1.0:
        raise typer.BadParameter(f"--test-size {size} is not a share between 0 and 1.")
    if test is not None or no_test:
        return 0.0
    return 0.2 if size is None else size


@app.command(
    epilog=(
        "Examples:\n\n"
        "softlearn fit penguins.csv --target species -o penguins.softlearn\n\n"
        "softlearn fit train.parquet --target label --test test.parquet -o model.softlearn\n\n"
        "softlearn fit photos/ --regularization auto --json -o photos.softlearn > report.json"
    )
)
@_stoppable
def fit(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", show_default=False, help=_SOURCE)],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="MODEL", help="The model file to write.")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="NAME",
            help="The column that holds the classes (NPZ: the array; not for folders, svmlight).",
        ),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="SOURCE", help="Test on this source instead of held-out rows."),
    ] = None,
    test_size: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of each class to hold out. [default: 0.2]"),
    ] = None,
    no_test: Annotated[
        bool, typer.Option("--no-test", metavar="", help="Train on all rows.")
    ] = False,
    regularization: Annotated[
        str,
        typer.Option(
            metavar="C",
            help=(
                "scikit-learn's C, the inverse of the penalty's strength: smaller is stronger. "
                "auto: by cross-validation on log-loss. none: no penalty."
            ),
        ),
    ] = "1.0",
    tol: Annotated[
        float, typer.Option(metavar="GAP", help="The relative duality gap to prove.", min=0.0)
    ] = 1e-6,
    class_weight: Annotated[
        ClassWeight | None,
        typer.Option(help="balanced: every class counts the same, however many rows it has."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that holds weights of rows.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Leave a column out (may be repeated)."),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", help="Seed of the held-out rows and folds.", min=0, max=2**32 - 1
        ),
    ] = 0,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="Threads to use. [default: one per core]", min=1)
    ] = None,
    encoding: Encoding = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on SOURCE, write it to MODEL, and print a report.

    The optimum is proven.  A part of the rows is held out, by class, to measure how good the
    model is on rows it has not seen.  Ctrl-C stops at the best point so far: it is saved, the
    report says so, and the exit status is 1.
    """
    if not math.isfinite(tol):
        raise typer.BadParameter(f"--tol {tol} is not a finite number of at least 0.")
    C, share = _strength(regularization), _share(test, test_size, no_test)
    from .commands import fit as command
    from .options import FitOptions

    options = FitOptions(
        source=source,
        target=target,
        output=output,
        test=test,
        test_size=share,
        C=C,
        tol=tol,
        class_weight=None if class_weight is None else class_weight.value,
        weights=weights,
        exclude=tuple(exclude or ()),
        seed=seed,
        threads=threads,
        encoding=encoding,
        as_json=as_json,
        quiet=quiet,
    )
    raise typer.Exit(command.run(options))


@app.command(
    epilog=(
        "Examples:\n\n"
        "softlearn predict penguins.softlearn new.csv -o predictions.csv\n\n"
        "softlearn predict model.softlearn large.parquet -o predictions.parquet\n\n"
        "softlearn predict photos.softlearn inbox/ -o - | head"
    )
)
@_stoppable
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
    quiet: Quiet = False,
) -> None:
    """Write a label and one probability per class for each row of SOURCE, in its order.

    The source is read in batches, so that it may be larger than memory.  Rows of folders begin
    with the file's name.
    """
    from .commands import predict as command

    command.run(model, source, output, encoding=encoding, quiet=quiet)


@app.command(
    epilog=(
        "Examples:\n\n"
        "softlearn evaluate penguins.softlearn labelled.csv\n\n"
        "softlearn evaluate model.softlearn labelled.parquet --target truth --json"
    )
)
@_stoppable
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
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print how good MODEL is on labelled rows."""
    from .commands import evaluate as command

    command.run(model, source, target, encoding=encoding, as_json=as_json, quiet=quiet)


@app.command(
    epilog=(
        "Examples:\n\nsoftlearn show penguins.softlearn\n\nsoftlearn show penguins.softlearn --json"
    )
)
@_stoppable
def show(model: Model, as_json: Json = False) -> None:
    """Describe a model file: its classes, certificate, versions, data and test figures."""
    from .commands import show as command

    command.run(model, as_json=as_json)


@app.command(epilog="Examples:\n\nsoftlearn config\n\nsoftlearn config --json")
@_stoppable
def config(as_json: Json = False) -> None:
    """Print versions, threads and kernels: what a bug report needs."""
    from .commands import config as command

    command.run(as_json=as_json)
