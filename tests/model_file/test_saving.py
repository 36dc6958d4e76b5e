"""Saving refuses what could not be loaded, and never leaves half a file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_iris
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    StandardScaler,
)

from softlearn import ModelFileError, SoftmaxRegression, load, read_metadata, save

X, Y = load_iris(return_X_y=True)


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


@pytest.mark.parametrize("make", [SoftmaxRegression, lambda: make_pipeline(SoftmaxRegression())])
def test_callbacks_stay_with_the_model_and_out_of_its_file(tmp_path, make):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn 1.8 has no callbacks")
    model = make().set_callbacks(callback.ProgressBar()).fit(X, Y)
    save(model, tmp_path / "m.softlearn")
    assert hasattr(model, "_skl_callbacks")
    loaded = load(tmp_path / "m.softlearn")
    assert not hasattr(loaded, "_skl_callbacks")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


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

    monkeypatch.setattr(*((os, step) if step == "fsync" else (Path, step)), fail)
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
