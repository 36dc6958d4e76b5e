"""All solvers reach one optimum, the one that independent programs find."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import statsmodels.api as sm
from numpy.typing import NDArray
from problems import MakeProblem
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from test_minimize import solvers

from softlearn.data import as_rows
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.presolve import OF_COLUMNS, presolve
from softlearn.problem import Linear, Problem
from softlearn.protocol import Solver, Status
from softlearn.solve import LBFGS, Newton, minimize

F64 = NDArray[np.float64]
KINDS = ("none", "diagonal", "classwise", "shared", "exact")
PROVEN: list[Solver] = [*map(Newton, KINDS), LBFGS()]
NAMES = [f"{s.name}-{getattr(s, 'preconditioner', '')}" for s in PROVEN]
proven = pytest.mark.parametrize("solver", PROVEN, ids=NAMES)
preconditioned = pytest.mark.parametrize("solver", PROVEN[1:], ids=NAMES[1:])


def least(J: SoftmaxObjective) -> float:
    return minimize(J, Newton("exact"), tol=1e-12).value


def reach(J: SoftmaxObjective, solver: Solver, tol: float = 1e-8) -> None:
    result = minimize(J, solver, tol=tol)
    assert result.status is Status.CONVERGED, result.detail
    assert result.value <= least(J) * (1.0 + tol)


# ---------------------------------------------------------------- one optimum


@solvers
@pytest.mark.parametrize("C", [2, 3, 10])
def test_every_solver_reaches_the_optimum(make: MakeProblem, solver: Solver, C: int) -> None:
    reach(make(C, n=100, C=C, l2=0.05), solver)


@solvers
@pytest.mark.parametrize(
    "kind",
    [{"weighted": True}, {"soft": True}, {"sparse": True}, {"bias": False}, {"separable": True}],
    ids=str,
)
def test_whatever_the_data_are(make: MakeProblem, solver: Solver, kind: dict[str, bool]) -> None:
    reach(make(5, l2=0.05, **kind), solver)


@solvers
def test_in_the_binary_model_with_a_reference(make: MakeProblem, solver: Solver) -> None:
    reach(make(5, C=2, l2=0.05, reference=True), solver)


@proven
def test_with_a_hundred_classes(make: MakeProblem, solver: Solver) -> None:
    J = make(n=400, C=100, l2=0.01, d=2)
    assert minimize(J, solver).status is Status.CONVERGED


@solvers
@pytest.mark.parametrize("l2", [1e-3, 0.1])
def test_with_more_columns_than_rows(make: MakeProblem, solver: Solver, l2: float) -> None:
    J = make(n=15, d=40, l2=l2)
    assert minimize(J, solver).status is Status.CONVERGED


@preconditioned
@pytest.mark.parametrize("columns", [[1e-4, 1.0, 1e4], [1e9, 1.0, 1e-9]], ids=str)
@pytest.mark.parametrize("l2", [1e-9, 1e-2])
def test_on_badly_scaled_columns(
    make: MakeProblem, solver: Solver, columns: list[float], l2: float
) -> None:
    J = make(n=100, l2=l2, columns=columns)
    assert minimize(J, solver).status is Status.CONVERGED


DEGENERATE: dict[str, Callable[[F64], F64]] = {
    "duplicates": lambda X: np.c_[X, X],
    "a sum of others": lambda X: np.c_[X, X.sum(1)],
    "constants": lambda X: np.c_[X, np.ones(len(X)), 7.0 * np.ones(len(X))],
    "zeros": lambda X: np.c_[X, np.zeros(len(X))],
    "nearly equal": lambda X: np.c_[X, X[:, 0] * (1.0 + 1e-6 * X[:, 1])],
    "far from zero": lambda X: X + 1e4,
}


@preconditioned
@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("l2", [0.0, 1e-6, 0.01])
def test_on_collinear_columns(make: MakeProblem, solver: Solver, kind: str, l2: float) -> None:
    J = make(n=90, l2=l2)
    X = DEGENERATE[kind](J.problem.rows.take(np.arange(90)))
    chain = presolve(Problem.of(as_rows(X), J.problem.Y, Linear(X.shape[1], 3), l2), OF_COLUMNS)
    D = SoftmaxObjective(chain.problem)
    result = minimize(D, solver)
    doubtful = bool(chain.problem.doubt)  # a column depends on others up to rounding
    assert result.status is (Status.ROUNDING if doubtful else Status.CONVERGED), result.detail
    assert doubtful == (kind == "a sum of others" and l2 == 0.0)
    if kind in ("duplicates", "zeros") and l2 == 0.0:
        assert result.value == pytest.approx(least(J), rel=1e-6)


@pytest.mark.parametrize("tol", [1e-6, 1e-11])
@pytest.mark.parametrize(
    "solver", [Newton("exact"), Newton("classwise"), Newton("shared"), LBFGS()]
)
@pytest.mark.parametrize(("n", "d", "C"), [(300, 5, 4), (2000, 20, 6)])
def test_columns_that_others_determine_change_neither_minimum_nor_proof(
    solver: Solver, n: int, d: int, C: int, tol: float
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    y = (0.3 * X @ rng.normal(size=(d, C)) + rng.gumbel(size=(n, C))).argmax(1)
    X *= 10.0 ** rng.uniform(-3, 3, size=d)
    more = np.c_[X, X[:, ::-1] * 2.0 ** rng.integers(-3, 4, size=d)]
    chain = presolve(Problem.of(as_rows(more), y, Linear(2 * d, C)))
    assert chain.problem.model.d == d
    assert not chain.problem.doubt
    result = minimize(SoftmaxObjective(chain.problem), solver, tol=tol)
    alone = minimize(objective_of(as_rows(X), y, Linear(d, C)), Newton("exact"), tol=1e-12)
    assert result.status is Status.CONVERGED, result.detail
    assert result.lower <= alone.value * (1.0 + 1e-12)
    assert result.value == pytest.approx(alone.value, rel=2.0 * tol)


@pytest.mark.parametrize("solver", [Newton("exact"), Newton(), LBFGS()])
@pytest.mark.parametrize(
    "hold", [np.float32, sp.csr_array, lambda X: sp.csr_array(X.astype(np.float32))]
)
def test_float32_and_sparse_rows_have_the_same_optimum(
    make: MakeProblem, solver: Solver, hold: Callable[[F64], Any]
) -> None:
    J = make(n=80, l2=0.02, sparse=True)
    X = J.problem.rows.take(np.arange(80)).astype(np.float32).astype(np.float64)
    dense = minimize(objective_of(as_rows(X), J.problem.Y, J.model, 0.02), solver, tol=1e-10)
    held = minimize(objective_of(as_rows(hold(X)), J.problem.Y, J.model, 0.02), solver, tol=1e-10)
    np.testing.assert_allclose(J.model.split(held.w)[0], J.model.split(dense.w)[0], atol=1e-4)
    assert held.value == pytest.approx(dense.value, rel=1e-10)


@solvers
def test_a_warm_start_near_the_optimum_takes_fewer_steps(make: MakeProblem, solver: Solver) -> None:
    J = make(n=100, l2=0.02)
    cold = minimize(J, solver)
    warm = minimize(J, solver, cold.w + 1e-6)
    assert warm.status is Status.CONVERGED
    assert warm.n_steps <= cold.n_steps
    assert warm.value <= cold.value * (1.0 + 1e-6)


# ---------------------------------------------------------------- independent programs


def scikit_learn(X: F64, y: F64, l2: float, weights: F64 | None = None) -> LogisticRegression:
    """Return its most accurate fit; l2 is per unit of weight, as ours."""
    total = len(y) if weights is None else weights.sum()
    model = LogisticRegression(C=1.0 / (l2 * total), solver="newton-cholesky", tol=1e-14)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could go no further
        return model.fit(X, y, sample_weight=weights)


def standardised(load: Callable[..., Any]) -> tuple[F64, F64]:
    X, y = load(return_X_y=True)
    return (X - X.mean(0)) / np.maximum(X.std(0), 1e-9), y


@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("l2", [1e-3, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_finds_the_same_coefficients(
    load: Callable[..., Any], l2: float, weighted: bool
) -> None:
    X, y = standardised(load)
    weights = np.random.default_rng(0).random(len(y)) if weighted else None
    theirs = scikit_learn(X, y, l2, weights)
    J = objective_of(as_rows(X), y, Linear(X.shape[1], 3), l2, weights)
    W, b = J.model.split(minimize(J, Newton("exact"), tol=1e-13).w)
    np.testing.assert_allclose(W, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(b, theirs.intercept_ - theirs.intercept_.mean(), atol=1e-6)


def test_scikit_learn_finds_the_same_binary_coefficients() -> None:
    X, y = standardised(load_iris)
    X, y = X[50:], y[50:] - 1
    theirs = scikit_learn(X, y, 0.01)
    J = objective_of(as_rows(X), y, Linear(4, 2, reference=True), 0.01)
    W, b = J.model.split(minimize(J, Newton("exact"), tol=1e-13).w)
    np.testing.assert_allclose(W, theirs.coef_, atol=1e-7)
    np.testing.assert_allclose(b, theirs.intercept_, atol=1e-7)


@proven
def test_no_solver_of_scikit_learn_goes_lower_on_the_digits(solver: Solver) -> None:
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    J = objective_of(as_rows(X), y, Linear(64, 10), 1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = LogisticRegression(C=1.0 / (1e-3 * len(y)), tol=1e-10, max_iter=5000).fit(X, y)
    w = J.model.join(theirs.coef_, theirs.intercept_)
    result = minimize(J, solver)
    assert result.status is Status.CONVERGED
    assert result.value <= J.at(w).value * (1.0 + 1e-6)
    assert result.lower <= J.at(w).value


@proven
def test_statsmodels_finds_the_same_maximum_likelihood(solver: Solver) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (X @ rng.normal(size=(3, 4)) + rng.gumbel(size=(300, 4))).argmax(1)
    theirs = sm.MNLogit(y, sm.add_constant(X)).fit(method="newton", disp=False, tol=1e-14)
    J = objective_of(as_rows(X), y, Linear(3, 4), 0.0)
    result = minimize(J, solver, tol=1e-11)
    assert result.status is Status.CONVERGED
    assert result.value == pytest.approx(-theirs.llf / 300, rel=1e-11)
    W, b = J.model.split(result.w)
    ours = np.vstack([b[1:] - b[0], (W[1:] - W[0]).T])
    np.testing.assert_allclose(ours, theirs.params, atol=1e-4)
