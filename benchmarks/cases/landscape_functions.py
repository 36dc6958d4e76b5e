r"""Functions whose critical point and its kind are known, drawn from a seed.

    J(w)  =  const + sum over i of  s_i c_i b_i(z_i),        z = d * Q (w - w*)

b_i is a block of one variable with a critical point at 0 of known type: a power from 2 to 8, or
made of exponentials and logarithms; c_i from 1e-12 to 1e12, d_i from 1e-3 to 1e3, Q orthogonal (or
none), s_i a sign.  J has a minimum at w* if every s_i b_i has, a maximum if every one has, and a
saddle otherwise.  Beside these: products of powers, valleys that bend, and networks at saddles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

F64 = np.ndarray


@dataclass(frozen=True)
class Block:
    """b, b', b'' of one variable; b(0) = b'(0) = 0."""

    name: str
    value: Callable[[F64], F64]
    slope: Callable[[F64], F64]
    bend: Callable[[F64], F64]
    type: int
    """1 a minimum at 0, -1 a maximum, 0 neither."""
    order: int
    """Of the first term that is not zero."""


def power(p: int) -> Block:
    return Block(
        f"z^{p}",
        lambda z: z**p,
        lambda z: p * z ** (p - 1),
        lambda z: p * (p - 1) * z ** (p - 2),
        1 - p % 2,
        p,
    )


def exp2(z: F64) -> F64:
    """exp(z) - 1 - z, without cancellation."""
    series = z * z * (1 / 2 + z / 6 + z * z / 24 + z**3 / 120 + z**4 / 720)
    return np.where(np.abs(z) < 1e-2, series, np.expm1(z) - z)


def libm(f: Callable[[float], float]) -> Callable[[float], float]:
    """Return a function of `math` that takes all numbers.

    NumPy's own differ in the last digit between processors; a seed gives one J on all of them.
    """

    def of(z: float) -> float:
        try:
            return f(z)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return of


cosh, cos = libm(math.cosh), libm(math.cos)
BLOCKS = [
    *(power(p) for p in (2, 2, 2, 3, 4, 5, 6, 7, 8)),
    Block("cosh z - 1", lambda z: 2 * np.sinh(z / 2) ** 2, np.sinh, np.cosh, 1, 2),
    Block("e^z - 1 - z", exp2, np.expm1, np.exp, 1, 2),
    Block("1 - e^(-z^2)", lambda z: -np.expm1(-z * z), lambda z: 2 * z * np.exp(-z * z),
          lambda z: (2 - 4 * z * z) * np.exp(-z * z), 1, 2),
    Block("log(1 + z^2)", lambda z: np.log1p(z * z), lambda z: 2 * z / (1 + z * z),
          lambda z: 2 * (1 - z * z) / (1 + z * z) ** 2, 1, 2),
    Block("z - log(1 + z)", lambda z: z - np.log1p(z), lambda z: z / (1 + z),
          lambda z: 1 / (1 + z) ** 2, 1, 2),
    Block("cosh z - 1 - z^2/2", lambda z: cosh(z) - 1 - z * z / 2, lambda z: np.sinh(z) - z,
          lambda z: 2 * np.sinh(z / 2) ** 2, 1, 4),
    Block("cos z - 1 + z^2/2", lambda z: cos(z) - 1 + z * z / 2, lambda z: z - np.sin(z),
          lambda z: 2 * np.sin(z / 2) ** 2, 1, 4),
    Block("e^z - 1 - z - z^2/2", lambda z: exp2(z) - z * z / 2, exp2, np.expm1, 0, 3),
    Block("z - sin z", lambda z: z - np.sin(z), lambda z: 2 * np.sin(z / 2) ** 2, np.sin, 0, 3),
    Block("log(1 + z^4)", lambda z: np.log1p(z**4), lambda z: 4 * z**3 / (1 + z**4),
          lambda z: (12 * z**2 - 4 * z**6) / (1 + z**4) ** 2, 1, 4),
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A function, its critical point and what that is."""

    text: str
    value: Callable[[F64], float]
    grad: Callable[[F64], F64]
    hvp: Callable[[F64, F64], F64]
    w: F64
    kind: str
    second: bool
    """Whether second order decides: no curvature is zero."""
    strict: bool = True
    """Whether a minimum is lower than all around it."""
    network: Any = None


