"""Flat directions are flat, are as many as there are, and are refused where they are not."""

from typing import Any

import numpy as np
import pytest
from network_problems import ACTIVATIONS, network_problem
from problems import MakeProblem

from softlearn.data import as_rows
from softlearn.function import Function
from softlearn.landscape import symmetries
from softlearn.landscape.symmetries import IDLE, MAPS, SCALE, SHIFT, Flat
from softlearn.landscape.symmetries import flat_directions as at_point
from softlearn.networks import Network, objective_of
from softlearn.protocol import F64


def flat_directions(J: Any, w: F64) -> Flat:
    return at_point(J, J.at(w))


def lacking(J: Any, w: F64) -> int:
    """Return the parameters less the rank of the derivative of the logits' differences."""
    tape = J.model.forward(J.problem.rows.block(slice(0, J.problem.rows.n)), w)
    columns = []
    for e in np.eye(J.size):
        Z = J.model.jvp(tape, e).RZ[J.model.L]
        columns.append((Z - Z.mean(axis=0)).ravel())
    return J.size - int(np.linalg.matrix_rank(np.array(columns), tol=1e-9))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("activation", "hidden"),
    [
        *((activation, (5,)) for activation in ACTIVATIONS),
        *((activation, (4, 3)) for activation in ACTIVATIONS if activation != "identity"),
        ("identity", (4, 2)),  # no more units than logits that differ: else there are more
    ],
)
def test_they_are_as_many_as_the_rank_of_the_logits_derivative_lacks(
    activation: str, hidden: tuple[int, ...], bias: bool
) -> None:
    J, w = network_problem(activation, hidden, n=200, l2=0.0, bias=bias)
    flat = flat_directions(J, w)
    assert len(w) - flat.left == lacking(J, w)
    assert flat.counts[SHIFT] == hidden[-1] + bias
    np.testing.assert_allclose(flat.Q @ flat.Q.T, np.eye(len(flat.Q)), atol=1e-12)
    np.testing.assert_allclose(flat.Q @ J.at(w).grad, 0.0, atol=1e-12)


def test_each_kind_is_named() -> None:
    relu = flat_directions(*network_problem("relu", (5, 4), n=200, l2=0.0))
    assert relu.counts == {SHIFT: 5, SCALE: 9}
    identity = flat_directions(*network_problem("identity", (3,), n=200, l2=0.0))
    assert identity.counts == {SHIFT: 4, MAPS: 9 + 3}
    tanh = flat_directions(*network_problem("tanh", (5, 4), n=200, l2=0.0))
    assert tanh.counts == {SHIFT: 5}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_penalty_leaves_the_shift_of_the_biases_alone(activation: str, dtype: str) -> None:
    J, w = network_problem(activation, l2=1e-9, dtype=dtype)
    assert flat_directions(J, w).counts == {SHIFT: 1}


def test_softmax_regression_has_the_shift_of_every_feature_unless_a_class_is_fixed(
    make: MakeProblem,
) -> None:
    w = np.random.default_rng(0).normal(size=12)
    assert flat_directions(make(l2=0.0), w).counts == {SHIFT: 4}
    assert flat_directions(make(l2=0.1), w).counts == {SHIFT: 1}
    assert flat_directions(make(l2=0.0, bias=False), w[:9]).counts == {SHIFT: 3}
    assert flat_directions(make(l2=0.0, reference=True), w[:8]).counts == {}


def test_a_common_shift_leaves_j_as_it_is_however_far() -> None:
    J, w = network_problem("tanh", (5, 4), l2=0.0)
    for d in symmetries(J, w)[SHIFT]:
        assert J.at(w + 7.0 * d).value == pytest.approx(J.at(w).value, rel=1e-12)


def test_rescaled_units_leave_j_as_it_is_and_the_directions_are_their_derivative() -> None:
    J, w = network_problem("relu", (5, 4), l2=0.0)

    def scaled(t: float) -> F64:
        out = w.copy()
        W, b = J.model.split(out)
        W[1][2] *= t
        b[1][2] *= t
        W[2][:, 2] /= t
        return out

    assert J.at(scaled(3.0)).value == pytest.approx(J.at(w).value, rel=1e-12)
    derivative = (scaled(1.0 + 1e-6) - scaled(1.0 - 1e-6)) / 2e-6
    np.testing.assert_allclose(symmetries(J, w)[SCALE][2], derivative, atol=1e-9)


def test_what_leads_into_and_out_of_a_sleeping_unit_is_without_effect() -> None:
    J, w = network_problem("relu", (5, 4), n=200, l2=0.0)
    assert flat_directions(J, w).counts == {SHIFT: 5, SCALE: 9}
    _, b = J.model.split(w)
    b[1][2] = -100.0
    flat = flat_directions(J, w)
    assert flat.counts == {IDLE: 4 + 1 + 4, SHIFT: 5, SCALE: 8}
    moved = w + 0.1 * flat.idle
    assert J.at(moved).value == J.at(w).value


def test_weights_of_a_feature_of_zeros_are_without_effect() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    X[:, 1] = 0.0
    J = objective_of(as_rows(X), rng.integers(0, 3, 30), Network((4, 5, 3), "tanh"))
    assert flat_directions(J, rng.normal(size=J.size)).counts == {IDLE: 5, SHIFT: 6}


def test_a_slope_that_vanishes_at_one_place_alone_is_not_flat() -> None:
    """At w = 0 a tanh network's gradient is zero for all weights, none of which is idle."""
    J, w = network_problem("tanh", (5, 4), l2=0.0)
    assert flat_directions(J, 0.0 * w).counts == {SHIFT: 5}


def test_a_symmetry_that_the_cost_breaks_is_not_believed() -> None:
    J, w = network_problem("relu", (5,), l2=0.0)

    def both(w: F64) -> tuple[float, F64]:
        point = J.at(w)
        return point.value + 0.5 * float(w[:20] @ w[:20]), point.grad + np.where(
            np.arange(len(w)) < 20, w, 0.0
        )

    broken = Function(both, J.size)
    broken.model = J.model  # type: ignore[attr-defined]
    assert flat_directions(broken, w).counts == {SHIFT: 6}


def test_what_is_left_is_orthogonal_to_what_is_flat() -> None:
    J, w = network_problem("relu", (5, 4), l2=0.0)
    J.model.split(w)[1][1][2] = -100.0
    flat = flat_directions(J, w)
    B = flat.basis()
    assert B.shape == (flat.left, len(w))
    np.testing.assert_allclose(B @ B.T, np.eye(flat.left), atol=1e-12)
    np.testing.assert_allclose(B @ flat.Q.T, 0.0, atol=1e-12)
    np.testing.assert_array_equal(B @ flat.idle, 0.0)
    v = np.random.default_rng(0).normal(size=len(w))
    np.testing.assert_allclose(flat.away(v), B.T @ (B @ v), atol=1e-12)
