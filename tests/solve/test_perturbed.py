"""Perturbed gradient descent: it finds minima, and leaves strict saddles."""

import numpy as np
import pytest

from softlearn.function import Function
from softlearn.landscape import Kind, classify, surfaces
from softlearn.protocol import Status
from softlearn.solve import GradientDescent, PerturbedGradientDescent, minimize
from softlearn.testing import check_solver


def test_it_is_a_solver() -> None:
    check_solver(PerturbedGradientDescent(0.15, t_thres=50))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("w0", [[0.0, 0.0], [1.5, 0.0]])
def test_it_leaves_a_saddle_it_stands_on_or_walks_into(w0: list[float], seed: int) -> None:
    solver = PerturbedGradientDescent(0.05, seed=seed)
    found = minimize(surfaces.saddle, solver, np.array(w0), tol=1e-9, max_steps=5000)
    assert found.value == pytest.approx(-1.0)
    assert found.status is Status.STATIONARY or found.value == pytest.approx(-1.0, abs=1e-14)
    assert classify(surfaces.saddle, found.w).kind is Kind.MINIMUM


@pytest.mark.parametrize("w0", [[0.0, 0.0], [1.5, 0.0]])
def test_plain_gradient_descent_is_kept_by_the_same_saddle(w0: list[float]) -> None:
    found = minimize(surfaces.saddle, GradientDescent(0.05), np.array(w0), tol=1e-9)
    assert classify(surfaces.saddle, found.w).kind is Kind.SADDLE


def test_at_a_minimum_it_goes_back_to_where_it_was_before_the_perturbation() -> None:
    J = Function(lambda w: (float(w @ w), 2.0 * w), 2)
    solver = PerturbedGradientDescent(0.1, t_thres=5)
    steps = list(zip(range(8), solver.steps(J, np.zeros(2), 1e-9), strict=False))
    notes = [step.note for _, step in steps]
    assert notes[1] == "perturbed"
    assert notes[6] == "back: J has not fallen"
    assert [step.searching for _, step in steps[5:]] == [True, False, False]
    assert not steps[6][1].point.w.any()


def test_the_perturbation_is_uniform_in_the_ball() -> None:
    solver, rng = PerturbedGradientDescent(radius=2.0), np.random.default_rng(0)
    xi = np.array([solver._in_ball(rng, 3) for _ in range(4000)])
    lengths = np.linalg.norm(xi, axis=1)
    assert lengths.max() <= 2.0
    assert (lengths <= 1.0).mean() == pytest.approx(1.0 / 8.0, abs=0.02)
    assert np.abs(xi.mean(axis=0)).max() < 0.06


@pytest.mark.parametrize("name", ["learning_rate", "radius", "g_thres", "t_thres", "f_thres"])
def test_an_argument_out_of_its_range_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be above 0, but it is -1"):
        PerturbedGradientDescent(**{name: -1})
