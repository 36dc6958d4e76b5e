"""Nothing that is sent to a session breaks it."""

import json
import re

import numpy as np
import pytest
from commands import COMMANDS, MALFORMED
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample

from softlearn.playground import Limits, Session


def check(session, events):
    """Assert that events can be sent, and that a session is sound."""
    for event in events:
        json.dumps(event, allow_nan=False)
        assert event["type"]
        if event["type"] == "error":
            assert event["message"].endswith(".")
            assert "\n" not in event["message"]
            assert re.search("[가-힣]{2}.*[.]$", event["message_ko"])
    work = session.work
    label = work.points.label
    assert label.max(initial=-1) < work.model.classes == len(work.names)
    assert work.points.count <= session.limits.points
    assert np.isfinite(work.w).all()
    assert len(work.training.y) == len(work.points.part(test=False)[1])


@pytest.mark.timeout(3600)
@settings(max_examples=sample(40, 1000))
@given(st.lists(COMMANDS, max_size=12), st.sampled_from(["c3-linear", "c3-hidden", "moons"]))
def test_a_session_survives_any_commands(commands, preset):
    session = Session(preset, limits=Limits(points=400))
    for message in commands:
        check(session, session.handle(message))
        check(session, session.advance(3))
    frame = session.frame(frozenset({"planes", "units"}), 32)
    assert frame.probabilities.shape == (session.work.model.classes, 32, 32)
    np.testing.assert_allclose(frame.probabilities.sum(0), 1.0, rtol=1e-12)
    check(session, [session.progress(0), session.state()])


@pytest.mark.timeout(3600)
@settings(max_examples=sample(40, 1000))
@given(st.lists(MALFORMED, min_size=1, max_size=8))
def test_a_malformed_message_is_refused_in_a_sentence(messages):
    session = Session(limits=Limits(points=400))
    for message in messages:
        check(session, session.handle(message))
    check(session, [session.progress(0), session.state()])


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"type": "optimizer", "lr": "fast"}, "lr"),
        ({"type": "optimizer", "lr": float("nan")}, "lr"),
        ({"type": "optimizer", "rate": 1}, "rate"),
        ({"type": "optimizer", "beta": 1}, "beta"),
        ({"type": "model", "classes": 7}, "classes"),
        ({"type": "model", "classes": True}, "classes"),
        ({"type": "model", "hidden": [8, 33]}, "hidden"),
        ({"type": "model", "hidden": [1] * 5}, "hidden"),
        ({"type": "data", "n": 5001}, "n"),
        ({"type": "data", "preset": "cats"}, "preset"),
        ({"type": "points", "op": "add", "xy": [[0, 0]], "label": 3}, "label"),
        ({"type": "points", "op": "add", "xy": [[0]], "label": 0}, "xy"),
        ({"type": "points", "op": "undo"}, "op"),
        ({"type": "points"}, "op"),
        ({"type": "weight", "layer": 2, "i": 0, "j": 0, "value": 0}, "layer"),
        ({"type": "view", "grid": 100}, "grid"),
        ({"type": "step", "n": 0}, "n"),
        ({"type": "race", "surface": "moon"}, "surface"),
        ({"type": "count", "dimension": 13}, "dimension"),
        ({"type": "export", "what": "gold"}, "what"),
        ({"type": "unpin"}, "id"),
        ({"type": "dance"}, "type"),
    ],
)
def test_an_error_names_the_field(message, field):
    session = Session()
    before = session.work.w.tobytes(), session.state()
    (event,) = session.handle(message)
    assert (event["type"], event["field"]) == ("error", field), event
    assert event["message"].endswith(".")
    assert (session.work.w.tobytes(), session.state()) == before


def test_there_is_room_for_so_many_points():
    session = Session(limits=Limits(points=301))
    two = {"type": "points", "op": "add", "xy": [[0, 0], [1, 1]], "label": 0}
    (event,) = session.handle(two)
    assert event["code"] == "limit"
    assert session.work.points.count == 300


def test_painting_without_end_takes_no_more_memory():
    session = Session(limits=Limits(points=320))
    for _ in range(100):
        session.handle({"type": "points", "op": "add", "xy": [[0.0, 0.0]] * 20, "label": 0})
        session.handle({"type": "points", "op": "undo"})
        session.handle({"type": "step"})
    assert len(session.work.points.label) <= 4 * 320
    assert len(session.work.journal.entries) <= 410
    assert session.work.points.count == 300


def test_weights_beyond_all_measure_are_drawn_and_told_without_an_exception():
    session = Session("c6-hidden")
    session.handle({"type": "model", "activation": "identity"})
    (event,) = session.handle({"type": "export", "what": "json"})
    kept = json.loads(event["text"])
    kept["weights"]["w"] = [1e100 * (-1) ** k for k in range(len(session.work.w))]
    check(session, session.handle({"type": "restore", "state": kept}))
    frame = session.frame(frozenset({"planes", "units"}), 64)
    assert np.isfinite(frame.probabilities).all()
    assert np.isfinite(frame.units).all()
    for message in [
        {"type": "probe", "xy": [1, 2]},
        {"type": "probe", "point": 0},
        {"type": "step"},
        {"type": "pin"},
        {"type": "race", "surface": "network", "steps": 3},
        {"type": "export", "what": "python"},
        {"type": "export", "what": "link"},
        {"type": "view", "weights": True},
    ]:
        check(session, session.handle(message))
    check(session, [session.progress(0), session.state()])
