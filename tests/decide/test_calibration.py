"""Calibrated classifiers: what they minimise, what they say, and what they leave alone."""

import warnings

import numpy as np
import pytest
from peers import since
from scipy.special import softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, Status
from softlearn.decide import CalibratedSoftmax

X, Y = load_digits(return_X_y=True)
TRAIN, TEST = slice(0, None, 4), slice(1, None, 4)
A, AY, B, BY = X[TRAIN], Y[TRAIN], X[TEST], Y[TEST]
WELL = SoftmaxRegression(C=0.03)

pytestmark = pytest.mark.filterwarnings("ignore:The temperature is:UserWarning")


@pytest.mark.parametrize("C", [1e-4, 0.03, 1.0])
@since(8)
def test_the_temperature_is_scikit_learns_and_no_worse(C) -> None:
    estimator = SoftmaxRegression(C=C)
    ours = CalibratedSoftmax(estimator).fit(A, AY)
    theirs = CalibratedClassifierCV(estimator, method="temperature", ensemble=False).fit(A, AY)
    beta = theirs.calibrated_classifiers_[0].calibrators[0].beta_
    assert 1.0 / ours.temperature_ == pytest.approx(beta, rel=1e-6)
    assert ours.status_ is Status.CONVERGED
    assert ours.gap_ <= 1e-10
    loss = log_loss(BY, theirs.predict_proba(B))
    assert log_loss(BY, ours.predict_proba(B)) <= loss + 1e-7


def test_probabilities_are_those_of_the_definition() -> None:
    model = CalibratedSoftmax(WELL, method="dirichlet", cv=3).fit(A, AY)
    log_P = np.log(WELL.fit(A, AY).predict_proba(B))
    beta, V, b = (
        model.parameters_[0],
        model.parameters_[1:-10].reshape(10, 10),
        model.parameters_[-10:],
    )
    P = softmax(beta * log_P + log_P @ V.T + b, axis=1)
    np.testing.assert_allclose(model.predict_proba(B), P, rtol=1e-9)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(B)), P, rtol=1e-9)
    np.testing.assert_array_equal(model.predict(B), P.argmax(1))
    assert model.score(B, BY) == (P.argmax(1) == BY).mean()


def test_rows_are_calibrated_by_models_that_have_not_seen_them() -> None:
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    model = CalibratedSoftmax(WELL, cv=cv).fit(A, AY)
    Z = cross_val_predict(WELL, A, AY, cv=cv, method="predict_log_proba")
    assert model.log_loss_before_ == pytest.approx(log_loss(AY, np.exp(Z)), rel=1e-9)
    after = log_loss(AY, softmax(Z / model.temperature_, axis=1))
    assert model.log_loss_after_ == pytest.approx(after, rel=1e-9)
    np.testing.assert_array_equal(model.estimator_.coef_, clone(WELL).fit(A, AY).coef_)


def test_a_fitted_classifier_is_calibrated_by_rows_it_has_not_seen() -> None:
    fitted = clone(WELL).fit(A, AY)
    model = CalibratedSoftmax(fitted, cv="prefit").fit(B, BY)
    assert model.estimator_ is fitted
    assert model.log_loss_before_ == pytest.approx(log_loss(BY, fitted.predict_proba(B)), rel=1e-9)
    frozen = CalibratedSoftmax(FrozenEstimator(fitted)).fit(B, BY)
    assert frozen.temperature_ == pytest.approx(model.temperature_, rel=1e-9)
    with pytest.raises(ValueError, match=r"y has the label 10 in row \d+, which is not in classes"):
        CalibratedSoftmax(fitted, cv="prefit").fit(B, BY + 10)


def test_the_interval_is_symmetric_about_the_logarithm_and_shrinks_with_rows() -> None:
    small, large = (
        CalibratedSoftmax(WELL, cv="prefit")
        .set_params(estimator=clone(WELL).fit(A, AY))
        .fit(X_, y_)
        for X_, y_ in ((B[:150], BY[:150]), (np.tile(B[:150], (4, 1)), np.tile(BY[:150], 4)))
    )
    for model in (small, large):
        low, high = model.temperature_interval_
        assert low < model.temperature_ < high
        assert low * high == pytest.approx(model.temperature_**2, rel=1e-9)
    widths = [
        np.log(m.temperature_interval_[1] / m.temperature_interval_[0]) for m in (small, large)
    ]
    assert widths[0] / widths[1] == pytest.approx(2.0, rel=1e-5)


