"""Cross-validation chooses what LogisticRegressionCV chooses, and every fit is proven."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from peers import since
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer, make_scorer, precision_score
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, Status
from softlearn.solve import LBFGS

X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]
TWO = (Y == 2).astype(int)
CS = [0.01, 10.0, 0.3]
SCORES = ["neg_log_loss", "accuracy", "roc_auc_ovr", "neg_brier_score", None]

# The checks have data with two rows of a class, which 3 folds cannot share out.
CHECKED = [
    SoftmaxRegressionCV(Cs=2, cv=3),
    SoftmaxRegressionCV(Cs=2, cv=3, solver="lbfgs", refit=False),
    SoftmaxRegressionCV(Cs=2, cv=3, scoring="accuracy", class_weight="balanced"),
]


@pytest.mark.filterwarnings("ignore:The least populated class")
@parametrize_with_checks(CHECKED)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)


def both(y=Y, weight=None, fitted_to=X, **parameters):
    """Return our model and scikit-learn's, each as near its optimum as float64 allows."""
    parameters = {
        "Cs": CS,
        "l1_ratios": (0,),
        "scoring": "neg_log_loss",
        "use_legacy_attributes": False,
        **parameters,
    }
    ours = SoftmaxRegressionCV(tol=1e-10, **parameters).fit(fitted_to, y, weight)
    theirs = LogisticRegressionCV(
        solver="newton-cholesky", tol=1e-10, max_iter=1000, **parameters
    ).fit(fitted_to, y, weight)
    return ours, theirs


def stacked(value):
    return np.stack(list(value.values())) if isinstance(value, dict) else np.asarray(value)


