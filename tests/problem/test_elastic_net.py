"""The elastic net: its terms with kinks, its conjugate's gap, and the weights that it prefers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from softlearn.problem import ElasticNet, GroupedElasticNet, Linear
from softlearn.problem.sparse_terms import GroupLasso, Lasso

seeds = st.integers(0, 10_000)
ratios = st.sampled_from([0.01, 0.5, 0.9, 1.0])
kinds = st.sampled_from([ElasticNet, GroupedElasticNet])
F64 = NDArray[np.float64]


def both(rng: np.random.Generator) -> list[Lasso]:
    """Return terms in five variables and a free one, and terms in two groups and a free one."""
    group, level = np.array([0, 1, 0, 1, 1]), rng.random() + 0.1
    return [
        Lasso(np.append(rng.random(5) + 0.01, 0.0)),
        GroupLasso(np.append(np.full(5, level), 0.0), group),
    ]


def test_it_is_a_mixture_of_sizes_and_half_squares_of_the_weights_alone() -> None:
    w, one = np.array([3.0, -4.0, 100.0, 100.0]), Linear(1, 2)
    assert ElasticNet(2.0, one, 1.0).value(w) == 2.0 * 7.0
    assert GroupedElasticNet(2.0, one, 1.0).value(w) == 2.0 * 5.0
    assert ElasticNet(2.0, one, 0.25).value(w) == pytest.approx(0.5 * 7.0 + 0.75 * 25.0)
    out = ElasticNet(2.0, one, 0.25).add_grad(w, np.ones(4))
    np.testing.assert_allclose(out, [5.5, -5.0, 1.0, 1.0])
    for kind in (ElasticNet, GroupedElasticNet):
        for by_feature in (False, True):
            penalty = kind(0.7, Linear(3, 4, by_feature=by_feature), 1.0)
            w = np.random.default_rng(0).normal(size=16)
            assert penalty.whole.value(w) == pytest.approx(penalty.value(w), rel=1e-14)


@given(seeds, ratios, kinds)
def test_the_gap_is_never_negative_and_zero_where_the_dual_point_is_the_gradients(
    seed: int, ratio: float, kind: type[ElasticNet]
) -> None:
    rng = np.random.default_rng(seed)
    penalty = kind(0.3, Linear(4, 3), ratio)
    W, G = rng.normal(size=(2, 3, 4)) * rng.integers(0, 2, size=(2, 3, 4))
    gap, t = penalty.gap(W, G, np.zeros(4), 0.0, 0.0)
    assert gap >= -1e-12
    assert 0.0 <= t <= 1.0
    w = penalty.model.join(W, np.zeros(3))
    smooth = penalty.add_grad(w, np.zeros(15))
    G = -penalty.model.split(penalty.whole.subgradient(w, smooth))[0]
    assert penalty.gap(W, G, np.zeros(4), 0.0, 1.0)[0] == pytest.approx(0.0, abs=1e-12)


def test_a_dual_point_outside_is_drawn_in_at_the_price_of_the_loss() -> None:
    penalty = ElasticNet(0.5, Linear(1, 2, reference=True), 1.0)
    gap, t = penalty.gap(np.zeros((1, 1)), np.array([[1.0]]), np.zeros(1), 0.0, 0.6)
    assert t == 0.5
    assert gap == pytest.approx(0.3)


@given(seeds)
def test_a_step_of_the_prox_is_a_minimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for terms in both(rng):
        x, step = rng.normal(size=6), terms.metric(rng.random(6) + 0.1)
        y = terms.prox(x, step)
        assert not terms.subgradient(y, (y - x) / step).round(12).any()
        assert terms.violation(terms.subgradient(y, (y - x) / step)) < 1e-10


@given(seeds)
def test_the_curvature_is_the_derivative_of_the_gradient(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for terms in both(rng):
        x, p = rng.normal(size=(2, 6)) + 3.0

        def slope(x: F64, terms: Lasso = terms) -> F64:
            return terms.subgradient(x, np.zeros(6))

        rise = (slope(x + 1e-5 * p) - slope(x - 1e-5 * p)) / 2e-5
        np.testing.assert_allclose(terms.curved(x, p) + np.zeros(6), rise, atol=1e-8)
        M = np.zeros((5, 5))
        terms.add_curvature(x, np.arange(5), M)
        np.testing.assert_allclose(M @ p[:5], rise[:5], atol=1e-8)


@given(seeds)
def test_a_move_ends_at_the_minimum_along_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for terms in both(rng):
        x = rng.normal(size=6) * rng.integers(0, 2, 6)
        d, curvature = 3.0 * rng.normal(size=6), float(rng.random() * 4.0)
        slope = float(rng.normal() - 1.0)

        def along(
            t: float,
            a: float = slope,
            b: float = curvature,
            x: F64 = x,
            d: F64 = d,
            terms: Lasso = terms,
        ) -> float:
            return a * t + 0.5 * b * t * t + terms.value(x + t * d)

        new, t = terms.moved(x, d, slope, curvature)
        np.testing.assert_allclose(new, x + t * d, atol=1e-12)
        if along(1.0) <= along(0.0):
            assert t == 1.0
        else:
            best = minimize_scalar(
                along, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12}
            )
            assert along(t) <= best.fun + 1e-8


@given(seeds, st.integers(2, 6), kinds)
def test_the_weights_it_prefers_are_best_among_those_of_equal_probabilities(
    seed: int, K: int, kind: type[ElasticNet]
) -> None:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(K, 4)) * rng.integers(0, 2, size=(K, 4))
    penalty = kind(1.0, Linear(4, K, bias=False), 1.0)
    best = penalty.centred(W)
    np.testing.assert_allclose(np.ptp(best - W, axis=0), 0.0, atol=1e-14)
    for shift in rng.normal(size=(20, 4)):
        assert penalty.value(best.ravel()) <= penalty.value((best + shift).ravel()) + 1e-12
    np.testing.assert_allclose(penalty.centred(best), best, atol=1e-15)
    if kind is ElasticNet:
        assert (best == 0.0).any(axis=0).all()


def test_of_an_interval_of_medians_the_end_nearer_to_the_mean_becomes_zero() -> None:
    W = np.array([[-1.4995], [0.1143], [0.1031], [-0.0450]])
    best = ElasticNet(1.0, Linear(1, 4), 1.0).centred(W)
    assert best[3, 0] == 0.0
    assert np.count_nonzero(best) == 3


@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf])
def test_a_strength_that_is_no_strength_raises(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be a finite number of at least 0"):
        ElasticNet(strength, Linear(1, 2), 0.5)


def test_a_group_has_a_length_also_where_squares_underflow() -> None:
    penalty = GroupedElasticNet(1.0, Linear(2, 2), 1.0)
    sizes = penalty.sizes(np.array([[3e-200, 0.0], [4e-200, 0.0]]))
    np.testing.assert_allclose(sizes, [5e-200, 0.0], rtol=1e-14)
