"""Cost surfaces: the values, the planes through parameters, and what lies on them."""

from enum import Enum
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from softlearn import SoftmaxNetwork, SoftmaxRegression
from softlearn.plots import CostSurfaceDisplay

X, Y = load_iris(return_X_y=True)
MODEL = SoftmaxRegression(C=0.1).fit(X, Y)
W = np.concatenate([MODEL.coef_.ravel(), MODEL.intercept_])


def saddle(w):
    return w[0] ** 2 - w[1] ** 2 + 0.25 * w[1] ** 4


PATH = np.array([[-1.5, 0.1], [-0.5, 0.3], [0.0, 1.4]])
MARKS = [
    {"kind": "saddle", "w": (0.0, 0.0)},
    {"kind": "minimum", "w": (0.0, 2.0**0.5)},
    {"kind": "minimum", "w": (0.0, -(2.0**0.5))},
    {"kind": "plateau", "w": (1.0, 1.0)},
]


def bowl(**choices):
    return CostSurfaceDisplay.from_function(
        saddle, (-2.0, 2.0), (-2.5, 2.5), resolution=41, **choices, ax=False
    )


def test_the_grid_holds_the_function() -> None:
    d = bowl()
    assert d.J[3, 7] == saddle([d.x[7], d.y[3]])
    assert d.heights(np.array([[d.x[7], d.y[3]], [9.0, 9.0]]))[0] == pytest.approx(d.J[3, 7])
    assert np.isnan(d.heights(np.array([[9.0, 9.0]]))[0])


def test_levels_of_a_round_bowl_are_equally_far_apart() -> None:
    d = CostSurfaceDisplay.from_function(lambda w: w @ w, (-1.0, 1.0), (-1.0, 1.0), ax=False)
    radii = np.sqrt(d.levels())
    np.testing.assert_allclose(np.diff(radii), radii[1], rtol=1e-9)


def test_a_flat_function_is_drawn_too() -> None:
    d = CostSurfaceDisplay.from_function(
        lambda w: 1.0, (0.0, 1.0), (0.0, 1.0), resolution=5, ax=False
    )
    assert d.plot().surface_ is not None


def test_trajectories_and_marks_lie_where_they_were_given() -> None:
    d = bowl(trajectories={"adam": PATH}, marks=MARKS).plot()
    np.testing.assert_array_equal(d.lines_["adam"].get_xydata(), PATH)
    drawn = {line.get_label(): line.get_xydata() for line in d.marks_}
    assert set(drawn) == {"minimum", "saddle", "plateau"}
    np.testing.assert_allclose(drawn["minimum"][:, 1], [2.0**0.5, -(2.0**0.5)])
    assert len({line.get_marker() for line in d.marks_}) == 3
    names = [t.get_text() for t in d.legend_.get_texts()]
    assert names == ["adam", "minimum", "saddle", "plateau"]


def test_in_three_dimensions_trajectories_lie_on_the_surface() -> None:
    d = bowl(trajectories={"adam": PATH}, marks=MARKS).plot(kind="surface")
    x, y, z = d.lines_["adam"].get_data_3d()
    np.testing.assert_array_equal(np.stack([x, y], 1), PATH)
    np.testing.assert_allclose(z, [saddle(w) for w in PATH], atol=0.02)
    assert d.ax_.name == "3d"


def test_a_mark_can_be_any_record_with_a_kind_and_a_place() -> None:
    kinds = Enum("Kind", {"SADDLE": "saddle"})
    mark = SimpleNamespace(kind=kinds.SADDLE, w=np.array([1.0, 2.0]))
    ((kind, w),) = bowl(marks=[mark]).critical
    assert (kind, w.tolist()) == ("saddle", [1.0, 2.0])


def test_around_a_fitted_model_the_middle_is_the_minimum_with_its_objective() -> None:
    d = CostSurfaceDisplay.from_estimator(MODEL, X, Y, resolution=11, ax=False)
    assert d.J[5, 5] == d.J.min() == pytest.approx(MODEL.objective_, rel=1e-12)
    plane = d.directions
    assert plane.d1 @ plane.d2 == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(plane.d1) == pytest.approx(np.linalg.norm(W))
    d1 = np.array([0.7, -0.3])
    np.testing.assert_allclose(plane.project([plane.lift(d1)])[0], [d1], atol=1e-12)


