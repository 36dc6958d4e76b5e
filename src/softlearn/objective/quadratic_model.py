r"""The quadratic model of a smooth objective at a point, for proximal methods.

    m(v) = <g, v> + v' H v / 2        (the terms with kinks are exact, and not part of it)

in variables that free biases do not couple: with a Gram matrix they are eliminated, and where H is
only known by products they stand for the logits at the weighted mean of the rows.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..kernels import softmax_variance
from ..linalg import scaled_cholesky
from ..passes import Forward
from ..problem import ElasticNet
from ..problem.sparse_terms import Lasso
from ..protocol import F64

__all__ = ["QuadraticModel", "quadratic_model"]

_GRAM_SIZE = 1500  # variables: the square of it in memory, its cube for a factor
_GRAM_WORK = 1e10  # multiplications for a Gram matrix: as many as some hundred products
_NEARLY = 0.9  # of l1: a weight whose gradient is smaller stays zero
_FEWEST = 100  # weights that may become other than zero at once
_RIDGE = 1e-13  # of the diagonal: where columns depend on each other a step is long, up to a kink
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


def quadratic_model(forward: Forward) -> QuadraticModel:
    """Return the model: by a Gram matrix where that is cheap."""
    some, n = _candidates(forward), forward.problem.rows.n
    small = len(some) <= _GRAM_SIZE and n * float(len(some)) ** 2 <= _GRAM_WORK
    return Gram(forward, some) if small else ByProducts(forward)


def _candidates(forward: Forward) -> NDArray[np.intp]:
    """Return the weights that are not zero or would change, and nearly, of all (K, d) in a row.

    Twice as many as are not zero are enough at a time: the worst of them.
    """
    problem, penalty = forward.problem, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    model = problem.model
    smooth = np.broadcast_to(penalty.l1 == 0.0, model.d)
    used = penalty.together((model.split(forward.w)[0] != 0.0) | smooth).ravel()
    size = np.broadcast_to(penalty.sizes(model.split(forward.grad)[0]), (model.K, model.d))
    extra = np.flatnonzero((size > _NEARLY * penalty.l1).ravel() & ~used)
    room = max(int(used.sum()), _FEWEST)
    if len(extra) > room:
        extra = extra[np.argpartition(-size.ravel()[extra], room)[:room]]
    used[extra] = True
    return np.flatnonzero(penalty.together(used.reshape(model.K, model.d)))


class Gram:
    """H as a matrix over some weights; the biases follow their best values."""

    cheap = True

    def __init__(self, forward: Forward, some: NDArray[np.intp]) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.model = model
        self.own, self.column = np.divmod(some, max(model.d, 1))
        self.l2 = np.broadcast_to(penalty.l2, model.d)[self.column]
        W, g = (model.split(w)[0][self.own, self.column] for w in (forward.w, forward.grad))
        m, self.means = len(some), np.zeros(model.d)
        if model.bias:  # biases stand for the logits at the mean: no digits cancel
            self.means = forward.blocks.column_means
            g = g - self.means[self.column] * model.split(forward.grad)[1][self.own]
        H = self._hessian(forward)
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
            if model.K == 1:
                X *= np.sqrt(softmax_variance(P)[first])[:, None]
                return np.asarray(X.T @ X)
            F = X * P[first:].T[:, own]
            out: F64 = -(F.T @ F)
            for some, a in zip(of_class, softmax_variance(P)[first:], strict=True):
                mine = X[:, some] * np.sqrt(a)[:, None]
                out[np.ix_(some, some)] = mine.T @ mine
            return out

        return sum(forward.read(part), np.zeros((len(own), len(own))))

    def times(self, d: F64) -> F64:
        """Return H d."""
        return self.H @ d

    def face(self, x: F64, r: F64) -> F64 | None:
        """Solve by a factor of the rows and columns that are free."""
        some = np.flatnonzero(self.terms.free(x))
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
        return self.model.join(V, -self.inverse @ (self.g_b + self.cross.T @ v) - V @ self.means)


class ByProducts:
    """H by passes over the rows; the biases' variables are b + <means, W>."""

    cheap = False

    def __init__(self, forward: Forward) -> None:
        model, penalty = forward.problem.model, forward.problem.penalty
        assert isinstance(penalty, ElasticNet)
        self.forward, self.model = forward, model
        first, second = forward.moments()
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
        return self._covector(self.forward.product(self.whole(d)))

    def face(self, x: F64, r: F64) -> F64 | None:
        """There is no factor."""
        return None

    def whole(self, v: F64) -> F64:
        """Return v with steps of the biases themselves."""
        if not self.model.bias:
            return v
        V, c = self.model.split(v)
        return self.model.join(V, c - (self.means * V).sum(1))
