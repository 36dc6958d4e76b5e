"""The strength of the penalty by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from ...features.pipeline import feature_names
from ...protocol import Status
from ..inspect.measures import scores_of
from ..sources import Dataset
from ..terminal.progress import ProgressDisplay
from .penalty_factors import factors_of_features
from .pipeline import fit_vectoriser, transform
from .splitting import folds, take

__all__ = ["at_the_end", "cross_validate", "cross_validate_files"]

GRID = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4]
_FOLDS = 5
_TOL = 1e-4  # of the fits compared: far less than what C changes


def at_the_end(curve: Mapping[str, Any]) -> list[str]:
    """Return a warning if the best C is the first or the last that was tried."""
    if curve["best"] not in (GRID[0], GRID[-1]):
        return []
    return [
        f"The best C, {curve['best']:g}, is at the end of the grid that was tried; a value beyond "
        "it may be better (--regularization takes any)."
    ]


def cross_validate(
    data: Dataset,
    weights: NDArray[np.float64] | None,
    classifier: Any,
    seed: int,
    display: ProgressDisplay,
    penalty_factors: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return the C of the grid with the least log-loss on rows not trained on, and the curve.

    Stratified folds; in each the vectoriser is fitted on the other folds alone, once, and each C
    starts from the solution of the one before.

    Args:
        weights: (n,) weights of rows in the fits, or None; in the log-loss every row counts once.
        classifier: an unfitted `SoftmaxRegression` whose other parameters are used.
        penalty_factors: of features or columns, by name.

    Returns:
        "folds", "C" (the grid), "log_loss" (mean over folds), "standard_error", "best".

    """
    assert data.y is not None
    fold = folds(data.y, _FOLDS, seed)
    every: list[list[float]] = []
    for k in np.unique(fold[fold >= 0]):
        rows = np.flatnonzero(fold != k)
        train, test = take(data, rows), take(data, np.flatnonzero(fold == k))
        task = f"Choosing C, fold {k + 1} of {_FOLDS}"
        display.task(task)
        model = clone(classifier).set_params(tol=max(_TOL, classifier.tol), warm_start=True)
        pipeline, X = fit_vectoriser(train, model)
        factors = factors_of_features(
            penalty_factors, pipeline, train, feature_names(pipeline, train), all_known=False
        )
        model.set_params(penalty_factors=factors)
        X_test = transform(pipeline, test.X)
        every.append([])
        for C in GRID:
            display.task(f"{task}, C = {C:g}")
            model.set_params(C=C).fit(X, train.y, None if weights is None else weights[rows])
            if model.status_ is Status.STOPPED_BY_USER:  # a fit keeps what it has; this has none
                raise KeyboardInterrupt
            assert test.y is not None
            log_P = model.predict_log_proba(X_test)
            every[-1].append(scores_of(log_P, test.y, model.classes_).log_loss)
    return _curve(np.array(every))


def cross_validate_files(
    files: str | list[str],
    weights: NDArray[np.float64],
    classifier: Any,
    seed: int,
    stream: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what `cross_validate` does, for the rows of files; weights count in the log-loss too.

    Args:
        files: as of `SoftmaxRegression.fit`.
        weights: (n,) weights of their rows.
        classifier: as of `cross_validate`.
        seed: of the folds.
        stream: how files are read.

    """
    from ...estimators import SoftmaxRegressionCV

    given = classifier.get_params()
    known = SoftmaxRegressionCV().get_params().keys() - {"penalty", "verbose", "tol"}
    model = SoftmaxRegressionCV(
        Cs=GRID,
        l1_ratios=[given["l1_ratio"]],
        cv=StratifiedKFold(_FOLDS, shuffle=True, random_state=seed),
        tol=max(_TOL, given["tol"]),
        refit=False,
        **{name: value for name, value in given.items() if name in known},
    )
    model.fit(files, sample_weight=weights, **stream)
    return _curve(-model.scores_[:, 0])


def _curve(losses: NDArray[np.float64]) -> dict[str, Any]:
    """Return the report on losses (folds, values of C)."""
    mean = losses.mean(axis=0)
    error = losses.std(axis=0, ddof=1) / np.sqrt(len(losses)) if len(losses) > 1 else 0.0 * mean
    return {
        "folds": len(losses),
        "C": GRID,
        "log_loss": mean.tolist(),
        "standard_error": error.tolist(),
        "best": GRID[int(mean.argmin())],
    }
