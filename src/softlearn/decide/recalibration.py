r"""Logits as a linear function of log-probabilities, fitted to labels, with a proven optimum.

For log-probabilities x_i (C,) of row i the calibrated logits are

    temperature   z_i = beta x_i                        beta = 1 / T
    vector        z_i = beta x_i + v * x_i + b
    dirichlet     z_i = beta x_i + V x_i + b            V (C, C)

and J = sum_i s_i CE(y_i, softmax(z_i)) + l/2 (||V||^2 + ||b||^2) is minimised: the penalty pulls
towards temperature scaling, and beta is free.  Off the diagonal of V and on b it is ODIR, off-
diagonal and intercept regularisation; on the diagonal it is on what classes do not share.

The bound is that of `softlearn.objective.decrement`: with H the Hessian, g the gradient,
lambda = ||g||_{H^-1} and rho = max over rows and pairs of classes of ||(e_k - e_l) A_i||_{H^-1},
where z_i = A_i w,

    J - min J  <=  ( x + (1 - x) log(1 - x) ) / rho^2,    x = rho lambda < 1

In place of H stands a matrix below it.  Let u be the direction of beta, H0 the Hessian of the loss,
h = u'H0 u and a = H0 u.  Then H0 >= a a'/h, so H >= M = a a'/h + l (I - u u'), and

    ||r||_{M^-1}^2 = r_u^2 / h + || r - a r_u / h ||^2 / l    (the norm over the penalised part)

References: Guo et al., ICML (2017); Kull et al., NeurIPS (2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..function import PointWithoutBound
from ..passes.rounding import ROUNDINGS, value_error
from ..protocol import F64, Direction, Objective, Point, Preconditioner, length
from ..softmax import log_softmax
from ..vector_space import VectorSpace

__all__ = [
    "METHODS",
    "Recalibration",
    "has_an_optimum",
    "log_probabilities",
    "logits",
    "parameters",
]

METHODS = ("temperature", "vector", "dirichlet")
_SLACK = 1e-6  # for rounding in M


def parameters(method: str, C: int) -> int:
    """Return how many parameters there are for C classes: beta, V row after row, b."""
    return 1 + C * {"temperature": 0, "vector": 2, "dirichlet": C + 1}[method]


def logits(method: str, w: F64, X: F64) -> F64:
    """Return the calibrated logits (n, C) of log-probabilities X (n, C) for the parameters w."""
    C, Z = X.shape[1], np.asarray(w[0] * X)
    if method == "vector":
        Z += w[1 : 1 + C] * X
    elif method == "dirichlet":
        Z += X @ w[1:-C].reshape(C, C).T
    return Z if method == "temperature" else Z + w[-C:]


def log_probabilities(Z: F64) -> F64:
    """Return log softmax(Z), (n, C)."""
    return np.asarray(log_softmax(Z), dtype=np.float64)


def has_an_optimum(X: F64, codes: NDArray[np.intp], s: F64) -> bool:
    """Whether J has a minimum: some row's class is not its likeliest, and some not its unlikeliest.

    Only beta is free, and along it the loss falls without end if no row's loss rises at the end.
    """
    X, codes = X[s > 0.0], codes[s > 0.0]
    own = X[np.arange(len(X)), codes]
    return bool((own < X.max(1)).any() and (own > X.min(1)).any())


class Recalibration:
    """The objective, for `softlearn.solve`.

    Args:
        method: one of `METHODS`.
        X: (n, C) log-probabilities.
        codes: (n,) classes.
        s: (n,) weights of the rows, whose sum is 1.
        strength: l, above 0.

    """

    has_bound = True
    floor = 0.0
    resolution = 0.0
    doubt = ""
    low_precision = 0.0
    vectors = VectorSpace()

    def __init__(
        self, method: str, X: F64, codes: NDArray[np.intp], s: F64, strength: float = 1.0
    ) -> None:
        self.method, self.X, self.codes, self.s, self.strength = method, X, codes, s, strength
        self.passes = 0.0

    @property
    def C(self) -> int:
        """The number of classes."""
        return int(self.X.shape[1])

    @property
    def size(self) -> int:
        """The number of parameters."""
        return parameters(self.method, self.C)

    def logits(self, w: F64) -> F64:
        """Return A w, (n, C)."""
        return logits(self.method, w, self.X)

    def transposed(self, R: F64) -> F64:
        """Return A'R for R (n, C)."""
        of_class = np.einsum("ik,ik->k", R, self.X)
        parts = [of_class.sum(keepdims=True)]
        if self.method == "vector":
            parts += [of_class, R.sum(0)]
        elif self.method == "dirichlet":
            parts += [(R.T @ self.X).ravel(), R.sum(0)]
        return np.concatenate(parts)

    @cached_property
    def reach(self) -> tuple[F64, F64]:
        """Per row, half the range of x, and the longest of x itself and 1."""
        half = 0.5 * (self.X.max(1) - self.X.min(1))
        long = np.abs(self.X).max(1) if self.method == "vector" else np.linalg.norm(self.X, axis=1)
        return half, np.hypot(long, 1.0)

    def at(self, w: F64) -> RecalibrationPoint:
        """Return J at w."""
        return RecalibrationPoint(self, np.asarray(w, dtype=np.float64))

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """Yield the objective itself: calibration sets are small."""
        yield self

    def diagnose(self, point: Point, d: F64) -> str:
        """Return '': `has_an_optimum` is asked before."""
        return ""


