"""`softlearn.minimize`: it finds minima, leaves saddles, and says what went wrong."""

import math
import pickle
import runpy
import sys
from collections import namedtuple
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample

from softlearn import Status, minimize
from softlearn.autodiff import as_objective, minimize_steps
from softlearn.landscape import Kind, surfaces
from softlearn.solve import (
    LBFGS,
    Adam,
    GradientDescent,
    Momentum,
    Newton,
    RMSprop,
    SaddleFreeNewton,
    Stochastic,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
Pair = namedtuple("Pair", ["w", "b"])


def square(w: Any) -> Any:
    return w**2 - 10 * w + 25


def slope(w: Any) -> Any:
    return 2 * w - 10


def saddle(w: Any) -> Any:
    return w[0] ** 2 - w[1] ** 2 + w[1] ** 4 / 4


def saddle_slope(w: Any) -> Any:
    return [2 * w[0], -2 * w[1] + w[1] ** 3]


# ---------------------------------------------------------------- the course


@needs_jax
def test_the_course_s_quadratic_is_minimised_and_told_about() -> None:
    found = minimize(square, w0=0.0)
    assert found.w == 5.0
    assert isinstance(found.w, float)
    assert found.value == 0.0
    assert found.gradient_norm == 0.0
    assert found.status is Status.STATIONARY
    assert found.sentence.startswith("Stopped at a point where the gradient is within the toler")
    assert found.verdict is not None
    assert found.verdict.kind is Kind.MINIMUM
    assert [record.objective for record in found.trace] == [25.0, 0.0]


@needs_jax
def test_a_thousand_steps_of_gradient_descent_end_where_the_course_says() -> None:
    one = minimize(square, 0.0, GradientDescent(0.01), max_steps=1)
    assert one.w == pytest.approx(0.1, rel=1e-15)
    thousand = minimize(square, 0.0, GradientDescent(0.01), max_steps=1000)
    assert f"{thousand.w:.8f}" == "4.99999999"
    assert thousand.w == pytest.approx(5.0 - 5.0 * 0.98**1000, rel=1e-14)
    assert thousand.n_steps == 1000
    assert len(thousand.trace) == 1001


@pytest.mark.parametrize("library", ["jax", "torch", "tensorflow"])
def test_the_course_s_loop_takes_the_same_path_in_every_library(library: str) -> None:
    pytest.importorskip(library)
    loops = runpy.run_path(str(EXAMPLES / "course_loops.py"))["LOOPS"]
    ours, theirs = loops["softlearn"](), loops[library]()
    assert len(ours) == 1001
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(ours, 5.0 - 5.0 * 0.98 ** np.arange(1001), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "name", "options"),
    [
        (Adam(0.05), "Adam", {"lr": 0.05}),
        (RMSprop(0.05), "RMSprop", {"lr": 0.05, "alpha": 0.9}),
        (Momentum(0.01, form="sum"), "SGD", {"lr": 0.01, "momentum": 0.9}),
    ],
)
def test_rules_walk_over_tensors_as_torch_s_optimizers_do(
    rule: Any, name: str, options: dict[str, float]
) -> None:
    torch = pytest.importorskip("torch")
    w = torch.tensor([1.5, 0.001], dtype=torch.float64)
    ours = [at.w.numpy() for at in minimize_steps(saddle, w, rule, tol=0.0, max_steps=50)]
    p = w.clone().requires_grad_()
    optimizer, theirs = getattr(torch.optim, name)([p], **options), [w.numpy()]
    for _ in range(50):
        optimizer.zero_grad()
        saddle(p).backward()
        optimizer.step()
        theirs.append(p.detach().numpy().copy())
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-6)


# ---------------------------------------------------------------- any method, any nesting


@needs_jax
@pytest.mark.parametrize(
    "method",
    [
        "auto",
        LBFGS(),
        Newton(),
        SaddleFreeNewton(),
        GradientDescent(),
        GradientDescent(0.1),
        Momentum(0.1),
        RMSprop(0.001),
        Adam(0.05),
    ],
    ids=lambda method: getattr(method, "name", method),
)
def test_any_solver_and_any_rule_finds_the_minimum(method: Any) -> None:
    found = minimize(square, 0.0, method)
    assert found.w == pytest.approx(5.0, abs=2e-3 if isinstance(method, RMSprop) else 1e-7)


