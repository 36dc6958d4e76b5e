"""The session: commands in, events and frames out."""

import json

import numpy as np
import pytest

from softlearn import SoftmaxNetwork
from softlearn.playground import Session


def one(session, **message):
    """Return the only event that a message gives."""
    (event,) = session.handle(message)
    return event


def test_the_state_is_json_and_says_what_there_is():
    state = Session().handle({"type": "hello"})[0]
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert state["type"], state["convex"] == ("state", True)
    assert len(state["points"]["xy"]) == state["data"]["count"] == 300
    assert {p["classes"] for p in state["presets"]} == {2, 3, 4, 5, 6}


@pytest.mark.parametrize("name", ["adam", "momentum", "rmsprop", "descent"])
@pytest.mark.parametrize("batch", [0, 64])
def test_training_is_that_of_the_network_with_the_same_settings(name, batch):
    from softlearn.solve import Adam, GradientDescent, Momentum, RMSprop

    rules = {
        "adam": Adam(0.3),
        "momentum": Momentum(0.3),
        "rmsprop": RMSprop(0.03, beta=0.999),
        "descent": GradientDescent(0.3),
    }
    session = Session("c3-hidden")
    session.handle(
        {"type": "optimizer", "name": name, "batch": batch, "lr": rules[name].learning_rate}
    )
    for _ in range(5):
        session.handle({"type": "epoch"})
    X, y = session.work.training.X, session.work.training.y
    net = SoftmaxNetwork(
        (8,), "tanh", solver=rules[name], batch_size=batch or len(y), max_iter=5, alpha=0.0,
        random_state=0, center=False, n_iter_no_change=9,
    ).fit(X, y)  # fmt: skip
    np.testing.assert_array_equal(net._network()[1], session.work.w)


def test_steps_are_the_same_however_they_are_asked_for():
    ends = []
    for slices in ([137], [1] * 137, [60, 7, 70]):
        session = Session("c3-hidden")
        session.handle({"type": "optimizer", "batch": 50})
        session.handle({"type": "run"})
        for n in slices:
            assert session.advance(n) == []
        ends.append((session.work.w.tobytes(), str(session.work.history)))
    assert ends[0] == ends[1] == ends[2]
