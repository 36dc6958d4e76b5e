"""What an update rule must hold."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import as_rows
from ..objective import SoftmaxObjective
from ..problem import Linear
from ..solve import Rule, Stochastic
from .hold import hold

__all__ = ["check_rule"]

Array = NDArray[Any]


def check_rule(rule: Rule, *, steps: int = 400) -> None:
    """Check that an update rule is pure, keeps shapes and dtypes, goes downhill and can be resumed.

    Args:
        rule: the rule; its learning rate must suit a problem whose steepest curvature is 4.
        steps: how many it may take to halve the distance of J from its minimum.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    hold(bool(rule.name), "a rule must have a name.")
    for dtype in (np.float64, np.float32):
        _check_updates(rule, np.dtype(dtype))
    _check_descent(rule, steps)
    _check_batches(rule)


def _gradient(w: Array) -> Array:
    """Return that of 1/2 sum_j a_j (w_j - 1)^2, with a_j from 1/4 to 4."""
    return (np.geomspace(0.25, 4.0, len(w)) * (w - 1.0)).astype(w.dtype)


def _check_updates(rule: Rule, dtype: np.dtype[Any]) -> None:
    w = np.linspace(-2.0, 3.0, 7).astype(dtype)
    state = rule.init(w)
    for k in range(5):
        g = _gradient(w)
        given = pickle.dumps((g, state, w))
        step, new = rule.update(g, state, w)
        unchanged = pickle.dumps((g, state, w)) == given
        hold(unchanged, f"update changes its arguments at step {k}; it must return new ones.")
        hold(step.shape == w.shape, f"a step must have shape {w.shape}, but has {step.shape}.")
        hold(step.dtype == dtype, f"a step from {dtype} must be {dtype}, but it is {step.dtype}.")
        hold(bool(np.isfinite(step).all()), f"step {k} must be finite, but it is {step}.")
        again, _ = rule.update(*pickle.loads(given))
        same_bits = np.array_equal(again, step)
        hold(same_bits, "the same g, state and w must give the same step, to the last bit.")
        w, state = w + step, new


def _check_descent(rule: Rule, steps: int) -> None:
    a = np.geomspace(0.25, 4.0, 7)
    w = np.full(7, 3.0)
    state, start = rule.init(w), float(a @ (w - 1.0) ** 2)
    for _ in range(steps):
        step, state = rule.update(_gradient(w), state, w)
        w = w + step
    hold(
        float(a @ (w - 1.0) ** 2) <= 0.5 * start,
        f"in {steps} steps the rule has not halved a quadratic: its learning rate may be too small "
        f"or too large.",
    )


def _check_batches(rule: Rule) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 3))
    J = SoftmaxObjective.of(as_rows(X), (X[:, 0] > 0.0).astype(int), Linear(3, 2), 0.01)
    epochs = list(Stochastic(rule, batch_size=16, epochs=3).steps(J, np.zeros(J.size), 0.0))
    hold(epochs[-1].point.value < epochs[0].point.value, "mini-batches must lower the objective.")
    later = list(Stochastic(rule, batch_size=16, epochs=3).resume(J, epochs[1]))[-1]
    hold(
        np.array_equal(later.point.w, epochs[-1].point.w),
        "going on from a state that was kept must give the same bits.",
    )