def assert_alike(ours, theirs):
    for name in ("C_", "l1_ratio_", "l1_ratios_", "Cs_", "classes_"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
        assert type(getattr(ours, name)) is type(getattr(theirs, name))
    for name in ("coefs_paths_", "scores_", "coef_", "intercept_"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if isinstance(other, dict):
            assert list(mine) == list(other)
        assert stacked(mine).shape == stacked(other).shape
        np.testing.assert_allclose(stacked(mine), stacked(other), atol=1e-3)
    assert ours.n_iter_.shape == theirs.n_iter_.shape


@pytest.mark.parametrize("y", [Y, TWO, NAMES], ids=["three classes", "two classes", "names"])
@pytest.mark.parametrize("refit", [True, pytest.param(False, marks=since(9))])
@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("intercept", [True, False])
@since(8)
def test_all_attributes_are_those_of_logistic_regression_cv(y, refit, legacy, intercept):
    choices = {"refit": refit, "use_legacy_attributes": legacy, "fit_intercept": intercept}
    assert_alike(*both(y, **choices))


@pytest.mark.parametrize("legacy", [True, False])
@since(8)
def test_l1_ratios_of_none_have_the_shapes_of_scikit_learn(legacy):
    with pytest.warns(FutureWarning, match="l1_ratios=None"):
        assert_alike(*both(l1_ratios=None, use_legacy_attributes=legacy))
    assert_alike(*both(l1_ratios=(0, 0), use_legacy_attributes=legacy))


@pytest.mark.parametrize("refit", [True, pytest.param(False, marks=since(9))])
@pytest.mark.parametrize("y", [Y, TWO], ids=["three classes", "two classes"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
@since(8)
def test_older_shapes_without_l1_ratios_are_those_of_scikit_learn(y, refit):
    choices = {"Cs": [0.1, 1.0, 10.0], "scoring": "neg_log_loss", "refit": refit}
    choices |= {"use_legacy_attributes": True, "cv": 5}
    ours = clone(SoftmaxRegressionCV(tol=1e-11, **choices)).fit(X, y)
    theirs = LogisticRegressionCV(solver="newton-cholesky", tol=1e-10, **choices).fit(X, y)
    assert_alike(ours, theirs)
    assert ours.scores_[1].shape == (5, 3)
    assert SoftmaxRegressionCV(Cs=CS).fit(X, y).scores_.shape == (5, 1, len(CS))


@pytest.mark.parametrize("scoring", SCORES)
@pytest.mark.parametrize("y", [Y, TWO], ids=["three classes", "two classes"])
@since(8)
def test_every_kind_of_score_chooses_the_same_C(scoring, y):
    assert_alike(*both(y, scoring=scoring))


@since(8)
def test_a_score_of_ones_own_sees_a_fitted_model_and_the_rows_held_out():
    seen = []

    def sure(model, rows, labels):
        seen.append((model.C, rows.shape, set(model.classes_) == set(NAMES)))
        return float(model.predict_proba(rows).max(axis=1).mean())

    assert_alike(*both(NAMES, scoring=sure))
    assert seen[:3] == [(C, (30, 4), True) for C in CS]


def test_scores_that_know_a_positive_label_get_the_one_they_were_made_with():
    # scikit-learn 1.9.1 gives such a score two positive labels, which is an error
    y, choices = np.array(["b", "a"])[TWO], {"pos_label": "a", "zero_division": 0.0}
    model = SoftmaxRegressionCV(Cs=CS, scoring=make_scorer(precision_score, **choices)).fit(X, y)
    for f, (train, test) in enumerate(StratifiedKFold(5).split(X, y)):
        alone = SoftmaxRegression(C=CS[1]).fit(X[train], y[train])
        expected = precision_score(y[test], alone.predict(X[test]), **choices)
        assert model.scores_[f, 0, 1] == expected
    assert SoftmaxRegressionCV(Cs=CS, scoring="f1_macro").fit(X, y).scores_.max() > 0.8


def test_the_default_score_is_the_log_loss():
    model = SoftmaxRegressionCV(Cs=CS).fit(X, Y)
    np.testing.assert_array_equal(
        model.scores_, SoftmaxRegressionCV(Cs=CS, scoring="neg_log_loss").fit(X, Y).scores_
    )
    assert model.score(X, Y) == get_scorer("neg_log_loss")(model, X, Y)
    assert SoftmaxRegressionCV(Cs=CS, scoring=None).fit(X, Y).score(X, Y) > 0.9  # accuracy


@since(8)
def test_scorers_receive_the_weights_of_rows():
    weight = np.random.default_rng(0).random(len(Y))
    for scoring in ("neg_log_loss", "accuracy"):
        assert_alike(*both(weight=weight, scoring=scoring))
    ours, theirs = both(weight=weight)
    mine = ours.score(X, Y, sample_weight=weight)
    assert mine == pytest.approx(theirs.score(X, Y, sample_weight=weight), abs=1e-5)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 3.0, 2: 0.2}])
@since(8)
def test_classes_have_the_weights_that_scikit_learn_gives_them(class_weight):
    some = np.arange(130)
    assert_alike(*both(Y[some], fitted_to=X[some], class_weight=class_weight))


def test_a_fold_without_one_of_the_classes_is_fitted_without_it_and_scored():
    y = np.concatenate([Y[:100], [2, 2, 2]])
    rows = np.concatenate([X[:100], X[100:103]])
    folds = [(np.arange(100), np.arange(100, 103)), (np.arange(1, 103), np.arange(1))]
    model = SoftmaxRegressionCV(Cs=CS, cv=folds).fit(rows, y)
    assert (model.gaps_ <= 1e-6).all()
    assert np.isfinite(model.scores_).all()
    assert (model.coefs_paths_[0, 0, :, 2, :4] == 0.0).all()


@pytest.mark.parametrize("parameters", [{}, {"solver": "lbfgs"}, {"solver": LBFGS()}])
def test_every_fit_is_proven(parameters):
    model = SoftmaxRegressionCV(Cs=5, cv=4, **parameters).fit(X, Y)
    assert model.gaps_.shape == model.statuses_.shape == model.passes_.shape == (4, 1, 5)
    assert (model.gaps_ <= 1e-6).all()
    assert (model.statuses_ == "CONVERGED").all()
    assert model.gap_ <= 1e-6
    assert model.status_ is Status.CONVERGED
    assert model.trace_[-1].objective == model.objective_


def test_each_fit_of_a_fold_is_what_a_fit_of_its_rows_would_be():
    model = SoftmaxRegressionCV(Cs=CS, tol=1e-10).fit(X, Y)
    for f, (train, _) in enumerate(StratifiedKFold(5).split(X, Y)):
        for k, C in enumerate(CS):
            alone = SoftmaxRegression(C=C, tol=1e-10).fit(X[train], Y[train])
            found = model.coefs_paths_[f, 0, k]
            np.testing.assert_allclose(found[:, :4], alone.coef_, atol=1e-3)
            np.testing.assert_allclose(found[:, 4], alone.intercept_, atol=1e-3)


def test_the_last_fit_is_what_the_estimator_finds_for_that_C():
    model = SoftmaxRegressionCV(Cs=CS).fit(X, NAMES)
    alone = SoftmaxRegression(C=model.C_).fit(X, NAMES)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-4)
    np.testing.assert_allclose(model.objective_, alone.objective_, rtol=1e-6)


