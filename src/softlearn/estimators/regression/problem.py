"""From what a user holds to an objective: labels, weights and features checked and encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...data import Rows, as_rows
from ...objective import SoftmaxObjective
from ...passes import passes_for
from ...passes.rounding import has_small_logits
from ...presolve import REDUCTIONS, Chain, presolve
from ...problem import Linear, Names, Problem
from ...protocol import F64, Result
from ...solve import Progress
from ..sklearn.checks import check
from ..sklearn.threads import engine
from ..sklearn.weights import total_of
from .parameters import l2_of
from .proven import at_rounded, with_penalty

__all__ = ["Examples", "Formulation", "check_examples", "prepare_problem"]

_LIGHT = 1e3  # a logit size whose rounding J need not be asked about again


@dataclass(frozen=True, eq=False)
class Formulation:
    """An objective, what its classes are called, and how its parameters become coefficients."""

    objective: SoftmaxObjective
    chain: Chain
    """How parameters get from the user's columns and classes to the objective's, and back."""
    classes: NDArray[Any]
    total: float
    """Sum of the weights of the rows, S."""
    constant: float | None = None
    """The value of a last column that stands for the intercept, which is then penalised."""

    @property
    def present(self) -> tuple[str, ...]:
        """The classes that the objective has: those that have weight."""
        return self.objective.problem.names.classes

    @property
    def note(self) -> str:
        """What to say of classes without weight and of columns set aside, or ''."""
        return self.chain.note

    def coefficients(self, w: F64) -> tuple[F64, F64]:
        """Return coef_ (K, d) and intercept_ (K,) for the parameters w."""
        model = self.objective.model
        W, b = self.chain.expand(*self._centred(*model.split(w)))
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
        given = self.chain.given.model
        if W.shape != (given.K, given.d - (self.constant is not None)):
            return None
        if self.constant is not None:
            W = np.concatenate([W, b[:, None] / self.constant], axis=1)
        W, b = self.chain.reduce(W, b)
        return model.join(*(self._centred(W, b) if centred else (W, b)))

    def at_coefficients(self, result: Result, tol: float) -> Result:
        """Return what is proven of the coefficients, which are rounded: they are what is returned.

        Weights and intercepts beside large means, or of columns that nearly depend on each other,
        may not hold the digits that the optimum needs.
        """
        result = with_penalty(self.objective, result, self._penalised(result.w))
        if not self.chain.rounds and has_small_logits(self.objective.blocks, result.w, _LIGHT):
            return result
        w = self.parameters(*self.coefficients(result.w), centred=False)
        if w is None:
            return result
        return at_rounded(self.objective, w, result, self.chain.digits, tol)

    def _penalised(self, w: F64) -> F64 | None:
        """Return the user's weights, what stands for the intercept included; None: as they are.

        Raises:
            ValueError: weights of a column of tiny values are no float64.

        """
        if not self.chain.changes:
            return None
        coef, intercept = self.coefficients(w)
        lost = np.flatnonzero(~np.isfinite(coef).all(0))
        if len(lost):
            name = self.objective.problem.names.of_feature(int(lost[0]))
            raise ValueError(
                f"The values of {name} are so small that their weights are beyond the largest "
                "float64: multiply them by a constant."
            )
        if self.objective.problem.spared is None:
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

    def formulation(self, C: float, as_given: bool = False) -> Formulation:
        """Return the objective over these examples.

        Args:
            C: inverse strength of the penalty; what may be done to columns depends on whether it
                is finite.
            as_given: whether classes, rows and columns stay as they are (a batch need not show
                all classes).

        """
        K, total = len(self.classes), self.total
        model = Linear(self.rows.d, K, self.bias, reference=K == 2, by_feature=self.rows.sparse)
        names = Names(tuple(str(c) for c in self.classes.tolist()), self.features or ())
        problem = Problem.of(self.rows, self.codes, model, l2_of(C, total), self.s, names)
        chain = presolve(problem, () if as_given else REDUCTIONS)
        rows, model = chain.problem.rows, chain.problem.model
        workers = engine(self.jobs, rows.nbytes / 8.0 * model.K)
        objective = SoftmaxObjective(chain.problem, passes_for(chain.problem, workers))
        return Formulation(objective, chain, self.classes, total, self.constant)


def prepare_problem(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    C: float,
    classes: NDArray[Any] | None = None,
    reset: bool = True,
) -> Formulation:
    """Check X, y and the weights as scikit-learn does; return the objective they define.

    Args:
        estimator, X, y, sample_weight, classes, reset: as in `check_examples`.
        C: inverse strength of the penalty.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    examples = check_examples(estimator, X, y, sample_weight, classes, reset)
    return examples.formulation(C, as_given=classes is not None)


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


def _with_constant(X: Any, constant: float) -> tuple[Any, float]:
    """Append liblinear's synthetic column: the intercept as one more weight, penalised."""
    exact = float(X.dtype.type(constant)) == constant
    column = np.full((X.shape[0], 1), constant, dtype=X.dtype if exact else np.float64)
    if hasattr(X, "tocsr"):
        return sp.hstack([X, sp.csr_array(column)], format="csr"), constant
    return np.concatenate([X, column], axis=1), constant
