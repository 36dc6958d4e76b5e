"""What a point has computed is long where there are many rows: it must not outlive its use."""

import gc
import weakref

import numpy as np
import pytest

from softlearn.data import as_rows
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Forward, Limits, passes_for
from softlearn.problem import Linear, Problem
from softlearn.protocol import Solver
from softlearn.solve import LBFGS, Newton, minimize_steps

N, D, C = 600, 5, 4


def objective(limits: Limits) -> SoftmaxObjective:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D))
    y = (X @ rng.normal(size=(D, C)) + rng.gumbel(size=(N, C))).argmax(1)
    problem = Problem.of(as_rows(X), y, Linear(D, C), 1e-3)
    return SoftmaxObjective(problem, passes_for(problem, limits=limits))


def keeping(J: SoftmaxObjective) -> int:
    """Return how many points of J have their logits."""
    # isinstance would ask each object for its class, of which some of PyTorch's warn
    points = [f for f in gc.get_objects() if issubclass(type(f), Forward)]
    points = [f for f in points if f.problem is J.problem]
    return sum(bool(f._kept) for f in points)


@pytest.mark.parametrize("limits", [Limits(), Limits(small_hessian=0)], ids=["small", "blocks"])
@pytest.mark.parametrize("solver", [Newton(), LBFGS()], ids=lambda s: s.name)
def test_only_the_ends_of_a_step_keep_their_logits(limits: Limits, solver: Solver) -> None:
    J = objective(limits)
    for k, _ in enumerate(minimize_steps(J, solver, tol=1e-9)):
        assert keeping(J) <= 2, f"after step {k}"
    assert k > 2


def test_the_end_of_a_step_lets_go_of_where_it_began() -> None:
    J = objective(Limits(small_hessian=0))
    start = J.at(np.zeros(J.size) + 0.01)
    logits = weakref.ref(start.forward._kept[0].Z)
    end = start.along(-start.grad).point(0.5)
    assert end.value < start.value
    assert logits() is not None
    del start
    assert logits() is None
