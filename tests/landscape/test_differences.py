"""Plain functions become objectives whose derivatives are right, or say what is wrong with them."""

from typing import Any

import numpy as np
import pytest

from softlearn.landscape import as_objective, surfaces
from softlearn.protocol import F64

rosenbrock = surfaces.rosenbrock
W = np.array([-1.2, 1.0])


def test_gradient_and_hessian_by_differences_are_those_by_hand() -> None:
    J = as_objective(lambda w: rosenbrock(w), W)
    assert J.at(W).value == rosenbrock(W)
    np.testing.assert_allclose(J.at(W).grad, rosenbrock.at(W).grad, rtol=1e-9)
    v = np.array([3.0, -4.0])
    np.testing.assert_allclose(J.at(W).hvp(v), rosenbrock.at(W).hvp(v), rtol=1e-5)
    np.testing.assert_array_equal(J.at(W).hvp(0.0 * v), 0.0 * v)


def test_a_gradient_that_is_given_makes_the_hessian_more_accurate() -> None:
    J = as_objective(lambda w: rosenbrock(w), W, lambda w: rosenbrock.at(w).grad)
    v = np.array([3.0, -4.0])
    np.testing.assert_array_equal(J.at(W).grad, rosenbrock.at(W).grad)
    np.testing.assert_allclose(J.at(W).hvp(v), rosenbrock.at(W).hvp(v), rtol=1e-9)


def test_an_objective_is_taken_as_it_is() -> None:
    assert as_objective(rosenbrock, W) is rosenbrock


def test_a_function_of_one_parameter_may_return_an_array_of_one() -> None:
    J = as_objective(lambda w: w**2 - 10.0 * w + 25.0, np.array([0.0]))
    assert J.at(np.zeros(1)).value == 25.0


def test_many_parameters_are_fine_with_a_gradient() -> None:
    w = np.ones(200)
    J = as_objective(lambda w: 0.5 * w @ w, w, lambda w: w)
    np.testing.assert_allclose(J.at(w).hvp(w), w, rtol=1e-9)


@pytest.mark.parametrize(
    ("J", "w", "grad", "sentence"),
    [
        (rosenbrock, np.zeros(3), None, r"w must have shape \(2,\), as J has it"),
        (rosenbrock, np.zeros((2, 1)), None, "w must be a vector"),
        (lambda w: w @ w, np.zeros(51), None, "too many for differences .* give grad="),
        (lambda w: w, np.zeros(2), None, r"must return one number, but it returned shape \(2,\)"),
        (lambda w: w @ w, np.zeros(2), lambda w: 1.0, r"grad must return shape \(2,\)"),
    ],
)
def test_what_does_not_fit_is_said(J: Any, w: F64, grad: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        as_objective(J, w, grad).at(w).value  # noqa: B018