@needs_jax
def test_parameters_come_back_in_the_nesting_of_the_start() -> None:
    import jax.numpy as jnp

    def J(p: Any) -> Any:
        a, (b,) = p["list"]
        return ((p["pair"].w - 1.0) ** 2).sum() + (p["pair"].b - 2.0) ** 2 + jnp.sum(a**2) + b**2

    w0 = {"pair": Pair(np.zeros((2, 3)), 0.0), "list": [np.ones(2), (3.0,)]}
    found = minimize(J, w0)
    assert list(found.w) == ["pair", "list"]
    assert isinstance(found.w["pair"], Pair)
    np.testing.assert_allclose(found.w["pair"].w, np.ones((2, 3)))
    assert found.w["pair"].b == pytest.approx(2.0)
    np.testing.assert_allclose(found.w["list"][0], np.zeros(2), atol=1e-12)
    assert found.flat.shape == (10,)
    np.testing.assert_array_equal(w0["list"][0], np.ones(2))


A = np.random.default_rng(0).normal(size=(40, 3))
t = A @ [1.0, -2.0, 0.5] + 0.1
BATCHES = [(A[k::4], t[k::4]) for k in range(4)]


def squares(p: Any, A: Any, t: Any) -> Any:
    return ((A @ p["w"] + p["b"] - t) ** 2).mean()


START = {"w": np.zeros(3), "b": 0.0}


@needs_jax
def test_data_come_by_args() -> None:
    found = minimize(squares, START, args=(A, t))
    np.testing.assert_allclose(found.w["w"], [1.0, -2.0, 0.5], atol=1e-9)


@needs_jax
@pytest.mark.parametrize(
    "batches",
    [BATCHES, lambda rng: (BATCHES[k] for k in rng.permutation(4))],
    ids=["a list", "a function of a generator"],
)
@pytest.mark.parametrize("args", [(), (A, t)], ids=["their mean", "args"])
def test_mini_batches_feed_rules(batches: Any, args: tuple[Any, ...]) -> None:
    found = minimize(squares, START, Adam(0.05), args=args, batches=batches, max_steps=300)
    np.testing.assert_allclose(found.w["w"], [1.0, -2.0, 0.5], atol=1e-3)
    assert found.value == pytest.approx(float(squares(found.w, A, t)), abs=1e-12)
    assert len(found.trace) == found.n_steps + 1 <= 301


def test_batches_may_be_a_data_loader_of_torch() -> None:
    torch = pytest.importorskip("torch")
    rows = torch.utils.data.TensorDataset(torch.as_tensor(A), torch.as_tensor(t))
    loader = torch.utils.data.DataLoader(rows, batch_size=10, shuffle=True)
    w0 = {"w": torch.zeros(3, dtype=torch.float64), "b": torch.tensor(0.0, dtype=torch.float64)}
    found = minimize(squares, w0, Adam(0.05), batches=loader, max_steps=200)
    np.testing.assert_allclose(found.w["w"].numpy(), [1.0, -2.0, 0.5], atol=1e-2)


@needs_jax
def test_a_batch_that_is_one_array_is_one_argument_and_a_solver_sees_the_mean() -> None:
    rows = [np.full(3, float(k)) for k in range(5)]
    found = minimize(lambda w, x: ((w - x) ** 2).sum(), np.zeros(3), LBFGS(), batches=rows)
    np.testing.assert_allclose(found.w, np.full(3, 2.0), atol=1e-9)


@needs_jax
def test_a_rule_on_batches_walks_as_stochastic_does() -> None:
    rule = GradientDescent(0.05)
    by_front = minimize(squares, START, rule, batches=BATCHES, max_steps=3)
    by_hand = minimize(squares, START, Stochastic(rule, epochs=3), batches=BATCHES, max_steps=3)
    assert np.array_equal(by_front.flat, by_hand.flat)
    w, J = np.zeros(4), as_objective(squares, START, batches=BATCHES)
    for _ in range(3):
        for part in J.batches(1, np.random.default_rng(0)):
            w = w - 0.05 * part.at(w).grad
    np.testing.assert_allclose(by_front.flat, w, rtol=1e-12)