class RecalibrationPoint(PointWithoutBound):
    """J at one w."""

    def __init__(self, J: Recalibration, w: F64) -> None:
        self.J, self.w = J, w
        J.passes += 1.0
        self.logits = J.logits(w)
        log_P = log_probabilities(self.logits)
        self.P = np.exp(log_P)
        self.loss = -float(J.s @ log_P[np.arange(len(log_P)), J.codes])

    @cached_property
    def value(self) -> float:
        """J(w)."""
        return self.loss + 0.5 * self.J.strength * float(self.w[1:] @ self.w[1:])

    @cached_property
    def _grad(self) -> F64:
        R = self.P.copy()
        R[np.arange(len(R)), self.J.codes] -= 1.0
        return self._penalised(self.J.transposed(R * self.J.s[:, None]), self.w)

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        return self._grad

    def _penalised(self, out: F64, v: F64) -> F64:
        out[1:] += self.J.strength * v[1:]
        return out

    def _loss_product(self, v: F64) -> F64:
        self.J.passes += 1.0
        U = self.J.logits(v)
        U -= np.einsum("ik,ik->i", self.P, U)[:, None]
        return self.J.transposed(self.P * U * self.J.s[:, None])

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return (H + damping I) v."""
        return self._penalised(self._loss_product(v), v) + damping * v

    def at(self, w: F64) -> RecalibrationPoint:
        """Return J at another w."""
        return self.J.at(w)

    @cached_property
    def _along_beta(self) -> tuple[float, F64]:
        """The curvature h, and the penalised part of a."""
        u = np.zeros(self.J.size)
        u[0] = 1.0
        a = self._loss_product(u)
        return float(a[0]), a[1:]

    @property
    def curvature(self) -> float:
        """The second derivative of J in beta."""
        return self._along_beta[0]

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner | None:
        """Return the inverse of blocks of H + damping I, one a class, and one for beta."""
        return _blocks(self, damping)

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return a proven lower bound on min J."""
        v = np.zeros(self.J.size) if v is None else v.v if isinstance(v, Direction) else v
        J, R = self.J, ROUNDINGS * math.sqrt(2.0 * self.loss)
        (half, long), (h, a) = J.reach, self._along_beta
        size = math.sqrt(float(J.s @ np.abs(self.logits).max(1) ** 2))
        of_beta = R * math.sqrt(float(J.s @ half**2))
        of_rest = R * math.sqrt(float(J.s @ long**2) * J.C) + length(a) * of_beta / h
        slack = self._norm(of_beta, of_rest if len(a) else 0.0) + ROUNDINGS * size
        gap = self._gap(v, self.grad + self.hvp(v), slack)
        return self.value - gap - value_error(self.value, size, 0.0) - ROUNDINGS * gap

    def gap_along(self, v: F64, r: F64) -> float:
        """Estimate J(w) - bound(v) from r = grad + H v."""
        return self._gap(v, r, 0.0)

    def _gap(self, v: F64, r: F64, slack: float) -> float:
        """Return the bound on J - min J for a decrement of that of v, of r and `slack`."""
        h, a = self._along_beta
        squares = max(float(v @ (r - self.grad)), 0.0)
        left = self._norm(float(r[0]), length(r[1:] - a * (r[0] / h)))
        decrement = (math.sqrt(squares) + left + slack) * (1.0 + _SLACK)
        x = self._rho * decrement
        if not x < 1.0:
            return np.inf
        if x < 1e-3:  # the first terms of its series, and more than the rest
            return 0.5 * decrement**2 * (1.0 + x / (3.0 * (1.0 - x)))
        return (x + (1.0 - x) * math.log1p(-x)) / self._rho**2

    def _norm(self, of_beta: float, of_rest: float) -> float:
        """Return ||r||_{M^-1} from r_u and the length of r - a r_u / h."""
        h, _ = self._along_beta
        return math.hypot(of_beta / math.sqrt(h), of_rest / math.sqrt(self.J.strength))

    @cached_property
    def _rho(self) -> float:
        """At least rho: twice the longest e_k A_i less what all classes of a row share."""
        (h, a), (half, long) = self._along_beta, self.J.reach
        rest = (long + half * (length(a) / h)) / math.sqrt(self.J.strength) if len(a) else 0.0
        return 2.0 * float(np.hypot(half / math.sqrt(h), rest).max())


def _blocks(point: RecalibrationPoint, damping: float) -> Preconditioner:
    """Return the inverse of H + damping I less what couples classes to each other and to beta.

    Dirichlet's block of class k is approximated by that of all classes, times k's share of it.
    """
    J, C, h = point.J, point.J.C, point._along_beta[0] + damping
    if J.method == "temperature":
        return Preconditioner(lambda r: r / h, 1.0)
    S = J.s[:, None] * point.P * (1.0 - point.P)
    l2 = J.strength + damping
    if J.method == "vector":
        SX = S * J.X
        mixed = SX.sum(0)
        A = np.array([[(SX * J.X).sum(0), mixed], [mixed, S.sum(0)]]).transpose(2, 0, 1)
        inverse = np.linalg.inv(A + l2 * np.eye(2))

        def solved(B: F64) -> F64:
            return np.asarray((inverse @ B[:, :, None])[:, :, 0])
    else:
        of_row = S.sum(1)
        F = np.column_stack([J.X, np.ones(len(S))])
        sizes, Q = np.linalg.eigh(F.T @ (of_row[:, None] * F))
        shares = S.sum(0) / of_row.sum()
        D = 1.0 / (shares[:, None] * np.maximum(sizes, 0.0) + l2)

        def solved(B: F64) -> F64:
            return np.asarray((B @ Q * D) @ Q.T)

    def solve(r: F64) -> F64:
        R = solved(np.concatenate([r[1:-C].reshape(C, -1), r[-C:, None]], 1))
        return np.concatenate([[r[0] / h], R[:, :-1].ravel(), R[:, -1]])

    return Preconditioner(solve, 2.0)
