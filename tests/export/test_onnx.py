"""An exported model says in onnxruntime what it says in softlearn."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    OneHotEncoder,
    PowerTransformer,
    StandardScaler,
)

from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, export
from softlearn.decide import CalibratedSoftmax, ConformalSets, DecisionClassifier, NoneOfThese

skl2onnx = pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

IRIS, CANCER = load_iris(return_X_y=True), load_breast_cancer(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def said(model, inputs):
    """Return what onnxruntime says, by output."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def texts(X, y):
    return X, NAMES[y]


MODELS = {
    "regression": (SoftmaxRegression(), IRIS),
    "two classes": (SoftmaxRegression(), CANCER),
    "texts as labels": (SoftmaxRegression(), texts(*IRIS)),
    "truth values as labels": (SoftmaxRegression(), (CANCER[0], CANCER[1] > 0)),
    "no intercept": (SoftmaxRegression(fit_intercept=False), IRIS),
    "cross-validated": (SoftmaxRegressionCV(Cs=2, cv=2), IRIS),
    "network": (SoftmaxNetwork((5, 4), random_state=0), IRIS),
    "network of tanh": (SoftmaxNetwork((5,), activation="tanh", random_state=0), CANCER),
    "network of logistic": (SoftmaxNetwork((5,), activation="logistic", random_state=0), IRIS),
    "temperature": (CalibratedSoftmax(SoftmaxRegression(), cv=2), IRIS),
    "vector": (CalibratedSoftmax(SoftmaxRegression(), method="vector", cv=2), CANCER),
    "dirichlet": (CalibratedSoftmax(SoftmaxRegression(), method="dirichlet", cv=2), texts(*IRIS)),
    "costs": (
        DecisionClassifier(SoftmaxRegression(), cost=[[0, 1, 9], [1, 0, 1], [1, 5, 0]]),
        IRIS,
    ),
    "abstaining": (DecisionClassifier(SoftmaxRegression(), reject_cost=0.1), texts(*IRIS)),
    "none of these": (NoneOfThese(SoftmaxRegression(), alpha=0.2, cv=3), texts(*IRIS)),
    "entropy": (NoneOfThese(SoftmaxRegression(), conformity_score="entropy", cv=3), CANCER),
    "energy": (NoneOfThese(SoftmaxRegression(), conformity_score="energy", cv=3), CANCER),
    "max_logit": (NoneOfThese(SoftmaxRegression(), conformity_score="max_logit", cv=3), CANCER),
    "all of it": (
        NoneOfThese(
            DecisionClassifier(
                CalibratedSoftmax(make_pipeline(StandardScaler(), SoftmaxRegression()), cv=2),
                reject_cost=0.2,
            ),
            cv=3,
        ),
        texts(*IRIS),
    ),
}


@pytest.mark.filterwarnings("ignore:.*")  # of the fits, which are short
@pytest.mark.parametrize("opset", [13, 21])
@pytest.mark.parametrize("name", MODELS)
def test_labels_and_probabilities_are_those_of_the_model(name, opset):
    model, (X, y) = MODELS[name]
    if not hasattr(model, "classes_"):
        model.fit(X, y)
    made = export.onnx(model, X, opset=opset)
    found = said(made.model, {"X": X})
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(X), rtol=0, atol=1e-13)
    assert found["label"].tolist() == model.predict(X).tolist()
    if hasattr(model, "p_value"):
        np.testing.assert_allclose(found["p_values"][:, 0], model.p_value(X), rtol=1e-13)
    assert (made.rows, made.hostile_rows, made.other_labels) == (len(X), 80, 0)
    assert 0.0 <= made.largest_difference < 1e-12


@pytest.mark.parametrize("name", ["regression", "network", "all of it"])
@pytest.mark.filterwarnings("ignore:.*")
def test_in_float32_the_difference_is_small_and_said(name):
    model, (X, y) = MODELS[name]
    made = export.onnx(model.fit(X, y), X, dtype="float32")
    found = said(made.model, {"X": X.astype(np.float32)})
    assert found["probabilities"].dtype == np.float32
    difference = np.abs(found["probabilities"] - model.predict_proba(X)).max()
    assert 1e-12 < difference <= made.largest_difference < 1e-3


