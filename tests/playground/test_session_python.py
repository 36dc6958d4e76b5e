"""What is taken away makes the same bits again: as Python, as JSON, as a link."""

import base64
import json

import numpy as np
import pytest
from commands import CHANGES
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample

from softlearn.playground import Limits, Session

LATER = CHANGES.filter(lambda m: m.get("op") not in ("undo", "redo"))  # what is kept has no past


def exported(session, what):
    (event,) = session.handle({"type": "export", "what": what})
    assert event["type"] == "export", event
    return event["text"]


def weights_of(program):
    """Return the weights that a program makes."""
    names = {}
    exec(compile(program, "playground.py", "exec"), names)
    return names["state"].w


def restored(session, what):
    """Return another session with what was kept of this one."""
    text = exported(session, what)
    if what == "link":
        text = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    other = Session(limits=session.limits)
    (state,) = other.handle({"type": "restore", "state": json.loads(text)})
    assert state["type"] == "state", state
    return other


def assert_same(one, two):
    a, b = one.work, two.work
    for x, y in zip(a.training.state, b.training.state, strict=True):
        assert x.tobytes() == y.tobytes()
    for x, y in zip(a.points.part(False), b.points.part(False), strict=True):
        assert x.tobytes() == y.tobytes()
    assert a.points.facts() == b.points.facts()
    facts = "step epoch position model optimizer"
    assert [getattr(a.training, f) for f in facts.split()] == [
        getattr(b.training, f) for f in facts.split()
    ]
    assert (a.history, a.names, a.extent, a.units) == (b.history, b.names, b.extent, b.units)
    assert (a.data, a.given, a.edited) == (b.data, b.given, b.edited)


@pytest.mark.timeout(3600)
@settings(max_examples=sample(20, 200))
@given(st.lists(CHANGES, max_size=20), st.lists(LATER, max_size=4))
def test_python_file_and_link_give_the_same_bits_after_any_changes(before, after):
    session = Session("c3-hidden", limits=Limits(points=300))
    for message in before:
        session.handle(message)
    assert weights_of(exported(session, "python")).tobytes() == session.work.w.tobytes()
    others = [restored(session, what) for what in ("json", "link")]
    for other in others:
        assert_same(session, other)
    for message in after:
        for each in (session, *others):
            each.handle(message)
    for other in others:
        assert_same(session, other)
        assert weights_of(exported(other, "python")).tobytes() == session.work.w.tobytes()


def eventful():
    """Return a session in which everything was changed while it was training."""
    session = Session("c3-hidden")
    for message in [
        {"type": "step", "n": 40},
        {"type": "optimizer", "batch": 32, "lr": 0.01},
        {"type": "step", "n": 9},
        {"type": "points", "op": "add", "xy": [[0.1, -0.3], [1.0, 1.0]], "label": 2},
        {"type": "step", "n": 5},
        {"type": "weight", "layer": 1, "i": 3, "j": -1, "value": 1.5},
        {"type": "optimizer", "name": "momentum", "average": False},
        {"type": "step", "n": 3},
        {"type": "points", "op": "relabel", "xy": [0, 0], "radius": 1.0, "label": 1},
        {"type": "nudge"},
        {"type": "nudge"},
        {"type": "optimizer", "batch": 64},
        {"type": "optimizer", "batch": 32},
        {"type": "step", "n": 11},
        {"type": "points", "op": "undo"},
        {"type": "step", "n": 7},
    ]:
        (event,) = session.handle(message)
        assert event["type"] != "error", event
    return session


def test_the_program_is_short_and_calls_the_library():
    session = Session("c3-linear")
    session.handle({"type": "step", "n": 1000})
    program = exported(session, "python")
    assert len(program.splitlines()) < 35
    assert "trainer_for(plan, state)" in program
    assert "train(1000, lr=0.03)" in program
    assert max(map(len, program.splitlines())) <= 100


def test_an_eventful_run_is_a_program_to_the_last_bit():
    session = eventful()
    program = exported(session, "python")
    assert weights_of(program).tobytes() == session.work.w.tobytes()
    assert max(map(len, program.splitlines())) <= 100


def test_points_of_ones_own_are_in_the_program():
    xy = np.random.default_rng(0).normal(size=(70, 2)) * 30.0
    points = {"xy": xy, "label": np.arange(70) % 4, "names": list("abcd"), "axes": ("u", "v")}
    session = Session(points=points)
    session.handle({"type": "step", "n": 30})
    assert weights_of(exported(session, "python")).tobytes() == session.work.w.tobytes()
    assert_same(session, restored(session, "json"))
    assert_same(session, restored(session, "link"))


def test_how_points_of_ones_own_are_held_out_is_kept():
    session = Session("c3-linear")
    for message in [
        {"type": "data", "test": 0.0, "seed": 3},
        {"type": "points", "op": "import", "text": "0,0,1\n1,1,2\n"},
    ]:
        session.handle(message)
    others = [restored(session, what) for what in ("json", "link")]
    for message in [
        {"type": "points", "op": "import", "text": "0,0,1\n1,1,2\n2,1,2\n"},
        {"type": "data"},
        {"type": "step"},
    ]:
        for each in (session, *others):
            each.handle(message)
    for other in others:
        assert_same(session, other)


