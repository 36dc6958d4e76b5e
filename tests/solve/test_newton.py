"""Newton's method and the conjugate gradients inside it."""

import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import MakeProblem

from softlearn.function import Function
from softlearn.objective import SoftmaxPoint
from softlearn.preconditioner import build_preconditioner
from softlearn.protocol import Preconditioner, Status
from softlearn.solve import Newton, minimize
from softlearn.solve.cg import Solve, conjugate_gradients
from softlearn.solve.newton import _Damping
from softlearn.solve.reused_preconditioner import ReusedPreconditioner
from softlearn.testing import check_solver

KINDS = ["none", "diagonal", "classwise", "shared", "exact", "coupled", "rowspace"]
kinds = pytest.mark.parametrize("kind", KINDS)


@kinds
def test_it_conforms(kind: str) -> None:
    check_solver(Newton(kind))


@kinds
@pytest.mark.parametrize("start", [0.0, 1.0, "random", "far"])
def test_the_same_minimum_is_reached_from_every_start(
    make: MakeProblem, kind: str, start: Any
) -> None:
    J = make(3, C=4, l2=0.02)
    random = np.random.default_rng(0).normal(size=J.size)
    w0 = {"random": random, "far": 30.0 * random}.get(start)
    result = minimize(J, Newton(kind), np.full(J.size, start) if w0 is None else w0, tol=1e-10)
    best = minimize(J, Newton("exact"), tol=1e-14)
    assert result.status is Status.CONVERGED
    (W, b), (W_, b_) = J.model.split(result.w), J.model.split(best.w)
    np.testing.assert_allclose(W, W_, atol=1e-4)
    np.testing.assert_allclose(b - b.mean(), b_ - b_.mean(), atol=1e-4)  # no more is determined
    assert result.value == pytest.approx(best.value, rel=1e-10)


@kinds
def test_an_unknown_seed_changes_rounding_only(make: MakeProblem, kind: str) -> None:
    J = make(n=400, l2=0.02)
    a, b = (minimize(J, Newton(kind, seed=seed), tol=1e-10).value for seed in (0, 12345))
    assert a == pytest.approx(b, rel=1e-10)


@pytest.mark.parametrize(("patience", "kinds"), [(6.0, 2), (np.inf, 1)])
def test_a_stronger_preconditioner_is_made_once_the_weaker_has_cost_as_much(
    make: MakeProblem, patience: float, kinds: int
) -> None:
    J, made = make(n=300, d=6, C=5, l2=1e-5), []
    newton = Newton("diagonal", stronger="exact", patience=patience)
    at = J.at

    def spied(w: np.ndarray) -> Any:
        return Spy(at(w), made)

    J.at = spied  # type: ignore[method-assign]
    assert minimize(J, newton).status is Status.CONVERGED
    assert len(set(made)) == kinds
    assert made[-1] == ("diagonal" if patience == np.inf else "exact")


class Spy:
    """A point that notes which preconditioners are asked for, and so do the points it leads to."""

    def __init__(self, point: Any, made: list[str]) -> None:
        self._point, self._made = point, made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._point, name)

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Any:
        self._made.append(kind)
        return self._point.preconditioner(kind, seed, damping)

    def along(self, d: Any) -> Any:
        line, made = self._point.along(d), self._made

        class Line:
            def __call__(self, t: float) -> Any:
                return line(t)

            def point(self, t: float) -> Any:
                return Spy(line.point(t), made)

        return Line()


def solved(products: int, digits_gained: float) -> Solve:
    v = np.zeros(1)
    return Solve(v, v, 1.0, 0.1, products, digits_gained, done=True)


def test_the_stronger_preconditioner_is_left_again_where_its_digits_cost_more() -> None:
    class Priced:
        def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner:
            return Preconditioner(np.copy, {"weak": 2.0, "strong": 20.0}[kind])

    point: Any = Priced()
    kept, kinds = ReusedPreconditioner("weak", 0, "strong", 20.0), []
    for _ in range(60):
        kept.at(point)
        kinds.append(kept.kind)
        ages = kept.fresh > 0.0  # then either needs 9 products a digit
        kept.learn(solved(9 if ages else {"weak": 4, "strong": 5}[kept.kind], 1.0))
    first = kinds.index("strong")
    back = kinds.index("weak", first)
    assert "strong" in kinds[back:]  # it is tried again, but later
    assert kinds.index("strong", back) - back > first


def test_damping_falls_as_far_as_rows_with_values_of_a_milliard_need() -> None:
    damping = _Damping(mu=1e-12)
    damping.learn(1.0, near=False)
    small = damping.mu
    assert 0.0 < small < 1e-12
    damping.learn(3.0, near=False)
    assert 0.0 < damping.mu < 0.1 * small  # J fell three times as far as the model said
    least = damping.mu
    damping.learn(0.05, near=False)
    assert least < damping.mu <= 10.0 * least
    damping.learn(1.0, near=True)
    assert damping.mu == 0.0
    damping.learn(1.0, near=False)
    assert damping.mu == 0.0
    damping.learn(0.1, near=False)
    assert damping.mu > 0.0  # a short step without damping calls for what there was last


