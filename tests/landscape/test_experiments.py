"""The experiments: random functions are Gaussian, known shares come out, indices go with costs."""

from itertools import product

import numpy as np
import pytest
from network_problems import network_problem
from scipy.stats import spearmanr

from softlearn.function import Function
from softlearn.landscape import gradient_check
from softlearn.landscape.experiments import (
    expected_share,
    gaussian_function,
    index_and_cost,
    share_of_minima,
)


def test_random_functions_have_right_derivatives() -> None:
    rng = np.random.default_rng(0)
    for d in (1, 5):
        f, w, v = gaussian_function(d, seed=d), rng.normal(size=d), rng.normal(size=d)
        assert gradient_check(f, w).error < 1e-8
        change = (f.at(w + 1e-5 * v).grad - f.at(w - 1e-5 * v).grad) / 2e-5
        np.testing.assert_allclose(f.at(w).hvp(v), change, rtol=1e-6)


def test_random_functions_have_the_covariance_that_is_said() -> None:
    w, v = np.zeros(3), np.array([0.6, 0.0, 0.8])
    values = np.array(
        [[f.at(w).value, f.at(v).value] for f in (gaussian_function(3, s) for s in range(4000))]
    )
    np.testing.assert_allclose(
        values.T @ values / 4000, [[1, np.exp(-0.5)], [np.exp(-0.5), 1]], atol=0.08
    )


@pytest.mark.parametrize(
    ("d", "share"), [(1, 1 / 2), (2, 1 / 4), (3, (29.0 - 6.0 * 6.0**0.5) / 116.0)]
)
def test_the_expected_shares_are_those_known_in_closed_form(d: int, share: float) -> None:
    """By symmetry, by topology, and by Bardeen et al., Astrophysical Journal 304 (1986)."""
    expected = expected_share(d, 4000)
    assert expected.high - expected.low < 0.04
    assert 0.5 * (expected.high - expected.low) * 1.5 > abs(expected.value - share)


def test_the_share_that_is_found_is_the_expected_one_within_its_interval() -> None:
    found = share_of_minima(2, functions=8, starts=12)
    assert found.points > 50
    assert found.low < 0.25 < found.high
    near = share_of_minima(2, functions=8, starts=12, within=1.0)
    assert near.points < found.points
    assert share_of_minima(2, functions=2, starts=3) == share_of_minima(2, functions=2, starts=3)


def test_no_points_tell_nothing() -> None:
    with pytest.raises(ValueError, match="No critical point was found"):
        share_of_minima(2, functions=0)


def test_in_a_sum_of_double_wells_every_step_up_is_one_more_way_down() -> None:
    """J = sum (w^2 - 1)^2: a coordinate at 0 costs 1 and curves down."""
    J = Function(
        lambda w: (float(((w**2 - 1.0) ** 2).sum()), 4.0 * w * (w**2 - 1.0)),
        4,
        lambda w, v: (12.0 * w**2 - 4.0) * v,
    )
    corners = np.array(list(product([-1.0, 0.0, 1.0], repeat=4)))
    found = index_and_cost(J, corners + 0.01)
    np.testing.assert_allclose(found.cost, np.arange(5.0), atol=1e-9)  # copies count once
    np.testing.assert_allclose(found.index, np.arange(5.0) / 4.0)
    assert found.correlation == pytest.approx(1.0)
    assert found.low > 0.99
    assert "is 1.00" in str(found)


def test_a_network_s_indices_and_costs_are_those_of_its_critical_points() -> None:
    J, _ = network_problem("tanh", (3,), l2=0.01)
    starts = np.random.default_rng(1).normal(size=(8, J.size))
    found = index_and_cost(J, starts, resamples=200)
    assert len(found.cost) >= 3
    assert ((found.index >= 0.0) & (found.index < 1.0)).all()
    assert found.correlation == pytest.approx(spearmanr(found.cost, found.index).statistic)
    assert found.low <= found.correlation <= found.high


def test_too_few_critical_points_are_no_experiment() -> None:
    J, w = network_problem("tanh", (3,))
    with pytest.raises(ValueError, match="Only 0 critical points were found: give more starts"):
        index_and_cost(J, w[None], max_steps=1)
