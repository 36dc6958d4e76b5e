"""Features of every kind give one optimum; what cannot be used gets a sentence."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris

from softlearn import SoftmaxRegression, Status

X, Y = load_iris(return_X_y=True)
WHOLE = np.round(10.0 * X)
RNG = np.random.default_rng(0)
THIN = X * (RNG.random(X.shape) < 0.4)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]


def on_disk(tmp_path, A):
    path = tmp_path / "X.npy"
    np.save(path, A)
    return np.load(path, mmap_mode="r")


def int64_indices(A):
    S = sp.csr_array(A)
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


DENSE = {
    "lists": lambda: WHOLE.tolist(),
    "float32": lambda: WHOLE.astype(np.float32),
    "float16": lambda: WHOLE.astype(np.float16),
    "integers": lambda: WHOLE.astype(int),
    "bytes": lambda: WHOLE.astype(np.uint8),
    "objects": lambda: WHOLE.astype(object),
    "Fortran order": lambda: np.asfortranarray(WHOLE),
    "every other column": lambda: np.repeat(WHOLE, 2, axis=1)[:, ::2],
    "read-only": lambda: np.frombuffer(WHOLE.tobytes()).reshape(150, 4),
    "pandas": lambda: pd.DataFrame(WHOLE, columns=NAMES),
    "pandas Float64": lambda: pd.DataFrame(WHOLE, columns=NAMES).astype("Float64"),
    "polars": lambda: pl.DataFrame(WHOLE, schema=NAMES),
}
SPARSE = {
    "csr_array": sp.csr_array,
    "csr_matrix": sp.csr_matrix,
    "csc_array": sp.csc_array,
    "csc_matrix": sp.csc_matrix,
    "coo_array": sp.coo_array,
    "lil_matrix": sp.lil_matrix,
    "dok_array": sp.dok_array,
    "bsr_array": sp.bsr_array,
    "int64 indices": int64_indices,
    "float32": lambda A: sp.csr_array(A.astype(np.float32)),
    "stored zeros": lambda A: sp.csr_array((A.ravel(), (np.arange(600) // 4, np.arange(600) % 4))),
}


@pytest.fixture(scope="module")
def expected():
    return SoftmaxRegression().fit(WHOLE, Y)


@pytest.mark.parametrize("given", DENSE.values(), ids=DENSE)
def test_every_kind_of_dense_features_gives_the_same_model(given, expected):
    model = SoftmaxRegression().fit(given(), Y)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-8)
    np.testing.assert_allclose(
        model.predict_proba(given()), expected.predict_proba(WHOLE), atol=1e-8
    )
    assert model.coef_.dtype == model.predict_proba(given()).dtype == np.float64


def test_a_memory_map_gives_the_same_model(tmp_path, expected):
    A = on_disk(tmp_path, WHOLE)
    model = SoftmaxRegression().fit(A, Y)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    np.testing.assert_array_equal(model.predict(A), expected.predict(WHOLE))


@pytest.mark.parametrize("given", SPARSE.values(), ids=SPARSE)
def test_every_kind_of_sparse_features_gives_the_same_model(given):
    A = THIN.astype(np.float32).astype(np.float64)
    dense, sparse = SoftmaxRegression().fit(A, Y), SoftmaxRegression().fit(given(A), Y)
    np.testing.assert_allclose(sparse.predict_proba(A), dense.predict_proba(A), atol=1e-5)
    np.testing.assert_allclose(
        sparse.decision_function(A), sparse.decision_function(sp.csr_array(A)), rtol=1e-9
    )


def test_bools_are_numbers():
    model = SoftmaxRegression().fit(X > 2.0, Y)
    np.testing.assert_allclose(model.coef_, SoftmaxRegression().fit((X > 2.0) * 1.0, Y).coef_)


def test_features_and_labels_are_not_changed():
    A, y = X.copy(), Y.copy()
    SoftmaxRegression().fit(A, y).predict_log_proba(A)
    np.testing.assert_array_equal(A, X)
    np.testing.assert_array_equal(y, Y)


def test_constant_features_and_copies_get_what_the_penalty_gives_them():
    A = np.column_stack([X, np.full(150, 7.0), X[:, 0]])
    model = SoftmaxRegression().fit(A, Y)
    assert model.status_ is Status.CONVERGED
    np.testing.assert_allclose(model.coef_[:, 4], 0.0, atol=1e-6)
    np.testing.assert_allclose(model.coef_[:, 5], model.coef_[:, 0], atol=1e-6)


def test_features_that_say_nothing_leave_the_frequencies():
    y = np.repeat([0, 1, 2], [75, 50, 25])
    model = SoftmaxRegression().fit(np.ones((150, 1)), y)
    np.testing.assert_allclose(model.predict_proba([[1.0]]), [[1 / 2, 1 / 3, 1 / 6]], atol=1e-4)


def test_two_rows_are_enough():
    model = SoftmaxRegression().fit([[0.0], [1.0]], ["no", "yes"])
    assert model.predict([[0.0], [1.0]]).tolist() == ["no", "yes"]


@pytest.mark.parametrize("solver", ["auto", "newton-cg", "lbfgs"])
def test_more_columns_than_rows_are_no_obstacle(solver):
    A = RNG.normal(size=(30, 400))
    model = SoftmaxRegression(solver=solver).fit(A, np.arange(30) % 3)
    assert model.status_ is Status.CONVERGED
    assert model.score(A, np.arange(30) % 3) == 1.0


WRONG = {
    "NaN": (np.where(X > 7, np.nan, X), "contains NaN"),
    "infinity": (np.where(X > 7, np.inf, X), "infinity"),
    "NaN in sparse": (sp.csr_array(np.where(X > 7, np.nan, X)), "contains NaN"),
    "no rows": (np.empty((0, 4)), r"0 sample\(s\)"),
    "no columns": (np.empty((150, 0)), r"0 feature\(s\)"),
    "one axis": (X[:, 0], "Expected 2D array"),
    "three axes": (X[:, :, None], "dim 3"),
    "texts": (np.full((150, 2), "ash"), "could not convert string to float"),
    "complex": (X + 1j, "Complex data"),
    "too few rows": (X[:-1], "inconsistent numbers of samples"),
}


@pytest.mark.parametrize(("A", "sentence"), WRONG.values(), ids=WRONG)
def test_features_that_cannot_be_used_get_a_sentence(A, sentence):
    with pytest.raises(ValueError, match=sentence):
        SoftmaxRegression().fit(A, Y)


def test_one_row_is_one_class():
    with pytest.raises(ValueError, match="only one class"):
        SoftmaxRegression().fit([[1.0]], [0])


# -- names


def test_names_of_features_are_kept_and_checked():
    frame = pd.DataFrame(X, columns=NAMES)
    model = SoftmaxRegression().fit(frame, Y)
    assert model.feature_names_in_.tolist() == NAMES
    assert model.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"petal width": "width"}))
    with pytest.raises(ValueError, match="same order"):
        model.predict(frame[NAMES[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    model.fit(X, Y)
    assert not hasattr(model, "feature_names_in_")
    with pytest.raises(ValueError, match="X has 3 features, but SoftmaxRegression is expecting 4"):
        model.predict(X[:, :3])


def test_a_polars_frame_has_names_too():
    frame = pl.DataFrame(X, schema=NAMES)
    model = SoftmaxRegression().fit(frame, pl.Series(Y))
    assert model.feature_names_in_.tolist() == NAMES
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.score(frame, pl.Series(Y)) > 0.95


# -- memory


def test_dense_rows_are_read_where_they_lie_when_predicting(monkeypatch):
    model = SoftmaxRegression().fit(X.astype(np.float32), Y)
    seen = []

    def spy(A):
        seen.append(A)
        from softlearn.data import as_rows

        return as_rows(A)

    monkeypatch.setattr("softlearn.estimators.regression.predictions.as_rows", spy)
    for order in "CF":
        A = np.asarray(X, dtype=np.float32, order=order)
        model.predict_proba(A)
        assert np.shares_memory(seen.pop(), A)
