"""From what a user holds to an objective: labels, weights and features checked and encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...data import Rows, as_rows, merge_repeated_rows, to_csr
from ...models import Linear
from ...objective import SoftmaxObjective
from ...presolve import Presolved, presolve
from ...protocol import F64, Result
from ...rounding import light
from ...separation import Names
from ...solve import Progress
from ..sklearn.checks import check
from ..sklearn.labels import totals
from ..sklearn.threads import engine
from ..sklearn.weights import total_of
from .parameters import l2_of
from .proven import at_rounded, provable, with_penalty

__all__ = ["Examples", "Problem", "prepare_problem", "check_examples"]

_LIGHT = 1e3  # a logit size whose rounding J need not be asked about again
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
    presolved: Presolved | None = None
    """How parameters get from the user's columns to those of the objective, and back."""

    @property
    def note(self) -> str:
        """What to say of classes without weight and of columns set aside, or ''."""
        aside = "" if self.presolved is None else self.presolved.note
        if self.present is None:
            return aside
        absent = np.setdiff1d(np.arange(len(self.classes)), self.present)
        names = Names(tuple(str(c) for c in self.classes.tolist())).of_classes(absent)
        return f"No weight lies on class {names}, which is never predicted. {aside}".strip()

    def coefficients(self, w: F64) -> tuple[F64, F64]:
        """Return coef_ (K, d) and intercept_ (K,) for the parameters w."""
        model = self.objective.model
        W, b = self._centred(*model.split(w))
        if self.presolved is not None:
            W, b = self.presolved.expand(W, b)
        if self.present is not None:
            few, biases, C = W, b, len(self.classes)
            W, b = np.zeros((C, few.shape[1])), np.full(C, _NEVER)
            W[self.present], b[self.present] = few, biases
            b -= b.mean()
        if self.constant is not None:
            return W[:, :-1].copy(), W[:, -1] * self.constant
        return W, b if model.bias else np.zeros(model.K)

    def with_coefficients(self, progress: Progress) -> Progress:
        """Return a step's record whose `w` is coef_, row after row, and then intercept_."""

        def parameters() -> F64:
            coef, intercept = self.coefficients(progress.w)
            bias = self.objective.model.bias or self.constant is not None
            return np.concatenate([coef.ravel(), intercept]) if bias else coef.ravel()

        return replace(progress, parameters=parameters)

    def parameters(self, coef: Any, intercept: Any, centred: bool = True) -> F64 | None:
        """Return w for coef_ and intercept_, or None where their shapes are other ones.

        Their sums over the classes are zero unless they are to be as they are, to the last digit.
        """
        model = self.objective.model
        W = np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, dtype=np.float64)
        b = np.asarray(intercept, dtype=np.float64)
        K = model.K if self.present is None else len(self.classes)
        d = model.d if self.presolved is None else self.presolved.d
        if W.shape != (K, d - (self.constant is not None)):
            return None
        if self.present is not None:
            W, b = W[self.present], b[self.present]
        if self.constant is not None:
            W = np.concatenate([W, b[:, None] / self.constant], axis=1)
        if self.presolved is not None:
            W, b = self.presolved.reduce(W, b)
        return model.join(*(self._centred(W, b) if centred else (W, b)))

    def at_coefficients(self, result: Result, tol: float) -> Result:
        """Return what is proven of the coefficients, which are rounded: they are what is returned.

        Weights and intercepts beside large means, or of columns that nearly depend on each other,
        may not hold the digits that the optimum needs.
        """
        result = with_penalty(self.objective, result, self._penalised(result.w))
        rounds = self.presolved is not None and self.presolved.rounds
        if not rounds and light(self.objective, result.w, _LIGHT):
            return result
        w = self.parameters(*self.coefficients(result.w), centred=False)
        digits = "" if self.presolved is None else self.presolved.digits
        return result if w is None else at_rounded(self.objective, w, result, digits, tol)

    def _penalised(self, w: F64) -> F64 | None:
        """Return the user's weights, what stands for the intercept included; None: as they are.

        Raises:
            ValueError: weights of a column of tiny values are no float64.

        """
        if self.presolved is None:
            return None
        coef, intercept = self.coefficients(w)
        lost = np.flatnonzero(~np.isfinite(coef).all(0))
        if len(lost):
            raise ValueError(
                f"The values of {self.objective.names.of_feature(int(lost[0]))} are so small that "
                "their weights are beyond the largest float64: multiply them by a constant."
            )
        if self.objective.spared is None:
            return None
        if self.constant is None:
            return coef
        return np.concatenate([coef, intercept[:, None] / self.constant], axis=1)

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
            C: inverse strength of the penalty; what may be done to columns depends on whether it
                is finite.
            every_class: whether classes without weight stay in, and rows and columns as they are
                (a batch need not show them all).

        """
        codes, present, total = self.codes, None, self.total
        found: Presolved | None = None
        rows, s = self.rows, self.s
        if not every_class:
            rows, codes, s = _lean(rows, codes, s)
            names = Names(features=self.features or ())
            found = presolve(rows, self.bias, np.isfinite(C), names.of_feature)
            rows = rows if found is None else found.rows
        if self.bias and not every_class:
            codes, present = _with_weight(codes, totals(codes, len(self.classes), s))
        part = self.classes if present is None else self.classes[present]
        reference = len(self.classes) == 2
        model = Linear(rows.d, len(part), self.bias, reference, by_feature=rows.sparse)
        l2 = l2_of(C, total)
        objective = SoftmaxObjective(
            rows,
            codes,
            model,
            l2=l2,
            weights=s,
            engine=engine(self.jobs, rows.nbytes / 8.0 * model.K),
            names=_names(self.features, part, found),
        )
        return Problem(
            provable(objective, found), self.classes, total, self.constant, present, found
        )


def prepare_problem(
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
        estimator, X, y, sample_weight, classes, reset: as in `check_examples`.
        C: inverse strength of the penalty.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    examples = check_examples(estimator, X, y, sample_weight, classes, reset)
    return examples.problem(C, every_class=classes is not None)


def check_examples(
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
        X, y, sample_weight, classes, reset: as in `checks.check`.

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
    found = merge_repeated_rows(rows, codes)
    if found is None:
        return to_csr(rows), codes, s
    return to_csr(rows, found.first), codes[found.first], found.weights(s)


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
    exact = float(X.dtype.type(constant)) == constant
    column = np.full((X.shape[0], 1), constant, dtype=X.dtype if exact else np.float64)
    if hasattr(X, "tocsr"):
        return sp.hstack([X, sp.csr_array(column)], format="csr"), constant
    return np.concatenate([X, column], axis=1), constant


def _names(
    features: tuple[str, ...] | None, classes: NDArray[Any], found: Presolved | None
) -> Names:
    names = Names(tuple(str(c) for c in classes.tolist()), features or ())
    return names if found is None else replace(names, weights=found.weights, rows=found.columns)
