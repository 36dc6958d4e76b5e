"""L-BFGS reaches proven optima, also where its own directions prove nothing."""

from typing import Any

import numpy as np
import pytest
from problems import MakeProblem

from softlearn.function import Function
from softlearn.protocol import Status
from softlearn.solve import LBFGS, Newton, minimize
from softlearn.testing import check_solver


@pytest.mark.parametrize(
    "solver", [LBFGS(), LBFGS(diagonal=False), LBFGS(memory=1), LBFGS(memory=3)]
)
def test_it_conforms(solver: LBFGS) -> None:
    check_solver(solver)


@pytest.mark.parametrize("columns", [1.0, [1e-3, 1.0, 1e3], [1e6, 1.0, 1.0], [1e-9, 1e9, 1.0]])
@pytest.mark.parametrize("l2", [1e-8, 1e-3])
def test_badly_scaled_columns_are_proven_too(make: MakeProblem, columns: Any, l2: float) -> None:
    J = make(n=80, l2=l2, columns=columns)
    result = minimize(J, LBFGS(), max_steps=2000)
    assert result.status is Status.CONVERGED
    assert result.value <= minimize(J, Newton("exact"), tol=1e-12).value * (1.0 + 1e-6)


def test_without_a_penalty_it_is_proven_too(make: MakeProblem) -> None:
    J = make(n=80, l2=0.0)
    assert minimize(J, LBFGS()).status is Status.CONVERGED


def test_rosenbrocks_valley_is_followed_to_its_end() -> None:
    def fun(w: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = w[1] - w[0] ** 2, 1.0 - w[0]
        return float(100.0 * a * a + b * b), np.array([-400.0 * a * w[0] - 2.0 * b, 200.0 * a])

    result = minimize(Function(fun, 2), LBFGS(), np.array([-1.2, 1.0]), tol=1e-10)
    np.testing.assert_allclose(result.w, 1.0, atol=1e-8)
    assert result.status is Status.STATIONARY


def test_it_notices_that_separable_classes_have_no_minimum(make: MakeProblem) -> None:
    J = make(n=30, l2=0.0, separable=True)
    assert minimize(J, LBFGS()).status is Status.NO_FINITE_OPTIMUM


def test_a_start_at_the_minimum_is_proven_in_a_step(make: MakeProblem) -> None:
    J = make()
    best = minimize(J, Newton("exact"), tol=1e-14)
    result = minimize(J, LBFGS(), best.w)
    assert result.status is Status.CONVERGED
    assert result.n_steps <= 1
