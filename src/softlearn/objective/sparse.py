"""The objective of softmax regression with a penalty that has kinks, for proximal methods."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import DenseRows, Rows, SparseRows
from ..passes import passes_for
from ..presolve import spreads, with_rows
from ..problem import L2, ElasticNet, Problem
from ..protocol import F64, Direction, Point, Status
from ..solve import Newton, minimize
from .objective import SoftmaxObjective
from .point import SoftmaxPoint
from .quadratic_model import QuadraticModel, quadratic_model
from .separation import REMEDY
from .sparse_certificate import DualPoint, proven_zeros, sparse_bound

__all__ = ["SparseObjective", "SparsePoint"]

_ROUGH = 1e-3  # the gap within which it is decided whether free columns separate classes


class SparsePoint(SoftmaxPoint):
    """J at one w; its gradient is that of the smooth part."""

    __slots__ = ()

    @property
    def penalty(self) -> ElasticNet:
        """The penalty."""
        penalty = self.forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        return penalty

    @property
    def subgradient(self) -> F64:
        """The shortest subgradient of J at w."""
        return self.penalty.whole.subgradient(self.w, self.grad)

    @property
    def kinks(self) -> float:
        """The part of J that has kinks."""
        return self.penalty.whole.value(self.w)

    def model(
        self,
        damping: float = 0.0,
        before: QuadraticModel | None = None,
        columns: NDArray[np.intp] | None = None,
    ) -> QuadraticModel:
        """Return the quadratic model of the smooth part: see `quadratic_model`."""
        return quadratic_model(self.forward, damping, before, columns)

    def dual(self, v: F64 | None = None) -> DualPoint | None:
        """Return a proven lower bound on min J and what proves it; None where none can be."""
        return sparse_bound(self.forward, v)

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return the lower bound alone."""
        found = self.dual(v.v if isinstance(v, Direction) else v)
        return -np.inf if found is None else found.lower


