"""Labels of every kind, soft labels, and what is said of labels that cannot be used."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxRegression, Status

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
CODES = (X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(60, 3))).argmax(1)
NAMES = np.array(["ash", "birch", "cedar"])[CODES]

KINDS = {
    "integers": CODES,
    "int8": CODES.astype(np.int8),
    "negative integers": np.array([-1, 7, 9])[CODES],
    "whole floats": CODES.astype(float),
    "bools": CODES > 0,
    "strings": NAMES,
    "objects": NAMES.astype(object),
    "a list of strings": NAMES.tolist(),
    "a list of str_": list(NAMES),
    "a tuple of integers": tuple(CODES.tolist()),
    "digits as strings": CODES.astype(str),
    "dates": np.array(["2024-01-01", "2025-01-01", "2026-01-01"], dtype="M8[D]")[CODES],
    "pandas strings": pd.Series(NAMES),
    "pandas categories": pd.Series(
        pd.Categorical(NAMES, categories=["cedar", "ash", "birch", "elm"])
    ),
    "a bare Categorical": pd.Categorical(NAMES),
    "pandas Int64": pd.Series(CODES, dtype="Int64"),
    "pandas boolean": pd.Series(CODES > 0, dtype="boolean"),
    "pandas string": pd.Series(NAMES, dtype="string"),
    "polars integers": pl.Series(CODES),
    "polars strings": pl.Series(NAMES.tolist()),
    "polars bools": pl.Series((CODES > 0).tolist()),
    "polars Categorical": pl.Series(NAMES.tolist(), dtype=pl.Categorical),
    "polars Enum": pl.Series(NAMES.tolist(), dtype=pl.Enum(["cedar", "birch", "ash"])),
}


@pytest.mark.parametrize("y", KINDS.values(), ids=KINDS)
def test_labels_of_every_kind_are_kept_as_scikit_learn_keeps_them(y):
    ours = SoftmaxRegression().fit(X, y)
    theirs = LogisticRegression(tol=1e-10, max_iter=1000).fit(X, y)
    if not isinstance(getattr(y, "dtype", None), pd.Int64Dtype | pd.BooleanDtype):
        assert ours.classes_.dtype == theirs.classes_.dtype  # which makes floats of those two
        assert ours.predict(X).dtype == theirs.predict(X).dtype
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)


@pytest.mark.parametrize("y", [CODES[:, None], pd.DataFrame({"tree": NAMES})])
def test_a_column_of_labels_is_taken_with_a_warning(y):
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = SoftmaxRegression().fit(X, y)
    np.testing.assert_array_equal(model.coef_, SoftmaxRegression().fit(X, CODES).coef_)


FIRST = int((CODES == 0).argmax())  # the first row of class 0
WRONG = {
    "continuous": (X[:, 0], "continuous"),
    "one class": (["ash"] * 60, "only one class: .*ash"),
    "NaN": (np.where(CODES == 0, np.nan, CODES), f"no label in row {FIRST} .nan."),
    "infinity": (np.where(CODES == 0, np.inf, CODES), f"the label infinity in row {FIRST}"),
    "None": (np.where(CODES == 0, None, NAMES), f"no label in row {FIRST}"),
    "complex": (CODES + 0j, "Complex data"),
    "too few": (CODES[:-1], "inconsistent numbers of samples"),
    "absent": (None, "requires y to be passed"),
    "two columns of labels": (np.stack([CODES, CODES], 1), "1d array of labels, or rows of prob"),
    "rows that sum to 2": (2.0 * np.eye(3)[CODES], "1d array of labels, or rows of prob"),
    "a negative probability": (np.array([[1.5, -0.5]] * 60), "1d array of labels, or rows of prob"),
    "NaN among probabilities": (np.full((60, 3), np.nan), "no label in row 0, column 0 .nan."),
    "texts in columns": ([["ash", "birch"]] * 60, "1d array of labels, or rows of prob"),
    "sparse": (sp.csr_array(np.eye(3)[CODES]), "1d array of labels, or rows of prob"),
}


@pytest.mark.parametrize(("y", "sentence"), WRONG.values(), ids=WRONG)
def test_labels_that_cannot_be_used_get_a_sentence(y, sentence):
    with pytest.raises(ValueError, match=sentence):
        SoftmaxRegression().fit(X, y)


# -- soft labels


def test_certain_probabilities_are_labels():
    soft, hard = SoftmaxRegression().fit(X, np.eye(3)[CODES]), SoftmaxRegression().fit(X, CODES)
    assert soft.classes_.tolist() == [0, 1, 2]
    np.testing.assert_allclose(soft.coef_, hard.coef_, atol=1e-9)
    two = SoftmaxRegression().fit(X, np.eye(2)[CODES % 2])
    np.testing.assert_allclose(two.coef_, SoftmaxRegression().fit(X, CODES % 2).coef_, atol=1e-9)


def test_a_row_of_probabilities_is_a_row_per_class_with_these_weights():
    P = RNG.dirichlet([1.0, 1.0, 1.0], size=60)
    soft = SoftmaxRegression(C=2.0).fit(X, P.tolist())
    repeated, labels = np.repeat(X, 3, axis=0), np.tile([0, 1, 2], 60)
    hard = SoftmaxRegression(C=2.0).fit(repeated, labels, sample_weight=P.ravel())
    assert soft.status_ is Status.CONVERGED
    np.testing.assert_allclose(soft.coef_, hard.coef_, atol=1e-8)
    np.testing.assert_allclose(soft.intercept_, hard.intercept_, atol=1e-8)


def test_a_model_finds_its_own_probabilities_again():
    model = SoftmaxRegression(C=1e4).fit(X, CODES)
    again = SoftmaxRegression(C=np.inf, tol=1e-10).fit(X, model.predict_proba(X))
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-6)


def test_a_class_that_no_row_may_have_is_never_predicted():
    P = np.column_stack([np.eye(3)[CODES], np.zeros(60)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SoftmaxRegression().fit(X, P)
    assert model.coef_.shape == (4, 3)
    assert model.status_detail_ == "No weight lies on class '3', which is never predicted."
    assert model.predict_proba(X)[:, 3].max() < 1e-15
    hard = SoftmaxRegression().fit(X, CODES)
    np.testing.assert_allclose(model.coef_[:3], hard.coef_, atol=1e-10)
    np.testing.assert_allclose(model.predict_proba(X)[:, :3], hard.predict_proba(X), atol=1e-10)


def test_rows_of_no_weight_may_have_a_class_that_no_other_has():
    P = np.column_stack([np.eye(3)[CODES], np.zeros(60)])
    P[0], weight = [0.0, 0.0, 0.0, 1.0], np.r_[0.0, np.ones(59)]
    model = SoftmaxRegression().fit(X, P, weight)
    without = SoftmaxRegression().fit(X[1:], P[1:])
    np.testing.assert_allclose(model.coef_, without.coef_, atol=1e-10)


def test_class_weights_need_labels():
    with pytest.raises(ValueError, match="class_weight needs labels"):
        SoftmaxRegression(class_weight="balanced").fit(X, np.eye(3)[CODES] * 0.7 + 0.1)
