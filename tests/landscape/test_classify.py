"""The verdicts: quadratics of any signature, networks, flat directions, both precisions, words."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from network_problems import network_problem
from problems import MakeProblem

from softlearn.function import Function
from softlearn.landscape import Kind, classify, escape_direction, surfaces
from softlearn.protocol import F64
from softlearn.solve import LBFGS, Newton, minimize


def quadratic(values: F64, seed: int = 0, shift: float = 0.0) -> tuple[Function, F64]:
    """Return a quadratic with these eigenvalues in random directions, and its critical point."""
    rng = np.random.default_rng(seed)
    n = len(values)
    V, _ = np.linalg.qr(rng.normal(size=(n, n)))
    H, at = (V * values) @ V.T, rng.normal(size=n)

    def both(w: F64) -> tuple[float, F64]:
        Hv = H @ (w - at)
        return 0.5 * float((w - at) @ Hv) + shift, Hv

    return Function(both, n, lambda w, v: H @ v), at


@given(
    st.lists(st.floats(0.01, 100.0), min_size=1, max_size=12),
    st.lists(st.floats(0.01, 100.0), max_size=12),
    st.integers(0, 100),
    st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_the_kind_follows_from_the_signs_whatever_the_units(
    up: list[float], down: list[float], seed: int, unit: float
) -> None:
    J, w = quadratic(unit * np.array(up + [-x for x in down]), seed, shift=3.0)
    verdict = classify(J, w)
    assert verdict.index == len(down)
    assert verdict.kind == ("saddle" if down else "minimum")
    J, w = quadratic(unit * np.array([-x for x in up]), seed)
    assert classify(J, w).kind == "maximum"


@pytest.mark.parametrize("down", [0, 1, 7])
def test_a_large_one_is_classified_by_lanczos_and_says_so(down: int) -> None:
    values = np.concatenate([-np.linspace(1.0, 2.0, down), np.linspace(1.0, 9.0, 400 - down)])
    J, w = quadratic(values)
    verdict = classify(J, w)
    assert not verdict.exact
    assert verdict.products <= 90
    assert verdict.kind == ("saddle" if down else "minimum")
    assert bool(down) <= verdict.index <= down
    assert ("or more" if down else "but for a chance of 1e-6") in str(verdict)
    assert "inf" not in str(verdict)


def test_away_from_a_critical_point_j_falls() -> None:
    J, w = quadratic(np.array([1.0, 2.0]))
    verdict = classify(J, w + 0.1)
    assert verdict.kind == "not critical"
    assert verdict.gradient_norm == pytest.approx(np.linalg.norm(J.at(w + 0.1).grad))
    assert classify(J, w + 1e-9).kind == "minimum"
    assert classify(J, w + 1e-3, tol=0.1).kind == "minimum"


def test_a_curvature_that_is_small_beside_others_counts() -> None:
    J, w = quadratic(np.array([1.0, 1e-9, 2.0]))
    assert classify(J, w).kind is Kind.MINIMUM
    J, w = quadratic(np.array([1.0, -1e-9, 2.0]))
    verdict = classify(J, w)
    assert (verdict.kind, verdict.index) == ("saddle", 1)


def test_what_nobody_can_tell_is_said_with_the_reason() -> None:
    verdict = classify(lambda w: w[0] ** 2 * w[1] ** 2, np.zeros(2))
    assert verdict.kind is Kind.CANNOT_TELL
    assert "Undecided: the curvature is zero within its error along 2" in str(verdict)
    assert "its changes along it drown in rounding" in str(verdict)


@pytest.mark.parametrize(
    ("J", "kind", "index"),
    [
        (lambda w: w[0] ** 2 + w[1] ** 3, "saddle", 0),
        (lambda w: w[0] ** 2 - w[1] ** 4 + 3.0, "saddle", 0),
        (lambda w: w[0] ** 2 + w[1] ** 4, "minimum", 0),
        (lambda w: -(w[0] ** 2) + w[1] ** 3, "saddle", 1),
        (lambda w: -(w[0] ** 2) - w[1] ** 4, "maximum", 1),
        (lambda w: w[0] ** 2 * w[1] + 1.0, "saddle", 0),
        (lambda w: w[0] ** 2 - w[1] ** 6 + 1.0, "saddle", 0),
    ],
)
def test_where_curvature_does_not_tell_terms_of_higher_order_may(
    J: Any, kind: str, index: int
) -> None:
    verdict = classify(J, np.zeros(2))
    assert (verdict.kind, verdict.index) == (kind, index), verdict
    if kind == "saddle":
        w = 0.05 * escape_direction(J, np.zeros(2))
        assert J(w) < J(0.0 * w)


def test_a_constant_changes_in_no_direction() -> None:
    verdict = classify(lambda w: 5.0, np.zeros(3), grad=lambda w: 0.0 * w)
    assert verdict.kind == "plateau"
    assert verdict.flat == {"parameters without effect": 3}
    assert classify(lambda w: 5.0, np.zeros(3)).kind == "plateau"


def test_how_flat_a_plateau_is_and_how_wide_can_be_chosen() -> None:
    w = np.array([3.5, 3.0])
    assert classify(surfaces.plateau, w).kind == "plateau"
    assert classify(surfaces.plateau, w, flatness=1e-3).kind == "not critical"
    assert classify(surfaces.plateau, w, flatness=1e-3, radius=0.1).kind == "plateau"
    assert classify(surfaces.plateau, w, radius=4.0).kind == "not critical"
    steep = classify(lambda w: 1.0 + 1e-9 * w[0] + np.sin(50.0 * w[1]) ** 2, np.zeros(2))
    assert steep.kind != "plateau"


@settings(max_examples=20)
@given(st.integers(0, 200), st.sampled_from(["tanh", "relu", "gelu"]))
def test_a_small_step_along_the_way_out_goes_down(seed: int, activation: str) -> None:
    J, w = network_problem(activation, (5, 4), seed=seed, l2=0.0)
    verdict = classify(J, w)
    assume(verdict.direction is not None)
    assert verdict.direction is not None
    point, d = J.at(w), verdict.direction
    assert np.linalg.norm(d) == pytest.approx(1.0)
    assert point.grad @ d <= 0.0
    assert J.at(w + 1e-4 * d).value < point.value


@pytest.mark.parametrize("J", [surfaces.saddle, surfaces.monkey_saddle, surfaces.deep_linear(3)])
def test_the_way_out_of_a_saddle_goes_down(J: Any) -> None:
    d = escape_direction(J, np.zeros(J.size))
    assert J(0.1 * d) < J(0.01 * d) < J(0.0 * d)


def test_there_is_no_way_out_of_a_minimum() -> None:
    with pytest.raises(ValueError, match=r"no direction of negative curvature .* A minimum"):
        escape_direction(surfaces.bowl, np.zeros(2))


def test_the_minimum_of_softmax_regression_is_one_and_its_shift_is_named(
    make: MakeProblem,
) -> None:
    J = make(l2=0.1)
    verdict = classify(J, minimize(J, Newton(), tol=1e-12).w)
    assert verdict.kind == "minimum", verdict
    assert verdict.flat == {"common shift of all classes": 1}
    assert "flat whatever the labels: common shift of all classes (1)" in str(verdict)
    J = make(l2=0.0, n=200)
    verdict = classify(J, minimize(J, Newton(), tol=1e-12).w)
    assert verdict.kind == "minimum", verdict
    assert verdict.flat == {"common shift of all classes": 4}


def test_a_network_at_zero_is_at_a_saddle_and_where_training_ends_at_a_minimum() -> None:
    J, w = network_problem("tanh", (5,), n=60, C=2, l2=0.02, seed=3)
    _, b = J.model.split(zero := np.zeros(J.size))
    b[2][:] = np.log(np.bincount(J.problem.Y) / len(J.problem.Y))
    at_zero = classify(J, zero)
    assert at_zero.kind == "saddle", at_zero
    assert at_zero.index >= 1
    end = minimize(J, LBFGS(), w, tol=1e-9, max_steps=5000)
    verdict = classify(J, end.w, tol=1e-5)
    assert verdict.kind in ("minimum", "saddle"), verdict
    values = np.linalg.eigvalsh(np.array([J.at(end.w).hvp(e) for e in np.eye(J.size)]))
    assert (verdict.kind == "minimum") == (values[0] > -1e-9)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(2,), (30, 10)])
def test_float32_and_float64_agree(activation: str, hidden: tuple[int, ...]) -> None:
    J, w = network_problem(activation, hidden, n=100, C=4)
    coarse, _ = network_problem(activation, hidden, n=100, C=4, dtype="float32")
    end = minimize(J, LBFGS(), w, tol=1e-9, max_steps=500).w
    for at in (w, end, 0.0 * w):
        fine, rough = classify(J, at), classify(coarse, at)
        assert fine.kind == rough.kind, (str(fine), str(rough))
        assert fine.flat == rough.flat


@pytest.mark.parametrize(
    ("w", "sentence"),
    [
        (np.zeros(3), r"w must have shape \(2,\)"),
        (np.full(2, np.nan), "not finite at w"),
    ],
)
def test_what_does_not_fit_is_said(w: F64, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        classify(surfaces.bowl, w)
