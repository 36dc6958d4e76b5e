"""What is drawn and what the hover says are the library's."""

import numpy as np
import pytest

from softlearn import softmax
from softlearn.data import as_rows
from softlearn.networks import Network, objective_of
from softlearn.playground import Session
from softlearn.playground.fitted import estimator_of
from softlearn.playground.planes import middles, planes_of
from softlearn.playground.settings import Model
from softlearn.playground.training import start_of

EXTENT = (-3.0, 3.0, -3.0, 3.0)


def trained(preset, steps=200):
    session = Session(preset)
    session.handle({"type": "run"})
    session.advance(steps)
    return session


@pytest.mark.parametrize("preset", ["c3-linear", "c6-hidden", "c2-logistic", "none-of-these"])
def test_the_drawn_classes_are_what_predict_says(preset):
    session = trained(preset)
    frame, net = session.frame(frozenset({"planes"}), 128), estimator_of(session.work)
    points = middles(EXTENT, 128)
    predicted = (
        np.searchsorted(net.classes_, net.predict(points))
        if net.classes_[0] == 1
        else (np.array([net.classes_.tolist().index(c) for c in net.predict(points)]))
    )
    np.testing.assert_array_equal(frame.argmax.ravel(), predicted)
    P = net.predict_proba(points).T.reshape(-1, 128, 128)
    assert np.abs(frame.probabilities - P).max() < 1e-4  # a byte is 4e-3
    assert (frame.train_cost, frame.step) == (session.work.measure().cost, 200)


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("hidden", [(), (8,), (8, 8), (32, 32, 32, 32)])
@pytest.mark.parametrize("scale", [0.0, 1.0, 20.0, 1e4])
def test_the_drawn_classes_are_exact_though_pictures_are_float32(activation, hidden, scale):
    model = Model(6, hidden, activation)
    w = start_of(model) * scale
    network = Network(model.sizes, activation)
    Z = network.logits(as_rows(middles(EXTENT, 64)).block(slice(0, 64 * 64)), w)
    drawn = planes_of(model, w, EXTENT, 64).argmax.ravel()
    top = np.sort(Z, axis=0)
    sure = top[-1] - top[-2] > 1e-12 * (1.0 + np.abs(Z).max())  # else rounding decides
    np.testing.assert_array_equal(drawn[sure], Z.argmax(0)[sure])


def test_pixels_are_asked_in_their_middles_from_the_top_on():
    points = middles((0.0, 4.0, 10.0, 12.0), 2)
    assert points.tolist() == [[1.0, 11.5], [3.0, 11.5], [1.0, 10.5], [3.0, 10.5]]


def test_unit_maps_are_the_activations_of_all_hidden_layers():
    session = trained("c6-hidden")
    units = session.frame(frozenset({"units"}), 128).units
    assert units.shape == (16, 32, 32)
    (event,) = session.handle({"type": "probe", "xy": middles(EXTENT, 32)[40].tolist()})
    a = np.concatenate([layer["a"] for layer in event["layers"][:2]])
    np.testing.assert_allclose(units.reshape(16, -1)[:, 40], a, rtol=1e-14)
    assert Session().frame(frozenset({"units"}), 32).units.shape == (0, 32, 32)


@pytest.mark.parametrize("preset", ["c3-linear", "spiral", "c2-logistic"])
def test_the_hover_says_what_predict_log_proba_says(preset):
    session = trained(preset, 500)
    net = estimator_of(session.work)
    for xy in np.random.default_rng(0).uniform(-3, 3, (20, 2)):
        (event,) = session.handle({"type": "probe", "xy": xy.tolist()})
        assert event["log_a"] == net.predict_log_proba([xy])[0].tolist()
        assert event["a"] == net.predict_proba([xy])[0].tolist()
        assert net.classes_[event["argmax"]] == net.predict([xy])[0]
        assert event["sum"] == sum(event["t"]) or len(event["t"]) > 2
        assert (event["label"], event["loss"], event["backward"]) == (None, None, None)


def test_the_way_back_is_the_gradient_of_one_point():
    session = trained("c6-hidden")
    (event,) = session.handle({"type": "probe", "point": 4})
    work = session.work
    xy, label = work.points.xy[4], work.points.label[4]
    J = objective_of(as_rows(xy[None]), np.array([label]), Network((2, 8, 8, 6), "tanh"))
    at = J.at(work.w)
    W, b = work.training.plan.split(at.grad)
    for layer, dW, db in zip(event["backward"], reversed(W), reversed(b), strict=True):
        np.testing.assert_allclose(layer["dW"], dW, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(layer["db"], db, rtol=1e-12, atol=1e-300)
        assert layer["W_shape"] == list(dW.shape)
    assert event["loss"] == pytest.approx(at.value, rel=1e-12)
    assert event["y"] == [float(k == label) for k in range(6)]
    np.testing.assert_allclose(event["dz"], np.array(event["a"]) - event["y"], atol=1e-15)


def test_with_two_classes_softmax_is_logistic():
    (event,) = trained("c2-logistic").handle({"type": "probe", "xy": [0.3, -0.2]})
    assert event["logistic"]["margin"] == event["z"][1] - event["z"][0]
    assert event["logistic"]["sigma"] == pytest.approx(event["a"][1], rel=1e-15)


def test_the_softmax_of_any_logits_is_the_librarys():
    (event,) = Session().handle({"type": "softmax", "z": [5, 2, -1, 3]})
    assert event["a"] == softmax([5.0, 2.0, -1.0, 3.0]).tolist()
    assert event["hardmax"] == [1.0, 0.0, 0.0, 0.0]
    (event,) = Session().handle({"type": "softmax", "z": [1000, -1000]})
    assert (event["t"], event["log_a"][1]) == ([None, 0.0], -2000.0)


def test_weights_edited_by_hand_are_where_they_should_be():
    session = Session("c6-hidden")
    session.handle({"type": "weight", "layer": 2, "i": 3, "j": 5, "value": 7.5})
    session.handle({"type": "weight", "layer": 3, "i": 1, "j": -1, "value": -2.5})
    session.handle({"type": "view", "weights": True})
    layers = session.progress(0)["weights"]
    assert layers[1]["W"][3][5] == 7.5
    assert layers[2]["b"][1] == -2.5
