r"""The quadratic model of a smooth objective at a point, for proximal methods.

    m(v) = <g, v> + v' H v / 2        (the terms with kinks are exact, and not part of it)

in variables that free biases do not couple: with a Gram matrix they are eliminated, and where H is
only known by products they stand for the logits at the weighted mean of the rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..kernels import Loss, descend, multiply, native, sweep
from ..linalg import scaled_cholesky
from ..passes import Forward
from ..problem import ElasticNet
from ..problem.sparse_terms import Lasso
from ..protocol import F64, LinearMap
from ..solve.projected_newton import projected_newton
from .gram import Hessian, Weights, hessian

__all__ = ["QuadraticModel", "quadratic_model"]

_GRAM_SIZE = 5000  # variables: the square of it in memory
_GRAM_WORK = 6e11  # multiplications for a Gram matrix: as many as some hundred products
_PLAIN_GRAM, _PLAIN_WORK = 1500, 1e10  # both without coordinate descent
_SPARSE_GRAM = 1500  # the same for sparse rows, whose coordinate descent needs no matrix,
_SPARSE_WORK = 1e8  # and twice the additions to it
_FACTOR = 2500  # variables: their cube for a factor; with more, conjugate gradients
_OLD = 0.6  # of the weights: an H that has fewer is made anew
_NEARLY = 0.9  # of l1: a weight whose gradient is smaller stays zero
_FEWEST = 100  # weights that may become other than zero at once
_RIDGE = 1e-13  # of the diagonal: where columns depend on each other a step is long, up to a kink
_SWEEPS = 20  # over all weights, before a Newton step
_LEAST = 0.01  # of the largest gain of a sweep: less does not pay
_FLAT = 1e-12  # of a column's mean square: less curvature about its mean is rounding error


class QuadraticModel(Protocol):
    """The model and its variables, flat vectors."""

    start: F64
    """The variables at the point,"""
    gradient: F64
    """the gradient there,"""
    diagonal: F64
    """and the diagonal of H, all of it above 0, or about."""
    terms: Lasso
    """The terms with kinks."""
    cheap: bool
    """Whether products cost little beside the model itself."""

    def times(self, d: F64) -> F64:
        """Return H d."""
        ...

    def descend(self, x: F64, r: F64) -> tuple[F64, F64, float] | None:
        """Return variables after some sweeps of coordinate descent, the gradient and the gain.

        None if there is no descent.
        """
        ...

    def face(self, x: F64, r: F64) -> F64 | None:
        """Return a Newton step over the variables that are free at x; None if it is costly.

        Args:
            x: the variables.
            r: the gradient there.

        """
        ...

    def whole(self, v: F64) -> F64:
        """Return v as a step of all parameters."""
        ...

    def kept(self, before: Any) -> bool:
        """Whether H is that of the point of another model."""
        ...


def quadratic_model(
    forward: Forward,
    damping: float = 0.0,
    before: QuadraticModel | None = None,
    columns: NDArray[np.intp] | None = None,
) -> QuadraticModel:
    """Return the model, of H + damping G: by a Gram matrix where that is cheap.

    v' G v is the weighted mean of the squared change of the logits.

    Args:
        forward: the point.
        damping: of the steps.
        before: a model whose H may be kept, and completed, if most of it is of use.
        columns: the numbers of the columns of X, where they are some of more.

    """
    known = before.loss if isinstance(before, Gram) else None
    if isinstance(before, Gram) and before.columns is columns:
        needed = _candidates(forward, columns, 1.0)
        if np.isin(needed.key, before.loss.weights.key).all():
            return Gram(forward, before.loss, columns)
    weights = _candidates(forward, columns, _NEARLY)
    if not _gram_pays(forward, weights):
        return ByProducts(forward, damping)
    if known is not None and np.isin(weights.key, known.weights.key).mean() < _OLD:
        known = None
    return Gram(forward, hessian(forward, weights, damping, known), columns)


def _gram_pays(forward: Forward, weights: Weights) -> bool:
    """Whether a matrix over some weights costs little enough."""
    rows: Any = forward.problem.rows
    m, descends = len(weights.key), type(forward.problem.penalty) is ElasticNet and native()
    if not descends:
        density = rows.nnz / max(rows.n * rows.d, 1) if rows.sparse else 1.0
        return m <= _PLAIN_GRAM and rows.n * (density * m) ** 2 <= _PLAIN_WORK
    if not rows.sparse:
        return m <= _GRAM_SIZE and rows.n * float(m) ** 2 <= _GRAM_WORK
    of_column = np.bincount(weights.column, minlength=rows.d).astype(np.float64)
    ones = np.ones(len(rows.X.data))
    of_row = sp.csr_array((ones, rows.X.indices, rows.X.indptr), shape=rows.X.shape) @ of_column
    return m <= _SPARSE_GRAM and float(of_row @ of_row) <= _SPARSE_WORK


def _candidates(forward: Forward, columns: NDArray[np.intp] | None, nearly: float) -> Weights:
    """Return the weights that are not zero or whose gradient is larger than `nearly` of l1.

    Half as many as are not zero are enough at a time: the worst of them.
    """
    problem, penalty = forward.problem, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    model = problem.model
    smooth = np.broadcast_to(penalty.l1 == 0.0, model.d)
    used = penalty.together((model.split(forward.w)[0] != 0.0) | smooth).ravel()
    size = np.broadcast_to(penalty.sizes(model.split(forward.grad)[0]), (model.K, model.d))
    extra = np.flatnonzero((size > nearly * penalty.l1).ravel() & ~used)
    count = int(used.sum())
    room = max(min(count // 2, _GRAM_SIZE - count), _FEWEST)
    if len(extra) > room:
        extra = extra[np.argpartition(-size.ravel()[extra], room)[:room]]
    used[extra] = True
    used = penalty.together(used.reshape(model.K, model.d))
    column, own = map(np.ascontiguousarray, np.nonzero(used.T))
    return Weights(own, column, (column if columns is None else columns[column]) * model.K + own)


class Gram:
    """H as a matrix over some weights; the biases follow their best values."""

    cheap = True

    def __init__(self, forward: Forward, loss: Hessian, columns: NDArray[np.intp] | None) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.model, self.loss, self.columns = model, loss, columns
        self.own, self.column = loss.weights.own, loss.weights.column
        self.start = model.split(forward.w)[0][self.own, self.column]
        m, each, H = len(self.start), np.arange(len(self.start)), loss.H
        if model.bias:
            self.cross = H[:m, m:]
            self.inverse = np.linalg.pinv(H[m:, m:], rcond=1e-13, hermitian=True)
            self.H = H[:m, :m] - self.cross @ self.inverse @ self.cross.T
        else:
            self.H = H.copy()
        raw, self.l2 = H.diagonal()[:m], np.broadcast_to(penalty.l2, model.d)[self.column]
        self.H[each, each] = np.maximum(self.H[each, each], _FLAT * raw) + self.l2
        self.g_b = model.split(forward.grad)[1]
        self.gradient = self._reduced(forward.grad)
        diagonal = self.H.diagonal()
        self.diagonal = np.where(diagonal > 0.0, diagonal, 1.0)
        self.terms = penalty.terms(self.own, self.column, 0)

    def _reduced(self, g: F64) -> F64:
        """Return a gradient over the weights, the biases following theirs."""
        G, g_b = self.model.split(g)
        out: F64 = G[self.own, self.column]
        if not self.model.bias:
            return out
        out = out - self.loss.means[self.column] * g_b[self.own]
        return out - self.cross @ (self.inverse @ g_b)

    def correct(self, v: F64, e: F64) -> F64:
        """Let the model have the slope of the exact one at a step; return it over the variables.

        Args:
            v: the step, in the model's variables.
            e: the gradient of the smooth part after it, by the exact Hessian; of all parameters.

        """
        r = self._reduced(e)
        self.gradient, self.g_b = r - self.H @ v, self.g_b + self.model.split(e)[1]
        return r

    def times(self, d: F64) -> F64:
        """Return H d."""
        return self.H @ d

    def descend(self, x: F64, r: F64) -> tuple[F64, F64, float] | None:
        """Descend weight by weight, where those are on kinks one by one."""
        if type(self.terms) is not Lasso:
            return None
        found = descend(self.H, self.terms.level, x, r, _SWEEPS, _LEAST)
        return None if found is None else (found[0], found[1], found[3])

    def face(self, x: F64, r: F64) -> F64 | None:
        """Solve by a factor of the rows and columns that are free."""
        some = np.flatnonzero(self.terms.free(x))
        if len(some) > _FACTOR:
            return None
        out, M = np.zeros(len(r)), self.H[np.ix_(some, some)]
        self.terms.add_curvature(x, some, M)
        M[np.diag_indices_from(M)] *= 1.0 + _RIDGE
        out[some] = -scaled_cholesky(M, float(self.l2.max(initial=0.0)))(r[some])
        return out

    def whole(self, v: F64) -> F64:
        """Return weights as they are, and the biases that are best for them."""
        V = np.zeros((self.model.K, self.model.d))
        V[self.own, self.column] = v
        if not self.model.bias:
            return self.model.join(V)
        return self.model.join(
            V, -self.inverse @ (self.g_b + self.cross.T @ v) - V @ self.loss.means
        )

    def kept(self, before: Any) -> bool:
        """Whether H is that of the point of another model."""
        return isinstance(before, Gram) and before.loss.P is self.loss.P


class ByProducts:
    """H by passes over the rows; the biases' variables are b + <means, W>."""

    cheap = False

    def __init__(self, forward: Forward, damping: float = 0.0) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.forward, self.model, self.damping = forward, model, damping
        self.l2, self._factors = penalty.l2, dict[int, tuple[bytes, LinearMap]]()
        first, second = forward.moments(damping)
        (sums, totals), (squares, _) = model.split(first), model.split(second)
        self.means = np.zeros((model.K, model.d))
        if model.bias:
            totals = np.where(totals > 0.0, totals, 1.0)
            self.means = sums / totals[:, None]
        flat = _FLAT * np.maximum(squares, forward.blocks.column_rms**2)
        scale = np.maximum(squares - self.means * sums, flat) + penalty.l2
        self.diagonal = model.join(np.where(scale > 0.0, scale, 1.0), totals)
        W, b = model.split(forward.w)
        self.start = model.join(W, b + (self.means * W).sum(1) if model.bias else None)
        self.gradient = self._covector(forward.grad)
        self.terms = penalty.whole

    def _covector(self, g: F64) -> F64:
        """Return a gradient in these variables."""
        G, g_b = self.model.split(g)
        return self.model.join(G - self.means * g_b[:, None], g_b) if self.model.bias else g

    def times(self, d: F64) -> F64:
        """Return H d."""
        return self._covector(self.forward.product(self.whole(d), self.damping))

    @cached_property
    def _loss(self) -> Loss:
        """The Hessian as coordinate descent reads it."""
        forward, model = self.forward, self.model
        rows: Any = forward.problem.rows
        P = np.concatenate(list(forward.read(forward.probabilities)), axis=1)
        inverse: F64 | None = None
        if model.bias:
            A = forward.bias_curvature - self.damping / model.C
            A[np.diag_indices(model.K)] += self.damping
            inverse = np.asarray(np.linalg.pinv(A, rcond=1e-13, hermitian=True), np.float64)
        s, first = forward.problem.s, model.C - model.K
        return Loss(rows.X.T.tocsr(), P, s, first, inverse, self.l2, self.damping)

    def descend(self, x: F64, r: F64) -> tuple[F64, F64, float] | None:
        """Descend weight by weight over sparse rows, those that count; then make one product."""
        model = self.model
        if not self._descends():
            return None
        count, v = model.weights, self.whole(x - self.start)
        (W, _), (G, g_b) = (model.split(a) for a in (self.forward.w, self.forward.grad))
        level, V = model.split(self.terms.level)[0], model.split(v)[0]
        some = (W != 0.0) | (V != 0.0) | (np.abs(model.split(r)[0]) > level)
        own, column = map(np.ascontiguousarray, np.nonzero(some))
        biases = (g_b.copy(), v[count:].copy()) if model.bias else None
        at = W[own, column], G[own, column]
        step, c, gain = sweep(
            self._loss, (own, column), level[own, column], at, biases, V[own, column],
            (_SWEEPS, _LEAST),
        )  # fmt: skip
        V = np.zeros_like(V)
        V[own, column] = step
        if c is not None:
            c = c + (self.means * V).sum(1)
        out = self.start + model.join(V, c)
        return out, self.gradient + self.times(out - self.start), gain

    def _descends(self) -> bool:
        """Whether there are kernels for some of the weights: their strength is one of all."""
        one_by_one = type(self.terms) is Lasso and not np.ndim(self.l2)
        return self.forward.problem.rows.sparse and one_by_one and native() is not None

    def face(self, x: F64, r: F64) -> F64 | None:
        """Solve by conjugate gradients over the weights that are free, class by class."""
        if not self._descends():
            return None
        model = self.model
        (R, r_b), X = model.split(r), model.split(x)[0]
        own, column = map(np.ascontiguousarray, np.nonzero(X != 0.0))
        m, bias, at = len(own), model.bias, (own, column)
        means = self.means[at]

        def product(v: F64) -> F64:
            c = None
            if bias:
                c = v[m:] - np.bincount(own, means * v[:m], minlength=model.K)
            h, h_b = multiply(self._loss, at, v[:m].copy(), c)
            return h if h_b is None else np.concatenate([h - means * h_b[own], h_b])

        g = np.concatenate([R[at], r_b]) if bias else R[at]
        kinks = model.split(self.terms.level)[0][at] > 0.0
        v = projected_newton(product, g, self._class_by_class(at), X[at], kinks)
        V = np.zeros_like(X)
        V[at] = v[:m]
        return model.join(V, v[m:] if bias else None)

    def _class_by_class(self, at: tuple[NDArray[np.intp], NDArray[np.intp]]) -> LinearMap:
        """Return an approximate inverse over some weights: without the coupling of classes."""
        (own, column), loss, K = at, self._loss, self.model.K
        m, parts = len(own), []
        for k in range(K):
            some = np.flatnonzero(own == k)
            key = column[some].tobytes()
            if key != self._factors.get(k, (None,))[0]:
                self._factors[k] = key, self._of_class(k, column[some])
            parts.append((some, self._factors[k][1]))

        def solve(r: F64) -> F64:
            out = np.empty_like(r)
            for some, factor in parts:
                out[some] = factor(r[some])
            if loss.inverse is not None:
                out[m:] = loss.inverse @ r[m:]
            return out

        return solve

    def _of_class(self, k: int, column: NDArray[np.intp]) -> LinearMap:
        """Return the inverse over some weights of one class."""
        loss = self._loss
        p = loss.P[loss.first + k]
        a = loss.s * (p * (1.0 - p) + self.damping * (1.0 - 1.0 / self.model.C))
        XT = loss.XT[column]
        M = (XT.multiply(a).tocsr() @ XT.T).toarray()
        if self.model.bias:
            mean = self.means[k, column]
            M -= a.sum() * np.outer(mean, mean)
        M[np.diag_indices_from(M)] = np.maximum(M.diagonal(), _FLAT) * (1.0 + _RIDGE) + self.l2
        return scaled_cholesky(M, float(self.l2))

    def kept(self, before: Any) -> bool:
        """H is that of its own point."""
        return False

    def whole(self, v: F64) -> F64:
        """Return v with steps of the biases themselves."""
        if not self.model.bias:
            return v
        V, c = self.model.split(v)
        return self.model.join(V, c - (self.means * V).sum(1))
