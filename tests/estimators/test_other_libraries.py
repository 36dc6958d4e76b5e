"""Beside other libraries, each where it is installed: the `ecosystem` extra."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import ModelFileError, SoftmaxNetwork, SoftmaxRegression, load, save
from softlearn.decide import CalibratedSoftmax

X, Y = load_iris(return_X_y=True)


def theirs():
    return LogisticRegression(solver="newton-cholesky", tol=1e-8)


def test_a_card_of_skops_describes_a_model(tmp_path):
    card = pytest.importorskip("skops.card")
    model = make_pipeline(StandardScaler(), SoftmaxRegression(C=0.25)).fit(X, Y)
    made = card.Card(model, model_diagram=False)
    made.add_metrics(accuracy=model.score(X, Y))
    made.save(tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "softmaxregression__C" in text
    assert "0.25" in text


@pytest.mark.filterwarnings("ignore")  # of Optuna and what it imports
def test_optuna_tunes_it_as_it_tunes_logistic_regression():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def tuned(model):
        def loss(trial):
            C = trial.suggest_float("C", 1e-3, 1e3, log=True)
            return -cross_val_score(model.set_params(C=C), X, Y, scoring="neg_log_loss").mean()

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        study.optimize(loss, n_trials=6)
        return study

    ours, other = tuned(SoftmaxRegression()), tuned(theirs())
    assert ours.best_params == other.best_params
    assert ours.best_value == pytest.approx(other.best_value, rel=1e-3)


@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), SoftmaxNetwork((3,), random_state=0)], ids=["linear", "network"]
)
@pytest.mark.filterwarnings("ignore")  # of the short fit
def test_a_sampler_of_imbalanced_learn_stands_before_it(model):
    pytest.importorskip("imblearn")
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline as make_sampling_pipeline

    few = np.r_[0:50, 50:60, 100:150]
    sampler = RandomOverSampler(random_state=0)
    made = make_sampling_pipeline(sampler, model).fit(X[few], Y[few])
    rows, labels = sampler.fit_resample(X[few], Y[few])
    expected = model.fit(rows, labels).predict_proba(X)
    np.testing.assert_array_equal(made.predict_proba(X), expected)


@pytest.mark.filterwarnings("ignore")  # of mlxtend
def test_mlxtend_selects_features_and_stacks_as_with_logistic_regression():
    pytest.importorskip("mlxtend")
    from mlxtend.classifier import StackingCVClassifier
    from mlxtend.feature_selection import SequentialFeatureSelector

    chosen = [
        SequentialFeatureSelector(m, k_features=2, cv=3).fit(X, Y).k_feature_idx_
        for m in (SoftmaxRegression(), theirs())
    ]
    assert chosen[0] == chosen[1]
    stacked = [
        StackingCVClassifier([m, m], m, use_probas=True, random_state=0).fit(X, Y).predict_proba(X)
        for m in (SoftmaxRegression(), theirs())
    ]
    np.testing.assert_allclose(*stacked, atol=1e-3)


@pytest.mark.filterwarnings("ignore")  # of numba
def test_the_contributions_of_shap_sum_to_the_logits():
    shap = pytest.importorskip("shap")
    model = SoftmaxRegression().fit(X, Y)
    explainer = shap.LinearExplainer(model, X)
    values = np.asarray(explainer.shap_values(X))  # (n, d, C)
    total = values.sum(axis=1) + np.asarray(explainer.expected_value)
    np.testing.assert_allclose(total, model.decision_function(X), atol=1e-10)


@pytest.mark.filterwarnings("ignore")  # of MLflow and what it imports
def test_mlflow_logs_parameters_and_scores_of_a_pipeline_by_itself(tmp_path, monkeypatch):
    # of estimators alone it knows scikit-learn's own; of pipelines and searches it takes any
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("mlflow.sklearn")
    monkeypatch.chdir(tmp_path)  # where it writes its pictures
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as run:
            model = make_pipeline(StandardScaler(), SoftmaxRegression(C=0.25)).fit(X, Y)
        logged = mlflow.get_run(run.info.run_id).data
    finally:
        mlflow.sklearn.autolog(disable=True)
    assert logged.params["softmaxregression__C"] == "0.25"
    assert logged.metrics["training_score"] == model.score(X, Y)


@pytest.mark.filterwarnings("ignore")  # of skore and what it imports
def test_a_report_of_skore_measures_a_model():
    skore = pytest.importorskip("skore")
    train, test = X[::2], X[1::2]
    made = skore.EstimatorReport(
        SoftmaxRegression(C=0.25), X_train=train, y_train=Y[::2], X_test=test, y_test=Y[1::2]
    )
    model = SoftmaxRegression(C=0.25).fit(train, Y[::2])
    assert made.metrics.accuracy() == model.score(test, Y[1::2])
    loss = -model.predict_log_proba(test)[np.arange(len(test)), Y[1::2]].mean()
    assert made.metrics.log_loss() == pytest.approx(loss)


@pytest.mark.parametrize("wrap", [lambda m: m, CalibratedSoftmax], ids=["plain", "calibrated"])
def test_partial_dependence_is_the_mean_of_probabilities(wrap):
    model = wrap(SoftmaxRegression(C=10)).fit(X, Y)
    found = partial_dependence(model, X, [2], grid_resolution=5, method="brute")
    for k, value in enumerate(found["grid_values"][0]):
        moved = X.copy()
        moved[:, 2] = value
        np.testing.assert_allclose(found["average"][:, k], model.predict_proba(moved).mean(axis=0))


@pytest.mark.parametrize(
    "frame",
    [
        lambda X: pl.DataFrame(X, schema=["a", "b", "c", "d"]),
        lambda X: pa.table(dict(zip("abcd", X.T, strict=True))),
    ],
    ids=["polars", "pyarrow"],
)
def test_frames_of_polars_and_pyarrow_are_taken(frame):
    model = SoftmaxRegression().fit(frame(X), Y)
    plain = SoftmaxRegression().fit(X, Y)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    np.testing.assert_array_equal(model.predict_proba(frame(X)), plain.predict_proba(X))
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]


def test_labels_of_polars_and_pyarrow_are_taken():
    names = load_iris().target_names[Y]
    for y in (pl.Series(names.tolist()), pa.array(names.tolist()), pa.chunked_array([names])):
        assert SoftmaxRegression().fit(X, y).predict(X[:1]).tolist() == ["setosa"]


def test_a_transformer_before_it_may_give_frames_of_polars():
    scaler = StandardScaler().set_output(transform="polars")
    names = pl.DataFrame(X, schema=["a", "b", "c", "d"])
    model = make_pipeline(scaler, SoftmaxRegression()).fit(names, Y)
    plain = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    np.testing.assert_allclose(model.predict_proba(names), plain.predict_proba(X), rtol=1e-9)
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]


def test_a_search_is_not_saved_but_what_it_found_is(tmp_path):
    search = GridSearchCV(SoftmaxRegression(), {"C": [0.1, 1.0]}, cv=2).fit(X, Y)
    with pytest.raises(ModelFileError, match=r"a GridSearchCV: save the .* its best_estimator_\."):
        save(search, tmp_path / "m.softlearn")
    save(search.best_estimator_, tmp_path / "m.softlearn")
    again = load(tmp_path / "m.softlearn")
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))
