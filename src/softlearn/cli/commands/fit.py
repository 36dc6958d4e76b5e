"""The options of `softlearn fit`."""

from __future__ import annotations

import math
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import networks as of_networks
from ..options.common import SOURCE, Encoding, Json, Quiet, stoppable, words_of
from ..options.networks import layers, network_parameters
from ..options.rows import DropUnlabelled, LabelsAsWritten, NoHeader
from ..options.tables import Dates, Decimal, Missing, TextColumns, Thousands, read_options

if TYPE_CHECKING:
    from ..fitting.options import Fitter

__all__ = ["EXAMPLES", "fit"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn fit penguins.csv --target species -o penguins.softlearn\n\n"
    "softlearn fit train.parquet --target label --test test.parquet -o model.softlearn\n\n"
    "softlearn fit photos/ --regularization auto --json -o photos.softlearn > report.json\n\n"
    "softlearn fit photos/ --hidden 128,64 --epochs 50 --early-stopping -o photos.softlearn"
)
_PANEL = "Softmax regression (not with --hidden)"
_C, _TOL, _VALIDATION = 1.0, 1e-6, 0.1


class ClassWeight(StrEnum):
    """Weights by class."""

    balanced = "balanced"


def _strength(text: str | None) -> float | None:
    """Return C: a number, infinity for "none", None for "auto"."""
    if text is None:
        return _C
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


def _regression(regularization: str | None, tol: float | None) -> Fitter:
    C, tol = _strength(regularization), _TOL if tol is None else tol
    if not math.isfinite(tol):
        raise typer.BadParameter(f"--tol {tol} is not a finite number of at least 0.")
    from ..fitting.kinds.regression import Regression

    return Regression(C, tol)


def _network(
    hidden: str, regularization: str | None, tol: float | None, parameters: dict[str, Any]
) -> Fitter:
    sizes = layers(hidden)
    if regularization is not None:
        raise typer.BadParameter(
            "--regularization is for softmax regression; with --hidden the penalty is --alpha."
        )
    if tol is not None:
        raise typer.BadParameter(
            "--tol is for softmax regression, whose optimum can be proven; leave it out with "
            "--hidden."
        )
    from ..fitting.kinds.network import Network

    return Network(sizes, parameters)


@stoppable
def fit(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", show_default=False, help=SOURCE)],
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
        str | None,
        typer.Option(
            metavar="C",
            rich_help_panel=_PANEL,
            help=(
                "scikit-learn's C, the inverse of the penalty's strength: smaller is stronger. "
                "auto: by cross-validation on log-loss. none: no penalty. [default: 1.0]"
            ),
        ),
    ] = None,
    tol: Annotated[
        float | None,
        typer.Option(
            metavar="GAP",
            rich_help_panel=_PANEL,
            help="The relative duality gap to prove. [default: 1e-06]",
            min=0.0,
        ),
    ] = None,
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
            metavar="N", help="Seed of all that is drawn at random.", min=0, max=2**32 - 1
        ),
    ] = 0,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="Threads to use. [default: one per core]", min=1)
    ] = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    drop_unlabelled: DropUnlabelled = False,
    labels_as_written: LabelsAsWritten = False,
    decimal: Decimal = None,
    thousands: Thousands = None,
    missing: Missing = None,
    dates: Dates = None,
    text: TextColumns = None,
    hidden: of_networks.Hidden = None,
    activation: of_networks.OfActivation = None,
    optimizer: of_networks.OfOptimizer = None,
    learning_rate: of_networks.LearningRate = None,
    schedule: of_networks.OfSchedule = None,
    epochs: of_networks.Epochs = None,
    batch_size: of_networks.BatchSize = None,
    alpha: of_networks.Alpha = None,
    dropout: of_networks.Dropout = None,
    early_stopping: of_networks.EarlyStopping = False,
    validation: of_networks.Validation = None,
    checkpoint: of_networks.Checkpoint = None,
    checkpoint_every: of_networks.CheckpointEvery = None,
    resume: of_networks.Resume = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the report as an HTML page with pictures."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on SOURCE, write it to MODEL, and print a report.

    Softmax regression, whose optimum is proven; with --hidden, a network.  A part of the rows is
    held out, by class, to measure how good the model is on rows it has not seen.  Ctrl-C and
    SIGTERM stop at the best point so far: it is saved, the report says so, and the exit status is
    1, or 143 for SIGTERM.
    """
    parameters = network_parameters(
        {
            "--activation": activation,
            "--optimizer": optimizer,
            "--learning-rate": learning_rate,
            "--schedule": schedule,
            "--epochs": epochs,
            "--batch-size": batch_size,
            "--alpha": alpha,
            "--dropout": dropout,
            "--early-stopping": early_stopping,
            "--validation": validation,
            "--checkpoint": checkpoint,
            "--checkpoint-every": checkpoint_every,
            "--resume": resume,
        },
        hidden=hidden is not None,
    )
    share = _share(test, test_size, no_test)
    if hidden is None:
        fitter = _regression(regularization, tol)
    else:
        fitter = _network(hidden, regularization, tol, parameters)
    from ..fitting import fit as command
    from ..fitting.options import FitOptions
    from ..sources import RowOptions

    if validation is None:
        validation = _VALIDATION if early_stopping else 0.0
    options = FitOptions(
        source=source,
        target=target,
        output=output,
        test=test,
        test_size=share,
        validation=validation,
        fitter=fitter,
        checkpoint=checkpoint,
        class_weight=None if class_weight is None else class_weight.value,
        weights=weights,
        exclude=tuple(exclude or ()),
        seed=seed,
        threads=threads,
        reading=replace(
            read_options(encoding, decimal, thousands, missing),
            dates=None if dates is None else dates.value,
            text=tuple(text or ()),
            left_out=tuple(exclude or ()),
            rows=RowOptions(not no_header, drop_unlabelled, labels_as_written),
        ),
        as_json=as_json,
        quiet=quiet,
        report=report,
        words=tuple(words_of(context)),
    )
    raise typer.Exit(command.run(options))
