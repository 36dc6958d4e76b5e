"""Inside scikit-learn: pipelines, searches, meta-estimators, metadata routing, persistence."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from peers import since
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from softlearn import SoftmaxRegression, load, save
from softlearn.solve import LBFGS, GradientDescent, Newton

X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]
META = {
    "CalibratedClassifierCV": lambda m: CalibratedClassifierCV(m, cv=3),
    "OneVsRestClassifier": OneVsRestClassifier,
    "OneVsOneClassifier": OneVsOneClassifier,
    "StackingClassifier": lambda m: StackingClassifier([("a", m), ("b", clone(m))], clone(m), cv=3),
    "VotingClassifier": lambda m: VotingClassifier([("a", m), ("b", clone(m))], voting="soft"),
    "BaggingClassifier": lambda m: BaggingClassifier(m, n_estimators=3, random_state=0),
    "RFE": lambda m: RFE(m, n_features_to_select=2),
}


def theirs(**parameters):
    return LogisticRegression(solver="newton-cholesky", tol=1e-8, **parameters)


@pytest.mark.parametrize("wrap", META.values(), ids=META)
def test_a_meta_estimator_gives_what_it_gives_with_logistic_regression(wrap):
    ours, other = wrap(SoftmaxRegression()).fit(X, Y), wrap(theirs()).fit(X, Y)
    np.testing.assert_array_equal(ours.predict(X), other.predict(X))
    for method in ("predict_proba", "decision_function"):
        assert hasattr(ours, method) == hasattr(other, method)
        if hasattr(ours, method):
            mine, expected = getattr(ours, method)(X), getattr(other, method)(X)
            np.testing.assert_allclose(mine, expected, atol=1e-3)


def test_rows_without_labels_are_learned_from_as_with_logistic_regression():
    partly = np.where(np.arange(150) % 3 == 0, Y, -1)
    ours, other = (
        SelfTrainingClassifier(m).fit(X, partly) for m in (SoftmaxRegression(), theirs())
    )
    np.testing.assert_array_equal(ours.labeled_iter_, other.labeled_iter_)
    np.testing.assert_array_equal(ours.predict(X), other.predict(X))


def test_many_outputs_are_many_fits():
    both = np.column_stack([Y, Y % 2])
    model = MultiOutputClassifier(SoftmaxRegression()).fit(X, both)
    np.testing.assert_array_equal(model.predict(X)[:, 0], SoftmaxRegression().fit(X, Y).predict(X))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_search_finds_what_it_finds_with_logistic_regression(n_jobs):
    grid = {"C": [1e-3, 1.0, 1e3], "class_weight": [None, "balanced", {0: 2.0, 1: 1.0, 2: 1.0}]}
    ours, other = (
        GridSearchCV(m, grid, scoring="neg_log_loss", cv=3, n_jobs=n_jobs).fit(X, Y)
        for m in (SoftmaxRegression(), theirs())
    )
    assert ours.best_params_ == other.best_params_
    scores = (s.cv_results_["mean_test_score"] for s in (ours, other))
    np.testing.assert_allclose(*scores, rtol=1e-3)


def count_threads():
    from softlearn.estimators.sklearn.threads import threads

    return threads(None)


def test_the_workers_of_a_search_share_the_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = joblib.cpu_count()
    assert count_threads() == cores
    each = joblib.Parallel(n_jobs=2)(joblib.delayed(count_threads)() for _ in range(2))
    assert each == [max(cores // 2, 1)] * 2


def test_cross_validation_goes_as_with_logistic_regression():
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        ours, other = (
            cross_val_predict(m, X, Y, method=method) for m in (SoftmaxRegression(), theirs())
        )
        np.testing.assert_allclose(ours, other, atol=1e-3)
    np.testing.assert_array_equal(
        cross_val_score(SoftmaxRegression(), X, Y), cross_val_score(theirs(), X, Y)
    )
    curve = learning_curve(
        SoftmaxRegression(), X, Y, exploit_incremental_learning=True, shuffle=True
    )
    assert curve[2].mean() > 0.8


def test_features_are_selected_by_their_weights():
    ours, other = (SelectFromModel(m).fit(X, Y) for m in (SoftmaxRegression(), theirs()))
    np.testing.assert_array_equal(ours.get_support(), other.get_support())
    chosen = SequentialFeatureSelector(SoftmaxRegression(), n_features_to_select=1, cv=3).fit(X, Y)
    assert chosen.get_support()[2:].any()
    importance = permutation_importance(SoftmaxRegression().fit(X, Y), X, Y, random_state=0)
    assert importance.importances_mean.argmax() in (2, 3)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_a_pipeline_of_frames_keeps_names(output):
    frame = pd.DataFrame({"length": X[:, 2], "tree": np.where(X[:, 0] > 6, "tall", "low")})
    if output == "polars":
        frame = pl.from_pandas(frame)
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(sparse_output=False), ["tree"]), (StandardScaler(), ["length"])
        ),
        SoftmaxRegression(),
    ).set_output(transform=output)
    model.fit(frame, NAMES)
    names = ["onehotencoder__tree_low", "onehotencoder__tree_tall", "standardscaler__length"]
    assert model[-1].feature_names_in_.tolist() == names
    assert model.score(frame, NAMES) > 0.9


def test_a_pipeline_shows_itself():
    assert "SoftmaxRegression" in make_pipeline(StandardScaler(), SoftmaxRegression())._repr_html_()
    assert (
        repr(SoftmaxRegression(C=2.0, solver="lbfgs")) == "SoftmaxRegression(C=2.0, solver='lbfgs')"
    )


# -- metadata routing


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


WEIGHTS = np.random.default_rng(0).integers(0, 3, size=150).astype(float)


@since(8)
@pytest.mark.usefixtures("routing")
def test_weights_are_routed_through_a_pipeline_and_a_search():
    model = (
        SoftmaxRegression()
        .set_fit_request(sample_weight=True)
        .set_score_request(sample_weight=True)
    )
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, model)
    routed = pipeline.fit(X, Y, sample_weight=WEIGHTS)[-1]
    direct = SoftmaxRegression().fit(StandardScaler().fit_transform(X), Y, WEIGHTS)
    np.testing.assert_array_equal(routed.coef_, direct.coef_)
    search = GridSearchCV(pipeline, {"softmaxregression__C": [0.1, 1.0]}, cv=3)
    assert search.fit(X, Y, sample_weight=WEIGHTS).best_score_ > 0.9
    scores = cross_validate(pipeline, X, Y, params={"sample_weight": WEIGHTS}, cv=3)
    assert scores["test_score"].mean() > 0.9


@pytest.mark.usefixtures("routing")
def test_weights_that_nobody_asked_for_are_an_error():
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
        GridSearchCV(SoftmaxRegression(), {"C": [1.0]}).fit(X, Y, sample_weight=WEIGHTS)


@pytest.mark.usefixtures("routing")
def test_batches_are_routed_too():
    model = SoftmaxRegression().set_partial_fit_request(classes=True, sample_weight=True)
    many = OneVsRestClassifier(model)
    many.partial_fit(X, Y, classes=[0, 1, 2], sample_weight=WEIGHTS)
    one = SoftmaxRegression().partial_fit(X, (Y == 0).astype(int), [0, 1], WEIGHTS)
    np.testing.assert_array_equal(many.estimators_[0].coef_, one.coef_)
    request = model.get_metadata_routing().partial_fit.requests
    assert request == {"classes": True, "sample_weight": True}


# -- persistence


def through_joblib(model, path):
    joblib.dump(model, path)
    return joblib.load(path)


COPIES = {
    "pickle": lambda m, path: pickle.loads(pickle.dumps(m)),
    "joblib": through_joblib,
    "copy": lambda m, path: copy.copy(m),
    "deepcopy": lambda m, path: copy.deepcopy(m),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_is_the_same_model(copied, tmp_path):
    model = SoftmaxRegression(C=2.0).fit(pd.DataFrame(X, columns=list("abcd")), NAMES)
    other = copied(model, tmp_path / "model.joblib")
    frame = pd.DataFrame(X, columns=list("abcd"))
    np.testing.assert_array_equal(other.predict_log_proba(frame), model.predict_log_proba(frame))
    assert other.status_ is model.status_
    assert other.trace_ == model.trace_
    assert other.gap_ == model.gap_
    assert other.get_params() == model.get_params()
    other.fit(frame, NAMES)


@pytest.mark.parametrize("solver", [GradientDescent(0.02), LBFGS(memory=5), Newton()])
def test_a_model_file_keeps_the_solver_with_its_choices(solver, tmp_path):
    model = SoftmaxRegression(C=1e-3, tol=0.01, solver=solver).fit(X, NAMES)
    save(model, tmp_path / "model.softlearn")
    other = load(tmp_path / "model.softlearn")
    assert other.solver == solver
    np.testing.assert_array_equal(other.fit(X, NAMES).coef_, model.coef_)


def test_a_clone_is_unfitted():
    model = clone(SoftmaxRegression(C=2.0, class_weight={"setosa": 2.0}).fit(X, NAMES))
    assert not hasattr(model, "coef_")
    assert model.class_weight == {"setosa": 2.0}


def test_a_pickle_holds_no_data():
    many, few = np.tile(X, (100, 1)), X
    sizes = [
        len(pickle.dumps(SoftmaxRegression().fit(A, np.resize(Y, len(A))))) for A in (many, few)
    ]
    assert abs(sizes[0] - sizes[1]) < 2000


@since(7)
def test_the_card_in_a_notebook_says_how_the_fit_ended() -> None:
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression()
    assert "<p>" not in model._repr_html_().rsplit("</body>", 1)[1]
    card = model.fit(X, y)._repr_html_().rsplit("</body>", 1)[1]
    assert card.startswith(f"<p>{model.status_.value} Relative gap: ")
    assert card == model._repr_mimebundle_()["text/html"].rsplit("</body>", 1)[1]
