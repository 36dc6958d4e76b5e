"""Weights: rows, images, names."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression
from softlearn.plots import WeightsDisplay

IRIS = load_iris(as_frame=True)
FLOWERS = IRIS.target_names[IRIS.target]
X, Y = load_digits(return_X_y=True)
DIGITS = SoftmaxRegression(C=0.01).fit(X, Y)


def test_every_class_has_its_row_and_every_feature_its_name() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(IRIS.data, FLOWERS)
    d = WeightsDisplay.from_estimator(model)
    np.testing.assert_array_equal(d.images_[0].get_array(), model[-1].coef_)
    assert [t.get_text() for t in d.ax_.get_yticklabels()] == ["setosa", "versicolor", "virginica"]
    assert [t.get_text() for t in d.ax_.get_xticklabels()] == list(IRIS.data.columns)
    written = [f"{w:.2f}".replace("-", "−") for w in model[-1].coef_.ravel()]
    assert [t.get_text() for t in d.texts_] == written
    told = re.findall(r"\((-?\d[.\d]*)\)", d.describe())
    assert len(told) == 6
    assert {number.replace("-", "−") for number in told} < set(written)


def test_the_scale_is_the_same_for_all_and_its_middle_is_zero() -> None:
    for choices in ({}, {"image_shape": (8, 8)}):
        d = WeightsDisplay.from_estimator(DIGITS, **choices)
        limit = np.abs(DIGITS.coef_).max()
        assert {image.get_clim() for image in d.images_} == {(-limit, limit)}


def test_two_classes_have_one_row_that_says_for_what() -> None:
    model = SoftmaxRegression().fit(IRIS.data[:100], FLOWERS[:100])
    assert WeightsDisplay.from_estimator(model, ax=False).rows == ["versicolor against setosa"]


def test_sparse_weights_are_shown_like_others() -> None:
    model = LogisticRegression(max_iter=1000).fit(IRIS.data, FLOWERS)
    dense = model.coef_.copy()
    np.testing.assert_array_equal(WeightsDisplay.from_estimator(model.sparsify()).W, dense)


def test_of_many_features_those_with_the_largest_weights_are_shown() -> None:
    d = WeightsDisplay.from_estimator(DIGITS, top=12)
    shown = np.abs(DIGITS.coef_).max(0)[d.shown_]
    left_out = np.delete(np.abs(DIGITS.coef_).max(0), d.shown_)
    assert len(shown) == 12
    assert shown.min() >= left_out.max()
    assert d.ax_.get_xlabel() == "the 12 of 64 features with largest weights"


def test_weights_of_pixels_are_images_one_a_class() -> None:
    d = WeightsDisplay.from_estimator(DIGITS, image_shape=(8, 8))
    assert [ax.get_title() for ax in d.axes_] == [str(k) for k in range(10)]
    for image, row in zip(d.images_, DIGITS.coef_, strict=True):
        np.testing.assert_array_equal(image.get_array(), row.reshape(8, 8))


def test_weights_of_coloured_pixels_are_grey_where_they_are_zero() -> None:
    W = np.zeros((2, 12))
    W[0, 0], W[1, 11] = 2.0, -2.0
    d = WeightsDisplay.from_weights(W, image_shape=(2, 2, 3))
    first, second = (np.asarray(image.get_array()) for image in d.images_)
    assert first[0, 0].tolist() == [1.0, 0.5, 0.5]
    assert second[1, 1].tolist() == [0.5, 0.5, 0.0]
    assert d.colorbar_ is None


def test_the_description_names_what_weighs_most() -> None:
    d = WeightsDisplay.from_weights(
        [[1.0, -2.0], [0.5, 3.0]], rows=["a", "b"], features=["u", "v"], ax=False
    )
    assert d.describe() == (
        "Weights: 2 rows of 2 weights, the largest of size 3.0. a is raised most by u (1.0) and "
        "lowered most by v (-2.0); b is raised most by v (3.0) and lowered most by u (0.5)."
    )


def test_what_does_not_fit_gets_a_sentence() -> None:
    forest = RandomForestClassifier(2).fit(X, Y)
    with pytest.raises(ValueError, match="RandomForestClassifier has no coef_: it is not a linear"):
        WeightsDisplay.from_estimator(forest)
    with pytest.raises(ValueError, match=r"64 numbers as .* but it is \(8, 9\)"):
        WeightsDisplay.from_estimator(DIGITS, image_shape=(8, 9))
    with pytest.raises(ValueError, match=r"W must have shape \(1, 3\) \(rows, features\)"):
        WeightsDisplay.from_weights([[1.0, 2.0]], features=["a", "b", "c"])
