"""Weights of rows are repetitions; weights of classes multiply them, as in scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxRegression, Status

X, Y = load_iris(return_X_y=True)
RNG = np.random.default_rng(0)
COUNTS = RNG.integers(0, 4, size=150)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def same(a, b, atol=1e-7):
    np.testing.assert_allclose(a.coef_, b.coef_, atol=atol)
    np.testing.assert_allclose(a.intercept_, b.intercept_, atol=atol)


@pytest.mark.parametrize("parameters", [{}, {"solver": "lbfgs", "tol": 1e-10}, {"C": 0.01}])
def test_a_weight_is_a_number_of_repetitions(parameters):
    weighted = SoftmaxRegression(**parameters).fit(X, Y, sample_weight=COUNTS)
    repeated = SoftmaxRegression(**parameters).fit(X.repeat(COUNTS, 0), Y.repeat(COUNTS))
    # ||W - W*||^2 <= 2 (J - J*) / l2, with l2 = 1 / (C S); and both may err.
    gap = (weighted.gap_ + repeated.gap_ + 1e-14) * weighted.objective_
    distance = 2.0 * np.sqrt(2.0 * gap * weighted.C * COUNTS.sum())
    assert np.linalg.norm(weighted.coef_ - repeated.coef_) <= distance
    assert weighted.objective_ == pytest.approx(repeated.objective_, rel=1e-6)


def test_all_weights_times_k_is_c_times_k():
    same(SoftmaxRegression(C=2.0).fit(X, Y, np.full(150, 3.0)), SoftmaxRegression(C=6.0).fit(X, Y))


def test_weights_are_not_changed():
    weights = COUNTS.astype(float)
    SoftmaxRegression(class_weight="balanced").fit(X, Y, weights)
    np.testing.assert_array_equal(weights, COUNTS)


@pytest.mark.parametrize(
    "class_weight",
    [
        "balanced",
        {},
        {0: 1.0, 1: 10.0, 2: 0.1},
        {1: 10.0},
        {0: 1.0, 1: 10.0, 2: 0.1, 99: 5.0},
    ],
)
@pytest.mark.parametrize("sample_weight", [None, COUNTS + 0.5])
def test_class_weights_are_those_of_scikit_learn(class_weight, sample_weight):
    ours = SoftmaxRegression(class_weight=class_weight).fit(X, Y, sample_weight)
    theirs = LogisticRegression(class_weight=class_weight, solver="newton-cholesky", tol=1e-12).fit(
        X, Y, sample_weight
    )
    same(ours, theirs, 1e-5)


@pytest.mark.parametrize(
    ("y", "class_weight"),
    [(NAMES, {"virginica": 3.0}), (Y == 1, {True: 3.0}), (Y + 0.0, {1.0: 3.0}), (Y, {1: 3.0})],
    ids=["names", "bools", "floats", "integers"],
)
def test_class_weights_go_by_the_label_itself(y, class_weight):
    label = next(iter(class_weight))
    weighted = SoftmaxRegression(class_weight=class_weight).fit(X, y)
    same(weighted, SoftmaxRegression().fit(X, y, np.where(y == label, 3.0, 1.0)))


def test_balanced_classes_weigh_the_same_however_many_rows_weigh_nothing():
    balanced = SoftmaxRegression(class_weight="balanced")
    weights = (RNG.random(150) < 0.5).astype(float)
    kept = weights > 0
    same(
        balanced.fit(X, Y, weights),
        SoftmaxRegression(class_weight="balanced").fit(X[kept], Y[kept]),
    )


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_class_of_no_weight_is_kept_and_never_predicted(class_weight):
    weights = np.where(Y == 1, 0.0, 1.0)
    model = SoftmaxRegression(class_weight=class_weight).fit(X, Y, weights)
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.status_ is Status.CONVERGED
    assert model.status_detail_ == "No weight lies on class '1', which is never predicted."
    assert model.predict_proba(X)[:, 1].max() < 1e-15
    assert model.predict_proba(X).argmax(1).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("solver", ["newton-cg", "lbfgs", "liblinear"])
def test_a_class_of_no_weight_changes_nothing_for_the_others(solver):
    labels = np.where(Y == 1, 5, Y)  # so that it comes last
    three = SoftmaxRegression(solver=solver, warm_start=True).fit(X, labels, (Y != 1) * 1.0)
    again = three.coef_.copy()
    np.testing.assert_allclose(three.fit(X, labels, (Y != 1) * 1.0).coef_, again, atol=1e-4)
    assert three.gap_ <= 1e-6
    # Two rows, half the difference in each, are penalised half as much as one row with all of it.
    two = SoftmaxRegression(C=2.0, solver=solver).fit(X[Y != 1], Y[Y != 1])
    if solver != "liblinear":
        np.testing.assert_allclose(three.coef_[1] - three.coef_[0], two.coef_[0], atol=1e-3)
    assert np.abs(three.coef_.sum(0)).max() < 1e-12


def test_one_class_of_positive_weight_is_one_class():
    with pytest.raises(ValueError, match="only one class of positive weight"):
        SoftmaxRegression().fit(X, Y, (Y == 1).astype(float))
    with pytest.raises(ValueError, match="only one class of positive weight"):
        SoftmaxRegression(class_weight={0: 0.0, 1: 0.0}).fit(X, Y)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (np.r_[-1.0, np.ones(149)], "[Nn]egative"),
        (np.r_[np.nan, np.ones(149)], "NaN"),
        (np.r_[np.inf, np.ones(149)], "infinity"),
        (np.zeros(150), "zero"),
        (np.ones(149), r"sample_weight.shape == \(149,\)"),
        (np.ones((150, 2)), "must be 1D"),
        (["heavy"] * 150, "could not convert"),
    ],
)
def test_impossible_weights_get_a_sentence(weights, sentence):
    with pytest.raises(ValueError, match=sentence):
        SoftmaxRegression().fit(X, Y, weights)


@pytest.mark.parametrize(
    ("class_weight", "sentence"),
    [
        ({0: 1.0, 7: 2.0}, r"The classes, \[1, 2\], are not in class_weight"),
        ({0: -1.0}, "at least 0"),
        ({0: np.nan}, "finite"),
    ],
)
def test_impossible_class_weights_get_a_sentence(class_weight, sentence):
    with pytest.raises(ValueError, match=sentence):
        SoftmaxRegression(class_weight=class_weight).fit(X, Y)