def test_nothing_is_said_of_an_average_of_folds():
    model = SoftmaxRegressionCV(Cs=CS).fit(X, Y).set_params(refit=False).fit(X, Y)
    for name in ("gap_", "status_", "objective_", "solver_", "trace_", "status_detail_"):
        assert not hasattr(model, name)
    assert (model.gaps_ <= 1e-6).all()


def test_warm_folds_take_fewer_passes_than_starting_anew():
    model = SoftmaxRegressionCV(Cs=20).fit(X, Y)
    anew = [SoftmaxRegression(C=C).fit(X, Y).trace_[-1].passes for C in model.Cs_]
    assert 2 * model.passes_.sum(axis=1).max() < sum(anew)


def test_the_order_of_the_values_matters_to_ties_alone():
    a, b = (SoftmaxRegressionCV(Cs=Cs).fit(X, Y) for Cs in (CS, CS[::-1]))
    assert a.C_ == b.C_
    np.testing.assert_array_equal(a.scores_, b.scores_[..., ::-1])
    np.testing.assert_array_equal(a.coefs_paths_, b.coefs_paths_[:, :, ::-1])


@pytest.mark.parametrize("solver", ["auto", "liblinear"])
def test_sparse_rows_give_what_dense_rows_give(solver):
    dense, sparse = (
        SoftmaxRegressionCV(Cs=CS, solver=solver, tol=1e-10).fit(A, Y)
        for A in (X, sp.csr_matrix(X))
    )
    assert dense.C_ == sparse.C_
    np.testing.assert_allclose(dense.scores_, sparse.scores_, atol=1e-6)
    np.testing.assert_allclose(dense.coef_, sparse.coef_, atol=1e-3)


@since(8)
def test_the_intercept_of_liblinear_is_penalised_as_there():
    choices = {"Cs": CS, "l1_ratios": (0,), "scoring": "neg_log_loss", "solver": "liblinear"}
    choices |= {"use_legacy_attributes": False, "intercept_scaling": 3.0}
    ours = SoftmaxRegressionCV(tol=1e-11, **choices).fit(X, TWO)
    theirs = LogisticRegressionCV(tol=1e-12, max_iter=100_000, **choices).fit(X, TWO)
    np.testing.assert_allclose(ours.scores_, theirs.scores_, atol=1e-5)
    assert ours.C_ == theirs.C_


# ---------------------------------------------------------------- in scikit-learn


def test_it_works_in_pipelines_and_other_searches_with_names_of_features_and_copies():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(StandardScaler(), SoftmaxRegressionCV(Cs=CS, cv=3))
    assert cross_val_score(model, frame, NAMES, scoring="accuracy").min() > 0.9
    bare = SoftmaxRegressionCV(Cs=CS, cv=3).fit(frame, NAMES)
    assert list(bare.feature_names_in_) == list("abcd")
    again = pickle.loads(pickle.dumps(bare))
    np.testing.assert_array_equal(again.predict_proba(frame), bare.predict_proba(frame))
    assert again.status_ is Status.CONVERGED
    assert clone(bare).get_params() == bare.get_params()


