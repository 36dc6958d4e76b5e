"""The exact optimum without a hidden layer, and races of optimizers."""

import json

import numpy as np
import pytest

from softlearn import SoftmaxRegression
from softlearn.landscape import surfaces
from softlearn.playground import Session
from softlearn.solve import Adam, GradientDescent, Momentum, RMSprop


def one(session, kind, **values):
    """Return the only event that a message gives."""
    (event,) = session.handle({"type": kind, **values})
    assert event["type"] != "error", event
    return event


@pytest.mark.parametrize("preset", ["c3-linear", "c2-logistic", "c6-linear"])
def test_the_optimum_is_that_of_softmax_regression(preset):
    session = Session(preset)
    one(session, "optimizer", l2=0.01)
    event = one(session, "solve")
    X, y = session.work.training.X, session.work.training.y
    model = SoftmaxRegression(C=event["C"], tol=1e-9).fit(X, y)
    assert event["cost"] == pytest.approx(model.objective_, rel=1e-9)
    assert event["proven"]
    assert event["bound"] <= event["cost"]
    assert event["gap_relative"] <= 1e-9
    assert json.dumps(event, allow_nan=False)


def test_no_cost_on_the_way_is_below_the_bound_and_bounds_only_rise():
    session = Session("c3-linear")
    one(session, "optimizer", l2=0.01, name="momentum", lr=1.0)
    event = one(session, "solve")
    _, costs, bounds = np.array(event["path"]).T
    assert (np.diff(costs) <= 0.0).all()
    assert (np.diff(bounds) >= 0.0).all()
    assert (bounds <= event["cost"] * (1.0 + 1e-12)).all()
    one(session, "run")
    session.advance(3000)
    assert min(point[1] for point in session.work.history) >= event["bound"] * (1.0 - 1e-12)
    assert session.work.measure().cost == pytest.approx(event["cost"], rel=1e-6)


def test_the_optimum_can_be_put_in_place_and_has_no_gradient():
    session = Session("c4-linear")
    one(session, "optimizer", l2=0.01)
    event, _ = session.handle({"type": "solve", "apply": True})
    assert session.work.measure().cost == pytest.approx(event["cost"], rel=1e-13)
    assert session.work.measure().gradient_norm < 1e-6


def test_the_bound_is_forgotten_with_the_points_it_is_of():
    session = Session("c3-linear")
    event = one(session, "solve")
    one(session, "step", n=5)
    one(session, "reset")
    one(session, "optimizer", lr=1.0)
    assert session.state()["solved"] == event
    one(session, "points", op="add", xy=[[0, 0]], label=0)
    assert session.state()["solved"] is None


def test_where_classes_can_be_separated_it_says_that_there_is_no_optimum():
    session = Session("c3-linear")
    one(session, "data", noise=0.1)
    event = one(session, "solve")
    assert (event["proven"], event["status"]) == (False, "NO_FINITE_OPTIMUM")
    assert "L2 above 0" in event["text"]
    assert session.handle({"type": "solve", "apply": True})[0]["field"] == "apply"


def test_a_class_without_points_does_not_spoil_the_bound():
    session = Session("c3-linear")
    one(session, "optimizer", l2=0.01)
    one(session, "points", op="erase", xy=[0.0, -1.8], radius=1.0)
    one(session, "model", classes=4) if False else None
    one(session, "points", op="add", xy=[[0.0, 0.0]], label=1)
    one(session, "points", op="relabel", xy=[0.0, 0.0], radius=9.0, label=0)
    assert session.handle({"type": "solve"})[0]["code"] == "state"
    one(session, "points", op="relabel", xy=[2.0, 0.0], radius=1.5, label=1)
    event = one(session, "solve")
    assert event["proven"]
    one(session, "run")
    session.advance(2000)
    assert session.work.measure().cost >= event["bound"]


def test_a_hidden_layer_has_no_proof():
    (event,) = Session("c3-hidden").handle({"type": "solve"})
    assert (event["type"], event["field"]) == ("error", "hidden")


RULES = [
    GradientDescent(0.05), Momentum(0.05), Momentum(0.05, form="sum"), RMSprop(0.05), Adam(0.05),
]  # fmt: skip


