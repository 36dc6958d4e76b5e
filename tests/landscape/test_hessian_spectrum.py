"""The spectrum's ends lie within their errors, and its density has the Hessian's moments."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_problems import network_problem

from softlearn.function import Function
from softlearn.landscape import spectrum, surfaces
from softlearn.protocol import F64


def dense(J: Any, w: F64) -> F64:
    point = J.at(w)
    return np.array([point.hvp(e) for e in np.eye(len(w))])


def diagonal(values: F64) -> Function:
    return Function(
        lambda w: (0.5 * float(values @ w**2), values * w), len(values), lambda w, v: values * v
    )


@settings(max_examples=15)
@given(
    st.sampled_from(["tanh", "relu"]),
    st.sampled_from([(4,), (8, 5)]),
    st.integers(1, 20),
    st.integers(0, 100),
)
def test_each_eigenvalue_is_within_its_error_and_has_its_vector(
    activation: str, hidden: tuple[int, ...], k: int, seed: int
) -> None:
    J, w = network_problem(activation, hidden, seed=seed)
    found, H = spectrum(J, w, k, max_products=60), dense(J, w)
    values = np.linalg.eigvalsh(H)
    assert len(found.eigenvalues) == len(found.errors) == min(k, J.size)
    assert (np.diff(found.eigenvalues) >= 0.0).all()
    assert (np.abs(found.eigenvalues[:, None] - values).min(axis=1) <= found.errors).all()
    for u, value, error in zip(found.vectors, found.eigenvalues, found.errors, strict=True):
        assert np.linalg.norm(H @ u - value * u) <= error
    assert found.products <= 60


def test_half_of_the_ten_are_the_smallest_and_half_the_largest() -> None:
    values = np.concatenate(
        [-np.arange(5.0, 0.0, -1.0), np.linspace(0.0, 0.1, 490), 10.0 * np.arange(1.0, 6.0)]
    )
    found = spectrum(diagonal(values), np.zeros(500))
    np.testing.assert_allclose(
        found.eigenvalues, [-5, -4, -3, -2, -1, 10, 20, 30, 40, 50], atol=0.05
    )
    assert found.products < 90


def test_it_stops_once_they_are_accurate_to_a_thousandth_of_the_largest() -> None:
    values = np.linspace(0.0, 1.0, 2000) ** 8
    found = spectrum(diagonal(values), np.zeros(2000), k=1)
    assert found.products < 60
    assert found.errors[0] <= 1.001e-3
    few = spectrum(diagonal(values), np.zeros(2000), k=1, max_products=5)
    assert few.products == 5
    assert few.errors[0] > 1e-3


@given(st.integers(0, 50), st.integers(1, 60))
def test_the_density_has_mass_one_and_moments_of_the_first_random_vector(seed: int, n: int) -> None:
    """Gauss quadrature: the mean of t and t^2 is exactly q'Hq and q'H^2 q."""
    values = np.random.default_rng(seed).normal(size=n)
    found = spectrum(diagonal(values), np.zeros(n), max_products=20, seed=seed)
    q = np.random.default_rng(seed).normal(size=n)
    q /= np.linalg.norm(q)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.moment(lambda t: t) == pytest.approx(q**2 @ values, abs=1e-10)
    assert found.moment(lambda t: t**2) == pytest.approx(q**2 @ values**2, abs=1e-10)
    t = np.linspace(-8.0, 8.0, 2001)
    assert np.trapezoid(found.density(t, 0.1), t) == pytest.approx(1.0, abs=1e-6)


def test_the_density_s_mean_is_the_trace_over_the_parameters() -> None:
    """Within three standard errors of the mean over random vectors."""
    J, w = network_problem("tanh", (8, 5))
    H = dense(J, w)
    n, draws = J.size, 40
    found = spectrum(J, w, draws=draws, max_products=10)
    error = np.sqrt(2.0 * ((H**2).sum() - np.trace(H) ** 2 / n) / (n * (n + 2)) / draws)
    assert abs(found.moment(lambda t: t) - np.trace(H) / n) < 3.0 * error
    assert found.products == draws * 10


def test_the_density_shows_where_eigenvalues_are() -> None:
    values = np.repeat([-1.0, 0.0, 2.0], [100, 600, 300])
    found = spectrum(diagonal(values), np.zeros(1000), draws=20)
    height = 1.0 / (0.05 * np.sqrt(2.0 * np.pi))
    got = found.density(np.array([-1.0, 0.0, 2.0, 1.0]), 0.05) / height
    np.testing.assert_allclose(got, [0.1, 0.6, 0.3, 0.0], atol=0.03)


def test_plain_functions_have_a_spectrum() -> None:
    found = spectrum(lambda w: surfaces.rosenbrock(w), np.ones(2), 2)
    np.testing.assert_allclose(found.eigenvalues, [0.3993607, 1001.6006392], rtol=1e-4)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"k": 0}, "k must be at least 1, but it is 0"),
        ({"draws": 0}, "draws must be at least 1"),
        ({"max_products": 0}, "max_products must be at least 1"),
        ({"w": np.zeros(3)}, r"w must have shape \(2,\)"),
        ({"w": np.full(2, np.nan)}, "not finite at w"),
    ],
)
def test_what_does_not_fit_is_said(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        spectrum(surfaces.bowl, **{"w": np.zeros(2)} | choices)


def test_a_density_needs_a_width() -> None:
    with pytest.raises(ValueError, match="width must be above 0, but it is 0"):
        spectrum(surfaces.bowl, np.zeros(2)).density(np.zeros(1), 0.0)