@since(8)
def test_groups_reach_the_splitter_and_weights_the_scorer_by_metadata_routing():
    groups, weight = np.arange(len(Y)) % 7, np.random.default_rng(0).random(len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        choices = {"Cs": CS, "cv": GroupKFold(3), "scoring": scorer}
        ours = SoftmaxRegressionCV(tol=1e-11, **choices).fit(X, Y, weight, groups=groups)
        theirs = LogisticRegressionCV(
            solver="newton-cholesky",
            tol=1e-10,
            use_legacy_attributes=False,
            l1_ratios=(0,),
            **choices,
        ).fit(X, Y, weight, groups=groups)
        assert_alike(ours, theirs)
        mine = ours.score(X, Y, sample_weight=weight)
        assert mine == pytest.approx(theirs.score(X, Y, sample_weight=weight), abs=1e-5)


@pytest.mark.parametrize("asked", ["nothing", "no", "another name"])
@since(9)
def test_weights_that_the_scorer_did_not_ask_for_are_refused_as_in_scikit_learn(asked):
    weight = np.random.default_rng(0).random(len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = get_scorer("accuracy")
        if asked != "nothing":
            scorer = scorer.set_score_request(sample_weight=False if asked == "no" else "other")
        choices = {"Cs": [1.0], "cv": 3, "scoring": scorer, "l1_ratios": (0,), "max_iter": 1000}
        choices["use_legacy_attributes"] = False
        said = []
        for kind in (SoftmaxRegressionCV, LogisticRegressionCV):
            model = kind(**choices).fit(X, Y)
            with pytest.raises((TypeError, ValueError)) as caught:
                model.score(X, Y, sample_weight=weight)
            said.append((caught.type, str(caught.value).replace(kind.__name__, "it")))
        assert said[0] == said[1]


@since(9)
def test_what_it_asks_for_itself_is_what_scikit_learn_asks_for():
    ours, theirs = SoftmaxRegressionCV(), LogisticRegressionCV(scoring="neg_log_loss")
    assert str(ours.get_metadata_routing()) == str(theirs.get_metadata_routing())


def undefined_for(*bad):
    """Return a score that is NaN for these values of C."""
    return lambda model, X, y: np.nan if model.C in bad else model.score(X, y)


@pytest.mark.parametrize("refit", [True, False])
def test_scores_that_are_nan_for_every_C_choose_none(refit):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], scoring=undefined_for(0.1, 1.0), refit=refit)
    with pytest.raises(
        ValueError, match=r"^No value of C can be chosen: .* \(such as nan for C=0.1"
    ):
        model.fit(X, Y)
    assert np.isnan(model.scores_).all()  # and what was fitted is kept
    with pytest.raises(ValueError, match=r"such as -inf for C=0.1\)"):
        model.set_params(scoring=lambda *_: -np.inf).fit(X, Y)


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_scores_that_are_infinite_choose_none_silently(refit, value):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], scoring=lambda *_: value, refit=refit)
    with pytest.raises(ValueError, match=rf"^No value of C can be .* \(such as {value} for C=0.1"):
        model.fit(X, Y)
    model.set_params(scoring=lambda model, X, y: value if model.C == 1.0 else -1.0)
    with pytest.warns(UserWarning, match=r"is not finite for C=1: none of these was chosen"):
        assert model.fit(X, Y).C_ == 0.1


def test_infinities_of_both_signs_are_no_sum():
    signs = iter([np.inf, 1.0, -np.inf, 1.0])
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=2, scoring=lambda *_: next(signs))
    with pytest.warns(UserWarning, match=r"is not finite for C=0.1: none of these") as said:
        assert model.fit(X, Y).C_ == 1.0
    assert len(said) == 1


@pytest.mark.parametrize("refit", [True, False])
def test_a_C_whose_score_is_nan_is_not_chosen(refit):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0, 10.0], scoring=undefined_for(0.1, 10.0), refit=refit)
    with pytest.warns(UserWarning, match=r"is not finite for C=0.1, 10: none of these was chosen"):
        model.fit(X, Y)
    assert model.C_ == 1.0


def test_a_score_without_a_meaning_in_the_folds_is_said():
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match=r"^No value of C can"),
    ):
        SoftmaxRegressionCV(Cs=2, cv=KFold(3), scoring="roc_auc").fit(X[40:61], Y[40:61])


