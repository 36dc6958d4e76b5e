"""The bound lies below the minimum whatever direction it is given, and meets it at Newton's.

The minimum is bounded from above by J at a point found here by a dense Newton method of our own
and evaluated with 40 digits: a bound above that, by more than J's own rounding, is false.
"""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from problems import MakeProblem
from samples import sample

from softlearn.data import as_rows
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective, SoftmaxPoint, certificate
from softlearn.objective.certificate import expected_gap
from softlearn.passes import Limits
from softlearn.problem import Linear
from softlearn.protocol import Status
from softlearn.solve import LBFGS, GradientDescent, Newton, minimize

F64 = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
seeds = st.integers(0, 10_000)
many_bounds = settings(max_examples=sample(10, 40))  # of each some 200 bounds


def units(J: SoftmaxObjective) -> F64:
    """Return what a unit of each parameter is worth in logits, inverted: a scaling for solves."""
    return 1.0 / J.parameter_rms()


def dense_hessian(point: SoftmaxPoint) -> F64:
    return np.stack([point.hvp(e) for e in np.eye(len(point.w))])


def newton_direction(point: SoftmaxPoint) -> F64:
    S = 1.0 / point.forward.blocks.parameter_rms()
    H = dense_hessian(point) * S[:, None] * S
    return -S * np.linalg.lstsq(H, S * point.grad, rcond=1e-15)[0]


def minimiser(J: SoftmaxObjective, steps: int = 60) -> F64:
    """Return the best point of a damped Newton method on the scaled dense Hessian."""
    w = np.zeros(J.size)
    for _ in range(steps):
        v, value = newton_direction(J.at(w)), J.at(w).value
        t = max((0.5**k for k in range(12)), key=lambda t: -J.at(w + t * v).value)
        if J.at(w + t * v).value > value:
            break
        w = w + t * v
    return w


def exact_value(J: SoftmaxObjective, w: F64) -> float:
    """Return J(w) computed with 40 digits, rounded up."""
    with mp.workdps(40):
        W, b = J.model.split(w)
        X, total = J.problem.rows.take(np.arange(J.problem.rows.n)), mp.mpf(0)
        for x, y, s in zip(X, J.problem.Y, J.problem.s, strict=True):
            z = [mp.fdot(x, row) for row in W]
            z = [a + float(c) for a, c in zip(z, b, strict=True)] if J.model.bias else z
            z = [mp.mpf(0)] * (J.model.C - J.model.K) + z
            top = max(z)
            log_sum = top + mp.log(mp.fsum(mp.exp(a - top) for a in z))
            own = z[y] if np.ndim(y) == 0 else mp.fdot(z, y)
            total += float(s) * (log_sum - own)
        total += mp.mpf(J.penalty.strength) / 2 * mp.fsum(mp.mpf(a) ** 2 for a in W.ravel())
        return float(total) * (1.0 + EPS)


def rounding(J: SoftmaxObjective, w: F64) -> float:
    """Return a few roundings of J at w: of its value, and of its logits before they cancel."""
    W, b = J.model.split(np.abs(w))
    X = np.abs(J.problem.rows.take(np.arange(J.problem.rows.n)))
    Z = X @ W.T + (b if J.model.bias else 0.0)
    return 16.0 * EPS * float(J.at(w).value + J.problem.s @ Z.max(1))


def guesses(J: SoftmaxObjective, w: F64, best: F64, seed: int) -> list[F64 | None]:
    """Return directions, right ones and wrong ones."""
    rng, S = np.random.default_rng(seed), units(J)
    random = rng.normal(size=J.size) * S
    step = newton_direction(J.at(w))
    only_bias = np.where(np.arange(J.size) < J.model.weights, 0.0, random)
    return [
        *(None, step, best - w, 0.5 * step, -step, step + 1e-4 * random, only_bias),
        *(random * 10.0**k for k in (-15, -9, -3, 0, 3)),
        1e-3 * rng.standard_cauchy(J.size) * S,
    ]


