"""What tables may hold: factors, numbers in other clothes, columns nearly alike."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose

from softlearn import SoftmaxRegression
from softlearn.inference import inference, mnlogit

RNG = np.random.default_rng(0)
N = 200
X1, X2 = RNG.normal(size=(2, N))
LEVELS = np.array(["lo", "mid", "hi"])[RNG.integers(0, 3, N)]
CODES = RNG.integers(1, 4, N)
Y = np.array(list("abc"))[RNG.integers(0, 3, N)]


def columns(X: Any, **arguments: Any) -> tuple[str, ...]:
    return mnlogit(X, Y, **arguments).sample.columns[1:]


def test_categories_are_dummies_and_numbers_are_numbers() -> None:
    assert columns(pd.DataFrame({"a": pd.Categorical(CODES)})) == ("a[2]", "a[3]")
    assert columns(pd.DataFrame({"a": pd.array(CODES, dtype="Int64")})) == ("a",)
    assert columns(pd.DataFrame({"a": CODES.astype(object)})) == ("a",)
    assert columns(pd.DataFrame({"a": X1 > 0})) == ("a[True]",)
    named = columns(pd.DataFrame({"a": CODES.astype(float)}), reference={"a": 2})
    assert named == ("a[1]", "a[3]")


def test_tables_of_polars_are_read_too() -> None:
    ordered = pl.Series(LEVELS).cast(pl.Enum(["lo", "mid", "hi"]))
    table = pl.DataFrame({"a": ordered, "b": X1 > 0, "c": LEVELS, "x": X2})
    assert columns(table.drop("c")) == ("a[mid]", "a[hi]", "b[True]", "x")
    assert columns(table.drop("a")) == ("b[True]", "c[lo]", "c[mid]", "x")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame(np.c_[X1, X2], columns=["a", "a"]), "More than one column"),
        (pd.DataFrame({"a": LEVELS, "a[mid]": X1}), "More than one column"),
        (pd.DataFrame({"const": X1}), "'const' is the name of the intercept"),
        (pd.DataFrame({"a": ["one"] * N}), "has one level"),
        (pd.DataFrame({"a": [1, "1", 2, "2"] * 50}), "read alike"),
        (pd.DataFrame({"a": pd.date_range("2020", periods=N)}), "make it numbers"),
        (pd.DataFrame({"a": X1 * 1e-200}), "another unit"),
        (np.c_[LEVELS, LEVELS], "columns of text need a data frame"),
    ],
)
def test_what_cannot_be_used_is_named(table: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mnlogit(table, Y)


def test_a_first_column_called_const_is_a_column() -> None:
    named = mnlogit(pd.DataFrame({"const": X1, "x": X2}), Y, fit_intercept=False)
    assert_allclose(named.params, mnlogit(np.c_[X1, X2], Y, fit_intercept=False).params)


def test_columns_nearly_alike_keep_their_errors() -> None:
    apart = 1e-8
    r, other = mnlogit(np.c_[X1, X2], Y), mnlogit(np.c_[X1, X1 + apart * X2], Y)
    assert_allclose(other.bse[2] * apart, r.bse[2], rtol=1e-7)
    assert_allclose(other.zvalues[2], r.zvalues[2], atol=1e-6)


@pytest.mark.parametrize("kind", ["nonrobust", "HC0", "HC1", "HC3"])
def test_a_weight_is_so_many_rows(kind: str) -> None:
    w = RNG.integers(0, 4, N)
    X = np.c_[X1, X2]
    weighted = mnlogit(X, Y, sample_weight=w, cov_type=kind)
    repeated = mnlogit(np.repeat(X, w, 0), np.repeat(Y, w), cov_type=kind)
    assert_allclose(weighted.bse, repeated.bse, rtol=1e-9)


def test_the_unit_of_sampling_weights_means_nothing() -> None:
    w, X = RNG.uniform(1.0, 2.0, N), np.c_[X1, X2]
    for kind in ("HC0", "HC1", "HC3"):
        one, other = (
            mnlogit(X, Y, sample_weight=s * w, weights="sampling", cov_type=kind)
            for s in (1.0, 9.0)
        )
        assert_allclose(one.bse, other.bse, rtol=1e-9)
    with pytest.raises(ValueError, match="which was not given"):
        mnlogit(X, Y, weights="sampling")


def test_rows_of_weight_0_add_no_cluster_and_missing_clusters_are_refused() -> None:
    g, X = np.arange(N) % 7, np.c_[X1, X2]
    r = mnlogit(X, Y, sample_weight=(g > 0) * 1.0, groups=g)
    assert r.of.clusters == 6
    assert_allclose(r.bse, mnlogit(X[g > 0], Y[g > 0], groups=g[g > 0]).bse, rtol=1e-9)
    with pytest.raises(ValueError, match="groups has no label in row 0"):
        mnlogit(X, Y, groups=np.where(g == 0, np.nan, g))


def test_predictions_read_a_table_as_the_fit_did() -> None:
    table = pd.DataFrame({"a": LEVELS, "x": X1, "z": X2})
    r = mnlogit(table, Y)
    assert_allclose(r.get_prediction(table[["z", "a", "x"]][:9]).predicted, r._P[:9], rtol=1e-12)
    with pytest.raises(ValueError, match="levels not fitted"):
        r.get_prediction(table.assign(a="top"))
    with pytest.raises(ValueError, match="lacks the columns"):
        r.get_prediction(table[["x", "z"]])


def test_a_column_named_twice_in_a_term_is_one() -> None:
    r = mnlogit(pd.DataFrame({"a": LEVELS, "x": X1}), Y)
    for method in ("lr", "wald", "score"):
        assert r.test_terms({"t": ["x", "x"]}, method)["t"] == r.test_terms("x", method)["x"]
        assert r.test_terms({"t": ["a", "x"]}, method)["t"].df == 6
    with pytest.raises(ValueError, match="at least one column"):
        r.test_terms({"t": []})


def test_without_a_constant_equal_probabilities_are_the_null() -> None:
    r = mnlogit(np.c_[X1, X2], Y, fit_intercept=False)
    assert_allclose(r.llnull, -N * np.log(3))
    assert r.df_model == 4
    ours = mnlogit(np.c_[np.ones(N), X1], Y, fit_intercept=False)
    assert_allclose([ours.llr, ours.df_model], [mnlogit(X1[:, None], Y).llr, 2], rtol=1e-9)


def test_data_of_another_shape_than_the_fit_get_a_sentence() -> None:
    model = SoftmaxRegression(C=np.inf, tol=1e-10).fit(np.c_[X1, X2], Y)
    for X, y in ((X1[:, None], Y), (np.c_[X1, X2], np.arange(N) % 4)):
        with pytest.raises(ValueError, match="must be those of the fit"):
            inference(model, X, y)
