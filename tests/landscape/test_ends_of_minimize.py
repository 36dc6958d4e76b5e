"""Where `minimize` ends on functions that fall without end, slowly, or at scales of their own."""

from typing import Any

import numpy as np
import pytest

from softlearn import Status, minimize
from softlearn.landscape import as_objective
from softlearn.protocol import F64
from softlearn.solve import SaddleFreeNewton
from softlearn.solve import minimize as solve


def steep_beside_a_pole(w: F64) -> float:
    return float(-1e4 * np.log1p(w[0] ** 2) - 3e4 * w[1] ** 2 - 5e-5 * (w[2] - np.log1p(w[2])))


def its_gradient(w: F64) -> F64:
    x, y, z = w
    return np.array([-2e4 * x / (1 + x * x), -6e4 * y, -5e-5 * z / (1 + z)])


@pytest.mark.parametrize(
    ("J", "grad", "start"),
    [
        # its square is too large for a number before the log is
        (lambda w: 1 - np.log1p(w @ w), lambda w: -2 * w / (1 + w @ w), [1.0]),
        # beside J's size the pole of the log is smaller than rounding
        (steep_beside_a_pole, its_gradient, [1.0, 0.5, -0.1]),
        # the other parameters, which do not fall, are as far from their places as steps have left
        (
            lambda w: -0.1 * np.log1p(w[0] ** 2) + 69 * w[1] ** 8,
            lambda w: np.array([-0.2 * w[0] / (1 + w[0] ** 2), 552 * w[1] ** 7]),
            [0.1, 0.1],
        ),
    ],
)
def test_a_fall_without_end_is_told(J: Any, grad: Any, start: list[float]) -> None:
    with np.errstate(all="ignore"):
        found = minimize(lambda w: float(J(w)), np.array(start), grad=grad, max_steps=500)
    assert found.status is Status.UNBOUNDED, str(found)


@pytest.mark.parametrize("start", [[1.0, 2.0], [1.0, 2.0, -3.0]])
@pytest.mark.filterwarnings("ignore:Derivatives are computed by differences")
def test_a_pole_is_found_from_values_alone(start: list[float]) -> None:
    """Differences see no slope within a step of it."""
    with np.errstate(divide="ignore"):
        found = minimize(lambda w: float(np.log(w @ w)), np.array(start))
    assert found.status is Status.UNBOUNDED, str(found)
    assert "towards" in found.detail


def test_steps_that_lead_nowhere_end() -> None:
    c, s, at = np.cos(0.7), np.sin(0.7), np.array([159.9, -129.29])

    def turned(w: F64) -> tuple[float, float]:
        x, y = w - at
        return float(c * x - s * y), float(s * x + c * y)

    def J(w: F64) -> float:
        a, b = turned(w)
        return 360 * a**2 + 480 * b**6

    def grad(w: F64) -> F64:
        a, b = turned(w)
        da, db = 720 * a, 2880 * b**5
        return np.array([c * da + s * db, c * db - s * da])

    start = at + np.array([0.05, -0.08])
    found = solve(as_objective(J, start, grad), SaddleFreeNewton(), start, 0.0, 2000)
    assert found.status is Status.ROUNDING
    assert found.n_steps < 300


def test_products_by_differences_keep_the_step_that_did() -> None:
    """Curvature at 1e-4 is seen by steps far shorter than those that suit a w of size 1."""
    calls = 0

    def grad(w: F64) -> F64:
        nonlocal calls
        calls += 1
        return np.array(6.0 * w**5)

    J, v = as_objective(lambda w: float((w**6).sum()), np.ones(2), grad), np.array([1.0, 0.0])
    J.at(np.full(2, 1e-4)).hvp(v)
    first, calls = calls, 0
    for w in (0.9e-4, 0.8e-4, 0.7e-4):
        assert J.at(np.full(2, w)).hvp(v)[0] == pytest.approx(30 * w**4, rel=1e-3)
    assert calls <= 3 * 9 < first


@pytest.mark.filterwarnings("ignore:Derivatives are computed by differences")
@pytest.mark.parametrize("start", [[1.3], [1.3, -0.7], [1.3, -0.7, 2.0]])
def test_a_kink_ends_the_walk_soon_and_is_named(start: list[float]) -> None:
    """Differences see next to no slope beside it; without an end that was 100 steps and more."""
    found = minimize(lambda w: float(np.abs(w).sum()), np.array(start))
    assert found.value < 1e-4
    assert found.n_steps <= 40
    assert found.status is Status.STUCK
    assert "it may have a kink here" in str(found)
