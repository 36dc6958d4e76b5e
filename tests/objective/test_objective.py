"""The objective: its derivatives, the symmetries of the mathematics, batches and mistakes."""

from typing import Any

import numpy as np
import pytest
from comparing import assert_same, at_random, everything
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from problems import MakeProblem

from softlearn import cross_entropy
from softlearn.data import as_rows
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, passes_for
from softlearn.problem import Linear
from softlearn.testing import check_objective

F64 = NDArray[np.float64]
seeds = st.integers(0, 10_000)
flags = st.booleans()


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize("options", [{}, {"soft": True}, {"sparse": True, "bias": False}])
@pytest.mark.parametrize("C", [2, 5])
def test_where_classes_are_alike_one_row_of_memory_stands_for_all(
    make: MakeProblem, options: dict[str, Any], C: int
) -> None:
    problem = make(4, n=90, C=C, weighted=True, **options).problem
    large = Limits(small_hessian=0.0)  # small problems have a way of their own
    J, nearly = (SoftmaxObjective(problem, passes_for(problem, limits=large)) for _ in range(2))
    zero, v = np.zeros(J.size), at_random(J)[1]
    there, almost = J.at(zero), nearly.at(zero + 1e-200)
    assert there.forward.at_zero
    assert not almost.forward.at_zero
    for a, b in zip(everything(J, zero, v), everything(nearly, almost.w, v), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    for a, b in zip(there.forward.moments(0.2), almost.forward.moments(0.2), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        there.forward.bias_curvature, almost.forward.bias_curvature, atol=1e-15
    )
    assert there.forward._kept[0].Z.strides[0] == there.forward._kept[0].P.strides[0] == 0


def test_it_is_the_weighted_mean_of_the_losses_plus_the_penalty(make: MakeProblem) -> None:
    rng = np.random.default_rng(0)
    X, y, s = rng.normal(size=(20, 3)), rng.integers(0, 4, 20), rng.random(20)
    w = rng.normal(size=16)
    W, b = w[:12].reshape(4, 3), w[12:]
    losses = cross_entropy(X @ W.T + b, y)
    J = objective_of(as_rows(X), y, Linear(3, 4), 0.3, s)
    want = (s @ losses) / s.sum() + 0.15 * (W**2).sum()
    assert J.at(w).value == pytest.approx(want, rel=1e-14)
    plain = objective_of(as_rows(X), y, Linear(3, 4))
    assert plain.at(w).value == pytest.approx(losses.mean(), rel=1e-14)


@given(seeds, flags, flags, flags, flags, st.integers(2, 6), st.sampled_from([0.0, 1e-3, 1.0]))
def test_it_conforms_whatever_its_shape(
    make: MakeProblem,
    seed: int,
    bias: bool,
    weighted: bool,
    soft: bool,
    sparse: bool,
    C: int,
    l2: float,
) -> None:
    J = make(seed, C=C, l2=l2, bias=bias, weighted=weighted, soft=soft, sparse=sparse)
    check_objective(J, seed=seed)


@pytest.mark.parametrize("bias", [False, True])
def test_it_conforms_with_a_reference_class(make: MakeProblem, bias: bool) -> None:
    check_objective(make(1, C=4, bias=bias, reference=True))


@pytest.mark.parametrize("columns", [1e-6, 1e6, np.array([1e-3, 1.0, 1e5])])
def test_it_conforms_on_badly_scaled_columns(make: MakeProblem, columns: Any) -> None:
    J = make(2, columns=columns)
    scale = np.concatenate([np.tile(1.0 / np.broadcast_to(columns, 3), 3), np.ones(3)])
    check_objective(J, scale * np.random.default_rng(0).normal(size=J.size) * 0.3)


@given(seeds)
def test_with_no_feature_and_no_bias_every_class_is_as_likely(seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 5, 30)
    J = objective_of(as_rows(np.zeros((30, 2))), y, Linear(2, 5, bias=False))
    w, v = at_random(J, seed)
    assert J.at(w).value == pytest.approx(np.log(5.0), rel=1e-14)
    assert not J.at(w).grad.any()
    assert not J.at(w).hvp(v).any()


# ---------------------------------------------------------------- symmetries


@given(seeds)
def test_it_is_additive_over_a_split_of_the_rows(make: MakeProblem, seed: int) -> None:
    J = make(seed, weighted=True, l2=0.0)
    rng = np.random.default_rng(seed)
    first = rng.random(40) < 0.5
    first[:2] = True, False
    parts = [J.subset(np.flatnonzero(chosen), np.ones(chosen.sum())) for chosen in (first, ~first)]
    w, v = at_random(J, seed)
    for f in (lambda p: p.value, lambda p: p.grad, lambda p: p.hvp(v)):
        np.testing.assert_allclose(sum(f(p.at(w)) for p in parts), f(J.at(w)), atol=1e-14)


@given(seeds)
def test_permuting_the_rows_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y, s = rng.normal(size=(30, 3)), rng.integers(0, 3, 30), rng.random(30)
    order = rng.permutation(30)
    J = objective_of(as_rows(X), y, Linear(3, 3), 0.1, s)
    assert_same(J, objective_of(as_rows(X[order]), y[order], Linear(3, 3), 0.1, s[order]))


@given(seeds)
def test_a_whole_weight_is_a_repetition_and_weight_0_is_absence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(25, 3)), rng.integers(0, 3, 25)
    s = rng.integers(0, 4, 25)
    s[0] = 2
    J = objective_of(as_rows(X), y, Linear(3, 3), 0.1, s.astype(float))
    again = np.repeat(np.arange(25), s)
    assert_same(J, objective_of(as_rows(X[again]), y[again], Linear(3, 3), 0.1))


