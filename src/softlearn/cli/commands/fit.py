"""softlearn fit: from a source to a model file and a report."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..._internal.format import one_line
from ..options.common import SOURCE, Json, Quiet, option, stoppable, words_of
from ..options.decisions import DecisionOptions
from ..options.groups import option_groups
from ..options.networks import NetworkOptions
from ..options.reading import TrainingReading

if TYPE_CHECKING:
    from ..fitting.fit_options import FitOptions
    from ..fitting.kinds.kind import Fitter

__all__ = ["EXAMPLES", "fit"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn fit penguins.csv --target species -o penguins.softlearn\n\n"
    "softlearn fit train.parquet --target label --test test.parquet -o model.softlearn\n\n"
    "softlearn fit photos/ --regularization auto --json -o photos.softlearn > report.json\n\n"
    "softlearn fit 'parts/*.parquet' --target y --memory 4GB --checkpoint fit.ckpt -o y.softlearn"
    "\n\n"
    "softlearn fit 'parts/*.parquet' --target y --engine dask -o y.softlearn\n\n"
    "softlearn fit photos/ --hidden 128,64 --epochs 50 --early-stopping -o photos.softlearn"
)
_PANEL = "Softmax regression (not with --hidden)"
_LARGE = "Files larger than memory (softmax regression)"
_C, _TOL, _VALIDATION, _ASIDE, _TEST = 1.0, 1e-6, 0.1, 0.2, 0.2


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


def _share(test: Path | None, test_labels: Path | None, size: float | None, no_test: bool) -> float:
    """Return the share of the rows to hold out."""
    if test is None and test_labels is not None:
        raise typer.BadParameter("--test-labels are those of --test, which is not given.")
    if (test is not None) + (size is not None) + no_test > 1:
        raise typer.BadParameter("Give only one of --test, --test-size and --no-test.")
    if size is not None and not 0.0 < size < 1.0:
        raise typer.BadParameter(f"--test-size {size} is not a share between 0 and 1.")
    if test is not None or no_test:
        return 0.0
    return _TEST if size is None else size


class Engines(StrEnum):
    """Where the rows of a fit lie."""

    dask = "dask"


class PenaltyGroups(StrEnum):
    """What is zero together."""

    features = "features"


def _regression(
    regularization: str | None,
    tol: float | None,
    l1_ratio: float | None,
    groups: PenaltyGroups | None,
    factors: list[str],
) -> Fitter:
    C, tol = _strength(regularization), _TOL if tol is None else tol
    if not math.isfinite(tol):
        raise typer.BadParameter(f"--tol {tol} is not a finite number of at least 0.")
    if groups is not None and not l1_ratio:
        raise typer.BadParameter("--penalty-groups needs an --l1-ratio above 0.")
    if factors and math.inf == C:
        raise typer.BadParameter("--penalty-factors are of no use with --regularization none.")
    from ..fitting.kinds.regression import RegressionFitter
    from ..fitting.penalty_factors import read_penalty_factors

    by_name = read_penalty_factors(factors)
    return RegressionFitter(C, tol, l1_ratio or 0.0, groups and str(groups), by_name)


def _network(
    network: NetworkOptions,
    regularization: str | None,
    tol: float | None,
    of_penalty: tuple[object, ...],
) -> Fitter:
    layers = network.layers
    if any(given not in (None, []) for given in of_penalty):
        raise typer.BadParameter(
            "--l1-ratio, --penalty-groups and --penalty-factors are for softmax regression; leave "
            "them out with --hidden."
        )
    if regularization is not None:
        raise typer.BadParameter(
            "--regularization is for softmax regression; with --hidden the penalty is --alpha."
        )
    if tol is not None:
        raise typer.BadParameter(
            "--tol is for softmax regression, whose optimum can be proven; leave it out with "
            "--hidden."
        )
    from ..fitting.kinds.network import NetworkFitter

    return NetworkFitter(layers, network.parameters())


@stoppable
@option_groups
def fit(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", show_default=False, help=SOURCE)],
    output: Annotated[Path, option("The model file to write.", "MODEL", "--output", "-o")],
    target: Annotated[
        str | None,
        option(
            "The column that holds the classes (NPZ: the array; not for folders, svmlight).",
            "NAME",
            "--target",
            "-t",
        ),
    ] = None,
    *,
    test: Annotated[
        Path | None, option("Test on this source instead of held-out rows.", "SOURCE")
    ] = None,
    test_labels: Annotated[
        Path | None, option("The file of the labels of NPY rows to test on.", "FILE")
    ] = None,
    test_size: Annotated[
        float | None, option("Share of each class to hold out. [default: 0.2]", "SHARE")
    ] = None,
    no_test: Annotated[bool, option("Train on all rows.", "", "--no-test")] = False,
    regularization: Annotated[
        str | None,
        option(
            "scikit-learn's C, the inverse of the penalty's strength: smaller is stronger. "
            "auto: by cross-validation on log-loss. none: no penalty. [default: 1.0]",
            "C",
            panel=_PANEL,
        ),
    ] = None,
    l1_ratio: Annotated[
        float | None,
        option(
            "scikit-learn's l1_ratio: the share of L1 in the penalty, which makes weights exactly "
            "0. [default: 0]",
            "SHARE",
            "--l1-ratio",
            panel=_PANEL,
            min=0.0,
            max=1.0,
        ),
    ] = None,
    penalty_groups: Annotated[
        PenaltyGroups | None,
        option(
            "features: with --l1-ratio, a feature is used for all classes or for none.",
            panel=_PANEL,
        ),
    ] = None,
    penalty_factors: Annotated[
        list[str] | None,
        option(
            "Multiply a feature's or a column's penalty by a number, 0 for none; or a CSV with "
            "both in each row (may be repeated).",
            "NAME=NUMBER",
            panel=_PANEL,
        ),
    ] = None,
    tol: Annotated[
        float | None,
        option("The relative duality gap to prove. [default: 1e-06]", "GAP", panel=_PANEL, min=0.0),
    ] = None,
    class_weight: Annotated[
        ClassWeight | None,
        option("balanced: every class counts the same, however many rows it has."),
    ] = None,
    weights: Annotated[
        str | None, option("The column that holds weights of rows.", "COLUMN")
    ] = None,
    exclude: Annotated[
        list[str] | None, option("Leave a column out (may be repeated).", "COLUMN")
    ] = None,
    keep: Annotated[
        list[str] | None,
        option("Use a column that looks like an identifier (may be repeated).", "COLUMN"),
    ] = None,
    seed: Annotated[
        int, option("Seed of all that is drawn at random.", "N", min=0, max=2**32 - 1)
    ] = 0,
    threads: Annotated[
        int | None, option("Threads to use. [default: one per core]", "N", min=1)
    ] = None,
    memory: Annotated[
        str | None,
        option(
            "Keep the rows on disk, and use so much memory for a part of them, such as 4GB. "
            "[default of files larger than that: a quarter of the machine's]",
            "SIZE",
            panel=_LARGE,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        option(
            "Keep the converted files in this folder. [default: beside the checkpoint, or not]",
            "FOLDER",
            panel=_LARGE,
        ),
    ] = None,
    engine: Annotated[
        Engines | None,
        option(
            "dask: the workers of a Dask cluster read the files, and keep the rows.",
            panel=_LARGE,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        option(
            "The cluster's scheduler, such as tcp://10.0.0.1:8786; its workers must find the files "
            "by the same names. [default: a cluster on this machine]",
            "ADDRESS",
            panel=_LARGE,
        ),
    ] = None,
    reading: TrainingReading,
    network: NetworkOptions,
    decisions: DecisionOptions,
    report: Annotated[
        Path | None, option("Also write the report as an HTML page with pictures.", "FILE")
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
    if engine is None and scheduler is not None:
        raise typer.BadParameter("--scheduler needs --engine dask.")
    if engine is not None and (memory is not None or cache is not None):
        raise typer.BadParameter("--memory and --cache are for rows on disk, not for --engine.")
    share = _share(test, test_labels, test_size, no_test)
    from ..fitting.several_files import as_split, is_large

    source, own_test, notes = as_split(source, asked=test is not None or share != _TEST)
    if own_test is not None:
        test, share = own_test, 0.0
    large = any(given is not None for given in (memory, cache, engine))
    if network.hidden is None:
        large = large or is_large(source, checkpoint=network.checkpoint is not None)
    network.parameters(on_disk=large)
    chosen = decisions.decisions()
    if network.hidden is None:
        fitter = _regression(regularization, tol, l1_ratio, penalty_groups, penalty_factors or [])
    else:
        of_penalty = l1_ratio, penalty_groups, penalty_factors
        fitter = _network(network, regularization, tol, of_penalty)
    from ..fitting.fit_options import FitOptions, OnDisk

    validation = network.validation
    if validation is None:
        validation = _VALIDATION if network.early_stopping else 0.0
    if chosen.none_of_these is not None:
        if validation:
            raise typer.BadParameter(
                "--none-of-these needs rows that chose nothing, not those of --early-stopping or "
                "--validation: leave these out, or use softlearn.decide in Python."
            )
        validation = _ASIDE
    excluded = tuple(exclude or ())
    options = FitOptions(
        source=source,
        target=target,
        output=output,
        test=test,
        test_labels=test_labels,
        test_size=share,
        validation=validation,
        checkpoint=network.checkpoint,
        class_weight=None if class_weight is None else class_weight.value,
        weights=weights,
        exclude=excluded,
        keep=tuple(keep or ()),
        seed=seed,
        threads=threads,
        reading=replace(reading.read_options(), left_out=excluded),
        decisions=chosen,
        report=report,
        words=tuple(words_of(context)),
        on_disk=OnDisk(memory, cache, network.resume, engine, scheduler) if large else None,
        notes=notes,
    )
    raise typer.Exit(_fit(options, fitter, as_json=as_json, quiet=quiet))


def _fit(options: FitOptions, fitter: Fitter, *, as_json: bool, quiet: bool) -> int:
    """Fit, save, and print the report; return the exit status."""
    from ...protocol import Status
    from ..fitting.data_splits import read_splits
    from ..fitting.kinds import print_section
    from ..fitting.measured_fit import fit_and_measure
    from ..fitting.on_disk import read_on_disk
    from ..fitting.on_engine import read_on_engine
    from ..saved.fit_files import check_outputs, save_fit
    from ..terminal.progress import ProgressDisplay
    from ..terminal.report import print_fit
    from ..terminal.stdout import print_facts, strict

    check_outputs(options)
    began = time.perf_counter()
    with ProgressDisplay(quiet) as display:
        display.task("Reading the data")
        if options.on_disk is None:
            splits = read_splits(options)
        elif options.on_disk.engine is not None:
            fitter, splits = read_on_engine(options, fitter, display)
        else:
            fitter, splits = read_on_disk(options, fitter, display)
        pipeline, facts = fit_and_measure(options, fitter, splits, display)
    facts["seconds"]["total"] = time.perf_counter() - began
    facts = strict(facts)
    save_fit(options, pipeline, splits, facts, display)
    if as_json or not quiet:
        print_text = None if as_json else lambda facts: print_fit(facts, print_section)
        print_facts(facts, print_text, f"; the model is whole, in {options.output}")
    if facts["status"] != Status.STOPPED_BY_USER.name:
        return 0
    end = [facts["status_sentence"], facts["status_detail"], f"It is in {options.output}."]
    if options.checkpoint is not None:
        end.append(f"To go on, add --resume: the training is in {options.checkpoint}.")
    print(f"softlearn: {one_line(' '.join(filter(None, end)))}", file=sys.stderr)
    return 1