def test_derivatives_that_are_given_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    assert minimize(square, 0.0, grad=slope).w == pytest.approx(5.0)
    found = minimize(square, 0.0, Newton(), grad=slope, hvp=lambda w, v: 2.0 * v)
    assert found.w == pytest.approx(5.0)


def test_without_jax_a_tiny_problem_is_minimised_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.warns(UserWarning, match=r"computed by differences.*softlearn\[autodiff\]") as said:
        found = minimize(square, 0.0)
    assert said[0].filename == __file__
    assert found.w == pytest.approx(5.0)
    with pytest.raises(ImportError, match=r"need jax, which is missing; run: pip install"):
        minimize(lambda w: (w**2).sum(), np.zeros(51))


def test_a_cost_that_jax_cannot_see_into_is_minimised_with_a_warning() -> None:
    pytest.importorskip("jax")
    with pytest.warns(UserWarning, match="J calls NumPy, math or float"):
        found = minimize(lambda w: math.exp(w) - w, 1.0)
    assert found.w == pytest.approx(0.0, abs=1e-7)
    with pytest.raises(TypeError, match=r"write it with jax\.numpy, or give grad="):
        minimize(lambda w: np.exp(w).sum(), np.zeros(51))


@pytest.mark.parametrize("shift", [[3.0, 0.1], (3.0, 0.1)], ids=["list", "tuple"])
def test_what_numpy_allows_and_jax_does_not_is_minimised_by_differences(
    shift: Any,
) -> None:
    pytest.importorskip("jax")
    with pytest.warns(UserWarning, match="JAX cannot follow J"):
        found = minimize(lambda w: ((w - shift) ** 2).sum(), np.array([1.0, 2.0]))
    np.testing.assert_allclose(found.w, shift, atol=1e-8)


def test_an_error_of_the_cost_itself_is_raised_as_it_is() -> None:
    pytest.importorskip("jax")
    with pytest.raises(AttributeError, match="no attribute 'squared'"):
        minimize(lambda w: w.squared(), np.array([1.0, 2.0]))


def test_differences_stay_inside_the_domain_of_the_cost() -> None:
    with pytest.warns(UserWarning, match="differences"):
        found = minimize(lambda w: w - math.log(w), 3.0)
    assert found.w == pytest.approx(1.0, abs=1e-6)


# ---------------------------------------------------------------- saddles and ends


@settings(max_examples=sample(12, 25))
@given(st.floats(-3.0, 3.0), st.floats(1e-9, 1.0), st.sampled_from([-1.0, 1.0]))
def test_auto_escapes_the_strict_saddle(w1: float, w2: float, sign: float) -> None:
    found = minimize(saddle, [w1, sign * w2], grad=saddle_slope)
    assert found.verdict is not None
    assert found.verdict.kind is Kind.MINIMUM
    assert found.value == pytest.approx(-1.0)


@needs_jax
@pytest.mark.parametrize("start", [[0.0, 0.0], [1.5, 0.0]])
def test_auto_leaves_a_saddle_it_stands_on_or_walks_into(start: list[float]) -> None:
    found = minimize(saddle, start)
    assert found.value == pytest.approx(-1.0)
    assert found.verdict is not None
    assert found.verdict.kind is Kind.MINIMUM


@needs_jax
def test_auto_leaves_saddles_of_many_parameters_too() -> None:
    def J(w: Any) -> Any:
        return (w[:-1] ** 2).sum() - w[-1] ** 2 + w[-1] ** 4 / 4

    w0 = np.r_[np.ones(300), 0.0]
    found = minimize(J, w0)
    assert found.value == pytest.approx(-1.0)
    assert found.verdict is not None
    assert found.verdict.kind is Kind.MINIMUM
    assert len(found.trace) == found.n_steps + 1
    assert all(a.time <= b.time for a, b in zip(found.trace, found.trace[1:], strict=False))


@needs_jax
def test_a_saddle_that_has_no_curvature_is_left_as_well() -> None:
    found = minimize(lambda w: w[0] ** 3 - 3 * w[0] * w[1] ** 2 + (w[0] ** 2 + w[1] ** 2) ** 2,
                     [0.0, 0.0])  # fmt: skip
    assert found.value < -0.01
    assert found.classify().kind is Kind.MINIMUM


