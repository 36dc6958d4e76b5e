"""Slices hold the values of J, principal planes those of the path, filters their lengths."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_problems import network_problem
from problems import MakeProblem

from softlearn.landscape import (
    Plane,
    filter_normalised,
    principal_plane,
    random_plane,
    slice1d,
    slice2d,
    surfaces,
)


@given(st.integers(0))
def test_slices_hold_the_values_of_j(seed: int) -> None:
    J, w = network_problem("tanh", (3,), seed=seed % 1000)
    rng = np.random.default_rng(seed)
    plane = Plane(w, rng.normal(size=len(w)), rng.normal(size=len(w)))
    s, t = rng.normal(size=4), rng.normal(size=3)
    values = slice2d(J, plane, s, t)
    assert values.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            assert values[i, j] == J.at(w + s[j] * plane.d1 + t[i] * plane.d2).value
    line = slice1d(J, w, plane.d1, s)
    np.testing.assert_array_equal(line, [J.at(w + a * plane.d1).value for a in s])


def test_slices_of_plain_functions_need_no_gradient_however_many_parameters() -> None:
    w, d = np.zeros(1000), np.ones(1000)
    np.testing.assert_array_equal(slice1d(lambda w: np.max(w), w, d, np.arange(3)), [0.0, 1.0, 2.0])
    plane = Plane(w, d, -d)
    np.testing.assert_array_equal(slice2d(lambda w: w.sum(), plane, [1.0, 3.0], [1.0]), [[0, 2000]])


def test_a_path_in_a_plane_is_explained_in_full_and_comes_back_from_its_coordinates() -> None:
    rng = np.random.default_rng(0)
    A, D = rng.normal(size=(20, 2)), rng.normal(size=(2, 30))
    path = 5.0 + A @ D
    plane, shares = principal_plane(path)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] >= shares[1]
    at, explained = plane.project(path)
    assert explained == pytest.approx(1.0)
    back = plane.origin + at[:, :1] * plane.d1 + at[:, 1:] * plane.d2
    np.testing.assert_allclose(back, path, atol=1e-12)
    np.testing.assert_array_equal(plane.origin, path[-1])


@given(st.integers(2, 20), st.integers(2, 20), st.integers(0))
def test_no_plane_through_the_end_explains_more_than_the_principal_one(
    m: int, n: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    path = rng.normal(size=(m, n)).cumsum(axis=0)
    plane, shares = principal_plane(path)
    _, explained = plane.project(path)
    assert explained == pytest.approx(shares.sum())
    other = Plane(path[-1], *rng.normal(size=(2, n)))
    at, less = other.project(path)
    assert less <= explained + 1e-12
    back = at @ np.stack([other.d1, other.d2])
    rest = path - path[-1] - back
    np.testing.assert_allclose(rest @ np.stack([other.d1, other.d2]).T, 0.0, atol=1e-9)
    np.testing.assert_allclose(
        [plane.d1 @ plane.d1, plane.d2 @ plane.d2, plane.d1 @ plane.d2], [1.0, 1.0, 0.0], atol=1e-12
    )


def test_a_path_that_goes_straight_or_nowhere_still_has_a_plane() -> None:
    straight = np.outer(np.arange(4.0), [1.0, 2.0, 2.0])
    plane, shares = principal_plane(straight)
    np.testing.assert_allclose(shares, [1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(np.abs(plane.project(straight)[0][:, 0]), [9.0, 6.0, 3.0, 0.0])
    still, shares = principal_plane(np.ones((3, 4)))
    np.testing.assert_array_equal(shares, 0.0)
    assert still.project(np.ones((3, 4)))[1] == 1.0


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_weights_into_each_unit_are_as_long_as_the_network_s(activation: str) -> None:
    J, w = network_problem(activation, (5, 4))
    plane = random_plane(J, w, seed=3)
    np.testing.assert_array_equal(plane.origin, w)
    W, _ = J.model.split(w)
    raw = np.random.default_rng(3).normal(size=(2, len(w)))
    for d, before in zip((plane.d1, plane.d2), raw, strict=True):
        D, c = J.model.split(d)
        R, _ = J.model.split(before)
        for layer in W:
            length = np.linalg.norm(D[layer], axis=1)
            np.testing.assert_allclose(length, np.linalg.norm(W[layer], axis=1))
            unit = R[layer] / np.linalg.norm(R[layer], axis=1, keepdims=True)
            np.testing.assert_allclose(D[layer] / length[:, None], unit)
            np.testing.assert_array_equal(c[layer], 0.0)
    np.testing.assert_array_equal(random_plane(J, w, seed=3).d1, plane.d1)
    assert (random_plane(J, w, seed=4).d1 != plane.d1).any()


def test_a_picture_does_not_change_when_units_of_relu_are_rescaled() -> None:
    """What filter normalisation is for (without biases, in one hidden layer)."""
    J, w = network_problem("relu", (5,), bias=False, l2=0.0)
    d = np.random.default_rng(0).normal(size=len(w))
    other, e = w.copy(), d.copy()
    for v in (other, e):
        W, _ = J.model.split(v)
        W[1] *= 10.0
        W[2] /= 10.0
    t = np.linspace(-1.0, 1.0, 5)
    values = slice1d(J, w, filter_normalised(J, w, d), t)
    np.testing.assert_allclose(slice1d(J, other, filter_normalised(J, other, e), t), values)
    assert not np.allclose(slice1d(J, other, d, t), slice1d(J, w, d, t), rtol=1e-2)


def test_linear_models_have_a_filter_for_each_class_and_other_costs_one(
    make: MakeProblem,
) -> None:
    J, w = make(), np.arange(12.0)
    d = filter_normalised(J, w, np.ones(12))
    np.testing.assert_allclose(
        np.linalg.norm(d[:9].reshape(3, 3), axis=1), np.linalg.norm(w[:9].reshape(3, 3), axis=1)
    )
    np.testing.assert_array_equal(d[9:], 0.0)
    w = np.array([3.0, 4.0])
    assert np.linalg.norm(filter_normalised(surfaces.bowl, w, np.ones(2))) == pytest.approx(5.0)
    np.testing.assert_array_equal(filter_normalised(surfaces.bowl, w, np.zeros(2)), 0.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda J: slice1d(J, [0.0, 0.0], [1.0], [0.0]), "A direction must have the shape of w"),
        (
            lambda J: slice2d(J, Plane(np.zeros(2), np.ones(2), np.ones(3)), [0.0], [0.0]),
            "must have the shape of w",
        ),
        (lambda J: slice1d(J, [0.0] * 3, [1.0] * 3, [0.0]), r"w must have shape \(2,\)"),
        (lambda J: filter_normalised(J, np.zeros(2), np.zeros(3)), "d must have the shape of w"),
        (lambda J: principal_plane([np.zeros(2)]), "two points or more"),
        (lambda J: principal_plane(np.zeros((3, 1))), "two parameters or more"),
        (lambda J: slice1d(lambda w: w, [0.0, 0.0], [1.0, 1.0], [0.0]), "must return one number"),
    ],
)
def test_what_does_not_fit_is_said(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call(surfaces.bowl)