def test_only_the_proportions_of_the_weights_count() -> None:
    rng = np.random.default_rng(0)
    X, y, s = rng.normal(size=(25, 3)), rng.integers(0, 3, 25), rng.random(25)
    rows, model = as_rows(X), Linear(3, 3)
    assert_same(objective_of(rows, y, model, 0.1, s), objective_of(rows, y, model, 0.1, 1e6 * s))


@given(seeds)
def test_soft_labels_equal_a_mixture_of_rows_with_hard_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(15, 3)), rng.dirichlet(np.ones(4), size=15)
    J = objective_of(as_rows(X), Y, Linear(3, 4), 0.1)
    mixture = objective_of(
        as_rows(np.repeat(X, 4, axis=0)), np.tile(np.arange(4), 15), Linear(3, 4), 0.1, Y.ravel()
    )
    w, v = at_random(J, seed)
    for f in (lambda p: p.value, lambda p: p.grad, lambda p: p.hvp(v)):
        np.testing.assert_allclose(f(mixture.at(w)), f(J.at(w)), atol=1e-13)


def test_soft_labels_that_sum_to_1_in_float32_only_are_made_to_sum_to_1(make: MakeProblem) -> None:
    J = make(soft=True, C=5)
    single = J.problem.Y.astype(np.float32)
    assert np.abs(single.sum(1, dtype=np.float64) - 1.0).max() > 1e-9
    K = objective_of(J.problem.rows, single, J.model, 0.01)
    np.testing.assert_allclose(K.problem.Y.sum(1), 1.0, atol=1e-15)
    check_objective(K, accuracy=1e-9)


@given(seeds, st.booleans())
def test_one_hot_rows_equal_their_labels(seed: int, bias: bool) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(15, 3)), rng.integers(0, 4, 15)
    rows, model = as_rows(X), Linear(3, 4, bias)
    hard, soft = (objective_of(rows, Y, model, 0.1) for Y in (y, np.eye(4)[y]))
    w, v = at_random(hard, seed)
    for f in (lambda p: p.value, lambda p: p.grad, lambda p: p.hvp(v), lambda p: p.along(v)(0.4)):
        np.testing.assert_allclose(f(soft.at(w)), f(hard.at(w)), atol=1e-14)


@given(seeds)
def test_one_vector_added_to_the_weights_of_all_classes_changes_no_loss(
    make: MakeProblem, seed: int
) -> None:
    J = make(seed, l2=0.0)
    w, v = at_random(J, seed)
    common = np.concatenate([np.tile(v[:3], 3), np.full(3, v[-1])])
    assert J.at(w + common).value == pytest.approx(J.at(w).value, rel=1e-13)
    np.testing.assert_allclose(J.at(w + common).grad, J.at(w).grad, atol=1e-14)
    np.testing.assert_allclose(J.at(w).hvp(common), 0.0, atol=1e-14)


