"""Columns in which Newton's method can work to any precision: orthonormal, or centred."""

from __future__ import annotations

import numpy as np
from flint import arb, ctx

from benchmarks.harness.exact.problem import Balls, Given, balls, bits, mid

__all__ = ["centred", "orthonormal", "scales"]


def orthonormal(given: Given) -> Balls:
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
                return (
                    np.array(basis, dtype=object).T if basis else balls(np.zeros((len(table), 0)))
                )
        precision *= 2
    raise ArithmeticError("The columns are too close to dependent for the judge.")


def scales(given: Given) -> tuple[Balls, Balls]:
    """Return where columns are centred, and powers of two near their spreads."""
    X, n = given.exact_X, len(given.X)
    if given.intercept:
        middle = np.array([x.mid() for x in X.sum(0) / n], dtype=object)
    else:
        middle = balls(np.zeros(X.shape[1]))
    scale = []
    for x, m in zip(X.T, middle, strict=True):
        mantissa, exponent = ((x - m) * (x - m)).sum().mid().man_exp()
        power = (int(exponent) + int(mantissa).bit_length()) // 2
        scale.append(arb(2) ** power if mantissa else arb(1))
    return middle, np.array(scale, dtype=object)


def centred(given: Given) -> tuple[Balls, Balls]:
    """Return centred and scaled columns, the intercept's first, and their penalties."""
    with bits(4 * ctx.prec):
        middle, scale = scales(given)
        Q = (given.exact_X - middle) / scale
    tau = 1 / (arb(given.C) * given.S * scale * scale)
    if given.intercept:
        Q = np.concatenate([balls(np.ones((len(Q), 1))), Q], axis=1)
        tau = np.concatenate([balls([0.0]), tau])
    return Q, tau
