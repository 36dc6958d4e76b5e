"""Fits a recalibration: an optimum that is proven, and a strength that is cross-validated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..protocol import F64, Status
from ..solve import Newton, minimize
from .recalibration import Recalibration, has_an_optimum, log_probabilities, logits, parameters

__all__ = ["Fitted", "fit_recalibration", "log_loss"]

Codes = NDArray[np.intp]

_STRENGTHS = (10.0, 1.0, 0.1, 0.01, 1e-3)  # each fit starts from the one before
_FOLDS = 5
_TOL, _TOL_OF_FOLDS = 1e-10, 1e-4
_MAX_CLASSES = 300  # of the Dirichlet method, whose parameters are their squares


@dataclass(frozen=True, eq=False)
class Fitted:
    """Parameters, and what is proven about them."""

    w: F64
    strength: float
    """Of the penalty; 0 for the temperature, which has none."""
    objective: float
    gap: float
    status: Status
    detail: str
    curvature: float
    """h: the second derivative of J in beta."""


def fit_recalibration(method: str, X: F64, codes: Codes, s: F64) -> Fitted:
    """Return the parameters of least cross-entropy plus penalty.

    Where no row contradicts the order of its probabilities there is no optimum, and the
    probabilities stay as they are; where they are no better than equal ones, beta of the
    temperature is 0.

    Args:
        method: one of `METHODS`.
        X: (n, C) log-probabilities.
        codes: (n,) classes.
        s: (n,) weights, whose sum is 1.

    Raises:
        ValueError: there are too many classes for the Dirichlet method.

    """
    C = X.shape[1]
    if method == "dirichlet" and C > _MAX_CLASSES:
        raise ValueError(
            f"method 'dirichlet' has a parameter for each pair of classes, too many for {C} "
            "classes: use 'temperature' or 'vector'."
        )
    identity = np.zeros(parameters(method, C))
    identity[0] = 1.0
    if not has_an_optimum(X, codes, s):
        why = (
            "Each held-out row has its class on top, so no temperature is too low: the "
            "probabilities stay as they are."
        )
        value = Recalibration(method, X, codes, s).at(identity).value
        return Fitted(identity, 0.0, value, np.inf, Status.NO_FINITE_OPTIMUM, why, 0.0)
    if method == "temperature":
        at_zero = Recalibration(method, X, codes, s).at(np.zeros(1))
        if at_zero.grad[0] >= 0.0:  # J is convex: it rises from beta = 0 on
            why = "The probabilities are no better than equal ones, which take their place."
            return Fitted(np.zeros(1), 0.0, at_zero.value, 0.0, Status.CONVERGED, why, 0.0)
        strength, start = 0.0, identity
    else:
        strength, start = _cross_validated(method, X, codes, s, identity)
    J = Recalibration(method, X, codes, s, strength or 1.0)
    found = minimize(J, Newton("blocks"), start, _TOL)
    h = J.at(found.w).curvature
    return Fitted(found.w, strength, found.value, found.gap, found.status, found.detail, h)


def _cross_validated(method: str, X: F64, codes: Codes, s: F64, start: F64) -> tuple[float, F64]:
    """Return the strength of least held-out log-loss, and a start for the fit of all rows.

    The penalty is made weaker until the loss rises.
    """
    parts, fold = [], _folds(codes)
    for k in range(_FOLDS):
        train, test = fold != k, fold == k
        share = s * train
        if share.any() and (s * test).any() and has_an_optimum(X, codes, share):
            part = (X[train], codes[train], s[train] / share.sum())
            parts.append((part, (X[test], codes[test], s[test])))
    least, best, near = np.inf, _STRENGTHS[0], [start]
    ws = [start] * len(parts)
    for strength in _STRENGTHS if parts else ():
        loss = 0.0
        for k, (part, (X_test, *others)) in enumerate(parts):
            J = Recalibration(method, *part, strength)
            ws[k] = minimize(J, Newton("blocks"), ws[k], _TOL_OF_FOLDS).w
            loss += log_loss(logits(method, ws[k], X_test), *others)
        if loss > least:
            break
        least, best, near = loss, strength, list(ws)
    return best, np.mean(near, axis=0)


def _folds(codes: Codes) -> Codes:
    """Return the fold of each row: those of a class take turns."""
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], codes[order])
    fold = np.empty(len(codes), dtype=np.intp)
    fold[order] = (np.arange(len(codes)) - first) % _FOLDS
    return fold


def log_loss(Z: F64, codes: Codes, s: F64) -> float:
    """Return sum_i s_i CE(y_i, softmax(z_i)) for logits Z (n, C)."""
    return -float(s @ log_probabilities(Z)[np.arange(len(Z)), codes])
