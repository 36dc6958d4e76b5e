"""The session: it trains, stops and tells as the library does."""

import json

import numpy as np
import pytest

from softlearn import SoftmaxNetwork, cross_entropy
from softlearn.data import as_rows
from softlearn.networks import Network, objective_of
from softlearn.playground import Limits, Session
from softlearn.playground.presets import PRESETS
from softlearn.playground.settings import StopWhen
from softlearn.solve import Adam, GradientDescent, Momentum, RMSprop


def one(session, kind, **values):
    """Return the only event that a message gives."""
    (event,) = session.handle({"type": kind, **values})
    assert event["type"] != "error", event
    return event


def ran(preset="c3-hidden", steps=50, **optimizer):
    """Return a session after some steps."""
    session = Session(preset)
    one(session, "optimizer", **optimizer)
    one(session, "run")
    assert session.advance(steps) == []
    return session


def test_the_state_is_json_and_says_what_there_is():
    state = one(Session(), "hello")
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert (state["type"], state["convex"], state["running"]) == ("state", True, False)
    assert len(state["points"]["xy"]) == state["data"]["count"] == 300
    assert sum(state["points"]["test"]) == 90
    assert {p["classes"] for p in state["presets"]} == {2, 3, 4, 5, 6}


@pytest.mark.parametrize("batch", [0, 64])
@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        (Adam(0.1), {"name": "adam", "lr": 0.1}),
        (Momentum(0.5), {"name": "momentum", "lr": 0.5}),
        (Momentum(0.05, form="sum"), {"name": "momentum", "lr": 0.05, "average": False}),
        (RMSprop(0.03), {"name": "rmsprop", "lr": 0.03, "beta2": 0.9}),
        (GradientDescent(0.5), {"name": "descent", "lr": 0.5}),
    ],
)
def test_training_is_that_of_the_network_with_the_same_settings(rule, settings, batch):
    session = Session("c3-hidden")
    one(session, "optimizer", batch=batch, l2=0.125, **settings)
    for _ in range(6):
        session.handle({"type": "epoch"})
    X, y = session.work.training.X, session.work.training.y
    size = batch or len(y)
    net = SoftmaxNetwork(
        (8,), "tanh", solver=rule, batch_size=size, max_iter=6, alpha=0.125 * size,
        random_state=0, center=False, n_iter_no_change=9,
    ).fit(X, y)  # fmt: skip
    np.testing.assert_array_equal(net._network()[1], session.work.w)


@pytest.mark.parametrize("slices", [[1] * 137, [60, 7, 70]])
@pytest.mark.parametrize("batch", [0, 50])
def test_steps_are_the_same_however_they_are_asked_for(slices, batch):
    whole, parts = ran(steps=137, batch=batch), ran(steps=0, batch=batch)
    for n in slices:
        parts.advance(n)
    assert parts.work.w.tobytes() == whole.work.w.tobytes()
    assert parts.work.history == whole.work.history
    assert parts.progress(0)["epoch"] == whole.progress(0)["epoch"]


def test_cost_and_gradient_are_those_of_the_library():
    session = ran(l2=0.01, batch=30)
    train, X, y = session.work.measure(), session.work.training.X, session.work.training.y
    at = objective_of(as_rows(X), y, Network((2, 8, 3), "tanh"), l2=0.01).at(session.work.w)
    assert train.cost == pytest.approx(at.value, rel=1e-13)
    assert train.gradient_norm == pytest.approx(np.linalg.norm(at.grad), rel=1e-11)
    held, labels = session.work.points.part(test=True)
    Z = Network((2, 8, 3), "tanh").logits(as_rows(held).block(slice(0, len(held))), session.work.w)
    progress = session.progress(0)
    assert progress["test"]["cost"] == pytest.approx(cross_entropy(Z.T, labels).mean(), rel=1e-13)
    assert progress["test"]["accuracy"] == (Z.argmax(0) == labels).mean()
    assert np.sum(progress["train"]["confusion"]) == len(y)


def test_an_optimizer_is_kept_while_its_parameters_change_and_begins_anew_as_another():
    session = ran(steps=20)
    m = session.work.training.state.m.copy()
    one(session, "optimizer", lr=0.5, beta=0.8, batch=32, l2=0.1)
    assert session.work.training.state.m.tobytes() == m.tobytes()
    assert session.work.training.state.steps[0] == session.step == 20
    w = session.work.w.copy()
    one(session, "optimizer", name="momentum")
    assert not session.work.training.state.m.any()
    assert session.work.w.tobytes() == w.tobytes()
    assert session.step == 20


