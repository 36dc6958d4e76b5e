"""A saved model, loaded, is the same model; saving never leaves half a file."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
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

import softlearn
from softlearn import ModelFileError, SoftmaxRegression, load, read_metadata, save
from softlearn.model_file import files
from softlearn.model_file.zipped import open_sealed, sealed

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


# -- the same model comes back


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


def test_time_zones_survive(tmp_path):
    skrub = pytest.importorskip("skrub")
    hours = pd.date_range("2020-01-01", periods=30, freq="7h", tz="Europe/Paris")
    table = pd.DataFrame({"paris": hours, "utc": hours.tz_convert("UTC")})
    model = make_pipeline(skrub.TableVectorizer(), SoftmaxRegression())
    model.fit(table, np.arange(30) % 2)
    assert_array_equal(returned(model, tmp_path).predict_proba(table), model.predict_proba(table))


# -- what the file is


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    save(model, tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_object_used_twice_is_written_once_and_loaded_as_one(tmp_path):
    model = Pipeline([("scale", StandardScaler()), ("fit", SoftmaxRegression())]).fit(X, Y)
    model.again_ = model.steps[0][1]
    back = returned(model, tmp_path)
    assert back.again_ is back.steps[0][1]
    with zipfile.ZipFile(tmp_path / "m.softlearn") as archive:
        assert archive.read("schema.json").count(b'"StandardScaler"') == 2  # itself, a reference


def test_metadata_is_read_without_building_the_model(tmp_path):
    path = tmp_path / "m.softlearn"
    save(SoftmaxRegression().fit(X, Y), str(path), {"target": "species", "rows": 150})
    program = (
        "import sys, softlearn\n"
        f"found = softlearn.read_metadata({str(path)!r})\n"
        "assert found['metadata'] == {'target': 'species', 'rows': 150}\n"
        "assert found['format_version'] == 1\n"
        "assert found['softlearn_version'] == softlearn.__version__\n"
        "assert {'scikit-learn', 'numpy', 'skops'} <= found['versions'].keys()\n"
        "print(sorted({'skops', 'sklearn', 'skrub'} & sys.modules.keys()))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def with_header(path: Path, **changes) -> None:
    """Change entries of the metadata of a file, and seal it again."""
    members = open_sealed(path.read_bytes())
    header = json.loads(members["metadata.json"]) | changes
    path.write_bytes(sealed({**members, "metadata.json": json.dumps(header).encode()}))


def test_a_newer_format_says_to_upgrade(tmp_path):
    path = tmp_path / "m.softlearn"
    save(SoftmaxRegression().fit(X, Y), path)
    with_header(path, format_version=2, softlearn_version="9.0.0")
    for read in (load, read_metadata):
        with pytest.raises(ModelFileError, match=r"m\.softlearn.*softlearn 9\.0\.0.*upgrade"):
            read(path)


def test_a_model_of_softlearn_alone_loads_silently_under_another_scikit_learn(tmp_path):
    path = tmp_path / "m.softlearn"
    model = SoftmaxRegression().fit(X, Y)
    save(model, path)
    with_header(path, versions={"scikit-learn": "1.5.0", "numpy": "2.0.0"})
    assert_array_equal(load(path).predict(X), model.predict(X))


def test_parts_of_another_release_give_one_warning_and_the_same_model(tmp_path):
    path = tmp_path / "m.softlearn"
    model = make_pipeline(StandardScaler(), MinMaxScaler(), SoftmaxRegression()).fit(X, Y)
    save(model, path)
    members = open_sealed(path.read_bytes())
    from sklearn import __version__ as installed

    schema = members["schema.json"].replace(installed.encode(), b"1.5.2")
    path.write_bytes(sealed({**members, "schema.json": schema}))
    with_header(path, versions={"scikit-learn": "1.5.2"})
    with pytest.warns(
        UserWarning, match=r"m\.softlearn was saved with scikit-learn 1\.5\.2"
    ) as all_:
        back = load(path)
    assert len(all_) == 1
    assert all_[0].filename == __file__
    assert_array_equal(back.predict(X), model.predict(X))


def test_a_patch_release_gives_no_warning(tmp_path):
    from sklearn import __version__ as installed

    path = tmp_path / "m.softlearn"
    save(make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y), path)
    with_header(path, versions={"scikit-learn": ".".join([*installed.split(".")[:2], "99"])})
    load(path)


# -- what cannot be saved


class Custom(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


def refused(model, folder: Path, match: str) -> None:
    with pytest.raises(ModelFileError, match=match):
        save(model, folder / "m.softlearn")
    assert list(folder.iterdir()) == []


def test_a_transformer_of_ones_own_is_named_when_saving(tmp_path):
    model = make_pipeline(Custom(), SoftmaxRegression()).fit(X, Y)
    refused(model, tmp_path, r"m\.softlearn: it holds .*\.Custom, which is not among")


def test_a_function_of_ones_own_is_named_when_saving(tmp_path):
    model = make_pipeline(FunctionTransformer(np.sort), SoftmaxRegression()).fit(X, Y)
    refused(model, tmp_path, r"the function numpy\.sort")


def test_a_random_state_is_named_when_saving(tmp_path):
    model = SoftmaxRegression(random_state=np.random.RandomState(0)).fit(X, Y)
    refused(model, tmp_path, r"RandomState")


def test_an_object_that_refers_to_itself_is_refused(tmp_path):
    model = SoftmaxRegression().fit(X, Y)
    model.mirror_ = [model]
    refused(model, tmp_path, "refers to itself")


def test_a_pipeline_with_a_cache_of_pickles_is_refused(tmp_path):
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    refused(model.set_params(memory="somewhere"), tmp_path, "memory=None")


@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), make_pipeline(StandardScaler(), SoftmaxRegression())]
)
def test_a_model_that_is_not_fitted_is_refused(model, tmp_path):
    refused(model, tmp_path, "not fitted: call fit first")


@pytest.mark.parametrize("model", [StandardScaler().fit(X), Pipeline([]), None, "model"])
def test_what_is_no_softmax_regression_is_refused(model, tmp_path):
    refused(model, tmp_path, "not a SoftmaxRegression")


def test_metadata_that_is_not_json_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="metadata cannot be written as JSON"):
        save(SoftmaxRegression().fit(X, Y), tmp_path / "m.softlearn", {"rows": np.int64(3)})
    assert list(tmp_path.iterdir()) == []


# -- writing the file


@pytest.fixture
def model():
    return SoftmaxRegression().fit(X, Y)


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_keeps_the_old_file_and_leaves_nothing(
    step, failure, model, tmp_path, monkeypatch
):
    path = tmp_path / "m.softlearn"
    path.write_bytes(b"older")

    def fail(*_):
        raise failure

    monkeypatch.setattr(*((files.os, step) if step == "fsync" else (Path, step)), fail)
    with pytest.raises(type(failure)) as raised:
        save(model, path)
    if isinstance(failure, OSError):
        assert raised.value.filename == str(path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(model, tmp_path):
    path = tmp_path / "missing" / "m.softlearn"
    with pytest.raises(FileNotFoundError) as raised:
        save(model, path)
    assert raised.value.filename == str(path)


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(model, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError) as raised:
        save(model, tmp_path / "m.softlearn")
    tmp_path.chmod(0o700)
    assert raised.value.filename == str(tmp_path / "m.softlearn")


def test_a_folder_is_no_place_for_a_model(model, tmp_path):
    with pytest.raises(IsADirectoryError):
        save(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_keeps_pointing_where_it_does(model, tmp_path):
    (tmp_path / "real").write_bytes(b"older")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save(model, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert_array_equal(load(tmp_path / "real").predict(X), model.predict(X))


@pytest.mark.parametrize("read", [load, read_metadata])
def test_a_file_that_is_not_there_and_a_folder_are_errors_of_the_system(read, tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read(tmp_path / "nothing")
    with pytest.raises((IsADirectoryError, PermissionError)):
        read(tmp_path)


def test_the_names_stand_at_the_top():
    assert softlearn.save is files.save
    assert softlearn.load is files.load