def test_gelu_is_computed_in_float32_where_onnxruntime_has_nothing_else():
    X, y = IRIS
    model = SoftmaxNetwork((5,), activation="gelu", random_state=0).fit(X, y)
    made = export.onnx(model, X)
    assert made.largest_difference < 1e-6
    assert said(made.model, {"X": X})["label"].tolist() == model.predict(X).tolist()


def table(n=90):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    X = pd.DataFrame(
        {
            "the length": rng.normal(size=n) + y,
            "넓이": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n) - y),
            "whole": rng.integers(0, 4, size=n),
            "island": pd.Series(rng.choice(["a", "b b", "다"], size=n)).where(rng.random(n) > 0.2),
            "flag": rng.random(n) < 0.5,
        }
    )
    return X, NAMES[y]


def as_inputs(X):
    return {
        name: np.array([[cell if isinstance(cell, str) else ""] for cell in X[name]], dtype=object)
        if name == "island"
        else X[name].to_numpy(np.float64)[:, None]
        for name in X
    }


NUMBERS = ["the length", "넓이"]
TABLES = {
    "as the command line has it": ColumnTransformer(
        [
            ("numbers", SimpleImputer(add_indicator=True, keep_empty_features=True), NUMBERS),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["island"]),
        ]
    ),
    "scaled, categories of numbers, the rest as it is": make_column_transformer(
        (make_pipeline(StandardScaler(), SimpleImputer(strategy="median")), NUMBERS),
        (OneHotEncoder(drop="first", handle_unknown="ignore"), ["whole", "island"]),
        ("passthrough", ["flag"]),
    ),
    "joined": make_column_transformer(
        (make_pipeline(SimpleImputer(), MaxAbsScaler(), PCA(2)), [*NUMBERS, "whole"]),
    ),
    "texts filled in": make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
            ),
            ["island"],
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("name", TABLES)
def test_tables_have_an_input_for_each_column(name):
    X, y = table()
    model = make_pipeline(TABLES[name], SoftmaxRegression()).fit(X, y)
    made = export.onnx(model, X)
    found = said(made.model, {k: v for k, v in as_inputs(X).items() if k in inputs(made)})
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(X), rtol=0, atol=1e-13)
    assert found["label"].tolist() == model.predict(X).tolist()
    strange = X.assign(island="nowhere", **{"넓이": np.nan})
    given = {k: v for k, v in as_inputs(strange).items() if k in inputs(made)}
    np.testing.assert_allclose(
        said(made.model, given)["probabilities"], model.predict_proba(strange), rtol=0, atol=1e-13
    )


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("dtype", ["object", "category"])
def test_texts_may_be_of_any_dtype_of_pandas(dtype):
    X, y = table()
    X = X.astype({"island": dtype})
    model = make_pipeline(TABLES["as the command line has it"], SoftmaxRegression()).fit(X, y)
    made = export.onnx(model, X)
    assert made.hostile_rows > 0
    assert made.largest_difference < 1e-13


def inputs(made):
    return [one.name for one in made.model.graph.input]


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (TfidfVectorizer(), "The step 'part', TfidfVectorizer, cannot be exported to ONNX: onnxru"),
        (OneHotEncoder(max_categories=2), "it joins infrequent categories"),
    ],
)
def test_what_cannot_be_exported_names_the_step(steps, sentence):
    X, y = table()
    columns = "island" if isinstance(steps, TfidfVectorizer) else ["island"]
    X = X.fillna({"island": "no"})
    model = make_pipeline(ColumnTransformer([("part", steps, columns)]), SoftmaxRegression())
    with pytest.raises(ValueError, match="cannot be exported") as caught:
        export.onnx(model.fit(X, y), X)
    assert sentence in str(caught.value).replace("'columntransformer > part'", "'part'")