def test_reset_gives_the_weights_of_the_seed_again():
    session = Session("spiral")
    first = session.work.w.copy()
    one(session, "step", n=9)
    one(session, "zero")
    assert one(session, "reset")["step"] == 0
    assert session.work.w.tobytes() == first.tobytes()
    one(session, "model", seed=1)
    assert session.work.w.tobytes() != first.tobytes()


@pytest.mark.parametrize(
    ("rule", "word"), [({"cost": 0.3}, "cost"), ({"accuracy": 0.9}, "right"), ({"steps": 77}, "77")]
)
def test_a_run_stops_when_it_should_however_it_is_sliced(rule, word):
    ends = []
    for slices in ([5000], [13] * 400):
        session = Session("c3-linear")
        one(session, "stop_when", **rule)
        one(session, "run")
        (event,) = [event for n in slices for event in session.advance(n)]
        assert event["kind"] == "stopped"
        assert word in event["why"]
        assert not session.running
        ends.append((session.step, session.work.w.tobytes()))
    assert ends[0] == ends[1]
    assert session.stop_when == StopWhen(**rule)


def test_a_diverging_run_stops_at_the_last_finite_weights():
    session = Session("c3-hidden")
    one(session, "model", activation="identity")
    one(session, "optimizer", name="descent", lr=1e6, l2=100.0)
    one(session, "run")
    (event,) = session.advance(5000)
    assert (event["type"], event["kind"], session.running) == ("event", "diverged", False)
    assert np.isfinite(session.work.w).all()
    assert json.dumps(session.progress(0), allow_nan=False)


def test_without_points_nothing_runs():
    session = Session()
    one(session, "run")
    one(session, "points", op="clear")
    (event,) = session.advance(10)
    assert "no points" in event["why"]
    assert session.handle({"type": "run"})[0]["code"] == "state"


def test_the_curve_has_a_point_for_each_step_at_first_and_ever_fewer_later():
    session = ran(steps=4000, batch=64)
    steps = [point[0] for point in session.work.history]
    assert steps[:129] == list(range(129))
    assert max(np.diff(steps)) <= 4000 / 64
    assert len(steps) < 128 * 7
    assert session.progress(3000)["history"] == [p for p in session.work.history if p[0] > 3000]


def test_points_are_painted_erased_and_undone_while_training_goes_on():
    session = ran(steps=10)
    before = session.work.points.facts()
    one(session, "points", op="add", xy=[[0.5, 0.5], [1.0, 1.0]], label=2)
    event = one(session, "points", op="relabel", xy=[0.5, 0.5], radius=0.01, label=0)
    assert event["points"]["label"][-2:] == [0, 2]
    assert (event["count"], event["undo"], event["redo"]) == (302, 2, 0)
    assert session.advance(5) == []
    one(session, "points", op="erase", xy=[0.0, 0.0], radius=9.0)
    for _ in range(3):
        event = one(session, "points", op="undo")
    assert event["points"] == before
    for _ in range(2):
        event = one(session, "points", op="redo")
    assert event["points"]["label"][-2:] == [0, 2]
    assert session.step == 15


def test_what_one_stroke_did_is_undone_as_one():
    session = Session("c3-linear")
    before = session.work.points.facts()
    for x in (0.0, 0.5, 1.0):
        event = one(session, "points", op="add", xy=[[x, 2.5]], label=0, stroke=1)
    assert (event["count"], event["undo"]) == (303, 1)
    painted = event["points"]
    for label in (1, 2):  # points that one stroke changed twice go back to their first label
        event = one(
            session, "points", op="relabel", xy=[0.5, 2.5], radius=0.1, label=label, stroke=2
        )
    assert event["undo"] == 2
    assert one(session, "points", op="undo")["points"] == painted
    assert one(session, "points", op="redo")["points"] == event["points"]
    event = one(session, "points", op="add", xy=[[0.0, 0.0]], label=0, stroke=2)
    assert event["undo"] == 3  # a stroke that was undone does not go on
    for _ in range(3):
        event = one(session, "points", op="undo")
    assert event["points"] == before


