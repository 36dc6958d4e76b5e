"""Mini-batches: unbiased, reproducible to the bit, resumable, and honest where they diverge."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from network_problems import network_problem
from problems import MakeProblem

from softlearn.data import as_rows
from softlearn.function import Function
from softlearn.networks import Network, initial_parameters, objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.problem import Linear
from softlearn.protocol import F64, Objective, Status
from softlearn.solve import (
    Adam,
    Epoch,
    GradientDescent,
    Momentum,
    Newton,
    Stochastic,
    minimize,
    minimize_steps,
)


def run(solver: Stochastic, J: Objective, w: F64) -> list[Epoch]:
    return list(solver.steps(J, w, 0.0))


def class_weighted(weights: F64) -> tuple[SoftmaxObjective, F64]:
    """Return a problem whose rows weigh as much as their classes, and parameters."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
    model = Network((4, 6, 3), "tanh")
    J = objective_of(as_rows(X), Y, model, 0.05, weights[Y] * rng.random(50))
    return J, np.asarray(initial_parameters(model, rng, "sklearn"))


# ---------------------------------------------------------------- the gradients


@pytest.mark.parametrize("size", [1, 7, 16, 50, 200])
def test_the_batches_of_an_epoch_add_up_to_the_objective_and_its_gradient(size: int) -> None:
    J, w = class_weighted(np.array([1.0, 5.0, 0.2]))
    value, grad, rows = 0.0, np.zeros(J.size), []
    for batch in J.batches(size, np.random.default_rng(1)):
        share = batch.problem.rows.n / 50
        value += share * batch.at(w).value
        grad += share * batch.at(w).grad
        rows.append(batch.problem.rows.take(np.arange(batch.problem.rows.n)))
    assert value == pytest.approx(J.at(w).value, rel=1e-13)
    np.testing.assert_allclose(grad, J.at(w).grad, rtol=1e-12, atol=1e-16)
    X = np.concatenate(rows)
    assert len(np.unique(X, axis=0)) == len(X) == 50


def test_one_batch_of_all_rows_is_gradient_descent() -> None:
    J, w = class_weighted(np.array([1.0, 2.0, 3.0]))
    epochs = run(Stochastic(GradientDescent(0.3), 50, epochs=8), J, w)
    for epoch, step in zip(epochs, GradientDescent(0.3).steps(J, w, 0.0), strict=False):
        np.testing.assert_allclose(epoch.point.w, step.point.w, rtol=1e-11)


def test_batches_of_one_row_are_the_stochastic_gradient_of_the_textbook(make: MakeProblem) -> None:
    J = make(n=20, l2=0.0)
    (_, epoch) = run(Stochastic(GradientDescent(0.1), 1, epochs=1, seed=3), J, np.zeros(J.size))
    w = np.zeros(J.size)
    X = J.problem.rows.take(np.arange(20))
    for i in np.random.default_rng((3, 1)).permutation(20):
        W, b = J.model.split(w)
        p = np.exp(W @ X[i] + b)
        dz = p / p.sum() - np.eye(3)[J.problem.Y[i]]
        w = w - 0.1 * J.model.join(np.outer(dz, X[i]), dz)
    np.testing.assert_allclose(epoch.point.w, w, rtol=1e-11)


def test_rows_without_weight_change_nothing() -> None:
    J, w = class_weighted(np.array([1.0, 1.0, 0.0]))
    X = J.problem.rows.take(np.arange(50))
    X[J.problem.Y == 2] = 1e3
    other = objective_of(as_rows(X), J.problem.Y, J.model, 0.05, J.problem.s)
    ours, theirs = (run(Stochastic(Adam(0.01), 8, 3), f, w)[-1].point.w for f in (J, other))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_it_comes_close_to_the_minimum_that_newton_proves(make: MakeProblem) -> None:
    J = make(n=200, l2=0.05)
    least = minimize(J, Newton()).value
    rate = Momentum(learning_rate=lambda k: 0.3 / (1.0 + 0.05 * k))
    epochs = run(Stochastic(rate, 20, epochs=60), J, np.zeros(J.size))
    assert epochs[-1].point.value == pytest.approx(least, rel=1e-3)
    assert epochs[-1].loss == pytest.approx(least, rel=0.02)


