"""The watch tells plateaus, saddles, valleys and minima apart, and costs next to nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from network_problems import network_problem

from softlearn.function import Function
from softlearn.landscape import PlateauWatch, surfaces
from softlearn.protocol import F64
from softlearn.solve import Adam, GradientDescent, Rule


def watched(
    J: Any, rule: Rule, w0: Any, steps: int, **choices: Any
) -> tuple[PlateauWatch, list[str]]:
    """Return the watch after a run, and all it said."""
    watch = PlateauWatch(J, **choices)
    run = rule.steps(J, np.array(w0, dtype=float), 1e-6)
    texts = [text for step, _ in zip(run, range(steps), strict=False) if (text := watch.see(step))]
    return watch, texts


def test_gradient_descent_on_a_plateau_is_told_so() -> None:
    watch, texts = watched(surfaces.plateau, GradientDescent(0.05), [3.5, 3.0], 2000)
    assert texts[0] == (
        "Plateau since step 0: gradient 1 of its start, smallest curvature -0.0005 (as at a "
        "saddle): Adam or a perturbation would leave it."
    )
    assert watch.since == 0
    assert watch.curvature is not None
    assert watch.curvature.down == 1


def test_a_saddle_is_told_and_so_is_leaving_it() -> None:
    watch, texts = watched(surfaces.saddle, GradientDescent(0.05), [1.5, 1e-18], 700)
    assert "smallest curvature -2 (as at a saddle): Adam or a perturbation would leave" in texts[0]
    since = int(texts[0].removeprefix("Plateau since step ").split(":")[0])
    assert 0 < since < 60
    left = [text for text in texts if "ended" in text]
    assert len(left) == 1
    assert f"The stall that began at step {since} ended by step" in left[0]
    assert "(as at a minimum)" in texts[-1]
    assert watch.since is not None


@pytest.mark.parametrize("w0", [[3.5, 3.0], [-3.0, 3.0]])
def test_adam_crosses_the_plateau_and_nothing_is_said_before_the_minimum(w0: list[float]) -> None:
    _, texts = watched(surfaces.plateau, Adam(0.1), w0, 1500)
    assert all("as at a minimum" in text for text in texts)


def test_a_minimum_is_told_from_a_valley() -> None:
    _, minimum = watched(surfaces.bowl, GradientDescent(0.019), [1.0, 1.0], 2000)
    assert "(as at a minimum): about" in minimum[0]
    values = np.array([1e-4, 1.0])
    J = Function(lambda w: (0.5 * values @ w**2, values * w), 2, lambda w, v: values * v)
    _, valley = watched(J, GradientDescent(1.0), [100.0, 1.0], 1000, stall=1e-2)
    assert "(a long valley): momentum, Adam or L-BFGS would be faster" in valley[0]


def test_a_curvature_of_zero_is_called_so() -> None:
    J = Function(lambda w: (1.0 + float(w[0] ** 4), 4.0 * w**3), 1, lambda w, v: 12.0 * w**2 * v)
    _, texts = watched(J, GradientDescent(0.1), [0.0], 600)
    assert "zero within its error" in texts[0]
    J = Function(lambda w: (1.0, 0.0 * w), 2, lambda w, v: 0.0 * v)
    watch = PlateauWatch(J, window=2, share=1.0)
    texts = [watch.take(1.0, np.zeros(2), 0.0) for _ in range(20)]
    assert "no direction changes J" in "".join(texts)


@pytest.mark.parametrize("length", [1e-9, None])
@pytest.mark.parametrize("size", [2, 50])
def test_it_costs_less_than_two_percent_of_the_gradients(size: int, length: float | None) -> None:
    """Counted: one for each value and gradient, two for a product with the Hessian."""
    work = 0.0

    def counted(weight: float, f: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*arguments: F64) -> Any:
            nonlocal work
            work += weight
            return f(*arguments)

        return inner

    values = np.linspace(-1.0, 2.0, size)
    J = Function(
        counted(1.0, lambda w: (1.0 + 0.5 * float(values @ w**2), values * w)),
        size,
        counted(2.0, lambda w, v: values * v),
    )
    watch, looks = PlateauWatch(J), 0
    for k in range(1, 20_001):
        looks += bool(watch.take(1.0, np.zeros(size), length))
        assert work <= 0.02 * k
        assert work <= watch.spent <= 0.02 * k
    assert 3 <= looks <= 12


def test_noise_of_mini_batches_is_no_progress_and_their_price_is_counted() -> None:
    J, w = network_problem("tanh", (5,))
    rng = np.random.default_rng(0)
    told = {}
    for steps in (1.0, 10.0):
        watch = PlateauWatch(J, steps_per_pass=steps)
        told[steps] = next(
            k for k in range(20_000) if watch.take(1.0 + 1e-3 * rng.normal(), w, 1.0)
        )
    assert told[10.0] == pytest.approx(10.0 * told[1.0], abs=100)


def test_lengths_of_gradients_that_nobody_gives_are_computed_when_it_looks() -> None:
    told = {}
    for given in (True, False):
        watch = PlateauWatch(surfaces.saddle, window=10)
        run = GradientDescent(0.05).steps(surfaces.saddle, np.array([1.5, 1e-18]), 0.0)
        for step, _ in zip(run, range(400), strict=False):
            length = float(np.linalg.norm(step.point.grad)) if given else None
            if text := watch.take(step.point.value, step.point.w, length):
                told[given] = text
                break
    for text in told.values():  # a later look, as more must be saved for it
        assert "smallest curvature -2 (as at a saddle)" in text
        share = float(text.split("gradient ")[1].split(" of its start")[0])
        assert 1e-8 < share < 1e-3
    assert len(told) == 2


def test_while_there_is_progress_nothing_is_looked_at() -> None:
    J = Function(lambda w: (np.nan, w), 2)
    watch = PlateauWatch(J, share=1.0)
    assert not any(watch.take(1000.0 - 2.0 * k, np.zeros(2), 1.0) for k in range(500))
    assert not any(watch.take(100.0 + 2.0 * k, np.zeros(2), 1.0) for k in range(500))
    assert not any(watch.take(np.nan, np.zeros(2), 1.0) for k in range(100))
    assert watch.spent == 0.0


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"window": 1}, "window must be at least 2, but it is 1"),
        ({"stall": 0.0}, "stall must be above 0"),
        ({"share": -1.0}, "share must be above 0"),
        ({"steps_per_pass": 0.0}, "steps_per_pass must be above 0"),
    ],
)
def test_numbers_out_of_their_range_are_named(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        PlateauWatch(surfaces.bowl, **choices)
