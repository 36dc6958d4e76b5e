"""Rows of many columns are fitted in the dimensions that they span, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, regularization_path
from softlearn.data import as_rows
from softlearn.networks import objective_of
from softlearn.presolve.row_space import Rotated, project_to_row_space, row_space
from softlearn.problem import Linear, Problem


@pytest.fixture(autouse=True)
def even_few_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softlearn.presolve.row_space._LEAST", 1.0)


def wide(seed: int, n: int = 40, d: int = 150, rank: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)) + 1.0


NO_BIAS = np.zeros(0)


def rotate(X: np.ndarray) -> Rotated:
    found = project_to_row_space(as_rows(X))
    assert found is not None
    return found


@given(
    st.integers(0, 9999),
    st.sampled_from([3, 40]),
    st.sampled_from(["C", "F"]),
    st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=sample(12, 30))
def test_the_new_axes_are_orthonormal_and_nothing_is_lost(
    seed: int, rank: int, order: str, dtype: type
) -> None:
    X = np.asarray(wide(seed, rank=rank), dtype=dtype, order=order)
    before = X.copy()
    r = rotate(X)
    axes, _ = r.expand(np.eye(len(X)), NO_BIAS)
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(X)), atol=1e-13)
    np.testing.assert_allclose(r.rows.X @ axes, X, atol=1e-12)
    np.testing.assert_array_equal(X, before)
    assert r.rows.X.shape == (len(X), len(X))
    assert r.d == X.shape[1]


@given(st.integers(0, 9999), st.booleans())
@settings(max_examples=20)
def test_the_objective_and_its_gradient_are_the_same_in_the_span(seed: int, bias: bool) -> None:
    X, y = wide(seed), np.arange(40) % 3
    r = rotate(X)
    there = objective_of(r.rows, y, Linear(40, 3, bias), 0.1)
    here = objective_of(as_rows(X), y, Linear(150, 3, bias), 0.1)
    v = np.random.default_rng(seed).normal(size=there.size)
    V, b = there.model.split(v)
    w = here.model.join(*r.expand(V, b))
    assert here.at(w).value == pytest.approx(there.at(v).value, rel=1e-12)
    G, g = here.model.split(here.at(w).grad)
    expected, of_bias = there.model.split(there.at(v).grad)
    np.testing.assert_allclose(r.reduce(G, NO_BIAS)[0], expected, atol=1e-12)
    np.testing.assert_allclose(g, of_bias, atol=1e-13)
    np.testing.assert_allclose(r.reduce(*r.expand(V, NO_BIAS))[0], V, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("C", [0.01, 1.0, 1e4])
@pytest.mark.parametrize("classes", [2, 4])
def test_a_fit_is_that_of_the_rows_as_they_are(
    dtype: type, C: float, classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = wide(1).astype(dtype), np.arange(40) % classes
    X[7] = X[3]  # a row twice,
    X[5] = 0.0  # and one without any entry
    spun = SoftmaxRegression(C=C, tol=1e-9).fit(X, y)
    monkeypatch.setattr("softlearn.presolve.row_space._LEAST", np.inf)
    plain = SoftmaxRegression(C=C, tol=1e-9).fit(X, y)
    assert spun.objective_ == pytest.approx(plain.objective_, rel=1e-9)
    assert spun.status_.name == "CONVERGED"
    size = np.abs(plain.coef_).max()
    np.testing.assert_allclose(spun.coef_, plain.coef_, atol=1e-4 * size)
    np.testing.assert_allclose(spun.predict_proba(X), plain.predict_proba(X), atol=1e-5)


def test_the_fit_is_scikit_learns() -> None:
    X, y = wide(2), np.arange(40) % 3
    ours = SoftmaxRegression(C=0.1, tol=1e-12).fit(X, y)
    theirs = LogisticRegression(C=0.1, tol=1e-12, solver="newton-cg").fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    assert ours.coef_.flags.c_contiguous
    assert ours.n_features_in_ == 150


def test_what_is_told_of_each_step_is_in_the_users_columns() -> None:
    X, y = wide(3), np.arange(40) % 3
    again = SoftmaxRegression(tol=1e-10, warm_start=True).fit(X, y)
    first = again.trace_[-1].passes
    again.fit(X, y)
    assert again.trace_[-1].passes < first
    np.testing.assert_allclose(again.coef_.sum(0), 0.0, atol=1e-12)


def test_paths_and_cross_validation_spin_too() -> None:
    X, y = wide(4, n=60, d=400), np.arange(60) % 3
    path = regularization_path(X, y, Cs=[1e-4, 1e-2, 1.0])
    for k, C in enumerate(path.Cs):
        alone = SoftmaxRegression(C=C, tol=1e-9).fit(X, y)
        assert path.objectives[k] == pytest.approx(alone.objective_, rel=1e-5)
    assert SoftmaxRegressionCV(Cs=[1e-4, 1e-2], cv=3).fit(X, y).coef_.shape == (3, 400)


def test_liblinears_penalised_intercept_is_a_column_like_others() -> None:
    X, y = wide(5), np.arange(40) % 2
    ours = SoftmaxRegression(solver="liblinear", tol=1e-10).fit(X, y)
    theirs = LogisticRegression(solver="liblinear", tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


def test_columns_of_very_different_sizes_stay_as_they_are() -> None:
    X = wide(6)
    X[:, 3] *= 1e6
    assert project_to_row_space(as_rows(X)) is None
    X[:, 3] = 0.0  # a column of zeros has no size
    assert project_to_row_space(as_rows(X)) is not None
    X[0, 4] = 1e300
    assert project_to_row_space(as_rows(X)) is None
    assert project_to_row_space(as_rows(np.zeros((10, 200)))) is None


def test_rows_stay_that_are_too_many_or_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = wide(7)
    assert project_to_row_space(as_rows(X[:, :79])) is None  # not twice as many columns
    assert project_to_row_space(as_rows(X[:, :80])) is not None
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=X.shape)
    mapped[:] = X
    assert project_to_row_space(as_rows(mapped)) is None
    assert project_to_row_space(as_rows(np.asarray(mapped))) is None
    monkeypatch.setattr("softlearn.presolve.row_space._MAX_BYTES", X.nbytes - 1)
    assert project_to_row_space(as_rows(X)) is None


def test_without_a_penalty_nothing_is_rotated() -> None:
    X = wide(8)
    problem = Problem.of(as_rows(X), np.arange(40) % 3, Linear(X.shape[1], 3), 0.1)
    assert row_space(problem) is not None
    assert row_space(problem.with_penalty(0.0)) is None
