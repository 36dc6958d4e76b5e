"""The protocol: any plain function is an objective, and points never change."""

import numpy as np
import pytest
from numpy.typing import NDArray

from softlearn.function import Function
from softlearn.protocol import Status, Step
from softlearn.testing import check_objective

F64 = NDArray[np.float64]
A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])


def bowl(w: F64) -> tuple[float, F64]:
    return 0.5 * float(w @ A @ w) + float(np.cosh(w).sum()), A @ w + np.sinh(w)


def bend(w: F64, v: F64) -> F64:
    return A @ v + np.cosh(w) * v


def wave(w: F64) -> tuple[float, F64]:
    return float(np.cos(w).sum()), -np.sin(w)


@pytest.mark.parametrize("hvp", [None, bend])
def test_a_plain_function_conforms(hvp: object) -> None:
    check_objective(Function(bowl, 3, hvp))  # type: ignore[arg-type]


def test_a_plain_function_need_not_be_convex() -> None:
    check_objective(Function(wave, 3), convex=False)


def test_products_by_differences_equal_the_true_ones() -> None:
    w, v = np.array([0.3, -1.0, 2.0]), np.array([1.0, 5.0, -2.0])
    by_differences = Function(bowl, 3).at(w)
    np.testing.assert_allclose(by_differences.hvp(v), bend(w, v), rtol=1e-8)
    np.testing.assert_allclose(by_differences.hvp(1e8 * v), 1e8 * bend(w, v), rtol=1e-8)
    assert not by_differences.hvp(np.zeros(3)).any()
    np.testing.assert_allclose(by_differences.hvp(v, 2.0), bend(w, v) + 2.0 * v, rtol=1e-8)


def test_the_function_is_called_once_per_point() -> None:
    calls: list[F64] = []

    def counted(w: F64) -> tuple[float, F64]:
        calls.append(w)
        return bowl(w)

    J = Function(counted, 3)
    point = J.at(np.ones(3))
    assert not calls
    for _ in range(3):
        _ = point.value, point.grad
    line = point.along(np.ones(3))
    _ = line(1.0), line(1.0), line.point(1.0).grad
    assert len(calls) == 2
    assert J.passes == 2.0


def test_nothing_is_known_of_a_plain_function() -> None:
    J = Function(bowl, 3)
    point = J.at(np.ones(3))
    assert point.bound() == point.bound(np.ones(3)) == -np.inf
    assert point.preconditioner("diagonal", 0) is None
    assert J.diagnose(point, np.ones(3)) == ""
    assert not J.has_bound
    assert next(iter(J.batches(2, np.random.default_rng(0)))) is J


def test_lists_and_whole_numbers_become_arrays_of_floats() -> None:
    point = Function(lambda w: (int(w @ w), [2, 4]), 2).at([1, 2])  # type: ignore[arg-type, list-item, return-value]
    assert point.w.dtype == point.grad.dtype == np.float64
    assert isinstance(point.value, float)


def test_a_step_knows_nothing_unless_told() -> None:
    step = Step(Function(bowl, 3).at(np.zeros(3)))
    assert step.lower == -np.inf
    assert step.decrement == np.inf
    assert not step.stuck
    assert step.unbounded == ""


def test_one_ending_alone_is_a_proof() -> None:
    assert {status for status in Status if status.ok} == {Status.CONVERGED}


def test_three_endings_are_as_far_as_a_solver_can_go() -> None:
    settled = {status for status in Status if status.settled}
    assert settled == {Status.CONVERGED, Status.STATIONARY, Status.ROUNDING}
