r"""Whether classes can be separated, shown by integers.

A direction separates if along it no row's loss rises and some row's falls: for each row, each class
c that has a share of it and each other class k, the change of z_c - z_k is at least 0, and not 0
throughout.  Floating point proposes one; it is then moved exactly into the null space of the
differences that seem to be 0, and all signs are decided by integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat
from numpy.typing import NDArray
from scipy.optimize import linprog

__all__ = ["separating_direction"]

_ZERO = (1e-7, 1e-9, 1e-11, 1e-5)  # differences that may be meant to be 0, rows having length 1
_BITS = 1200


def separating_direction(given: Any) -> fmpz_mat | None:
    """Return a direction (in the pivot columns of `given`, class after class), None if none."""
    working = ctx.prec
    ctx.prec = _BITS
    try:
        return _search(given)
    finally:
        ctx.prec = working


def _search(given: Any) -> fmpz_mat | None:
    table = np.array(given.columns.tolist(), dtype=object)[:, given.pivots]
    r, K = table.shape[1], given.Y.shape[1]
    if r == 0:
        return None
    D = np.array(_differences(given.Y, table), dtype=object)
    if not len(D):
        return None
    size = (K - 1) * r
    Q, change = _whitened(table)
    rows = _floats(np.array(_differences(given.Y, Q), dtype=object))
    u = _proposal(rows)
    if u is None:
        return None
    theta = _back(u, change, K, r)
    for zero in _ZERO:
        flat = np.abs(rows @ u) <= zero * max(float(np.abs(rows @ u).max()), 1e-300)
        found = _verified(D, flat, theta, size)
        if found is not None:
            return found
    return None


def _differences(Y: NDArray[np.float64], A: NDArray[Any]) -> list[list[Any]]:
    """Return all differences z_c - z_k as functions of the weights of class 1, 2, ..."""
    n, r = A.shape
    K, zero = Y.shape[1], A[0, 0] * 0
    out = []
    for i in range(n):
        for c in np.flatnonzero(Y[i]):
            for k in range(K):
                if k != c:
                    row = [zero] * (K * r)
                    row[c * r : (c + 1) * r] = list(A[i])
                    row[k * r : (k + 1) * r] = [-x for x in A[i]]
                    out.append(row[r:])
    return out


def _whitened(table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return orthonormal columns Q = A T, and T, in balls."""
    n, r = table.shape
    A = np.array([arb(x) for x in table.ravel()], dtype=object).reshape(n, r)
    T = np.array([arb(int(i == j)) for i in range(r) for j in range(r)], dtype=object).reshape(r, r)
    for j in range(r):
        for _ in range(2):
            for i in range(j):
                c = (A[:, i] * A[:, j]).sum().mid()
                A[:, j], T[:, j] = A[:, j] - c * A[:, i], T[:, j] - c * T[:, i]
            a = (1 / (A[:, j] * A[:, j]).sum().sqrt()).mid()
            A[:, j], T[:, j] = A[:, j] * a, T[:, j] * a
    return A, T


def _floats(D: NDArray[Any]) -> NDArray[np.float64]:
    """Return rows of length 1."""
    out = np.empty(D.shape)
    for i, row in enumerate(D):
        length = sum((x * x for x in row), arb(0)).sqrt()
        out[i] = [float((x / length).mid()) for x in row] if length > 0 else 0.0
    return out


def _proposal(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a direction that seems to separate: the widest in sum, each difference at most 1."""
    m, size = rows.shape
    # u free in [-1, 1], and t in [0, 1] below each difference, their sum as large as can be
    A = np.concatenate([-rows, np.eye(m)], axis=1)
    cost = np.concatenate([np.zeros(size), -np.ones(m)])
    limits = [(-1.0, 1.0)] * size + [(0.0, 1.0)] * m
    found = linprog(cost, A_ub=A, b_ub=np.zeros(m), bounds=limits, method="highs-ds")
    if found.x is None or not -found.fun > 1e-12:
        return None
    u: NDArray[np.float64] = found.x[:size]
    return u


def _back(u: NDArray[np.float64], change: NDArray[Any], K: int, r: int) -> list[Any]:
    """Return the direction in the coordinates of the integers' columns."""
    U = u.reshape(K - 1, r)
    return [
        sum((change[j, a] * arb(float(U[k, a])) for a in range(r)), arb(0)).mid()
        for k in range(K - 1)
        for j in range(r)
    ]


def _verified(D: NDArray[Any], flat: NDArray[Any], theta: list[Any], size: int) -> fmpz_mat | None:
    """Move theta into the null space of the flat differences; return it if it separates."""
    if flat.all():
        return None
    if flat.any():
        N, nullity = fmpz_mat(D[flat].tolist()).nullspace()
        if nullity == 0:
            return None
        basis = fmpz_mat([row[:nullity] for row in N.tolist()])
        B = arb_mat([[arb(x) for x in row] for row in basis.tolist()])
        t = arb_mat(size, 1, theta)
        # Lengths of the columns differ by hundreds of digits: each is made 1.
        lengths = [
            sum((B[i, j] * B[i, j] for i in range(size)), arb(0)).sqrt().mid()
            for j in range(nullity)
        ]
        B = arb_mat([[B[i, j] / lengths[j] for j in range(nullity)] for i in range(size)])
        try:
            c = (B.transpose() * B).solve(B.transpose() * t)
        except ZeroDivisionError:
            return None
        whole = _whole([(c[j, 0] / lengths[j]).mid() for j in range(nullity)])
        direction = basis * fmpz_mat(nullity, 1, whole)
    else:
        direction = fmpz_mat(size, 1, _whole(theta))
    signs = (fmpz_mat(D.tolist()) * direction).entries()
    if all(x >= 0 for x in signs) and any(x > 0 for x in signs):
        return direction
    return None


def _whole(values: list[Any]) -> list[int]:
    """Return exact balls times a power of two that makes all of them whole."""
    parts = [x.man_exp() for x in values]
    least = min((int(e) for m, e in parts if m != 0), default=0)
    return [int(m) << (int(e) - least) if m != 0 else 0 for m, e in parts]
