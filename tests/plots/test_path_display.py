"""Weights along a path: what is drawn is what was fitted, and the chosen C is marked."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, regularization_path
from softlearn.plots import PathDisplay

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
NAMES = ["a", "b", "c", "d"]
CS = [10.0, 0.02, 0.5]


def test_a_path_is_drawn_by_rising_C_a_line_for_each_weight() -> None:
    path = regularization_path(pd.DataFrame(X, columns=NAMES), Y, CS, l1_ratio=1.0)
    display = PathDisplay.from_path(path, chosen=0.5)
    assert display.Cs.tolist() == [0.02, 0.5, 10.0]
    assert list(display.rows) == ["0", "1", "2"]
    assert list(display.features) == NAMES
    for k, lines in enumerate(display.lines_):
        drawn = np.array([line.get_ydata() for line in lines])
        np.testing.assert_array_equal(drawn.T, path.coefs[[1, 2, 0], k])
    (counts,) = display.counts_.lines[:1]
    np.testing.assert_array_equal(
        counts.get_ydata(), np.count_nonzero(path.coefs, axis=(1, 2))[[1, 2, 0]]
    )
    assert display.losses_ is None
    assert {mark.get_xdata()[0] for mark in display.marks_} == {0.5}
    said = [text.get_text() for text in display.legend_.get_texts()]
    assert said[-1] == "chosen: C = 0.5"
    assert set(said[:-1]) <= set(NAMES)
    assert all(ax.get_xscale() == "log" for ax in (*display.axes_, display.counts_))
    assert len({ax.get_ylim() for ax in display.axes_}) == 1


def test_cross_validation_is_drawn_as_means_of_the_folds_of_the_chosen_ratio() -> None:
    cv = SoftmaxRegressionCV(Cs=CS, l1_ratios=[0.3, 1.0], cv=3).fit(X, Y)
    ratio = [0.3, 1.0].index(cv.l1_ratio_)
    display = PathDisplay.from_cv(cv, features=NAMES)
    paths = cv.coefs_paths_[:, ratio][:, [1, 2, 0], :, :4]
    np.testing.assert_allclose(display.coefs, paths.mean(0))
    np.testing.assert_allclose(display.nonzero, np.count_nonzero(paths, axis=(2, 3)).mean(0))
    np.testing.assert_allclose(
        display.losses_.lines[0].get_ydata(), -cv.scores_[:, ratio].mean(0)[[1, 2, 0]]
    )
    assert display.losses_.get_ylabel() == "cross-validated log-loss"
    assert display.chosen == cv.C_
    right = SoftmaxRegressionCV(Cs=CS, cv=3, scoring="accuracy").fit(X, Y)
    display = PathDisplay.from_cv(right)
    assert display.loss_name == "cross-validated score"
    assert (display.losses > 0.0).all()


def test_a_pipeline_gives_the_path_of_its_last_step_in_its_own_columns() -> None:
    frame = pd.DataFrame(1e3 * X, columns=NAMES)
    model = make_pipeline(StandardScaler(), SoftmaxRegression(C=0.3, l1_ratio=1.0))
    display = PathDisplay.from_estimator(model.fit(frame, Y > 0), frame, Y > 0)
    assert list(display.features) == NAMES
    assert list(display.rows) == ["True against False"]
    assert len(display.Cs) == 100
    assert display.nonzero[0] == 0.0 < display.nonzero[-1]
    assert display.chosen == 0.3
    assert "The C that was chosen is 0.3." in display.describe()
    assert len(display.plot().axes_) == 1


def test_two_classes_with_losses_and_many_classes_have_their_panels() -> None:
    two = regularization_path(X, Y > 0, CS)
    display = PathDisplay.from_path(two, losses=[0.1, 0.5, 0.2])
    np.testing.assert_array_equal(display.losses_.lines[0].get_ydata(), [0.5, 0.2, 0.1])
    assert display.marks_ == []
    many = regularization_path(X, np.arange(150) % 11, [*CS, np.inf])
    display = PathDisplay.from_path(many, chosen=np.inf)
    assert len(display.axes_) == 9
    assert len(display.Cs) == 3
    assert display.marks_ == []
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: PathDisplay([1.0], np.zeros((1, 2, 3)), ["a"], NAMES), "coefs must have shape"),
        (
            lambda: PathDisplay([np.inf], np.zeros((1, 1, 4)), ["a"], NAMES),
            "no C is finite",
        ),
        (
            lambda: PathDisplay([1.0], np.zeros((1, 1, 4)), ["a"], NAMES, losses=np.zeros((2, 2))),
            "losses must be one number for each of the 1 Cs",
        ),
        (lambda: PathDisplay.from_cv(SoftmaxRegression().fit(X, Y)), "has no coefs_paths_"),
        (
            lambda: PathDisplay.from_cv(
                SoftmaxRegressionCV(Cs=[1.0], use_legacy_attributes=True).fit(X, Y)
            ),
            "without use_legacy_attributes",
        ),
        (
            lambda: PathDisplay.from_estimator(StandardScaler(), X, Y),
            "StandardScaler is not a SoftmaxRegression",
        ),
    ],
)
def test_what_has_no_path_is_refused_in_a_sentence(make, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()
