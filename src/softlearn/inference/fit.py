"""The maximum of the likelihood, by the library's proven fit."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..estimators import SoftmaxRegression
from ..protocol import F64, Status
from .distance import Ascent, distance
from .sample import Sample
from .separation import one_sided

__all__ = ["Maximum", "NoMaximumError", "maximum"]

_TOL = 1e-12
_PROVEN = 1e-10  # the relative gap that a table may rest on,
_NEAR = 1e-4  # or the distance, in standard errors
_STILL = 1e-10  # standard errors
_POLISHED = 3  # steps at most
_NONE = "There are no maximum-likelihood estimates"
_WAY_OUT = "method='firth' gives estimates that are finite."


class NoMaximumError(ValueError):
    """There is no maximum-likelihood estimate, or it could not be proven."""


class Maximum(NamedTuple):
    """The estimates, and how far they may be from the maximum."""

    coefficients: F64
    """(K, p), zeros for the base class."""
    distance: float
    """In standard errors, at most."""


def maximum(sample: Sample, base: int) -> Maximum:
    """Return the maximum-likelihood estimates.

    Raises:
        NoMaximumError: there are none.

    """
    model = SoftmaxRegression(C=np.inf, tol=_TOL, fit_intercept=sample.const)
    X: Any = sample.X[:, int(sample.const) :]
    if X.shape[1] == 0:
        return _frequencies(sample, base)
    if sample.frame is not None:
        X = sample.frame(X, columns=sample.columns[int(sample.const) :])
    apart = one_sided(sample)
    if apart:
        raise NoMaximumError(f"{_NONE}: {apart} {_WAY_OUT}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what it says is said below
        model.fit(X, sample.classes[sample.y], sample.s)
    if model.status_ is Status.NO_FINITE_OPTIMUM:
        detail = model.status_detail_.removesuffix(" Add a penalty (a finite C).")
        raise NoMaximumError(f"{_NONE}. {detail} {_WAY_OUT}")
    B = coefficients_of(model, sample, base)
    missing = sample.total * model.objective_ * model.gap_
    at = Ascent(sample, B, base)
    for _ in range(_POLISHED):  # a gap of 1e-12 leaves a millionth of a standard error
        if at.decrement <= _STILL:
            break
        there = Ascent(sample, at.to, base)
        if there.decrement >= at.decrement:
            break
        B, at, missing = at.to, there, np.inf  # the gap is that of the fit
    far = distance(at, missing)
    if not (model.gap_ <= _PROVEN or far <= _NEAR):
        raise NoMaximumError(
            f"The estimates could not be proven: {model.status_.value} {model.status_detail_}"
        )
    return Maximum(B, far)


def coefficients_of(model: SoftmaxRegression, sample: Sample, base: int) -> F64:
    """Return (K, p) parameters, zeros for the base class, of a fitted model."""
    W = model.coef_ if sample.K > 2 else np.concatenate([np.zeros_like(model.coef_), model.coef_])
    if sample.const:
        b = model.intercept_ if sample.K > 2 else np.array([0.0, model.intercept_[0]])
        W = np.column_stack([b, W])
    B: F64 = W - W[base]
    return B


def _frequencies(sample: Sample, base: int) -> Maximum:
    counts = np.bincount(sample.y, sample.weights, minlength=sample.K)
    B = np.zeros((sample.K, sample.X.shape[1]))
    if sample.const:
        B[:, 0] = np.log(counts / counts[base])
    return Maximum(B, 0.0)
