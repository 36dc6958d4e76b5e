r"""The judge of proofs: softmax objectives and their optima in ball arithmetic, to any precision.

    J(W, b) = sum_i s_i CE(y_i, softmax(W x_i + b)) / S  +  l2/2 ||W||^2,    l2 = 1 / (C S)

Data and coefficients are the binary numbers that they are; balls (FLINT's Arb) enclose whatever is
computed from them, so no rounding can hide a fault or make one up.  The optimum is found by
Newton's method in coordinates of its own: without a penalty an orthonormal basis of the columns
(rank and pivots by exact elimination over the integers), with one centred and scaled columns.  Once
rho lambda < 1, with lambda the Newton decrement and rho the widest change of a difference of two
logits in the metric of the Hessian's inverse,

    J(w) - (rho lambda + (1 - rho lambda) log(1 - rho lambda)) / rho^2  <=  min J  <=  J(w)

and there is a minimum (Bach 2010; Sun and Tran-Dinh 2019).  That there is none is shown by a
direction along which no row's loss rises and some row's falls: a linear program finds it, and
integers verify it.  Nothing here is shared with the library that is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat
from numpy.typing import NDArray
from separation_judge import separating_direction

__all__ = ["Bracket", "Given", "objective", "optimum"]

Balls = NDArray[Any]
_BITS = 320
_MOST_BITS = 10_000
_ENOUGH = 64  # bits of a value that are wanted
_NOTHING = 1e-60  # a J so low is known well enough: it is between this and 0
_STEPS = 300
_CLOSE = 1e-25  # of J: how near the minimum Newton's method goes


@contextmanager
def bits(precision: int) -> Iterator[None]:
    """Compute with so many bits."""
    before = ctx.prec
    ctx.prec = precision
    try:
        yield
    finally:
        ctx.prec = before


def balls(A: Any) -> Balls:
    """Return floats as exact balls."""
    A = np.asarray(A, dtype=np.float64)
    out = np.empty(A.shape, dtype=object)
    out.flat = [arb(x) for x in A.ravel().tolist()]
    return out


def product(A: Balls, B: Balls) -> Balls:
    """Return A B."""
    n, m, k = A.shape[0], B.shape[1], A.shape[1]
    if not (n and m and k):
        return balls(np.zeros((n, m)))
    C = arb_mat(n, k, A.ravel().tolist()) * arb_mat(k, m, B.ravel().tolist())
    return np.array(C.entries(), dtype=object).reshape(n, m)


@dataclass(frozen=True, eq=False)
class Given:
    """A problem as its user gave it: only rows that weigh something, only classes that have some.

    A row whose weight over the largest is below the smallest normal float64 weighs nothing.
    """

    X: NDArray[np.float64]
    """(n, d)"""
    Y: NDArray[np.float64]
    """(n, K) probabilities, 1 and 0 for labels; rows are divided by their sums."""
    s: Balls
    """(n,) weights."""
    C: float
    intercept: bool
    reference: bool
    """Whether one row of weights stands for two classes."""

    @cached_property
    def S(self) -> Any:
        """The sum of the weights."""
        return sum(self.s, arb(0))

    @cached_property
    def exact_X(self) -> Balls:
        return balls(self.X)

    @cached_property
    def columns(self) -> fmpz_mat:
        """(n, d) or (n, 1 + d), the intercept's first: each column times a power of two."""
        parts = [_integers(np.ones(len(self.X)))] if self.intercept else []
        parts += [_integers(self.X[:, j]) for j in range(self.X.shape[1])]
        return fmpz_mat([list(row) for row in zip(*parts, strict=True)])

    @cached_property
    def pivots(self) -> list[int]:
        """Which of these columns are a basis of all."""
        reduced, _, rank = self.columns.rref()
        table = reduced.tolist()
        return [next(j for j, x in enumerate(table[i]) if x != 0) for i in range(rank)]


