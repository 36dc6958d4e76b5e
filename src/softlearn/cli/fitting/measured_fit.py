"""A fit, and how good it is: the facts that the report and the model file tell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.addresses import as_given
from ..._version import __version__
from ...features.pipeline import text_columns
from ...protocol import Status
from ..inspect.columns import column_warnings
from ..inspect.measures import baseline, measure, plain, scores_of
from ..inspect.rows import calibration_warning, shared_rows
from ..sources import Dataset
from ..sources.frames import named
from ..sources.reading_words import sentences
from ..terminal.progress import ProgressDisplay
from ..terminal.signals import interrupt_as_flag, terminated
from .costs_file import read_costs
from .data_splits import DataSplits
from .decisions import decided, outcome_facts
from .fit_options import FitOptions
from .kinds import fit_summary
from .kinds.kind import FittedModel, Fitter
from .pipeline import transform

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["fit_and_measure"]


def fit_and_measure(
    options: FitOptions, fitter: Fitter, splits: DataSplits, display: ProgressDisplay
) -> tuple[Pipeline, dict[str, Any]]:
    """Return the fitted pipeline and the facts of the report."""
    train = splits.train
    display.task("Looking at the data")
    warnings = column_warnings(train)
    if splits.test is not None:
        warnings.append(shared_rows(train, splits.test))
    costs = None
    if options.decisions.costs is not None:
        known = np.unique(_labels(train))
        costs = read_costs(options.decisions.costs, known, options.reading.encoding)
    fitted = fitter.fit(options, splits, display)
    warnings += fitted.warnings
    _record_sigterm(fitted)
    summary = fit_summary(fitted.pipeline.named_steps["classifier"])
    decisions, notes = decided(options, fitted, costs, splits, display)
    warnings += notes
    display.task("Measuring")
    with interrupt_as_flag(partial(display.stopping, "when the model is written")):
        worse, scores = _scores(fitted, splits, decisions)
    if splits.test is not None and fitted.facts.get("cross_validation") is None:
        warnings.append(
            calibration_warning(
                scores["test_accuracy"],
                scores["mean_confidence"],
                len(splits.test),
                fitter.remedies,
            )
        )
    facts = {
        "softlearn": __version__,
        "source": options.name,
        "model": str(options.output),
        **_facts_on_data(splits, options),
        "n_features": len(fitted.names),
        **summary,
        **fitted.facts,
        **({} if decisions is None else {"decisions": decisions}),
        "seconds": {"fit": fitted.seconds},
        **scores,
        "influential_features": fitted.influences,
        "warnings": list(filter(None, [worse, *options.notes, *splits.warnings, *warnings])),
    }
    return fitted.pipeline, facts


def _record_sigterm(fitted: FittedModel) -> None:
    """Let the model say that it was SIGTERM that stopped its fit, if it was."""
    classifier = fitted.pipeline.named_steps["classifier"]
    if classifier.status_ is Status.STOPPED_BY_USER and terminated():
        details = [classifier.status_detail_, "The process was sent SIGTERM."]
        classifier.status_detail_ = " ".join(filter(None, details))


def _labels(data: Dataset) -> NDArray[Any]:
    assert data.y is not None
    return data.y


def _facts_on_data(splits: DataSplits, options: FitOptions) -> dict[str, Any]:
    train = splits.train
    classes = np.unique(_labels(train))
    by_part = {
        "train_rows": _rows_by_class(train, classes),
        "validation_rows": _rows_by_class(splits.validation, classes),
        "test_rows": _rows_by_class(splits.test, classes),
    }
    kinds = list(train.types.values())
    width = train.X.shape[1] if train.kind in ("table", "matrix") else None
    return {
        "kind": train.kind,
        "target": train.target,
        "test": None if options.test is None else as_given(options.test),
        "train_rows": len(train),
        "validation_rows": 0 if splits.validation is None else len(splits.validation),
        "test_rows": 0 if splits.test is None else len(splits.test),
        "columns": width,
        "columns_by_type": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "layout": dict(train.layout),
        "read_as": [*sentences(train.reading), *_texts_read(train)],
        "classes": [
            {"class": plain(label), **{part: rows[k] for part, rows in by_part.items()}}
            for k, label in enumerate(classes)
        ],
    }


def _texts_read(train: Dataset) -> list[str]:
    """Return how columns of text become features, where not each value is one."""
    if train.kind != "table":
        return []
    columns = text_columns(train)
    said = [
        f"{named([name])}: {train.X[name].nunique():,} different texts, too many for a feature "
        "each, so groups of letters in them are read."
        for name in columns["names"]
    ]
    if columns["prose"]:
        said.append(f"{named(columns['prose'])}: texts, read word by word.")
    return said


def _rows_by_class(data: Dataset | None, classes: NDArray[Any]) -> list[int]:
    if data is None:
        return [0] * len(classes)
    return [int((_labels(data) == label).sum()) for label in classes]


def _scores(
    fitted: FittedModel, splits: DataSplits, decisions: dict[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Return the measures on the training and the test part, beside the baseline.

    What decisions come to on the test part is added to their facts.  Before the measures stands a
    sentence for a model that is worse than the baseline, or "".
    """
    classifier = fitted.pipeline.named_steps["classifier"]
    classes, y = classifier.classes_, _labels(splits.train)
    train = tested = scores_of(classifier.predict_log_proba(fitted.X), y, classes)
    found: dict[str, Any] = {"per_class": [], "confusions": []}
    if splits.test is not None:
        y_test = _labels(splits.test)
        X = transform(fitted.pipeline, splits.test.X)
        tested = scores_of(classifier.predict_log_proba(X), y_test, classes)
        if decisions is not None:
            decisions["test"] = outcome_facts(classifier, classifier.predict(X), tested)
        found = measure(tested, y_test, classes)
    base, worse = baseline(tested, train.counts, classes)
    return worse, {
        "train_accuracy": train.accuracy,
        "train_log_loss": train.log_loss,
        "test_accuracy": found.get("accuracy"),
        "test_log_loss": found.get("log_loss"),
        "calibration_error": found.get("calibration_error"),
        "mean_confidence": found.get("mean_confidence"),
        "baseline": base,
        "per_class": found["per_class"],
        "confusions": found["confusions"],
    }
