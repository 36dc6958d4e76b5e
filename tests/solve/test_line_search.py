"""The line search finds a step that satisfies the Wolfe conditions, on whatever line."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import MakeProblem
from scipy.special import expit

from softlearn.function import Function
from softlearn.protocol import Line
from softlearn.solve.line_search import line_search

Curve = Callable[[float], tuple[float, float]]


class OneDimension:
    """t -> (value, slope) as a Line that counts."""

    def __init__(self, curve: Curve) -> None:
        self.curve, self.trials = curve, 0

    def __call__(self, t: float) -> tuple[float, float]:
        self.trials += 1
        return self.curve(t)

    def point(self, t: float) -> None:
        raise NotImplementedError


CURVES: dict[str, Curve] = {
    "a parabola": lambda t: ((t - 1.0) ** 2, 2.0 * (t - 1.0)),
    "a minimum far away": lambda t: ((t - 1e8) ** 2, 2.0 * (t - 1e8)),
    "a minimum very near": lambda t: ((t - 1e-8) ** 2, 2.0 * (t - 1e-8)),
    "a logistic loss": lambda t: (
        np.logaddexp(0, 3 - t) + 0.01 * t,
        0.01 - expit(3 - t),
    ),
    "a quartic": lambda t: ((t - 2.0) ** 4, 4.0 * (t - 2.0) ** 3),
    "a kink": lambda t: (abs(t - 0.7) + 0.01 * t * t, np.sign(t - 0.7) + 0.02 * t),
    "many minima": lambda t: (np.cos(3 * t + 0.3) + 0.1 * t, 0.1 - 3 * np.sin(3 * t + 0.3)),
    "infinite beyond 1": lambda t: (
        (-np.log(1 - t) - 2 * t, 1 / (1 - t) - 2) if t < 1 else (np.inf, np.nan)
    ),
    "NaN beyond 1": lambda t: (
        (-np.log(1 - t) - 2 * t, 1 / (1 - t) - 2) if t < 1 else (np.nan, np.nan)
    ),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("first", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("curvature", [0.1, 0.9])
def test_the_wolfe_conditions_hold(name: str, first: float, curvature: float) -> None:
    line = OneDimension(CURVES[name])
    value, slope = CURVES[name](0.0)
    t = line_search(line, value, slope, first, curvature)
    there, rise = CURVES[name](t)
    assert t > 0.0
    assert there <= value + 1e-4 * t * slope
    assert abs(rise) <= -curvature * slope or name == "a kink"
    assert line.trials <= 60


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e3), st.floats(-3, 3))
def test_newtons_step_on_a_parabola_is_taken_at_once(bend: float, to: float, level: float) -> None:
    line = OneDimension(lambda t: (level + bend * to**2 * (t - 1) ** 2, 2 * bend * to**2 * (t - 1)))
    value, slope = line(0.0)
    assert line_search(line, value, slope) == 1.0
    assert line.trials == 2


@pytest.mark.parametrize("slope", [0.0, 1.0, np.nan])
def test_a_direction_that_does_not_descend_is_not_followed(slope: float) -> None:
    line = OneDimension(lambda t: (t, 1.0))
    assert line_search(line, 0.0, slope) == 0.0
    assert line.trials == 0


@pytest.mark.parametrize("rest", [(np.nan, np.nan), (np.inf, np.inf), (1.0, np.nan), (2.0, 1.0)])
def test_a_line_that_is_nowhere_lower_gives_no_step(rest: tuple[float, float]) -> None:
    assert line_search(OneDimension(lambda t: rest), 1.0, -1.0) == 0.0


def test_a_line_without_a_minimum_gives_a_long_step() -> None:
    t = line_search(OneDimension(lambda t: (-t, -1.0)), 0.0, -1.0)
    assert t > 1e10


def test_where_values_differ_by_rounding_alone_the_slope_decides() -> None:
    line = OneDimension(lambda t: (1.0 + 1e-15 * (t > 0), 1e-10 * (t - 1.0)))
    assert line_search(line, 1.0, -1e-10) == 1.0


@given(st.integers(0, 1000))
def test_it_lowers_a_softmax_objective_along_the_negative_gradient(
    make: MakeProblem, seed: int
) -> None:
    J = make(seed, l2=1e-6)
    point = J.at(np.random.default_rng(seed).normal(size=J.size))
    line: Line = point.along(-point.grad)
    t = line_search(line, point.value, -float(point.grad @ point.grad), curvature=0.1)
    assert line.point(t).value < point.value
    assert abs(line(t)[1]) <= 0.1 * float(point.grad @ point.grad)


def test_it_works_on_a_plain_function() -> None:
    J = Function(lambda w: (float(w @ w), 2.0 * w), 2)
    point = J.at(np.array([3.0, 4.0]))
    t = line_search(point.along(-point.grad), point.value, -100.0, curvature=1e-3)
    assert t == pytest.approx(0.5)