def _integers(column: NDArray[np.float64]) -> list[int]:
    """Return a column times a power of two that makes all of it whole."""
    mantissa, exponent = np.frexp(column)
    whole = [int(m) for m in np.ldexp(mantissa, 53).tolist()]
    least = min((int(e) for e, m in zip(exponent, whole, strict=True) if m), default=0)
    return [m << (int(e) - least) if m else 0 for m, e in zip(whole, exponent, strict=True)]


# -- the objective


def objective(given: Given, W: Any, b: Any) -> Any:
    """Return J as a ball of at least 64 right bits (or below 1e-60)."""
    W, b = np.atleast_2d(W), np.atleast_1d(b)
    precision = _BITS
    while True:
        with bits(precision):
            Z = product(given.exact_X, balls(W).T) + balls(b)
            if given.reference:
                Z = np.concatenate([balls(np.zeros((len(Z), 1))), Z], axis=1)
            J = _loss(given, Z) + _penalty(given, balls(W))
            if J.rel_accuracy_bits() >= _ENOUGH or J.upper() < _NOTHING:
                return J
        precision *= 2
        if precision > _MOST_BITS:
            raise ArithmeticError("J cannot be told at these coefficients.")


def _penalty(given: Given, W: Balls) -> Any:
    if np.isinf(given.C):
        return arb(0)
    return sum((x * x for x in W.ravel()), arb(0)) / (2 * arb(given.C) * given.S)


def _loss(given: Given, Z: Balls) -> Any:
    """Return the mean of sum_c y_c log(1 + sum_(k != c) e^(z_k - z_c))."""
    total = arb(0)
    for z, y, s in zip(Z, given.Y, given.s, strict=True):
        for c in np.flatnonzero(y):
            others = sum(((z[k] - z[c]).exp() for k in range(len(z)) if k != c), arb(0))
            total += s * arb(float(y[c])) * others.log1p()
    return total / given.S


# -- the optimum


@dataclass(frozen=True)
class Bracket:
    """What is known of the lowest J: between two balls; whether it is attained, if known."""

    lower: Any
    upper: Any
    finite: bool | None
    steps: int = 0