# ---------------------------------------------------------------- the same bits


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_same_seed_gives_the_same_bits_and_another_gives_others(dropout: float) -> None:
    J, w = network_problem(weighted=True, dropout=dropout)
    first, again = (run(Stochastic(Adam(0.01), 8, 4, seed=5), J, w) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.point.w, b.point.w)
        np.testing.assert_equal(a.loss, b.loss)
    other = run(Stochastic(Adam(0.01), 8, 4, seed=6), J, w)
    assert (other[-1].point.w != first[-1].point.w).any()
    orders = [epoch.point.w for epoch in first]
    assert all((a != b).any() for a, b in pairwise(orders))


@pytest.mark.parametrize("rule", [Adam(0.01), Momentum(lambda k: 0.1 / (k + 1.0))])
def test_an_epoch_that_was_kept_goes_on_to_the_same_bits(rule: Any) -> None:
    J, w = network_problem(dropout=0.2)
    solver = Stochastic(rule, 8, 6)
    epochs = run(solver, J, w)
    for k in (0, 2, 5):
        kept = Epoch(J.at(epochs[k].point.w.copy()), k=k, state=epochs[k].state)
        later = list(solver.resume(J, kept))
        assert [e.k for e in later] == list(range(k + 1, 7))
        np.testing.assert_array_equal(later[-1].point.w, epochs[-1].point.w)
    assert list(solver.resume(J, epochs[-1])) == []


def test_the_storage_of_x_makes_no_difference(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5)) * (rng.random((60, 5)) < 0.5)
    Y, model = rng.integers(0, 3, 60), Network((5, 8, 3), "gelu", dropout=0.1)
    w = np.asarray(initial_parameters(model, rng))
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    ends = [
        run(Stochastic(Adam(0.01), 16, 3), objective_of(as_rows(x), Y, model), w)[-1].point.w
        for x in (X, np.asfortranarray(X), mapped, sp.csr_array(X), sp.csc_array(X))
    ]
    np.testing.assert_array_equal(ends[0], ends[2])
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=1e-9)


def test_float32_networks_are_trained_in_float32() -> None:
    J, w = network_problem(dtype="float32")
    for rule in (Adam(0.01), Momentum(0.1), GradientDescent(0.1)):
        *_, last = run(Stochastic(rule, 8, 2, clip=0.1), J, w)
        assert last.point.w.dtype == last.point.grad.dtype == np.float32


# ---------------------------------------------------------------- what is read


def test_x_is_read_once_an_epoch_and_the_objective_only_where_it_is_asked_for() -> None:
    J, w = network_problem()
    epochs = run(Stochastic(Adam(0.01), 8, 5), J, w)
    assert J.passes == pytest.approx(5.0)
    epochs[-1].point.value  # noqa: B018
    assert J.passes == pytest.approx(6.0)


def test_no_more_than_a_batch_of_x_is_gathered_at_a_time() -> None:
    class Watched(np.ndarray):
        most = 0

        def __getitem__(self, key: Any) -> Any:
            found = super().__getitem__(key)
            Watched.most = max(Watched.most, len(found) if isinstance(key, np.ndarray) else 0)
            return np.asarray(found) if isinstance(key, np.ndarray) else found

    X = np.random.default_rng(0).normal(size=(100, 3))
    J = objective_of(as_rows(X.view(Watched)), np.arange(100) % 2, Linear(3, 2))
    run(Stochastic(Adam(0.01), 10, 2), J, np.zeros(J.size))
    assert Watched.most == 10


def test_the_loss_of_an_epoch_is_the_mean_of_its_batches() -> None:
    J, w = network_problem()
    still = GradientDescent(1e-300)
    _, epoch = run(Stochastic(still, 8, 1), J, w)
    assert epoch.loss == pytest.approx(J.at(w).value, rel=1e-12)
    assert epoch.note == f"loss {epoch.loss:.4g}"


def test_minimize_runs_it_and_keeps_the_best_epoch() -> None:
    J, w = network_problem()
    solver = Stochastic(Adam(0.05), 8, 30)
    found = minimize(J, solver, w)
    assert found.status is Status.LIMIT_REACHED
    assert found.n_steps == 30
    assert found.value == min(e.point.value for e in run(solver, J, w))


