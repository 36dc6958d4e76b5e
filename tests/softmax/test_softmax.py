"""softmax.py against mpmath at 50 digits, the course's numbers, and the calculus it stands on."""

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from softlearn import cross_entropy, curvature, hardmax, log_softmax, residual, softmax

F64 = NDArray[np.float64]
ULPS = 4.0
logits = st.floats(-50.0, 50.0)
rows = arrays(np.float64, st.integers(1, 12), elements=logits)
matrices = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=logits)
functions = pytest.mark.parametrize("f", [softmax, log_softmax, hardmax])


@pytest.fixture(autouse=True)
def _fifty_digits() -> None:
    mp.mp.dps = 50


def exact_log_softmax(z: F64) -> list[mp.mpf]:
    """Return log a by its definition, without cancellation even at 50 digits."""
    top = int(z.argmax())
    D = [mp.mpf(float(x)) - mp.mpf(float(z[top])) for x in z]
    log_sum = mp.log1p(mp.fsum(mp.exp(x) for k, x in enumerate(D) if k != top))
    return [x - log_sum for x in D]


def ulps(got: float, exact: mp.mpf) -> float:
    """Return |got - exact| in units of the last place of the correctly rounded result."""
    right = float(exact)
    if right == 0.0 or not np.isfinite(right):
        return 0.0 if got == right else np.inf
    return float(abs(mp.mpf(float(got)) - exact) / mp.mpf(float(np.spacing(abs(right)))))


def adversarial_rows() -> dict[str, F64]:
    rng = np.random.default_rng(7)
    return {
        "one class": np.array([3.0]),
        "equal": np.full(7, 0.1),
        "neighbours in float64": 1e3 + np.arange(9) * np.spacing(1e3),
        "near ties far from zero": 1e15 + rng.integers(0, 40, 9).astype(float),
        "a tie within an ulp": np.array([0.1, np.nextafter(0.1, 1.0), 0.1]),
        "logits of 1e4": np.array([1e4, -1e4, 0.0, 1e4 - 1e-8]),
        "logits of 1e300": np.array([1e300, -1e300, 0.0, 1e300]),
        "subnormal probabilities": np.array([0.0, -708.7, -730.25, -740.3, -745.0, -745.2, -800.0]),
        "one class certain": np.array([0.0, -36.04, -36.74, -40.0, -700.0]),
        "less than float64 can add to 1": np.array([0.0, -90.0, -91.0]),
        "differences that are rounded": rng.normal(size=20) * 1e-3 + np.array([0.0, 1e3] * 10),
        "spread over 300 decades": np.exp(rng.uniform(-300, 300, 30)) * rng.choice([-1, 1], 30),
        "tiny": rng.normal(size=8) * 1e-300,
        "subnormal logits": np.arange(5) * 5e-324,
        "sum that pairwise addition rounds 5 ulp away": np.r_[
            0.0, np.full(3999, -11.746643754650172)
        ],
    }


@pytest.mark.parametrize("name", adversarial_rows())
def test_log_softmax_is_within_4_ulp_on_adversarial_rows(name: str) -> None:
    z = adversarial_rows()[name]
    distances = [
        ulps(got, want) for got, want in zip(log_softmax(z), exact_log_softmax(z), strict=True)
    ]
    assert max(distances) <= ULPS


@pytest.mark.parametrize("seed", range(6))
def test_log_softmax_is_within_4_ulp_on_random_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        z = rng.normal(size=rng.integers(1, 30)) * 10.0 ** rng.uniform(-4, 3)
        z += rng.choice([0.0, 1.0, -1e3, 1e6])
        pairs = zip(log_softmax(z), exact_log_softmax(z), strict=True)
        assert max(ulps(got, want) for got, want in pairs) <= ULPS


def test_log_softmax_is_within_4_ulp_with_a_hundred_thousand_classes() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=100_000) * 3.0
    got, want = log_softmax(z), exact_log_softmax(z)
    chosen = [int(z.argmax()), int(z.argmin()), *rng.integers(0, len(z), 300)]
    assert max(ulps(got[k], want[k]) for k in chosen) <= ULPS