def test_a_flat_bottom_is_followed_until_it_is_a_minimum() -> None:
    found = minimize(lambda w: w**4, 1.0, grad=lambda w: 4 * w**3)
    assert abs(found.w) < 1e-6
    assert found.classify().kind is Kind.MINIMUM
    assert len(found.trace) == found.n_steps + 1


def test_an_inflection_is_no_minimum() -> None:
    found = minimize(lambda w: w**3, 1.0, grad=lambda w: 3 * w**2)
    assert found.status is Status.UNBOUNDED


@needs_jax
def test_where_nothing_changes_it_is_a_plateau() -> None:
    import jax.numpy as jnp

    found = minimize(lambda w: 1 - jnp.exp(-(w @ w) / 2), np.array([30.0, 30.0]))
    assert found.n_steps == 0
    assert found.classify().kind is Kind.PLATEAU


def test_another_method_that_stands_on_a_saddle_says_so_when_asked() -> None:
    found = minimize(saddle, [0.0, 0.0], GradientDescent(0.05), grad=saddle_slope)
    assert found.n_steps == 0
    assert found.verdict is None
    verdict = found.classify()
    assert verdict.kind is Kind.SADDLE
    assert verdict.index == 1


@pytest.mark.parametrize("name", ["quadratic", "bowl", "saddle", "plateau", "rosenbrock"])
def test_auto_finds_a_known_minimum_from_the_other_known_points(name: str) -> None:
    surface = getattr(surfaces, name)
    minima = [np.array(p.w) for p in surface.known if p.kind == "minimum"]
    for point in surface.known:
        found = minimize(surface, np.array(point.w), grad=lambda w: surface.at(w).grad)
        assert min(float(np.linalg.norm(found.w - w)) for w in minima) < 1e-6


@needs_jax
@pytest.mark.parametrize(
    "J", [lambda w: -(w**2), lambda w: w, lambda w: -(w**4) + w, lambda w: w**3]
)
@pytest.mark.parametrize("method", ["auto", LBFGS(), Newton()])
def test_a_fall_without_end_is_said(J: Callable[[Any], Any], method: Any) -> None:
    found = minimize(J, -1.0, method)
    assert found.status is Status.UNBOUNDED
    assert not found.status.ok
    assert "It fell from " in found.sentence


@needs_jax
def test_a_learning_rate_that_is_too_large_is_said() -> None:
    found = minimize(square, 0.0, GradientDescent(1.5))
    assert found.status is Status.NOT_FINITE
    assert found.sentence.endswith("try a smaller learning rate.")
    assert found.w == 0.0


@needs_jax
def test_a_large_scale_is_no_fall_without_end() -> None:
    found = minimize(lambda w: 1e25 * (w**4 / 4 - w**2 / 2), 1e-6)
    assert found.status is Status.STATIONARY
    assert abs(found.w) == pytest.approx(1.0)


def test_iterates_tell_each_point_and_not_the_best() -> None:
    run = minimize_steps(square, 0.0, GradientDescent(0.9), grad=slope, max_steps=3)
    path = list(run)
    assert [at.k for at in path] == [0, 1, 2, 3]
    assert path[1].w == pytest.approx(9.0)
    assert path[1].gradient_norm == pytest.approx(8.0)
    assert path[1].value == pytest.approx(16.0)


def test_a_result_reads_as_a_sentence_and_keeps_its_parts() -> None:
    found = minimize(square, 0.0, LBFGS(), grad=slope)
    assert str(found).startswith("J = ")
    assert found.sentence in str(found)
    assert pickle.loads(pickle.dumps(found.trace)) == found.trace


# ---------------------------------------------------------------- mistakes


