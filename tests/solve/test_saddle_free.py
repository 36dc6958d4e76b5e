"""Saddle-free Newton: it finds minima, and no saddle keeps it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from softlearn.function import Function
from softlearn.landscape import Kind, classify, surfaces
from softlearn.protocol import F64, Status
from softlearn.solve import Newton, SaddleFreeNewton, downhill, minimize
from softlearn.testing import check_solver

FEW = SaddleFreeNewton(whole=0, subspace=6)  # as for many parameters, in a subspace


@pytest.mark.parametrize("solver", [SaddleFreeNewton(), SaddleFreeNewton(whole=0)])
def test_it_is_a_solver(solver: SaddleFreeNewton) -> None:
    check_solver(solver)


@given(arrays(np.float64, 2, elements=st.floats(-3.0, 3.0)))
def test_no_start_ends_on_the_saddle(w0: F64) -> None:
    found = minimize(surfaces.saddle, SaddleFreeNewton(), w0, tol=1e-9)
    assert found.value == pytest.approx(-1.0)


@pytest.mark.parametrize("solver", [SaddleFreeNewton(), FEW])
@pytest.mark.parametrize("w0", [[0.0, 0.0], [1.5, 0.0], [0.0, 1e-200]])
def test_it_leaves_a_saddle_it_stands_on_or_would_walk_into(
    solver: SaddleFreeNewton, w0: list[float]
) -> None:
    found = minimize(surfaces.saddle, solver, np.array(w0), tol=1e-9, max_steps=50)
    assert found.value == pytest.approx(-1.0)
    assert found.status.settled
    assert classify(surfaces.saddle, found.w).kind is Kind.MINIMUM


def test_newton_s_method_is_kept_by_the_same_saddle() -> None:
    found = minimize(surfaces.saddle, Newton(), np.array([1.5, 0.0]), tol=1e-9)
    assert classify(surfaces.saddle, found.w).kind is Kind.SADDLE


def quartic(A: F64) -> Function:
    """Return w'A w / 2 + |w|^4 / 4: a saddle at 0, minima along A's lowest eigenvectors."""

    def fun(w: F64) -> tuple[float, F64]:
        square = float(w @ w)
        return 0.5 * float(w @ A @ w) + 0.25 * square**2, A @ w + square * w

    return Function(fun, len(A), lambda w, v: A @ v + float(w @ w) * v + 2.0 * float(w @ v) * w)


@pytest.mark.parametrize("whole", [100, 0])
@pytest.mark.parametrize("seed", range(4))
def test_it_finds_the_lowest_minimum_of_a_quartic_from_the_saddle_between(
    seed: int, whole: int
) -> None:
    B = np.random.default_rng(seed).normal(size=(40, 40))
    A = B + B.T
    found = minimize(quartic(A), SaddleFreeNewton(whole=whole), np.zeros(40), tol=1e-9)
    lowest = float(np.linalg.eigvalsh(A)[0])
    assert found.status is Status.ROUNDING or found.status.settled
    assert found.value == pytest.approx(-0.25 * lowest**2, rel=1e-9)


def test_a_step_from_a_convex_quadratic_is_newton_s() -> None:
    A = np.diag([1.0, 10.0, 100.0])
    J = Function(lambda w: (0.5 * float(w @ A @ w), A @ w), 3, lambda w, v: A @ v)
    steps = SaddleFreeNewton().steps(J, np.array([3.0, -2.0, 1.0]), 1e-9)
    next(steps)
    np.testing.assert_allclose(next(steps).point.w, np.zeros(3), atol=1e-14)


def test_curvature_below_zero_is_turned_around() -> None:
    A = np.diag([2.0, -4.0])
    J = Function(lambda w: (0.5 * float(w @ A @ w), A @ w), 2, lambda w, v: A @ v)
    steps = SaddleFreeNewton().steps(J, np.array([1.0, 0.5]), 1e-9)
    next(steps)
    change = next(steps).point.w - [1.0, 0.5]
    assert change[1] / -change[0] == pytest.approx(0.5)  # (-1, +0.5) is -|A|^-1 A w


def test_a_step_costs_as_many_products_as_it_says() -> None:
    products = []

    def product(w: F64, v: F64) -> F64:
        products.append(1)
        return w * 0.0 + 2.0 * v

    J = Function(lambda w: (float(w @ w), 2.0 * w), 300, product)
    next(SaddleFreeNewton(subspace=7).steps(J, np.ones(300), 1e-9))
    assert len(products) <= 7


def test_downhill_finds_a_lower_point_or_says_there_is_none() -> None:
    saddle = surfaces.saddle.at(np.zeros(2))
    lower = downhill(saddle, np.array([0.0, 1.0]))
    assert lower is not None
    assert lower.value < -0.5
    assert downhill(saddle, np.array([1.0, 0.0])) is None