def test_few_steps_do_when_its_equations_are_solved_exactly(make: MakeProblem) -> None:
    result = minimize(make(l2=1e-3), Newton("exact"), tol=1e-12)
    assert result.status is Status.CONVERGED
    assert result.n_steps <= 12


def test_a_plain_function_needs_no_hessian() -> None:
    def fun(w: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.cosh(w - 1.0).sum()), np.sinh(w - 1.0)

    result = minimize(Function(fun, 4), Newton(), np.full(4, 5.0), tol=1e-8)
    np.testing.assert_allclose(result.w, 1.0, atol=1e-6)
    assert result.status is Status.STATIONARY


def test_a_function_that_bends_down_is_left_downhill() -> None:
    def fun(w: np.ndarray) -> tuple[float, np.ndarray]:  # a saddle at 0, minima at w0 = +-1
        return float((w[0] ** 2 - 1) ** 2 + w[1] ** 2), np.array(
            [4 * w[0] ** 3 - 4 * w[0], 2 * w[1]]
        )

    result = minimize(Function(fun, 2), Newton(), np.array([0.01, 0.5]), tol=1e-8)
    np.testing.assert_allclose(result.w, [1.0, 0.0], atol=1e-6)


# ---------------------------------------------------------------- conjugate gradients


def never(*_: object) -> bool:
    return False


@given(st.integers(0, 1000), st.integers(1, 12))
def test_conjugate_gradients_solve_in_as_many_products_as_there_are_unknowns(
    seed: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(size, size))
    H, g = B @ B.T + np.eye(size), rng.normal(size=size)
    solve = conjugate_gradients(lambda v: H @ v, g, np.copy, never, size)
    want = -np.linalg.solve(H, g)
    np.testing.assert_allclose(solve.v, want, atol=1e-6)
    np.testing.assert_allclose(solve.r, g + H @ solve.v, atol=1e-9)
    assert solve.decrement == pytest.approx(0.5 * float(g @ np.linalg.solve(H, g)), rel=1e-6)
    assert solve.iterations <= size


def test_an_old_preconditioner_is_given_up_before_its_successor_is_made(
    make: MakeProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Preconditioner]] = []
    alive = []

    def preconditioner(self: SoftmaxPoint, kind: str, seed: int, damping: float) -> Preconditioner:
        alive.append(sum(M() is not None for M in made))
        inverse = Preconditioner(
            build_preconditioner(self.forward, kind, seed, damping).solve, passes=0.0
        )
        made.append(weakref.ref(inverse))
        return inverse

    monkeypatch.setattr(SoftmaxPoint, "preconditioner", preconditioner)
    J = make(3, C=4, l2=0.02)
    minimize(J, Newton("classwise"), 30.0 * np.random.default_rng(0).normal(size=J.size))
    assert len(alive) > 2
    assert not any(alive)


def test_a_perfect_preconditioner_needs_one_product() -> None:
    H = np.diag([1.0, 1e4, 1e8])
    g = np.array([1.0, -2.0, 3.0])
    solve = conjugate_gradients(
        lambda v: H @ v,
        g,
        lambda r: r / H.diagonal(),
        lambda v, r, dec, remaining: remaining <= 1e-12,
        10,
    )
    assert solve.iterations == 1
    np.testing.assert_allclose(solve.v, -g / H.diagonal(), rtol=1e-14)


def test_they_stop_when_told_that_it_is_enough() -> None:
    H, told = np.diag(np.arange(1.0, 30.0)), []

    def enough(v: np.ndarray, r: np.ndarray, decrement: float, remaining: float) -> bool:
        np.testing.assert_allclose(r, 1.0 + H @ v, atol=1e-10)
        assert remaining == pytest.approx(0.5 * float(r @ r))
        told.append(decrement)
        return len(told) == 4

    assert conjugate_gradients(lambda v: H @ v, np.ones(29), np.copy, enough, 99).iterations == 4
    assert told == sorted(told)


@pytest.mark.parametrize("H", [np.diag([-1.0, 2.0]), np.zeros((2, 2)), np.full((2, 2), np.nan)])
def test_without_curvature_they_give_a_direction_that_descends(H: np.ndarray) -> None:
    g = np.array([1.0, 0.1])
    solve = conjugate_gradients(lambda v: H @ v, g, np.copy, never, 10)
    assert float(g @ solve.v) < 0.0
    assert solve.decrement > 0.0
    assert solve.iterations == 1


def test_at_a_stationary_point_there_is_nothing_to_solve() -> None:
    solve = conjugate_gradients(lambda v: v, np.zeros(3), np.copy, never, 10)
    assert not solve.v.any()
    assert solve.decrement == solve.remaining == solve.iterations == 0


@pytest.mark.parametrize("size", [1.0, 1e-13, 1e-150])
def test_a_solution_to_the_last_digit_is_no_obstacle(size: float) -> None:
    solve = conjugate_gradients(lambda v: v, np.array([size, 0.0]), np.copy, never, 10)
    np.testing.assert_array_equal(solve.v, [-size, 0.0])
    assert np.isfinite(solve.digits_gained)
    assert solve.digits_gained > 0.0
