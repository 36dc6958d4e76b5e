r"""The numbers of positive and negative curvatures, however different their sizes.

Signs of curvatures do not change when directions are scaled or mixed (Sylvester): H and T H T' have
the same.  So directions are scaled until their curvatures are of one size (Ruiz), and those that
are then surely not zero are set aside, C.  From the others N their parts along C are taken,

    N <- N - (N H C') L^-1 C,        L = C H C' diagonal,

after which T H T' has no entries between them but for the errors e of N H C'.  These make N H N'
wrong by at most e L^-1 e', which is added to its error.  Then N is examined by itself, with steps
and rounding of its own, and so on.  This separates curvatures that differ by a factor of 1e24,
since N is known to 1e-16 and its error enters squared.

A symmetric A known to within E has as many eigenvalues below zero as A has below -||E||_2 (Weyl),
and ||E||_2 <= ||E||_F.

Reference: Horn and Johnson, Matrix Analysis, 2nd ed., theorems 4.5.8 and 4.3.1; Ruiz, RAL-TR-2001-
034.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..protocol import F64
from .forms import Form

I64 = NDArray[np.int64]
__all__ = ["Inertia", "inertia", "spectral"]

_SCALINGS = 8
_ROUGH = 0.25  # of a row's size: rows with larger errors wait
_LEVELS = 40


@dataclass(frozen=True)
class Inertia:
    """The directions with surely nonzero curvature, and the others."""

    sure: F64
    """C, (m, size): H-orthogonal to each other."""
    curves: F64
    """(m,) c'Hc, none of them zero."""
    errors: F64
    """(m,) of them."""
    null: F64
    """N, (k, size): what is left, H-orthogonal to C."""
    null_curves: F64
    """(k,) n'Hn."""
    null_errors: F64
    """(k,) of them."""


def spectral(E: F64) -> float:
    """Return a bound on the 2-norm of all matrices whose entries are no larger than those of E."""
    return float(np.linalg.norm(E))


def inertia(form: Form, B: F64, A: F64, E: F64) -> Inertia:
    """Return how H curves over the rows of B, A = B H B' being known to within E."""
    C, curves, errors, N = np.zeros((0, B.shape[1])), np.zeros(0), np.zeros(0), B
    for _ in range(_LEVELS):
        found = _surely(A, E)
        if found is None:
            break
        new, rest, L, e = found
        C, N = np.vstack([C, new @ N]), rest @ N
        curves, errors = np.r_[curves, L], np.r_[errors, np.full(len(L), e)]
        if not len(N):
            A, E = np.zeros((2, 0, 0))
            break
        N, more = _apart(form, N, C, curves)
        A, E = form.between(N, N)
        A, E = 0.5 * (A + A.T), E + more
    return Inertia(C, curves, errors, N, np.diag(A).copy(), np.diag(E).copy())


def _surely(A: F64, E: F64) -> tuple[F64, F64, F64, float] | None:
    """Return rows that mix directions into ones with sure curvatures, rows for the rest, both.

    And the curvatures, and their error.  Directions that are known badly wait: first those with a
    large error in their row, then those with a large error on the diagonal.
    """
    s = _scales(np.abs(A) + E)
    usable = np.isfinite(s) & np.isfinite(np.diag(A)) & np.isfinite(np.diag(E))
    row = np.linalg.norm(s[:, None] * E * s, axis=1)
    own = np.diag(E) / np.maximum(np.abs(np.diag(A)), 1e-300)
    for size in (row, own):
        order = np.argsort(np.where(usable & np.isfinite(size), size, np.inf), kind="stable")
        m = int((usable & (size <= _ROUGH)).sum())
        while m:
            found = _block(A, E, order[:m], order[m:])
            if found is not None:
                return found
            m //= 2
    return None


def _block(A: F64, E: F64, rows: I64, others: I64) -> tuple[F64, F64, F64, float] | None:
    """Return what `_surely` does from some of the rows; None if none of their curvatures is."""
    A, E = A[np.ix_(rows, rows)], E[np.ix_(rows, rows)]
    s = _scales(np.abs(A) + E)
    A, E = s[:, None] * A * s, s[:, None] * E * s
    if not (np.isfinite(A).all() and np.isfinite(E).all()):
        return None
    values, V = np.linalg.eigh(A)
    e = spectral(E)
    sure = np.abs(values) > e
    if not sure.any():
        return None
    eye = np.eye(len(rows) + len(others))
    mix = (V.T * s) @ eye[rows]
    return mix[sure], np.vstack([mix[~sure], eye[others]]), values[sure], e


def _scales(M: F64) -> F64:
    """Return s such that the largest entry of each row of s M s is about 1; 1 where all are 0."""
    s = np.ones(len(M))
    for _ in range(_SCALINGS):
        largest = (s[:, None] * M * s).max(axis=1, initial=0.0)
        s = s / np.sqrt(np.where((largest > 0.0) & np.isfinite(largest), largest, 1.0))
    return s


def _apart(form: Form, N: F64, C: F64, curves: F64) -> tuple[F64, F64]:
    """Return N without its parts along C, and what those left make N H N' wrong by."""
    root = 1.0 / np.sqrt(np.abs(curves))
    left = np.zeros((len(C), len(N)))
    for _ in range(2):
        K, E = form.between(C, N, root)
        N = N - (K / curves[:, None]).T @ C
        left = root[:, None] * (E + 1e-15 * np.abs(K))
        if (np.abs(K) <= 2.0 * E).all():
            break
    e = np.linalg.norm(left, axis=0)
    return N, np.outer(e, e)
