"""softlearn fit: from a source to a model file and a report."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._version import __version__
from ...protocol import Status
from ...words import one_line
from .. import CommandError
from ..inspect.columns import column_warnings
from ..inspect.measures import baseline, baseline_warning, measure, plain
from ..inspect.rows import calibration_warning, shared_rows
from ..saved.model_files import save_model
from ..sources import Dataset
from ..sources.said import sentences
from ..terminal.outputs import check_output, print_json, strict, writing_to_stdout
from ..terminal.progress import Watch
from ..terminal.report import print_fit
from ..terminal.signals import interrupt_as_flag, stopped, terminated
from ..vectorise import describe
from .data_splits import Parts, read_parts
from .options import FitOptions, Fitted
from .pipeline import transform

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["run"]


def run(options: FitOptions) -> int:
    """Fit, save, and print the report; return the exit status.

    Raises:
        CommandError: one sentence; no file is left then.

    """
    _check_outputs(options)
    began = time.perf_counter()
    with Watch(options.quiet) as watch:
        watch.task("Reading the data")
        parts = read_parts(options)
        pipeline, facts = _fit(options, parts, watch)
    facts["seconds"]["total"] = time.perf_counter() - began
    facts = strict(facts)
    metadata = {
        **describe(parts.train),
        "excluded": options.no_features,
        "report": facts,
    }
    with interrupt_as_flag(partial(watch.stopping, "when the model is written")):
        save_model(pipeline, options.output, metadata)
    if options.report is not None:
        _write_report(options, pipeline, parts, facts)
    with writing_to_stdout(f"; the model is whole, in {options.output}"):
        if options.as_json:
            print_json(facts)
        elif not options.quiet:
            print_fit(facts)
    if facts["status"] == Status.STOPPED_BY_USER.name:
        said = [facts["status_sentence"], facts["status_detail"], f"It is in {options.output}."]
        if options.checkpoint is not None:
            said.append(f"To go on, add --resume: the training is in {options.checkpoint}.")
        print(f"softlearn: {one_line(' '.join(filter(None, said)))}", file=sys.stderr)
        return 1
    return 0


def _write_report(
    options: FitOptions, pipeline: Pipeline, parts: Parts, facts: dict[str, Any]
) -> None:
    from ..saved.report_page import write_fit_report

    assert options.report is not None
    try:
        write_fit_report(options.report, pipeline, parts, facts, options.words)
    except KeyboardInterrupt:
        what = f"the model is whole, in {options.output}, the report was not written"
        raise CommandError(stopped(what)) from None


def _check_outputs(options: FitOptions) -> None:
    inputs = [options.source] + ([] if options.test is None else [options.test])
    check_output(options.output, inputs)
    if options.checkpoint is not None:
        if os.path.realpath(options.checkpoint) == os.path.realpath(options.output):
            raise CommandError(
                f"The checkpoint and the model are both {options.output}; give two names."
            )
        check_output(options.checkpoint, inputs)
    if options.report is not None:
        from ..saved.report_page import check_report

        check_report(options.report, inputs, [options.output, options.checkpoint])


def _fit(options: FitOptions, parts: Parts, watch: Watch) -> tuple[Pipeline, dict[str, Any]]:
    """Return the fitted pipeline and the facts of the report."""
    train = parts.train
    watch.task("Looking at the data")
    found = column_warnings(train)
    if parts.test is not None:
        found.append(shared_rows(train, parts.test))
    fitted = options.fitter.fit(options, parts, watch)
    found += fitted.warnings
    _say_sigterm(fitted)
    watch.task("Measuring")
    with interrupt_as_flag(partial(watch.stopping, "when the model is written")):
        worse, scores = _scores(fitted, parts)
    if parts.test is not None and fitted.facts.get("cross_validation") is None:
        found.append(
            calibration_warning(
                scores["test_accuracy"],
                scores["mean_confidence"],
                len(parts.test),
                options.fitter.remedies,
            )
        )
    facts = {
        "softlearn": __version__,
        "source": str(options.source),
        "model": str(options.output),
        **_facts_on_data(parts, options),
        "n_features": len(fitted.names),
        **fitted.facts,
        "seconds": {"fit": fitted.seconds},
        **scores,
        "influential_features": fitted.influences,
        "warnings": list(filter(None, [worse, *parts.warnings, *found])),
    }
    return fitted.pipeline, facts


def _say_sigterm(fitted: Fitted) -> None:
    """Let the model say that it was SIGTERM that stopped its fit, if it was."""
    if fitted.facts["status"] != Status.STOPPED_BY_USER.name or not terminated():
        return
    classifier = fitted.pipeline.named_steps["classifier"]
    said = [classifier.status_detail_, "The process was sent SIGTERM."]
    classifier.status_detail_ = fitted.facts["status_detail"] = " ".join(filter(None, said))


def _labels(data: Dataset) -> NDArray[Any]:
    assert data.y is not None
    return data.y


def _facts_on_data(parts: Parts, options: FitOptions) -> dict[str, Any]:
    train = parts.train
    classes = np.unique(_labels(train))
    by_part = {
        "train_rows": _rows_by_class(train, classes),
        "validation_rows": _rows_by_class(parts.validation, classes),
        "test_rows": _rows_by_class(parts.test, classes),
    }
    kinds = list(train.types.values())
    width = train.X.shape[1] if train.kind in ("table", "matrix") else None
    return {
        "kind": train.kind,
        "target": train.target,
        "test": None if options.test is None else str(options.test),
        "train_rows": len(train),
        "validation_rows": 0 if parts.validation is None else len(parts.validation),
        "test_rows": 0 if parts.test is None else len(parts.test),
        "columns": width,
        "columns_by_type": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "layout": dict(train.layout),
        "read_as": sentences(train.reading),
        "classes": [
            {"class": plain(label), **{part: rows[k] for part, rows in by_part.items()}}
            for k, label in enumerate(classes)
        ],
    }


def _rows_by_class(data: Dataset | None, classes: NDArray[Any]) -> list[int]:
    if data is None:
        return [0] * len(classes)
    return [int((_labels(data) == label).sum()) for label in classes]


def _scores(fitted: Fitted, parts: Parts) -> tuple[str, dict[str, Any]]:
    """Return the measures on the training and the test part, beside the baseline.

    Before them stands a sentence for a model that is worse than that, or "".
    """
    classifier = fitted.pipeline.named_steps["classifier"]
    classes = classifier.classes_
    y = _labels(parts.train)
    train = measure(classifier.predict_log_proba(fitted.X), y, classes)
    found = {"train_accuracy": train["accuracy"], "train_log_loss": train["log_loss"]}
    keys = ("accuracy", "log_loss", "calibration_error", "mean_confidence")
    counts = np.unique(y, return_counts=True)[1]
    if parts.test is None:
        test: dict[str, Any] = {**dict.fromkeys(keys), "per_class": [], "confusions": []}
        base = baseline(classes, counts, y)
        worse = baseline_warning(train, base)
    else:
        y_test = _labels(parts.test)
        log_P = classifier.predict_log_proba(transform(fitted.pipeline, parts.test.X))
        test = measure(log_P, y_test, classes)
        base = baseline(classes, counts, y_test)
        worse = baseline_warning(test, base)
    return worse, {
        **found,
        "test_accuracy": test["accuracy"],
        "test_log_loss": test["log_loss"],
        "calibration_error": test["calibration_error"],
        "mean_confidence": test["mean_confidence"],
        "baseline": base,
        "per_class": test["per_class"],
        "confusions": test["confusions"],
    }