class _Chart:
    """Coordinates for Newton's method: Z = Q V', V (K, r), the penalty tau_j / 2 ||V_j||^2."""

    def __init__(self, given: Given) -> None:
        self.given, self.K = given, given.Y.shape[1]
        if np.isinf(given.C):
            self.Q = _orthonormal(given)
            self.tau = [arb(0)] * self.Q.shape[1]
            start = [1] * self.Q.shape[1]
        else:
            self.Q, self.tau = _centred(given)
            free = [1] if given.intercept else []
            start = free + [int(given.reference)] * (self.Q.shape[1] - len(free))
        # One class is the reference, but where a penalty decides which shift of all is best.
        self.index = [(k, j) for k in range(self.K) for j, f in enumerate(start) if k >= f]
        self.flat = np.array([k * self.Q.shape[1] + j for k, j in self.index], dtype=int)
        r = self.Q.shape[1]
        upper = np.triu_indices(r)
        self.pairs = self.Q[:, upper[0]] * self.Q[:, upper[1]]
        self.place = np.zeros((r, r), dtype=int)
        self.place[upper] = np.arange(len(upper[0]))
        self.place = np.maximum(self.place, self.place.T)
        self.Y = balls(given.Y)
        self.s = given.s / given.S

    def table(self, v: Balls) -> Balls:
        """Return V (K, r) for the parameters."""
        out = balls(np.zeros(self.K * self.Q.shape[1]))
        out[self.flat] = v
        return out.reshape(self.K, -1)

    def value(self, v: Balls) -> Any:
        V = self.table(v)
        ridge = sum((t * (V[:, j] * V[:, j]).sum() for j, t in enumerate(self.tau)), arb(0))
        return _loss(self.given, product(self.Q, V.T)) + ridge / 2

    def slope_and_curvature(self, v: Balls) -> tuple[Balls, Balls]:
        V = self.table(v)
        E = np.exp(product(self.Q, V.T))
        P = E / E.sum(1)[:, None]
        own = self.Y.sum(1)
        R = self.s[:, None] * (own[:, None] * P - self.Y)
        g = (product(R.T, self.Q) + np.array(self.tau, dtype=object) * V).ravel()[self.flat]
        classes = [(k, m) for k in range(self.K) for m in range(k, self.K)]
        weight = [P[:, k] * ((arb(1) if k == m else arb(0)) - P[:, m]) for k, m in classes]
        moments = product(np.array([self.s * own * a for a in weight], dtype=object), self.pairs)
        where = {pair: a for a, pair in enumerate(classes)}
        H = np.empty((len(v), len(v)), dtype=object)
        for a, (k, i) in enumerate(self.index):
            for b, (m, j) in enumerate(self.index):
                H[a, b] = moments[where[min(k, m), max(k, m)], self.place[i, j]]
            H[a, a] = H[a, a] + self.tau[i]
        return g, H

    def width(self, inverse: Balls) -> Any:
        """Return a bound on rho^2 from the inverse of the Hessian."""
        worst = arb(0)
        trace = sum((abs(inverse[a, a]) for a in range(len(inverse))), arb(0))
        for q in self.Q:
            worst = worst.max((q * q).sum())
        return 2 * worst * trace

    def at(self, W: Any, b: Any) -> Balls:
        """Return the parameters of given coefficients."""
        W, b = np.atleast_2d(W), np.atleast_1d(b)
        W, b = balls(W), balls(b)
        if self.given.reference:
            W = np.concatenate([balls(np.zeros((1, W.shape[1]))), W])
            b = np.concatenate([balls(np.zeros(1)), b])
        if np.isinf(self.given.C):
            Z = product(self.given.exact_X, W.T) + b
            V = product((Z - Z[:, :1]).T, self.Q)
        else:
            V = W * self.scale
            if self.given.intercept:
                c = b + product(W, self.middle[:, None])[:, 0]
                V = np.concatenate([(c - c[0])[:, None], V], axis=1)
        return mid(V.ravel()[self.flat])

    @property
    def scale(self) -> Balls:
        return _scales(self.given)[1]

    @property
    def middle(self) -> Balls:
        return _scales(self.given)[0]


def mid(v: Balls) -> Balls:
    """Return the midpoints."""
    return np.array([x.mid() for x in v], dtype=object)


def _orthonormal(given: Given) -> Balls:
    """Return an orthonormal basis of the span of the columns (Gram and Schmidt, twice)."""
    table = np.array(given.columns.tolist(), dtype=object)
    working = ctx.prec
    precision = 2 * working
    while precision <= _MOST_BITS:
        with bits(precision):
            basis: list[Balls] = []
            lost = arb(1)
            for j in given.pivots:
                q = np.array([arb(x) for x in table[:, j]], dtype=object)
                q = mid(q / (q * q).sum().sqrt())
                for _ in range(2):
                    for p in basis:
                        q = q - (p * q).sum() * p
                    length = (q * q).sum().sqrt()
                    lost = lost.min(length.mid())
                    if not length > 0:
                        break
                    q = mid(q / length)
                basis.append(q)
            if lost > arb(2) ** (working - precision):
                return np.array(basis, dtype=object).T if basis else balls(np.zeros((len(table), 0)))
        precision *= 2
    raise ArithmeticError("The columns are too close to dependent for the judge.")


def _scales(given: Given) -> tuple[Balls, Balls]:
    """Return where columns are centred, and powers of two near their spreads."""
    X, n = given.exact_X, len(given.X)
    if given.intercept:
        middle = np.array([x.mid() for x in X.sum(0) / n], dtype=object)
    else:
        middle = balls(np.zeros(X.shape[1]))
    scale = []
    for x, m in zip(X.T, middle, strict=True):
        square = ((x - m) * (x - m)).sum().mid()
        scale.append(arb(2) ** int(square.man_exp()[1] + int(square.man_exp()[0]).bit_length()) if square != 0 else arb(1))
    return middle, np.array([s.sqrt().mid() for s in scale], dtype=object)


