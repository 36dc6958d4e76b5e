"""Lanczos's method holds what it says of eigenvalues, the quadrature and the noise it saw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softlearn.landscape.lanczos import Ritz, accurate, lanczos
from softlearn.protocol import F64


def symmetric(n: int, seed: int, *, kinds: int | None = None) -> tuple[F64, F64]:
    """Return a random symmetric matrix, with few different eigenvalues if asked, and those."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n) * 10.0 ** rng.uniform(-3, 3)
    if kinds is not None:
        values = values[rng.integers(0, min(kinds, n), size=n)]
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return (Q * values) @ Q.T, np.sort(values)


def run(A: F64, most: int, seed: int = 0) -> Ritz:
    rng = np.random.default_rng(seed)
    return lanczos(lambda v: A @ v, lambda: rng.normal(size=len(A)), len(A), most, lambda _: False)


cases = given(st.integers(1, 40), st.integers(1, 40), st.none() | st.integers(1, 5), st.integers(0))


@cases
def test_an_eigenvalue_lies_within_the_bound_of_every_ritz_value(
    n: int, most: int, kinds: int | None, seed: int
) -> None:
    A, values = symmetric(n, seed, kinds=kinds)
    found = run(A, most)
    distance = np.abs(found.values[:, None] - values).min(axis=1)
    assert (distance <= found.bounds + 1e-12 * np.abs(values).max()).all()
    for i, theta in enumerate(found.values):
        u = found.vector(i)
        rest = np.linalg.norm(A @ u - theta * u)
        assert rest <= found.bounds[i] + 1e-9 * np.abs(values).max()


@cases
def test_there_are_as_many_eigenvalues_below_zero_as_ritz_values(
    n: int, most: int, kinds: int | None, seed: int
) -> None:
    A, values = symmetric(n, seed, kinds=kinds)
    low = -1e-12 * np.abs(values).max()
    assert (run(A, most).values < low).sum() <= (values < low).sum()


@given(st.integers(1, 40), st.none() | st.integers(1, 5), st.integers(0))
def test_as_many_products_as_dimensions_give_every_eigenvalue_as_often_as_it_is(
    n: int, kinds: int | None, seed: int
) -> None:
    A, values = symmetric(n, seed, kinds=kinds)
    found = run(A, 1000)
    np.testing.assert_allclose(found.values, values, atol=1e-11 * np.abs(values).max())
    assert found.unseen() == 0.0


@given(st.integers(2, 40), st.integers(1, 8), st.integers(0))
def test_the_quadrature_is_exact_for_polynomials(n: int, m: int, seed: int) -> None:
    """Sum of weights times p(nodes) is q'p(A) q for polynomials of degree 2m - 1 (Gauss)."""
    A, values = symmetric(n, seed)
    A, m = A / np.abs(values).max(), min(m, n)
    found = run(A, m)
    q = np.random.default_rng(0).normal(size=n)
    q /= np.linalg.norm(q)
    for degree in range(2 * m):
        wanted = q @ np.linalg.matrix_power(A, degree) @ q
        assert found.weights @ found.values**degree == pytest.approx(wanted, abs=1e-12)


def test_it_stops_when_what_was_found_is_enough() -> None:
    A = np.diag(np.concatenate([[-50.0, 80.0], np.linspace(0.0, 1.0, 298)]))
    rng = np.random.default_rng(0)
    found = lanczos(
        lambda v: A @ v,
        lambda: rng.normal(size=300),
        300,
        300,
        lambda found: accurate(found, 1, 1, 1e-3),
    )
    assert len(found.values) <= 15
    np.testing.assert_allclose(found.values[[0, -1]], [-50.0, 80.0], atol=0.08)


def test_a_space_that_is_used_up_is_left_for_another_of_those_allowed() -> None:
    """H has rank 2 on vectors without a first coordinate, where it would be 100."""
    A = np.diag([100.0, 1.0, -1.0] + [0.0] * 7)
    rng = np.random.default_rng(0)
    away = np.array([0.0] + [1.0] * 9)
    found = lanczos(
        lambda v: away * (A @ v), lambda: away * rng.normal(size=10), 9, 9, lambda _: False
    )
    np.testing.assert_allclose(found.values, [-1.0, *[0.0] * 7, 1.0], atol=1e-12)


@pytest.mark.parametrize("noise", [1e-3, 1e-6, 1e-9])
def test_the_noise_of_products_is_measured(noise: float) -> None:
    A, values = symmetric(300, 1)
    A /= np.abs(values).max()
    rng = np.random.default_rng(0)

    def product(v: F64) -> F64:
        e = rng.normal(size=300)
        return A @ v + noise * e / np.linalg.norm(e)

    found = lanczos(product, lambda: rng.normal(size=300), 300, 60, lambda _: False)
    assert 0.8 * noise < found.noise < 1.2 * noise


@settings(max_examples=20)
@given(st.integers(0))
def test_what_lies_beyond_the_ends_is_no_further_than_said(seed: int) -> None:
    """The hard case: one eigenvalue below many that lie close above it."""
    values = np.concatenate([[0.0], np.linspace(0.02, 1.0, 1999) ** 2])
    rng = np.random.default_rng(seed)
    found = lanczos(lambda v: values * v, lambda: rng.normal(size=2000), 2000, 40, lambda _: False)
    assert 0.0 < found.values[0] <= found.unseen() < 0.2
    assert run(np.diag(values[:500]), 8).unseen() == np.inf