def test_a_plain_function_is_a_batch_of_its_own() -> None:
    J = Function(lambda w: (float(w @ w), 2.0 * w), 3)
    epochs = run(Stochastic(GradientDescent(0.25), 8, 3), J, np.ones(3))
    np.testing.assert_array_equal([e.point.w[0] for e in epochs], [1.0, 0.5, 0.25, 0.125])


# ---------------------------------------------------------------- steps that are too long


def test_clipping_shortens_long_gradients_and_leaves_short_ones() -> None:
    J, w = network_problem()
    length = float(np.linalg.norm(J.at(w).grad))
    whole, start = J.problem.rows.n, w
    for clip, want in ((0.5 * length, 0.5 * length), (2.0 * length, length)):
        _, epoch = run(Stochastic(GradientDescent(1.0), whole, 1, clip=clip), J, start)
        assert np.linalg.norm(epoch.point.w - w) == pytest.approx(want, rel=1e-10)
        assert epoch.largest == pytest.approx(length, rel=1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_that_are_too_long_end_at_once_with_the_last_finite_point(dtype: str) -> None:
    J, w = network_problem("relu", (6, 5), dtype=dtype)
    *_, last, broken = run(Stochastic(GradientDescent(1e12), 8, 50), J, w)
    assert broken.k < 50
    assert np.isfinite(last.point.w).all()
    assert np.isnan(broken.point.value)
    assert "batches of epoch" in broken.note
    assert "try a smaller learning rate, clip=1.0, or features on one scale" in broken.note


def test_a_step_that_is_too_long_at_the_very_end_is_seen_too() -> None:
    J = Function(lambda w: (-float(np.abs(w).sum()), -np.sign(w)), 1)
    *_, last, broken = run(Stochastic(GradientDescent(1e308), 1, 1, clip=2.0), J, np.full(1, 1e308))
    np.testing.assert_array_equal(last.point.w, 1e308)
    assert "after 1 batches of epoch 1" in broken.note
    assert "a smaller clip" in broken.note


def test_long_gradients_of_float32_are_clipped_even_if_their_squares_overflow() -> None:
    X = np.full((4, 2), 1e30, np.float32)
    J = objective_of(as_rows(X), np.arange(4) % 2, Network((2, 2, 2), "identity", dtype="float32"))
    w = np.array([1e-3, 0.0, 0.0, 2e-3, 1.0, -1.0, -1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    _, epoch = run(Stochastic(GradientDescent(1.0), 4, 1, clip=0.5), J, w)
    assert epoch.largest > 1e19
    assert np.linalg.norm(epoch.point.w - w.astype(np.float32)) == pytest.approx(0.5, rel=1e-5)


def test_minimize_says_that_it_is_not_finite_and_keeps_the_best_point() -> None:
    J, w = network_problem("relu", (6, 5))
    notes = []
    steps = minimize_steps(J, Stochastic(GradientDescent(1e12), 1, 50), w)
    while True:
        try:
            notes.append(next(steps).note)
        except StopIteration as end:
            found = end.value
            break
    assert found.status is Status.NOT_FINITE
    assert np.isfinite(found.value)
    assert found.value <= J.at(w).value
    assert "try a smaller learning rate" in notes[-1]


def test_a_start_that_is_not_finite_is_seen_at_once() -> None:
    J, w = network_problem()
    epochs = run(Stochastic(Adam(), 8, 5), J, np.full_like(w, np.nan))
    assert [e.k for e in epochs] == [0, 1, 1]
    assert "after 0 batches of epoch 1" in epochs[-1].note


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, but it is 0"),
        ({"epochs": -1}, "epochs must be at least 0"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"clip": 0.0}, "clip must be above 0, or None for never, but it is 0.0"),
    ],
)
def test_a_choice_out_of_range_is_named(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Stochastic(Adam(), **choices)


def test_a_line_search_cannot_be_used_with_mini_batches() -> None:
    J, w = network_problem()
    with pytest.raises(ValueError, match="learning_rate must be a number or a schedule"):
        run(Stochastic(GradientDescent(), 8), J, w)
