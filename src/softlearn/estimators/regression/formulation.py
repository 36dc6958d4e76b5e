"""From checked examples to an objective, and from its parameters back to coefficients."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...data import as_rows
from ...objective import SoftmaxObjective, SparseObjective
from ...passes import passes_for
from ...passes.rounding import has_small_logits
from ...presolve import REDUCTIONS, Chain, presolve
from ...problem import Linear, Names, Problem
from ...protocol import F64, Result
from ...solve import Progress
from ..sklearn.checks import Examples
from ..sklearn.tensors import on_device, usable_device
from ..sklearn.threads import engine
from .checkpoint import Checkpoint
from .parameters import factors_of, l2_of
from .proven import at_rounded, with_penalty

__all__ = ["Formulation", "formulate"]

_LIGHT = 1e3  # a logit size up to which J need not be evaluated again


@dataclass(frozen=True, eq=False)
class Formulation:
    """An objective, the names of its classes, and the map from its parameters to coefficients."""

    objective: SoftmaxObjective
    chain: Chain
    """The change of parameters from the user's columns and classes to the objective's."""
    classes: NDArray[Any]
    total: float
    """Sum of the weights of the rows, S."""
    constant: float | None = None
    """The value of a last column that stands for the intercept, which is then penalised."""
    checkpoint: Checkpoint | None = None
    """The file that is written after each step, if one is."""

    @property
    def present(self) -> tuple[str, ...]:
        """The classes that the objective has: those that have weight."""
        return self.objective.problem.names.classes

    @property
    def note(self) -> str:
        """A sentence on classes without weight and columns set aside, or ''."""
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

        Their sums over the classes are zero, unless they must stay the same to the last digit.
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
        """Return the result with the gap proven for the rounded coefficients, which are returned.

        Weights and intercepts beside large means, or of columns that nearly depend on each other,
        may not hold the digits that the optimum needs.
        """
        result = with_penalty(self.objective, result, self._penalised(result.w))
        with np.errstate(over="ignore"):  # columns that L1 leaves undivided may be huge
            light = has_small_logits(self.objective.blocks, result.w, _LIGHT)
        if light and not self.chain.rounds:
            return result
        w = self.parameters(*self.coefficients(result.w), centred=False)
        if w is None:
            return result
        return at_rounded(self.objective, w, result, self.chain.digits, tol)

    def proven_zeros(self, result: Result) -> NDArray[np.bool_]:
        """Return which of coef_ are proven to be zero at every minimum, and are zero (K, d)."""
        W, _ = self.coefficients(result.w)
        if result.dual is None:
            return np.zeros(W.shape, dtype=bool)
        assert isinstance(self.objective, SparseObjective)
        with np.errstate(over="ignore", invalid="ignore"):  # of huge columns nothing is proven
            found = self.objective.proven_zeros(result.w, result.dual).astype(np.float64)
        found = self.chain.expand(found, np.zeros(len(found)))[0]
        return np.asarray((found[:, : W.shape[1]] != 0.0) & (W == 0.0))

    def _penalised(self, w: F64) -> F64 | None:
        """Return the user's weights, including that of an intercept column; None: unchanged.

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
        """Return W of the least penalty with the same probabilities, and b whose sum is zero.

        A single row of weights for two classes is not centred.
        """
        if self.objective.model.reference:
            return W.copy(), b.copy()
        return self.objective.penalty.centred(W), b - b.mean() if len(b) else b


def formulate(
    estimator: Any, examples: Examples, C: float, l1_ratio: float = 0.0, as_given: bool = False
) -> Formulation:
    """Return the objective over examples.

    Args:
        estimator: gives fit_intercept, intercept_scaling, penalty_groups, penalty_factors, solver
            and n_jobs, and the names of features.
        examples: rows, labels and weights.
        C: inverse strength of the penalty; which changes of columns are exact depends on
            whether it is finite.
        l1_ratio: the share of L1 in the penalty, from 0 to 1.
        as_given: whether classes, rows and columns stay as they are (a batch need not show all
            classes).

    """
    X, bias, constant = examples.X, bool(estimator.fit_intercept), None
    device = usable_device(getattr(estimator, "device", None))
    if device is not None and not (on_device(X) or isinstance(X, np.ndarray)):
        raise ValueError(
            f"device={device!r} takes a dense X in memory, but X is sparse, or on disk: leave "
            "device out."
        )
    factors = None if np.isinf(C) else factors_of(estimator, X.shape[1])
    if estimator.solver == "liblinear" and bias:
        if on_device(X):
            raise ValueError(
                "solver='liblinear' adds a column to X, which is on a device: use solver='auto'."
            )
        X, constant = _with_constant(X, float(estimator.intercept_scaling))
        bias = False
        factors = None if factors is None else np.append(factors, 1.0)
    rows, total, K = as_rows(X, device), examples.total(), len(examples.classes)
    features = getattr(estimator, "feature_names_in_", None)
    names = Names(
        tuple(str(c) for c in examples.classes.tolist()),
        () if features is None else (*map(str, features), "(intercept)"),
    )
    model = Linear(rows.d, K, bias, reference=K == 2, by_feature=rows.sparse)
    strength = l2_of(C, total)
    if factors is not None and float(factors.max()) > sys.float_info.max / max(strength, 1.0):
        raise ValueError(
            f"penalty_factors of {factors.max():g} and C={C:g} stand for an infinite penalty: give "
            "smaller factors, or a larger C."
        )
    grouped = estimator.penalty_groups is not None
    problem = Problem.of(
        rows, examples.codes, model, strength, examples.s, names, l1_ratio, grouped, factors
    )
    chain = presolve(problem, () if as_given else REDUCTIONS)
    rows, model = chain.problem.rows, chain.problem.model
    workers = engine(estimator.n_jobs, rows.nbytes / 8.0 * model.K)
    kind = SoftmaxObjective if chain.problem.penalty.smooth else SparseObjective
    exact = getattr(estimator, "precision", "auto") == "float64"
    objective = kind(chain.problem, passes_for(chain.problem, workers, exact=exact))
    return Formulation(objective, chain, examples.classes, total, constant)


def _with_constant(X: Any, constant: float) -> tuple[Any, float]:
    """Append liblinear's synthetic column: the intercept as one more weight, penalised."""
    exact = float(X.dtype.type(constant)) == constant
    column = np.full((X.shape[0], 1), constant, dtype=X.dtype if exact else np.float64)
    if hasattr(X, "tocsr"):
        return sp.hstack([X, sp.csr_array(column)], format="csr"), constant
    return np.concatenate([X, column], axis=1), constant
