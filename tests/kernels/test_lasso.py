"""Matrices over some weights of sparse rows, and coordinate descent, against their definitions."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose

from softlearn import softmax
from softlearn.data import SparseRows
from softlearn.kernels import Loss, add_sparse_gram, descend, native, sweep

pytestmark = pytest.mark.skipif(native() is None, reason="there are no native kernels")
F64 = Any


def case(classes: int, first: int) -> tuple[Any, F64, F64, Any, Any]:
    """Return CSR rows, probabilities, weights of rows, and the rows and columns of some weights."""
    rng = np.random.default_rng(classes)
    X = sp.random_array((60, 7), density=0.4, random_state=rng, format="csr")
    P = softmax(3.0 * rng.normal(size=(60, classes))).T.copy()
    chosen = rng.random((7, classes - first)) < 0.7
    column, own = map(np.ascontiguousarray, np.nonzero(chosen))
    return X, P, rng.dirichlet(np.ones(60)), own, column


def defined(X: Any, P: F64, s: F64, own: Any, column: Any, mu: float) -> F64:
    """Return the Hessian over weights (own, column) and then the biases, row by row."""
    K = int(own.max()) + 1
    own, column = np.concatenate([own, np.arange(K)]), np.concatenate([column, np.full(K, 7)])
    A, C, first = np.hstack([X.toarray(), np.ones((60, 1))]), len(P), len(P) - K
    H = np.zeros((len(own), len(own)))
    for x, p, weight in zip(A, P.T, s, strict=True):
        curvature = np.diag(p) - np.outer(p, p) + mu * (np.eye(C) - 1.0 / C)
        some = np.ix_(own + first, own + first)
        H += weight * curvature[some] * np.outer(x[column], x[column])
    return H


@pytest.mark.parametrize(("classes", "first"), [(2, 1), (4, 0)])
@pytest.mark.parametrize("mu", [0.0, 0.3])
def test_a_matrix_of_sparse_rows_is_the_hessian_also_where_it_is_completed(
    classes: int, first: int, mu: float
) -> None:
    X, P, s, own, column = case(classes, first)
    m, K = len(own), classes - first
    expected = defined(X, P, s, own, column, mu)
    block = SparseRows(X).block(slice(0, 60))
    for new in (np.ones(m, dtype=bool), np.arange(m) % 3 == 0):
        H, cross = np.zeros((m, m)), np.zeros((m, K))
        add_sparse_gram(block, P, s, mu, (own, column, new), (H, cross))
        whole = H + H.T
        np.fill_diagonal(whole, H.diagonal())
        touched = new[:, None] | new
        assert_allclose(whole[touched], expected[:m, :m][touched], atol=1e-14)
        assert not whole[~touched].any()
        assert_allclose(cross[new], expected[:m, m:][new], atol=1e-14)


@pytest.mark.parametrize(("classes", "first"), [(2, 1), (4, 0)])
@pytest.mark.parametrize("mu", [0.0, 0.3])
def test_descent_by_rows_ends_where_descent_by_the_matrix_does(
    classes: int, first: int, mu: float
) -> None:
    X, P, s, own, column = case(classes, first)
    m, l2 = len(own), 0.01
    whole = defined(X, P, s, own, column, mu)
    cross, inverse = whole[:m, m:], np.linalg.pinv(whole[m:, m:], rcond=1e-13, hermitian=True)
    H = whole[:m, :m] - cross @ inverse @ cross.T + l2 * np.eye(m)
    rng = np.random.default_rng(1)
    w, g, g_b = (
        rng.normal(size=m) * (rng.random(m) < 0.5),
        rng.normal(size=m),
        np.zeros(len(inverse)),
    )
    g *= 0.1
    level = np.full(m, 0.05)
    rule = 20_000, 0.0
    found = descend(np.ascontiguousarray(H), level, w, g, *rule)
    assert found is not None
    x, r, _, gain = found
    assert_allclose(r, g + H @ (x - w), atol=1e-12)
    assert_allclose(
        np.where(x == 0.0, np.clip(r, -level, level), -level * np.sign(x)), r, atol=1e-9
    )
    loss = Loss(X.T.tocsr(), P, s, first, inverse, l2, mu)
    start = rng.normal(size=m)
    biases = g_b, rng.normal(size=len(inverse))
    v, c, _ = sweep(loss, (own, column), level, (w, g), biases, start, rule)
    assert_allclose(w + v, x, atol=1e-7)
    assert c is not None
    best = -inverse @ (cross.T @ v)
    assert_allclose(c - c.mean() * (first == 0), best - best.mean() * (first == 0), atol=1e-7)
    value = g @ (x - w) + 0.5 * (x - w) @ H @ (x - w) + level @ (np.abs(x) - np.abs(w))
    assert gain == pytest.approx(-value, rel=1e-9)
