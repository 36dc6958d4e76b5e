"""Eigenvalues lie within their errors of those of the whole Hessian, on networks of many shapes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_problems import ACTIVATIONS, network_problem

from softlearn.function import Function
from softlearn.landscape.curvature import Curvature, curvature_at
from softlearn.landscape.symmetries import flat_directions
from softlearn.protocol import F64


def dense(J: Any, w: F64) -> F64:
    """Return the Hessian, (size, size)."""
    point = J.at(w)
    H = np.array([point.hvp(e) for e in np.eye(len(w))])
    return np.asarray(0.5 * (H + H.T), dtype=np.float64)


def eigenvalues(J: Any, w: F64) -> F64:
    """Return those of the whole Hessian away from flat directions."""
    B = flat_directions(J, J.at(w)).basis()
    return np.linalg.eigvalsh(B @ dense(J, w) @ B.T)


def assert_sure(c: Curvature, values: F64) -> None:
    """Every claim of c holds for the true eigenvalues."""
    distance = np.abs(c.values[:, None] - values).min(axis=1)
    assert (distance <= c.errors).all()
    assert c.down <= (values < 0.0).sum()
    assert c.up <= (values > 0.0).sum()
    assert values[0] >= c.values[0] - c.slack - c.unseen
    assert values[-1] <= c.values[-1] + c.slack + c.unseen


networks = given(
    activation=st.sampled_from(ACTIVATIONS),
    hidden=st.sampled_from([(3,), (10,), (5, 4), (12, 9)]),
    l2=st.sampled_from([0.0, 0.01]),
    scale=st.sampled_from([0.3, 1.0, 3.0]),
    seed=st.integers(0, 1000),
)


@settings(max_examples=10)
@networks
def test_lanczos_s_eigenvalues_lie_within_their_errors_of_the_hessian_s(
    activation: str, hidden: tuple[int, ...], l2: float, scale: float, seed: int
) -> None:
    J, w = network_problem(activation, hidden, l2=l2, seed=seed)
    w = scale * w
    c = curvature_at(J, J.at(w), seed, max_products=40, whole=0)
    assert c.products <= 40
    assert_sure(c, eigenvalues(J, w))


@settings(max_examples=10)
@networks
def test_up_to_300_parameters_all_eigenvalues_are_computed(
    activation: str, hidden: tuple[int, ...], l2: float, scale: float, seed: int
) -> None:
    J, w = network_problem(activation, hidden, l2=l2, seed=seed)
    c, values = curvature_at(J, J.at(scale * w)), eigenvalues(J, scale * w)
    assert c.exact
    assert_sure(c, values)
    size = np.abs(values).max()
    np.testing.assert_allclose(c.values, values, atol=1e-12 * size)
    for u, value in ((c.low, values[0]), (c.high, values[-1])):
        np.testing.assert_allclose(J.at(scale * w).hvp(u) @ u, value, atol=1e-12 * size)


def test_two_thousand_parameters_take_ninety_products() -> None:
    J, w = network_problem("relu", (40, 30), n=30, d=15, l2=1e-3)
    assert 1900 < J.size <= 2000
    c, values = (
        curvature_at(J, J.at(w)),
        np.linalg.eigvalsh(dense(J, w)),
    )  # 0 once more, in the middle
    assert not c.exact
    assert c.products <= 90
    assert_sure(c, values)
    np.testing.assert_allclose(c.values[[0, -1]], values[[0, -1]], atol=c.errors[0] + c.errors[-1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_errors_in_float32_hold_as_well(activation: str) -> None:
    J, w = network_problem(activation, (8, 6))
    coarse, _ = network_problem(activation, (8, 6), dtype="float32")
    w = w.astype(np.float32).astype(np.float64)
    values = eigenvalues(J, w)
    for whole in (0, 1000):
        assert_sure(curvature_at(coarse, coarse.at(w), max_products=60, whole=whole), values)


def test_a_low_direction_really_curves_down_by_as_much_as_is_said() -> None:
    J, w = network_problem("tanh", (12, 9))
    c = curvature_at(J, J.at(w), max_products=60, whole=0)
    assert c.down > 0
    h = 1e-3
    bend = (J.at(w + h * c.low).value - 2.0 * J.at(w).value + J.at(w - h * c.low).value) / h**2
    assert bend == pytest.approx(c.values[0], rel=1e-3)


def test_where_j_is_not_finite_there_is_no_curvature() -> None:
    J = Function(lambda w: (np.inf, w), 2)
    with pytest.raises(ValueError, match="not finite at w: choose another w"):
        curvature_at(J, J.at(np.zeros(2)))