@needs_jax
@pytest.mark.parametrize(
    ("J", "w0", "said"),
    [
        (lambda w: w**2, np.ones(3), r"one number, but it returned an array of shape \(3,\)"),
        (lambda w: (w, w), 1.0, "one number, but it returned an object of type tuple"),
        (lambda w: "a", 1.0, "one number, but it returned an object of type str"),
        (lambda w: w > 0, 1.0, "a real number, but it returned one of type bool"),
        (lambda w: w * 1j, 1.0, "a real number, but it returned one of type complex128"),
        (lambda w: w * np.nan, 1.0, "J is nan at w0: start where it is finite"),
        (lambda w: 1 / w, 0.0, "J is inf at w0: start where it is finite"),
        (lambda w: w**0.5, 0.0, "The gradient of J is not finite at w0"),
        (lambda w: w, "abc", "w0 is of type str"),
        (5.0, 1.0, "J must be a function of w, but it is of type float"),
    ],
)
def test_a_cost_that_cannot_be_minimised_is_refused_in_a_sentence(
    J: Any, w0: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        minimize(J, w0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "adan"}, r"method must be a solver .*, but it is 'adan' .did you mean 'adam'"),
        ({"method": None}, "method must be a name, or a solver or an update rule"),
        ({"learning_rate": 0.1}, "^auto takes no learning_rate; those that do are adam, grad"),
        ({"method": "lbfgs", "learning_rate": 0.1}, "^lbfgs takes no learning_rate"),
        ({"method": "adam", "learning_rate": -1}, "^learning_rate must be a number above 0, but"),
        ({"method": "adam", "learning_rate": "1"}, "^learning_rate must be a number above 0, but"),
        ({"method": Adam(), "learning_rate": 1.0}, "^learning_rate is for methods given by name"),
        ({"method": Adam}, "with its parentheses, but it is <class"),
        ({"method": None}, "with its parentheses, but it is None"),
        ({"args": 3}, "args must be a tuple of what J takes after w"),
        ({"grad": None, "hvp": slope}, "hvp was given without grad"),
        ({"batches": iter([1.0])}, "batches must be a list of batches, a data loader, or a"),
        ({"batches": 3}, "batches must be a list of batches"),
        ({"batches": []}, "batches is empty"),
        ({"grad": lambda w: [2 * w]}, "must be nested like w0"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_in_a_sentence(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        minimize(square, 0.0, **{"grad": slope, **options})


@pytest.mark.parametrize(("name", "value"), [("tol", -1.0), ("tol", math.nan), ("max_steps", -1)])
def test_a_tolerance_or_limit_out_of_its_range_is_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be at least 0, but it is {value}\."):
        minimize(square, 0.0, grad=slope, **{name: value})


# ---------------------------------------------------------------- ends in J's own units


@pytest.mark.parametrize("method", ["auto", LBFGS(), Newton()])
@pytest.mark.parametrize(
    ("J", "grad", "start", "where"),
    [
        (lambda w: np.log(w), lambda w: 1 / w, 1.0, "towards 0"),
        (lambda w: np.log(w - 3), lambda w: 1 / (w - 3), 4.0, "towards 3"),
        (lambda w: np.log(w @ w), lambda w: 2 * w / (w @ w), np.array([1.0, 2.0]), "towards ("),
        (lambda w: -np.log(w), lambda w: -1 / w, 1.0, "It falls all along"),
    ],
)
def test_a_log_falls_without_end(J: Any, grad: Any, start: Any, where: str, method: Any) -> None:
    with np.errstate(all="ignore"):
        found = minimize(J, start, method, grad=grad)
    assert found.status is Status.UNBOUNDED
    assert where in found.sentence


@pytest.mark.parametrize("method", ["auto", LBFGS(), Newton()])
def test_a_cost_in_tiny_units_is_minimised_like_others(method: Any) -> None:
    found = minimize(lambda w: 1e-300 * (w - 3) ** 2, 0.0, method, grad=lambda w: 2e-300 * (w - 3))
    assert found.w == pytest.approx(3.0)
    assert found.value < 1e-330 + 1e-315


def test_beside_a_steep_direction_a_flat_one_is_minimised_too_and_the_end_is_a_minimum() -> None:
    found = minimize(
        lambda w: 1e12 * (w[0] - 3) ** 2 + (w[1] + 1) ** 2,
        np.zeros(2),
        grad=lambda w: np.array([2e12 * (w[0] - 3), 2 * (w[1] + 1)]),
    )
    np.testing.assert_allclose(found.w, [3.0, -1.0])
    assert found.classify().kind is Kind.MINIMUM


def test_a_root_has_an_end_though_its_gradient_has_none() -> None:
    with np.errstate(all="ignore"):
        found = minimize(lambda w: np.sqrt(w), 1.0, grad=lambda w: 0.5 / np.sqrt(w))
    assert found.status is Status.STUCK
