r"""The lowest J with an L1 part, in ball arithmetic, proven; nothing is shared with the library.

    J = loss + sum_j level_j |V_j| + sum_j tau_j / 2 ||V_j||^2,    |V_j| a sum of sizes, or a length

over the weights V of all classes for centred and scaled columns.  Newton's method runs over those
that are not zero and stops where one of them becomes zero; weights whose slope exceeds their level
join by a proximal gradient step.  How low J can be follows from any probabilities q_i for which
sum_i s_i (q_i - y_i) x_i' is zero where nothing is penalised and within the levels elsewhere: those
that Newton's direction makes of p, drawn towards y until they are.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from benchmarks.harness.exact.columns import centred, scales
from benchmarks.harness.exact.optimum import Bracket
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

__all__ = ["sparse_optimum"]

_STEPS = 400
_SECONDS = 20.0
_CLOSE = 1e-20  # of J: how near the minimum Newton's method goes
_FAR = 1e20  # no minimiser is expected farther away, in logits
_SETTLED = 1e-8  # of J: how much Newton's method promises where others may join
_JOIN = 1e-12  # of a level: a slope must exceed it by so much
_LEAST = 0.01  # of a probability, to be left by a step in what is proven
_LEAP = 40.0  # logits that a step may change, and as much again as they are
Mask = NDArray[np.bool_]


class _Chart:
    """The problem in centred and scaled columns, the intercept's first."""

    def __init__(self, given: Given) -> None:
        self.given, C = given, given.Y.shape[1]
        self.first = int(given.reference)
        self.K = C - self.first
        self.Q, _ = centred(given)
        _, scale = scales(given)
        f = balls(np.ones(given.X.shape[1]) if given.factors is None else given.factors)
        strength = 1 / (arb(given.C) * given.S)
        self.level = f * (strength * arb(given.ratio)) / scale
        self.tau = f * (strength * (1 - arb(given.ratio))) / (scale * scale)
        if given.intercept:
            zero = balls([0.0])
            self.level = np.concatenate([zero, self.level])
            self.tau = np.concatenate([zero, self.tau])
        self.fined = np.array([bool(a > 0 or b > 0) for a, b in self._both], dtype=bool)
        total = balls(given.Y).sum(1)
        self.Y = balls(given.Y) / total[:, None]
        self.s = given.s / given.S * total
        upper = np.triu_indices(len(self.level))
        self.pairs = self.Q[:, upper[0]] * self.Q[:, upper[1]]
        place = np.zeros((len(self.level),) * 2, dtype=int)
        place[upper] = np.arange(len(upper[0]))
        self.place = np.maximum(place, place.T)

    @property
    def _both(self) -> Any:
        return zip(self.level, self.tau, strict=True)

    def at(self, W: Any, b: Any) -> Balls:
        """Return the table (K, r) for coefficients."""
        middle, scale = scales(self.given)
        W = balls(np.atleast_2d(W))
        V = W * scale
        if self.given.intercept:
            c = balls(np.atleast_1d(b)) + product(W, middle[:, None])[:, 0]
            V = np.concatenate([c[:, None], V], axis=1)
        V = mid(V.ravel()).reshape(V.shape)
        return self.settled(V)

    def settled(self, V: Balls) -> Balls:
        """Return V with zeros for the first class where nothing is penalised."""
        if not self.first:
            V = V.copy()
            V[:, ~self.fined] = V[:, ~self.fined] - V[0, ~self.fined]
        return V

    def movable(self) -> Mask:
        """Return which weights are not fixed at zero by that."""
        out = np.ones((self.K, len(self.level)), dtype=bool)
        if not self.first:
            out[0, ~self.fined] = False
        return out

    def logits(self, V: Balls) -> Balls:
        Z = product(self.Q, V.T)
        return np.concatenate([balls(np.zeros((len(Z), self.first))), Z], axis=1)

    def sizes(self, V: Balls) -> Balls:
        """Return sizes of weights, or lengths of columns, (K, r) or (1, r)."""
        if not self.given.grouped:
            return np.abs(V)
        return np.array([[x.sqrt() for x in (V * V).sum(0)]], dtype=object)

    def value(self, V: Balls) -> Any:
        penalty = (self.level * self.sizes(V)).sum() + (self.tau * V * V).sum() / 2
        return loss(self.given, self.logits(V)) + penalty

    def probabilities(self, V: Balls) -> Balls:
        E = np.exp(self.logits(V))
        return E / E.sum(1)[:, None]

    def slope(self, q: Balls) -> Balls:
        """Return sum_i s_i (q_i - y_i) x_i'."""
        return product((self.s[:, None] * (q - self.Y)).T[self.first :], self.Q)

    def curvature(self, P: Balls, V: Balls, some: Mask) -> Balls:
        """Return the Hessian of J over some weights, with a ridge far below its diagonal."""
        classes = [(k, m) for k in range(self.K) for m in range(k, self.K)]
        P = P[:, self.first :]
        weight = [P[:, k] * (arb(int(k == m)) - P[:, m]) for k, m in classes]
        moments = product(np.array([self.s * a for a in weight], dtype=object), self.pairs)
        where = np.zeros((self.K, self.K), dtype=int)
        for a, (k, m) in enumerate(classes):
            where[k, m] = where[m, k] = a
        k, j = np.nonzero(some)
        H = moments[where[k[:, None], k], self.place[j[:, None], j]]
        each = np.arange(len(k))
        H[each, each] = H[each, each] + self.tau[j]
        if self.given.grouped:
            length = self.sizes(V)[0]
            for a, b in zip(*np.nonzero((j[:, None] == j) & self.fined[j]), strict=True):
                stiff = self.level[j[a]] / length[j[a]]
                outer = V[k[a], j[a]] * V[k[b], j[b]] / length[j[a]] ** 2
                H[a, b] = H[a, b] + stiff * (arb(int(a == b)) - outer)
        H[each, each] = H[each, each] * (1 + arb(2) ** (-ctx.prec // 2))
        return H

    def used(self, V: Balls) -> Mask:
        """Return which weights Newton's method moves."""
        nonzero = np.array([x != 0 for x in V.ravel()], dtype=bool).reshape(V.shape)
        if self.given.grouped:
            nonzero = np.broadcast_to(nonzero.any(0), V.shape)
        smooth = np.array([not x > 0 for x in self.level], dtype=bool)
        return (nonzero | smooth) & self.movable()

    def subgradient(self, V: Balls, g: Balls, used: Mask) -> Balls:
        """Return that of J over the weights that are used."""
        if not self.given.grouped:
            sign = np.array([1 if x > 0 else -1 if x < 0 else 0 for x in V.ravel()], dtype=object)
            return g + self.level * sign.reshape(V.shape)
        length = self.sizes(V)[0]
        out = g.copy()
        for j in np.flatnonzero(used.any(0) & self.fined):
            if self.level[j] > 0:
                out[:, j] = out[:, j] + self.level[j] * V[:, j] / length[j]
        return out

    def gap(self, V: Balls, P: Balls, d: Balls) -> Any:
        """Return J - D(q_t), None where q is not positive."""
        U = self.logits(d)
        T = U - (P * U).sum(1)[:, None]
        least = arb(_LEAST - 1)
        T = np.array([t if t > least else least for t in T.ravel()], dtype=object).reshape(T.shape)
        q = P * (1 + T)
        top = np.array([max(range(P.shape[1]), key=lambda k: p[k].mid()) for p in P])
        every = np.arange(len(P))
        q[every, top] = 0
        q[every, top] = 1 - q.sum(1)
        if not all(x > 0 for x in q[every, top]):
            return None
        G = self.slope(q)
        best = None
        for t in self._shares(G):
            found = self._gap_at(V, P, self.Y + t * (q - self.Y), t * G)
            best = found if best is None else best.min(found)
        return best

    def _shares(self, G: Balls) -> list[Any]:
        """Return t in [0, 1] for which t G is allowed, one or more."""
        t = arb(1)
        for size, level, tau in zip(self.sizes(G).max(0), self.level, self.tau, strict=True):
            if level > 0 and not tau > 0 and not size <= level:
                t = t.min((level / size).lower())
        return [t]

    def _gap_at(self, V: Balls, P: Balls, q: Balls, G: Balls) -> Any:
        terms = [
            x * (x / p).log() if x > 0 else arb(0) for x, p in zip(q.flat, P.flat, strict=True)
        ]
        gap = (np.array(terms, dtype=object).reshape(q.shape).sum(1) * self.s).sum()
        gap += (self.level * self.sizes(V)).sum() + (self.tau * V * V).sum() / 2
        gap += (G * V)[:, self.fined].sum()
        for size, level, tau in zip(self.sizes(G).T, self.level, self.tau, strict=True):
            if tau > 0:
                over = [(x - level).max(arb(0)) for x in size]
                gap += sum((x * x for x in over), arb(0)) / (2 * tau)
        return gap + _FAR * np.abs(G[:, ~self.fined]).sum()


def sparse_optimum(given: Given, W: Any, b: Any) -> tuple[Bracket, Mask]:
    """Return what can be shown of the lowest J, and which weights are surely not 0 there."""
    V: Balls | None = None
    precision, began = BITS, time.process_time()
    endless = _endless(given)
    while precision <= MOST_BITS and time.process_time() < began + _SECONDS:
        with bits(precision):
            chart = _Chart(given)
            found, V, certain = _descend(chart, chart.at(W, b) if V is None else V, began)
        if found.done or endless:
            found = replace(found, finite=not endless)
            return found, certain[:, int(given.intercept) :]
        precision *= 2
    raise ArithmeticError("The optimum takes more digits or time than the judge has.")


def _endless(given: Given) -> bool:
    """Whether classes are separated by what has no penalty, so that there is no minimum."""
    if given.intercept and not given.Y.any(0).all():
        return True
    if given.factors is None or (given.factors > 0.0).all():
        return False
    alone = replace(given, X=given.X[:, given.factors == 0.0], factors=None)
    return separating_direction(alone) is not None


def _descend(chart: _Chart, V: Balls, began: float) -> tuple[Bracket, Balls, Mask]:
    """Return the lowest J and a proof of it, or where these bits or steps are too few for one."""
    start = balls(np.zeros(V.shape))
    J, there = chart.value(start), chart.value(V)
    V, J = (V, there) if there < J else (start, J)
    none = np.zeros(V.shape, dtype=bool)
    for k in range(_STEPS):
        if time.process_time() > began + _SECONDS:
            break
        P = chart.probabilities(V)
        g = chart.slope(P) + chart.tau * V
        used = chart.used(V)
        s = chart.subgradient(V, g, used)
        try:
            d = _newton(chart, P, V, s, used)
        except ZeroDivisionError:
            return Bracket(arb(0), J, True, k), V, none
        gap = chart.gap(V, P, d)
        if gap is not None and gap < _CLOSE * J:
            lower = (J - gap).max(arb(0))
            nonzero = used & chart.fined
            return Bracket(lower, J, True, k, done=True), V, nonzero
        moved = None
        if -(s * d).sum() < _SETTLED * J:  # before, weights would join that are soon dropped again
            moved = _joined(chart, V, P, g, used, J)
        moved = moved or _search(chart, V, d, s, used, J) or _joined(chart, V, P, g, used, J)
        if moved is None:
            return Bracket(arb(0), J, True, k), V, none
        V, J = moved
    return Bracket(arb(0), J, True, k), V, none


def _newton(chart: _Chart, P: Balls, V: Balls, s: Balls, used: Mask) -> Balls:
    d = balls(np.zeros(V.shape))
    n = int(used.sum())
    if not n:
        return d
    H = chart.curvature(P, V, used)
    scale = np.array([1 / a.sqrt() for a in np.diag(H)], dtype=object)
    G = arb_mat(n, n, (H * scale[:, None] * scale).ravel().tolist())
    solved = G.solve(arb_mat(n, 1, (s[used] * scale).tolist()))
    d[used] = mid(-scale * np.array(solved.entries(), dtype=object))
    return d


def _joined(
    chart: _Chart, V: Balls, P: Balls, g: Balls, used: Mask, J: Any
) -> tuple[Balls, Any] | None:
    """Return a point at which the weight or column of the steepest slope is not zero any more."""
    size = chart.sizes(g)
    over = np.array(
        [float((x - a).mid() / a.mid()) if a > 0 else 0.0 for row in size
         for x, a in zip(row, chart.level, strict=True)]
    ).reshape(size.shape)  # fmt: skip
    over[used[: len(over)] if chart.given.grouped else used] = 0.0
    k, j = np.unravel_index(int(over.argmax()), over.shape)
    if not over[k, j] > _JOIN:
        return None
    some = np.zeros(V.shape, dtype=bool)
    some[slice(None) if chart.given.grouped else k, j] = True
    steep = (1 - chart.level[j] / size[k, j]) * g[some]
    curved = (chart.s[:, None] * P * (1 - P)).sum(1) @ (chart.Q[:, j] ** 2) + chart.tau[j]
    t = 1 / curved
    for _ in range(200):
        new = V.copy()
        new[some] = mid(-t * steep)
        value = chart.value(new)
        if value < J:
            return new, value
        t /= 4
    return None


def _search(
    chart: _Chart, V: Balls, d: Balls, s: Balls, used: Mask, J: Any
) -> tuple[Balls, Any] | None:
    """Return a point along d where J is lower; weights that would change their sign become 0."""
    size, change = (max(abs(float(x.mid())) for x in chart.logits(u).ravel()) for u in (V, d))
    longest = (_LEAP + size) / max(change, 1e-300)
    t, hits = arb(1 if longest >= 1 else longest), none_like(V)
    kinked = np.array([bool(a > 0) for a in chart.level], dtype=bool)
    if not chart.given.grouped:
        for k, j in zip(*np.nonzero(used & kinked), strict=True):
            if (V[k, j] > 0 and V[k, j] + t * d[k, j] < 0) or (
                V[k, j] < 0 and V[k, j] + t * d[k, j] > 0
            ):
                there = (-V[k, j] / d[k, j]).mid()
                if there < t:
                    t, hits = there, none_like(V)
                if there <= t:
                    hits[k, j] = True
    slope = (s * d).sum()
    for _ in range(80):
        new = mid((V + t * d).ravel()).reshape(V.shape)
        new[hits] = arb(0)
        value = chart.value(new)
        if value < J + t * slope / 1000 or (hits.any() and value < J):
            return _dropped(chart, chart.settled(new), value)
        t, hits = t / 2, none_like(V)
    return _dropped_only(chart, V, J)


def none_like(V: Balls) -> Mask:
    """Return a mask of nothing."""
    return np.zeros(V.shape, dtype=bool)


def _dropped(chart: _Chart, V: Balls, J: Any) -> tuple[Balls, Any]:
    """Return V without columns that are better zero, where columns are groups."""
    return _dropped_only(chart, V, J) or (V, J)


def _dropped_only(chart: _Chart, V: Balls, J: Any) -> tuple[Balls, Any] | None:
    if not chart.given.grouped:
        return None
    found = None
    largest = max((x.mid() for x in chart.sizes(V)[0]), default=arb(0))
    for j in np.flatnonzero(chart.used(V).any(0) & chart.fined):
        if not chart.level[j] > 0 or chart.sizes(V)[0][j] > largest / 100:
            continue
        without = V.copy()
        without[:, j] = arb(0)
        value = chart.value(without)
        if value < J:
            V, J = without, value
            found = V, J
    return found