def test_a_step_that_nobody_converts_is_named():
    X, y = IRIS
    own = type("Own", (StandardScaler,), {})()
    with pytest.raises(ValueError, match="The step 'own', Own, cannot be exported to ONNX: noth"):
        export.onnx(make_pipeline(own, SoftmaxRegression()).fit(X, y), X)
    power = make_pipeline(PowerTransformer(), SoftmaxRegression()).fit(X, y)
    with pytest.raises(ValueError, match="The step 'powertransformer', PowerTransformer, cannot b"):
        export.onnx(power, X)
    assert export.onnx(power, X, dtype="float32").largest_difference < 1e-4
    other = make_pipeline(FunctionTransformer(np.log1p), SoftmaxRegression()).fit(X, y)
    with pytest.raises(ValueError, match="The step 'functiontransformer', FunctionTransformer, "):
        export.onnx(other, X)


def test_classifiers_that_are_not_exported_are_named():
    X, y = IRIS
    with pytest.raises(ValueError, match="LogisticRegression is not one of softlearn's"):
        export.onnx(LogisticRegression(max_iter=1000).fit(X, y), X)
    with pytest.raises(ValueError, match="ConformalSets cannot be exported to ONNX: nothing is k"):
        export.onnx(ConformalSets(SoftmaxRegression(), cv=3).fit(X, y), X)
    around = DecisionClassifier(LogisticRegression(max_iter=1000)).fit(X, y)
    with pytest.raises(ValueError, match="DecisionClassifier cannot be exported to ONNX: the Log"):
        export.onnx(around, X)
    learned = NoneOfThese(SoftmaxRegression(), label="setosa", cv="prefit")
    learned.estimator = SoftmaxRegression().fit(X, NAMES[y])
    with pytest.raises(ValueError, match="it has learned 'setosa' as a class"):
        export.onnx(learned.fit(X, NAMES[y]), X)


def test_rows_and_options_that_cannot_be_used_are_refused():
    X, y = IRIS
    model = SoftmaxRegression().fit(X, y)
    for given, sentence in {
        "opset must be from 13 to 21, but it is 9": {"opset": 9},
        "dtype must be 'float64' or 'float32', but it is 'float16'": {"dtype": "float16"},
    }.items():
        with pytest.raises(ValueError, match=given):
            export.onnx(model, X, **sentence)
    with pytest.raises(ValueError, match="X must be a data frame, or numbers with two axes"):
        export.onnx(model, ["a text"])
    dates = pd.DataFrame({"day": pd.to_datetime(["2024-05-31"])})
    with pytest.raises(ValueError, match="The column 'day' holds datetime64"):
        export.onnx(model, dates)


def test_a_graph_that_computes_something_else_is_not_exported(monkeypatch):
    from softlearn.export import classifiers

    def wrong(g, model, inputs, outputs):
        g.add("Softmax", g.add("MatMul", inputs[0], model.coef_.T), out=outputs[1].full_name)
        g.label(model.classes_, outputs[1].full_name, outputs[0].full_name)

    monkeypatch.setitem(classifiers.CONVERTERS, SoftmaxRegression, wrong)
    X, y = IRIS
    with pytest.raises(ValueError, match="onnxruntime computes other probabilities, by "):
        export.onnx(SoftmaxRegression().fit(X, y), X)


def test_skl2onnx_itself_converts_the_classifiers_once_they_are_registered():
    export.register()
    X, y = IRIS
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, y)
    found = said(skl2onnx.to_onnx(model, X[:1]), {"X": X})
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(X), atol=1e-13)


def test_without_the_extra_the_sentence_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError) as caught:
        export.onnx(SoftmaxRegression(), IRIS[0])
    assert str(caught.value) == (
        "Exporting to ONNX needs skl2onnx, which is not installed; run: "
        "pip install 'softlearn[onnx]'"
    )


def test_the_file_is_whole_and_loads(tmp_path):
    X, y = IRIS
    made = export.onnx(SoftmaxRegression().fit(X, y), X)
    made.save(tmp_path / "iris.onnx")
    assert (tmp_path / "iris.onnx").read_bytes() == made.model.SerializeToString()
    assert repr(made).startswith("OnnxExport(opset=21, dtype='float64', rows=150 + 80, ")
