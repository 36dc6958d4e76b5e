"""Rows of one 1 and zeros are labels, a frame's columns name the classes, `score` takes both."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV
from softlearn.plots import ReliabilityDisplay

# The networks here are hardly trained: a few epochs show what becomes of labels.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Trained for the epochs:sklearn.exceptions.ConvergenceWarning"
)

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 3))
CODES = (X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(60, 3))).argmax(1)
NAMES = np.array(["elm", "ash", "yew"])[CODES]
DUMMIES = pd.get_dummies(pd.Series(NAMES))
FITS = {
    "regression": SoftmaxRegression(),
    "cross-validation": SoftmaxRegressionCV(Cs=2, cv=3),
    "network": SoftmaxNetwork((3,), max_iter=5, random_state=0),
}
FRAMES = {
    "booleans": DUMMIES,
    "numbers": DUMMIES.astype(float),
    "Int64": DUMMIES.astype("Int64"),
    "columns in another order": DUMMIES[["yew", "elm", "ash"]],
    "polars": pl.DataFrame({name: DUMMIES[name].to_numpy() for name in DUMMIES}),
}


@pytest.mark.parametrize("model", FITS.values(), ids=FITS)
@pytest.mark.parametrize("Y", FRAMES.values(), ids=FRAMES)
def test_a_frame_of_indicators_is_its_labels(model, Y):
    said = model.fit(X, Y).predict(X).tolist()
    score, classes = model.score(X, Y), model.classes_.tolist()
    want = model.fit(X, NAMES)
    assert classes == ["ash", "elm", "yew"] == want.classes_.tolist()
    assert said == want.predict(X).tolist()
    assert score == pytest.approx(want.score(X, NAMES), abs=1e-12)


@pytest.mark.parametrize("model", FITS.values(), ids=FITS)
def test_an_array_of_indicators_has_classes_from_0(model):
    Y = np.eye(3)[CODES]
    model.fit(X, Y)
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.score(X, Y) == pytest.approx(model.score(X, CODES), abs=1e-12)


def test_names_that_are_numbers_are_classes_too():
    model = SoftmaxRegression().fit(X, pd.get_dummies(pd.Series(np.array([3, 5, 9])[CODES])))
    assert model.classes_.tolist() == [3, 5, 9]
    assert model.classes_.dtype.kind == "i"


def test_a_frame_of_probabilities_names_its_classes_too():
    P = RNG.dirichlet([1.0, 1.0, 1.0], size=60)
    named = SoftmaxRegression().fit(X, pd.DataFrame(P, columns=["elm", "ash", "yew"]))
    bare = SoftmaxRegression().fit(X, P)
    assert named.classes_.tolist() == ["ash", "elm", "yew"]
    np.testing.assert_allclose(named.coef_, bare.coef_[[1, 0, 2]], atol=1e-12)


def test_the_score_of_probabilities_is_the_mean_probability_of_what_is_predicted():
    P, weight = RNG.dirichlet([1.0, 1.0, 1.0], size=60), RNG.random(60)
    model = SoftmaxRegression().fit(X, P)
    want = np.average(P[np.arange(60), model.predict(X)], weights=weight)
    assert model.score(X, P, weight) == pytest.approx(want, rel=1e-12)
    draws = np.stack([(RNG.random(60)[:, None] > P.cumsum(1)).sum(1) for _ in range(4000)])
    right = draws == model.predict(X)
    assert model.score(X, P) == pytest.approx(right.mean(), abs=5.0 * 0.5 / np.sqrt(60 * 4000))


def test_class_weights_go_by_the_names_of_columns():
    weights = {"ash": 3.0, "elm": 1.0, "yew": 0.5}
    by_column = SoftmaxRegression(class_weight=weights).fit(X, DUMMIES)
    by_label = SoftmaxRegression(class_weight=weights).fit(X, NAMES)
    np.testing.assert_array_equal(by_column.coef_, by_label.coef_)


@pytest.mark.parametrize("kind", [SoftmaxRegression, SoftmaxNetwork])
def test_a_batch_may_lack_columns_and_no_other_may_be_there(kind):
    model = kind().partial_fit(X[:40], DUMMIES[:40], classes=["yew", "ash", "elm"])
    model.partial_fit(X[40:], pd.get_dummies(pd.Series(NAMES[40:]).replace("yew", "ash")))
    assert model.classes_.tolist() == ["ash", "elm", "yew"]
    with pytest.raises(ValueError, match=r"^y has a column 'oak', which is not in classes"):
        model.partial_fit(X, DUMMIES.rename(columns={"ash": "oak"}))


def test_validation_rows_may_be_indicators():
    net = SoftmaxNetwork((3,), max_iter=3, random_state=0)
    losses = net.fit(X, NAMES, validation_data=(X, DUMMIES)).history_["val_loss"]
    assert losses == net.fit(X, NAMES, validation_data=(X, NAMES)).history_["val_loss"]


def test_scikit_learn_can_search_with_indicators():
    found = GridSearchCV(SoftmaxRegression(), {"C": [0.1, 1.0]}, cv=3).fit(X, DUMMIES)
    assert found.predict(X[:1])[0] in {"ash", "elm", "yew"}
    assert np.isfinite(cross_val_score(SoftmaxRegression(), X, DUMMIES, cv=3)).all()


def test_a_report_and_a_diagram_take_indicators():
    model = SoftmaxRegression().fit(X, DUMMIES)
    page, same = (softlearn.report(model, X, y, date=None) for y in (DUMMIES, NAMES))
    assert page.html.count("yew") == same.html.count("yew")
    ours, want = (
        ReliabilityDisplay.from_estimator(model, X, y, ax=False) for y in (DUMMIES, NAMES)
    )
    np.testing.assert_array_equal(ours.y, want.y)


# -- what is neither labels nor probabilities


def changed(Y, row, values):
    Y = np.array(Y, dtype=float)
    Y[row] = values
    return Y


WRONG = {
    "two ones": (changed(DUMMIES, 7, [1, 1, 0]), "^y has 2 ones in row 7: .* multi-label"),
    "three ones": (changed(DUMMIES, 7, [1, 1, 1]), "^y has 3 ones in row 7: .* multi-label"),
    "a frame with two ones": (pd.DataFrame(changed(DUMMIES, 7, [1, 1, 0])), "ones in row 7"),
    "no 1": (changed(DUMMIES, 4, [0, 0, 0]), "^y has no 1 in row 4"),
    "a sum of 0.9": (changed(DUMMIES, 4, [0.9, 0, 0]), "rows of prob.*; row 4 sums to 0.9"),
    "a negative one": (changed(DUMMIES, 4, [1.5, -0.5, 0]), "rows of prob.*; row 4 holds -0.5"),
    "missing": (changed(DUMMIES, 4, [np.nan, 0, 1]), "^y has no label in row 4, column 0"),
    "missing Int64": (DUMMIES.astype("Int64").where(DUMMIES["ash"] | (DUMMIES.index != 4)),
                      "^y has no label in row 4, column 0"),
    "a frame of texts": (pd.DataFrame({"tree": NAMES, "x": X[:, 0]}), "1d array of labels"),
    "one name twice": (DUMMIES.rename(columns={"elm": "ash"}), "^y has more than one column named"),
    "names of two types": (DUMMIES.rename(columns={"elm": 1}),
                           "^the columns of y has labels of more than one type"),
}  # fmt: skip


@pytest.mark.parametrize("model", FITS.values(), ids=FITS)
@pytest.mark.parametrize(("Y", "sentence"), WRONG.values(), ids=WRONG)
def test_rows_that_are_no_single_label_are_named(model, Y, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, Y)


def test_score_names_such_rows_too():
    model = SoftmaxRegression().fit(X, CODES)
    with pytest.raises(ValueError, match=r"^y has 2 ones in row 7"):
        model.score(X, changed(DUMMIES, 7, [1, 1, 0]))
