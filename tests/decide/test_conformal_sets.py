"""The sets of ConformalSets hold the right class at a rate that is promised."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

from softlearn import SoftmaxRegression
from softlearn.decide import ConformalSets
from softlearn.decide.conformal import _aps

CENTRES = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
SHARES = [0.5, 0.3, 0.15, 0.05]


def drawn(rng, n):
    """Return n rows of four overlapping classes of unequal size."""
    k = rng.choice(4, size=n, p=SHARES)
    return CENTRES[k] + rng.normal(size=(n, 2)), k


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model(rng):
    return SoftmaxRegression().fit(*drawn(rng, 400))


def test_by_lac_a_set_holds_the_classes_above_one_threshold(model, rng) -> None:
    X, y = drawn(rng, 99)
    new, _ = drawn(rng, 200)
    sets = ConformalSets(model, alpha=0.1, cv="prefit").fit(X, y).predict_set(new)
    of_true = np.sort(1.0 - model.predict_proba(X)[np.arange(99), y])
    threshold = of_true[int(np.ceil(100 * 0.9)) - 1]
    np.testing.assert_array_equal(sets, 1.0 - model.predict_proba(new) <= threshold)


def test_by_aps_a_class_is_as_strange_as_all_more_probable_ones_together(rng) -> None:
    P = rng.dirichlet(np.ones(5), size=20)
    P[:5] = np.round(P[:5], 1)  # with classes equally probable
    P[5] = 0.2
    by_hand = [[sum(q for q in p if q > own) for own in p] for p in P]
    np.testing.assert_allclose(_aps(P), by_hand, atol=1e-15)


def test_by_aps_a_set_holds_the_most_probable_classes_and_is_never_empty(model, rng) -> None:
    fitted = ConformalSets(model, alpha=0.1, conformity_score="aps", cv="prefit").fit(
        *drawn(rng, 99)
    )
    X, _ = drawn(rng, 100)
    P, sets = model.predict_proba(X), fitted.predict_set(X)
    sizes = sets.sum(1)
    assert sizes.min() == 1
    assert np.corrcoef(sizes, P.max(1))[0, 1] < -0.5
    for p, held in zip(P, sets, strict=True):
        assert min(p[held]) > max(p[~held], default=0.0)


@pytest.mark.parametrize("score", ["lac", "aps"])
def test_sets_hold_the_right_class_as_often_as_promised(score, model, rng) -> None:
    n, trials, alpha = 39, 300, 0.2
    held = 0
    for _ in range(trials):
        X, y = drawn(rng, n + 1)
        fitted = ConformalSets(model, alpha=alpha, cv="prefit", conformity_score=score).fit(
            X[:n], y[:n]
        )
        held += int(fitted.predict_set(X[n:])[0, y[n]])
    low = binom.interval(0.9973, trials, 1.0 - alpha)[0]
    high = binom.interval(0.9973, trials, 1.0 - alpha + 1.0 / (n + 1))[1]
    assert low <= held <= high


def test_per_class_each_class_is_held_as_often_as_promised(model, rng) -> None:
    alpha, X, y = 0.2, *drawn(rng, 2000)
    fitted = ConformalSets(model, alpha=alpha, per_class=True, cv="prefit").fit(X, y)
    assert fitted.guarantee_ == (
        "The sets hold the right class of at least 80.0 % of new rows of each class, if they are "
        "like the 2,000 rows set aside."
    )
    new, truth = drawn(rng, 8000)
    held = fitted.predict_set(new)[np.arange(8000), truth]
    marginal = ConformalSets(model, alpha=alpha, cv="prefit").fit(X, y).predict_set(new)
    for k in range(4):
        n, m = int((y == k).sum()), int((truth == k).sum())
        # given the rows set aside, coverage is beta distributed around 1 - alpha
        deviation = np.sqrt(alpha * (1.0 - alpha) * (1.0 / m + 1.0 / n))
        assert abs(held[truth == k].mean() - (1.0 - alpha)) <= 3.0 * deviation + 1.0 / (n + 1)
    assert marginal[truth == 3, 3].mean() < 0.5  # the rare class pays where classes are together


def test_per_class_p_counts_rows_of_that_class_alone(model, rng) -> None:
    X, y = drawn(rng, 150)
    new, _ = drawn(rng, 10)
    p = ConformalSets(model, alpha=0.3, per_class=True, cv="prefit").fit(X, y).predict_p(new)
    P, Q = model.predict_proba(X), model.predict_proba(new)
    for k in range(4):
        known = P[y == k, k]
        np.testing.assert_array_equal(
            p[:, k], [(1 + sum(known <= q)) / (len(known) + 1) for q in Q[:, k]]
        )


def test_a_class_of_too_few_rows_is_in_every_set_and_a_warning_names_it(model, rng) -> None:
    y = np.repeat([0, 1, 2, 3], [30, 20, 9, 8])
    X = CENTRES[y] + rng.normal(size=(len(y), 2))
    fitted = ConformalSets(model, alpha=0.1, per_class=True, cv="prefit")
    sentence = (
        r"Every set holds \[3\]: with fewer than 9 rows set aside of a class no p-value is as"
    )
    with pytest.warns(UserWarning, match=sentence):
        fitted.fit(X, y)
    far = np.array([[-30.0, -30.0]])
    assert fitted.predict_set(far)[0, 3]
    assert not fitted.predict_set(far)[0, 2]
    with pytest.warns(UserWarning, match="Every set holds all classes: with fewer than 9 rows set"):
        ConformalSets(model, alpha=0.1, cv="prefit").fit(X[:8], y[:8])


def test_each_fold_compares_what_its_own_model_says(rng) -> None:
    X, y = drawn(rng, 90)
    new = drawn(rng, 15)[0]
    count = np.ones((15, 4))
    for train, test in StratifiedKFold(3).split(X, y):
        own = LogisticRegression().fit(X[train], y[train])
        known = own.predict_proba(X[test])[np.arange(len(test)), y[test]]
        count += (known <= own.predict_proba(new)[:, :, None]).sum(2)
    fitted = ConformalSets(LogisticRegression(), cv=3).fit(X, y)
    np.testing.assert_array_equal(fitted.predict_p(new), count / 91)
    assert fitted.proven_rate_ == pytest.approx(2 * (2 + 0.1 * 91) / 93)
    assert "of at least 76.1 % of new rows, usually about 90.0 %" in fitted.guarantee_


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_a_class_that_a_fold_does_not_know_fits_no_row_of_it(rng) -> None:
    X, y = drawn(rng, 60)
    y[y == 3] = 2
    X[0], y[0] = 40.0, 3
    fitted = ConformalSets(GaussianNB(var_smoothing=1e-3), cv=3).fit(X, y)
    sizes = [len(model.classes_) for model in fitted.fold_estimators_]
    assert sorted(sizes) == [3, 4, 4]
    assert sum(map(len, fitted.calibration_[0])) == 60
    # in one fold the only row of the class is as strange as can be, and so is every class 3
    assert fitted.predict_p(X)[:, 3].min() == 2 / 61


def test_the_set_of_a_row_between_classes_may_be_empty(rng) -> None:
    X = np.concatenate([rng.normal(size=(300, 1)) - 4.0, rng.normal(size=(300, 1)) + 4.0])
    y = np.repeat(["left", "right"], 300)
    fitted = ConformalSets(SoftmaxRegression(), alpha=0.05).fit(X, y)
    np.testing.assert_array_equal(
        fitted.predict_set([[-4.0], [0.0], [4.0]]), [[True, False], [False] * 2, [False, True]]
    )
    assert fitted.predict([[-4.0], [4.0]]).tolist() == ["left", "right"]
