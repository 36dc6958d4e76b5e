"""A saved model, loaded, is the same model."""

from __future__ import annotations

import datetime
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import ShuffleSplit, StratifiedKFold
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from softlearn import (
    ModelFileError,
    SoftmaxNetwork,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    load,
    save,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
WORDS = ["red", "green", "blue", "dark", "pale"]


def returned(model, folder: Path):
    save(model, folder / "m.softlearn")
    return load(folder / "m.softlearn")


def frame(n: int = 60, seed: int = 0) -> dict[str, list]:
    """Columns of every kind, with values missing."""
    rng = np.random.default_rng(seed)
    start = datetime.datetime(2020, 1, 1, 3)
    texts = [" ".join(rng.choice(WORDS, 4)) + f" {i}" for i in range(n)]
    return {
        "number": [None if i % 7 == 0 else float(v) for i, v in enumerate(rng.normal(size=n))],
        "count": [int(v) for v in rng.integers(0, 9, n)],
        "flag": [bool(v) for v in rng.random(n) < 0.5],
        "colour": [None if i % 5 == 0 else str(rng.choice(WORDS)) for i in range(n)],
        "text": [None if i % 9 == 0 else t for i, t in enumerate(texts)],
        "when": [None if i % 8 == 0 else start + datetime.timedelta(days=i) for i in range(n)],
        "day": [f"2021-03-{1 + i % 28:02d}" for i in range(n)],
    }


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (X, Y),
        (X, NAMES),
        (X, NAMES.astype(object)),
        (X[:100], Y[:100]),
        (X[:100], Y[:100] == 1),
        (X.astype(np.float32), NAMES),
        (sp.csr_array(X), Y),
        (X, np.eye(3)[Y]),
    ],
    ids=["int", "str", "object", "binary", "bool", "float32", "csr", "probabilities"],
)
def test_every_attribute_survives(features, labels, tmp_path):
    model = SoftmaxRegression().fit(features, labels)
    back = returned(model, tmp_path)
    assert vars(back).keys() == vars(model).keys()
    assert back.classes_.dtype == model.classes_.dtype
    assert_array_equal(back.classes_, model.classes_)
    assert_array_equal(back.predict_log_proba(features), model.predict_log_proba(features))
    assert_array_equal(back.predict(features), model.predict(features))
    assert back.status_ is model.status_
    assert back.trace_ == model.trace_
    assert back.gap_ == model.gap_
    assert back.get_params() == model.get_params()


def test_infinite_C_and_no_intercept_survive(tmp_path):
    model = SoftmaxRegression(C=np.inf, fit_intercept=False).fit(X, Y == 1)
    back = returned(model, tmp_path)
    assert np.isposinf(back.C)
    assert_array_equal(back.predict_proba(X), model.predict_proba(X))


def test_sparse_coefficients_stay_sparse(tmp_path):
    model = SoftmaxRegression().fit(X, Y).sparsify()
    back = returned(model, tmp_path)
    assert sp.issparse(back.coef_)
    assert_array_equal(back.predict(X), model.predict(X))


@pytest.mark.parametrize("weights", [{False: 3.0, True: 1.0}, {True: 1.0, False: 3.0}])
def test_weights_of_boolean_classes_keep_their_classes(weights, tmp_path):
    model = SoftmaxRegression(class_weight=weights).fit(X, Y == 1)
    assert returned(model, tmp_path).class_weight == weights


def test_partial_fit_goes_on_where_it_was(tmp_path):
    model = SoftmaxRegression().partial_fit(X[::2], NAMES[::2], classes=np.unique(NAMES))
    back = returned(model, tmp_path)
    model.partial_fit(X[1::2], NAMES[1::2])
    back.partial_fit(X[1::2], NAMES[1::2])
    assert_array_equal(back.coef_, model.coef_)


def test_a_loaded_model_can_be_cloned_and_fitted_again(tmp_path):
    model = SoftmaxRegression(C=3.0).fit(X, Y)
    again = clone(returned(model, tmp_path)).fit(X, Y)
    assert_array_equal(again.coef_, model.coef_)


