"""Networks on paper: their layers, units, lines and softmax."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from softlearn import SoftmaxRegression
from softlearn.plots import NetworkDisplay

X, Y = load_iris(return_X_y=True)
FLOWERS = load_iris().target_names[Y]


@given(st.lists(st.integers(1, 300), min_size=2, max_size=5), st.integers(3, 12))
def test_a_layer_shows_all_its_units_or_its_first_and_last(sizes, most) -> None:
    shown, places = NetworkDisplay(tuple(sizes)).layout(most)
    for n, units, at in zip(sizes, shown, places, strict=True):
        assert len(units) == len(at) == (n if n <= most else most - 1)
        assert (units[0], units[-1]) == (0, n - 1)
        assert (np.diff(at[:, 1]) <= -1.0).all()  # top down, none on another


def test_the_layers_of_a_fitted_network_are_drawn() -> None:
    net = MLPClassifier((12, 5), max_iter=2000, random_state=0).fit(X, FLOWERS)
    d = NetworkDisplay.from_estimator(net, max_units=8)
    assert d.sizes == (4, 12, 5, 3)
    assert [len(units) for units in d.units_] == [4, 7, 5, 3]
    assert [len(edges.get_segments()) for edges in d.edges_] == [4 * 7, 7 * 5, 5 * 3]
    words = [t.get_text() for t in d.texts_]
    assert {"softmax", "4 features", "12 units\nrelu", "5 units\nrelu", "3 logits"} <= set(words)
    assert words.index("setosa") < words.index("versicolor") < words.index("virginica")


def test_lines_are_as_strong_as_their_weights_and_dashed_where_negative() -> None:
    W = [np.array([[1.0, -2.0], [0.0, 0.5]])]
    (edges,) = NetworkDisplay((2, 2), weights=W).plot().edges_
    widths = edges.get_linewidths()
    assert widths[1] > widths[0] > widths[3] > widths[2]
    dashes = [style[1] is not None for style in edges.get_linestyle()]
    assert dashes == [False, True, False, False]


def test_a_linear_classifier_is_a_network_without_hidden_layers() -> None:
    d = NetworkDisplay.from_estimator(SoftmaxRegression().fit(X, FLOWERS), ax=False)
    assert d.sizes == (4, 3)
    assert d.describe() == (
        "A network with 4 features and a softmax over 3 classes: setosa, versicolor, virginica."
    )


def test_one_output_unit_is_logistic() -> None:
    two = MLPClassifier((3,), max_iter=2000, random_state=0).fit(X, Y == 2)
    d = NetworkDisplay.from_estimator(two)
    words = [t.get_text() for t in d.texts_]
    assert {"logistic", "1 logit", "True"} <= set(words)
    assert "softmax" not in words


def test_everything_drawn_is_in_sight() -> None:
    for sizes in ((2, 4, 4), (784, 100, 50, 10), (1, 1)):
        d = NetworkDisplay.from_sizes(*sizes, activation="relu", ax=Figure().add_subplot())
        (left, right), (bottom, top) = d.ax_.get_xlim(), d.ax_.get_ylim()
        for place in np.concatenate(d.positions_):
            assert left < place[0] - 0.28 < place[0] + 0.28 < right
            assert bottom < place[1] - 0.28 < place[1] + 0.28 < top
        box = d.box_.get_bbox()
        assert bottom < box.y0 < box.y1 < top


def test_what_does_not_fit_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"sizes must be two numbers of units or more"):
        NetworkDisplay.from_sizes(3)
    with pytest.raises(ValueError, match="classes must name the 3 outputs, but there are 2"):
        NetworkDisplay.from_sizes(2, 3, classes=["a", "b"])
    with pytest.raises(ValueError, match=r"weights must have the shapes \[\(2, 3\)\]"):
        NetworkDisplay((2, 3), weights=[np.zeros((3, 2))])
    with pytest.raises(ValueError, match="GaussianNB has neither coefs_ nor coef_"):
        NetworkDisplay.from_estimator(GaussianNB().fit(X, Y))
    with pytest.raises(ValueError, match="max_units must be at least 3, but it is 2"):
        NetworkDisplay.from_sizes(2, 3, max_units=2)
