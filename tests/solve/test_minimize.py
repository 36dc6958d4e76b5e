"""The one loop: when it stops, what it says, and that what it says is true."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from problems import MakeProblem
from sklearn.datasets import load_digits

from softlearn.data import as_rows
from softlearn.function import Function
from softlearn.networks import objective_of
from softlearn.problem import Linear, Names
from softlearn.protocol import Objective, Solver, Status, Step
from softlearn.solve import LBFGS, GradientDescent, Newton, minimize, minimize_steps

F64 = NDArray[np.float64]
KINDS = ("none", "diagonal", "classwise", "shared", "exact", "coupled", "rowspace")
SOLVERS: list[Solver] = [
    *(Newton(kind) for kind in KINDS),
    LBFGS(),
    GradientDescent(),
]
solvers = pytest.mark.parametrize(
    "solver", SOLVERS, ids=lambda s: f"{s.name}-{getattr(s, 'preconditioner', '')}"
)


@dataclass(frozen=True)
class Scripted:
    """Yields the steps it was given, then stops or raises."""

    script: Any
    name: str = "scripted"

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        yield from self.script(J, w0)


def square(w: F64) -> tuple[float, F64]:
    return 1.0 + float(w @ w), 2.0 * w


# ---------------------------------------------------------------- every status


def test_a_bound_above_what_was_attained_proves_nothing_and_neither_do_others() -> None:
    J = Function(square, 1)

    def script(J: Objective, w0: F64) -> Iterator[Step]:
        yield Step(J.at(w0), lower=1.001)
        yield Step(J.at(w0), lower=1.0, stuck=True)

    result = minimize(J, Scripted(script), np.zeros(1))
    assert result.status is not Status.CONVERGED
    assert result.gap == np.inf


@solvers
def test_converged_means_that_the_gap_is_proven(make: MakeProblem, solver: Solver) -> None:
    J = make(l2=0.1)
    result = minimize(J, solver, tol=1e-8)
    assert result.status is Status.CONVERGED
    assert result.status.ok
    assert result.gap <= 1e-8
    assert result.value - result.lower <= 1e-8 * result.value
    assert result.value == pytest.approx(J.at(result.w).value, rel=1e-14)


def test_stationary_is_said_where_no_bound_exists() -> None:
    result = minimize(Function(square, 3), LBFGS(), np.ones(3), tol=1e-6)
    assert result.status is Status.STATIONARY
    assert result.gap == np.inf
    assert result.gradient_norm <= 1e-6


def test_a_start_at_the_minimum_of_a_plain_function_is_stationary_at_once() -> None:
    result = minimize(Function(square, 3), LBFGS(), np.zeros(3))
    assert result.status is Status.STATIONARY
    assert result.n_steps == 0


def test_the_gradient_is_compared_with_that_at_zero_not_with_that_at_a_good_start() -> None:
    shifted = Function(lambda w: square(w - 1.0), 3)
    near = np.full(3, 1.0 + 1e-9)
    assert minimize(shifted, GradientDescent(1e-3), near, tol=1e-6).n_steps == 0


@pytest.mark.parametrize("after", [0, 1, 3])
def test_ctrl_c_keeps_the_best_point_so_far(make: MakeProblem, after: int) -> None:
    J = make()

    def script(J: Objective, w0: F64) -> Iterator[Step]:
        for k in range(after + 1):
            yield Step(J.at(w0 - 0.1 * k * J.at(w0).grad))
        raise KeyboardInterrupt

    result = minimize(J, Scripted(script))
    assert result.status is Status.STOPPED_BY_USER
    assert result.n_steps == after
    assert result.value == min(record.objective for record in result.trace)


def test_ctrl_c_in_the_callers_loop_is_thrown_in(make: MakeProblem) -> None:
    run = minimize_steps(make(), GradientDescent(1e-3))
    next(run), next(run)
    with pytest.raises(StopIteration) as end:
        run.throw(KeyboardInterrupt())
    assert end.value.value.status is Status.STOPPED_BY_USER
    assert end.value.value.n_steps == 1


def test_ctrl_c_after_the_end_does_not_unsay_it(make: MakeProblem) -> None:
    run = minimize_steps(make(), Newton("exact"))
    for progress in run:
        if progress.gap <= 1e-6:
            break
    with pytest.raises(StopIteration) as end:
        run.throw(KeyboardInterrupt())
    assert end.value.value.status is Status.CONVERGED


def test_ctrl_c_before_the_first_point_is_not_swallowed() -> None:
    def script(J: Objective, w0: F64) -> Iterator[Step]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        minimize(Function(square, 1), Scripted(script))


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_the_limit_of_steps_is_kept_and_named(make: MakeProblem, limit: int) -> None:
    result = minimize(make(), GradientDescent(1e-3), max_steps=limit)
    assert result.status is Status.LIMIT_REACHED
    assert not result.status.ok
    assert result.n_steps == limit
    assert f"{limit} steps" in result.detail


def test_rounding_is_said_where_float64_ends_and_names_what_was_proven(make: MakeProblem) -> None:
    result = minimize(make(), Newton("exact"), tol=1e-15)
    assert result.status is Status.ROUNDING
    assert result.gap < 1e-13
    assert f"{result.gap:.1e}" in result.detail
    assert "decrement" in result.detail


@pytest.mark.parametrize("solver", [Newton("exact"), Newton(), LBFGS()])
def test_separable_classes_without_a_penalty_are_named_with_their_features(solver: Solver) -> None:
    rng = np.random.default_rng(0)
    X = np.c_[rng.normal(size=60), np.repeat([-2.0, 0.0, 2.0], 20)] + 0.1 * rng.normal(size=(60, 2))
    names = Names(("cat", "dog", "owl"), ("noise", "size"))
    y = np.repeat([0, 1, 2], 20)
    J = objective_of(as_rows(X), y, Linear(2, 3), 0.0, names=names)
    result = minimize(J, solver)
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert not result.status.ok
    assert all(name in result.detail for name in ("'cat'", "'owl'", "'size'"))


def test_one_class_apart_is_named_alone_where_the_others_overlap() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 30)
    X = np.c_[rng.normal(size=90), np.where(y == 2, 5.0, 0.0)]
    J = objective_of(as_rows(X), y, Linear(2, 3), 0.0, names=Names(("a", "b", "c"), ("u", "v")))
    result = minimize(J, Newton("exact"))
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.detail.startswith("Rows of class 'c' can be told from the others")
    assert "'v'" in result.detail.partition(", most by ")[2].split(",")[0]


def test_a_class_of_which_only_some_rows_are_apart_is_said_to_be_so() -> None:
    X = np.repeat([[0.0], [1.0]], [10, 5], axis=0)
    y = np.r_[np.repeat([0, 1], [7, 3]), np.ones(5, dtype=int)]
    result = minimize(objective_of(as_rows(X), y, Linear(1, 2)), Newton("exact"), tol=1e-12)
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.detail.startswith("Some rows of class 1 can be told from the others")


@pytest.mark.parametrize("solver", [Newton("classwise"), Newton("exact"), LBFGS()])
def test_ten_separable_classes_of_images_are_noticed_early(solver: Solver) -> None:
    X, y = load_digits(return_X_y=True)
    result = minimize(objective_of(as_rows(X[:600]), y[:600], Linear(64, 10)), solver)
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.n_steps <= 100


def test_a_large_mean_does_not_make_a_feature_tell_classes_apart() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    year = rng.integers(2007, 2010, 300)
    X = np.c_[year, np.where(y == 2, 3.0, 0.0) + 0.1 * rng.normal(size=300), rng.normal(size=300)]
    names = Names(("a", "b", "c"), ("year", "size", "noise"))
    J = objective_of(as_rows(X), y, Linear(3, 3), names=names)
    result = minimize(J, Newton("exact"))
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.detail.startswith("Rows of class 'c' can be told")
    assert "most by 'size', " in result.detail


@pytest.mark.parametrize("l2", [0.0, 0.1])
@solvers
def test_a_class_without_weight_is_named(solver: Solver, l2: float) -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    J = objective_of(as_rows(X), np.arange(40) % 2, Linear(2, 3), l2)
    assert "No weight lies on class 2, so its intercept falls" in J.diagnose(
        J.at(np.zeros(J.size)), X[0]
    )
    result = minimize(J, solver, max_steps=300)
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.detail.startswith("No weight lies on class 2")


def test_a_class_without_weight_but_without_intercepts_too_has_an_optimum() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    J = objective_of(as_rows(X), np.arange(40) % 2, Linear(2, 3, bias=False), 0.1)
    assert minimize(J, Newton("exact")).status is Status.CONVERGED


def test_what_is_separated_is_said_even_where_the_lowest_value_is_proven(make: MakeProblem) -> None:
    J = make(l2=0.1)
    best = minimize(J, Newton("exact"), tol=1e-12)

    def script(J: Objective, w0: F64) -> Iterator[Step]:
        yield Step(J.at(best.w), lower=best.lower, unbounded="It falls without bound.")

    result = minimize(J, Scripted(script))
    assert result.status is Status.NO_FINITE_OPTIMUM
    assert result.detail == "It falls without bound."


def test_a_penalty_makes_separable_classes_converge(make: MakeProblem) -> None:
    J = make(n=30, l2=1e-6, separable=True)
    assert minimize(J, Newton("exact")).status is Status.CONVERGED


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@solvers
def test_data_that_are_not_finite_are_named_as_such(solver: Solver, bad: float) -> None:
    X = np.array([[0.0], [1.0], [bad]])
    J = objective_of(as_rows(X), np.array([0, 1, 0]), Linear(1, 2), 0.1)
    result = minimize(J, solver, np.ones(J.size))
    assert result.status is Status.NOT_FINITE
    assert not result.status.ok
    assert result.gap == np.inf


def test_a_point_that_is_not_finite_never_becomes_the_best() -> None:
    def script(J: Objective, w0: F64) -> Iterator[Step]:
        yield Step(J.at(w0))
        yield Step(J.at(w0 * np.nan))

    result = minimize(Function(square, 1), Scripted(script), np.ones(1))
    assert result.status is Status.NOT_FINITE
    assert result.value == 2.0


@pytest.mark.parametrize("start", [1.0, 1e-12])
def test_a_solver_that_ends_by_itself_is_believed_only_where_the_gradient_is_small(
    start: float,
) -> None:
    def script(J: Objective, w0: F64) -> Iterator[Step]:
        yield Step(J.at(w0))

    shifted = Function(lambda w: square(w - 1.0), 1)
    result = minimize(shifted, Scripted(script), np.array([1.0 + start]))
    assert result.status is (Status.LIMIT_REACHED if start == 1.0 else Status.STATIONARY)


def test_every_status_is_a_sentence() -> None:
    for status in Status:
        assert status.value[0].isupper()
        assert status.value.endswith(".")


# ---------------------------------------------------------------- bookkeeping


def test_the_best_point_and_the_best_bound_are_kept_whatever_follows(make: MakeProblem) -> None:
    J = make(l2=0.1)
    best = minimize(J, Newton("exact"), tol=1e-12)

    def script(J: Objective, w0: F64) -> Iterator[Step]:
        yield Step(J.at(best.w), lower=-5.0)
        yield Step(J.at(best.w + 1.0), lower=-7.0)
        yield Step(J.at(best.w + 2.0), lower=best.lower, stuck=True)

    result = minimize(J, Scripted(script))
    np.testing.assert_array_equal(result.w, best.w)
    assert result.lower == best.lower
    assert result.status is Status.CONVERGED


def test_the_trace_tells_time_passes_objective_and_gap_of_every_step(make: MakeProblem) -> None:
    J = make()
    result = minimize(J, GradientDescent(), max_steps=30)
    assert len(result.trace) == result.n_steps + 1
    for field in ("time", "passes"):
        assert (np.diff([getattr(r, field) for r in result.trace]) >= 0.0).all()
    assert (np.diff([r.objective for r in result.trace]) <= 0.0).all()
    assert result.trace[-1].objective == result.value
    assert result.trace[-1].gap == result.gap
    assert result.trace[-1].passes <= J.passes


def test_progress_is_reported_step_by_step(make: MakeProblem) -> None:
    seen = list(minimize_steps(make(), Newton("exact")))
    assert [p.k for p in seen] == list(range(len(seen)))
    assert seen[0].gap == np.inf
    assert seen[-1].gap <= 1e-6
    assert seen[-1].objective <= seen[0].objective
    assert "products" in seen[-1].note


def test_the_start_is_zero_if_absent_and_is_left_as_it_was(make: MakeProblem) -> None:
    J = make()
    assert minimize(J, GradientDescent(1e-3), max_steps=0).w.tolist() == [0.0] * J.size
    w0 = np.ones(J.size)
    minimize(J, Newton("exact"), w0)
    np.testing.assert_array_equal(w0, 1.0)


def test_a_start_may_be_a_list_of_whole_numbers() -> None:
    assert minimize(Function(square, 2), Newton(), [3, -4]).value == pytest.approx(1.0)  # type: ignore[arg-type]
