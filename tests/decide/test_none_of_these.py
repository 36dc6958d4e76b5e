"""NoneOfThese says "none" by a conformal p-value, at a rate that is promised."""

import numpy as np
import pytest
from scipy.stats import binom, entropy
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC

from softlearn import SoftmaxRegression
from softlearn.decide import DecisionClassifier, NoneOfThese

CENTRES = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])


def drawn(rng, n, names=("cat", "dog", "chick")):
    """Return n rows of three overlapping classes."""
    k = rng.integers(3, size=n)
    return CENTRES[k] + rng.normal(size=(n, 2)), np.array(names)[k]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model(rng):
    return SoftmaxRegression().fit(*drawn(rng, 300))


def strange_by_hand(score, model, x, names):
    """Return how strange one row is, by the definition of the score."""
    own = [list(model.classes_).index(name) for name in names]
    p, z = model.predict_proba([x])[0][own], model.decision_function([x])[0][own]
    return {
        "max_probability": -max(p),
        "entropy": entropy(p),
        "max_logit": -max(z),
        "energy": -np.log(np.exp(z).sum()),
    }[score]


@pytest.mark.parametrize("score", ["max_probability", "entropy", "max_logit", "energy"])
def test_p_is_the_share_of_rows_set_aside_that_are_at_least_as_strange(score, model, rng) -> None:
    X, y = drawn(rng, 40)
    fitted = NoneOfThese(model, cv="prefit", conformity_score=score).fit(X, y)
    assert fitted.estimator_ is model
    new = np.array([[0.1, 0.2], [1.5, 1.4], [9.0, 9.0], [-4.0, -4.0], [1.0, 0.9]])
    known = [strange_by_hand(score, model, x, model.classes_) for x in X]
    by_hand = [
        (1 + sum(s >= strange_by_hand(score, model, x, model.classes_) for s in known)) / 41
        for x in new
    ]
    np.testing.assert_array_equal(fitted.p_value(new), by_hand)
    said = np.where(np.array(by_hand) <= 0.05, "none", model.predict(new))
    np.testing.assert_array_equal(fitted.predict(new), said)


def test_at_most_alpha_of_rows_that_belong_are_called_none(model, rng) -> None:
    n, trials, alpha = 39, 400, 0.1
    none = 0
    for _ in range(trials):
        X, y = drawn(rng, n + 1)
        fitted = NoneOfThese(model, alpha=alpha, cv="prefit").fit(X[:n], y[:n])
        none += int(fitted.p_value(X[n:])[0] <= alpha)
    low, high = binom.interval(0.9973, trials, alpha)  # of 40 ranks 4 are called none
    assert low <= none <= high


def test_of_several_folds_no_more_are_called_none_than_is_proven(rng) -> None:
    X, y = drawn(rng, 200)
    fitted = NoneOfThese(GaussianNB(), alpha=0.1, cv=5).fit(X, y)
    assert fitted.proven_rate_ == pytest.approx(2 * (4 + 0.1 * 201) / 205)
    rate = float(np.mean(fitted.predict(drawn(rng, 4000)[0]) == "none"))
    assert 0.05 < rate < 0.15 < fitted.proven_rate_


def test_each_fold_compares_what_its_own_model_says(rng) -> None:
    X, y = drawn(rng, 60)
    fitted = NoneOfThese(LogisticRegression(), cv=3).fit(X, y)
    new = drawn(rng, 20)[0] * 1.5
    count = np.ones(20)
    for train, test in StratifiedKFold(3).split(X, y):
        own = LogisticRegression().fit(X[train], y[train])
        known = own.predict_proba(X[test]).max(1)
        count += (known <= own.predict_proba(new).max(1)[:, None]).sum(1)
    np.testing.assert_array_equal(fitted.p_value(new), count / 61)
    np.testing.assert_allclose(
        fitted.predict_proba(new), LogisticRegression().fit(X, y).predict_proba(new)
    )


def test_one_split_sets_a_part_aside_and_proves_alpha(rng) -> None:
    X, y = drawn(rng, 100)
    fitted = NoneOfThese(GaussianNB(), cv=ShuffleSplit(1, test_size=0.4, random_state=0)).fit(X, y)
    assert [len(scores) for scores in fitted.calibration_] == [40]
    assert fitted.proven_rate_ == 0.05
    assert fitted.guarantee_ == (
        "At most 5.0 % of new rows that belong to a class are called 'none', if they are like the "
        "40 rows set aside."
    )


# -- examples of strangers


