r"""The lowest J there is, in ball arithmetic, with a proof; nothing is shared with the library.

Newton's method finds the optimum in coordinates of its own: without a penalty an orthonormal basis
of the columns (rank and pivots by exact elimination over the integers), with one centred and scaled
columns.  How low J can be at all follows from any probabilities q_i with sum_i s_i (q_i - y_i) x_i'
= 0 where nothing is penalised: those that Newton's direction makes of p, for which that holds to
hundreds of digits.  If all q are positive there is a minimum (Stiemke's alternative to separation).
That there is none is shown by a direction along which no row's loss rises and some row's falls: a
linear program finds it, and integers verify it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from benchmarks.harness.exact.columns import centred, orthonormal, scales
from benchmarks.harness.exact.problem import (
    BITS,
    MOST_BITS,
    Balls,
    Given,
    balls,
    bits,
    loss,
    mid,
    product,
)
from benchmarks.harness.exact.separation import separating_direction

__all__ = ["Bracket", "optimum"]

_NOTHING = 1e-36  # a lowest J below is as good as 0
_STEPS = 300
_SECONDS = 30.0  # after which no more bits are tried
_FEW_STEPS = 30  # where there is no minimum
_CLOSE = 1e-25  # of J: how near the minimum Newton's method goes
_SOLVED = 20  # right bits of lambda^2, or there are too few in all
_FLAT = 1e-80  # lambda^2 where the slope is zero: a bound can be had all the same
_LEAST = 0.01  # of a probability, to be left by a step in what is proven
_LEAP = 40.0  # logits that a step may change, and as much again as they are
_FAR = 1e20  # no minimiser is expected farther away, in logits


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
            self.Q = orthonormal(given)
            self.tau = balls(np.zeros(self.Q.shape[1]))
        else:
            self.Q, self.tau = centred(given)
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

    def tells_apart(self, v: Balls) -> bool:
        """Whether every row's own class has the largest logit: then its direction separates."""
        Z = self.logits(v)
        return all(
            z[c] > z[k]
            for z, y in zip(Z, self.given.Y, strict=True)
            for c in np.flatnonzero(y)
            for k in range(self.K)
            if k != c
        )

    def value(self, v: Balls) -> Any:
        V = self.table(v)
        return loss(self.given, self.logits(v)) + (self.tau * V * product(self.M, V)).sum() / 2

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
        if n and squared.rel_accuracy_bits() < _SOLVED and not abs(squared) < _FLAT:
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
        share = np.array(
            [min((s * x for x in row), key=_low) for s, row in zip(self.s, q, strict=True)]
        )
        for low in (arb(0), arb(2) ** (-ctx.prec // 4)):
            chosen = np.array([x > low for x in share])
            if not chosen.any():
                continue
            Q = self.Q[chosen]
            r = Q.shape[1]
            size = arb_mat(r, r, product(Q.T, Q).ravel().tolist()).det()
            least = min(share[chosen], key=_low)
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
            middle, scale = scales(self.given)
            V = W * scale
            if self.given.intercept:
                c = b + product(W, middle[:, None])[:, 0]
                V = np.concatenate([c[:, None], V], axis=1)
        return mid((V - V[0])[1:].ravel())


def optimum(given: Given, W: Any, b: Any, separable_first: bool = False) -> Bracket:
    """Return what can be shown of the lowest J, coefficients W and b being a guess of where."""
    # without a penalty; else J has no end where a class that no row is of has an intercept
    finite = None if np.isinf(given.C) else not given.intercept or bool(given.Y.any(0).all())
    if finite is None and separable_first and separating_direction(given) is not None:
        finite = False
    v: Balls | None = None
    precision, began = BITS, time.monotonic()
    while precision <= MOST_BITS and time.monotonic() < began + _SECONDS:
        with bits(precision):
            chart = _Chart(given)
            found, v = _newton(chart, chart.at(W, b) if v is None else v, finite)
        if found.done or finite is False:
            return found
        if finite is None and precision == BITS and not separable_first:
            separable_first = True
            if separating_direction(given) is not None:
                return Bracket(arb(0), found.upper, False, found.steps)
        if found.steps == 0:  # too far out to see where J falls
            v = v * 0
        precision *= 2
    raise ArithmeticError("The optimum takes more digits or time than the judge has.")


def _newton(chart: _Chart, v: Balls, finite: bool | None) -> tuple[Bracket, Balls]:
    """Return the lowest J and a proof of it, or where these bits or steps are too few for one."""
    start = balls(np.zeros(len(v)))
    J = chart.value(start)
    there = chart.value(v)
    v, J = (v, there) if there < J else (start, J)
    end = time.monotonic() + _SECONDS
    for k in range(_STEPS if finite is not False else _FEW_STEPS):
        if time.monotonic() > end:
            break
        if J.upper() < _NOTHING:
            apart = finite is None and chart.tells_apart(v)
            return Bracket(arb(0), J, False if apart else finite, k, done=True), v
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


def _search(chart: _Chart, v: Balls, d: Balls, J: Any, squared: Any) -> tuple[Balls, Any] | None:
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
        1 <= t <= longest / 2 and (further := chart.value(v + 2 * t * d)) < value - squared / 1000
    ):
        t, value = 2 * t, further
    return mid(v + t * d), value


def _low(x: Any) -> Any:
    return x.lower()
