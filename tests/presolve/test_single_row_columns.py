"""Columns that one row alone uses become one column of that row, and nothing else changes."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, regularization_path
from softlearn.data import as_rows
from softlearn.presolve.single_row_columns import Merged, merge_single_row_columns


def texts(n: int = 60, common: int = 12, rare: int = 90, seed: int = 0) -> sp.csr_array:
    """Return rows like texts: a few columns that many rows use, and many that one row uses."""
    rng = np.random.default_rng(seed)
    often = sp.random_array((n, common), density=0.4, random_state=rng, format="csr")
    row, entry = rng.integers(0, n // 2, rare), rng.normal(size=rare)
    seldom = sp.csr_array((entry, (row, np.arange(rare))), shape=(n, rare))
    X = sp.hstack([often, seldom], format="csr")
    return sp.csr_array(X[:, rng.permutation(X.shape[1])])


def merge(X: sp.csr_array) -> Merged:
    found = merge_single_row_columns(as_rows(X))
    assert found is not None
    return found


def labels(n: int, C: int = 3) -> np.ndarray:
    return np.arange(n) % C


@given(st.integers(0, 999), st.booleans())
@settings(max_examples=sample(20, 40))
def test_merged_columns_are_orthonormal_combinations_and_nothing_is_lost(
    seed: int, stored_zeros: bool
) -> None:
    rng = np.random.default_rng(seed)
    X = texts(n=int(rng.integers(2, 30)), rare=int(rng.integers(60, 90)), seed=seed)
    if stored_zeros:
        X.data[rng.random(X.nnz) < 0.3] = 0.0
    m = merge(X)
    Q = m.Q.toarray()
    np.testing.assert_allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-14)
    np.testing.assert_allclose(m.rows.X.toarray() @ Q.T, X.toarray(), atol=1e-14)
    assert m.rows.d == Q.shape[1] < X.shape[1]


def test_columns_that_no_row_uses_are_left_out() -> None:
    X = sp.csr_array(([1.0, 2.0, 3.0, 4.0], ([0, 1, 2, 3], [0, 0, 5, 5])), shape=(4, 9))
    m = merge(X)
    assert m.rows.X.toarray().tolist() == [[1, 0], [2, 0], [0, 3], [0, 4]]


def test_an_entry_stored_in_two_halves_is_no_column_of_one_entry() -> None:
    X = sp.csr_array(
        (np.array([1.0, 1.0, 5.0, 3.0, 4.0]), np.array([0, 0, 2, 1, 2]), np.array([0, 2, 5])),
        shape=(2, 9),
    )
    m = merge(X)
    np.testing.assert_allclose(m.rows.X.toarray() @ m.Q.T.toarray(), X.toarray())


def test_where_few_columns_would_go_there_is_no_second_copy() -> None:
    assert merge_single_row_columns(as_rows(sp.csr_array(np.ones((5, 40))))) is None
    assert merge_single_row_columns(as_rows(sp.csr_array((5, 0)))) is None


def test_a_matrix_of_zeros_leaves_the_intercepts() -> None:
    model = SoftmaxRegression(tol=1e-12).fit(sp.csr_array((6, 4)), [0, 0, 0, 1, 1, 2])
    assert model.coef_.shape == (3, 4)
    P = model.predict_proba(sp.csr_array((1, 4)))
    np.testing.assert_allclose(P, [[1 / 2, 1 / 3, 1 / 6]], rtol=1e-5)


def test_entries_whose_squares_overflow_stay_as_they_are() -> None:
    X = texts()
    X.data[:] = 1e200
    assert merge_single_row_columns(as_rows(X)) is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_go_there_and_back(dtype: type) -> None:
    m = merge(sp.csr_array(texts().astype(dtype)))
    W = np.random.default_rng(1).normal(size=(4, m.rows.d))
    no_bias = np.zeros(0)
    np.testing.assert_allclose(m.reduce(*m.expand(W, no_bias))[0], W, atol=1e-14)
    assert np.linalg.norm(m.expand(W, no_bias)[0]) == pytest.approx(np.linalg.norm(W), rel=1e-13)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_optimum_is_that_of_the_columns_as_they_were(
    C: float, classes: int, intercept: bool
) -> None:
    X = texts()
    y = labels(60, classes)
    sparse = SoftmaxRegression(C=C, tol=1e-11, fit_intercept=intercept).fit(X, y)
    dense = SoftmaxRegression(C=C, tol=1e-11, fit_intercept=intercept).fit(X.toarray(), y)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-5 * np.abs(dense.coef_).max())
    np.testing.assert_allclose(sparse.intercept_, dense.intercept_, atol=1e-5)
    assert sparse.objective_ == pytest.approx(dense.objective_, rel=1e-11)
    assert sparse.gap_ <= 1e-11


def test_the_optimum_is_scikit_learns() -> None:
    X, y = texts(), labels(60)
    theirs = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, y)
    ours = SoftmaxRegression(tol=1e-12).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_step_tells_of_all_columns(intercept: bool) -> None:
    X, y = texts(common=400), labels(60)  # so wide that weights lie feature by feature
    model = SoftmaxRegression(fit_intercept=intercept)
    *_, last = model.iter_fit(X, y)
    told = [model.coef_.ravel(), *([model.intercept_] if intercept else [])]
    np.testing.assert_array_equal(last.w, np.concatenate(told))


def test_a_warm_start_goes_on_from_the_coefficients() -> None:
    X, y = texts(), labels(60)
    model = SoftmaxRegression(warm_start=True).fit(X, y)
    coef = model.coef_.copy()
    assert model.fit(X, y).n_iter_[0] <= 1
    np.testing.assert_allclose(model.coef_, coef, atol=1e-5)


def test_paths_and_folds_have_the_weights_of_all_columns() -> None:
    X, y = texts(), labels(60)
    path = regularization_path(X, y, Cs=[100.0, 0.1, 1.0], tol=1e-9)
    single = SoftmaxRegression(C=0.1, tol=1e-9).fit(X, y)
    np.testing.assert_allclose(path.model(0.1).coef_, single.coef_, atol=1e-4)
    assert path.coefs.shape == (3, 3, X.shape[1])
    Cs = [0.1, 10.0]
    cv = SoftmaxRegressionCV(Cs=Cs, cv=3, tol=1e-9, scoring="accuracy").fit(X, y)
    grid = GridSearchCV(SoftmaxRegression(tol=1e-9), {"C": Cs}, cv=3).fit(X, y)
    assert grid.best_params_["C"] == cv.C_
    np.testing.assert_allclose(cv.coef_, grid.best_estimator_.coef_, atol=1e-4)
