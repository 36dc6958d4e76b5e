"""Update rules make the steps of PyTorch's and optax's, to the last digits, and are solvers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from network_problems import network_problem
from problems import MakeProblem, problem

from softlearn.function import Function
from softlearn.protocol import F64, Status
from softlearn.solve import (
    Adam,
    AdamW,
    Exponential,
    GradientDescent,
    InverseTime,
    Momentum,
    RMSprop,
    Rule,
    minimize,
)
from softlearn.testing import check_rule, check_solver

STEPS = 200
RULES: list[Rule] = [
    GradientDescent(0.1),
    Momentum(0.1),
    Momentum(0.02, form="sum"),
    Momentum(0.1, nesterov=True),
    Momentum(0.02, form="sum", nesterov=True),
    RMSprop(0.01),
    Adam(0.02),
    AdamW(0.02),
]
TORCH: list[tuple[Rule, str, dict[str, Any]]] = [
    (GradientDescent(0.2), "SGD", {"lr": 0.2}),
    (Momentum(0.3, 0.8), "SGD", {"lr": 0.3 * (1 - 0.8), "momentum": 0.8}),
    (Momentum(0.05, 0.9, "sum"), "SGD", {"lr": 0.05, "momentum": 0.9}),
    (
        Momentum(0.05, 0.9, "sum", nesterov=True),
        "SGD",
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    ),
    (
        Momentum(0.3, 0.9, nesterov=True),
        "SGD",
        {"lr": 0.3 * (1 - 0.9), "momentum": 0.9, "nesterov": True},
    ),
    (RMSprop(0.02, 0.95, 1e-6), "RMSprop", {"lr": 0.02, "alpha": 0.95, "eps": 1e-6}),
    (Adam(0.05, 0.8, 0.99, 1e-7), "Adam", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-7}),
    (Adam(), "Adam", {}),
    (AdamW(0.03, weight_decay=0.1), "AdamW", {"lr": 0.03, "weight_decay": 0.1}),
    (AdamW(), "AdamW", {}),
]


def gradient() -> Callable[[F64], F64]:
    """Return that of a small softmax objective, whose features have many scales."""
    J = problem(n=30, d=4, C=3, l2=0.1, columns=[0.1, 1.0, 3.0, 0.5])
    return lambda w: J.at(w).grad


def course(rule: Rule, w: F64) -> list[F64]:
    """Return the points of a rule that follows the gradient where it stands."""
    follow, g, points = PathFollowing(rule, w), gradient(), []
    for _ in range(STEPS):
        points.append(follow(g(w)))
        w = points[-1]
    return points


class PathFollowing:
    """A rule that is told gradients one by one.

    They are those at another's points: Adam and RMSprop divide a gradient that vanishes by its own
    size, and what rounding left of it would decide where they go.
    """

    def __init__(self, rule: Rule, w: F64) -> None:
        self.rule, self.w, self.state = rule, w, rule.init(w)

    def __call__(self, g: F64) -> F64:
        step, self.state = self.rule.update(g, self.state, self.w)
        self.w = self.w + step
        return self.w


START = np.sin(np.arange(15.0))


@pytest.mark.parametrize(("rule", "name", "choices"), TORCH)
def test_two_hundred_steps_are_pytorch_s(rule: Rule, name: str, choices: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    g, w = gradient(), torch.tensor(START)
    optimizer, ours = getattr(torch.optim, name)([w], **choices), PathFollowing(rule, START)
    for _ in range(STEPS):
        there = g(w.numpy())
        w.grad = torch.tensor(there)
        optimizer.step()
        np.testing.assert_allclose(ours(there), w.numpy(), rtol=1e-12, atol=1e-12)


def optax_twins(optax: Any) -> list[tuple[Rule, Any]]:
    average = optax.chain(optax.ema(0.8, debias=False), optax.scale(-0.3))
    return [
        (GradientDescent(0.2), optax.sgd(0.2)),
        (Momentum(0.3, 0.8), average),
        (Momentum(0.05, 0.9, "sum"), optax.sgd(0.05, 0.9)),
        (Momentum(0.05, 0.9, "sum", nesterov=True), optax.sgd(0.05, 0.9, nesterov=True)),
        (RMSprop(0.02, 0.95, 1e-6), optax.rmsprop(0.02, 0.95, 1e-6, eps_in_sqrt=False)),
        (Adam(0.05, 0.8, 0.99, 1e-7), optax.adam(0.05, 0.8, 0.99, 1e-7)),
        (AdamW(0.03, weight_decay=0.1), optax.adamw(0.03, weight_decay=0.1)),
        (Adam(Exponential(0.1, 0.98)), optax.adam(lambda k: 0.1 * 0.98**k)),
        (
            AdamW(InverseTime(0.1, 0.1), weight_decay=0.1),
            optax.adamw(lambda k: 0.1 / (1.0 + 0.1 * k), weight_decay=0.1),
        ),
    ]


def test_two_hundred_steps_are_optax_s() -> None:
    optax = pytest.importorskip("optax")
    import jax

    g = gradient()
    with jax.enable_x64(True):
        for rule, twin in optax_twins(optax):
            w = jax.numpy.asarray(START)
            state, update, ours = twin.init(w), jax.jit(twin.update), PathFollowing(rule, START)
            for _ in range(STEPS):
                there = g(np.asarray(w))
                step, state = update(jax.numpy.asarray(there), state, w)
                w = optax.apply_updates(w, step)
                np.testing.assert_allclose(ours(there), np.asarray(w), rtol=1e-12, atol=1e-12)


def test_the_course_s_average_is_the_sum_with_a_shorter_step() -> None:
    for ours, theirs in zip(
        course(Momentum(0.5, 0.9), START),
        course(Momentum(0.5 * 0.1, 0.9, "sum"), START),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_momentum_without_memory_is_gradient_descent() -> None:
    for form in ("average", "sum"):
        np.testing.assert_array_equal(
            course(Momentum(0.1, 0.0, form), START), course(GradientDescent(0.1), START)
        )


def test_adam_s_first_step_is_the_learning_rate_in_every_coordinate() -> None:
    for size in (1e-3, 1.0, 1e6):  # without the correction it would be a third of that
        step, _ = Adam(0.01).update(np.array([size, -size]), Adam().init(np.zeros(2)), np.zeros(2))
        np.testing.assert_allclose(step, [-0.01, 0.01], rtol=2e-5)


# ---------------------------------------------------------------- conformance


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_conforms(rule: Rule) -> None:
    check_rule(rule)


SOLVERS: list[Rule] = [
    GradientDescent(0.1),
    Momentum(0.1),
    Momentum(0.02, form="sum", nesterov=True),
    Adam(Exponential(0.3, 0.99)),
    RMSprop(Exponential(0.1, 0.97)),
]


@pytest.mark.parametrize("rule", SOLVERS)
def test_every_rule_is_a_solver(rule: Rule) -> None:
    check_solver(rule)


@pytest.mark.parametrize("rule", [Momentum(0.5), Adam(0.05), RMSprop(0.01)])
def test_a_rule_with_the_gradient_of_all_rows_proves_its_minimum(
    make: MakeProblem, rule: Rule
) -> None:
    J = make(l2=0.1)
    found = minimize(J, rule, tol=1e-3, max_steps=3000)
    assert found.status is Status.CONVERGED
    assert found.gap <= 1e-3


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_lowers_the_objective_of_a_network(rule: Rule) -> None:
    J, w = network_problem("tanh")
    assert minimize(J, rule, w, max_steps=50).value < J.at(w).value - 0.01


def test_a_rule_ends_where_j_is_no_longer_finite() -> None:
    J = Function(lambda w: (float(w @ w), 2.0 * w), 1)
    found = minimize(J, Momentum(100.0, 0.5, "sum"), np.ones(1))
    assert found.status is Status.NOT_FINITE
    assert found.value == 1.0


# ---------------------------------------------------------------- what is caught


@dataclass(frozen=True)
class Mutant(Rule):
    """Gradient descent, changed."""

    change: Callable[[F64, Any, F64], tuple[F64, Any]]
    name: str = "mutant"

    def init(self, w: F64) -> Any:
        return np.zeros_like(w)

    def update(self, g: F64, state: Any, w: F64) -> tuple[F64, Any]:
        return self.change(g, state, w)


def writes(g: F64, state: F64, w: F64) -> tuple[F64, F64]:
    state += g
    return -0.1 * g, state


MISTAKES: dict[str, tuple[Callable[[F64, Any, F64], tuple[F64, Any]], str]] = {
    "changes its state in place": (writes, "changes its arguments"),
    "goes uphill": (lambda g, s, w: (0.1 * g, s), "has not halved|finite"),
    "stands still": (lambda g, s, w: (0.0 * g, s), "has not halved"),
    "returns float64 for float32": (lambda g, s, w: (-0.1 * g.astype(float), s), "must be float32"),
    "returns a number": (lambda g, s, w: (np.float64(0.1), s), "shape"),
    "is random": (
        lambda g, s, w: (-0.1 * g * g.dtype.type(np.random.default_rng().random()), s),
        "same step, to the last bit",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broken_rule_is_caught(mistake: str) -> None:
    check_rule(Mutant(lambda g, s, w: (-g.dtype.type(0.1) * g, s)))
    change, sentence = MISTAKES[mistake]
    with pytest.raises(AssertionError, match=sentence):
        check_rule(Mutant(change))


def test_a_rule_that_hides_some_of_its_state_is_caught() -> None:
    class Hides(Mutant):
        calls = 0

        def update(self, g: F64, state: Any, w: F64) -> tuple[F64, Any]:
            Hides.calls += 1
            return -g.dtype.type(0.1 if Hides.calls % 7 else 0.11) * g, state

    with pytest.raises(AssertionError, match=r"same bits|last bit"):
        check_rule(Hides(writes))


@pytest.mark.parametrize(
    ("make_rule", "sentence"),
    [
        (lambda: Momentum(beta=1.0), "beta must be at least 0 and below 1, not 1.0"),
        (lambda: Momentum(form="mean"), 'form must be "average" or "sum"'),
        (lambda: RMSprop(beta=-0.1), "beta must be at least 0"),
        (lambda: Adam(beta2=1.5), "beta2 must be at least 0 and below 1"),
        (lambda: replace(AdamW(), beta1=2.0), "beta1 must be"),
        (lambda: GradientDescent().init(np.zeros(1)), "learning_rate must be a number"),
    ],
)
def test_a_choice_out_of_range_is_named(make_rule: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_rule()
