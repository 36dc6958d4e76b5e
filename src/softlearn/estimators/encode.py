"""From what a user holds to an objective: labels, weights and features checked and encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from ..data import as_rows
from ..engine import engine_for
from ..models import Linear
from ..objective import Names, SoftmaxObjective
from ..protocol import F64

__all__ = ["Problem", "encode"]


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective and what its classes are called."""

    objective: SoftmaxObjective
    classes: NDArray[Any]
    total: float
    """Sum of the weights of the rows, S."""


def encode(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    C: float,
    classes: NDArray[Any] | None = None,
    reset: bool = True,
) -> Problem:
    """Check X, y and the weights as scikit-learn does; return the objective they define.

    Args:
        estimator: gives fit_intercept, class_weight and n_jobs, and receives n_features_in_.
        X: (n, d) features.
        y: (n,) labels or (n, C) rows of probabilities.
        sample_weight: (n,) or None.
        C: inverse strength of the penalty.
        classes: the labels there may be, if y need not show them all.
        reset: whether X defines the features, or must agree with those known.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    X, y = _checked(estimator, X, y, reset)
    codes, classes = _labels(y, classes)
    n, d = X.shape
    s = None
    if sample_weight is not None:
        s = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    s = _with_class_weight(estimator.class_weight, codes, classes, y, s)
    total = float(n) if s is None else float(s.sum())
    if not total > 0.0:
        raise ValueError("sample_weight is zero throughout: there is nothing to fit.")
    rows = as_rows(X)
    binary = len(classes) == 2
    model = Linear(d, len(classes), bias=bool(estimator.fit_intercept), reference=binary)
    objective = SoftmaxObjective(
        rows,
        codes,
        model,
        l2=0.0 if np.isinf(C) else 1.0 / (C * total),
        weights=s,
        engine=engine_for(estimator.n_jobs, rows.nbytes / 8.0 * model.K),
        names=_names(estimator, classes),
    )
    return Problem(objective, classes, total)


def _checked(estimator: Any, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse=["csr", "csc"],
        dtype=[np.float64, np.float32],
        accept_large_sparse=True,
        multi_output=True,
        reset=reset,
    )
    if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
    return (sp.csr_array(X) if sp.issparse(X) else X), y


def _labels(y: NDArray[Any], classes: NDArray[Any] | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return codes (n,) or probabilities (n, C), and the classes."""
    if y.ndim == 2:
        P = _probabilities(y)
        return P, np.arange(P.shape[1]) if classes is None else classes
    if classes is None:
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                "This solver needs samples of at least 2 classes in the data, but the data "
                f"contains only one class: {classes[0]!r}"
            )
        return codes, classes
    codes = np.searchsorted(classes, y)
    unknown = (codes == len(classes)) | (classes[np.minimum(codes, len(classes) - 1)] != y)
    if unknown.any():
        raise ValueError(f"y has the label {y[unknown][0]!r}, which is not in classes.")
    return codes, classes


def _probabilities(y: NDArray[Any]) -> F64:
    try:
        P = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        P = np.full((1, 1), np.nan)
    if not (P >= 0.0).all() or (np.abs(P.sum(1) - 1.0) > 1e-6).any():
        raise ValueError(
            f"y should be a 1d array of labels, or rows of probabilities; got an array of shape "
            f"{y.shape} instead."
        )
    return P


def _with_class_weight(
    class_weight: Any, codes: NDArray[Any], classes: NDArray[Any], y: NDArray[Any], s: F64 | None
) -> F64 | None:
    if class_weight is None:
        return s
    if codes.ndim == 2:
        raise ValueError("class_weight needs labels; with probabilities as y use sample_weight.")
    if isinstance(class_weight, str):
        present = np.unique(y)
        weight = np.zeros(len(classes))
        weight[np.searchsorted(classes, present)] = compute_class_weight(
            class_weight, classes=present, y=y, sample_weight=s
        )
    else:
        weight = np.array([float(class_weight.get(c, 1.0)) for c in classes.tolist()])
        compute_class_weight(class_weight, classes=classes, y=y)  # its errors for unknown labels
    by_row = weight[codes]
    return by_row if s is None else s * by_row


def _names(estimator: Any, classes: NDArray[Any]) -> Names:
    features = getattr(estimator, "feature_names_in_", None)
    return Names(
        tuple(str(c) for c in classes.tolist()),
        () if features is None else tuple(str(f) for f in features),
    )