def with_strangers(rng, n):
    X, y = drawn(rng, n)
    few = n // 10
    X[:few], y[:few] = rng.normal(size=(few, 2)) + 6.0, "none"
    return X, y


@pytest.mark.parametrize("score", ["max_probability", "entropy", "max_logit", "energy"])
def test_scores_look_at_the_known_classes_alone(score, rng) -> None:
    X, y = with_strangers(rng, 200)
    model = LogisticRegression().fit(X, y)
    new, labels = with_strangers(rng, 40)
    fitted = NoneOfThese(model, cv="prefit", conformity_score=score).fit(new, labels)
    names = [name for name in model.classes_ if name != "none"]
    known = [strange_by_hand(score, model, x, names) for x in new[labels != "none"]]
    if score == "entropy":  # of probabilities that sum to 1
        p = model.predict_proba(new)[labels != "none"][:, model.classes_ != "none"]
        known = entropy(p, axis=1)
    np.testing.assert_allclose(fitted.calibration_[0], np.sort(known))


def test_the_difference_of_logits_finds_strangers_that_are_like_the_examples(rng) -> None:
    model = SoftmaxRegression().fit(*with_strangers(rng, 400))
    X, y = with_strangers(rng, 100)
    fitted = NoneOfThese(model, cv="prefit", conformity_score="logit_difference").fit(X, y)
    new, labels = with_strangers(rng, 100)

    def strange(X):
        Z = dict(zip(model.classes_, model.decision_function(X).T, strict=True))
        none = Z.pop("none")
        return none - np.maximum.reduce(list(Z.values()))

    known = strange(X[y != "none"])
    p = (1 + (known >= strange(new)[:, None]).sum(1)) / 91
    np.testing.assert_array_equal(fitted.p_value(new), p)
    assert set(fitted.predict(new[labels == "none"])) == {"none"}


def test_the_p_value_decides_not_the_probability_of_the_learned_class(rng) -> None:
    X, y = with_strangers(rng, 400)
    fitted = NoneOfThese(
        SoftmaxRegression(), alpha=0.001, cv=2, conformity_score="logit_difference"
    )
    with pytest.warns(UserWarning, match="Nothing will be called 'none': with 360 rows set aside"):
        fitted.fit(X, y)
    strangers = X[y == "none"]
    assert (fitted.estimator_.predict(strangers) == "none").mean() > 0.5
    said = fitted.predict(strangers)
    assert "none" not in said
    P = fitted.predict_proba(strangers)[:, fitted.classes_ != "none"]
    np.testing.assert_array_equal(said, fitted.classes_[fitted.classes_ != "none"][P.argmax(1)])


def test_a_label_that_is_no_class_of_a_fitted_model_takes_no_part(model, rng) -> None:
    X, y = with_strangers(rng, 100)
    with_them = NoneOfThese(model, alpha=0.3, cv="prefit").fit(X, y)
    without = NoneOfThese(model, alpha=0.3, cv="prefit").fit(X[y != "none"], y[y != "none"])
    np.testing.assert_array_equal(with_them.calibration_[0], without.calibration_[0])
    right = np.mean(with_them.predict(X) == y)
    assert with_them.score(X, y) == pytest.approx(right)
    assert (with_them.predict(X)[y == "none"] == "none").any()


def test_what_the_estimator_leaves_unanswered_stays_so(rng) -> None:
    X, y = drawn(rng, 200)
    costs = DecisionClassifier(SoftmaxRegression(), reject_cost=0.1).fit(X, y)
    judge = NoneOfThese(costs, cv="prefit").fit(*drawn(rng, 100))
    said = judge.predict(X)
    none = (costs.predict(X) == "none") | (judge.p_value(X) <= 0.05)
    np.testing.assert_array_equal(said == "none", none)
    assert none.mean() > 0.2


# -- labels


@pytest.mark.parametrize(
    ("names", "label", "said"),
    [
        ((0, 1, 2), "none", -1),
        ((-1, 1, 3), "none", -2),
        ((1, 2, 3), 0, 0),
        ((1.0, 2.0, 3.0), "none", -1.0),
        (("a", "b", "c"), "elsewhere", "elsewhere"),
    ],
)
def test_the_label_is_of_the_kind_of_the_classes(names, label, said, rng) -> None:
    X, y = drawn(rng, 100, names)
    fitted = NoneOfThese(GaussianNB(), alpha=0.2, label=label, cv=2).fit(X, y)
    labels = fitted.predict(X * 3.0)
    assert fitted.label_ == said
    assert type(fitted.label_) is type(said)
    assert labels.dtype.kind == y.dtype.kind
    assert said in labels.tolist()
    assert set(labels.tolist()) <= {said, *names}


