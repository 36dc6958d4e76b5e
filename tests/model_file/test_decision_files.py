"""Classifiers around a classifier, saved and loaded, decide the same."""

from __future__ import annotations

import numpy as np
import pytest
from forging import refused
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_coherence import put_together

from softlearn import ModelFileError, SoftmaxRegression, load, save
from softlearn.decide import CalibratedSoftmax, ConformalSets, DecisionClassifier, NoneOfThese

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
MODEL = make_pipeline(StandardScaler(), SoftmaxRegression())
COST = [[0.0, 1.0, 1.0, 0.3], [2.0, 0.0, 1.0, 0.3], [1.0, 1.0, 0.0, 0.3]]

pytestmark = pytest.mark.filterwarnings("ignore:The temperature is:UserWarning")

KINDS = {
    "temperature": CalibratedSoftmax(MODEL, cv=2),
    "dirichlet": CalibratedSoftmax(MODEL, method="dirichlet", cv=2),
    "costs": DecisionClassifier(MODEL, cost=COST),
    "thresholds": DecisionClassifier(
        MODEL, thresholds=dict.fromkeys(np.unique(NAMES).tolist(), 0.3)
    ),
    "none": NoneOfThese(MODEL, alpha=0.1, cv=2),
    "sets": ConformalSets(MODEL, cv=2),
    "sets by class": ConformalSets(MODEL, per_class=True, cv=2),
    "all": NoneOfThese(
        DecisionClassifier(CalibratedSoftmax(MODEL, cv=2), cost=COST), alpha=0.1, cv=2
    ),
    "in a pipeline": make_pipeline(StandardScaler(), CalibratedSoftmax(SoftmaxRegression(), cv=2)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_decides_the_same_after_loading(kind, tmp_path):
    model = clone(KINDS[kind]).fit(X, NAMES)
    save(model, tmp_path / "m.softlearn")
    back = load(tmp_path / "m.softlearn")
    assert vars(back).keys() == vars(model).keys()
    assert_array_equal(back.predict(X), model.predict(X))
    assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    for method in ("p_value", "predict_p", "expected_cost"):
        if hasattr(model, method):
            assert_array_equal(getattr(back, method)(X), getattr(model, method)(X))


def test_a_fitted_classifier_is_written_once(tmp_path):
    fitted = SoftmaxRegression(C=30.0).fit(X, NAMES)
    model = CalibratedSoftmax(fitted, cv="prefit").fit(X, NAMES)
    save(model, tmp_path / "m.softlearn")
    back = load(tmp_path / "m.softlearn")
    assert back.estimator is back.estimator_
    assert back.temperature_ == model.temperature_
    assert back.temperature_interval_ == model.temperature_interval_
    assert back.status_ is model.status_


def test_what_is_not_ours_or_not_fitted_is_refused(tmp_path):
    ours = CalibratedSoftmax(LogisticRegression(C=0.1, max_iter=500), cv=2).fit(X, NAMES)
    with pytest.raises(ModelFileError, match=r"softlearn.decide around these, but .*Logistic"):
        save(ours, tmp_path / "m.softlearn")
    with pytest.raises(ModelFileError, match="its NoneOfThese is not fitted: call fit first"):
        save(NoneOfThese(CalibratedSoftmax(MODEL)), tmp_path / "m.softlearn")


BROKEN = {
    "classes of another classifier": ("temperature", {"classes_": np.array(["a", "b", "c"])}),
    "too few parameters": ("dirichlet", {"parameters_": np.ones(3)}),
    "a temperature without end": ("temperature", {"parameters_": np.array([np.inf])}),
    "a method of no meaning": ("temperature", {"method": "guess"}),
    "a status of no meaning": ("temperature", {"_status": "FINE"}),
    "a gap that is a word": ("temperature", {"gap_": "small"}),
    "costs of another shape": ("costs", {"cost_": np.ones((3, 3))}),
    "decisions without end": ("costs", {"decisions_": np.arange(9)}),
    "a rate of no meaning": ("none", {"alpha": 7.0}),
    "no models": ("none", {"fold_estimators_": []}),
    "scores out of order": ("none", {"calibration_": [np.array([2.0, 1.0])] * 2}),
    "scores of one fold": ("none", {"calibration_": [np.array([1.0])]}),
    "scores of too few classes": ("sets by class", {"calibration_": [[np.array([1.0])] * 2]}),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_parts_that_do_not_fit_are_refused(fault, path):
    kind, changes = BROKEN[fault]
    model = clone(KINDS[kind]).fit(X, NAMES)
    vars(model).update(changes)
    put_together(path, model)
    refused(path, path.read_bytes(), "do not fit each other")