def test_weights_count_as_repetitions() -> None:
    fitted = clone(WELL).fit(A, AY)
    w = 1 + np.arange(len(BY)) % 3
    weighted = CalibratedSoftmax(fitted, cv="prefit").fit(B, BY, sample_weight=w)
    repeated = CalibratedSoftmax(fitted, cv="prefit").fit(np.repeat(B, w, axis=0), np.repeat(BY, w))
    assert weighted.temperature_ == pytest.approx(repeated.temperature_, rel=1e-8)
    np.testing.assert_allclose(
        weighted.temperature_interval_, repeated.temperature_interval_, rtol=1e-7
    )


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (
            SoftmaxRegression(C=1e-4),
            r"The temperature is 0.\d+: the penalty is too strong",
        ),
        (SoftmaxRegression(C=100.0), r"The temperature is 2.\d: the penalty is too weak"),
        (
            make_pipeline(StandardScaler(), LogisticRegression(C=1e-4)),
            "the penalty is too strong; choose C by log-loss.",
        ),
    ],
)
def test_a_temperature_far_from_1_is_said_to_be_a_fault_of_C(estimator, sentence) -> None:
    with pytest.warns(UserWarning, match=sentence):
        model = CalibratedSoftmax(estimator).fit(A, AY)
    assert model.advice_.endswith("choose C by log-loss.")


def test_a_C_chosen_by_log_loss_needs_no_advice() -> None:
    Cs = np.logspace(-3, 1, 5)
    chosen = SoftmaxRegressionCV(Cs=Cs, cv=3, scoring="neg_log_loss", use_legacy_attributes=False)
    model = CalibratedSoftmax(chosen, cv=2).fit(A[::2], AY[::2])
    assert model.advice_ == ""


def test_other_classifiers_are_said_to_be_too_sure_and_nothing_is_warned_of() -> None:
    model = CalibratedSoftmax(GaussianNB()).fit(A, AY)
    assert model.advice_.endswith("without calibration GaussianNB is too sure of itself.")
    forest = CalibratedSoftmax(RandomForestClassifier(20, random_state=0)).fit(A, AY)
    assert log_loss(BY, forest.predict_proba(B)) < log_loss(BY, forest.estimator_.predict_proba(B))


def test_calibration_of_rows_that_are_all_right_leaves_probabilities_alone() -> None:
    iris = load_iris()
    some = iris.target != 2
    with pytest.warns(UserWarning, match="There is no finite optimum.*stay as they are"):
        model = CalibratedSoftmax(SoftmaxRegression()).fit(iris.data[some], iris.target[some])
    assert model.status_ is Status.NO_FINITE_OPTIMUM
    assert model.temperature_ == 1.0
    assert model.temperature_interval_ == (0.0, np.inf)
    np.testing.assert_allclose(
        model.predict_proba(iris.data[some]),
        model.estimator_.predict_proba(iris.data[some]),
        rtol=1e-12,
        atol=1e-300,
    )


def test_two_classes_have_one_logit() -> None:
    some = AY < 2
    noisy = AY[some].copy()
    noisy[::7] = 1 - noisy[::7]
    model = CalibratedSoftmax(SoftmaxRegression(C=1e-3), method="vector").fit(A[some], noisy)
    z = model.decision_function(A[some])
    assert z.ndim == 1
    np.testing.assert_allclose(model.predict_proba(A[some])[:, 1], 1.0 / (1.0 + np.exp(-z)))
    np.testing.assert_array_equal(model.predict(A[some]), (z > 0).astype(int))


def test_a_row_whose_class_its_fold_does_not_know_is_left_out() -> None:
    codes = np.where(np.arange(len(AY)) == 5, 10, AY)
    model = CalibratedSoftmax(WELL, cv=KFold(3)).fit(A, codes)
    assert len(model.classes_) == 11
    assert np.isfinite(model.log_loss_before_)
    np.testing.assert_allclose(model.predict_proba(B).sum(1), 1.0)


def test_a_classifier_that_takes_no_weights_is_named() -> None:
    with pytest.raises(ValueError, match="KNeighborsClassifier takes no weights"):
        CalibratedSoftmax(KNeighborsClassifier()).fit(A, AY, sample_weight=np.ones(len(AY)))


def test_weights_reach_the_last_step_of_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), SoftmaxRegression(C=0.01))
    w = 1.0 + np.arange(len(AY)) % 2
    model = CalibratedSoftmax(pipeline).fit(A, AY, sample_weight=w)
    alone = clone(pipeline).fit(A, AY, softmaxregression__sample_weight=w)
    np.testing.assert_array_equal(model.estimator_[-1].coef_, alone[-1].coef_)


def test_a_grid_search_may_choose_the_method() -> None:
    search = GridSearchCV(
        CalibratedSoftmax(SoftmaxRegression(C=1e-4), cv=2),
        {"method": ["temperature", "vector"], "estimator__C": [1e-4]},
        scoring="neg_log_loss",
        cv=2,
    ).fit(A, AY)
    assert search.best_params_["method"] == "vector"
    assert "CalibratedSoftmax" in search.best_estimator_._repr_html_()


def test_names_of_features_come_from_the_classifier() -> None:
    pandas = pytest.importorskip("pandas")
    iris = load_iris(as_frame=True)
    model = CalibratedSoftmax(SoftmaxRegression()).fit(iris.data, iris.target)
    assert list(model.feature_names_in_) == list(iris.data.columns)
    assert model.n_features_in_ == 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(pandas.DataFrame(iris.data[:3]))
