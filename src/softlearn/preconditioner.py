r"""Approximate inverses of the Hessian at a point, for the conjugate gradients of Newton's method.

The Hessian of class k with itself is M_k = X' diag(a_k) X + l2 I, a_ik = s_i p_ik (1 - p_ik).

    diagonal    the diagonal of every M_k
    classwise   every M_k from a sample of rows, factorised
    shared      one matrix for all classes, from the mean of a_k over k, factorised
    exact       the whole Hessian, all classes together, factorised (few parameters)
    rowspace    every M_k, factorised in the space of the rows (fewer rows than columns)

Rows are drawn in proportion to a_ik ||x_i||^2 in units of the diagonal: those which shape the
matrix are kept for certain, so a few per feature do, whatever the scale of the features.  With
few rows or many threads nothing changes but speed: conjugate gradients correct the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from .kernels import spread
from .protocol import F64, Inverse, Preconditioner

if TYPE_CHECKING:
    from .data import Block
    from .engine import Engine
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["build_preconditioner"]

_ROWS_PER_FEATURE = 4
_EPS = float(np.finfo(np.float64).eps)
_RIDGE = 1e-13
_SMALL = 128  # parameters of a class whose inverse is worth making
_COMMON = 1e-12  # relative to J: a penalty this small is not worth taking back


def build_preconditioner(
    point: SoftmaxPoint, kind: str, seed: int, damping: float = 0.0
) -> Inverse:
    """Return r -> M^-1 r for a kind named above.

    Raises:
        ValueError: the kind is unknown.

    """
    builders: dict[str, Callable[[], Preconditioner]] = {
        "diagonal": lambda: _diagonal(point, damping),
        "classwise": lambda: _classwise(point, seed, damping, shared=False),
        "shared": lambda: _classwise(point, seed, damping, shared=True),
        "exact": lambda: _exact(point, damping),
        "rowspace": lambda: _rowspace(point, damping),
    }
    if kind not in builders:
        raise ValueError(f"kind must be one of {', '.join(builders)}, but it is {kind!r}.")
    return Inverse(_whole(point, builders[kind]()), _cost(point.J, kind))


def _cost(J: SoftmaxObjective, kind: str) -> float:
    """Return the work of making a preconditioner, in passes: multiplications of each, roughly."""
    n, e, K = float(J.rows.n), J.model.d + 1.0, float(J.model.K)
    one = K * (2.0 * J.rows.nnz + 20.0 * n)  # a pass; 20 for the exponentials of a logit
    drawn = float(min(n, max(_ROWS_PER_FEATURE * e, 512)))
    cubes = {
        "diagonal": 0.0,
        "classwise": K * (drawn * e**2 / 2.0 + e**3 / 6.0),
        "shared": drawn * e**2 / 2.0 + e**3 / 6.0,
        "exact": n * (K * e) ** 2 / 2.0 + (K * e) ** 3 / 6.0,
        "rowspace": K * (n**3 / 2.0 + n**3 / 6.0),
    }
    # A multiplication inside a product of large matrices takes about half the time.
    return 2.0 + cubes[kind] / (2.0 * one)


def _whole(point: SoftmaxPoint, solve: Preconditioner) -> Preconditioner:
    """Treat apart what is added to the weights of every class alike: it changes no probability.

    There only the penalty bends, and what the start has of such a vector is taken back in one
    step.  (Not every such vector is inverted: rounding of the gradient over a small l2 would drown
    the rest.)
    """
    model = point.J.model
    if model.reference:
        return solve
    W0 = model.split(point.w)[0]
    common = model.join(np.tile(W0.mean(0), (model.K, 1)), np.zeros(model.K))
    bend = point.J.penalty.strength * float(common @ common)

    def centre(r: F64) -> F64:
        for part in model.split(r):
            if len(part):
                part -= part.mean(0)
        return r

    def whole(r: F64) -> F64:
        out = centre(solve(centre(r.copy())))
        if bend > _COMMON * point.value:
            out += (float(common @ r) / bend) * common
        return out

    return whole


def _weights(point: SoftmaxPoint, damping: float, shared: bool) -> list[tuple[slice, F64]]:
    """Return a (K or 1, n_k) per block."""
    J, out = point.J, []
    for span, P in point.blocks():
        A = spread(P)[J.model.C - J.model.K :] + damping * (1.0 - 1.0 / J.model.C)
        out.append((span, (A.mean(0, keepdims=True) if shared else A) * J.s[span]))
    return out


def _squares(point: SoftmaxPoint, A: list[tuple[slice, F64]]) -> tuple[F64, F64]:
    """Return sum_i a_ik x_ij^2 (K, d) and sum_i a_ik (K,)."""
    by_start = {span.start: a for span, a in A}
    parts = point.J.sweep(lambda span, block: block.squares().pull(by_start[span.start]))
    rows = len(A[0][1])
    squares = sum(parts, np.zeros((rows, point.J.model.d)))
    return squares, sum((a.sum(1) for _, a in A), np.zeros(rows))


def _sums(point: SoftmaxPoint, A: list[tuple[slice, F64]]) -> F64:
    """Return sum_i a_ik x_ij (K, d)."""
    by_start = {span.start: a for span, a in A}
    parts = point.J.sweep(lambda span, block: block.pull(by_start[span.start]))
    return sum(parts, np.zeros((len(A[0][1]), point.J.model.d)))


def _diagonal(point: SoftmaxPoint, damping: float) -> Preconditioner:
    """Take the features for uncorrelated about their means m_k: M_k = D_k + a_k (m_k, 1)(m_k, 1)'.

    D_k holds a_k times the variances, plus l2.  Without a bias nothing is centred.
    """
    model, l2 = point.J.model, point.J.penalty.strength
    A = _weights(point, damping, shared=False)
    D, total = _squares(point, A)
    total[total <= 0.0] = 1.0
    if not model.bias:
        scale = D + l2
        scale[scale <= 0.0] = 1.0
        inverse = 1.0 / scale.ravel()
        return lambda r: r * inverse
    sums = _sums(point, A)
    means = sums / total[:, None]
    scale = np.maximum(D - means * sums, 1e-12 * D) + l2
    scale[scale <= 0.0] = 1.0

    inverse = 1.0 / scale

    def solve(r: F64) -> F64:
        out = np.empty_like(r)
        (R, r_b), (W, b) = model.split(r), model.split(out)
        np.multiply(means, -r_b[:, None], out=W)
        W += R
        W *= inverse
        b[:] = r_b / total - np.einsum("kj,kj->k", means, W)
        return out

    return solve


def _classwise(point: SoftmaxPoint, seed: int, damping: float, shared: bool) -> Preconditioner:
    J, model = point.J, point.J.model
    A = _weights(point, damping, shared)
    D, total = _squares(point, A)
    diagonal = np.concatenate([D, total[:, None]], 1) if model.bias else D

    def factor(drawn: tuple[tuple[NDArray[np.intp], F64], F64]) -> _Factor:
        (rows, weight), full = drawn
        M = _gram(J.rows.take(rows), weight, model.bias)
        return _factor(M, full, J.penalty.strength, model.d)

    samples = zip(_sample(point, A, D, total, seed), diagonal, strict=True)
    factors = list(J.engine.map(factor, list(samples)))
    solve_all = _together(factors, J.engine)

    def solve(r: F64) -> F64:
        W, b = model.split(r)
        R = np.concatenate([W, b[:, None]], 1) if model.bias else W
        S = solve_all(R)
        return model.join(S[:, : model.d], S[:, -1])

    return solve


def _together(factors: list[_Factor], engine: Engine) -> Preconditioner:
    """Return R (K, e) -> M_k^-1 r_k for each row; one factor serves all rows.

    Small factors are inverted and stacked: one product for all classes instead of a call for each.
    """
    if len(factors) == 1:
        return lambda R: factors[0](R.T).T
    e = factors[0].size
    if e > _SMALL:
        return lambda R: np.stack(list(engine.map(lambda k: factors[k](R[k]), range(len(factors)))))
    half = np.stack([f.half_inverse() for f in factors])  # M^-1 = half' half
    other = np.ascontiguousarray(half.transpose(0, 2, 1))
    return lambda R: np.matmul(other, np.matmul(half, R[:, :, None]))[:, :, 0]


def _sample(
    point: SoftmaxPoint, A: list[tuple[slice, F64]], D: F64, total: F64, seed: int
) -> list[tuple[NDArray[np.intp], F64]]:
    """Draw rows for each matrix; return their numbers and their weights a_ik / probability."""
    J = point.J
    with np.errstate(divide="ignore"):
        inverse = np.where(D > 0.0, 1.0 / D, 0.0)
        inverse_total = np.where(total > 0.0, 1.0 / total, 0.0)
    by_start = {span.start: a for span, a in A}

    def score(span: slice, block: Block) -> F64:
        a = by_start[span.start]
        return a * (block.squares().times(inverse) + inverse_total[:, None])

    scores = np.concatenate(list(J.sweep(score)), axis=1)
    weights = np.concatenate([a for _, a in A], axis=1)
    wanted = max(_ROWS_PER_FEATURE * (J.model.d + 1), 512)
    rng = np.random.default_rng(seed)
    out = []
    for importance, a in zip(scores, weights, strict=True):
        chance = _chances(importance, wanted)
        rows = np.flatnonzero(rng.random(len(chance)) < chance)
        out.append((rows, a[rows] / chance[rows]))
    return out


def _chances(importance: F64, wanted: int) -> F64:
    """Return min(1, t importance), t such that the sum is about `wanted`."""
    total = float(importance.sum())
    if np.count_nonzero(importance) <= wanted or total <= 0.0:
        return (importance > 0.0).astype(np.float64)
    t = wanted / total
    for _ in range(4):  # rows kept for certain leave more for the others
        certain = t * importance >= 1.0
        rest = float(importance[~certain].sum())
        if rest <= 0.0:
            break
        t = max(wanted - int(np.count_nonzero(certain)), wanted // 4) / rest
    return np.minimum(1.0, t * importance)


def _gram(X: F64, weight: F64, bias: bool) -> F64:
    """Return X' diag(weight) X, with a column of ones for the bias."""
    root = np.sqrt(weight)[:, None]
    B = np.concatenate([X * root, root], 1) if bias else X * root
    out: F64 = B.T @ B
    return out


