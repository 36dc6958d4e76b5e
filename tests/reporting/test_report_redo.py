"""The Python lines of a report, run, make it again."""

import numpy as np
import pytest
from pages import parse, section, tiles
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression
from softlearn.reporting.redo import python_lines, settings, steps_before, versions
from softlearn.solve import Adam, Cosine

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 3)), np.arange(60) % 3
PIPELINE = Pipeline(
    [
        ("scale", ColumnTransformer([("s", StandardScaler(), [0, 1])], remainder="passthrough")),
        ("classifier", SoftmaxRegression(C=np.inf, class_weight={0: 2.0, 1: 1.0, 2: np.pi})),
    ]
)


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxRegression(C=0.5),
        PIPELINE,
        LogisticRegression(),
        SoftmaxNetwork((4,), solver=Adam(Cosine(0.01, 90)), max_iter=90, random_state=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_lines_make_the_same_report(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = parse(softlearn.report(model.fit(X, y), X, y, held_out=False).html)
    exec(section(first, "redo").all("pre")[0].raw, {"X": X, "y": y})
    again = parse((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert tiles(again) == tiles(first)
    for name in ("confusion", "classes", "worst", "redo"):
        assert section(again, name).text == section(first, name).text


@pytest.mark.parametrize(
    "part",
    [FunctionTransformer(lambda X: X), FunctionTransformer(np.log1p)],
    ids=["lambda", "ufunc"],
)
def test_a_model_that_cannot_be_written_down_is_not_written_down_wrongly(part):
    model = Pipeline([("f", part), ("c", SoftmaxRegression())])
    lines = python_lines(model, None)
    assert " at 0x" not in "".join(steps_before(model))
    assert "cannot be written down" in lines
    compile(lines, "lines", "exec")


def test_rows_to_fit_are_others_than_those_reported_where_these_were_held_out():
    assert "model.fit(X_train, y_train)" in python_lines(SoftmaxRegression(), True)
    assert "report(model, X, y, held_out=True)" in python_lines(SoftmaxRegression(), True)


def test_settings_that_were_changed_are_told_from_the_defaults():
    found = {s.name: (s.value, s.changed) for s in settings(SoftmaxRegression(C=2.0))}
    assert found["C"] == ("2.0", True)
    assert found["tol"] == ("1e-06", False)
    assert found.keys() == SoftmaxRegression().get_params().keys()


def test_versions_are_those_of_all_libraries_of_the_model():
    import sklearn

    found = versions(PIPELINE)
    assert found["scikit-learn"] == sklearn.__version__
    assert found["softlearn"] == softlearn.__version__
    assert {"Python", "numpy", "scipy"} <= found.keys()
