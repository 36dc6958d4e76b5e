r"""The judge of proofs: softmax objectives and their optima in ball arithmetic, to any precision.

    J(W, b) = sum_i s_i CE(y_i, softmax(W x_i + b)) / S  +  l2/2 ||W||^2,    l2 = 1 / (C S)

Data and coefficients are the binary numbers that they are; balls (FLINT's Arb) enclose whatever is
computed from them, so no rounding can hide a fault or make one up.  The optimum is found by
Newton's method in coordinates of its own: without a penalty an orthonormal basis of the columns
(rank and pivots by exact elimination over the integers), with one centred and scaled columns.  How
low J can be at all follows from any probabilities q_i with sum_i s_i (q_i - y_i) x_i' = 0 where
nothing is penalised: those that Newton's direction makes of p, for which that holds to hundreds of
digits.  If all q are positive there is a minimum (Stiemke's alternative to separation).  That there
is none is shown by a direction along which no row's loss rises and some row's falls: a linear
program finds it, and integers verify it.  Nothing here is shared with the library that is judged.
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

__all__ = ["Bracket", "Given", "balls", "bits", "mid", "objective", "optimum"]

Balls = NDArray[Any]
_BITS = 320
_MOST_BITS = 10_000
_ENOUGH = 64  # bits of a value that are wanted
_NOTHING = 1e-36  # a lowest J below is as good as 0
_LEAST_J = 1e-60  # a J below need not be told to so many bits
_STEPS = 300
_FEW_STEPS = 30  # where there is no minimum
_CLOSE = 1e-25  # of J: how near the minimum Newton's method goes
_SOLVED = 20  # right bits of lambda^2, or there are too few in all
_LEAST = 0.01  # of a probability, to be left by a step in what is proven
_LEAP = 40.0  # logits that a step may change, and as much again as they are
_FAR = 1e20  # no minimiser is expected farther away, in logits


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
        with bits(_MOST_BITS):
            return sum(self.s, arb(0)).mid()

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
            if J.rel_accuracy_bits() >= _ENOUGH or J.upper() < _LEAST_J:
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
    done: bool = False
    """Whether no more bits are needed."""


@dataclass(frozen=True, eq=False)
class _Look:
    """What Newton's method sees at a point."""

    direction: Balls
    squared: Any
    """lambda^2, the square of Newton's decrement."""
    gap: Any
    """J less the bound that is proven, None where none is."""
    attained: bool
    """Whether it is shown that there is a minimum."""