def _factor(M: F64, diagonal: F64, l2: float, penalised: int) -> _Factor:
    """Return the solver for M + l2 I, M's diagonal made true where it is far too small.

    A feature that hardly any drawn row holds would otherwise seem to be without curvature.  (Where
    it is nearly right it stays: with a mean far from zero, raising it by a little would drown
    the variance, which is what matters beside a bias.)
    """
    own = M.diagonal()
    M[np.diag_indices_from(M)] = np.where(own < 0.25 * diagonal, diagonal, own)
    M[np.arange(penalised), np.arange(penalised)] += l2
    return _scaled_cholesky(M)


def _scaled_cholesky(M: F64) -> _Factor:
    """Return the solver for M, scaled to a unit diagonal before its Cholesky factor.

    The scaling makes the factor as good for badly scaled features as for standardised ones.  Where
    M is singular, as collinear columns make it, parameters that the others determine are left out:
    their M^-1 r would be what rounding left of r, divided by almost nothing.
    """
    diagonal = M.diagonal().copy()
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    M = M * scale[:, None] * scale
    M[np.diag_indices_from(M)] = 1.0
    return _Factor(scale, *_leading_factor(M))


@dataclass(frozen=True)
class _Factor:
    """M^-1 = S (L L')^-1 S on the independent parameters, 0 on the others; S diagonal."""

    scale: F64
    kept: NDArray[np.intp] | slice
    L: F64

    @property
    def size(self) -> int:
        """The number of parameters."""
        return len(self.scale)

    def __call__(self, r: F64) -> F64:
        """Return M^-1 r for r (e,) or (e, any)."""
        column = self.scale if r.ndim == 1 else self.scale[:, None]
        out = np.zeros_like(r)
        out[self.kept] = la.cho_solve((self.L, True), (column * r)[self.kept], check_finite=False)
        return column * out

    def half_inverse(self) -> F64:
        """Return B (e, e) with M^-1 = B' B."""
        B = np.zeros((self.size, self.size))
        rank = len(self.L)
        inverse = la.solve_triangular(self.L, np.eye(rank), lower=True, check_finite=False)
        B[:rank, self.kept] = inverse
        return B * self.scale


