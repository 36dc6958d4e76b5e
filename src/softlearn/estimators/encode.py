"""From what a user holds to an objective: labels, weights and features checked and encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight, validate_data

from ..data import as_rows
from ..engine import engine_for
from ..models import Linear
from ..objective import Names, SoftmaxObjective
from ..protocol import F64
from .labels import encode_labels, require_two_classes, weigh_classes
from .parameters import threads

__all__ = ["Problem", "encode"]


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective, what its classes are called, and how its parameters become coefficients."""

    objective: SoftmaxObjective
    classes: NDArray[Any]
    total: float
    """Sum of the weights of the rows, S."""
    constant: float | None = None
    """The value of a last column that stands for the intercept, which is then penalised."""

    def coefficients(self, w: F64) -> tuple[F64, F64]:
        """Return coef_ (K, d) and intercept_ (K,) for the parameters w."""
        model = self.objective.model
        W, b = model.split(w)
        if self.constant is not None:
            return W[:, :-1].copy(), W[:, -1] * self.constant
        return W.copy(), b.copy() if model.bias else np.zeros(model.K)

    def parameters(self, coef: Any, intercept: Any) -> F64 | None:
        """Return w for coef_ and intercept_, or None where their shapes are other ones."""
        model = self.objective.model
        W = np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, dtype=np.float64)
        b = np.asarray(intercept, dtype=np.float64)
        if W.shape != (model.K, model.d - (self.constant is not None)):
            return None
        if self.constant is not None:
            W = np.concatenate([W, b[:, None] / self.constant], axis=1)
        return model.join(W, b)


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
        estimator: gives fit_intercept, intercept_scaling, solver, class_weight and n_jobs, and
            receives n_features_in_ and feature_names_in_.
        X: (n, d) features.
        y: (n,) labels or (n, C) rows of probabilities.
        sample_weight: (n,) or None.
        C: inverse strength of the penalty.
        classes: the labels there may be, if y need not show them all.
        reset: whether X defines the features, or must agree with those known.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
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
    X = sp.csr_array(X) if hasattr(X, "tocsr") else X
    codes, labels = encode_labels(y, classes)
    s = None
    if sample_weight is not None:
        s = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    s = weigh_classes(estimator.class_weight, codes, labels, s)
    total = float(X.shape[0]) if s is None else float(s.sum())
    if not total > 0.0:
        raise ValueError("sample_weight is zero throughout: there is nothing to fit.")
    if classes is None:
        require_two_classes(codes, labels, s)
    names, constant = _names(estimator, labels), None
    if estimator.solver == "liblinear" and estimator.fit_intercept:
        X, constant = _with_constant(X, float(estimator.intercept_scaling))
    rows = as_rows(X)
    bias, binary = bool(estimator.fit_intercept) and constant is None, len(labels) == 2
    model = Linear(rows.d, len(labels), bias=bias, reference=binary)
    objective = SoftmaxObjective(
        rows,
        codes,
        model,
        l2=0.0 if np.isinf(C) else 1.0 / (C * total),
        weights=s,
        engine=engine_for(threads(estimator.n_jobs), rows.nbytes / 8.0 * model.K),
        names=names,
    )
    return Problem(objective, labels, total, constant)


def _with_constant(X: Any, constant: float) -> tuple[Any, float]:
    """Append liblinear's synthetic column: the intercept as one more weight, penalised."""
    column = np.full((X.shape[0], 1), constant, dtype=X.dtype)
    if hasattr(X, "tocsr"):
        return sp.hstack([X, sp.csr_array(column)], format="csr"), constant
    return np.concatenate([X, column], axis=1), constant


def _names(estimator: Any, classes: NDArray[Any]) -> Names:
    features = getattr(estimator, "feature_names_in_", None)
    if features is None:
        return Names(tuple(str(c) for c in classes.tolist()))
    return Names(tuple(str(c) for c in classes.tolist()), (*map(str, features), "(intercept)"))