class _Chart:
    """Coordinates for Newton's method: Z = Q V', V (K, r) with a first row of zeros.

    Of all V with these probabilities the penalty takes the one whose rows sum to zero: it is
    tau_j / 2 (sum_k V_kj^2 - (sum_k V_kj)^2 / K), without the last term for two classes' one row.
    """

    def __init__(self, given: Given) -> None:
        self.given, self.K = given, given.Y.shape[1]
        if np.isinf(given.C):
            self.Q = _orthonormal(given)
            self.tau = balls(np.zeros(self.Q.shape[1]))
        else:
            self.Q, self.tau = _centred(given)
        r = self.Q.shape[1]
        ones = np.ones((self.K - 1, self.K - 1))
        share = balls(ones) * (0 if given.reference else 1) / self.K
        self.M = balls(np.eye(self.K - 1)) - share
        self.M_inverse = balls(np.eye(self.K - 1) + (0.0 if given.reference else ones))
        upper = np.triu_indices(r)
        self.pairs = self.Q[:, upper[0]] * self.Q[:, upper[1]]
        self.place = np.zeros((r, r), dtype=int)
        self.place[upper] = np.arange(len(upper[0]))
        self.place = np.maximum(self.place, self.place.T)
        total = balls(given.Y).sum(1)
        self.Y = balls(given.Y) / total[:, None]
        self.s = given.s / given.S * total

    def table(self, v: Balls) -> Balls:
        """Return V without its first row for the parameters."""
        return v.reshape(self.K - 1, -1)

    def logits(self, v: Balls) -> Balls:
        Z = product(self.Q, self.table(v).T)
        return np.concatenate([balls(np.zeros((len(Z), 1))), Z], axis=1)

    def value(self, v: Balls) -> Any:
        V = self.table(v)
        return _loss(self.given, self.logits(v)) + (self.tau * V * product(self.M, V)).sum() / 2

    def look(self, v: Balls) -> _Look:
        """Return slope and curvature at a point, Newton's direction and what it proves."""
        E = np.exp(self.logits(v))
        P = E / E.sum(1)[:, None]
        R = self.s[:, None] * (P - self.Y)
        g = (product(R.T[1:], self.Q) + self.tau * product(self.M, self.table(v))).ravel()
        H = self._curvature(P) + np.kron(self.M, np.diag(self.tau))
        scale = np.array([1 / a.sqrt() for a in np.diag(H)], dtype=object)
        n = len(v)
        G = arb_mat(n, n, (H * scale[:, None] * scale).ravel().tolist())
        solved = G.solve(arb_mat(n, 1, (g * scale).tolist()))
        d = -scale * np.array(solved.entries(), dtype=object)
        squared = -(g * d).sum()
        if n and squared.rel_accuracy_bits() < _SOLVED:
            raise ZeroDivisionError
        d = mid(d)
        return _Look(d, squared, *self._proof(v, P, d))

    def _curvature(self, P: Balls) -> Balls:
        """Return the Hessian of the loss."""
        classes = [(k, m) for k in range(self.K) for m in range(k, self.K)]
        weight = [P[:, k] * (arb(int(k == m)) - P[:, m]) for k, m in classes]
        moments = product(np.array([self.s * a for a in weight], dtype=object), self.pairs)
        where = np.zeros((self.K, self.K), dtype=int)
        for a, (k, m) in enumerate(classes):
            where[k, m] = where[m, k] = a
        r = self.Q.shape[1]
        k, j = 1 + np.arange((self.K - 1) * r) // r, np.arange((self.K - 1) * r) % r
        out: Balls = moments[where[k[:, None], k], self.place[j[:, None], j]]
        return out

    def _proof(self, v: Balls, P: Balls, d: Balls) -> tuple[Any, bool]:
        """Return J - D(q) for q = p (1 + t), and whether q shows that there is a minimum.

        What is left of the slope at q, penalised parameters pay with e' M^-1 e / (2 tau); those
        that are free pay next to nothing: it is 0 but for these bits.
        """
        U = self.logits(d)
        T = U - (P * U).sum(1)[:, None]
        least = arb(_LEAST - 1)
        T = np.array([t if t > least else least for t in T.ravel()], dtype=object).reshape(T.shape)
        q = P * (1 + T)
        # of several classes of a row those that are less likely take what is missing from 1
        top = np.array([max(range(self.K), key=lambda k: p[k].mid()) for p in P])
        every = np.arange(len(P))
        q[every, top] = 0
        q[every, top] = 1 - q.sum(1)
        if not all(x > 0 for x in q[every, top]):
            return None, False
        T[every, top] = q[every, top] / P[every, top] - 1
        e = product((self.s[:, None] * (q - self.Y)).T[1:], self.Q)
        e = e + self.tau * product(self.M, self.table(v))
        gap = (self.s[:, None] * P * ((1 + T) * np.log1p(T) - T)).sum()
        fined = self.tau > 0
        cost = (e * product(self.M_inverse, e)).sum(0)
        gap += (cost[fined] / self.tau[fined]).sum() / 2
        missing = np.abs(e[:, ~fined]).sum()
        return gap + _FAR * missing, self._attained(q, missing)

    def _attained(self, q: Balls, missing: Any) -> bool:
        """Whether positive q of some rows, which span all, can be mended to leave nothing.

        Mending takes at most K missing / sigma, sigma^2 the least eigenvalue of Q'Q of these rows;
        none is above 1, so it is at least their determinant.
        """
        share = np.array([min((s * x for x in row), key=_lower) for s, row in zip(self.s, q)])
        for low in (arb(0), arb(2) ** (-ctx.prec // 4)):
            chosen = np.array([x > low for x in share])
            if not chosen.any():
                continue
            Q = self.Q[chosen]
            r = Q.shape[1]
            size = arb_mat(r, r, product(Q.T, Q).ravel().tolist()).det()
            least = min(share[chosen], key=_lower)
            if size > 0 and self.K * missing < least * size.sqrt():
                return True
        return False

    def at(self, W: Any, b: Any) -> Balls:
        """Return the parameters of given coefficients."""
        W, b = np.atleast_2d(W), np.atleast_1d(b)
        W, b = balls(W), balls(b)
        if self.given.reference:
            W = np.concatenate([balls(np.zeros((1, W.shape[1]))), W])
            b = np.concatenate([balls(np.zeros(1)), b])
        if np.isinf(self.given.C):
            Z = product(self.given.exact_X, W.T) + b
            V = product(Z.T, self.Q)
        else:
            middle, scale = _scales(self.given)
            V = W * scale
            if self.given.intercept:
                c = b + product(W, middle[:, None])[:, 0]
                V = np.concatenate([c[:, None], V], axis=1)
        return mid((V - V[0])[1:].ravel())


def _lower(x: Any) -> Any:
    return x.lower()


def mid(v: Balls) -> Balls:
    """Return the midpoints."""
    return np.array([x.mid() for x in v], dtype=object)


def _orthonormal(given: Given) -> Balls:
    """Return an orthonormal basis of the span of the columns (Gram and Schmidt, twice)."""
    table = np.array(given.columns.tolist(), dtype=object)
    working = ctx.prec
    precision = 2 * working
    while precision <= 16 * working:
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


def _centred(given: Given) -> tuple[Balls, Balls]:
    """Return centred and scaled columns, the intercept's first, and their penalties."""
    with bits(4 * ctx.prec):
        middle, scale = _scales(given)
        Q = (given.exact_X - middle) / scale
    tau = 1 / (arb(given.C) * given.S * scale * scale)
    if given.intercept:
        Q = np.concatenate([balls(np.ones((len(Q), 1))), Q], axis=1)
        tau = np.concatenate([balls([0.0]), tau])
    return Q, tau


def optimum(given: Given, W: Any, b: Any, separable_first: bool = False) -> Bracket:
    """Return what can be shown of the lowest J, coefficients W and b being a guess of where.

    Args:
        given: the problem.
        W, b: where to start, unless J is lower at 0.
        separable_first: whether to look for a separating direction before anything else.

    Raises:
        ArithmeticError: nothing could be shown.

    """
    finite: bool | None = None if np.isinf(given.C) else True
    if finite is None and separable_first and separating_direction(given) is not None:
        finite = False
    v: Balls | None = None
    precision = _BITS
    while precision <= _MOST_BITS:
        with bits(precision):
            chart = _Chart(given)
            found, v = _newton(chart, chart.at(W, b) if v is None else v, finite)
        if found.done or finite is False:
            return found
        if finite is None and precision == _BITS and not separable_first:
            separable_first = True
            if separating_direction(given) is not None:
                return Bracket(arb(0), found.upper, False, found.steps)
        precision *= 2
    raise ArithmeticError("The optimum takes more digits than the judge has.")


def _newton(chart: _Chart, v: Balls, finite: bool | None) -> tuple[Bracket, Balls]:
    """Return the lowest J and a proof of it, or where these bits or steps are too few for one."""
    start = balls(np.zeros(len(v)))
    J = chart.value(start)
    there = chart.value(v)
    if there < J:
        J = there
    else:
        v = start
    for k in range(_STEPS if finite is not False else _FEW_STEPS):
        if J.upper() < _NOTHING:
            return Bracket(arb(0), J, finite, k, done=True), v
        try:
            here = chart.look(v)
        except ZeroDivisionError:  # singular, or nearly, as far as these bits tell
            return Bracket(arb(0), J, finite, k), v
        if finite is not False and here.gap is not None and here.gap < _CLOSE * J:
            shown = True if finite or here.attained else None
            lower = (J - here.gap).max(arb(0))
            if shown:
                return Bracket(lower, J, shown, k, done=True), v
        moved = _search(chart, v, here.direction, J, here.squared)
        if moved is None:
            return Bracket(arb(0), J, finite, k), v
        v, J = moved
    return Bracket(arb(0), J, finite, k), v


def _search(
    chart: _Chart, v: Balls, d: Balls, J: Any, squared: Any
) -> tuple[Balls, Any] | None:
    """Return a point along d where J is lower: at length 1, or less, or as long as it falls."""
    size, change = (max(abs(float(x.mid())) for x in chart.logits(u).ravel()) for u in (v, d))
    longest = (_LEAP + size) / max(change, 1e-300)  # a leap into saturation is hard to undo
    t = arb(1 if longest >= 1 else longest)
    for _ in range(60):
        value = chart.value(v + t * d)
        if value < J - t * squared / 1000:
            break
        t /= 2
    else:
        return None
    while (
        1 <= t <= longest / 2
        and (further := chart.value(v + 2 * t * d)) < value - squared / 1000
    ):
        t, value = 2 * t, further
    return mid(v + t * d), value