def _leading_factor(M: F64) -> tuple[NDArray[np.intp] | slice, F64]:
    """Return which rows and columns of M, of unit diagonal, are independent, and their factor L."""
    zero = _EPS * (12.0 + 3.0 * float(np.sqrt(len(M))))  # what rounding leaves of a zero
    try:
        L = la.cholesky(M, lower=True, check_finite=False)
        if (L.diagonal() ** 2).min(initial=1.0) > zero:
            return slice(None), L
    except la.LinAlgError:
        pass
    L, pivots, rank, _ = la.lapack.dpstrf(M, tol=zero, lower=1)
    return pivots[:rank] - 1, np.tril(L[:rank, :rank])


def _rowspace(point: SoftmaxPoint, damping: float) -> Preconditioner:
    """Factorise every M_k where X = L Q' with Q orthonormal: n x n matrices instead of d x d.

    Gradients lie in the span of the rows, where M_k is Q (L' diag(a_k) L + l2 I) Q'.  Q is never
    formed: Q' r = L^-1 X r.
    """
    J, model, l2 = point.J, point.J.model, point.J.penalty.strength
    L = _row_factor(J)
    A = np.concatenate([a for _, a in _weights(point, damping, shared=False)], axis=1)
    diagonal = np.zeros(len(L) + model.bias)
    factors = []
    for a in A:
        M = _gram(L, a, model.bias)
        # A row that others determine is rounding in L, not a direction that changes nothing: it
        # stays, held by a ridge.
        M[np.diag_indices_from(M)] *= 1.0 + _RIDGE
        factors.append(_factor(M, diagonal, l2, len(L)))

    def rows_times(W: F64) -> F64:
        return np.concatenate(list(J.sweep(lambda span, block: block.times(W))), axis=1)

    def pull(R: F64) -> F64:
        parts = J.sweep(lambda span, block: block.pull(np.ascontiguousarray(R[:, span])))
        return sum(parts, np.zeros((len(R), model.d)))

    def solve(r: F64) -> F64:
        W, b = model.split(r)
        inside = la.solve_triangular(L, rows_times(W).T, lower=True, check_finite=False).T
        R = np.concatenate([inside, b[:, None]], 1) if model.bias else inside
        S = np.stack([f(x) for f, x in zip(factors, R, strict=True)])
        rest = 1.0 / l2 if l2 > 0.0 else 0.0  # off the rows only the penalty bends
        change = S[:, : len(L)] - rest * inside
        up = la.solve_triangular(L, change.T, lower=True, trans="T", check_finite=False).T
        return model.join(pull(up) + rest * W, S[:, -1])

    return solve


