"""From what a user holds to an objective: labels, weights and features checked and encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import (
    Merged,
    Rotated,
    Rows,
    SparseRows,
    as_rows,
    distinct,
    merged,
    packed,
    rotated,
)
from ..models import Linear
from ..objective import SoftmaxObjective
from ..protocol import F64
from ..separation import Names
from ..solve import Progress
from .checked import check
from .labels import totals
from .parameters import engine, l2_of
from .weights import total_of

__all__ = ["Examples", "Problem", "encode", "examine"]

_NEVER = -40.0  # an intercept so low, where the logits' mean is 0, is lost in the rounding of J


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective, what its classes are called, and how its parameters become coefficients."""

    objective: SoftmaxObjective
    classes: NDArray[Any]
    total: float
    """Sum of the weights of the rows, S."""
    constant: float | None = None
    """The value of a last column that stands for the intercept, which is then penalised."""
    present: NDArray[np.intp] | None = None
    """Which classes the objective has, if some have no weight: their intercepts would fall for
    ever, so they stay out, and J's lowest value is the same."""
    merged: Merged | Rotated | None = None
    """Where the objective's X has fewer columns: how weights get there, and back."""

    @property
    def note(self) -> str:
        """What to say of classes without weight, one sentence, or ''."""
        if self.present is None:
            return ""
        absent = np.setdiff1d(np.arange(len(self.classes)), self.present)
        names = Names(tuple(str(c) for c in self.classes.tolist())).of_classes(absent)
        return f"No weight lies on class {names}, which is never predicted."

    def coefficients(self, w: F64) -> tuple[F64, F64]:
        """Return coef_ (K, d) and intercept_ (K,) for the parameters w."""
        model = self.objective.model
        W, b = self._centred(*model.split(w))
        W = W if self.merged is None else self.merged.apart(W)
        if self.present is not None:
            few, biases, C = W, b, len(self.classes)
            W, b = np.zeros((C, few.shape[1])), np.full(C, _NEVER)
            W[self.present], b[self.present] = few, biases
            b -= b.mean()
        if self.constant is not None:
            return W[:, :-1].copy(), W[:, -1] * self.constant
        return W, b if model.bias else np.zeros(model.K)

    def told(self, progress: Progress) -> F64:
        """Return what a user is told of the parameters of a step: coefficients, then intercepts."""
        coef, intercept = self.coefficients(progress.w)
        bias = self.objective.model.bias or self.constant is not None
        return np.concatenate([coef.ravel(), intercept]) if bias else coef.ravel()

    def parameters(self, coef: Any, intercept: Any) -> F64 | None:
        """Return w for coef_ and intercept_, or None where their shapes are other ones."""
        model = self.objective.model
        W = np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, dtype=np.float64)
        b = np.asarray(intercept, dtype=np.float64)
        K = model.K if self.present is None else len(self.classes)
        d = model.d if self.merged is None else self.merged.d
        if W.shape != (K, d - (self.constant is not None)):
            return None
        if self.present is not None:
            W, b = W[self.present], b[self.present]
        if self.constant is not None:
            W = np.concatenate([W, b[:, None] / self.constant], axis=1)
        W = W if self.merged is None else self.merged.together(W)
        return model.join(*self._centred(W, b))

    def _centred(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return W and b whose sums over the classes are zero: it changes no probability.

        A row of weights that stands for two classes has nothing to be centred.
        """
        if self.objective.model.reference:
            return W.copy(), b.copy()
        return W - W.mean(0), b - b.mean() if len(b) else b


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows, labels and weights that have been checked: what objectives are made from."""

    rows: Rows
    codes: NDArray[Any]
    """(n,) labels 0 .. C - 1, or (n, C) rows of probabilities."""
    classes: NDArray[Any]
    s: F64 | None
    """(n,) weights of the rows, those of their classes included; None for 1 each."""
    unit: float
    """What s counts in."""
    bias: bool
    constant: float | None
    jobs: int | None
    features: tuple[str, ...] | None

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return total_of(self.s, self.unit, self.rows.n)

    def subset(self, rows: NDArray[np.intp]) -> Examples:
        """Return some of the examples; their features are copied."""
        s = None if self.s is None else self.s[rows]
        return replace(self, rows=self.rows.subset(rows), codes=self.codes[rows], s=s)

    def problem(self, C: float, every_class: bool = False) -> Problem:
        """Return the objective over these examples.

        Args:
            C: inverse strength of the penalty; a finite one lets columns be merged.
            every_class: whether classes without weight stay in, and rows and columns as they are
                (a batch need not show them all).

        """
        codes, present, total = self.codes, None, self.total
        fewer: Merged | Rotated | None = None
        rows, s = self.rows, self.s
        if not every_class:
            rows, codes, s = _lean(rows, codes, s)
            if np.isfinite(C):
                fewer = merged(rows) if isinstance(rows, SparseRows) else rotated(rows)
                rows = rows if fewer is None else fewer.rows
        if self.bias and not every_class:
            codes, present = _with_weight(codes, totals(codes, len(self.classes), s))
        part = self.classes if present is None else self.classes[present]
        reference = len(self.classes) == 2
        model = Linear(rows.d, len(part), self.bias, reference, by_feature=rows.sparse)
        objective = SoftmaxObjective(
            rows,
            codes,
            model,
            l2=l2_of(C, total),
            weights=s,
            engine=engine(self.jobs, rows.nbytes / 8.0 * model.K),
            names=_names(self.features, part),
        )
        return Problem(objective, self.classes, total, self.constant, present, fewer)


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
        estimator, X, y, sample_weight, classes, reset: as in `examine`.
        C: inverse strength of the penalty.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    examples = examine(estimator, X, y, sample_weight, classes, reset)
    return examples.problem(C, every_class=classes is not None)


def examine(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    classes: NDArray[Any] | None = None,
    reset: bool = True,
) -> Examples:
    """Check X, y and the weights as scikit-learn does.

    Args:
        estimator: gives fit_intercept, intercept_scaling, solver, class_weight and n_jobs, and
            receives n_features_in_ and feature_names_in_.
        X, y, sample_weight, classes, reset: as in `checked.check`.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    X, codes, labels, s, unit = check(estimator, X, y, sample_weight, classes, reset)
    constant = None
    if estimator.solver == "liblinear" and estimator.fit_intercept:
        X, constant = _with_constant(X, float(estimator.intercept_scaling))
    names = getattr(estimator, "feature_names_in_", None)
    return Examples(
        rows=as_rows(X),
        codes=codes,
        classes=labels,
        s=s,
        unit=unit,
        bias=bool(estimator.fit_intercept) and constant is None,
        constant=constant,
        jobs=estimator.n_jobs,
        features=None if names is None else (*map(str, names), "(intercept)"),
    )


def _lean(rows: Rows, codes: NDArray[Any], s: F64 | None) -> tuple[Rows, NDArray[Any], F64 | None]:
    """Return examples of the same objective that take less time: repeated rows once, few zeros."""
    found = distinct(rows, codes)
    if found is None:
        return packed(rows), codes, s
    return packed(rows, found.first), codes[found.first], found.weights(s)


def _with_weight(codes: NDArray[Any], weight: F64) -> tuple[NDArray[Any], NDArray[np.intp] | None]:
    """Return the codes among the classes that have weight, and these; None where all have."""
    present = np.flatnonzero(weight > 0.0)
    if len(present) == len(weight):
        return codes, None
    if codes.ndim == 1:  # rows of other classes weigh nothing, and any code will do
        return np.minimum(np.searchsorted(present, codes), len(present) - 1), present
    P = codes[:, present]
    P[P.sum(1) == 0.0] = 1.0
    return P, present


def _with_constant(X: Any, constant: float) -> tuple[Any, float]:
    """Append liblinear's synthetic column: the intercept as one more weight, penalised."""
    column = np.full((X.shape[0], 1), constant, dtype=X.dtype)
    if hasattr(X, "tocsr"):
        return sp.hstack([X, sp.csr_array(column)], format="csr"), constant
    return np.concatenate([X, column], axis=1), constant


def _names(features: tuple[str, ...] | None, classes: NDArray[Any]) -> Names:
    return Names(tuple(str(c) for c in classes.tolist()), features or ())
