"""With many classes nothing is as long as the rows times the classes, but what is asked for."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from softlearn import SoftmaxRegression, regularization_path
from softlearn.data import as_rows
from softlearn.estimators.regression.solvers import choose_solver
from softlearn.networks import objective_of
from softlearn.problem import Linear

n, d, C = 10_000, 4, 1000
TABLE = 8 * n * C
"""Bytes of an array with an entry for each row and each class."""


def max_held(call: Callable[[], Any]) -> float:
    """Return the most that a call holds beyond what was there, in such arrays."""
    tracemalloc.start()
    try:
        result = call()
        return tracemalloc.get_traced_memory()[1] / TABLE
    finally:
        tracemalloc.stop()
        del result


@pytest.fixture
def data() -> tuple[Any, Any]:
    """Return X and y with so many classes that nothing is kept of each row and class."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % C
    return 0.5 * rng.normal(size=(C, d))[y] + rng.normal(size=(n, d)), y


def test_a_fit_of_many_classes_is_proven_without_an_array_of_rows_by_classes(data: Any) -> None:
    model = SoftmaxRegression(C=0.01, tol=1e-3)
    assert max_held(lambda: model.fit(*data)) < 1.0
    assert model.gap_ <= 1e-3


def test_nor_with_thousands_one_of_classes_by_classes() -> None:
    rng = np.random.default_rng(0)
    many = 4500
    y = np.arange(2 * many) % many
    X = 0.5 * rng.normal(size=(many, d))[y] + rng.normal(size=(2 * many, d))
    model = SoftmaxRegression(C=0.01)
    assert max_held(lambda: model.fit(X, y)) < 0.5 * many**2 / (n * C)
    assert model.gap_ <= 1e-6
    assert model.solver_ == "newton-cg"


def test_a_path_of_many_classes_makes_no_array_of_rows_by_classes(data: Any) -> None:
    assert max_held(lambda: regularization_path(*data, Cs=[1e-4, 1e-3], tol=1e-2)) < 1.0


def test_predictions_hold_little_beside_what_they_return(data: Any) -> None:
    X, y = data
    model = SoftmaxRegression(C=1e-3, tol=0.1).fit(X, y)
    assert max_held(lambda: model.predict(X)) < 0.25
    assert max_held(lambda: model.predict_proba(X)) < 1.25
    assert max_held(lambda: model.predict_log_proba(X)) < 1.5
    Z = model.decision_function(X)
    np.testing.assert_array_equal(model.predict(X), Z.argmax(1))
    np.testing.assert_array_equal(model.predict_log_proba(X)[-3:], model.predict_log_proba(X[-3:]))


def test_a_thousand_classes_are_many_and_fewer_are_not() -> None:
    X = as_rows(np.zeros((5, 2)))
    kept = [objective_of(X, np.arange(5), Linear(2, C)).blocks.keep for C in (999, 1000)]
    assert kept == [True, False]


def test_wide_data_of_many_classes_get_no_matrix_of_the_rows_for_each_class() -> None:
    X = as_rows(np.random.default_rng(0).normal(size=(300, 400)))

    def kind(C: int) -> str:
        solver: Any = choose_solver("auto", objective_of(X, np.arange(300) % C, Linear(400, C)))
        return str(solver.preconditioner)

    assert kind(20) == "rowspace"
    assert kind(600) != "rowspace"  # 435 MB
