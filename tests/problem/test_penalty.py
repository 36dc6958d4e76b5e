"""The L2 penalty: its value, gradient and line agree, and biases are free."""

import numpy as np
import pytest

from softlearn.problem.penalty import L2

w = np.array([3.0, -4.0, 100.0])
d = np.array([1.0, 2.0, -5.0])


def test_it_is_half_the_strength_times_the_squares_of_the_weights_alone() -> None:
    assert L2(0.5, 2).value(w) == 0.25 * 25.0
    assert L2(0.5, 0).value(w) == L2(0.0, 2).value(w) == 0.0


def test_its_gradient_is_added_to_the_weights_alone() -> None:
    out = np.ones(3)
    assert L2(0.5, 2).add_grad(w, out) is out
    np.testing.assert_array_equal(out, [2.5, -1.0, 1.0])


@pytest.mark.parametrize("t", [0.0, 1.0, -2.5])
def test_its_line_is_its_value_along_the_line(t: float) -> None:
    penalty = L2(0.7, 2)
    a, b, c = penalty.along(w, d)
    assert a + b * t + c * t * t == pytest.approx(penalty.value(w + t * d), rel=1e-14)
    assert b == pytest.approx(float(penalty.add_grad(w, np.zeros(3)) @ d), rel=1e-14)


@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf])
def test_a_strength_that_is_no_strength_raises(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be a finite number of at least 0"):
        L2(strength, 2)
