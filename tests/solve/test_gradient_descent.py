"""Gradient descent is the course's, to the last bit; with a line search it needs no step size."""

import numpy as np
import pytest
from problems import MakeProblem

from softlearn import residual
from softlearn.data import as_rows
from softlearn.function import Function
from softlearn.networks import objective_of
from softlearn.problem import Linear
from softlearn.protocol import Status
from softlearn.solve import GradientDescent, Newton, minimize
from softlearn.testing import check_solver


@pytest.mark.parametrize("rate", [None, 0.1])
def test_it_conforms(rate: float | None) -> None:
    check_solver(GradientDescent(rate))


@pytest.mark.parametrize("alpha", [0.01, 0.5])
def test_with_a_step_size_it_is_w_minus_alpha_times_the_gradient_exactly(
    make: MakeProblem, alpha: float
) -> None:
    J = make(l2=0.1)
    w = np.full(J.size, 0.2)
    steps = GradientDescent(alpha).steps(J, w, 1e-6)
    for _ in range(20):
        np.testing.assert_array_equal(next(steps).point.w, w)
        w = w - alpha * J.at(w).grad


def test_it_follows_the_course_which_puts_examples_in_columns() -> None:
    rng = np.random.default_rng(0)
    m, alpha = 12, 0.3
    X, y = rng.normal(size=(2, m)), rng.integers(0, 3, m)
    W, b = np.zeros((3, 2)), np.zeros((3, 1))
    J = objective_of(as_rows(X.T), y, Linear(2, 3))
    steps = GradientDescent(alpha).steps(J, np.zeros(J.size), 1e-6)
    for _ in range(15):
        W_, b_ = J.model.split(next(steps).point.w)
        np.testing.assert_allclose(W_, W, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(b_, b[:, 0], rtol=1e-12, atol=1e-15)
        dZ = residual(W @ X + b, y, axis=0)  # A - Y
        W = W - alpha * (dZ @ X.T) / m
        b = b - alpha * dZ.sum(1, keepdims=True) / m


def test_with_a_line_search_every_step_lowers_j(make: MakeProblem) -> None:
    J = make(l2=0.01, columns=[1.0, 30.0, 0.1])
    steps = GradientDescent().steps(J, np.zeros(J.size), 1e-6)
    values = [next(steps).point.value for _ in range(30)]
    assert (np.diff(values) < 0.0).all()


def test_a_step_size_too_large_ends_where_j_is_no_longer_finite() -> None:
    J = Function(lambda w: (float(w @ w), 2.0 * w), 1)
    result = minimize(J, GradientDescent(10.0), np.ones(1))
    assert result.status is Status.NOT_FINITE
    assert result.value == 1.0  # the best point, here the start


def test_a_step_size_too_large_for_a_softmax_objective_never_ends_in_a_warning(
    make: MakeProblem,
) -> None:
    result = minimize(make(l2=1.0), GradientDescent(50.0), max_steps=2000)
    assert result.status is Status.NOT_FINITE
    assert np.isfinite(result.value)


def test_it_notices_that_separable_classes_have_no_minimum(make: MakeProblem) -> None:
    J = make(n=30, l2=0.0, separable=True)
    assert minimize(J, GradientDescent()).status is Status.NO_FINITE_OPTIMUM


def test_it_stops_where_rounding_lets_it_no_further() -> None:
    J = Function(lambda w: (1.0 + float(w @ w), 2.0 * w), 1)
    result = minimize(J, GradientDescent(0.25), np.ones(1), tol=0.0)
    assert result.status in (Status.ROUNDING, Status.STATIONARY)
    assert result.value == 1.0


@pytest.mark.parametrize("learning_rate", [1e2, 1e6, 1e12])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 1.0])
def test_steps_that_are_far_too_long_never_prove_what_is_false(
    make: MakeProblem, learning_rate: float, l2: float
) -> None:
    J = make(n=100, l2=l2)
    least = minimize(J, Newton("exact"), tol=1e-12).value
    result = minimize(J, GradientDescent(learning_rate), max_steps=200)
    assert result.status in (Status.NOT_FINITE, Status.LIMIT_REACHED, Status.STUCK)
    assert result.value >= result.lower
    assert least >= result.lower