def blocks(rng: np.random.Generator) -> Case:
    """Return a sum of blocks in some axes and units."""
    n = int(rng.integers(1, 6))
    second = rng.random() < 0.5
    usable = [b for b in BLOCKS if b.order == 2] if second else BLOCKS
    chosen = [usable[i] for i in rng.integers(len(usable), size=n)]
    wanted = rng.choice(["minimum", "maximum", "any"])
    sign = {"minimum": 1.0, "maximum": -1.0}.get(wanted, 0.0)
    s = np.array([sign or rng.choice([-1.0, 1.0]) for _ in chosen])
    far = rng.choice([0.0, 3.0, 12.0])
    c = 10.0 ** rng.uniform(-far, far, n)
    d = 10.0 ** rng.uniform(-3, 3, n) if rng.random() < 0.3 else np.ones(n)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0] if rng.random() < 0.5 else np.eye(n)
    w0 = rng.normal(size=n) * rng.choice([0.0, 1.0, 100.0])
    const = float(rng.choice([0.0, 0.0, 1.0, -3.0]))
    types = {float(si * b.type) for si, b in zip(s, chosen, strict=True)}
    kind = {frozenset({1.0}): "minimum", frozenset({-1.0}): "maximum"}.get(
        frozenset(types), "saddle"
    )
    a = s * c

    def z(w: F64) -> F64:
        return d * (Q @ (w - w0))

    def value(w: F64) -> float:
        u = z(w)
        return const + float(sum(ai * b.value(ui) for ai, b, ui in zip(a, chosen, u, strict=True)))

    def grad(w: F64) -> F64:
        u = z(w)
        g = np.array([ai * b.slope(ui) for ai, b, ui in zip(a, chosen, u, strict=True)])
        return Q.T @ (d * g)

    def hvp(w: F64, v: F64) -> F64:
        u = z(w)
        h = np.array([ai * b.bend(ui) for ai, b, ui in zip(a, chosen, u, strict=True)])
        return Q.T @ (d * h * (d * (Q @ v)))

    text = " ".join(f"{ai:+.1e} ({b.name})" for ai, b in zip(a, chosen, strict=True))
    text += f", d={d.round(5).tolist()}, turned={not np.array_equal(Q, np.eye(n))}"
    text += f", w0={w0.round(2).tolist()}, const={const}"
    return Case(text, value, grad, hvp, w0, kind, all(b.order == 2 for b in chosen))