def test_points_of_ones_own_are_split_anew_and_never_replaced_by_a_setting():
    session = Session("c3-linear")
    text = "x,y,class\n" + "".join(f"{k / 9},{k % 7},{'abc'[k % 3]}\n" for k in range(30))
    state = one(session, "points", op="import", text=text)
    assert state["data"]["given"]
    for setting in ({"noise": 0.1}, {"n": 50}):
        (event,) = session.handle({"type": "data", **setting})
        assert "own" in event["message"]
        assert session.state()["points"] == state["points"]
    for setting in ({"test": 0.5}, {"seed": 7}, {"test": 0.0}):
        now = one(session, "data", **setting)
        assert [now["points"][k] for k in ("xy", "label")] == [
            state["points"][k] for k in ("xy", "label")
        ]
        assert sum(now["points"]["test"]) == round(30 * now["data"]["test"])
        assert now["data"]["units"] == state["data"]["units"]
        assert now["classes"]["names"] == ["a", "b", "c"]
    one(session, "step", n=20)
    kept = one(session, "export", what="json")["text"]
    other = Session()
    one(other, "restore", state=json.loads(kept))
    assert (other.work.w == session.work.w).all()
    assert not one(session, "data", preset="c3-linear")["data"]["given"]


def test_painted_points_are_never_drawn_over_by_a_setting():
    session = Session("c3-linear")
    painted = one(session, "points", op="add", xy=[[0.0, 0.0], [1.0, 0.5]], label=0)
    assert painted["given"]
    for setting in ({"noise": 0.1}, {"n": 50}):
        (event,) = session.handle({"type": "data", **setting})
        assert "own" in event["message"]
    split = one(session, "data", seed=7)
    assert [0.0, 0.0] in split["points"]["xy"]
    again = one(session, "data", preset="c3-linear")  # asked for, so the painted ones go
    assert not again["data"]["given"]
    assert [0.0, 0.0] not in again["points"]["xy"]


def test_painting_that_is_undone_leaves_the_presets_points():
    session = Session("c3-linear")
    one(session, "points", op="erase", xy=[0.5, 0.5], radius=0.5)
    assert not one(session, "points", op="undo")["given"]
    assert one(session, "data", n=50)["data"]["count"] == 50


def test_other_data_keeps_the_weights_unless_the_network_is_another_one():
    session = ran(preset="c3-linear", steps=30)
    w = session.work.w.copy()
    state = one(session, "data", preset="c3-bows", n=50, test=0.0)
    assert (state["step"], state["data"]["count"], state["preset"]) == (30, 50, "c3-bows")
    assert session.work.w.tobytes() == w.tobytes()
    state = one(session, "data", preset="c3-hidden")
    assert (state["step"], state["model"]["hidden"]) == (0, [8])
    state = one(session, "model", classes=5)
    assert state["classes"]["count"] == len(set(state["points"]["label"])) == 5


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_every_preset_has_its_classes_and_is_learned(preset):
    session = Session(preset.id)
    state = session.state()
    assert state["classes"]["count"] == preset.classes == len(set(state["points"]["label"]))
    assert np.abs(state["points"]["xy"]).max() < 5.5
    session.handle({"type": "run"})
    session.advance(1500)
    assert session.work.measure().accuracy > (0.97 if preset.hidden else 0.8)
    sample = np.array(next(p for p in state["presets"] if p["id"] == preset.id)["sample"])
    assert sample[:, :2].min() >= 0.0
    assert sample[:, :2].max() <= 1.0


def test_limits_can_be_lifted_to_ten_classes():
    session = Session(limits=Limits(classes=10))
    assert one(session, "model", classes=10)["classes"]["count"] == 10
    with pytest.raises(ValueError, match="from 2 to 10"):
        Limits(classes=11)
    with pytest.raises(ValueError, match="at most 5"):
        Session("c6-linear", limits=Limits(classes=5))
    with pytest.raises(ValueError, match="preset must be one of"):
        Session("cats")


def test_runs_are_pinned_to_be_compared():
    session = ran(steps=5)
    (pin,) = one(session, "pin")["pinned"]
    assert pin["history"] == session.work.history
    assert pin["settings"]["optimizer"]["name"] == "adam"
    for _ in range(7):
        one(session, "pin")
    assert session.handle({"type": "pin"})[0]["code"] == "limit"
    assert len(one(session, "unpin", id=1)["pinned"]) == 7
    assert len(session.state()["pinned"]) == 7
