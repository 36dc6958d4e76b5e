"""The surfaces' derivatives are right, and `classify` finds of them what is known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softlearn.landscape import classify, gradient_check, surfaces
from softlearn.landscape.surfaces import Known, Surface
from softlearn.protocol import F64

SURFACES = [
    surfaces.quadratic,
    surfaces.bowl,
    surfaces.saddle,
    surfaces.plateau,
    surfaces.rosenbrock,
    surfaces.monkey_saddle,
    *(surfaces.deep_linear(depth) for depth in (2, 3, 4)),
]
each_surface = pytest.mark.parametrize("J", SURFACES, ids=lambda J: J.name)
each_known = pytest.mark.parametrize(
    ("J", "known"),
    [(J, known) for J in SURFACES for known in J.known],
    ids=lambda x: getattr(x, "name", None) or str(x.w),
)


@each_surface
def test_gradient_and_hessian_are_the_derivatives_of_the_value(J: Surface) -> None:
    rng = np.random.default_rng(0)
    for w in rng.normal(size=(5, J.size)):
        check = gradient_check(J, w)
        assert check.error < 1e-8, check.sentence
        v, h = rng.normal(size=J.size), 1e-5
        change = (J.at(w + h * v).grad - J.at(w - h * v).grad) / (2.0 * h)
        np.testing.assert_allclose(J.at(w).hvp(v), change, rtol=1e-6, atol=1e-7)
        assert J(w) == J.at(w).value


@each_known
def test_the_kind_and_the_index_of_each_known_point_are_found(J: Surface, known: Known) -> None:
    verdict = classify(J, np.array(known.w))
    assert (verdict.kind, verdict.index) == (known.kind, known.index), verdict
    assert verdict.exact


@each_known
def test_a_plain_function_gets_the_same_verdict_or_none(J: Surface, known: Known) -> None:
    """Its minima along which a symmetry is unknown cannot be told; all else can."""
    for grad in (None, lambda w: J.at(w).grad):
        verdict = classify(lambda w: J(w), known.w, grad=grad)
        unknown = J.name.startswith("deep") and known.kind == "minimum"
        assert verdict.kind == ("cannot tell" if unknown else known.kind), verdict


@each_surface
@pytest.mark.parametrize("kind", ["minimum", "saddle"])
def test_points_that_are_known_to_be_critical_have_no_slope(J: Surface, kind: str) -> None:
    for known in J.known:
        if known.kind == kind:
            np.testing.assert_allclose(J.at(np.array(known.w)).grad, 0.0, atol=1e-15)


@given(st.integers(2, 6), st.integers(0))
def test_a_deep_linear_network_does_not_change_when_units_are_rescaled(
    depth: int, seed: int
) -> None:
    J, rng = surfaces.deep_linear(depth), np.random.default_rng(seed)
    w = rng.normal(size=depth)
    t, other = rng.uniform(0.5, 2.0), w.copy()
    other[0], other[1] = t * w[0], w[1] / t
    assert J(other) == pytest.approx(J(w), rel=1e-12, abs=1e-15)
    for directions in J.symmetries(w).values():
        np.testing.assert_allclose(directions @ J.at(w).grad, 0.0, atol=1e-12)


def test_they_say_what_they_are() -> None:
    assert repr(surfaces.saddle) == "<Surface saddle: J = w1^2 - w2^2 + w2^4 / 4>"
    assert surfaces.deep_linear(3).formula == "(w1 w2 w3 - 1)^2 / 2"
    with pytest.raises(ValueError, match="depth must be at least 2, but it is 1"):
        surfaces.deep_linear(1)


@pytest.mark.parametrize(
    ("J", "w", "value"),
    [
        (surfaces.quadratic, 0.0, 25.0),
        (surfaces.bowl, (1.0, 1.0), 50.5),
        (surfaces.saddle, (0.0, 2.0**0.5), -1.0),
        (surfaces.plateau, (3.5, 3.0), 1.0 - np.exp(-10.625)),
        (surfaces.rosenbrock, (-1.2, 1.0), 24.2),
        (surfaces.monkey_saddle, (1.0, 1.0), -2.0),
        (surfaces.deep_linear(2), (0.0, 0.0), 0.5),
    ],
)
def test_values_are_those_of_the_formulas(J: Any, w: F64, value: float) -> None:
    assert J(w) == pytest.approx(value, rel=1e-12)