def test_around_a_network_weights_into_a_unit_move_as_far_as_they_are_long() -> None:
    net = SoftmaxNetwork((5,), random_state=0, alpha=0.5, max_iter=150).fit(X, Y)
    d = CostSurfaceDisplay.from_estimator(net, X, Y, resolution=3, ax=False)
    proba = net.predict_proba(X)[np.arange(150), Y]
    penalty = 0.5 / (2 * 128) * sum((V**2).sum() for V in net.coefs_)
    assert d.J[1, 1] == pytest.approx(-np.log(proba).mean() + penalty, rel=1e-10)
    into = d.directions.d1[:20].reshape(5, 4)
    np.testing.assert_allclose(
        np.linalg.norm(into, axis=1), np.linalg.norm(net.coefs_[0], axis=0), rtol=1e-12
    )
    assert "minimum" not in d.describe()


def test_the_costs_along_two_directions_are_those_of_a_model_with_such_weights() -> None:
    along = np.zeros((2, len(W)))
    along[0, 0] = along[1, 7] = 1.0
    d = CostSurfaceDisplay.from_estimator(
        MODEL, X, Y, directions=tuple(along), resolution=5, ax=False
    )
    other = SoftmaxRegression(C=0.1).fit(X, Y)
    w = d.directions.lift(np.array([d.x[1], d.y[3]]))
    other.coef_, other.intercept_ = w[:12].reshape(3, 4), w[12:]
    loss = -other.predict_log_proba(X)[np.arange(150), Y].mean()
    penalty = (other.coef_**2).sum() / (2 * 0.1 * 150)
    assert d.J[3, 1] == pytest.approx(loss + penalty, rel=1e-10)


def test_the_shadow_of_a_trajectory_in_its_own_plane_is_the_trajectory() -> None:
    path = np.linspace(np.zeros_like(W), W, 7)
    path[:, 0] += np.linspace(1.0, 0.0, 7) ** 2
    d = CostSurfaceDisplay.from_estimator(
        MODEL, X, Y, trajectories={"p": path}, resolution=5, ax=False
    )
    back = np.array([d.directions.lift(u) for u in d.trajectories["p"]])
    np.testing.assert_allclose(back, path, atol=1e-9)
    assert np.abs(d.trajectories["p"]).max() <= d.x[-1]


def test_the_description_tells_where_paths_end_and_what_is_marked() -> None:
    text = bowl(trajectories={"adam": PATH}, marks=MARKS[:1]).describe()
    assert "adam goes from (-1.5, 0.1) to (0, 1.4) in 2 steps." in text
    assert "A saddle is marked at (0, 0)." in text


def test_what_does_not_fit_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"trajectory 'p' must have shape \(steps, 2\)"):
        bowl(trajectories={"p": np.zeros((3, 5))})
    with pytest.raises(ValueError, match="A mark must have a kind"):
        bowl(marks=[{"kind": "valley", "w": (0, 0)}])
    with pytest.raises(ValueError, match="kind must be 'contour' or 'surface'"):
        bowl().plot(kind="wire")
    flat = bowl().plot().ax_
    with pytest.raises(ValueError, match="needs axes made with projection='3d'"):
        bowl().plot(flat, kind="surface")
    with pytest.raises(ValueError, match="but it is GaussianNB: use from_function"):
        CostSurfaceDisplay.from_estimator(GaussianNB().fit(X, Y), X, Y)
    with pytest.raises(ValueError, match="directions must be two vectors of 15 numbers"):
        CostSurfaceDisplay.from_estimator(MODEL, X, Y, directions=([1.0], [2.0]))
    with pytest.raises(ValueError, match="two vectors that are not parallel"):
        CostSurfaceDisplay.from_estimator(MODEL, X, Y, directions=(W, 2.0 * W))
    with pytest.raises(ValueError, match=r"A trajectory must have shape \(steps, 15\)"):
        CostSurfaceDisplay.from_estimator(MODEL, X, Y, trajectories={"p": np.zeros((3, 2))})


@pytest.mark.parametrize(("low", "scale"), [(0.0, 1.0), (5e-4, 1e-5), (-0.37, 123.0)])
def test_the_colour_bar_has_round_ticks(low, scale) -> None:
    d = CostSurfaceDisplay.from_function(
        lambda w: low + scale * (w @ w), (-1.0, 1.0), (-1.0, 1.0), resolution=21
    )
    ticks = np.asarray(d.colorbar_.get_ticks())
    step = np.diff(ticks)[0]
    assert f"{step:.0e}"[0] in "125"
    np.testing.assert_allclose(ticks / step, np.round(ticks / step), atol=1e-6)
    d.figure_.canvas.draw()
    assert all(len(t.get_text()) <= 5 for t in d.colorbar_.ax.get_yticklabels())
