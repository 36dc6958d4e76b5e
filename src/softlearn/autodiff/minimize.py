"""`softlearn.minimize`: the front of the one loop, for any function a user writes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from .._internal.log import LOG
from ..protocol import Point, Solver
from ..solve import LBFGS, Rule, SaddleFreeNewton, Stochastic
from .cost import Batches, as_objective
from .methods import solver_named
from .walk import Iterate, Minimum, leaving_saddles, walk

__all__ = ["minimize", "minimize_steps"]

_WHOLE = 200  # parameters up to which "auto" takes Newton steps with the whole Hessian


def minimize(
    J: Callable[..., Any],
    w0: Any,
    method: str | Solver = "auto",
    *,
    learning_rate: Any = None,
    args: tuple[Any, ...] = (),
    grad: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    batches: Batches | None = None,
    tol: float = 1e-9,
    max_steps: int = 10_000,
) -> Minimum:
    """Minimise J(w, *args) over w, its derivatives made by an autodiff library.

    JAX for functions of numbers and NumPy arrays, written in plain Python or with jax.numpy;
    PyTorch or TensorFlow where w0 holds their tensors; by differences, with a warning, where JAX is
    missing or cannot see into J, for at most 50 parameters.  All in float64.

    "auto" takes saddle-free Newton steps up to 200 parameters, L-BFGS steps beyond.  Where they end
    at a saddle it says so or leaves it, so that a minimum is what curvature says is one.

    Args:
        J: (w, *args) -> one number; or (w, b, *args), of as many parameters as w0 has entries.
        w0: where to start: a number, an array, or dicts, lists, tuples of them in any nesting.  The
            entries of a tuple are parameters of their own, w and b, where J(w0, *args) would lack
            arguments.
        method: a solver or an update rule, such as `LBFGS()` or `Adam(0.01)`, or a name: "auto",
            "adam", "gradient-descent", "lbfgs", "momentum", "newton-cg",
            "perturbed-gradient-descent", "rmsprop", "saddle-free-newton".
        learning_rate: of a method given by name that has one: a number or a schedule.
        args: what J takes after its parameters, such as (X, y); it stays as it is.
        grad: called as J is -> gradient, nested like w0, in place of an autodiff library.
        hvp: (w, v, *args) -> Hessian times v, or (w, b, v, *args), v nested like w0; where grad is
            given.
        batches: what J takes after w, batch by batch: a list of tuples, a data loader, or a
            function rng -> batches.  Update rules make a step for each; what is minimised, and
            looked at after each epoch, is J over args, or without args the mean over the batches.
        tol: the gradient to reach, relative to that at w0 or at zero.
        max_steps: the most steps; with batches and an update rule, epochs.

    Returns:
        The best point found.  Ctrl-C stops with the best point so far.

    Raises:
        ImportError: a library is needed that is missing.
        ValueError: w0 holds no real numbers, or is not what J takes; J returns no number, or none
            that is finite at w0; an argument makes no sense.

    Bounds and constraints: use `scipy.optimize.minimize`.

    """
    run = minimize_steps(
        J,
        w0,
        method,
        learning_rate=learning_rate,
        args=args,
        grad=grad,
        hvp=hvp,
        batches=batches,
        tol=tol,
        max_steps=max_steps,
    )
    while True:
        try:
            next(run)
        except StopIteration as end:
            found: Minimum = end.value
            LOG.info("minimize: %s", found)
            return found


def minimize_steps(
    J: Callable[..., Any],
    w0: Any,
    method: str | Solver = "auto",
    *,
    learning_rate: Any = None,
    args: tuple[Any, ...] = (),
    grad: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    batches: Batches | None = None,
    tol: float = 1e-9,
    max_steps: int = 10_000,
) -> Generator[Iterate, None, Minimum]:
    """Do the work of `minimize` step by step: yield each `Iterate`, return the `Minimum`."""
    for name, value in (("tol", tol), ("max_steps", max_steps)):
        if not value >= 0:
            raise ValueError(f"{name} must be at least 0, but it is {value}.")
    chosen = _chosen(method, learning_rate)
    objective = as_objective(J, w0, args=args, grad=grad, hvp=hvp, batches=batches)
    _check_start(objective.at(objective.tree.start))
    if chosen is None:
        solver: Solver = SaddleFreeNewton() if objective.size <= _WHOLE else LBFGS()
        return (yield from leaving_saddles(objective, solver, tol, max_steps))
    if isinstance(chosen, Rule) and batches is not None:
        chosen = Stochastic(chosen, epochs=max_steps)
    return (yield from walk(objective, chosen, objective.tree.start, tol, max_steps))


def _chosen(method: str | Solver, learning_rate: Any) -> Solver | None:
    """Return the solver or update rule; None for "auto"."""
    if isinstance(method, str):
        return solver_named(method, learning_rate)
    if isinstance(method, type) or not hasattr(method, "steps"):
        raise ValueError(
            f"method must be a name, or a solver or an update rule such as LBFGS() or Adam(0.01), "
            f"with its parentheses, but it is {method!r}."
        )
    if learning_rate is not None:
        raise ValueError(
            "learning_rate is for methods given by name; a solver or an update rule brings its own."
        )
    return method


def _check_start(point: Point) -> None:
    """Raise ValueError unless J and its gradient are finite at w0."""
    with np.errstate(all="ignore"):
        value, grad = point.value, point.grad
    if not np.isfinite(value):
        raise ValueError(f"J is {value} at w0: start where it is finite.")
    if not np.isfinite(grad).all():
        raise ValueError("The gradient of J is not finite at w0: start elsewhere.")
