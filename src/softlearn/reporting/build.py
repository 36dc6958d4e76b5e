"""A report from a fitted classifier and rows whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from ..measures import confusions
from . import optimum, pictures, redo, summary, verdict
from .context import Context
from .influences import feature_names, influences, remaining, spread_of
from .measured import Measured, ask
from .page import Report, need_libraries, render
from .worst import Pixels, worst_predictions

__all__ = ["report"]

_MAX_CLASSES = 50  # of the tables; the worst of more
_MAX_CONFUSED = 15  # classes of a matrix; more are listed by pairs
_LABEL, _LINE = 18, 60  # characters of a class above the matrix, and of all of them in a line


def report(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    title: str = "",
    held_out: bool | None = None,
    features: Sequence[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    rows: Sequence[str] | None = None,
    date: datetime | None = None,
    context: Context | None = None,
) -> Report:
    """Return a page that says how good a fitted classifier is on rows whose labels are known.

    Args:
        estimator: any fitted classifier of scikit-learn's kind with `predict_proba`; pipelines and
            searches too.
        X: (n, d) rows as it takes them: an array, sparse matrix, data frame, texts.
        y: (n,) labels.
        title: the heading; "" for one made of the model.
        held_out: whether the model was fitted without these rows; None leaves it open.
        features: names of the features that the classifier sees.
        image_shape: (height, width) or (height, width, 3) where the features are pixels.
        rows: a name for each row, such as a file; numbers from 0 if None.
        date: when the report is made; now if None.  All else is the same for the same model and
            rows.
        context: what else is known of the data and the fit.

    Returns:
        A `Report` with `html` and `save(path)`; notebooks show it.

    Raises:
        ImportError: what the `report` extra brings is not installed.
        ValueError: the classifier gives no probabilities, or X and y do not fit it.

    >>> from sklearn.datasets import load_iris
    >>> from softlearn import SoftmaxRegression, report
    >>> X, y = load_iris(return_X_y=True)
    >>> page = report(SoftmaxRegression().fit(X, y), X, y, held_out=False)
    >>> "The optimum is proven." in page.html
    True

    """
    need_libraries()
    context = context or Context()
    measured = ask(estimator, X, y)
    if rows is not None and len(rows) != len(measured.codes):
        raise ValueError(
            f"rows must name the {len(measured.codes)} rows of X, but it has {len(rows)} names."
        )
    if len(context.class_rows) not in (0, len(measured.classes)):
        raise ValueError(
            f"context.class_rows must have one number for each of the {len(measured.classes)} "
            f"classes, but it has {len(context.class_rows)}."
        )
    in_training = len(context.class_rows) > 0
    base = measured.baseline(context.class_rows if in_training else measured.counts)
    names = feature_names(estimator, measured, features)
    pixels = _pixels(X, measured.F, image_shape)
    spread = spread_of(estimator, measured, context.training)
    fit = optimum.optimum_of(measured.fitted, context.seconds)
    worse = measured.worse_than(base, measured.classes[base.k])
    warnings = [worse, *context.warnings, *verdict.warnings_of(measured, fit)]
    model = type(measured.model).__name__
    facts = {
        "title": title or f"{model}{' on ' * bool(context.source)}{context.source}",
        "model": model,
        "date": date or datetime.now().astimezone(),
        "source": context.source,
        "rows_sentence": verdict.rows_sentence(held_out),
        "tiles": verdict.tiles(measured, base, fit, in_training=in_training),
        "warnings": list(filter(None, dict.fromkeys(warnings))),
        "classes": measured.classes,
        "class_rows": context.class_rows,
        "scores": measured,
        "optimum": fit,
        "seconds": optimum.seconds_of(measured.fitted, context.seconds),
        "training": pictures.training_pictures(measured.fitted),
        "seen": list(pictures.model_pictures(estimator, X, measured, names, image_shape, spread)),
        "reliability": pictures.reliability_picture(measured.reliability, measured.classes),
        "worst": worst_predictions(measured, X, pixels, rows),
        "influences": [] if pixels else influences(measured, names, spread),
        "influences_in": spread.rows,
        "remaining": remaining(measured, names, spread),
        "settings": redo.settings(measured.fitted),
        "steps": redo.steps_before(estimator),
        "versions": redo.versions(estimator),
        "lines": context.lines or redo.python_lines(estimator, held_out),
    }
    shown = _tables(measured) | _data(X, measured, context, image_shape)
    return Report(render("report.html", **facts, **shown))


def _data(
    X: Any, measured: Measured, context: Context, image_shape: tuple[int, ...] | None
) -> dict[str, Any]:
    """Return what the section on the data shows."""
    columns, more = summary.columns_of(X)
    before = [] if context.training is None else summary.columns_of(context.training)[0]
    lines = {
        **context.facts,
        "rows of this report": f"{len(measured.codes):,}",
        "classes": f"{len(measured.classes):,}",
        **summary.shape_facts(X, measured.F, image_shape),
    }
    return {"data": lines, "columns": columns, "before": before, "more_columns": more}


def _tables(measured: Measured) -> dict[str, Any]:
    """Return which classes the tables show, and their confusions."""
    labels, known = measured.classes, measured.known
    codes, winners = measured.codes[known], measured.winners[known]
    f1 = np.nan_to_num([score.f1 for score in measured.by_class], nan=2.0)
    matrix = None
    if len(labels) <= _MAX_CONFUSED:
        matrix = confusion_matrix(codes, winners, labels=np.arange(len(labels)))
    width = sum(min(len(str(label)), _LABEL) + 3 for label in labels)
    return {
        "shown": sorted(np.argsort(f1, kind="stable")[:_MAX_CLASSES].tolist()),
        "matrix": matrix,
        "upright": width > _LINE,
        "confusions": confusions(codes, winners),
    }


def _pixels(X: Any, F: Any, shape: tuple[int, ...] | None) -> Pixels | None:
    """Return the images: the rows as given, or else as the classifier sees them."""
    if shape is None:
        return None
    right = len(shape) == 2 or tuple(shape[2:]) == (3,)
    for rows in (X, F):
        if right and np.shape(rows)[1:] == (int(np.prod(shape)),):
            return Pixels(np.asarray(rows.todense() if hasattr(rows, "tocsr") else rows), shape)
    raise ValueError(
        f"image_shape must be (height, width) or (height, width, 3) with {np.shape(F)[1]} numbers, "
        f"as many as there are features, but it is {tuple(shape)}."
    )
