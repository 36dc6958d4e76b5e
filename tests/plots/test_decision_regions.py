"""Regions: their arrays, their boundaries, what is drawn, and models of every kind."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from samples import sample
from scipy.spatial import ConvexHull, Delaunay
from sklearn.datasets import load_iris, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from softlearn import SoftmaxRegression, softmax
from softlearn.plots import DecisionRegionDisplay
from softlearn.plots.boundaries import boundary_segments
from softlearn.plots.palette import fill_strength, palette, rgb

X, Y = load_iris(return_X_y=True)
FLOWERS = load_iris().target_names[Y]
PETALS = X[:, 2:]
IRIS = SoftmaxRegression().fit(PETALS, FLOWERS)


def linear(seed, C):
    """Return a random linear softmax model over the square, and its weights."""
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(C, 2)), 0.5 * rng.normal(size=C)
    return (lambda U: softmax(U @ W.T + b)), W, b


def regions(f, resolution=60, **choices):
    return DecisionRegionDisplay.from_function(
        f, (-1.0, 2.0), (-2.0, 1.0), resolution=resolution, **choices, ax=False
    )


def cell(d):
    return np.array([d.x[1] - d.x[0], d.y[1] - d.y[0]])


# -- arrays


def test_the_arrays_are_the_probabilities_at_the_points_of_the_grid() -> None:
    d = DecisionRegionDisplay.from_estimator(IRIS, PETALS, resolution=20, ax=False)
    assert d.P.shape == (20, 20, 3)
    np.testing.assert_allclose(d.P[3, 5], IRIS.predict_proba([[d.x[5], d.y[3]]])[0], rtol=1e-12)
    assert d.winners[3, 5] == d.P[3, 5].argmax()
    low, high = PETALS.min(0), PETALS.max(0)
    assert d.x[0] < low[0] < high[0] < d.x[-1]
    assert d.y[0] < low[1] < high[1] < d.y[-1]


def test_the_picture_can_be_redrawn_from_its_arrays() -> None:
    d = DecisionRegionDisplay.from_estimator(IRIS, PETALS, FLOWERS, resolution=20)
    again = DecisionRegionDisplay(d.x, d.y, d.P, d.classes, d.names, d.examples, d.note).plot()
    np.testing.assert_array_equal(d.image_.get_array(), again.image_.get_array())


def test_every_view_is_on_one_scale_for_all_classes() -> None:
    d = regions(linear(0, 4)[0])
    P = d.P
    np.testing.assert_allclose(d.values("confidence"), (P.max(-1) - 0.25) / 0.75, atol=1e-12)
    np.testing.assert_array_equal(d.values("probability", 2), P[..., 2])
    np.testing.assert_allclose(d.values("entropy"), -(P * np.log(P)).sum(-1), rtol=1e-12)
    ordered = np.sort(P, axis=-1)
    np.testing.assert_allclose(d.values("margin"), ordered[..., -1] - ordered[..., -2], rtol=1e-12)
    assert (d.values("hardmax") == 1.0).all()
    scales = {"probability": 1.0, "entropy": np.log(4.0), "margin": 1.0}
    for view, top in scales.items():
        image = d.plot(view=view, label=1).image_
        assert image.get_clim() == pytest.approx((0.0, top))


def test_the_entropy_of_a_sure_model_is_zero_and_not_nan() -> None:
    sure = KNeighborsClassifier(1).fit(PETALS, FLOWERS)
    d = DecisionRegionDisplay.from_estimator(sure, PETALS, resolution=10, ax=False)
    assert d.soft
    assert (d.values("entropy") == 0.0).all()


# -- what is drawn


def test_the_fill_is_the_winners_colour_as_strong_as_it_is_sure() -> None:
    d = regions(linear(1, 5)[0]).plot()
    image = np.asarray(d.image_.get_array())
    colours = np.array([rgb(c) for c in palette(5)])
    np.testing.assert_allclose(image[..., :3], colours[d.winners])
    s = (d.P.max(-1) - 0.2) / 0.8
    np.testing.assert_allclose(image[..., 3], fill_strength(s), rtol=1e-12)
    flat = np.asarray(d.plot(view="hardmax").image_.get_array())
    assert (flat[..., 3] == 0.60).all()


def test_pixels_are_centred_on_the_points_of_the_grid() -> None:
    d = regions(linear(1, 3)[0], 31).plot()
    left, right, bottom, top = d.image_.get_extent()
    (dx, dy), n = cell(d), 31
    assert (right - left) / n == pytest.approx(dx)
    assert (left + dx / 2, bottom + dy / 2) == pytest.approx((d.x[0], d.y[0]))
    assert (right - dx / 2, top - dy / 2) == pytest.approx((d.x[-1], d.y[-1]))


def test_points_have_a_marker_and_a_colour_for_each_class() -> None:
    d = DecisionRegionDisplay.from_estimator(IRIS, PETALS, FLOWERS, resolution=20)
    assert len(d.points_) == 3
    shapes = [c.get_paths()[0].vertices.tobytes() for c in d.points_]
    assert len(set(shapes)) == 3
    for k, collection in enumerate(d.points_):
        np.testing.assert_allclose(collection.get_offsets(), PETALS[k == Y])
        np.testing.assert_allclose(collection.get_facecolor()[0, :3], rgb(palette(3)[k]))
    larger = d.plot(s=99.0)
    assert larger.points_[0].get_sizes() == [99.0]


def test_a_numeral_stands_inside_the_region_it_names() -> None:
    d = regions(linear(2, 6)[0], 80).plot()
    assert 2 <= len(d.numerals_) <= 6
    for text in d.numerals_:
        x, y = text.get_position()
        row, column = np.abs(d.y - y).argmin(), np.abs(d.x - x).argmin()
        assert str(d.winners[row, column]) == text.get_text()


def test_long_labels_are_numbered_and_short_ones_stand_for_themselves() -> None:
    d = DecisionRegionDisplay.from_estimator(IRIS, PETALS, FLOWERS, resolution=40)
    assert [t.get_text() for t in d.numerals_] == ["0", "1", "2"]
    names = [t.get_text() for t in d.legend_.get_texts()]
    assert names == ["0: setosa", "1: versicolor", "2: virginica"]
    short = regions(linear(0, 3)[0], classes=[-1, 7, "cat"]).plot()
    assert [t.get_text() for t in short.legend_.get_texts()] == ["-1", "7", "cat"]
    assert {t.get_text() for t in short.numerals_} <= {"-1", "7", "cat"}


def test_parts_can_be_left_out() -> None:
    d = regions(linear(0, 3)[0]).plot(boundaries=False, numerals=False, legend=False)
    assert (d.lines_, d.numerals_, d.legend_, d.points_) == (None, [], None, [])
    assert d.boundaries_ == {}


# -- boundaries


@given(st.integers(0, 10_000), st.integers(2, 8))
@settings(max_examples=sample(12, 25))
def test_each_boundary_of_a_linear_model_is_straight_within_half_a_cell(seed, C) -> None:
    f, W, b = linear(seed, C)
    d = regions(f).plot(Figure().add_subplot(), legend=False, numerals=False)
    half = cell(d).min() / 2.0
    for (i, j), segments in d.boundaries_.items():
        points = segments.reshape(-1, 2)
        w, c = W[i] - W[j], b[i] - b[j]
        assert np.abs(points @ w + c).max() / np.linalg.norm(w) < half  # the true line
        centred = points - points.mean(0)
        assert np.abs(centred @ np.linalg.svd(centred)[2][1]).max() < half  # some line
    drawn = d.lines_.get_segments()
    assert len(drawn) == sum(map(len, d.boundaries_.values()))


@given(st.integers(0, 10_000), st.integers(2, 8))
@settings(max_examples=sample(12, 25))
def test_each_region_of_a_linear_model_is_convex(seed, C) -> None:
    d = regions(linear(seed, C)[0], 40)
    U = np.stack(np.meshgrid(d.x, d.y), axis=-1)
    for k in np.unique(d.winners):
        inside = U[d.winners == k]
        if np.linalg.matrix_rank(inside - inside[0]) < 2:
            continue
        hull = Delaunay(inside[ConvexHull(inside).vertices])
        others = U[d.winners != k]
        shrunk = hull.points.mean(0) + (others - hull.points.mean(0)) * (1.0 + 1e-9)
        assert (hull.find_simplex(shrunk) < 0).all()


@given(st.integers(0, 10_000), st.integers(2, 8))
@settings(max_examples=sample(12, 25))
def test_a_boundary_lies_where_its_two_classes_are_the_most_probable(seed, C) -> None:
    f, W, _ = linear(seed, C)
    d = regions(f)
    steepest = max(np.linalg.norm(W[i] - W[j]) for i, j in combinations(range(C), 2))
    slack = steepest * np.linalg.norm(cell(d))  # how far logits differ across a cell
    for (i, j), segments in boundary_segments(d.x, d.y, d.P).items():
        P = f(segments.mean(1))
        best = np.log(P.max(1))
        assert (best - np.log(P[:, i]) < slack).all()
        assert (best - np.log(P[:, j]) < slack).all()


MODELS = [
    KNeighborsClassifier(1),
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(10, random_state=0),
    RidgeClassifier(),
    SVC(kernel="rbf"),
    MLPClassifier((16,), max_iter=2000, tol=1e-3, random_state=0),
    GaussianNB(),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_a_line_parts_any_two_neighbours_on_the_grid_with_different_winners(model) -> None:
    points, y = make_blobs(200, centers=5, cluster_std=1.6, random_state=1)
    d = DecisionRegionDisplay.from_estimator(model.fit(points, y), points, resolution=50)
    segments = np.concatenate(list(d.boundaries_.values())).mean(1)
    cells = ((segments - (d.x[0], d.y[0])) / cell(d)).astype(int)
    crossed = np.zeros((49, 49), dtype=bool)
    crossed[np.clip(cells[:, 1], 0, 48), np.clip(cells[:, 0], 0, 48)] = True
    near = np.pad(crossed, 1)
    beside = near[1:-1, :-1] | near[1:-1, 1:]  # the cells on both sides of an upright edge
    edges = d.winners[:-1, 1:-1] != d.winners[1:, 1:-1]
    assert not (edges & ~(crossed[:, :-1] | crossed[:, 1:])).any()
    assert beside.shape == (49, 50)
    assert not ((d.winners[:-1] != d.winners[1:]) & ~beside).any()


def test_hidden_layers_can_make_a_region_that_is_not_convex() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.0, 1.0, size=(200, 2))
    inside = (np.hypot(*points.T) < 0.6).astype(int)
    net = MLPClassifier((8,), solver="lbfgs", tol=1e-2, alpha=0.01, random_state=0).fit(
        points, inside
    )
    d = DecisionRegionDisplay.from_estimator(net, points, resolution=40, ax=False)
    U = np.stack(np.meshgrid(d.x, d.y), axis=-1)
    hull = Delaunay(U[d.winners == 0])
    assert (hull.find_simplex(U[d.winners == 1]) >= 0).any()


# -- classes and labels


@pytest.mark.parametrize("C", range(2, 11))
def test_two_to_ten_classes_are_drawn(C) -> None:
    points, y = make_blobs(20 * C, centers=C, random_state=C)
    model = SoftmaxRegression().fit(points, y)
    d = DecisionRegionDisplay.from_estimator(model, points, y, resolution=40)
    assert len(d.points_) == len(d.legend_.get_texts()) == C
    assert set(d.boundaries_) <= set(combinations(range(C), 2))
    assert f"{C} classes" in d.describe()


def test_labels_of_any_kind_are_found_in_the_models_classes() -> None:
    points, y = make_blobs(60, centers=3, random_state=0)
    mixed = [[-1, 7, "cat"][k] for k in y]
    model = LogisticRegression().fit(points, np.array(mixed, dtype=str))
    d = DecisionRegionDisplay.from_estimator(model, points, mixed, resolution=10, ax=False)
    found = [d.classes[k] for k in d.examples.targets]
    assert found == [str(label) for label in mixed]
    for labels in (y == 2, y * 2.0, np.array(["b", "c", "a"])[y], y.astype(np.int8) - 100):
        model = GaussianNB().fit(points, labels)
        d = DecisionRegionDisplay.from_estimator(model, points, labels, resolution=10, ax=False)
        assert [d.classes[k] for k in d.examples.targets] == labels.tolist()


def test_a_model_of_labels_of_several_types_is_drawn_from_its_own_classes() -> None:
    class Mixed:
        classes_ = np.array([-1, 7, "cat"], dtype=object)

        def predict_proba(self, U):
            return softmax(np.c_[U, np.zeros(len(U))])

    labels = [7, "cat", -1, 7]
    d = DecisionRegionDisplay.from_estimator(
        Mixed(), np.eye(4)[:, :2], labels, resolution=30, ax=False
    )
    assert d.examples.targets.tolist() == [1, 2, 0, 1]
    assert [t.get_text() for t in d.plot().legend_.get_texts()] == ["-1", "7", "cat"]


def test_a_label_the_model_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"y has the label 'tulip', .* setosa, versicolor, virg"):
        DecisionRegionDisplay.from_estimator(IRIS, PETALS, ["tulip"] * 150)


# -- models without probabilities


@pytest.mark.parametrize(
    ("model", "method"),
    [(SVC(), "decision_function"), (Perceptron(), "decision_function")],
    ids=["SVC", "Perceptron"],
)
def test_a_model_without_probabilities_is_drawn_as_hardmax_and_says_so(model, method) -> None:
    model.fit(PETALS, FLOWERS)
    d = DecisionRegionDisplay.from_estimator(model, PETALS, FLOWERS, resolution=30)
    U = np.stack(np.meshgrid(d.x, d.y), axis=-1).reshape(-1, 2)
    expected = model.predict(U).reshape(30, 30)
    np.testing.assert_array_equal(np.array(d.classes)[d.winners], expected)
    assert (d.view_, d.soft) == ("hardmax", False)
    assert f"{type(model).__name__} gives no probabilities here ({method})" in d.describe()
    with pytest.warns(UserWarning, match="view is 'hardmax', not 'entropy'"):
        d.plot(view="entropy")


def test_a_model_that_only_predicts_is_enough() -> None:
    class OnlyPredicts:
        classes_ = np.array(["left", "right"])

        def predict(self, U):
            return self.classes_[(U[:, 0] > 0).astype(int)]

    d = DecisionRegionDisplay.from_estimator(OnlyPredicts(), np.array([[-1.0, 0], [1, 1]]))
    assert set(d.boundaries_) == {(0, 1)}
    assert np.abs(d.boundaries_[0, 1][..., 0]).max() < cell(d)[0]
    assert d.describe().endswith("the regions are those of its predictions.")


def test_the_predictions_are_drawn_where_they_are_not_the_most_probable_class() -> None:
    two = (Y == 2).astype(int)
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.05).fit(PETALS, two)
    soft = DecisionRegionDisplay.from_estimator(model, PETALS, resolution=30, ax=False)
    hard = DecisionRegionDisplay.from_estimator(
        model, PETALS, resolution=30, response_method="predict", ax=False
    )
    assert hard.winners.sum() > soft.winners.sum()


def test_a_model_without_the_method_asked_for_is_refused() -> None:
    model = RidgeClassifier().fit(PETALS, FLOWERS)
    with pytest.raises(ValueError, match="RidgeClassifier has no predict_proba: give a fitted"):
        DecisionRegionDisplay.from_estimator(model, PETALS, response_method="predict_proba")
    with pytest.raises(ValueError, match="response_method must be 'auto' or one of"):
        DecisionRegionDisplay.from_estimator(model, PETALS, response_method="logits")


# -- planes


FOUR = SoftmaxRegression().fit(X, FLOWERS)


def test_two_chosen_features_are_looked_at_with_the_others_at_their_medians() -> None:
    d = DecisionRegionDisplay.from_estimator(
        FOUR, X, FLOWERS, plane=(3, 0), resolution=15, ax=False
    )
    row = np.median(X, axis=0)
    row[[3, 0]] = d.x[4], d.y[7]
    np.testing.assert_allclose(d.P[7, 4], FOUR.predict_proba([row])[0], rtol=1e-12)
    np.testing.assert_array_equal(d.examples.points, X[:, [3, 0]])
    assert d.names == ("feature 3", "feature 0")
    assert "The other features are fixed: feature 1 = 3, feature 2 = 4.35." in d.describe()


def test_features_are_fixed_where_one_says_in_data_frames_by_name() -> None:
    for frame in (load_iris(as_frame=True).data, pl.DataFrame(load_iris(as_frame=True).data)):
        model = SoftmaxRegression().fit(frame, FLOWERS)
        d = DecisionRegionDisplay.from_estimator(
            model,
            frame,
            plane=("petal length (cm)", "petal width (cm)"),
            fixed={"sepal width (cm)": 2.0},
            resolution=15,
            ax=False,
        )
        row = np.array([[np.median(X[:, 0]), 2.0, d.x[4], d.y[7]]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # no names here
            np.testing.assert_allclose(d.P[7, 4], model.predict_proba(row)[0], rtol=1e-12)
        assert d.names == ("petal length (cm)", "petal width (cm)")


def test_a_frame_with_columns_of_text_is_looked_at_along_two_of_numbers() -> None:
    frame = pd.DataFrame({"a": X[:, 0], "island": ["x", "y", "y"] * 50, "b": X[:, 2]})
    split = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), LogisticRegression()
    )  # every value a category: enough to see what reaches it
    model = split.fit(frame, FLOWERS)
    d = DecisionRegionDisplay.from_estimator(model, frame, plane=("a", "b"), resolution=5, ax=False)
    assert "island = y" in d.describe()
    with pytest.raises(ValueError, match="island is not a column of numbers"):
        DecisionRegionDisplay.from_estimator(model, frame)


def test_many_features_are_looked_at_on_their_principal_plane() -> None:
    d = DecisionRegionDisplay.from_estimator(FOUR, X, FLOWERS, resolution=15, ax=False)
    from sklearn.decomposition import PCA

    scaled = StandardScaler().fit_transform(X)
    pca = PCA(2).fit(scaled)
    theirs = pca.transform(scaled)
    np.testing.assert_allclose(np.abs(d.examples.points), np.abs(theirs), atol=1e-8)
    share = pca.explained_variance_ratio_
    assert d.names == tuple(f"component {k + 1} ({100 * share[k]:.0f} %)" for k in (0, 1))
    assert "96 % of their variance" in d.describe()
    d.plot()
    for segments in d.boundaries_.values():  # a plane through a linear model: lines stay straight
        centred = segments.reshape(-1, 2) - segments.reshape(-1, 2).mean(0)
        assert np.abs(centred @ np.linalg.svd(centred)[2][1]).max() < cell(d).min() / 2


def test_the_principal_plane_is_lifted_back_to_the_point_it_came_from() -> None:
    flat = np.random.default_rng(0).normal(size=(30, 2)) @ np.array([[1, 2, 0], [0, 1, 5.0]])
    from softlearn.plots.planes import plane_of

    plane = plane_of(flat, "principal")
    np.testing.assert_allclose(plane.lift(plane.project(flat)), flat, atol=1e-10)
    sparse = plane_of(sp.csr_array(flat), "principal")
    np.testing.assert_allclose(sparse.project(sp.csr_array(flat)), plane.project(flat))


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"plane": (0, 9)}, "There is no feature 9: the features are 0 to 3."),
        ({"plane": ("a", 1)}, "There is no feature 'a'; there are feature 0, feature 1"),
        ({"plane": (1, 1)}, "plane must name two different features"),
        ({"plane": (0, 1, 2)}, "plane must name two features, but it names 3."),
        ({"plane": "tsne"}, "plane must be 'principal' or two features, but it is 'tsne'."),
        ({"plane": (0, 1), "fixed": {1: 2.0}}, "fixed must not name a feature of the plane."),
        ({"fixed": {1: 2.0}}, "a principal plane fixes none"),
    ],
)
def test_a_plane_that_cannot_be_gets_a_sentence(choices, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        DecisionRegionDisplay.from_estimator(FOUR, X, **choices)


def test_wrong_views_and_shapes_get_a_sentence() -> None:
    d = regions(linear(0, 3)[0], 10)
    with pytest.raises(ValueError, match="view must be one of confidence, hardmax"):
        d.plot(view="loss")
    with pytest.raises(ValueError, match="view 'probability' needs the label"):
        d.plot(view="probability")
    with pytest.raises(ValueError, match=r"P must have shape \(10, 9, 3\)"):
        DecisionRegionDisplay(d.x[:9], d.y, d.P, d.classes)
    with pytest.raises(ValueError, match="at least two features, but it has one"):
        DecisionRegionDisplay.from_estimator(IRIS, PETALS[:, :1])


def test_what_only_points_take_is_refused_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="There are no points to draw, for which resoluton would"):
        DecisionRegionDisplay.from_estimator(IRIS, PETALS, resoluton=20)


def test_a_legend_of_many_classes_lies_beside_the_regions() -> None:
    for C, inside in ((3, True), (14, False)):
        d = regions(linear(0, C)[0]).plot(Figure(layout="constrained").add_subplot())
        d.figure_.canvas.draw()
        legend, axes = (a.get_window_extent() for a in (d.legend_, d.ax_))
        assert bool(legend.x0 < axes.x1) == inside
        assert legend.y0 > 0.0