def starts(J: SoftmaxObjective, best: F64, seed: int) -> list[F64]:
    """Return points at, near and far from the minimum."""
    rng, S = np.random.default_rng(seed + 1), units(J)
    noise = rng.normal(size=J.size) * S
    return [np.zeros(J.size), best, best + 1e-6 * noise, best + 0.1 * noise, noise, 20.0 * noise]


def check_bounds(J: SoftmaxObjective, seed: int) -> None:
    best = minimiser(J)
    least = exact_value(J, best)
    for w in starts(J, best, seed):
        point = J.at(w)
        allowed = rounding(J, best) + rounding(J, w)
        for v in guesses(J, w, best, seed):
            for r in (None, point.grad, v):  # residuals as wrong as any: none makes it false
                bound = point.bound(v, r)
                assert bound <= least + allowed
                assert bound <= point.value * (1.0 + EPS)


@many_bounds
@given(
    seeds,
    st.integers(2, 4),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1e-8, 1e-4, 1e-2, 1.0, 100.0]),
)
def test_the_bound_lies_below_the_minimum_whatever_direction_it_is_given(
    make: MakeProblem,
    seed: int,
    C: int,
    bias: bool,
    weighted: bool,
    soft: bool,
    reference: bool,
    l2: float,
) -> None:
    shape = {"n": 14, "d": 2, "C": C, "l2": l2}
    kind = {"bias": bias, "weighted": weighted, "soft": soft, "reference": reference}
    check_bounds(make(seed, **shape, **kind), seed)


@many_bounds
@given(seeds, st.sampled_from([1e-10, 1e-6, 1e-2]))
def test_the_bound_lies_below_the_minimum_of_separable_data_with_a_penalty(
    make: MakeProblem, seed: int, l2: float
) -> None:
    check_bounds(make(seed, n=14, d=2, l2=l2, separable=True), seed)


@many_bounds
@given(seeds, st.sampled_from([1e-12, 1e-6, 1e-2]), st.floats(-9, 9), st.floats(-9, 9))
def test_the_bound_lies_below_the_minimum_on_badly_scaled_columns(
    make: MakeProblem, seed: int, l2: float, first: float, second: float
) -> None:
    check_bounds(make(seed, n=14, d=2, l2=l2, columns=[10.0**first, 10.0**second]), seed)


@many_bounds
@given(seeds, st.booleans(), st.booleans())
def test_the_bound_lies_below_the_minimum_without_a_penalty(
    make: MakeProblem, seed: int, bias: bool, weighted: bool
) -> None:
    J = make(seed, n=25, d=2, l2=0.0, bias=bias, weighted=weighted)
    check_bounds(J, seed)


