"""The optimum of a recalibration is what it is said to be, and no bound is above the minimum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import minimize_scalar

from softlearn.decide.recalibration import (
    METHODS,
    Recalibration,
    has_an_optimum,
    log_probabilities,
    logits,
)
from softlearn.decide.strength import fit_recalibration
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize

each = pytest.mark.parametrize("method", METHODS)


def problem(method, seed=0, n=80, C=4, strength=0.1, temperature=0.4):
    """Labels drawn from softmax(z / T), of which log softmax(z) are given."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, C))
    P = np.exp(log_probabilities(Z / temperature))
    codes = np.array([rng.choice(C, p=p) for p in P])
    s = rng.random(n) + 0.1
    return Recalibration(method, log_probabilities(Z), codes, s / s.sum(), strength)


@each
def test_derivatives_agree_with_differences(method) -> None:
    J = problem(method)
    rng = np.random.default_rng(1)
    w, v, h = rng.normal(size=J.size), rng.normal(size=J.size), 1e-5
    slope = (J.at(w + h * v).value - J.at(w - h * v).value) / (2.0 * h)
    assert J.at(w).grad @ v == pytest.approx(slope, rel=1e-7)
    curve = (J.at(w + h * v).grad - J.at(w - h * v).grad) / (2.0 * h)
    np.testing.assert_allclose(J.at(w).hvp(v), curve, rtol=1e-6, atol=1e-8)
    assert J.at(w).hvp(v) @ v == pytest.approx(v @ curve, rel=1e-6)


@each
def test_logits_and_their_transpose_fit_each_other(method) -> None:
    J = problem(method)
    rng = np.random.default_rng(2)
    w, R = rng.normal(size=J.size), rng.normal(size=J.X.shape)
    assert (J.logits(w) * R).sum() == pytest.approx(w @ J.transposed(R), rel=1e-12)


@each
def test_the_minimum_is_that_of_another_solver(method) -> None:
    J = problem(method)
    found = minimize(J, Newton("blocks"), tol=1e-12)
    start, fun = np.zeros(J.size), lambda w: (J.at(w).value, J.at(w).grad)
    other = scipy_minimize(fun, start, jac=True, method="BFGS", tol=1e-9)
    assert found.status is Status.CONVERGED
    assert found.lower <= other.fun
    assert found.value <= other.fun * (1.0 + 1e-12)
    np.testing.assert_allclose(found.w, other.x, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 10**6),
    strength=st.sampled_from([1e-3, 0.1, 10.0]),
    temperature=st.sampled_from([0.05, 0.5, 3.0]),
    steps=st.integers(0, 6),
)
def test_no_bound_is_above_the_minimum(method, seed, strength, temperature, steps) -> None:
    J = problem(method, seed, 40, 3, strength, temperature)
    if not has_an_optimum(J.X, J.codes, J.s):
        return
    least = minimize(J, Newton("blocks"), tol=1e-12).value
    point = J.at(minimize(J, Newton("blocks"), max_steps=steps).w)
    v = -np.linalg.solve(np.stack([point.hvp(e) for e in np.eye(J.size)]), point.grad)
    rng = np.random.default_rng(seed)
    for guess in (None, v, 0.7 * v, v + 1e-4 * rng.normal(size=J.size)):
        assert point.bound(guess) <= least * (1.0 + 1e-12)
    at_end = J.at(minimize(J, Newton("blocks"), tol=1e-12).w)
    assert at_end.bound() >= least * (1.0 - 1e-6)


def test_a_stronger_penalty_leads_to_the_temperature_alone() -> None:
    J = problem("temperature")
    beta = minimize(J, Newton("blocks"), tol=1e-12).w[0]
    for method in ("vector", "dirichlet"):
        strong = minimize(problem(method, strength=1e9), Newton("blocks"), tol=1e-12)
        assert strong.w[0] == pytest.approx(beta, rel=1e-6)
        np.testing.assert_allclose(strong.w[1:], 0.0, atol=1e-8)


def test_the_temperature_is_that_of_a_scalar_minimisation() -> None:
    J = problem("temperature", n=300)
    other = minimize_scalar(
        lambda b: J.at(np.array([b])).value, bracket=(0.1, 1.0), options={"xtol": 1e-10}
    )
    found = fit_recalibration("temperature", J.X, J.codes, J.s)
    assert found.w[0] == pytest.approx(other.x, abs=1e-7)
    assert found.gap <= 1e-10
    h = 1e-4
    left, middle, right = (J.at(np.array([found.w[0] + t])).value for t in (-h, 0.0, h))
    assert found.curvature == pytest.approx((left - 2.0 * middle + right) / h**2, rel=1e-4)


@each
def test_without_an_optimum_probabilities_stay_as_they_are(method) -> None:
    X = log_probabilities(np.eye(3)[[0, 1, 2, 0]] + 0.1)
    codes, s = np.array([0, 1, 2, 0]), np.full(4, 0.25)
    found = fit_recalibration(method, X, codes, s)
    assert found.status is Status.NO_FINITE_OPTIMUM
    np.testing.assert_array_equal(logits(method, found.w, X), X)
    further = [Recalibration(method, X, codes, s).at(b * found.w).value for b in (1.0, 10.0, 100.0)]
    assert further == sorted(further, reverse=True)
    assert further[-1] < 1e-9


def test_a_classifier_worse_than_none_gets_equal_probabilities() -> None:
    X = log_probabilities(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    codes, s = np.array([1, 0, 0]), np.full(3, 1.0 / 3.0)
    found = fit_recalibration("temperature", X, codes, s)
    assert (found.w[0], found.gap, found.status) == (0.0, 0.0, Status.CONVERGED)
    J = Recalibration("temperature", X, codes, s)
    assert all(J.at(np.array([b])).value > found.objective for b in (1e-3, 0.1, 2.0))


@each
def test_rows_without_weight_change_nothing(method) -> None:
    J = problem(method, n=60)
    some = np.arange(60) % 3 > 0
    s = np.where(some, J.s, 0.0) / J.s[some].sum()
    zeros = Recalibration(method, J.X, J.codes, s)
    only = Recalibration(method, J.X[some], J.codes[some], s[some])
    found = [minimize(F, Newton("blocks"), tol=1e-12).w for F in (zeros, only)]
    np.testing.assert_allclose(*found, rtol=1e-6, atol=1e-9)


def test_too_many_classes_for_dirichlet_are_refused_in_a_sentence() -> None:
    X = log_probabilities(np.random.default_rng(0).normal(size=(3, 301)))
    with pytest.raises(ValueError, match="too many for 301 classes: use 'temperature' or 'vector'"):
        fit_recalibration("dirichlet", X, np.array([0, 1, 2]), np.full(3, 1.0 / 3.0))