def test_names_of_columns_survive(tmp_path):
    table = load_iris(as_frame=True).data
    back = returned(SoftmaxRegression().fit(table, Y), tmp_path)
    assert list(back.feature_names_in_) == list(table.columns)
    with pytest.raises(ValueError, match="feature names"):
        back.predict(table.rename(columns={table.columns[0]: "other"}))


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        MinMaxScaler(),
        MaxAbsScaler(),
        RobustScaler(),
        Normalizer(),
        PowerTransformer(),
        QuantileTransformer(n_quantiles=20),
        FunctionTransformer(np.log1p),
        make_union(StandardScaler(), "passthrough"),
        make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()),
    ],
    ids=lambda scaler: type(scaler).__name__,
)
def test_pipelines_of_numbers_predict_the_same(scaler, tmp_path):
    model = make_pipeline(scaler, SoftmaxRegression()).fit(X, NAMES)
    assert_array_equal(returned(model, tmp_path).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "vectoriser",
    [
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        CountVectorizer(binary=True),
        make_pipeline(HashingVectorizer(n_features=64), TfidfTransformer()),
    ],
    ids=lambda vectoriser: type(vectoriser).__name__,
)
def test_pipelines_of_texts_predict_the_same(vectoriser, tmp_path):
    texts = ["red green", "green", "blue red", "blue blue", "été red", "green été"]
    model = make_pipeline(vectoriser, SoftmaxRegression()).fit(texts, [0, 1, 2] * 2)
    assert_array_equal(returned(model, tmp_path).predict_proba(texts), model.predict_proba(texts))


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore"),
        OneHotEncoder(drop="first"),
        OneHotEncoder(drop="if_binary", min_frequency=8, handle_unknown="infrequent_if_exist"),
        OneHotEncoder(max_categories=3, sparse_output=False, dtype=np.float32),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ],
    ids=["ignore", "drop first", "infrequent", "most", "ordinal"],
)
def test_pipelines_of_categories_predict_the_same(encoder, tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "word": rng.choice(WORDS, 60),
            "maybe": rng.choice(["yes", None], 60),
            "number": rng.choice([1.0, 2.5, np.nan], 60),
            "left": rng.normal(size=60),
        }
    )
    columns = make_column_transformer(
        (encoder, ["word", "maybe", "number"]), remainder=StandardScaler()
    )
    imputer = SimpleImputer(strategy="most_frequent")
    model = make_pipeline(columns, imputer, SoftmaxRegression()).fit(table, np.arange(60) % 3)
    assert_array_equal(returned(model, tmp_path).predict_proba(table), model.predict_proba(table))


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("encoder", ["StringEncoder", "MinHashEncoder"])
def test_skrub_pipelines_of_raw_tables_predict_the_same(library, encoder, tmp_path):
    skrub = pytest.importorskip("skrub")
    vectoriser = skrub.TableVectorizer(
        cardinality_threshold=10, high_cardinality=getattr(skrub, encoder)(n_components=3)
    )
    table, new = library(frame()), library(frame(20, seed=1))
    model = make_pipeline(vectoriser, SimpleImputer(), SoftmaxRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parsing dates and of Pandas' future
        model.fit(table, np.arange(60) % 3)
        back = returned(model, tmp_path)
        assert_array_equal(back.predict_proba(new), model.predict_proba(new))


@pytest.mark.skipif(pd.__version__ < "3", reason="zones of pandas 2 are of pytz")
def test_time_zones_survive(tmp_path):
    skrub = pytest.importorskip("skrub")
    hours = pd.date_range("2020-01-01", periods=30, freq="7h", tz="Europe/Paris")
    table = pd.DataFrame({"paris": hours, "utc": hours.tz_convert("UTC")})
    model = make_pipeline(skrub.TableVectorizer(), SoftmaxRegression())
    model.fit(table, np.arange(30) % 2)
    assert_array_equal(returned(model, tmp_path).predict_proba(table), model.predict_proba(table))


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("cv", [3, StratifiedKFold(3), ShuffleSplit(2, random_state=0)])
def test_a_model_chosen_by_cross_validation_comes_back_whole(tmp_path, refit, legacy, cv):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=cv, refit=refit, use_legacy_attributes=legacy)
    model.fit(X, NAMES)
    loaded = returned(make_pipeline(model), tmp_path)[-1]
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert vars(loaded).keys() == vars(model).keys()
    np.testing.assert_equal(loaded.scores_, model.scores_)
    np.testing.assert_equal(loaded.coefs_paths_, model.coefs_paths_)
    assert_array_equal(loaded.C_, model.C_)
    assert_array_equal(loaded.statuses_, model.statuses_)
    assert hasattr(loaded, "gap_") == refit


def test_a_file_of_another_class_than_expected_is_refused(tmp_path):
    path = tmp_path / "m.softlearn"
    save(SoftmaxRegression().fit(X, Y), path)
    assert isinstance(load(path, SoftmaxRegression), SoftmaxRegression)
    with pytest.raises(ModelFileError, match=r"holds a SoftmaxRegression, not a SoftmaxNetwork\."):
        load(path, SoftmaxNetwork)
