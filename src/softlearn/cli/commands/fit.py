"""softlearn fit: from a source to a model file and a report."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._version import __version__
from ...estimators import SoftmaxRegression
from ...protocol import Status
from ..evaluation import baseline, influential_features, measure, plain, spread
from ..inspect_data import column_warnings
from ..inspect_rows import calibration_warning, shared_rows
from ..models import facts_on_fit, save_model
from ..options import FitOptions
from ..outputs import check_output, print_json, strict, writing_to_stdout
from ..parts import Parts, read_parts
from ..progress import Watch
from ..report import print_fit
from ..sources import Dataset
from ..training import fit_steps, fit_vectoriser, transform
from ..tuning import GRID, cross_validate
from ..vectorise import describe, feature_names

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["run"]


def run(options: FitOptions) -> int:
    """Fit, save, and print the report; return the exit status.

    Raises:
        CommandError: one sentence; no file is left then.

    """
    inputs = [options.source] + ([] if options.test is None else [options.test])
    check_output(options.output, inputs)
    began = time.perf_counter()
    with Watch(options.quiet, options.tol) as watch:
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
    save_model(pipeline, options.output, metadata)
    with writing_to_stdout(f"; the model is whole, in {options.output}"):
        if options.as_json:
            print_json(facts)
        elif not options.quiet:
            print_fit(facts)
    if facts["status"] == Status.STOPPED_BY_USER.name:
        print(f"softlearn: {facts['status_sentence']} It is in {options.output}.", file=sys.stderr)
        return 1
    return 0


def _fit(options: FitOptions, parts: Parts, watch: Watch) -> tuple[Pipeline, dict[str, Any]]:
    """Return the fitted pipeline and the facts of the report."""
    train = parts.train
    watch.task("Looking at the data")
    found = column_warnings(train)
    if parts.test is not None:
        found.append(shared_rows(train, parts.test))
    classifier = SoftmaxRegression(
        tol=options.tol,
        class_weight=options.class_weight,
        random_state=options.seed,
        n_jobs=options.threads,
    )
    curve = None
    if options.C is None:
        curve = cross_validate(train, parts.weights, classifier, options.seed, watch)
        found.append(_end_of_grid(curve))
    classifier.set_params(C=options.C if curve is None else curve["best"])
    watch.task("Reading the images" if train.kind == "image" else "Preparing the features")
    pipeline, X = fit_vectoriser(train, classifier)
    names = feature_names(pipeline, train)
    watch.task("Fitting")
    began = time.perf_counter()
    fit_steps(classifier, X, _labels(train), parts.weights, names, watch)
    seconds = time.perf_counter() - began
    watch.task("Measuring")
    scores = _scores(pipeline, X, parts)
    if parts.test is not None and curve is None:
        found.append(
            calibration_warning(scores["test_accuracy"], scores["mean_confidence"], len(parts.test))
        )
    facts = {
        "softlearn": __version__,
        "source": str(options.source),
        "model": str(options.output),
        **_facts_on_data(parts, options),
        "n_features": int(classifier.n_features_in_),
        **facts_on_fit(classifier),
        "cross_validation": curve,
        "seconds": {"fit": seconds},
        **scores,
        # of images not: a single pixel says little, and its neighbours say the same
        "influential_features": []
        if train.kind == "image"
        else influential_features(classifier, names, spread(X)),
        "warnings": [*parts.warnings, *filter(None, found)],
    }
    return pipeline, facts


def _end_of_grid(curve: dict[str, Any]) -> str:
    """Return a sentence if a C that was not tried may be better, else ""."""
    if curve["best"] not in (GRID[0], GRID[-1]):
        return ""
    return (
        f"The best C, {curve['best']:g}, is at the end of the grid that was tried; a value beyond "
        "it may be better (--regularization takes any)."
    )


def _labels(data: Dataset) -> NDArray[Any]:
    assert data.y is not None
    return data.y


def _facts_on_data(parts: Parts, options: FitOptions) -> dict[str, Any]:
    train = parts.train
    classes, counts = np.unique(_labels(train), return_counts=True)
    tested = _labels(train)[:0] if parts.test is None else _labels(parts.test)
    kinds = list(train.types.values())
    width = train.X.shape[1] if train.kind in ("table", "matrix") else None
    return {
        "kind": train.kind,
        "target": train.target,
        "test": None if options.test is None else str(options.test),
        "train_rows": len(train),
        "test_rows": len(tested),
        "columns": width,
        "columns_by_type": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "layout": dict(train.layout),
        "classes": [
            {"class": plain(label), "train_rows": int(count), "test_rows": int(n)}
            for label, count, n in zip(
                classes, counts, [(tested == label).sum() for label in classes], strict=True
            )
        ],
    }


def _scores(pipeline: Pipeline, X: Any, parts: Parts) -> dict[str, Any]:
    """Return the measures on the training and the test part, beside the baseline."""
    classifier = pipeline.named_steps["classifier"]
    classes = classifier.classes_
    y = _labels(parts.train)
    train = measure(classifier.predict_log_proba(X), y, classes)
    found = {"train_accuracy": train["accuracy"], "train_log_loss": train["log_loss"]}
    keys = ("accuracy", "log_loss", "calibration_error", "mean_confidence")
    if parts.test is None:
        test: dict[str, Any] = {**dict.fromkeys(keys), "per_class": [], "confusions": []}
        base = None
    else:
        y_test = _labels(parts.test)
        log_P = classifier.predict_log_proba(transform(pipeline, parts.test.X))
        test = measure(log_P, y_test, classes)
        base = baseline(classes, np.unique(y, return_counts=True)[1], y_test)
    return {
        **found,
        "test_accuracy": test["accuracy"],
        "test_log_loss": test["log_loss"],
        "calibration_error": test["calibration_error"],
        "mean_confidence": test["mean_confidence"],
        "baseline": base,
        "per_class": test["per_class"],
        "confusions": test["confusions"],
    }
