"""The trees are those of skops, which is asked here what a file holds."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from forging import X, Y
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, save
from softlearn.decide import CalibratedSoftmax
from softlearn.model_file.decode import decoded
from softlearn.model_file.encode import encoded
from softlearn.model_file.files import MODEL_FILE
from softlearn.model_file.schema import checked_types

skops_io = pytest.importorskip("skops.io")
TEXTS = [f"word{i % 7} word{i % 5} text" for i in range(60)]
FRAME = pd.DataFrame({"a": np.arange(60.0), "b": ["x", "y", None] * 20, "c": ["u", "v"] * 30})


def columns():
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["b", "c"]), (StandardScaler(), ["a"])
    )


MODELS = {
    "a pipeline": lambda: make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y),
    "a function": lambda: make_pipeline(
        FunctionTransformer(np.log1p), SoftmaxRegression(class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    ).fit(X, Y),
    "columns": lambda: make_pipeline(columns(), SoftmaxRegression()).fit(FRAME, [0, 1, 2] * 20),
    "texts": lambda: make_pipeline(TfidfVectorizer(), SoftmaxRegression()).fit(TEXTS, [0, 1] * 30),
    "a choice of C": lambda: SoftmaxRegressionCV(Cs=3).fit(X, np.array(["a", "b", "c"])[Y]),
    "a network": lambda: SoftmaxNetwork((4,), max_iter=2, random_state=0).fit(X, Y),
    "calibrated": lambda: CalibratedSoftmax(SoftmaxRegression(C=100.0)).fit(X, Y),
}
SHARED = np.arange(3.0)
VALUES = {
    "keys of every kind": {"a": 1, 2: "b", 2.5: None, True: 1, False: 0, np.int64(7): 1},
    "what occurs twice": [SHARED, SHARED, [SHARED, {"again": SHARED}]],
    "arrays": [np.arange(4, dtype="i2"), np.array(["a", "é"]), np.float32(2.5), np.str_("x")],
    "arrays of objects": [np.array([[1], "a", None, 2.5], dtype=object), np.full((2, 2), "a", "O")],
    "sparse": [sp.csr_array(np.eye(3)), sp.csr_matrix(np.eye(2))],
    "types and functions": [
        np.dtype("f4"),
        np.dtype("<U3"),
        float,
        np.float64,
        np.exp,
        slice(1, 2),
    ],
    "times": [timedelta(3), timezone(timedelta(hours=2)), ZoneInfo("Europe/Paris")],
    "numbers": [1, 2.5, True, None, float("inf"), "text", (1, (2,))],
}


def alike(a, b) -> None:
    """Require the same types and contents all the way down."""
    assert encoded(a) == encoded(b)


def by_skops(members: dict[str, bytes]):
    """Return what skops makes of members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    types = checked_types(json.loads(members["schema.json"]), members)
    return skops_io.loads(buffer.getvalue(), trusted=sorted(types))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_skops_reads_the_same_model_from_a_file(make, path):
    model = make()
    save(model, path)
    members = MODEL_FILE.open(path.read_bytes())
    members.pop("metadata.json")
    alike(by_skops(members), model)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_values_of_every_kind_are_read_as_skops_reads_them(value):
    members = encoded(value)
    again = decoded(json.loads(members["schema.json"]), members)
    alike(again, value)
    alike(by_skops(members), again)


def test_what_occurs_twice_is_one_object_when_read():
    members = encoded(VALUES["what occurs twice"])
    first, second, (third, inner) = decoded(json.loads(members["schema.json"]), members)
    assert first is second is third is inner["again"]
    assert [name for name in members if name.endswith(".npy")] == ["0.npy"]


def test_a_function_of_another_package_is_not_taken_for_numpys():
    special = pytest.importorskip("scipy.special")
    assert special.log1p.__name__ == np.log1p.__name__
    assert encoded(special.log1p) != encoded(np.log1p)
