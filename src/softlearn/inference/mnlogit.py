"""From what a user has to results: the door of this room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal.format import quoted
from ..estimators import SoftmaxRegression
from ..estimators.sklearn.label_arrays import label_array
from ..estimators.sklearn.labels import encode_labels, totals
from ..estimators.sklearn.weights import row_weights
from ..protocol import F64
from .columns import Columns, columns_of
from .covariance import Covariance
from .distance import Ascent, distance
from .firth import firth
from .fit import coefficients_of, maximum
from .results import InferenceResults
from .sample import Sample, collinear

__all__ = ["inference", "mnlogit"]

_MAX_PARAMETERS = 20_000  # parameters whose covariance is made: 3.2 GB
_SMALL = 1e-152  # its inverse squared is about the largest double
_SAME = 1e-9  # relative difference of J: it is that of other rows


def mnlogit(
    X: Any,
    y: ArrayLike,
    *,
    base: Any = None,
    sample_weight: ArrayLike | None = None,
    weights: str = "frequency",
    cov_type: str | None = None,
    groups: ArrayLike | None = None,
    reference: Mapping[str, Any] | None = None,
    fit_intercept: bool = True,
    method: str = "ml",
) -> InferenceResults:
    r"""Fit a multinomial logit by maximum likelihood, proven, and return what is known of it.

    Maximises sum_i s_i log p_i,y(i), p_i = softmax(b_k + W_k x_i) with zeros for the base class.

    Args:
        X: (n, d) numbers, without a constant; columns of a data frame that are text, boolean or
            categorical, or named by `reference`, become a dummy for each level but the first.
        y: (n,) labels.
        base: the label to compare with; the first in order if absent.
        sample_weight: (n,) weights.
        weights: "frequency" (a row of weight 2 is two rows) or "sampling" (it stands for two, and
            errors are a sandwich).
        cov_type: as of `InferenceResults.with_cov`; "nonrobust", for sampling weights "HC0".
        groups: (n,) clusters, for cov_type="cluster".
        reference: {column: the level that has no dummy}; the first in order if absent.
        fit_intercept: whether there are intercepts.
        method: "ml", or "firth" for bias-reduced estimates, which exist for separable classes too.

    Returns:
        Results; `distance_` says how far from the maximum they are at most.

    Raises:
        ValueError: data or arguments cannot be used; the classes are separable, or columns depend
            on each other, named.

    Reference: McFadden (1974); Firth, Biometrika 80 (1993).

    """
    if method not in ("ml", "firth"):
        raise ValueError(f"method must be 'ml' or 'firth', but it is {method!r}.")
    design = columns_of(X, reference or {})
    sample = _sample(design, X, y, sample_weight, fit_intercept)
    k = _base(sample, base)
    of = _covariance(sample, weights, sample_weight, cov_type, groups)
    B, far = (firth if method == "firth" else maximum)(sample, k)
    return InferenceResults(sample, B, k, far, method, of, design)


def inference(
    model: SoftmaxRegression,
    X: Any,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    weights: str = "frequency",
) -> InferenceResults:
    """Return what is known of the estimates of a model that was fitted with ``C=numpy.inf``.

    `rebase` gives another base class, `with_cov` other errors.

    Args:
        model: fitted, on these rows.
        X, y, sample_weight: what it was fitted to.
        weights: as of `mnlogit`.

    Raises:
        ValueError: the model's estimates are no maximum-likelihood estimates, or those of other
            rows.

    """
    _require_likelihood(model)
    design = columns_of(X, {}, dummies=False)
    sample = _sample(design, X, y, sample_weight, bool(model.fit_intercept))
    fitted, asked = (len(model.classes_), model.n_features_in_), (sample.K, len(design.names))
    if fitted != asked:
        raise ValueError(
            f"X and y must be those of the fit, with {fitted[0]} classes and {fitted[1]} columns, "
            f"but they have {asked[0]} and {asked[1]}."
        )
    B = coefficients_of(model, sample, 0)
    J = -sample.log_likelihood(B) / sample.total
    if not abs(J - model.objective_) <= _SAME * max(abs(J), 1.0):
        raise ValueError(
            f"X, y and sample_weight must be those of the fit: J is {J:.9g} for them, and "
            f"{model.objective_:.9g} for the model."
        )
    of = _covariance(sample, weights, sample_weight)
    far = distance(Ascent(sample, B, 0), sample.total * model.objective_ * model.gap_)
    return InferenceResults(sample, B, 0, far, "ml", of, design)


def _require_likelihood(model: Any) -> None:
    if not isinstance(model, SoftmaxRegression):
        raise ValueError(
            f"model must be a SoftmaxRegression, but it is {type(model).__name__}: other estimates "
            "have no likelihood theory here."
        )
    if not hasattr(model, "status_"):
        raise ValueError("model must be fitted first.")
    if np.isfinite(model.C) or model.solver == "liblinear":
        raise ValueError(
            "These are not maximum-likelihood estimates, since a penalty shrinks them: fit with "
            "C=numpy.inf (and another solver than liblinear)."
        )
    if model.class_weight is not None:
        raise ValueError(
            "class_weight changes what is estimated: fit without it, or give weights of rows."
        )
    if not (model.status_.ok and np.isfinite(model.gap_)):
        raise ValueError(f"The model has no proven optimum: {model.status_.value}")


def _sample(design: Columns, given: Any, y: ArrayLike, sample_weight: Any, const: bool) -> Sample:
    X, labels = design.numbers(given), label_array(y)
    if labels.ndim != 1 or len(labels) != len(X):
        raise ValueError(
            f"y must be one label for each of {len(X)} rows, but its shape is {labels.shape}."
        )
    _require_numbers(X, design.names)
    codes, classes = encode_labels(labels)
    s, unit = row_weights(None, sample_weight, X, codes, classes)
    if unit != 1.0:
        raise ValueError("sample_weight is too large or too small: give it in another unit.")
    counts = totals(codes, len(classes), s)
    if len(classes) < 2:
        raise ValueError(f"y must have at least two classes, but it has {len(classes)}.")
    if not counts.all():
        raise ValueError(
            f"The class {quoted(classes[counts.argmin()])} has rows of weight 0 alone: leave them "
            "out."
        )
    if const and "const" in design.names:
        raise ValueError(
            "'const' is the name of the intercept: rename that column of X, or leave it out."
        )
    columns = ("const", *design.names) if const else design.names
    X = np.column_stack([np.ones(len(X)), X]) if const else X
    parameters = (len(classes) - 1) * X.shape[1]
    if parameters > _MAX_PARAMETERS:
        raise ValueError(
            f"There are {parameters:,} parameters, whose covariance would not fit in memory: "
            f"inference is for at most {_MAX_PARAMETERS:,}."
        )
    frame = type(given) if type(given).__module__.startswith("pandas") else None
    sample = Sample(np.ascontiguousarray(X), codes, s, columns, classes, frame, const)
    why = collinear(sample)
    if why:
        raise ValueError(f"The columns depend on each other: {why}; leave it out.")
    return sample


def _base(sample: Sample, base: Any) -> int:
    found = [k for k, c in enumerate(sample.classes.tolist()) if base is None or c == base]
    if not found:
        raise ValueError(f"base must be one of the classes {quoted(sample.classes)}, not {base!r}.")
    return found[0]


def _require_numbers(X: F64, names: tuple[str, ...]) -> None:
    """Raise unless all are finite, and squares of estimates can be held in double precision."""
    if not len(X):
        return
    largest = np.maximum(X.max(0), -X.min(0))
    if not np.isfinite(largest).all():
        row, j = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"X holds no number in row {row}, column {names[j]!r}.")
    for size, name in zip(largest.tolist(), names, strict=True):
        if size and not _SMALL < size < 1.0 / _SMALL:
            raise ValueError(
                f"The column {name!r} of X has values as large as {size:.1e}, whose estimates have "
                "no variance in double precision: give it in another unit."
            )


def _covariance(
    sample: Sample, weights: str, given: Any, kind: str | None = None, groups: Any = None
) -> Covariance:
    if weights not in ("frequency", "sampling"):
        raise ValueError(f"weights must be 'frequency' or 'sampling', but it is {weights!r}.")
    sampling = weights == "sampling"
    if sampling and given is None:
        raise ValueError("weights='sampling' says what sample_weight is, which was not given.")
    if kind is None:
        kind = "cluster" if groups is not None else "HC0" if sampling else "nonrobust"
    return Covariance.asked(sample, kind, groups, sampling)
