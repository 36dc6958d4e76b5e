"""Routines without the interpreter's lock do what SciPy's wrappers do."""

from typing import Any

import numpy as np
import pytest
import scipy.linalg as la
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from softlearn.linalg import lapack

F64 = NDArray[np.float64]
ways = pytest.mark.parametrize("way", ["without the lock", "wrapper"])


@pytest.fixture(autouse=True)
def _way(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if "wrapper" in request.node.name:
        monkeypatch.setattr(lapack, "_routine", lambda name: None)


def positive(e: int, seed: int) -> F64:
    A = np.random.default_rng(seed).normal(size=(e, e + 3))
    return np.asfortranarray(A @ A.T)


def test_this_scipy_has_them_all_without_the_lock() -> None:
    for name in ("dsyrk", "dpotrf", "dpftrs", "dgemm", "sgemm"):
        assert lapack._routine(name) is not None


def stored(A: Any, how: str) -> Any:
    """Return A in some memory: of rows, of columns, or as a part of a larger array."""
    if how == "part":
        return np.hstack([A, A])[:, A.shape[1] :]
    return np.array(A, order=how)  # type: ignore[call-overload]


@ways
@given(
    sizes=st.tuples(*[st.integers(0, 20)] * 3),
    how=st.tuples(*[st.sampled_from(["C", "F", "part"])] * 2, st.sampled_from(["C", "part"])),
    single=st.booleans(),
)
def test_a_product_is_added_whatever_the_order_of_memory(
    way: str, sizes: tuple[int, int, int], how: tuple[str, str, str], single: bool
) -> None:
    m, k, n = sizes
    rng, dtype = np.random.default_rng(0), np.float32 if single else np.float64
    given = [rng.normal(size=shape).astype(dtype) for shape in ((m, k), (k, n), (m, n))]
    A, B, onto = map(stored, given, how)
    lapack.add_product(A, B, onto)
    want = given[2] + given[0] @ given[1]
    np.testing.assert_allclose(onto, want, atol=1e-4 if single else 1e-12)
    np.testing.assert_array_equal(A, given[0])


@ways
@given(e=st.integers(0, 40), m=st.integers(0, 40), seed=st.integers(0, 9))
def test_a_square_is_added_to_the_lower_half(way: str, e: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    A, before = np.asfortranarray(rng.normal(size=(e, m))), rng.normal(size=(e, e))
    onto = before.copy(order="F")
    found = lapack.add_square(A, onto)
    assert np.shares_memory(found, onto) or e == 0
    np.testing.assert_allclose(np.tril(found), np.tril(before + A @ A.T), atol=1e-12)
    np.testing.assert_array_equal(np.triu(found, 1), np.triu(before, 1))


@ways
@given(e=st.integers(1, 60), seed=st.integers(0, 9), many=st.sampled_from([None, 1, 5]))
def test_a_factor_solves_what_it_is_a_factor_of(
    way: str, e: int, seed: int, many: int | None
) -> None:
    M = positive(e, seed)
    L = M.copy(order="F")
    assert lapack.cholesky(L)
    np.testing.assert_allclose(np.tril(L), la.cholesky(M, lower=True), rtol=1e-9, atol=1e-9)
    b = np.random.default_rng(seed).normal(size=e if many is None else (e, many))
    x = lapack.solve_packed(la.lapack.dtrttf(L, uplo="L")[0], np.array(b, order="F"))
    np.testing.assert_allclose(M @ x, b, atol=1e-6 * np.linalg.cond(M) ** 0.5)


@ways
def test_a_matrix_without_a_factor_is_told_of(way: str) -> None:
    assert not lapack.cholesky(np.asfortranarray([[1.0, 2.0], [2.0, 1.0]]))


def test_a_table_that_is_not_as_it_is_known_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    lapack._routine.cache_clear()
    monkeypatch.setitem(lapack._COUNTS, "dpotrf", 6)
    assert lapack._routine("dpotrf") is None
    monkeypatch.setattr(la.cython_lapack, "__pyx_capi__", {})
    lapack._routine.cache_clear()
    assert lapack._routine("dpftrs") is None
    lapack._routine.cache_clear()
