"""Products in float32 for conjugate gradients: where they do, and where they do not."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from softlearn.data import as_rows
from softlearn.execution.threads import Serial
from softlearn.kernels.dispatch import native
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, Passes, passes_for
from softlearn.problem import Linear, Problem
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize
from softlearn.solve.precision import PrecisionCheck

pytestmark = pytest.mark.skipif(native() is None, reason="only native kernels have them")
LOW = 1e-3  # a relative error that allows low precision


def problem(mean: float = 0.0, dtype: Any = np.float32, l2: float = 1e-4) -> SoftmaxObjective:
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(3000, 20)) + mean).astype(np.float32)
    y = (X[:, :4] - mean + rng.gumbel(size=(3000, 4))).argmax(1)
    return objective_of(as_rows(X.astype(dtype)), y, Linear(20, 4), l2)


def sparse_problem(mean: float = 0.0, l2: float = 1e-4) -> SoftmaxObjective:
    """Return one with float64 CSR rows, a third of them zeros."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9000, 20)) + mean
    y = (X[:, :4] - mean + rng.gumbel(size=(9000, 4))).argmax(1)
    X[rng.random(X.shape) < (0.0 if mean else 0.33)] = 0.0
    rows = as_rows(sp.csr_array(X))
    P = Problem.of(rows, y, Linear(20, 4, by_feature=True), l2)
    return SoftmaxObjective(P, passes_for(P, limits=Limits(block_work=0)))


def counted(J: SoftmaxObjective) -> SoftmaxObjective:
    """Return J; `J.blocks.kernel.made` and `J.blocks.low.made` count the products of each."""

    class Counting:
        def __init__(self, kernel: Any) -> None:
            self.kernel, self.made = kernel, 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self.kernel, name)

        def product(self, *args: Any) -> Any:
            self.made += 1
            return self.kernel.product(*args)

    of, low = J.blocks, J.blocks.low
    made: Any = Counting(of.kernel), None if low is None else Counting(low)
    blocks = Passes(J.problem, made[0], Serial(), [slice(0, J.problem.rows.n)], True, made[1])
    return SoftmaxObjective(J.problem, blocks)


def products(J: SoftmaxObjective) -> tuple[int, int]:
    """Return how many products were exact, and how many in low precision."""
    blocks: Any = J.blocks
    return blocks.kernel.made, 0 if blocks.low is None else blocks.low.made


def test_a_product_in_low_precision_has_four_digits_and_others_all() -> None:
    J, exact = problem(), problem(dtype=np.float64)
    w, v = np.random.default_rng(1).normal(size=(2, J.size))
    want = exact.at(w).hvp(v, 0.1)
    low = J.at(w).hvp(v, 0.1, LOW)
    np.testing.assert_allclose(low, want, atol=1e-4 * np.abs(want).max())
    assert not np.allclose(low, want, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(J.at(w).hvp(v, 0.1), want, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("make", [problem, sparse_problem])
def test_the_same_question_gives_the_same_bits_whatever_was_asked_before(make: Any) -> None:
    J = make()
    w, v, u = np.random.default_rng(2).normal(size=(3, J.size))
    point, other = J.at(w), J.with_penalty(1e-3)
    first = [point.hvp(v, 0.1, LOW), point.hvp(v, 0.1), point.value, point.bound(-point.grad)]
    for _ in range(70):
        point.hvp(u, 0.0, LOW)
        other.at(u).hvp(w, 0.0, LOW)
    again = J.at(w)
    later = [again.hvp(v, 0.1, LOW), again.hvp(v, 0.1), again.value, again.bound(-again.grad)]
    same = [point.hvp(v, 0.1, LOW), point.hvp(v, 0.1), point.value, point.bound(-point.grad)]
    for a, b, c in zip(first, later, same, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_copies_share_no_counts() -> None:
    J = problem()
    other = J.with_penalty(1.0)
    J.at(np.ones(J.size)).grad.sum()
    assert other.passes == 0.0
    assert J.passes == 1.0


@pytest.mark.parametrize("make", [problem, sparse_problem])
def test_newton_uses_them_and_proves_the_same_minimum(make: Any) -> None:
    J = counted(make())
    exact = SoftmaxObjective(
        J.problem, Passes(J.problem, J.blocks.kernel, Serial(), [slice(0, J.problem.rows.n)], True)
    )
    ours, want = (minimize(each, Newton(), tol=1e-10) for each in (J, exact))
    assert ours.status is want.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-10)
    blocks: Any = J.blocks
    assert blocks.low.made >= 10


@pytest.mark.parametrize("make", [problem, sparse_problem])
def test_where_means_drown_the_spread_they_are_given_up(make: Any) -> None:
    J, exact = counted(make(mean=1e5)), make(mean=1e5)
    ours, want = minimize(J, Newton("classwise"), tol=1e-8), minimize(exact, Newton("exact"))
    assert ours.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-6)
    assert products(J)[1] <= 8


@pytest.mark.parametrize(("dtype", "l2"), [(np.float64, 1e-4), (np.float32, 0.0)])
def test_float64_rows_and_problems_without_a_penalty_have_none(dtype: Any, l2: float) -> None:
    J = problem(dtype=dtype, l2=l2)
    assert not J.low_precision
    assert minimize(J, Newton()).status.ok


def test_they_are_compared_ever_more_rarely() -> None:
    J = counted(problem())
    point, v = J.at(np.zeros(J.size)), np.ones(J.size)
    product = PrecisionCheck(J).product(point, 0.0, lambda r: r)
    for _ in range(100):
        product(v)
    assert products(J) == (2, 100)  # after the 8th and the 64th