def test_further_parameters_without_routing_are_refused():
    with pytest.raises(ValueError, match=r"Extra parameters passed are: {'groups'}"):
        SoftmaxRegressionCV(cv=GroupKFold(3)).fit(X, Y, groups=Y)
    with pytest.raises(ValueError, match=r"Extra parameters passed are: {'colour'}"):
        SoftmaxRegressionCV(Cs=CS).fit(X, Y).score(X, Y, colour=Y)


def test_it_says_how_each_fold_went_when_asked(capsys):
    SoftmaxRegressionCV(Cs=CS, cv=3, verbose=1).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:14] for line in lines] == [f"fold {k}: 3 fits" for k in (1, 2, 3)]


# ---------------------------------------------------------------- what cannot be used


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Cs": []}, "^Cs must be an int or a list of at least one number"),
        ({"Cs": [1.0, -2.0]}, "^Cs must be above 0"),
        ({"Cs": 0}, "^Cs must ask for at least 1"),
        ({"Cs": ["a"]}, "^Cs must be an int or numbers above 0"),
        ({"l1_ratios": (2,)}, "^l1_ratios must be a list of numbers from 0 to 1"),
        ({"l1_ratios": ("a",)}, "^l1_ratios must be a list of numbers from 0 to 1"),
        ({"l1_ratios": ()}, "^l1_ratios must be a list of numbers from 0 to 1"),
        ({"dual": True}, "supports only dual=False"),
        ({"cv": KFold(2)}, "^cv leaves the training rows of fold 1 with fewer than two classes"),
        ({"scoring": "nicest"}, "The 'scoring' parameter"),
        ({"penalty": None}, "The 'penalty' parameter"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(parameters, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxRegressionCV(**parameters).fit(X[:100], Y[:100])


@pytest.mark.filterwarnings("ignore:penalty is deprecated:FutureWarning")
def test_an_older_penalty_is_understood():
    for penalty, share in (("l2", 0.0), ("l1", 1.0)):
        with pytest.warns(FutureWarning, match="penalty is deprecated"):
            model = SoftmaxRegressionCV(Cs=[0.1, 1.0], penalty=penalty).fit(X, Y)
        assert model.l1_ratio_ == share
    with pytest.raises(ValueError, match=r"^l1_ratios must be a list .* for penalty 'elasticnet'"):
        SoftmaxRegressionCV(Cs=CS, penalty="elasticnet").fit(X, Y)


def test_rows_of_probabilities_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"^y must be labels, not rows of probabilities"):
        SoftmaxRegressionCV().fit(X, np.eye(3)[Y] * 0.7 + 0.1)


def test_fits_that_are_not_proven_are_told_of_once():
    with pytest.warns(ConvergenceWarning, match="16 of 16: Stopped at the limit") as caught:
        model = SoftmaxRegressionCV(Cs=[0.1, 1.0, 10.0], max_iter=1).fit(X, Y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert (model.statuses_ == "LIMIT_REACHED").all()


class Interrupted(LBFGS):
    """Is stopped by the user when a given number of steps have been made."""

    left = [0]  # noqa: RUF012

    def steps(self, J, w0, tol):
        for step in super().steps(J, w0, tol):
            self.left[0] -= 1
            if self.left[0] == 0:
                raise KeyboardInterrupt
            yield step


def test_a_user_who_stops_a_fold_stops_all():
    Interrupted.left[0] = 5
    with pytest.raises(KeyboardInterrupt):
        SoftmaxRegressionCV(Cs=CS, solver=Interrupted()).fit(X, Y)


def test_a_user_who_stops_the_last_fit_keeps_its_best_point():
    Interrupted.left[0] = -1
    SoftmaxRegressionCV(Cs=CS, solver=Interrupted()).fit(X, Y)
    Interrupted.left[0] = -1 - Interrupted.left[0] - 2  # the same steps less the last few
    model = SoftmaxRegressionCV(Cs=CS, solver=Interrupted()).fit(X, Y)
    assert model.status_ is Status.STOPPED_BY_USER
    assert model.predict(X).shape == Y.shape