def _centred(given: Given) -> tuple[Balls, list[Any]]:
    """Return centred and scaled columns, the intercept's first, and their penalties."""
    with bits(4 * ctx.prec):
        middle, scale = _scales(given)
        Q = (given.exact_X - middle) / scale
    tau = [1 / (arb(given.C) * given.S * s * s) for s in scale]
    if given.intercept:
        return np.concatenate([balls(np.ones((len(Q), 1))), Q], axis=1), [arb(0), *tau]
    return Q, tau


def optimum(given: Given, W: Any, b: Any, separable_first: bool = False) -> Bracket:
    """Return what can be shown of the lowest J, coefficients W and b being a guess of where.

    Args:
        given: the problem.
        W, b: where to start, unless J is lower at 0.
        separable_first: whether to look for a separating direction before anything else.

    """
    free = np.isinf(given.C)
    if free and separable_first and separating_direction(given) is not None:
        return _descend(given, W, b, False, 40)
    found = _descend(given, W, b, None if free else True, _STEPS)
    if free and found.finite is None and separating_direction(given) is not None:
        return Bracket(arb(0), found.upper, False, found.steps)
    return found


def _descend(given: Given, W: Any, b: Any, finite: bool | None, most: int) -> Bracket:
    precision = _BITS
    while True:
        try:
            with bits(precision):
                return _newton(_Chart(given), W, b, finite, most)
        except ZeroDivisionError:  # a matrix is singular as far as these bits tell
            precision *= 2
            if precision > _MOST_BITS:
                raise ArithmeticError("The Hessian is too close to singular for the judge.") from None


def _newton(chart: _Chart, W: Any, b: Any, finite: bool | None, most: int) -> Bracket:
    v = chart.at(W, b)
    start = balls(np.zeros(len(v)))
    J = chart.value(start)
    there = chart.value(v)
    if there < J:
        J = there
    else:
        v = start
    for k in range(most):
        if J.upper() < _NOTHING:
            return Bracket(arb(0), J, finite, k)
        g, H = chart.slope_and_curvature(v)
        scale = np.array([1 / H[a, a].sqrt() for a in range(len(H))], dtype=object)
        n = len(v)
        G = arb_mat(n, n, (H * scale[:, None] * scale).ravel().tolist())
        solved = G.solve(arb_mat(n, 1, (g * scale).tolist()))
        d = -scale * np.array(solved.entries(), dtype=object)
        squared = abs((g * d).sum())
        if squared < _CLOSE * J and finite is not False:
            found = _proven(chart, J, squared, G, scale, k)
            if found is not None:
                return found
        v, J, moved = _search(chart, v, mid(d), J, squared)
        if not moved:
            break
    return Bracket(arb(0), J, finite, most)


def _proven(
    chart: _Chart, J: Any, squared: Any, G: arb_mat, scale: Balls, k: int
) -> Bracket | None:
    n = len(scale)
    inverse = np.array(G.inv().entries(), dtype=object).reshape(n, n)
    inverse = inverse * scale[:, None] * scale
    x = (chart.width(inverse) * squared).sqrt()
    if not x < 0.5:
        return None
    # (x + (1 - x) log(1 - x)) / rho^2 = squared (x + (1 - x) log(1 - x)) / x^2 <= squared
    return Bracket((J - squared).max(arb(0)), J, True, k)


def _search(
    chart: _Chart, v: Balls, d: Balls, J: Any, squared: Any
) -> tuple[Balls, Any, bool]:
    t = arb(1)
    for _ in range(200):
        new = v + t * d
        value = chart.value(new)
        if value < J - t * squared / 1000:
            return new, value, True
        t /= 2
    return v, J, False