class SparseObjective(SoftmaxObjective):
    """The mean cross-entropy of a linear model plus an elastic net or L1 penalty."""

    @property
    def penalty(self) -> ElasticNet:
        """The penalty."""
        penalty = self.problem.penalty
        assert isinstance(penalty, ElasticNet)
        return penalty

    def at(self, w: F64) -> SparsePoint:
        """Return J at w."""
        return SparsePoint(self.blocks.forward(np.asarray(w, dtype=np.float64)))

    @cached_property
    def null(self) -> F64:
        """The parameters that are best if all weights are zero."""
        model, shares = self.model, self.problem.shares
        b = np.zeros(model.size - model.weights)
        if len(b) and (shares > 0.0).all():
            b = np.log(shares[1:] / shares[0]) if model.reference else np.log(shares)
            b -= 0.0 if model.reference else b.mean()
        return np.concatenate([np.zeros(model.weights), b])

    @property
    def lambda_max(self) -> float:
        """The least strength for which all weights are zero at the minimum; no column is free."""
        return self.lambda_at(self.null)

    def lambda_at(self, null: F64) -> float:
        """Return the same for parameters that are best if all weights but free ones are zero."""
        return self.strength_at(self.at(null).grad)

    def strength_at(self, grad: F64) -> float:
        """Return the least strength for which weights of zero with this gradient stay zero."""
        G, _ = self.model.split(grad)
        sizes, penalty = self.penalty.sizes(G), self.penalty
        if penalty.factors is not None:
            fined = penalty.factors > 0.0
            sizes = sizes[..., fined] / penalty.factors[fined]
        return float(sizes.max(initial=0.0)) / penalty.l1_ratio

    def with_penalty(self, l2: float) -> SparseObjective:
        """Return the same objective with another strength of its penalty; the data are shared."""
        blocks = self.blocks.with_penalty(l2)
        return SparseObjective(blocks.problem, blocks)

    def same(self, point: SparsePoint) -> SparsePoint:
        """Return J at a point of the same objective under another penalty, without a pass."""
        return SparsePoint(point.forward.under(self.blocks))

    def proven_zeros(self, w: F64, dual: DualPoint) -> NDArray[np.bool_]:
        """Return which weights (K, d) are proven to be zero at every minimum."""
        return proven_zeros(self.at(w).forward, dual)

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum: then its free columns alone can separate classes."""
        found, part = super().diagnose(point, d), self._free_part()
        if found or part is None:
            return found
        alone = minimize(part, Newton("classwise"), tol=_ROUGH)
        if alone.status is not Status.NO_FINITE_OPTIMUM:
            return ""
        return alone.detail.replace(REMEDY, "Give these features a penalty (a factor above 0).")

    def _free_part(self) -> SoftmaxObjective | None:
        """Return J in its free columns alone, which have no penalty."""
        some = self.penalty.free
        part = self.of_columns(some) if len(some) else None
        if part is None:
            return None
        problem, names = part.J.problem, self.problem.names
        rows = names.rows or self.problem.rows.take

        def weights(D: F64) -> F64:
            W = np.zeros((len(D), self.model.d))
            W[:, some] = D
            return W * spreads(self.problem.rows) if names.weights is None else names.weights(W)

        own = replace(names, weights=weights, rows=lambda numbers: rows(numbers)[:, some])
        problem = replace(problem, penalty=L2(0.0, problem.model.weights), names=own)
        return SoftmaxObjective(problem, self._passes(problem))

    def _passes(self, problem: Problem) -> Any:
        return passes_for(problem, self.blocks.engine, brief=True, exact=self.blocks.exact)

    def settled(self, w: F64) -> F64:
        """Return the parameters of least penalty with the same probabilities; w may be changed."""
        if not self.model.reference and self.penalty.only_l1:
            W = self.model.split(w)[0]
            W[:] = self.penalty.centred(W)
        return w

    def of_columns(self, some: NDArray[np.intp]) -> Columns | None:
        """Return the objective in some columns alone; None where they cannot be taken out.

        Of sparse rows those with most entries come first: what is often needed is side by side.
        """
        rows: Any = self.problem.rows
        taken: Rows
        if isinstance(rows, SparseRows):
            X = rows.X[:, some]
            order = np.argsort(-np.bincount(X.indices, minlength=len(some)), kind="stable")
            rank = np.empty_like(order)
            rank[order] = np.arange(len(order))
            X.indices = rank[X.indices].astype(X.indices.dtype)
            X.has_sorted_indices = False
            X.sort_indices()
            some, taken = some[order], SparseRows(X)
        elif isinstance(rows, DenseRows):
            taken = DenseRows(np.ascontiguousarray(rows.X[:, some]))
        else:
            return None
        problem = with_rows(self.problem, taken)
        problem = replace(problem, penalty=self.penalty.of(problem.model, some))
        J = SparseObjective(problem, self._passes(problem))
        return Columns(self, J, some)


class Columns:
    """An objective in some columns of another one, whose other weights are zero."""

    def __init__(self, whole: SparseObjective, J: SparseObjective, some: NDArray[np.intp]) -> None:
        self.whole, self.J, self.some = whole, J, some

    def under(self, whole: SparseObjective) -> Columns:
        """Return the same columns of an objective with another penalty."""
        if self.whole.penalty is whole.penalty:
            return self
        return Columns(whole, self.J.with_penalty(whole.penalty.strength), self.some)

    def take(self, w: F64) -> F64:
        """Return the parameters of these columns."""
        W, b = self.whole.model.split(w)
        return self.J.model.join(W[:, self.some], b if len(b) else None)

    def give(self, w: F64) -> F64:
        """Return all parameters."""
        V, b = self.J.model.split(w)
        W = np.zeros((self.whole.model.K, self.whole.model.d))
        W[:, self.some] = V
        return self.whole.model.join(W, b if len(b) else None)
