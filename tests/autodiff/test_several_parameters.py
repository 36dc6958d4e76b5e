"""J(w, b) as the course writes it, and methods by name."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from softlearn import minimize
from softlearn.autodiff import as_objective, minimize_steps
from softlearn.autodiff.methods import NAMES
from softlearn.solve import Adam, Cosine, GradientDescent

Pair = namedtuple("Pair", ["w", "b"])
X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 3.0]])
Y = np.array([1.0, 2.0, 3.0, 8.0])


def bowl(w: Any, b: Any) -> Any:
    return (w - 1.0) ** 2 + 3.0 * (b + 2.0) ** 2


def squares(w: Any, b: Any, X: Any, y: Any) -> Any:
    return ((X @ w + b - y) ** 2).mean()


@pytest.mark.parametrize("w0", [(0.0, 0.0), [0.0, 0.0], Pair(0.0, 0.0)])
def test_a_function_of_w_and_b_is_minimised_over_both(w0: Any) -> None:
    pytest.importorskip("jax")
    found = minimize(bowl, w0)
    assert found.w == pytest.approx((1.0, -2.0))
    assert type(found.w) is type(w0)
    found = minimize(lambda w, b: (w - 1.0) ** 2 + b**2, (0.0, 0.0))
    assert found.w == pytest.approx((1.0, 0.0))


def test_what_follows_in_args_stays_as_it_is() -> None:
    pytest.importorskip("jax")
    found = minimize(squares, (np.zeros(2), 0.0), args=(X, Y))
    w, b = found.w
    want = np.linalg.lstsq(np.c_[X, np.ones(4)], Y, rcond=None)[0]
    np.testing.assert_allclose([*w, b], want, atol=1e-6)
    fixed = minimize(bowl, 0.0, args=(5.0,))  # J(w, 5): b is no parameter
    assert fixed.w == pytest.approx(1.0)
    assert fixed.value == pytest.approx(3.0 * 49.0)


def test_batches_follow_the_parameters() -> None:
    pytest.importorskip("jax")
    batches = [(X[:2], Y[:2]), (X[2:], Y[2:])]
    start = (np.zeros(2), 0.0)
    named = minimize(squares, start, "adam", learning_rate=0.1, batches=batches, max_steps=50)
    given = minimize(squares, start, Adam(0.1), batches=batches, max_steps=50)
    np.testing.assert_array_equal(named.flat, given.flat)


def test_derivatives_of_ones_own_take_what_J_takes() -> None:
    def grad(w: float, b: float) -> tuple[float, float]:
        return 2.0 * (w - 1.0), 6.0 * (b + 2.0)

    def hvp(w: float, b: float, v: Any) -> tuple[float, float]:
        return 2.0 * v[0], 6.0 * v[1]

    found = minimize(bowl, (0.0, 0.0), grad=grad, hvp=hvp)
    assert found.w == pytest.approx((1.0, -2.0))
    point = as_objective(bowl, (0.0, 0.0), grad=grad, hvp=hvp).at(np.zeros(2))
    np.testing.assert_array_equal(point.hvp(np.array([1.0, 2.0])), [2.0, 12.0])


def test_differences_are_taken_of_several_parameters_too() -> None:
    import math

    def J(w: float, b: float) -> float:
        return math.cosh(w - 1.0) + math.cosh(b + 2.0)

    with pytest.warns(UserWarning, match="Derivatives are computed by differences"):
        found = minimize(J, (0.0, 0.0), tol=1e-6)
    assert found.w == pytest.approx((1.0, -2.0), abs=1e-5)


def test_a_function_of_one_tuple_gets_the_tuple() -> None:
    pytest.importorskip("jax")
    assert minimize(lambda p: bowl(*p), (0.0, 0.0)).w == pytest.approx((1.0, -2.0))

    def J(p: Any, scale: float = 2.0) -> Any:  # an argument with a default may stay away
        return scale * bowl(*p)

    assert minimize(J, (0.0, 0.0)).w == pytest.approx((1.0, -2.0))
    assert minimize(lambda *p: bowl(*p[0]), (0.0, 0.0)).w == pytest.approx((1.0, -2.0))


@pytest.mark.parametrize(
    ("J", "w0", "args", "said"),
    [
        (lambda w, b, c: w, (0.0, 0.0), (), r"^J takes the arguments \(w, b, c\), but w0 and args "
         r"give 1, or 2 one by one,: give w0 as a tuple with a start for each parameter"),
        (bowl, 0.0, (), r"^J takes the arguments \(w: Any, b: Any\) -> Any, but .* give 1: "),
        (bowl, np.zeros(2), (), r"^J takes the arguments .* but w0 and args give 1: "),
        (lambda w: w, 0.0, (1.0,), r"^J takes the arguments \(w\), but w0 and args give 2: "),
        (lambda w, *, b: w, (0.0, 0.0), (), r"^J takes the arguments \(w, \*, b\), but"),
    ],
)  # fmt: skip
def test_a_start_that_is_not_what_J_takes_is_refused_in_a_sentence(
    J: Callable[..., Any], w0: Any, args: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        minimize(J, w0, args=args)


# ---------------------------------------------------------------- methods by name


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_command_line_is_one_of_python(name: str) -> None:
    pytest.importorskip("jax")
    rate = {"learning_rate": 0.05} if name in ("adam", "momentum") else {}
    found = minimize(bowl, (0.0, 0.0), name, **rate, max_steps=20_000)
    assert found.value < 1e-4


def test_a_name_with_a_rate_is_the_rule_with_that_rate() -> None:
    pytest.importorskip("jax")
    run = [at.w for at in minimize_steps(bowl, (0.0, 0.0), "gradient-descent", learning_rate=0.01,
                                         max_steps=20)]  # fmt: skip
    same = [at.w for at in minimize_steps(bowl, (0.0, 0.0), GradientDescent(0.01), max_steps=20)]
    assert run == same
    named = minimize(bowl, (0.0, 0.0), "adam", learning_rate=Cosine(0.1, 50), max_steps=50)
    assert named.w == minimize(bowl, (0.0, 0.0), Adam(Cosine(0.1, 50)), max_steps=50).w
