"""Newton steps that no kink is crossed by, against their conditions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softlearn.solve.projected_newton import projected_newton


@pytest.mark.parametrize("seed", range(5))
def test_a_step_stays_on_its_side_and_is_a_minimiser_of_the_variables_not_on_kinks(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(60, 42))
    H, g = A.T @ A / 60.0 + 0.01 * np.eye(42), rng.normal(size=42)
    x, kinks = rng.normal(size=40), rng.random(40) < 0.8
    v = projected_newton(lambda p: H @ p, g, lambda r: r / H.diagonal(), x, kinks)
    end, r = x + v[:40], g + H @ v
    on = np.concatenate([kinks & (end == 0.0), [False, False]])
    assert 0 < on.sum() < kinks.sum()
    assert (x * end >= 0.0)[kinks].all()
    assert_allclose(r[~on], 0.0, atol=0.01 * np.abs(g).max())
    assert g @ v + 0.5 * v @ H @ v < 0.0


def test_a_step_without_kinks_is_newtons() -> None:
    H, g = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0])
    v = projected_newton(lambda p: H @ p, g, lambda r: r, np.ones(2), np.zeros(2, dtype=bool))
    assert_allclose(v, -np.linalg.solve(H, g), rtol=1e-12)
