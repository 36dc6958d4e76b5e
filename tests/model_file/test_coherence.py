"""The parts of a loaded model fit each other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from forging import X, Y, refused
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, load, save
from softlearn.model_file import files
from softlearn.sealed import sealed


def put_together(path: Path, model: Any) -> None:
    """Write a model as `save` would, without asking whether it is sound."""
    header = {"format_version": 1, "softlearn_version": "0", "versions": {}, "metadata": {}}
    path.write_bytes(
        sealed({"metadata.json": json.dumps(header).encode(), **files._members(model)})
    )


BROKEN = {
    "coef_ too short": {"coef_": np.zeros((2, 4))},
    "coef_ too narrow": {"coef_": np.zeros((3, 2))},
    "coef_ of whole numbers": {"coef_": np.zeros((3, 4), dtype=int)},
    "coef_ not a number": {"coef_": np.full((3, 4), np.nan)},
    "coef_ infinite": {"coef_": np.full((3, 4), np.inf)},
    "coef_ no array": {"coef_": "weights"},
    "coef_ sparse and infinite": {"coef_": sp.csr_matrix(np.full((3, 4), np.inf))},
    "intercept_ too long": {"intercept_": np.zeros(4)},
    "intercept_ not a number": {"intercept_": np.full(3, np.nan)},
    "one class": {"classes_": np.array([1])},
    "twins": {"classes_": np.array([1, 1, 2])},
    "too many classes": {"classes_": np.arange(9)},
    "classes_ no list": {"classes_": 3},
    "features no number": {"n_features_in_": "four"},
    "names too few": {"feature_names_in_": np.array(["a"], dtype=object)},
    "a status of no meaning": {"_status": "FINE"},
    "a trace of another form": {"_trace": np.zeros((3, 2))},
    "a gap that is a word": {"gap_": "small"},
    "a memory of partial_fit that is a word": {"_memory": "state"},
    "threads that are no number": {"n_jobs": 1e300},
    "a weight of rows that is a word": {"_weight": "heavy"},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_an_incoherent_model_is_refused(changes, path):
    model = SoftmaxRegression().fit(X, Y)
    vars(model).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other|not a sound model")


@pytest.mark.parametrize(
    "changes",
    [
        {"coef_": np.zeros((2, 4))},
        {"Cs_": np.array([1.0])},
        {"Cs_": "two"},
        {"gaps_": 3},
        {"_status": "FINE"},
        {"_trace": np.zeros((3, 2))},
    ],
    ids=str,
)
def test_an_incoherent_model_chosen_by_cross_validation_is_refused(changes, path):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=2).fit(X, Y)
    vars(model).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other|not a sound model")


def test_a_model_without_its_attributes_is_refused(path):
    model = SoftmaxRegression().fit(X, Y)
    del model.classes_
    put_together(path, model)
    refused(path, path.read_bytes(), "classes_")


@pytest.mark.parametrize("memory", [np.zeros((3, 3)), np.zeros((3, 2, 2))])
def test_an_incoherent_memory_of_partial_fit_is_refused(memory, path):
    model = SoftmaxRegression().partial_fit(X, Y, classes=[0, 1, 2])
    model._memory = memory
    put_together(path, model)
    refused(path, path.read_bytes(), "partial_fit")


def test_no_more_processes_are_started_than_there_are_cores(path):
    model = make_pipeline(make_union(StandardScaler()), SoftmaxRegression(n_jobs=-1))
    model.fit(X, Y)[0].set_params(n_jobs=10**6)
    save(model, path)
    back = load(path)
    assert back[0].n_jobs == os.cpu_count()
    assert back[1].n_jobs == -1


@pytest.mark.parametrize("model", [StandardScaler().fit(X), ["model"], {"model": 1}])
def test_what_is_no_softmax_regression_is_refused(model, path):
    put_together(path, model)
    refused(path, path.read_bytes(), "not a SoftmaxRegression")


@pytest.mark.parametrize("columns", [[0, 10**9], [0, -7], [1, 1], [0, "1"]])
def test_words_with_columns_out_of_bounds_are_refused(columns, path):
    model = make_pipeline(CountVectorizer(), SoftmaxRegression())
    model.fit(["red", "blue", "red blue"], [0, 1, 2])
    model[0].vocabulary_ = dict(zip(["red", "blue"], columns, strict=True))
    put_together(path, model)
    refused(path, path.read_bytes(), "vocabulary")


@pytest.mark.parametrize("n", [0, -1, 2**40, "many"])
def test_hashing_into_impossible_columns_is_refused(n, path):
    model = make_pipeline(HashingVectorizer(n_features=8), SoftmaxRegression())
    model.fit(["red", "blue", "red blue"], [0, 1, 2])
    model[0].n_features = n
    put_together(path, model)
    refused(path, path.read_bytes(), "HashingVectorizer")


ENCODERS = {
    "fewer columns than categories": {"_n_features_outs": [1]},
    "columns of another kind": {"_n_features_outs": (3,)},
    "more categories than columns": {"categories_": [np.arange(10_000.0)]},
    "categories out of order": {"categories_": [np.array([2.0, 1.0, 0.0])]},
    "categories with holes": {"categories_": [np.array([0.0, np.nan, 1.0])]},
    "categories that are no array": {"categories_": ["abc"]},
    "a drop out of bounds": {"_drop_idx_after_grouping": np.array([7], dtype=object)},
    "a drop before the first": {"_drop_idx_after_grouping": np.array([-1], dtype=object)},
    "groups out of bounds": {
        "_infrequent_enabled": True,
        "_default_to_infrequent_mappings": [np.array([0, 1, 99])],
    },
    "groups before the first": {
        "_infrequent_enabled": True,
        "_default_to_infrequent_mappings": [np.array([0, 2, -9])],
    },
    "too few groups": {"_infrequent_enabled": True, "_default_to_infrequent_mappings": []},
}


@pytest.mark.parametrize("changes", ENCODERS.values(), ids=ENCODERS)
def test_categories_with_columns_out_of_bounds_are_refused(changes, path):
    model = make_pipeline(OneHotEncoder(), SoftmaxRegression())
    model.fit(np.arange(6.0)[:, None] % 3, np.arange(6) % 3)
    vars(model[0]).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other|not a sound model")


def test_a_cache_of_pickles_is_refused(path):
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    put_together(path, model.set_params(memory=str(path.parent)))
    refused(path, path.read_bytes(), "memory")