def _row_factor(J: SoftmaxObjective) -> F64:
    """Return L with X X' = L L', made once for the rows."""
    known: F64 | None = getattr(J.rows, "row_factor", None)
    if known is None:
        X = J.rows.take(np.arange(J.rows.n))
        G = X @ X.T
        jitter = _RIDGE * float(np.trace(G))
        while known is None:
            try:
                known = la.cholesky(G + jitter * np.eye(len(G)), lower=True)
            except la.LinAlgError:
                jitter *= 10.0
        J.rows.row_factor = known
    return known


def _exact(point: SoftmaxPoint, damping: float) -> Preconditioner:
    """Factorise the whole Hessian, class by class by feature.

    Only blocks of two different classes are summed, -X' diag(s p_k p_l) X; a diagonal block is
    minus the sum of its row, which keeps digits that p - p^2 would lose.
    """
    J, model = point.J, point.J.model
    C, e = model.C, model.d + model.bias
    if point._value is None:
        point.value  # noqa: B018

    def part(span: slice, block: Any) -> F64:
        X = block.X.toarray() if J.rows.sparse else block.X
        if model.bias:
            X = np.concatenate([X, np.ones((len(X), 1))], 1)
        Q = point.probabilities(span, block) * np.sqrt(J.s[span])
        F = (Q.T[:, :, None] * X[:, None, :]).reshape(len(X), C * e)
        out: F64 = F.T @ F
        if damping:
            G = (damping / C) * (X.T @ (X * J.s[span, None]))
            shape = (C, e, C, e)
            out.reshape(shape)[...] += G[None, :, None, :]
        return out

    H = -sum(J.sweep(part), np.zeros((C * e, C * e))).reshape(C, e, C, e)
    for k in range(C):
        H[k, :, k, :] = 0.0
        H[k, :, k, :] = -H[k].sum(1)
        j = np.arange(model.d)
        H[k, j, k, j] += J.penalty.strength
    first = C - model.K
    H = H[first:, :, first:, :]
    if not model.reference:  # a stiffness along what changes no probability
        stiff = np.einsum("kjkj->j", H) / C**2
        for k in range(C):
            j = np.arange(e)
            H[k, j, :, j] += stiff[:, None]
    solve = _scaled_cholesky(H.reshape(model.K * e, model.K * e))

    def split_solve(r: F64) -> F64:
        W, b = model.split(r)
        R = np.concatenate([W, b[:, None]], 1) if model.bias else W
        S = solve(R.ravel()).reshape(model.K, e)
        return model.join(S[:, : model.d], S[:, -1])

    return split_solve
