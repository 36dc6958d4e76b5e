"""Where Newton's equations are solved outright, nothing changes but the time it takes."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from problems import MakeProblem, problem

from softlearn.data import as_rows
from softlearn.execution.threads import Serial
from softlearn.kernels import NumPyKernel, native
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, SmallPasses, passes_for
from softlearn.presolve import OF_COLUMNS, presolve
from softlearn.problem import Linear, Problem
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize

shapes: dict[str, Any] = {
    "seed": st.integers(0, 999),
    "C": st.integers(2, 5),
    "d": st.integers(1, 6),
    "bias": st.booleans(),
    "reference": st.booleans(),
    "weighted": st.booleans(),
    "soft": st.booleans(),
    "sparse": st.booleans(),
}


def with_passes_alone(J: SoftmaxObjective) -> SoftmaxObjective:
    """Return J as it would be if it were large."""
    return SoftmaxObjective(J.problem, passes_for(J.problem, limits=Limits(small_hessian=0.0)))


def by_numpy(J: SoftmaxObjective) -> SoftmaxObjective:
    """Return J, small, without C++."""
    P = J.problem
    whole = [slice(0, P.rows.n)]
    return SoftmaxObjective(P, SmallPasses(P, NumPyKernel(P.model), Serial(), whole, True))


@given(
    l2=st.sampled_from([1e-8, 1e-3, 1.0]), damping=st.sampled_from([0.0, 0.1, 10.0]),
    far=st.sampled_from([0.0, 1.0, 10.0]), **shapes,
)  # fmt: skip
def test_the_direction_is_what_numpy_finds(
    l2: float, damping: float, far: float, **shape: Any
) -> None:
    J = problem(l2=l2, **shape)
    w = far * np.random.default_rng(0).normal(size=J.size)
    point, plain = J.at(w), by_numpy(J)
    got, want = point.direction(damping), plain.at(w).direction(damping)
    assert got is not None
    assert want is not None
    assert got.decrement == pytest.approx(want.decrement, rel=1e-5)
    np.testing.assert_allclose(got.v, want.v, atol=1e-5 * np.abs(want.v).max())
    r = point.grad + point.hvp(got.v, damping)
    np.testing.assert_allclose(got.r, r, atol=1e-9 * (1.0 + np.abs(point.grad).max()))


@given(l2=st.sampled_from([1e-9, 1e-5, 1e-2]), **shapes)
def test_the_minimum_is_that_of_conjugate_gradients(l2: float, **shape: Any) -> None:
    J, plain = problem(l2=l2, **shape), with_passes_alone(problem(l2=l2, **shape))
    assert J.is_small
    got, want = (minimize(each, Newton("exact"), tol=1e-8) for each in (J, plain))
    assert got.status is want.status is Status.CONVERGED
    assert got.value == pytest.approx(want.value, rel=2e-8)
    assert got.lower <= want.value * (1.0 + 1e-12)


@pytest.mark.parametrize("columns", [1e-8, 1e5, np.array([1e-6, 1.0, 1e6])])
@pytest.mark.parametrize("l2", [0.0, 1e-12, 1e-2])
def test_the_scale_of_features_does_not_matter(make: MakeProblem, columns: Any, l2: float) -> None:
    J, plain = make(columns=columns, l2=l2), with_passes_alone(make(columns=columns, l2=l2))
    got, want = (minimize(each, Newton("exact"), tol=1e-7) for each in (J, plain))
    assert got.status is want.status is Status.CONVERGED
    assert got.value == pytest.approx(want.value, rel=2e-7)


@pytest.mark.parametrize("l2", [0.0, 1e-10, 1e-2])
def test_features_that_repeat_others_are_no_obstacle(l2: float) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(3, size=60)
    X = np.hstack([X, X[:, :1] + X[:, 1:2], np.ones((60, 1)), np.zeros((60, 1))])
    X[:, 3] = np.rint(1e3 * X[:, 0]) + np.rint(1e3 * X[:, 1])  # whole numbers: an exact sum
    X[:, :2] = np.rint(1e3 * X[:, :2])
    J = SoftmaxObjective(presolve(Problem.of(as_rows(X), y, Linear(6, 3), l2), OF_COLUMNS).problem)
    result = minimize(J, Newton("exact"), tol=1e-8)
    assert result.status is Status.CONVERGED
    plain = minimize(with_passes_alone(J), Newton("exact"), tol=1e-8)
    assert result.value == pytest.approx(plain.value, rel=2e-8)


def test_classes_that_can_be_separated_have_no_optimum_here_either(make: MakeProblem) -> None:
    result = minimize(make(separable=True, l2=0.0), Newton("exact"))
    assert result.status is Status.NO_FINITE_OPTIMUM


def test_what_only_rounding_determines_is_left_to_conjugate_gradients(make: MakeProblem) -> None:
    far = 1e7 + np.random.default_rng(0).normal(size=(60, 3))  # beside the bias, 1e-14 is left
    y = np.random.default_rng(1).integers(3, size=60)
    for l2, kernel in ((0.0, "native"), (0.0, "plain"), (1e-3, "native"), (1e-3, "plain")):
        J = objective_of(as_rows(far), y, Linear(3, 3), l2)
        J = by_numpy(J) if kernel == "plain" else J
        assert (J.at(np.zeros(J.size)).direction() is None) == (l2 == 0.0)


def test_a_larger_problem_has_no_direction_at_once(make: MakeProblem) -> None:
    assert make(n=40, d=3).at(np.zeros(12)).direction() is not None
    large = make(n=4000, d=30)
    assert not large.is_small
    assert large.at(np.zeros(large.size)).direction() is None


def test_other_rows_and_penalties_have_their_own_direction(make: MakeProblem) -> None:
    J = make(l2=1e-2)
    w = np.zeros(J.size)
    J.at(w).direction()
    part = J.subset(np.arange(5, 35), np.full(30, 40 / 30))
    for other in (J.with_penalty(1.0), part):
        point = other.at(w)
        found = point.direction()
        assert found is not None
        np.testing.assert_allclose(point.hvp(found.v), -point.grad, atol=1e-10)


def test_readings_of_the_data_are_counted(make: MakeProblem) -> None:
    J = make()
    point = J.at(np.zeros(J.size))
    point.value  # noqa: B018
    assert J.blocks.row_rms > 0.0  # the sizes of columns are read once
    before = J.passes
    found = point.direction()
    assert found is not None
    assert J.passes > before
    before = J.passes
    line = point.along(found)
    line(1.0)
    assert J.passes == before + (1.0 if native() is not None and J.problem.labelled else 0.0)
    line.point(1.0).grad  # noqa: B018
    assert J.passes == before + 1.0  # by the shorter way the trial was the point


def test_trial_steps_are_right_after_many(make: MakeProblem) -> None:
    J = make(n=60, C=4, l2=1e-3)
    point = J.at(np.zeros(J.size))
    for _ in range(12):
        found = point.direction(0.1)
        assert found is not None
        line = point.along(found)
        value, slope = line(0.7)
        point = line.point(0.7)
        fresh = J.at(point.w)
        assert value == pytest.approx(fresh.value, rel=1e-13)
        assert point.value == pytest.approx(fresh.value, rel=1e-13)
        assert slope == pytest.approx(float(fresh.grad @ found.v), rel=1e-6, abs=1e-15)
        np.testing.assert_allclose(point.grad, fresh.grad, atol=1e-14)


def test_sparse_rows_take_the_same_steps() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4)) * (rng.random((50, 4)) < 0.4), rng.integers(3, size=50)
    model = Linear(4, 3)
    dense = minimize(objective_of(as_rows(X), y, model, 1e-3), Newton("exact"))
    for by_feature in (False, True):
        other = Linear(4, 3, by_feature=by_feature)
        J = objective_of(as_rows(sp.csr_array(X)), y, other, 1e-3)
        W, b = model.split(np.arange(15.0))
        w0 = other.join(W, b)  # what classes share is taken back
        sparse = minimize(J, Newton("exact"))
        assert dense.n_steps == sparse.n_steps
        for got, want in zip(other.split(sparse.w), model.split(dense.w), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
        far = objective_of(as_rows(X), y, model, 1e-3).at(np.arange(15.0)).direction(0.1)
        near = J.at(w0).direction(0.1)
        assert far is not None
        assert near is not None
        for got, want in zip(other.split(near.v), model.split(far.v), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
