"""What a solver must hold."""

from __future__ import annotations

import numpy as np

from ..data import as_rows
from ..function import Function
from ..objective import SoftmaxObjective
from ..problem import Linear
from ..protocol import F64, Objective, Solver, Status
from ..solve import Newton, minimize
from .hold import hold

__all__ = ["check_solver"]


def check_solver(solver: Solver, *, tol: float = 1e-6, max_steps: int = 20_000) -> None:
    """Check that a solver finds minima of easy problems, and claims nothing false.

    Args:
        solver: the solver.
        tol: the tolerance it is run with.
        max_steps: the steps it may take on each problem.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    hold(bool(solver.name), "a solver must have a name.")
    for title, J, least in _problems():
        start = np.full(J.size, 0.1)
        before = start.copy()
        first = next(iter(solver.steps(J, start, tol))).point
        hold(np.array_equal(first.w, start), f"on {title} the first step must be the start itself.")
        runs = [minimize(J, solver, start, tol, max_steps) for _ in range(2)]
        found = runs[0]
        hold(np.array_equal(start, before), "a solver must leave the start as it was.")
        hold(np.array_equal(found.w, runs[1].w), f"on {title} two runs must give the same bits.")
        hold(found.status.settled, f"on {title} the solver ended with: {found.status.value}")
        excess = found.value - least
        hold(
            excess <= tol * abs(found.value) + 1e-9,
            f"on {title} the solver stopped {excess:.3g} above the minimum.",
        )
        _check_claims(solver, J, start, least, tol, title)
        again = minimize(J, solver, found.w, tol, max_steps)
        hold(
            again.status.settled or again.status is Status.STUCK,
            f"on {title} a start at the minimum ended with: {again.status.value}",
        )
        rounding = 8.0 * np.finfo(float).eps * abs(found.value)  # J is summed in another order
        hold(
            again.value <= found.value + rounding,
            f"on {title} a start at the minimum was made worse.",
        )
    _check_not_finite(solver, tol)


def _check_claims(
    solver: Solver, J: Objective, start: F64, least: float, tol: float, title: str
) -> None:
    for k, step in enumerate(solver.steps(J, start, tol)):
        hold(
            step.lower <= least + 1e-12 * max(1.0, abs(least)),
            f"on {title} step {k} claims the bound {step.lower:.17g}, above the minimum "
            f"{least:.17g}.",
        )
        hold(not step.unbounded, f"on {title} step {k} denies the minimum: {step.unbounded}")
        if step.stuck or k >= 30:
            break


def _check_not_finite(solver: Solver, tol: float) -> None:
    nowhere = Function(lambda w: (np.nan, np.full_like(w, np.nan)), 2)
    status = minimize(nowhere, solver, np.zeros(2), tol, 5).status
    hold(status is Status.NOT_FINITE, f"where J is NaN a solver must stop, but: {status.value}")


def _problems() -> list[tuple[str, Objective, float]]:
    """Return names, objectives and minima."""
    rng = np.random.default_rng(0)
    A = np.diag([1.0, 3.0, 10.0])
    quadratic = Function(lambda w: (1.0 + 0.5 * float((w - 1) @ A @ (w - 1)), A @ (w - 1)), 3)
    X = rng.normal(size=(60, 4))
    y = (X @ rng.normal(size=(4, 3)) + rng.gumbel(size=(60, 3))).argmax(1)
    problems: list[tuple[str, Objective, float]] = [("a quadratic", quadratic, 1.0)]
    for title, bias, l2 in (("softmax regression", True, 0.05), ("one without bias", False, 0.2)):
        J = SoftmaxObjective.of(as_rows(X), y, Linear(4, 3, bias), l2)
        problems.append((title, J, minimize(J, Newton("exact"), tol=1e-13).value))
    return problems