@given(seeds)
def test_a_reference_class_is_the_full_model_with_that_class_at_zero(
    make: MakeProblem, seed: int
) -> None:
    J = make(seed, l2=0.1)
    R = objective_of(J.problem.rows, J.problem.Y, Linear(3, 3, reference=True), 0.1)
    r, _ = at_random(R, seed)
    W, b = R.model.split(r)
    w = J.model.join(np.vstack([np.zeros(3), W]), np.r_[0.0, b])
    assert R.at(r).value == pytest.approx(J.at(w).value, rel=1e-14)
    gW, gb = J.model.split(J.at(w).grad)
    np.testing.assert_allclose(R.at(r).grad, R.model.join(gW[1:], gb[1:]), atol=1e-14)


@given(seeds)
def test_two_classes_with_a_reference_are_logistic_regression(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y, w = rng.normal(size=(20, 3)), rng.integers(0, 2, 20), rng.normal(size=4)
    J = objective_of(as_rows(X), y, Linear(3, 2, reference=True), 0.2)
    z = X @ w[:3] + w[3]
    want = np.logaddexp(0.0, np.where(y == 1, -z, z)).mean() + 0.1 * w[:3] @ w[:3]
    assert J.at(w).value == pytest.approx(want, rel=1e-14)
    full = objective_of(as_rows(X), y, Linear(3, 2), 0.4)  # halves +-w/2: twice the strength
    halves = np.concatenate([-w[:3], w[:3], [-w[3], w[3]]]) / 2.0
    assert full.at(halves).value == pytest.approx(want, rel=1e-13)


# ---------------------------------------------------------------- batches, mistakes, separation


@given(seeds, st.integers(1, 50), flags)
def test_batches_average_to_the_whole(
    make: MakeProblem, seed: int, size: int, weighted: bool
) -> None:
    J = make(seed, weighted=weighted)
    batches = list(J.batches(size, np.random.default_rng(seed)))
    w, v = at_random(J, seed)
    share = [b.problem.rows.n / J.problem.rows.n for b in batches]
    assert sum(share) == pytest.approx(1.0)
    for f in (lambda p: p.value, lambda p: p.grad, lambda p: p.hvp(v)):
        mean = sum(a * f(b.at(w)) for a, b in zip(share, batches, strict=True))
        np.testing.assert_allclose(mean, f(J.at(w)), atol=1e-13)


def test_an_epoch_of_batches_meets_every_row_once_in_a_random_order(make: MakeProblem) -> None:
    J, rng = make(), np.random.default_rng(0)
    met = np.concatenate(
        [b.problem.rows.take(np.arange(b.problem.rows.n)) for b in J.batches(7, rng)]
    )
    X = J.problem.rows.take(np.arange(40))
    np.testing.assert_array_equal(np.sort(met[:, 0]), np.sort(X[:, 0]))
    assert (met != X).any()


def test_labels_of_another_length_raise() -> None:
    with pytest.raises(ValueError, match="Y has 2 rows, but X has 3"):
        objective_of(as_rows(np.zeros((3, 1))), np.array([0, 1]), Linear(1, 2))


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        (np.array([0, 2]), "labels 0 to 2; they must be 0 to 1"),
        (np.array([-1, 0]), "labels -1 to 0; they must be 0 to 1"),
        (np.full((2, 3), 1 / 3), "Y has 3 columns, but the model has 2 classes"),
    ],
)
def test_labels_of_other_classes_raise(Y: NDArray[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        objective_of(as_rows(np.zeros((2, 1))), Y, Linear(1, 2))


@pytest.mark.parametrize(
    "weights", [[0.0, 0.0], [1.0, -2.0], [3.0, -1.0], [1.0, np.nan], [1.0, np.inf]]
)
def test_weights_that_are_no_weights_raise(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights must be finite numbers of at least 0"):
        objective_of(
            as_rows(np.zeros((2, 1))), np.array([0, 1]), Linear(1, 2), 0.0, np.array(weights)
        )


def test_another_penalty_shares_the_data_and_leaves_the_first_as_it_was(make: MakeProblem) -> None:
    J = make(l2=0.1)
    other = J.with_penalty(0.0)
    w, _ = at_random(J)
    assert other.problem.rows is J.problem.rows
    assert J.at(w).value - other.at(w).value == pytest.approx(0.05 * w[:9] @ w[:9], rel=1e-12)
