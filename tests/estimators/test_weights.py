"""Weights of rows are repetitions; weights of classes multiply them, as in scikit-learn."""

import numpy as np
import pytest
from peers import since
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, Status

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
        pytest.param("balanced", marks=since(7)),
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
        (["heavy"] * 150, "^sample_weight must be numbers, one for each row, but: could not conv"),
        ([None] * 150, "^sample_weight must be numbers|Input sample_weight contains NaN"),
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
        (
            {0: "heavy"},
            "^class_weight must be finite numbers of at least 0, but it is {0: 'heavy'}",
        ),
        ({0: None}, "^class_weight must be finite numbers of at least 0, but it is {0: None}"),
    ],
)
def test_impossible_class_weights_get_a_sentence(class_weight, sentence):
    with pytest.raises(ValueError, match=sentence):
        SoftmaxRegression(class_weight=class_weight).fit(X, Y)


# -- weights as large and as small as numbers are

FREE = {"C": np.inf, "tol": 1e-10}
U = X[:, :2] + RNG.normal(size=(150, 2))  # no plane separates these classes


@pytest.mark.parametrize("size", [1e308, 1e200, 1e-200, 1e-320])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 1.0, 2: 0.5}])
def test_without_a_penalty_the_size_of_weights_makes_no_difference(size, class_weight):
    weights = RNG.choice([0.25, 0.5, 1.0], size=150)
    model = SoftmaxRegression(class_weight=class_weight, **FREE)
    want = model.fit(U, Y, weights).coef_
    got = model.fit(U, Y, size * weights)
    assert got.status_ is Status.CONVERGED
    np.testing.assert_allclose(got.coef_, want, rtol=1e-3 if size == 1e-320 else 1e-6)


def test_weights_of_classes_may_be_as_large_as_numbers_are():
    model = SoftmaxRegression(class_weight={0: 1e308, 1: 1e308, 2: 1e308}, **FREE)
    same(model.fit(U, Y), SoftmaxRegression(**FREE).fit(U, Y))
    same(model.fit(U, Y, np.full(150, 1e300)), SoftmaxRegression(**FREE).fit(U, Y))


def test_the_penalty_goes_by_what_weights_add_up_to_whatever_their_unit():
    large = SoftmaxRegression(C=1e-200, tol=1e-10).fit(U, Y, np.full(150, 1e200))
    same(large, SoftmaxRegression(tol=1e-10).fit(U, Y))
    large = SoftmaxRegression(C=2.0, class_weight={0: 1e-250, 1: 1e-250, 2: 1e-250}, tol=1e-10)
    same(large.fit(U, Y, np.full(150, 1e250)), SoftmaxRegression(C=2.0, tol=1e-10).fit(U, Y))


@pytest.mark.parametrize(("small", "large"), [(1e-300, 1.0), (1e-300, 1e300), (1e-320, 1e100)])
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_a_class_of_little_weight_is_not_one_of_none(small, large, solver):
    weights = np.where(Y == 1, small, large)
    with pytest.warns(ConvergenceWarning, match="No gap could be proven"):
        model = SoftmaxRegression(solver=solver, **FREE).fit(U, Y, weights)
    assert "No weight" not in model.status_detail_
    two = SoftmaxRegression(**FREE).fit(U[Y != 1], Y[Y != 1])
    # J and its minimum are those of the other two classes, to the last digit
    assert model.objective_ == pytest.approx(two.objective_, rel=1e-9)
    assert model.predict_proba(U)[:, 1].max() < 1e-9


@pytest.mark.parametrize("batches", [1, 3])
def test_partial_fit_takes_large_weights(batches):
    ours, want = SoftmaxRegression(C=1e-300), SoftmaxRegression()
    for rows in np.array_split(RNG.permutation(150), batches):
        ours.partial_fit(U[rows], Y[rows], [0, 1, 2], np.full(len(rows), 1e300))
        want.partial_fit(U[rows], Y[rows], [0, 1, 2])
    same(ours, want, 1e-6)


def test_what_partial_fit_cannot_remember_gets_a_sentence():
    with pytest.raises(ValueError, match=r"^partial_fit remembers sums of weights times squares"):
        SoftmaxRegression().partial_fit(1e200 * U, Y, [0, 1, 2])
    model = SoftmaxRegression().partial_fit(U, Y, [0, 1, 2])
    before = model.coef_.copy()
    with pytest.raises(ValueError, match="beyond the range of numbers here, where the weights add"):
        model.partial_fit(U, Y, sample_weight=np.full(150, 1e308))
    np.testing.assert_array_equal(model.coef_, before)


@pytest.mark.filterwarnings("ignore:Trained for the epochs:sklearn.exceptions.ConvergenceWarning")
def test_a_network_learns_the_same_from_large_weights():
    weights = RNG.choice([0.25, 0.5, 1.0], size=150)
    net = SoftmaxNetwork((3,), max_iter=3, alpha=0.0, random_state=0)
    want = net.fit(U, Y, weights).coefs_
    for W, V in zip(net.fit(U, Y, 2.0**1000 * weights).coefs_, want, strict=True):
        np.testing.assert_allclose(W, V, atol=1e-12)
    net.fit(U, Y, np.where(Y == 1, 1e-200, 1e200))  # without a warning of overflow


def test_scores_of_a_cross_validation_take_large_weights():
    weights = RNG.choice([0.25, 0.5, 1.0], size=150)
    model = SoftmaxRegressionCV(Cs=[np.inf], cv=3)
    want = model.fit(U, Y, weights).scores_
    np.testing.assert_allclose(model.fit(U, Y, 2.0**1020 * weights).scores_, want, atol=1e-6)
    assert np.isfinite(model.score(U, Y, sample_weight=2.0**1020 * weights))


@pytest.mark.parametrize(
    ("fit", "sentence"),
    [
        (SoftmaxRegression().fit, "^C=1 times the sum of the weights, 1.49998e-318, is too small"),
        (SoftmaxRegressionCV(Cs=2).fit, "^C=10000 times the sum of the weights, 1.19999e-318, is"),
        (SoftmaxNetwork((2,)).fit, "^alpha=0.0001 over the weight of a batch, 1.2.*e-318, is"),
    ],
)
def test_weights_too_small_for_the_penalty_are_named(fit, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit(U, Y, np.full(150, 1e-320))


@pytest.mark.parametrize(
    ("given", "weights", "named"),
    [
        (
            None,
            np.zeros(150),
            "^(Sample weights must contain at least one non-zero|sample_weight is zero throughout)",
        ),
        ({0: 1.0, 1: 0.0, 2: 0.0}, (Y > 0) * 1.0, "^sample_weight times class_weight is zero"),
        ({0: 0.0, 1: 0.0, 2: 0.0}, None, "^class_weight is zero throughout"),
    ],
)
def test_weights_that_are_zero_throughout_are_named(given, weights, named):
    with pytest.raises(ValueError, match=named):
        SoftmaxRegression(class_weight=given).fit(U, Y, weights)
