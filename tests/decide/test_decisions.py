"""Decisions cost least in expectation, and agree with scikit-learn's thresholds for two classes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV

from softlearn import SoftmaxRegression
from softlearn.decide import DecisionClassifier

X, Y = load_iris(return_X_y=True)
MODEL = SoftmaxRegression(C=0.1)
COST = np.array([[0.0, 1.0, 2.0], [5.0, 0.0, 1.0], [1.0, 20.0, -1.0]])


def fitted(**parameters):
    return DecisionClassifier(clone(MODEL).fit(X, Y), prefit=True, **parameters).fit(X, Y)


@pytest.mark.parametrize("threshold", [0.01, 0.2, 0.5, 0.77, 0.99])
def test_two_classes_agree_with_a_fixed_threshold(threshold) -> None:
    A, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression(C=1e-4, max_iter=10_000).fit(A, y)
    theirs = FixedThresholdClassifier(
        model, threshold=threshold, response_method="predict_proba"
    ).fit(A, y)
    ours = DecisionClassifier(model, thresholds=threshold, prefit=True).fit(A, y)
    np.testing.assert_array_equal(ours.predict(A), theirs.predict(A))
    # Elkan: the threshold of a cost matrix
    gain, loss = 3.0, threshold / (1.0 - threshold) * 3.0
    by_cost = DecisionClassifier(model, cost=[[0.5, 0.5 + loss], [gain - 1.0, -1.0]], prefit=True)
    np.testing.assert_array_equal(by_cost.fit(A, y).predict(A), theirs.predict(A))


def test_the_decision_is_the_cheapest_in_expectation() -> None:
    model = fitted(cost=COST)
    costs = model.predict_proba(X) @ COST
    np.testing.assert_allclose(model.expected_cost(X), costs, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), costs.argmin(1))
    C = confusion_matrix(Y, model.predict(X))
    assert model.mean_cost(X, Y) == pytest.approx((C * COST).sum() / len(Y))


def test_without_costs_the_most_probable_class_is_said() -> None:
    np.testing.assert_array_equal(fitted().predict(X), MODEL.fit(X, Y).predict(X))


def test_a_constant_added_to_a_row_and_a_factor_change_no_decision() -> None:
    said = fitted(cost=COST).predict(X)
    for other in (7.0 * COST, COST + np.array([[3.0], [-2.0], [10.0]])):
        np.testing.assert_array_equal(fitted(cost=other).predict(X), said)


def test_thresholds_divide_probabilities() -> None:
    t = np.array([0.5, 0.2, 0.9])
    expected = (MODEL.fit(X, Y).predict_proba(X) / t).argmax(1)
    np.testing.assert_array_equal(fitted(thresholds=t).predict(X), expected)
    by_label = fitted(thresholds={1: 0.2, 2: 0.9, 0: 0.5})
    np.testing.assert_array_equal(by_label.predict(X), expected)


@pytest.mark.parametrize("price", [0.05, 0.3, 0.5])
def test_a_row_is_rejected_where_its_class_is_less_sure_than_the_price(price) -> None:
    model = fitted(reject_cost=price)
    P = model.predict_proba(X)
    expected = np.where(1.0 - P.max(1) > price, -1, P.argmax(1))
    np.testing.assert_array_equal(model.predict(X), expected)
    assert list(model.decisions_) == [0, 1, 2, -1]
    column = fitted(cost=np.column_stack([1.0 - np.eye(3), np.full(3, price)]))
    np.testing.assert_array_equal(column.predict(X), expected)


def test_a_price_above_all_costs_rejects_nothing_and_a_price_of_nothing_rejects_all() -> None:
    assert (fitted(reject_cost=1.0).predict(X) >= 0).all()
    assert (fitted(reject_cost=-0.1).predict(X) == -1).all()
    assert fitted(reject_cost=-0.1).mean_cost(X, Y) == pytest.approx(-0.1)


def test_costs_of_a_data_frame_are_found_by_label() -> None:
    pandas = pytest.importorskip("pandas")
    names = load_iris().target_names[Y]
    frame = pandas.DataFrame(
        [[0.0, 9.0, 1.0, 0.2], [1.0, 0.0, 3.0, 0.2], [4.0, 5.0, 0.0, 0.2]],
        index=["virginica", "setosa", "versicolor"],
        columns=["virginica", "none", "setosa", "versicolor"],
    )
    frame["none"], frame["versicolor"] = 0.2, [9.0, 3.0, 0.0]
    model = DecisionClassifier(MODEL, cost=frame).fit(X, names)
    order = ["setosa", "versicolor", "virginica"]
    np.testing.assert_array_equal(model.cost_, frame.loc[order, [*order, "none"]])
    assert list(model.decisions_) == [*order, "none"]
    assert "none" in model.predict(X)
    numbers = pandas.DataFrame(COST, index=["0", "1", "2"], columns=["0", "1", "2"])
    np.testing.assert_array_equal(fitted(cost=numbers).cost_, COST)


def test_equal_costs_are_settled_by_the_probability() -> None:
    model = fitted(cost=np.ones((3, 3)))
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(1))


def test_costs_can_be_searched_and_scored() -> None:
    def cheap(model, X, y):
        return -model.mean_cost(X, y)

    search = GridSearchCV(
        DecisionClassifier(MODEL, cost=COST), {"estimator__C": [1e-3, 1.0]}, scoring=cheap, cv=3
    ).fit(X, Y)
    assert search.best_params_ == {"estimator__C": 1.0}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"cost": COST[:, :2]}, r"cost must have a row for each of 3 classes .* is \(3, 2\)"),
        ({"cost": np.ones((3, 5))}, r"its shape is \(3, 5\)"),
        ({"cost": COST * np.nan}, "cost and reject_cost must be finite numbers"),
        ({"cost": [["a"]]}, "cost must be numbers"),
        ({"cost": COST, "thresholds": [1, 1, 1]}, "cost and thresholds are two ways"),
        ({"cost": np.ones((3, 4)), "reject_cost": 1.0}, "a column for saying none already"),
        ({"thresholds": 0.3}, "one number is enough for two classes alone"),
        ({"thresholds": {0: 1.0, 1: 1.0}}, "there is none for 2"),
        ({"thresholds": [0.0, 1.0, 1.0]}, "3 finite numbers above 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(parameters, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        fitted(**parameters)


def test_labels_of_costs_that_do_not_fit_are_named() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COST)
    for wrong, sentence in (
        (frame.drop(columns=2), "cost has no column for the class 2"),
        (frame.drop(index=1), "cost has no row for the class 1"),
        (frame.rename(index={1: "b"}), "cost has the label 'b', which is no class"),
        (frame.rename(index={1: 0}), "cost has the label 0 twice"),
    ):
        with pytest.raises(ValueError, match=sentence):
            fitted(cost=wrong)


def test_an_unknown_label_has_no_cost() -> None:
    with pytest.raises(ValueError, match="y has the label 7 in row 0, which is not in classes"):
        fitted(cost=COST).mean_cost(X[:2], [7, 1])