def test_a_long_story_of_steps_alone_keeps_the_presets_points():
    session = Session("moons")
    for k in range(450):
        session.handle({"type": "step"})
        session.handle({"type": "optimizer", "batch": 16 + k % 2})
    assert len(session.work.journal.entries) < 410
    assert not session.work.edited
    other = restored(session, "json")
    assert_same(session, other)
    for each in (session, other):
        each.handle({"type": "model", "classes": 3})
        each.handle({"type": "step"})
    assert_same(session, other)


def test_a_long_story_begins_with_weights_as_they_are():
    session = Session("moons")
    for k in range(300):
        session.handle({"type": "points", "op": "add", "xy": [[k / 100, 0.0]], "label": k % 2})
        session.handle({"type": "step"})
    assert len(session.work.journal.entries) < 410
    assert weights_of(exported(session, "python")).tobytes() == session.work.w.tobytes()
    assert_same(session, restored(session, "json"))


def test_a_link_is_short_and_leaves_out_what_can_be_made_again():
    session = eventful()
    link = exported(session, "link")
    assert len(link) < 3000
    kept = json.loads(base64.urlsafe_b64decode(link + "==="))
    assert "weights" not in kept
    session.handle({"type": "model", "hidden": [32, 32, 32, 32]})
    session.work.journal.train(10**9)  # as if there had been so many steps
    kept = json.loads(base64.urlsafe_b64decode(exported(session, "link") + "==="))
    assert len(kept["weights"]["w"]) == len(session.work.w)
    del kept["weights"]
    (event,) = Session().handle({"type": "restore", "state": kept})
    assert (event["code"], event["field"]) == ("limit", "steps")


def test_what_was_kept_is_json_that_a_browser_may_have_read():
    kept = json.loads(exported(eventful(), "json"))
    other = Session()
    as_in_javascript = json.loads(json.dumps(kept), parse_float=lambda t: _number(float(t)))
    other.handle({"type": "restore", "state": as_in_javascript})
    assert_same(eventful(), other)


def _number(x):
    """Return a whole number as JavaScript writes it: without its point."""
    return int(x) if x.is_integer() and x else x


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda kept: kept.update(format=2), "format"),
        (lambda kept: kept.update(journal=3), "journal"),
        (lambda kept: kept["journal"].append({"do": "format the disk"}), "do"),
        (lambda kept: kept["journal"].append({"do": "train", "steps": -1}), "steps"),
        (lambda kept: kept["journal"].append({"do": "add", "xy": [[0, 0]], "label": 7}), "label"),
        (lambda kept: kept["weights"]["w"].pop(), "w"),
        (lambda kept: kept["weights"].update(position=99), "position"),
        (lambda kept: kept.update(names=["a"]), "names"),
        (lambda kept: kept.update(extent=[0, 0, 0, 0]), "extent"),
        (lambda kept: kept.update(history=[[1, 2]]), "history"),
        (lambda kept: kept.update(units={"x": 1}), "units"),
    ],
)
def test_what_is_no_session_is_refused_and_all_stays(change, word):
    session = Session()
    before = session.state()
    kept = json.loads(exported(eventful(), "json"))
    change(kept)
    (event,) = session.handle({"type": "restore", "state": kept})
    assert (event["type"], event["field"]) == ("error", word), event
    assert session.state() == before


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("batch", [0, 30])
@pytest.mark.parametrize(
    "settings",
    [
        {"name": "adam", "l2": 0.1},
        {"name": "momentum", "average": False},
        {"name": "momentum", "lr": 1e-6},
        {"name": "rmsprop"},
        {"name": "descent"},
    ],
    ids=lambda s: s["name"],
)
def test_a_run_that_was_not_interrupted_is_a_fit(settings, batch):
    session = Session("c3-hidden")
    session.handle({"type": "points", "op": "add", "xy": [[0.0, 0.5]], "label": 1})
    session.handle({"type": "points", "op": "erase", "xy": [1.0, 1.0], "radius": 0.4})
    session.handle({"type": "optimizer", "batch": batch, **settings})
    for _ in range(4):
        session.handle({"type": "epoch"})
    (event,) = session.handle({"type": "export", "what": "python"})
    names = {}
    exec(event["short"], names)
    assert names["net"]._network()[1].tobytes() == session.work.w.tobytes()
    session.handle({"type": "optimizer", "lr": 0.001})
    session.handle({"type": "epoch"})
    (event,) = session.handle({"type": "export", "what": "python"})
    assert event["short"] is None


@pytest.mark.parametrize("steps", [0, 3])
def test_much_painting_and_nudging_is_told_in_few_entries(steps):
    session = Session("moons")
    if steps:
        session.handle({"type": "step", "n": steps})
    for k in range(450):
        session.handle({"type": "points", "op": "add", "xy": [[k / 200, 0.0]], "label": k % 2})
        if steps:
            session.handle({"type": "nudge", "size": 0.01})
    session.handle({"type": "step", "n": 2})
    assert len(session.work.journal.entries) < 410
    assert session.work.points.count == 750
    assert weights_of(exported(session, "python")).tobytes() == session.work.w.tobytes()
    assert_same(session, restored(session, "json"))
    assert steps or "initial_parameters" in exported(session, "python")
    session.handle({"type": "points", "op": "undo"})
    assert session.work.points.count == 749
