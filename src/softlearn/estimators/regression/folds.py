"""The fits of one fold of a cross-validation, started from those before it; the best C of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.log import INFO, tell
from ...protocol import F64, Status
from ..sklearn.checks import Examples
from ..sklearn.labels import totals
from ..sklearn.warn import warn
from .formulation import Formulation
from .sweep import Fit, fit_each_C

__all__ = ["Fold", "best_C", "fit_fold", "mean_solutions"]


@dataclass(frozen=True, eq=False)
class Fold:
    """The fits of one fold; in the order of `Cs_`."""

    present: tuple[str, ...]
    """The classes that the training rows have, if not all."""
    fits: list[Fit]
    coef: F64
    """(n_Cs, K, d)."""
    intercept: F64
    """(n_Cs, K)."""


def fit_fold(
    estimator: Any,
    examples: Examples,
    train: NDArray[np.intp],
    Cs: F64,
    ratios: Sequence[float],
    folds: list[list[Fold]],
    name: str,
) -> list[Fold]:
    """Fit the training rows of a fold for each C, and for each share of L1.

    Their features are copied during the fits: zero weights for the other rows would avoid the
    copy, but cost a quarter more work with five folds.

    Args:
        estimator: gives solver, tol, max_iter, random_state and verbose.
        examples: all rows.
        train: (n,) which rows to fit.
        Cs: (n_Cs,) in any order.
        ratios: shares of L1 in the penalty.
        folds: those already fitted.
        name: the name of the fold in messages.

    Raises:
        ValueError: the rows are of fewer than two classes.
        KeyboardInterrupt: the user stops it.

    """
    part = examples.subset(train)
    if (totals(part.codes, len(part.classes), part.s) > 0.0).sum() < 2:
        raise ValueError(
            f"cv leaves the training rows of {name} with fewer than two classes (of positive "
            "weight); choose a splitter that stratifies, or fewer folds."
        )
    return [
        _fit_ratio(estimator, part, Cs, ratio, [fold[r] for fold in folds], name)
        for r, ratio in enumerate(ratios)
    ]


def _fit_ratio(
    estimator: Any, part: Examples, Cs: F64, ratio: float, before: list[Fold], name: str
) -> Fold:
    """Fit some rows for each C, with the solutions of other folds at hand."""
    rising, place = np.unique(Cs, return_inverse=True)
    done: list[Fit] = []

    def near(problem: Formulation) -> F64 | None:
        return mean_solutions(before, problem, Cs)

    for fit in fit_each_C(part, rising, estimator, near, ratio):
        if fit.result.status is Status.STOPPED_BY_USER:
            raise KeyboardInterrupt
        done.append(fit)
    passes, seconds = sum(f.passes for f in done), sum(f.time for f in done)
    share = f" (l1_ratio {ratio:g})" if ratio else ""
    line = "%s%s: %d fits, %.0f passes over its rows, %.1f s"
    tell(estimator.verbose, INFO, line, name, share, len(done), passes, seconds)
    chosen = [done[k] for k in place]
    return Fold(
        chosen[0].present,
        chosen,
        np.stack([f.coef for f in chosen]),
        np.stack([f.intercept for f in chosen]),
    )


def mean_solutions(folds: list[Fold], problem: Formulation, Cs: F64) -> F64 | None:
    """Return the mean of the solutions of folds with the same classes, (n, size), or None.

    They are in the order of rising C, without repetition.  Fitting all rows first would give
    better starts, but costs more passes than these save.
    """
    same_classes = [f for f in folds if f.present == problem.present]
    if not same_classes:
        return None
    first = np.unique(Cs, return_index=True)[1]
    coef = np.mean([f.coef[first] for f in same_classes], axis=0)
    intercept = np.mean([f.intercept[first] for f in same_classes], axis=0)
    every = [problem.parameters(W, b) for W, b in zip(coef, intercept, strict=True)]
    return np.stack([w for w in every if w is not None])


def best_C(scores: F64, Cs: F64, of: str) -> int:
    """Return the index of the C whose score is best: of equal ones the first, as in scikit-learn.

    Args:
        scores: (folds, n) scores, larger is better.
        Cs: (n,) values of C.
        of: where the folds are, such as "fold 2".

    Raises:
        ValueError: no C has scores that are finite in all folds.

    """
    bad = ~np.isfinite(scores).all(axis=0)
    if bad.all():
        folds, values = np.nonzero(~np.isfinite(scores))
        raise ValueError(
            f"No value of C can be chosen: for each the score is not finite in {of} (such as "
            f"{scores[folds[0], values[0]]} for C={Cs[values[0]]:g}); use another scoring, or "
            "folds in which it has a meaning."
        )
    if bad.any():
        values_ = ", ".join(f"{C:g}" for C in Cs[bad])
        warn(
            f"The score in {of} is not finite for C={values_}: none of these was chosen.",
            UserWarning,
        )
    return int(np.argmax(np.where(bad, -np.inf, np.where(bad, 0.0, scores).sum(axis=0))))
