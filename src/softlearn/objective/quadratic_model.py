r"""The quadratic model of a smooth objective at a point, for proximal methods.

    m(v) = <g, v> + v' H v / 2        (the terms with kinks are exact, and not part of it)

in variables that free biases do not couple: with a Gram matrix they are eliminated, and where H is
only known by products they stand for the logits at the weighted mean of the rows.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..kernels import add_sparse_gram, descend, softmax_variance
from ..linalg import scaled_cholesky
from ..passes import Forward
from ..problem import ElasticNet
from ..problem.sparse_terms import Lasso
from ..protocol import F64

__all__ = ["QuadraticModel", "quadratic_model"]

_GRAM_SIZE = 4000  # variables: the square of it in memory
_GRAM_WORK = 1e11  # multiplications for a Gram matrix: as many as some hundred products
_FACTOR = 2500  # variables: their cube for a factor; with more, conjugate gradients
_SCATTERED = 0.5  # of a column's mean square: with a mean that small no digits cancel
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


def quadratic_model(forward: Forward, damping: float = 0.0) -> QuadraticModel:
    """Return the model, of H + damping G: by a Gram matrix where that is cheap.

    v' G v is the weighted mean of the squared change of the logits.
    """
    some, rows = _candidates(forward), forward.problem.rows
    each = len(some) * (rows.nnz / max(rows.n * rows.d, 1) if rows.sparse else 1.0)
    small = len(some) <= _GRAM_SIZE and rows.n * each**2 <= _GRAM_WORK
    return Gram(forward, some, damping) if small else ByProducts(forward, damping)


def _candidates(forward: Forward) -> NDArray[np.intp]:
    """Return the weights that are not zero or would change, and nearly, of all (K, d) in a row.

    Twice as many as are not zero are enough at a time: the worst of them.
    """
    problem, penalty = forward.problem, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    model = problem.model
    used = penalty.together(model.split(forward.w)[0] != 0.0).ravel()
    size = np.broadcast_to(penalty.sizes(model.split(forward.grad)[0]), (model.K, model.d)).ravel()
    extra = np.flatnonzero((size > _NEARLY * penalty.l1) & ~used)
    room = max(int(used.sum()), _FEWEST)
    if len(extra) > room:
        extra = extra[np.argpartition(-size[extra], room)[:room]]
    used[extra] = True
    return np.flatnonzero(penalty.together(used.reshape(model.K, model.d)))


class Gram:
    """H as a matrix over some weights; the biases follow their best values."""

    cheap = True

    def __init__(self, forward: Forward, some: NDArray[np.intp], damping: float = 0.0) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.model, self.l2, self.damping = model, penalty.l2, damping
        own, column = np.divmod(some, max(model.d, 1))
        order = np.lexsort((own, column))
        self.own, self.column = own[order], column[order]
        W, g = (model.split(w)[0][self.own, self.column] for w in (forward.w, forward.grad))
        m, self.means = len(some), np.zeros(model.d)
        H = self._scattered(forward)
        if model.bias and H is None:  # biases stand for the logits at the mean: no digits cancel
            self.means = forward.blocks.column_means
            g = g - self.means[self.column] * model.split(forward.grad)[1][self.own]
        H = self._hessian(forward) if H is None else H
        self.H, raw = H[:m, :m], H.diagonal()[:m].copy()
        if model.bias:
            self.cross, g_b = H[:m, m:], model.split(forward.grad)[1]
            self.inverse = np.linalg.pinv(H[m:, m:], rcond=1e-13, hermitian=True)
            self.g_b = g_b.copy()
            self.H = self.H - self.cross @ self.inverse @ self.cross.T
            g = g - self.cross @ (self.inverse @ g_b)
        each = np.arange(m)
        self.H[each, each] = np.maximum(self.H[each, each], _FLAT * raw) + self.l2
        self.start, self.gradient = W, g
        diagonal = self.H.diagonal()
        self.diagonal = np.where(diagonal > 0.0, diagonal, 1.0)
        self.terms = penalty.terms(self.own, self.column, 0)

    def _scattered(self, forward: Forward) -> F64 | None:
        """Return the Hessian of the loss, entry by entry of sparse rows; None where that is worse.

        Biases come last, if there are any.
        """
        problem, model, blocks = forward.problem, self.model, forward.blocks
        if not problem.rows.sparse:
            return None
        if model.bias:
            large = blocks.column_means**2 > _SCATTERED * blocks.column_rms**2
            if large[self.column].any():
                return None
        m, K = len(self.own), model.K
        half, cross = np.zeros((m, m)), np.zeros((m, K))
        for span in blocks.spans:
            block = problem.rows.block(span)
            P, s = forward.probabilities(span, block), problem.s[span]
            weights = self.own, self.column
            if not add_sparse_gram(block, P, s, self.damping, weights, (half, cross)):
                return None
        H = np.empty((m + K, m + K)) if model.bias else np.empty((m, m))
        np.add(half, half.T, out=H[:m, :m])
        H[np.arange(m), np.arange(m)] = half.diagonal()
        if model.bias:
            A = forward.bias_curvature.copy()
            A[np.diag_indices(K)] += self.damping
            H[:m, m:], H[m:, :m], H[m:, m:] = cross, cross.T, A - self.damping / model.C
        return H

    def _hessian(self, forward: Forward) -> F64:
        """Return the Hessian of the loss, biases last."""
        problem, model = forward.problem, self.model
        columns, place = np.unique(self.column, return_inverse=True)
        own, first = self.own, model.C - model.K
        if model.bias:
            own = np.concatenate([own, np.arange(model.K)])
            place = np.concatenate([place, np.full(model.K, len(columns))])
        of_class = [np.flatnonzero(own == k) for k in range(model.K)]

        def part(span: slice, block: Any) -> F64:
            P, root = forward.probabilities(span, block), np.sqrt(problem.s[span])
            X = block.X[:, columns]
            X = (X.toarray() if problem.rows.sparse else X) - self.means[columns]
            X *= root[:, None]
            X = np.concatenate([X, root[:, None]], axis=1)
            X = X[:, place]
            A = softmax_variance(P)[first:] + self.damping * (1.0 - 1.0 / model.C)
            if model.K == 1:
                X *= np.sqrt(A[0])[:, None]
                return np.asarray(X.T @ X)
            F = X * P[first:].T[:, own]
            out: F64 = -(F.T @ F)
            if self.damping:
                out -= (self.damping / model.C) * (X.T @ X)
            for some, a in zip(of_class, A, strict=True):
                mine = X[:, some] * np.sqrt(a)[:, None]
                out[np.ix_(some, some)] = mine.T @ mine
            return out

        return sum(forward.read(part), np.zeros((len(own), len(own))))

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
        out[some] = -scaled_cholesky(M, self.l2)(r[some])
        return out

    def whole(self, v: F64) -> F64:
        """Return weights as they are, and the biases that are best for them."""
        V = np.zeros((self.model.K, self.model.d))
        V[self.own, self.column] = v
        if not self.model.bias:
            return self.model.join(V)
        return self.model.join(V, -self.inverse @ (self.g_b + self.cross.T @ v) - V @ self.means)


class ByProducts:
    """H by passes over the rows; the biases' variables are b + <means, W>."""

    cheap = False

    def __init__(self, forward: Forward, damping: float = 0.0) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.forward, self.model, self.damping = forward, model, damping
        first, second = forward.moments(damping)
        (sums, totals), (squares, _) = model.split(first), model.split(second)
        self.means = np.zeros((model.K, model.d))
        if model.bias:
            totals = np.where(totals > 0.0, totals, 1.0)
            self.means = sums / totals[:, None]
        scale = np.maximum(squares - self.means * sums, _FLAT * squares) + penalty.l2
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

    def descend(self, x: F64, r: F64) -> tuple[F64, F64, float] | None:
        """There are only products."""
        return None

    def face(self, x: F64, r: F64) -> F64 | None:
        """There is no factor."""
        return None

    def whole(self, v: F64) -> F64:
        """Return v with steps of the biases themselves."""
        if not self.model.bias:
            return v
        V, c = self.model.split(v)
        return self.model.join(V, c - (self.means * V).sum(1))