def couplings(rng: np.random.Generator) -> Case:
    """Return products of powers and bent valleys in two variables, turned and shifted."""
    i = int(rng.integers(9))
    A = 10.0 ** rng.uniform(-3, 3)
    p, q = (int(k) for k in rng.integers(2, 6, size=2))
    m, n = (int(k) for k in rng.integers(1, 4, size=2))
    even = p % 2 == 0 and q % 2 == 0
    monomials = {
        0: ([(1, 2, 0), (-3, 1, 2), (2, 0, 4)], "saddle", True),
        1: ([(1, 2, 0), (-2, 1, 2), (1, 0, 4), (1, 0, 6)], "minimum", True),
        2: ([(A, p, q)], "minimum" if even else "saddle", not even),
        3: ([(1, 4, 0), (A, 2, 2), (1, 0, 4)], "minimum", True),
        4: ([(1, 4, 0), (-2.0 - A, 2, 2), (1, 0, 4)], "saddle", True),
        5: ([(A, 2 * m, 0), (1, 0, 2 * n)], "minimum", True),
        6: ([(A, m, n)] if m % 2 or n % 2 else [(1, 1, 1)], "saddle", True),
        7: ([(1, 3, 0), (-3, 1, 2)], "saddle", True),
        8: ([(-1, 2, 0), (-A, 1, 2), (-A * A, 0, 4)], "maximum", True),
    }  # fmt: skip
    terms, kind, strict = monomials[i]
    sign = float(rng.choice([-1.0, 1.0]))
    kind = {"minimum": "maximum", "maximum": "minimum"}.get(kind, kind) if sign < 0 else kind
    Q = np.linalg.qr(rng.normal(size=(2, 2)))[0] if rng.random() < 0.5 else np.eye(2)
    w0 = rng.normal(size=2) * rng.choice([0.0, 1.0])
    const = float(rng.choice([0.0, 0.0, 1.0]))

    def D(u: float, k: int, times: int) -> float:
        return math.perm(k, times) * u ** (k - times) if k >= times else 0.0

    def value(w: F64) -> float:
        u = Q @ (w - w0)
        return const + sign * float(sum(c * u[0] ** k * u[1] ** j for c, k, j in terms))

    def grad(w: F64) -> F64:
        u = Q @ (w - w0)
        g = [sum(c * D(u[0], k, 1 - e) * D(u[1], j, e) for c, k, j in terms) for e in (0, 1)]
        return sign * (Q.T @ np.array(g))

    def hvp(w: F64, v: F64) -> F64:
        u = Q @ (w - w0)
        H = [[sum(c * D(u[0], k, 2 - e) * D(u[1], j, e) for c, k, j in terms) for e in pair]
             for pair in ((0, 1), (1, 2))]  # fmt: skip
        return sign * (Q.T @ (np.array(H) @ (Q @ v)))

    text = f"{sign:+.0f} * " + " ".join(f"{c:+.3g} x^{k} y^{j}" for c, k, j in terms)
    text += f", turned={not np.array_equal(Q, np.eye(2))}, w0={w0.round(2).tolist()}, const={const}"
    second = (i == 6 and terms[0][1:] == (1, 1)) or (i == 5 and m == n == 1)
    return Case(text, value, grad, hvp, w0, kind, second, strict)


def network(rng: np.random.Generator) -> Case:
    """Return a network whose weights are zero and whose last biases give the classes' shares.

    Its gradient is zero.  With one hidden layer of tanh the Hessian's block between the two layers
    of weights is not zero and those on the diagonal are, so it is a saddle; with two the first term
    that is not zero is a product of three weights, which has both signs.
    """
    from benchmarks.harness.internals import objective_of
    from softlearn.data import as_rows
    from softlearn.networks import Network

    n, d, C = int(rng.integers(30, 60)), int(rng.integers(2, 5)), int(rng.integers(2, 4))
    hidden = [(3,), (4,), (3, 2)][rng.integers(3)]
    X, y = rng.normal(size=(n, d)), np.r_[np.arange(C), rng.integers(C, size=n - C)]
    J = objective_of(as_rows(X), y, Network((d, *hidden, C), "tanh"))
    w = np.zeros(J.size)
    J.model.split(w)[1][len(hidden) + 1][:] = np.log(np.bincount(y) / n)

    last = [J.at(w)]

    def at(w: F64) -> Any:
        if not np.array_equal(w, last[0].w):
            last[0] = J.at(w.copy())
        return last[0]

    return Case(
        f"a network {(d, *hidden, C)} on {n} rows, at a saddle",
        lambda w: float(at(w).value),
        lambda w: np.array(at(w).grad),
        lambda w, v: np.array(at(w).hvp(v)),
        w,
        "saddle",
        len(hidden) == 1,
        network=J,
    )


def deep_linear(rng: np.random.Generator) -> Case:
    """Return a product of weights that is to be 1, at zero: no curvature from depth 3 on."""
    from softlearn.landscape import surfaces

    J = surfaces.deep_linear(int(rng.integers(2, 6)))
    return Case(
        J.formula, J, lambda w: J.at(w).grad, lambda w, v: J.hessian(w) @ v, np.zeros(J.size),
        "saddle", J.size == 2,
    )  # fmt: skip


def draw(seed: int) -> Case:
    """Return the function of a seed."""
    rng = np.random.default_rng(seed)
    make = rng.choice(
        np.array([blocks, couplings, network, deep_linear]), p=[0.68, 0.24, 0.06, 0.02]
    )
    return make(rng)
