"""Products in float32 for conjugate gradients: where they do, and where they do not."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from softlearn.data import as_rows
from softlearn.kernels.dispatch import native
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.problem import Linear
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize

pytestmark = pytest.mark.skipif(native() is None, reason="only native kernels have them")


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
    return objective_of(as_rows(sp.csr_array(X)), y, Linear(20, 4, by_feature=True), l2)


def asked(J: SoftmaxObjective) -> list[bool]:
    """Return, product by product, whether it was to be made in float32."""
    made, product = [], J.blocks.kernel.product

    def spied(*args: Any) -> Any:
        made.append(args[6])
        return product(*args)

    J.blocks.kernel.product = spied  # type: ignore[method-assign]
    return made


def test_a_rough_product_has_four_digits_and_others_all() -> None:
    J, exact = problem(), problem(dtype=np.float64)
    w, v = np.random.default_rng(1).normal(size=(2, J.size))
    want = exact.at(w).hvp(v, 0.1)
    first, rough = (J.at(w).hvp(v, 0.1, rough=True) for _ in range(2))
    np.testing.assert_allclose(first, want, rtol=1e-11, atol=1e-13)  # the one that is compared
    np.testing.assert_allclose(rough, want, atol=1e-4 * np.abs(want).max())
    assert not np.allclose(rough, want, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(J.at(w).hvp(v, 0.1), want, rtol=1e-11, atol=1e-13)


def test_newton_uses_them_and_proves_the_same_minimum() -> None:
    J, exact = problem(), problem(dtype=np.float64)
    made = asked(J)
    ours, want = minimize(J, Newton(), tol=1e-10), minimize(exact, Newton(), tol=1e-10)
    assert ours.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-10)
    assert made.count(True) > 5 * made.count(False)


@pytest.fixture
def few_rows_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sparse rows be turned however few multiplications that saves."""
    monkeypatch.setattr(import_module("softlearn.data.sparse"), "WORTH", 0)


@pytest.mark.usefixtures("few_rows_will_do")
def test_so_it_is_for_sparse_rows_in_float64_too() -> None:
    J, exact = sparse_problem(), sparse_problem()
    exact._rough = False
    made, never = asked(J), asked(exact)
    ours, want = minimize(J, Newton(), tol=1e-10), minimize(exact, Newton(), tol=1e-10)
    assert ours.status is want.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-10)
    assert made.count(True) > 5 * made.count(False)
    assert not any(never)


@pytest.mark.usefixtures("few_rows_will_do")
def test_sparse_rows_without_zeros_whose_means_drown_their_spread_come_to_do_without() -> None:
    J, exact = sparse_problem(mean=1e5), sparse_problem(mean=1e5)
    ours, want = minimize(J, Newton("classwise"), tol=1e-8), minimize(exact, Newton("exact"))
    assert ours.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-6)
    assert not J.precision.accepted


def test_where_a_mean_drowns_the_spread_they_are_made_no_more() -> None:
    J, exact = problem(mean=1e5), problem(mean=1e5, dtype=np.float64)
    made = asked(J)
    ours, want = minimize(J, Newton("classwise"), tol=1e-8), minimize(exact, Newton("exact"))
    assert ours.status is Status.CONVERGED
    assert ours.value == pytest.approx(want.value, rel=1e-6)
    assert not J.precision.accepted
    assert made.count(True) == 1


@pytest.mark.parametrize(("dtype", "l2"), [(np.float64, 1e-4), (np.float32, 0.0)])
def test_float64_rows_and_problems_without_a_penalty_have_none(dtype: Any, l2: float) -> None:
    J = problem(dtype=dtype, l2=l2)
    made = asked(J)
    assert minimize(J, Newton()).status.ok
    assert made
    assert not any(made)


def test_they_are_compared_ever_more_rarely() -> None:
    J = problem()
    point, v = J.at(np.zeros(J.size)), np.ones(J.size)
    made = asked(J)
    for _ in range(100):
        point.hvp(v, rough=True)
    assert made.count(True) == 100
    assert made.count(False) == 3  # after the 1st, the 8th and the 64th