@many_bounds
@given(seeds)
def test_a_column_far_from_zero_does_not_make_the_bound_false(make: MakeProblem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.c_[rng.normal(size=14), 1e6 + rng.normal(size=14)]
    check_bounds(objective_of(as_rows(X), np.arange(14) % 3, Linear(2, 3), 1e-6), seed)


@given(seeds, st.booleans())
def test_separable_data_without_a_penalty_have_no_bound_above_zero(
    make: MakeProblem, seed: int, bias: bool
) -> None:
    J = make(seed, n=14, d=2, l2=0.0, separable=True, bias=bias)
    rng, w = np.random.default_rng(seed), np.zeros(J.size)
    for _ in range(25):  # along Newton's way to infinity
        point = J.at(w)
        step = newton_direction(point)
        for v in (None, step, 2.0 * step, 1e-14 * step, rng.normal(size=J.size)):
            # The minimum is 0; within 1e-9 J for each unit of the farthest logit, 40 here.
            assert point.bound(v) <= 1e-7 * point.value
        w = w + step


def test_quasi_separable_data_without_a_penalty_have_no_bound_above_the_infimum() -> None:
    X = np.repeat([[0.0], [1.0]], [10, 5], axis=0)
    y = np.r_[np.repeat([0, 1], [7, 3]), np.ones(5, dtype=int)]
    infimum = -(7 * np.log(0.7) + 3 * np.log(0.3)) / 15.0  # the rows at 1 cost nothing at infinity
    J = objective_of(as_rows(X), y, Linear(1, 2))
    w = np.zeros(4)
    for _ in range(30):
        point = J.at(w)
        step = newton_direction(point)
        for v in (None, step, 1e-12 * step):
            assert point.bound(v) <= infimum * (1.0 + 1e-7)
        w = w + step


# ---------------------------------------------------------------- how tight it is


@given(seeds, st.sampled_from([1e-8, 1e-3, 0.1]), st.booleans(), st.floats(-6, 6))
def test_along_newtons_direction_the_gap_is_the_distance_from_the_minimum(
    make: MakeProblem, seed: int, l2: float, bias: bool, decades: float
) -> None:
    J = make(seed, n=30, d=2, l2=l2, bias=bias, columns=[1.0, 10.0**decades])
    best = minimiser(J)
    w = best + 1e-3 * np.random.default_rng(seed).normal(size=J.size) * units(J)
    point, least = J.at(w), J.at(best).value
    distance = point.value - least
    gap = point.value - point.bound(newton_direction(point))
    assert gap >= distance * (1.0 - 1e-3) - 1e-15
    assert gap <= 1.1 * distance + 1e-13


@given(seeds)
def test_without_a_penalty_too(make: MakeProblem, seed: int) -> None:
    J = make(seed, n=60, d=2, l2=0.0)
    best = minimiser(J)
    if J.diagnose(J.at(best), best):
        return
    w = best + 1e-3 * np.random.default_rng(seed).normal(size=J.size) * units(J)
    point, least = J.at(w), J.at(best).value
    gap = point.value - point.bound(newton_direction(point))
    assert gap <= 1.2 * (point.value - least) + 1e-12


@given(seeds)
def test_the_biases_of_a_direction_are_balanced_before_it_is_used(
    make: MakeProblem, seed: int
) -> None:
    J = make(seed, n=30, d=2, l2=0.01)
    noise = np.random.default_rng(seed).normal(size=J.size)
    point = J.at(minimiser(J) + 1e-2 * noise)
    v = newton_direction(point)
    rough = v + np.where(np.arange(J.size) < J.model.weights, 0.0, 0.05 * noise)
    assert point.bound(rough) == pytest.approx(point.bound(v), rel=1e-9)
    assert point.bound() > -np.inf


def test_without_a_direction_the_gap_is_the_gradient_over_the_strength(make: MakeProblem) -> None:
    J = make(bias=False, l2=0.3)
    point = J.at(np.random.default_rng(0).normal(size=J.size))
    want = point.value - float(point.grad @ point.grad) / 0.6
    assert point.bound() == pytest.approx(want, rel=1e-14)


@given(seeds, st.sampled_from([0.0, 1e-3, 1.0]))
def test_the_expected_gap_foretells_the_bound(make: MakeProblem, seed: int, l2: float) -> None:
    J = make(seed, n=60, d=2, l2=l2)
    w = minimiser(J) + 1e-4 * np.random.default_rng(seed).normal(size=J.size)
    point = J.at(w)
    v = newton_direction(point)
    gap = point.value - point.bound(v)
    assert expected_gap(point.forward, v, point.grad + point.hvp(v)) == pytest.approx(
        gap, rel=0.05, abs=1e-13
    )


def test_the_gap_does_not_depend_on_the_scale_of_the_columns(make: MakeProblem) -> None:
    gaps = []
    for scale in (1.0, 1e9):
        J = make(n=30, d=2, l2=1e-6 * scale**2, columns=scale)
        w = minimiser(J) + 1e-3 * units(J)
        gaps.append(J.at(w).value - J.at(w).bound(newton_direction(J.at(w))))
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-3)


# ---------------------------------------------------------------- what a bound may not do


def test_a_direction_out_of_the_simplex_proves_nothing(make: MakeProblem) -> None:
    J = make(bias=False)
    v = np.zeros(J.size)
    v[0] = 1e6
    assert J.at(np.zeros(J.size)).bound(v) == -np.inf


