"""What "auto" chooses for data of a shape, and that its choice of preconditioner pays."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from softlearn import SoftmaxRegression
from softlearn.data import as_rows
from softlearn.estimators.regression.solvers import choose_solver
from softlearn.networks import objective_of
from softlearn.problem import Linear
from softlearn.solve import Newton


def chosen(n: int, d: int, C: int, density: float | None = None) -> Newton:
    """Return what is chosen for made rows, sparse ones if a density is given."""
    rng = np.random.default_rng(0)
    X: Any = sp.random_array((n, d), density=density or 0.1, random_state=rng, format="csr")
    rows = as_rows(X if density else X.toarray())
    solver = choose_solver("auto", objective_of(rows, np.arange(n) % C, Linear(d, C)))
    assert isinstance(solver, Newton)
    return solver


@pytest.mark.parametrize(("n", "d", "C"), [(20_000, 20, 8), (20_000, 30, 30), (200, 10, 3)])
def test_sparse_rows_of_few_columns_get_factors_as_dense_ones_do(n: int, d: int, C: int) -> None:
    for density in (0.3, None):
        assert chosen(n, d, C, density).preconditioner in ("exact", "coupled", "classwise")


def test_sparse_rows_of_more_columns_start_with_the_diagonal_which_costs_nothing() -> None:
    solver = chosen(3000, 600, 5, density=0.01)
    assert (solver.preconditioner, solver.stronger) == ("diagonal", "classwise")
    assert 20.0 < solver.patience < np.inf


def test_sparse_rows_with_too_many_columns_for_matrices_keep_the_diagonal() -> None:
    solver = chosen(500, 8000, 3, density=0.001)
    assert (solver.preconditioner, solver.stronger) == ("diagonal", "")


def test_columns_that_vary_together_take_fewer_passes_than_with_the_diagonal() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(6000, 6)) @ rng.normal(size=(6, 40)) + 0.1 * rng.normal(size=(6000, 40))
    X *= rng.random(X.shape) < 0.2
    y = (X @ rng.normal(size=(40, 5)) + rng.gumbel(size=(6000, 5))).argmax(1)
    passes = [
        SoftmaxRegression(C=100.0, solver=solver).fit(sp.csr_array(X), y).trace_[-1].passes
        for solver in ("auto", Newton("diagonal"))
    ]
    assert passes[0] < passes[1]