@pytest.mark.parametrize("name", adversarial_rows())
def test_cross_entropy_is_within_4_ulp_for_labels_and_for_probabilities(name: str) -> None:
    z = adversarial_rows()[name]
    exact = exact_log_softmax(z)
    for k in range(0, len(z), max(1, len(z) // 7)):
        assert ulps(cross_entropy(z, k), -exact[k]) <= ULPS
    rng = np.random.default_rng(3)
    y = rng.dirichlet(np.ones(len(z)))
    y /= y.sum()
    want = -mp.fsum(mp.mpf(float(p)) * a for p, a in zip(y, exact, strict=True))
    assert ulps(cross_entropy(z, y), want) <= ULPS


def test_cross_entropy_adds_many_equal_soft_labels_within_4_ulp() -> None:
    C = 3001
    z, y = np.full(C, 0.1), np.full(C, 1.0 / C)
    want = -C * mp.mpf(float(y[0])) * exact_log_softmax(z)[0]
    assert ulps(cross_entropy(z, y), want) <= ULPS


@given(rows)
def test_probabilities_are_within_4_ulp(z: F64) -> None:
    exact = [mp.exp(a) for a in exact_log_softmax(z)]
    assert max(ulps(p, a) for p, a in zip(softmax(z), exact, strict=True)) <= ULPS


@given(arrays(np.float32, 5, elements=st.floats(-80, 80, width=32)))
def test_float32_is_the_rounded_float64_result(z: NDArray[np.float32]) -> None:
    for f in (softmax, log_softmax, hardmax):
        got = f(z)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, f(z.astype(np.float64)).astype(np.float32))
    assert cross_entropy(z, 2).dtype == residual(z, 2).dtype == np.float32


# ---------------------------------------------------------------- the course


def test_the_numbers_of_the_course() -> None:
    z = np.array([5.0, 2.0, -1.0, 3.0])
    t = np.exp(z)
    np.testing.assert_array_equal(np.round(t, 1), [148.4, 7.4, 0.4, 20.1])
    assert round(float(t.sum()), 1) == 176.3
    np.testing.assert_allclose(softmax(z), t / t.sum(), rtol=1e-15)
    np.testing.assert_array_equal(np.round(softmax(z), 3), [0.842, 0.042, 0.002, 0.114])
    np.testing.assert_array_equal(hardmax(z), [1.0, 0.0, 0.0, 0.0])
    y, y_hat = np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.3, 0.2, 0.1, 0.4])
    assert round(float(cross_entropy(np.log(y_hat), y)), 3) == 1.609
    np.testing.assert_allclose(residual(np.log(y_hat), y), [0.3, -0.8, 0.1, 0.4], atol=1e-15)


def test_the_course_puts_examples_in_columns_and_axis_0_reads_them() -> None:
    Z = np.random.default_rng(0).normal(size=(4, 6))
    y = np.array([0, 3, 1, 2, 0, 1])
    np.testing.assert_array_equal(softmax(Z, axis=0), softmax(Z.T).T)
    np.testing.assert_array_equal(residual(Z, y, axis=0), residual(Z.T, y).T)
    np.testing.assert_array_equal(cross_entropy(Z, y, axis=0), cross_entropy(Z.T, y))


@given(st.floats(-745.0, 745.0))
def test_with_two_classes_it_is_the_logistic_function_to_the_last_digits(z: float) -> None:
    t = np.exp(-abs(z))
    assert softmax([z, 0.0])[0] == (1.0 if z >= 0.0 else t) / (1.0 + t)
    assert ulps(softmax([z, 0.0])[0], 1 / (1 + mp.exp(-mp.mpf(z)))) <= 2.0
    assert ulps(cross_entropy([z, 0.0], 0), mp.log1p(mp.exp(-mp.mpf(z)))) <= ULPS


# ---------------------------------------------------------------- the extremes


@pytest.mark.parametrize("size", [1e4, 1e300])
def test_extreme_logits_have_finite_losses(size: float) -> None:
    Z = np.array([[size, -size], [-size, size], [size, size]])
    np.testing.assert_array_equal(cross_entropy(Z, [1, 1, 0]), [2.0 * size, 0.0, np.log(2.0)])
    assert np.isfinite(log_softmax(Z)).all()
    np.testing.assert_array_equal(softmax(Z).sum(-1), 1.0)