def test_a_race_is_the_runs_of_the_librarys_rules():
    event = one(Session(), "race", surface="saddle", steps=200)
    reached = [run["reached"] for run in event["runs"]]
    assert [reached[k] for k in (0, 1, 3, 4)] == [84, 124, 15, 26]  # as docs/landscape.md has them
    for run, rule in zip(event["runs"], RULES, strict=True):
        w, state = np.array([1.5, 0.001]), rule.init(np.zeros(2))
        for at, cost in zip(run["path"], run["cost"], strict=True):
            np.testing.assert_array_equal(at, w)
            assert cost == surfaces.saddle(w)
            step, state = rule.update(surfaces.saddle.at(w).grad, state, w)
            w = w + step


def test_long_paths_are_thinned_and_say_which_steps_they_show():
    event = one(Session(), "race", surface="plateau", steps=3000)
    run = event["runs"][0]
    assert run["reached"] is None
    assert len(run["at"]) == len(run["path"]) == len(run["cost"]) <= 600
    assert (run["at"][0], run["at"][-1]) == (0, 3000)
    assert [run["reached"] for run in event["runs"][3:]] == [40, 78]


def test_from_the_ridge_only_a_nudge_leads_away():
    still = one(Session(), "race", surface="saddle", start=[1.5, 0.0], steps=300)
    assert all(run["reached"] is None for run in still["runs"])
    moved = one(Session(), "race", surface="saddle", start=[1.5, 0.0], steps=300, nudge=0.01)
    assert all(run["reached"] and run["nudged"] for run in moved["runs"])
    assert "one random step" in moved["note"]["en"]


def test_the_quadratic_of_the_course():
    event = one(Session(), "race", surface="quadratic", steps=1000)
    run = event["runs"][0]
    assert run["path"][1] == [pytest.approx(0.1)]
    assert event["surface"]["formula"] == "w^2 - 10 w + 25"
    assert len(event["surface"]["grid"]["values"]) == 1


def test_a_rate_that_is_too_large_leaves_the_numbers_and_says_so():
    fast = [{"name": "descent", "lr": 10.0}]
    (run,) = one(Session(), "race", surface="ellipse", optimizers=fast)["runs"]
    assert "rate is too large" in run["text"]
    assert json.dumps(run, allow_nan=False)


@pytest.mark.parametrize("surface", ["bowl", "ellipse", "saddle", "plateau"])
def test_the_grid_of_a_surface_begins_with_the_smallest_w1_and_w2(surface):
    event = one(Session(), "race", surface=surface, steps=1)["surface"]
    x0, x1, y0, _ = event["extent"]
    values = event["grid"]["values"]
    J = surfaces.bowl if surface == "ellipse" else getattr(surfaces, surface)
    if surface != "bowl":
        assert values[0][0] == J(np.array([x0, y0]))
        assert values[0][-1] == J(np.array([x1, y0]))
    assert {mark["kind"] for mark in event["marks"]} >= {"minimum"}


def test_on_the_network_the_race_is_training():
    session = Session("c3-hidden")
    adam = [{"name": "adam", "lr": 0.03}, {"name": "descent", "lr": 0.03}]
    event = one(session, "race", surface="network", optimizers=adam, steps=40)
    one(session, "optimizer", name="adam", lr=0.03)
    one(session, "step", n=40)
    assert event["runs"][0]["cost"][-1] == pytest.approx(session.work.measure().cost, rel=1e-9)
    assert event["runs"][0]["cost"][0] == event["runs"][1]["cost"][0]
    assert min(event["explained"]) > 0.5
    x0, x1, y0, y1 = event["surface"]["extent"]
    for run in event["runs"]:
        at = np.array(run["path"])
        assert ((at >= [x0, y0]) & (at <= [x1, y1])).all()


def test_the_argument_of_two_to_the_minus_d_is_counted():
    event = one(Session(), "count", dimension=2)
    assert event["minima"] <= event["draws"]
    assert event["low"] <= event["share"] <= event["high"]
    assert event["expected"] == 0.25
    assert event["formula"] == pytest.approx(0.25, abs=0.05)
