"""Critical points of every kind are found, each once, and nothing else is."""

import numpy as np
import pytest
from network_problems import network_problem

from softlearn.function import Function
from softlearn.landscape import critical_points, surfaces
from softlearn.protocol import F64


def starts(size: int, m: int = 20, spread: float = 1.5) -> F64:
    return spread * np.random.default_rng(0).normal(size=(m, size))


def test_the_two_minima_and_the_saddle_between_them_are_found_in_order() -> None:
    found = critical_points(surfaces.saddle, starts(2))
    assert [p.verdict.kind for p in found] == ["minimum", "minimum", "saddle"]
    np.testing.assert_allclose([p.value for p in found], [-1.0, -1.0, 0.0], atol=1e-12)
    root = 2.0**0.5
    np.testing.assert_allclose(sorted(p.w[1] for p in found), [-root, 0.0, root], atol=1e-9)


def test_a_plain_function_s_maximum_minima_and_saddles_are_found() -> None:
    """J = cos w1 + cos w2 has a maximum at 0, a minimum at (pi, pi), saddles between."""
    corners = np.array([[0.2, -0.1], [3.0, 0.2], [0.1, 3.2], [3.3, 3.0]])
    found = critical_points(lambda w: np.cos(w).sum(), corners)
    assert [p.verdict.kind for p in found] == ["minimum", "saddle", "saddle", "maximum"]
    assert [p.verdict.index for p in found] == [0, 1, 1, 2]
    for p in found:
        np.testing.assert_allclose(np.sin(p.w), 0.0, atol=1e-8)


def test_where_the_gradient_is_short_but_not_zero_there_is_none() -> None:
    """J = w1^2 + w2 + w2^3 falls everywhere; its gradient is shortest at 0."""
    falling = critical_points(lambda w: w[0] ** 2 + w[1] + w[1] ** 3, starts(2, 5))
    assert falling == []
    assert critical_points(surfaces.plateau, np.array([[3.5, 3.0]])) == []


def test_degenerate_ones_are_found_too() -> None:
    found = critical_points(surfaces.monkey_saddle, starts(2, 3))
    assert [p.verdict.kind for p in found] == ["saddle"]
    np.testing.assert_allclose(found[0].w, 0.0, atol=1e-5)


def test_one_point_near_all_starts_is_found_once() -> None:
    assert len(critical_points(surfaces.bowl, starts(2))) == 1
    assert len(critical_points(surfaces.bowl, np.array([2.0, 1.0]))) == 1


def test_many_parameters_go_without_the_whole_hessian() -> None:
    values = np.concatenate([[-1.0], np.linspace(1.0, 2.0, 1199)])
    J = Function(lambda w: (0.5 * float(values @ w**2), values * w), 1200, lambda w, v: values * v)
    (found,) = critical_points(J, starts(1200, 1, 0.1))
    assert found.verdict.kind == "saddle"
    np.testing.assert_allclose(found.w, 0.0, atol=1e-6)


def test_a_network_s_critical_points_have_no_gradient() -> None:
    J, w = network_problem("tanh", (3,), l2=0.05)
    rng = np.random.default_rng(0)
    found = critical_points(J, w + rng.normal(size=(3, len(w))))
    assert found
    for p in found:
        assert np.linalg.norm(J.at(p.w).grad) < 1e-6
        assert p.value == J.at(p.w).value


def test_newton_s_method_finds_them_too_with_steps_no_longer_than_its_reach() -> None:
    found = critical_points(surfaces.saddle, starts(2), reach=0.3)
    assert [p.verdict.kind for p in found] == ["minimum", "minimum", "saddle"]
    far = critical_points(
        surfaces.saddle, np.array([[0.0, 1.2], [9.0, 0.0]]), reach=0.3, max_steps=8
    )
    assert [p.verdict.kind for p in far] == ["minimum"]
    flat = critical_points(surfaces.deep_linear(2), np.array([[2.0, 0.4]]), reach=1.0)
    assert [p.verdict.kind for p in flat] == ["minimum"]


def test_starts_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"w must have shape \(2,\)"):
        critical_points(surfaces.bowl, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="starts must hold one place or more"):
        critical_points(surfaces.bowl, np.zeros((0, 2)))