def test_a_logit_of_minus_infinity_means_probability_0() -> None:
    z = np.array([0.0, -np.inf, 0.0])
    np.testing.assert_array_equal(softmax(z), [0.5, 0.0, 0.5])
    np.testing.assert_array_equal(log_softmax(z), [-np.log(2.0), -np.inf, -np.log(2.0)])
    assert cross_entropy(z, 1) == np.inf
    assert cross_entropy(z, [0.5, 0.0, 0.5]) == np.log(2.0)
    assert cross_entropy(z, [0.5, 0.1, 0.4]) == np.inf
    np.testing.assert_array_equal(residual(z, 0), [-0.5, 0.0, 0.5])


@functions
@pytest.mark.parametrize(
    ("z", "message"),
    [
        ([0.0, np.nan], "NaN"),
        ([np.nan, np.inf], "NaN"),
        ([0.0, np.inf], r"\+inf"),
        ([-np.inf, -np.inf], "-inf only"),
        ([], "no classes"),
        (3.0, "single number"),
        (["a"], "real numbers"),
        ([1j], "real numbers"),
    ],
)
def test_logits_without_a_meaning_raise(f: Callable[..., F64], z: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        f(z)


@functions
def test_a_wrong_axis_raises(f: Callable[..., F64]) -> None:
    with pytest.raises(ValueError, match="axis=2"):
        f(np.zeros((2, 2)), axis=2)


@pytest.mark.parametrize("f", [cross_entropy, residual])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 3], "from 0 to 2"),
        ([-1, 0], "from 0 to 2"),
        ([0.0, 1.0], "integer labels"),
        ([0, 1, 2], "shape"),
        ([[0.5, 0.5, 0.5], [1, 0, 0]], "sum 1"),
        ([[1.5, -0.5, 0.0], [1, 0, 0]], "at least 0"),
        ([[np.nan, 0.5, 0.5], [1, 0, 0]], "probabilities"),
    ],
)
def test_targets_without_a_meaning_raise(f: Callable[..., F64], y: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        f(np.zeros((2, 3)), y)


def test_shapes_of_a_curvature_product_must_agree() -> None:
    with pytest.raises(ValueError, match="one shape"):
        curvature(np.full(3, 1 / 3), np.zeros(2))


@functions
@pytest.mark.parametrize("dtype", [np.int64, np.int8, bool, np.float16])
def test_other_real_dtypes_are_computed_in_float64(
    f: Callable[..., F64], dtype: type[np.generic]
) -> None:
    Z = np.array([[1, 0, 1], [0, 0, 1]]).astype(dtype)
    np.testing.assert_array_equal(f(Z), f(Z.astype(np.float64)))
    assert f(Z).dtype == np.float64


@functions
def test_no_examples_give_no_results(f: Callable[..., F64]) -> None:
    assert f(np.zeros((0, 3))).shape == (0, 3)
    assert cross_entropy(np.zeros((0, 3)), np.zeros(0, dtype=int)).shape == (0,)


@functions
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_the_classes_may_lie_along_any_axis(f: Callable[..., F64], axis: int) -> None:
    Z = np.random.default_rng(1).normal(size=(3, 4, 5))
    want = np.moveaxis(f(np.moveaxis(Z, axis, -1)), -1, axis)
    np.testing.assert_array_equal(f(Z, axis=axis), want)
    np.testing.assert_array_equal(
        f(Z[::-1, ::2, ::-1], axis=axis), f(Z[::-1, ::2, ::-1].copy(), axis)
    )


@functions
def test_the_input_is_left_as_it_was(f: Callable[..., F64]) -> None:
    Z = np.random.default_rng(1).normal(size=(3, 4))
    before = Z.copy()
    f(Z)
    cross_entropy(Z, [0, 1, 2])
    np.testing.assert_array_equal(Z, before)


# ---------------------------------------------------------------- what must hold of any logits


@given(matrices)
def test_probabilities_sum_to_one_and_residuals_to_zero(Z: F64) -> None:
    y = np.arange(len(Z)) % Z.shape[1]
    np.testing.assert_allclose(softmax(Z).sum(-1), 1.0, rtol=4e-16 * Z.shape[1])
    np.testing.assert_allclose(residual(Z, y).sum(-1), 0.0, atol=4e-16)


@given(rows, st.integers(-1000, 1000))
def test_adding_one_number_to_all_logits_changes_nothing(z: F64, shift: int) -> None:
    z = np.round(z * 1024) / 1024  # so that z + shift is exact
    np.testing.assert_array_equal(log_softmax(z + shift), log_softmax(z))
    np.testing.assert_array_equal(softmax(z + shift), softmax(z))


@given(rows)
def test_permuting_the_classes_permutes_the_result(z: F64) -> None:
    order = np.random.default_rng(len(z)).permutation(len(z))
    np.testing.assert_array_max_ulp(softmax(z[order]), softmax(z)[order], maxulp=2)
    np.testing.assert_array_max_ulp(log_softmax(z[order]), log_softmax(z)[order], maxulp=2)


@given(matrices)
def test_the_mean_loss_of_one_hot_rows_is_that_of_their_labels(Z: F64) -> None:
    y = np.arange(len(Z)) % Z.shape[1]
    hot = np.eye(Z.shape[1])[y]
    np.testing.assert_array_equal(cross_entropy(Z, hot), cross_entropy(Z, y))
    np.testing.assert_allclose(residual(Z, hot), residual(Z, y), atol=2e-16)


@given(matrices)
def test_the_residual_is_the_gradient_of_the_loss(Z: F64) -> None:
    h = mp.mpf(10) ** -20
    y = np.arange(len(Z)) % Z.shape[1]
    R = residual(Z, y)
    for z, label, r in zip(Z[:2], y, R, strict=False):
        for k in range(len(z)):

            def loss(step: mp.mpf, z: F64 = z, k: int = k, label: int = label) -> mp.mpf:
                shifted = [mp.mpf(float(x)) + (step if j == k else 0) for j, x in enumerate(z)]
                return mp.log(mp.fsum(mp.exp(x) for x in shifted)) - shifted[label]

            slope = (loss(h) - loss(-h)) / (2 * h)
            assert abs(slope - float(r[k])) <= 1e-15 * max(1.0, abs(float(r[k])))


def test_a_residual_keeps_its_digits_when_the_class_is_nearly_certain() -> None:
    got = residual(np.array([0.0, -60.0, -61.0]), 0)[0]
    assert ulps(got, -(mp.exp(-60) + mp.exp(-61)) / (1 + mp.exp(-60) + mp.exp(-61))) <= ULPS


@given(matrices)
def test_the_curvature_is_symmetric_and_positive_semidefinite(Z: F64) -> None:
    rng = np.random.default_rng(Z.size)
    P, U, V = softmax(Z), rng.normal(size=Z.shape), rng.normal(size=Z.shape)
    left, right = (U * curvature(P, V)).sum(-1), (V * curvature(P, U)).sum(-1)
    np.testing.assert_allclose(left, right, rtol=0.0, atol=1e-14)
    assert ((V * curvature(P, V)).sum(-1) >= -1e-16).all()
    np.testing.assert_allclose(curvature(P, np.ones_like(P)), 0.0, atol=1e-16)


@given(matrices)
def test_the_curvature_is_the_derivative_of_the_softmax(Z: F64) -> None:
    V = np.random.default_rng(Z.size).normal(size=Z.shape)
    h = 1e-20  # a complex step: no difference, so no cancellation
    E = np.exp(Z - Z.max(-1, keepdims=True) + 1j * h * V)
    derivative = (E / E.sum(-1, keepdims=True)).imag / h
    np.testing.assert_allclose(curvature(softmax(Z), V), derivative, rtol=1e-12, atol=1e-15)


def test_the_curvature_keeps_its_digits_when_a_class_is_nearly_certain() -> None:
    p = float(np.exp(-60.0))
    got = curvature(softmax([0.0, -60.0]), [1.0, -1.0])
    np.testing.assert_allclose(got, [2.0 * p, -2.0 * p], rtol=1e-14)


def test_the_curvature_runs_along_any_axis() -> None:
    rng = np.random.default_rng(0)
    P, V = softmax(rng.normal(size=(3, 4)), axis=0), rng.normal(size=(3, 4))
    np.testing.assert_array_equal(curvature(P, V, axis=0), curvature(P.T, V.T).T)