def test_a_row_without_weight_cannot_spoil_the_bound() -> None:
    X = np.array([[1.0], [-1.0], [0.5], [1e6]])
    y, s = np.array([0, 1, 1, 0]), np.array([1.0, 1.0, 1.0, 0.0])
    with_row = objective_of(as_rows(X), y, Linear(1, 2), 0.1, s)
    without = objective_of(as_rows(X[:3]), y[:3], Linear(1, 2), 0.1)
    w, v = np.array([0.1, -0.1, 0.0, 0.0]), np.array([-0.2, 0.2, 0.1, 0.0])
    assert with_row.at(w).bound(v) == pytest.approx(without.at(w).bound(v), rel=1e-14)


def test_without_a_penalty_no_direction_at_all_proves_nothing(make: MakeProblem) -> None:
    J = make(l2=0.0)
    for w in (np.zeros(J.size), np.random.default_rng(0).normal(size=J.size)):
        for v in (None, np.full(J.size, 1e-15), -1e-14 * J.at(w).grad):
            assert J.at(w).bound(v) == -np.inf


def test_a_bias_that_cannot_be_balanced_proves_nothing() -> None:
    X = np.array([[0.0], [0.0], [0.0]])
    J = objective_of(as_rows(X), np.array([0, 1, 2]), Linear(1, 3), 1.0)
    nowhere = np.array([0.0, 0.0, 0.0, 0.0, -900.0, -900.0])  # two classes of probability 0
    for v in (None, np.ones(6)):
        assert J.at(nowhere).bound(v) == -np.inf


def test_asking_for_a_bound_changes_neither_the_point_nor_the_direction(make: MakeProblem) -> None:
    J = make()
    point, v = J.at(np.full(J.size, 0.1)), np.full(J.size, 0.01)
    value, grad = point.value, point.grad.copy()
    point.bound(v)
    np.testing.assert_array_equal(v, 0.01)
    assert point.value == value
    np.testing.assert_array_equal(point.grad, grad)


@settings(max_examples=sample(12, 25))
@given(
    seeds,
    st.sampled_from([Newton(), Newton("exact"), Newton("classwise"), LBFGS(), GradientDescent()]),
    st.sampled_from([0.0, 1e-6, 1e-2]),
    st.sampled_from([1e-2, 1e-6, 1e-10]),
    st.booleans(),
)
def test_a_solver_never_claims_to_have_converged_when_it_has_not(
    make: MakeProblem, seed: int, solver: Newton, l2: float, tol: float, weighted: bool
) -> None:
    J = make(seed, n=25, d=2, l2=l2, weighted=weighted)
    best = minimiser(J)
    result = minimize(J, solver, tol=tol, max_steps=300)
    true_gap = (result.value - exact_value(J, best)) / result.value
    assert result.status is not Status.CONVERGED or true_gap <= tol
    assert true_gap <= result.gap + 1e-13


@pytest.mark.parametrize("reference", [False, True])
def test_biases_of_many_classes_are_balanced_without_a_matrix_of_all_pairs(
    make: MakeProblem, monkeypatch: pytest.MonkeyPatch, reference: bool
) -> None:
    J = make(3, n=300, C=12, l2=0.01, reference=reference, weighted=True)
    point = J.at(np.random.default_rng(0).normal(size=J.size))
    v = 0.9 * newton_direction(point)
    exact = point.bound(v)
    A = point.forward.bias_curvature
    c = np.random.default_rng(1).normal(size=len(A))
    np.testing.assert_allclose(point.forward.bias_product(c), A @ c, atol=1e-15)
    np.testing.assert_allclose(point.forward.moments_of_rows()[1], A.diagonal(), atol=1e-15)
    monkeypatch.setattr(certificate, "LIMITS", Limits(many_classes=12))
    fresh = J.at(point.w)
    found = fresh.bound(v)
    assert "bias_curvature" not in vars(fresh.forward)
    assert found == pytest.approx(exact, abs=1e-9 * point.value)
    assert found <= exact_value(J, minimiser(J))
