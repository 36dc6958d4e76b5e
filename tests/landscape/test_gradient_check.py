"""The gradient check passes right gradients at 1e-7 and catches wrong ones, in a sentence."""

from typing import Any

import numpy as np
import pytest
from network_problems import ACTIVATIONS, network_problem
from problems import MakeProblem

from softlearn.function import Function
from softlearn.landscape import gradient_check


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2, 5])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_pass_at_every_depth(activation: str, depth: int, soft: bool) -> None:
    hidden = (7, 6, 5, 4, 3)[:depth]
    J, w = network_problem(activation, hidden, weighted=True, soft=soft, seed=depth)
    check = gradient_check(J, w)
    assert check.error < 1e-7, check.sentence
    assert len(check.g) == J.size


def test_large_networks_are_checked_along_random_directions() -> None:
    J, w = network_problem("tanh", (60, 40))
    check = gradient_check(J, w)
    assert len(check.g) == 50
    assert check.error < 1e-7, check.sentence
    assert "50 directions" in str(check)
    again, other = gradient_check(J, w), gradient_check(J, w, seed=1)
    np.testing.assert_array_equal(again.g, check.g)
    assert (other.g != check.g).all()


def test_dropout_passes_with_its_mask_held(make: MakeProblem) -> None:
    J, w = network_problem("gelu", (6, 5), dropout=0.5)
    for batch in J.batches(15, np.random.default_rng(0)):
        assert gradient_check(batch, w).error < 1e-7


def test_softmax_regression_passes_however_large_its_parameters_are(make: MakeProblem) -> None:
    J = make(columns=[1e-3, 1.0, 10.0])
    w = np.linspace(-1.0, 1.0, J.size) * np.repeat([100.0, 1.0], [J.model.weights, 3])
    assert gradient_check(J, w).error < 1e-7


@pytest.mark.parametrize("directions", [None, 20])
def test_a_gradient_wrong_in_one_coordinate_is_caught_and_named(directions: int | None) -> None:
    def cubic(w: Any) -> Any:
        g = 3.0 * w * w
        g[4] *= 1.001
        return float((w**3).sum()), g

    check = gradient_check(Function(cubic, 6), np.linspace(1.0, 2.0, 6), directions=directions)
    assert 1e-5 < check.error < 1e-2
    if directions is None:
        assert check.worst == 4
        assert check.verdict == "wrong"
        assert check.wrong == (4,)
        assert "The relative error of the whole is 2." in check.sentence
        assert "coordinate 4 differs most: 9.729" in check.sentence
        assert "Wrong: 4 (1.001 times what it should be)." in check.sentence


def test_the_differences_are_those_of_the_formula() -> None:
    check = gradient_check(Function(lambda w: (float(w[0] ** 3), 3 * w**2), 1), np.ones(1), h=0.5)
    np.testing.assert_allclose(check.n, (1.5**3 - 0.5**3) / 1.0)
    np.testing.assert_allclose(check.error, 0.25 / 6.25)


def test_a_function_without_slope_has_no_error() -> None:
    assert gradient_check(Function(lambda w: (1.0, 0.0 * w), 3), np.ones(3)).error == 0.0


def test_a_place_that_cannot_be_looked_at_is_named() -> None:
    J, w = network_problem()
    with pytest.raises(ValueError, match=r"w must have shape \(64,\), as J has it"):
        gradient_check(J, w[1:])
    single, w = network_problem(dtype="float32")
    with pytest.raises(ValueError, match="computes in float32, which is too coarse"):
        gradient_check(single, w)
    with pytest.raises(ValueError, match="not finite"):
        gradient_check(Function(lambda w: (np.nan, w), 2), np.ones(2))


# ---------------------------------------------------------------- coordinate by coordinate


def test_a_small_coordinate_that_is_wrong_beside_a_steep_one_is_named() -> None:
    def both(w: Any) -> Any:
        return 5e5 * w[0] ** 2 + 0.5 * w[1] ** 2, np.array([1e6 * w[0], 2.5 * w[1]])

    check = gradient_check(Function(both, 2), np.ones(2))
    assert check.error < 1e-5
    assert (check.verdict, check.wrong) == ("wrong", (1,))
    assert "Wrong: 1 (2.5 times what it should be)" in str(check)


def test_a_right_gradient_beside_a_large_constant_is_right() -> None:
    J = Function(lambda w: (float(np.sin(w).sum()) + 1e9, np.cos(w)), 3)
    check = gradient_check(J, np.ones(3))
    assert check.verdict == "right", check.sentence


def test_what_differences_cannot_tell_is_undecided() -> None:
    J = Function(lambda w: (1e20 + float(np.sin(w).sum()), np.cos(w)), 2)
    assert gradient_check(J, np.ones(2)).verdict == "undecided"


@pytest.mark.parametrize(
    ("J", "grad", "w", "verdict"),
    [
        (lambda x: 1.0 / x, lambda x: -1.0 / x**2, 1e-9, "undecided"),
        (lambda x: 1.0 / x, lambda x: 1.0 / x**2, 1e-9, "wrong"),
        (lambda x: np.sin(1e8 * x), lambda x: 1e8 * np.cos(1e8 * x), 0.3, "undecided"),
        (lambda x: np.sin(1e8 * x), lambda x: 2e8 * np.cos(1e8 * x), 0.3, "wrong"),
        (abs, np.sign, 1e-7, "undecided"),
        (abs, lambda x: 3.0 * np.sign(x), 1e-7, "wrong"),
        (lambda x: max(x, 0.0), lambda x: 0.0, 0.0, "undecided"),
        (lambda x: max(x, 0.0), lambda x: 2.0, 0.0, "wrong"),
        (np.exp, lambda x: np.exp(x) * (1.0 + 1e-6), 1.0, "wrong"),
    ],
)
def test_a_gradient_is_not_called_wrong_where_shorter_steps_agree_with_it(J, grad, w, verdict):
    found = Function(lambda x: (float(J(float(x[0]))), np.array([float(grad(float(x[0])))])), 1)
    assert gradient_check(found, np.array([w])).verdict == verdict


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1 + 1e-7, "1 + 1e-07 times what it should be"),
        (1 - 1e-8, "1 - 1e-08 times what it should be"),
        (2.5, "2.5 times what it should be"),
    ],
)
def test_how_wrong_a_gradient_is_is_told_in_enough_digits(factor: float, said: str) -> None:
    J = Function(lambda w: (float(5e5 * w[0] ** 2), 1e6 * w * factor), 1)
    assert said in gradient_check(J, np.array([3.0])).sentence


@pytest.mark.filterwarnings("error")
def test_places_that_are_only_tried_give_no_warnings() -> None:
    J = Function(lambda w: (float(np.log(w[0])), 1.0 / w), 1)
    assert gradient_check(J, np.array([1e-7])).verdict != "wrong"