def test_a_label_that_cannot_stand_beside_texts_is_refused(rng) -> None:
    with pytest.raises(ValueError, match="label=-1 cannot stand beside classes that are texts"):
        NoneOfThese(GaussianNB(), label=-1, cv=2).fit(*drawn(rng, 50))


# -- mistakes, and limits


def test_scores_that_an_estimator_cannot_give_are_refused(rng) -> None:
    X, y = drawn(rng, 50)
    with pytest.raises(
        ValueError, match="with predict_proba, which LinearSVC has not; 'max_logit'"
    ):
        NoneOfThese(LinearSVC(), cv=2).fit(X, y)
    with pytest.raises(ValueError, match="a column for each class, which GaussianNB has not"):
        NoneOfThese(GaussianNB(), cv=2, conformity_score="energy").fit(X, y)
    with pytest.raises(ValueError, match="needs examples of none of the classes: rows with the"):
        NoneOfThese(GaussianNB(), cv=2, conformity_score="logit_difference").fit(X, y)
    pairs = SVC(decision_function_shape="ovo")  # six columns for four classes
    with pytest.raises(ValueError, match="a column for each class, which SVC has not"):
        NoneOfThese(pairs, cv=2, conformity_score="energy").fit(X[:48], np.arange(48) % 4)


def test_an_unknown_label_is_refused_with_its_row(model, rng) -> None:
    X, y = drawn(rng, 30)
    y[4] = "cow"
    with pytest.raises(ValueError, match="y has the label 'cow' in row 4, which is not in classes"):
        NoneOfThese(model, cv="prefit").fit(X, y)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_with_too_few_rows_nothing_is_called_none_and_a_warning_says_how_many(
    alpha, model, rng
) -> None:
    enough = {0.05: 19, 0.1: 9, 0.3: 3}[alpha]
    y = np.array(["cat", "dog", "chick"])[np.arange(enough) % 3]
    X = CENTRES[np.arange(enough) % 3] * 2.0 - 1.0
    far = np.array([[1.0, 1.0]])  # between all classes: stranger than any
    fitted = NoneOfThese(model, alpha=alpha, cv="prefit", conformity_score="entropy").fit(X, y)
    assert fitted.predict(far) == "none"
    with pytest.warns(UserWarning, match=f"as small as alpha={alpha}; give {enough} or more"):
        fitted.fit(X[1:], y[1:])
    assert fitted.predict(far) != "none"


def test_nothing_is_random_and_batches_do_not_matter(rng) -> None:
    fitted = NoneOfThese(SoftmaxRegression(), cv=3).fit(*drawn(rng, 100))
    X = drawn(rng, 64)[0]
    p = fitted.p_value(X)
    np.testing.assert_array_equal(p, fitted.p_value(X[::-1])[::-1])
    np.testing.assert_array_equal(p, np.concatenate([fitted.p_value(x[None]) for x in X]))


def test_a_model_without_probabilities_or_without_logits_will_do(rng) -> None:
    X, y = drawn(rng, 100)
    svm = NoneOfThese(LinearSVC(), conformity_score="max_logit").fit(X, y)
    assert not hasattr(svm, "predict_proba")
    strangers = np.concatenate([X, X])
    strangers[:100] += 2.0
    forest = NoneOfThese(CalibratedClassifierCV(GaussianNB(), cv=2), cv=2).fit(X, y)
    for fitted in (svm, forest):
        assert set(fitted.predict(strangers)) <= {"none", "cat", "dog", "chick"}


def test_two_classes_are_as_strange_on_either_side(rng) -> None:
    X = rng.normal(size=(200, 1))
    y = np.where(X[:, 0] + rng.normal(size=200) > 0.0, "right", "left")
    model = SoftmaxRegression(fit_intercept=False).fit(X, y)
    p = [
        NoneOfThese(model, cv="prefit", conformity_score=score).fit(X, y).p_value([[-1.0], [1.0]])
        for score in ("max_logit", "energy", "max_probability", "entropy")
    ]
    np.testing.assert_array_equal(np.ptp(p, axis=0), 0.0)
    assert p[0][0] == p[0][1]


def test_what_is_not_fitted_says_so(rng) -> None:
    unfitted = NoneOfThese(SoftmaxRegression())
    for ask in (lambda m: m.p_value([[0.0]]), lambda m: m.guarantee_):
        with pytest.raises(NotFittedError):
            ask(unfitted)
    with pytest.raises(NotFittedError):
        NoneOfThese(SoftmaxRegression(), cv="prefit").fit(*drawn(rng, 30))
