"""The fused kernels compute what softmax.py defines, classes first."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from softlearn import cross_entropy, curvature, residual, softmax
from softlearn.kernels import centre_logits, dual_divergence, forward, softmax_variance

F64 = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
matrices = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-50.0, 50.0))
)
ADVERSARIAL = np.array(
    [
        [0.0, 1e300, 1e4, -1e4, 1.0, 1e3, 0.0, 5.0, -740.0],
        [0.0, -1e300, -1e4, 1e4, 1.0, np.nextafter(1e3, 0.0), -36.9, 5.0, 0.0],
        [0.0, 0.0, 0.0, 1e4, 1.0, 1e3, -90.0, -700.0, -745.1],
    ]
)


def check_forward(Z: F64) -> None:
    """Hold a block to the definition, up to a few roundings.

    The kernel adds the classes one after another and does not put back what z - max z loses.
    """
    C, n = Z.shape
    lost = EPS * np.minimum(Z.max(0) - Z, 1e3)
    tolerance = EPS * (8.0 + np.sqrt(C)) + lost
    y = np.arange(n) % C
    soft = np.random.default_rng(n).dirichlet(np.ones(C), size=n).T
    for Y in (y, soft):
        f = forward(Z, Y)
        P, R = softmax(Z, axis=0), residual(Z, Y, axis=0)
        loss = cross_entropy(Z, Y, axis=0)
        assert (np.abs(f.loss - loss) <= (tolerance.max(0)) * loss).all()
        assert (np.abs(f.P - P) <= tolerance * P + 1e-320).all()
        terms = R if Y is y else P + Y  # P - Y itself cancels when Y is a probability
        assert (np.abs(f.R - R) <= tolerance.max(0) * np.abs(terms) + 1e-320).all()


@given(matrices)
def test_forward_equals_the_definition(Z: F64) -> None:
    check_forward(Z)


def test_forward_equals_the_definition_on_adversarial_rows() -> None:
    check_forward(ADVERSARIAL)


@pytest.mark.parametrize("C", [2, 17, 1000])
def test_forward_equals_the_definition_for_many_classes(C: int) -> None:
    check_forward(3.0 * np.random.default_rng(C).normal(size=(C, 50)))


@pytest.mark.parametrize("soft", [False, True])
def test_a_loss_keeps_its_digits_when_the_class_is_nearly_certain(soft: bool) -> None:
    Z = np.array([[1e4], [1e4 - 50.0], [1e4 - 60.0]])
    Y = np.array([[1.0], [0.0], [0.0]]) if soft else np.array([0])
    f = forward(Z, Y)
    np.testing.assert_allclose(f.loss, [np.exp(-50.0) + np.exp(-60.0)], rtol=1e-15)


def test_an_integer_label_keeps_the_digits_of_its_residual() -> None:
    f = forward(np.array([[0.0], [-50.0]]), np.array([0]))
    np.testing.assert_allclose(f.R[:, 0], np.exp(-50.0) * np.array([-1.0, 1.0]), rtol=1e-15)


@given(matrices)
def test_tilt_times_the_probabilities_is_the_curvature(Z: F64) -> None:
    U = np.random.default_rng(Z.size).normal(size=Z.shape)
    P = softmax(Z, axis=0)
    want = curvature(P, U, axis=0)
    np.testing.assert_allclose(P * centre_logits(P, U), want, rtol=4e-15, atol=1e-16)


@given(matrices)
def test_tilt_leaves_its_arguments_alone(Z: F64) -> None:
    P, U = softmax(Z, axis=0), Z.copy()
    before = P.copy()
    centre_logits(P, U)
    softmax_variance(P)
    np.testing.assert_array_equal(P, before)
    np.testing.assert_array_equal(U, Z)


@given(matrices)
def test_spread_is_the_diagonal_of_the_curvature(Z: F64) -> None:
    P = softmax(Z, axis=0)
    for k, row in enumerate(softmax_variance(P)):
        unit = np.zeros_like(P)
        unit[k] = 1.0
        np.testing.assert_allclose(row, curvature(P, unit, axis=0)[k], rtol=1e-14, atol=1e-16)


def test_spread_keeps_its_digits_when_a_class_is_nearly_certain() -> None:
    p = np.exp(-50.0)
    np.testing.assert_allclose(softmax_variance(np.array([[1.0], [p]]))[:, 0], [p, p], rtol=1e-14)


@given(matrices, st.floats(-9.0, 0.0))
def test_the_dual_divergence_is_the_divergence_of_the_moved_probabilities(
    Z: F64, decades: float
) -> None:
    P = softmax(Z / 10.0, axis=0)
    T = centre_logits(P, np.random.default_rng(Z.size).normal(size=Z.shape))
    T *= 10.0**decades / max(1.0, float(-T.min()))
    got = dual_divergence(P, T)
    with mp.workdps(60):
        for p, t, value in zip(P.T, T.T, got, strict=True):
            want = mp.fsum(
                mp.mpf(float(a)) * ((1 + x) * mp.log(1 + x) - x if x > -1 else mp.mpf(1))
                for a, x in zip(p, (mp.mpf(float(b)) for b in t), strict=True)
            )
            assert abs(value - want) <= 1e-11 * want  # relative, however small the move
            assert value >= 0.0


def test_the_dual_divergence_is_infinite_outside_the_simplex_and_exact_on_its_edge() -> None:
    P = np.array([[0.5, 0.5, 1.0], [0.5, 0.5, 0.0]])
    T = np.array([[-1.0, -1.001, 0.0], [1.0, 1.001, -7.0]])
    np.testing.assert_array_equal(dual_divergence(P, T), [np.log(2.0), np.inf, 0.0])
