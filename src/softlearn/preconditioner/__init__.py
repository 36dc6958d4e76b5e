r"""Approximate inverses of the Hessian at a point, for the conjugate gradients of Newton's method.

The Hessian of class k with itself is M_k = X' diag(a_k) X + l2 I, a_ik = s_i p_ik (1 - p_ik).

    diagonal    the diagonal of every M_k
    classwise   every M_k from a sample of rows, factorised
    shared      one matrix for all classes, from the mean of a_k over k, factorised
    pooled      one within-class scatter, about each class's own mean and curvature
    exact       the whole Hessian, all classes together, factorised (few parameters)
    coupled     the same from a sample of rows
    rowspace    every M_k, factorised in the space of the rows (fewer rows than columns)

Rows are drawn in proportion to a_ik ||x_i||^2 in units of the diagonal: rows that dominate the
matrix are always kept, so a few rows per feature are enough, whatever the scale of the features.
The sample affects only speed: conjugate gradients correct its error.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..linalg import COMMON, DETERMINED
from ..passes import Forward
from ..problem import Problem
from ..protocol import F64, LinearMap, Preconditioner
from .classwise import classwise
from .coupled import ROWS_PER_PARAMETER, WholeFactor, coupled, exact
from .diagonal import diagonal
from .pooled import pooled
from .rowspace import rowspace
from .sample import FEWEST_ROWS, ROWS_PER_FEATURE

__all__ = [
    "WholeFactor",
    "build_preconditioner",
    "cost_in_passes",
    "exact_factor",
    "exact_inverse",
]


def build_preconditioner(
    forward: Forward, kind: str, seed: int, damping: float = 0.0
) -> Preconditioner:
    """Return r -> M^-1 r for a kind named above.

    Raises:
        ValueError: the kind is unknown.

    """
    builders: dict[str, Callable[[], LinearMap]] = {
        "diagonal": lambda: diagonal(forward, damping),
        "classwise": lambda: classwise(forward, seed, damping, shared=False),
        "shared": lambda: classwise(forward, seed, damping, shared=True),
        "pooled": lambda: pooled(forward, seed, damping),
        "exact": lambda: exact(forward, damping).inverse(),
        "coupled": lambda: coupled(forward, seed, damping).inverse(),
        "rowspace": lambda: rowspace(forward, damping),
    }
    if kind not in builders:
        raise ValueError(f"kind must be one of {', '.join(builders)}, but it is {kind!r}.")
    # Where all parameters are 0, one matrix for all classes is the whole Hessian.
    model, alike = forward.problem.model, forward.at_zero and kind in ("exact", "coupled")
    simplest = "shared" if alike and (model.K == model.C or model.K == 1) else kind
    inverse = _whole(forward, builders[simplest]())
    return Preconditioner(inverse, cost_in_passes(forward.problem, simplest))


def exact_inverse(forward: Forward, damping: float) -> LinearMap | None:
    """Return the one of the kind "exact", or None where it would be inaccurate.

    It is inaccurate where only rounding determines a parameter, and no penalty does.
    """
    factor = exact(forward, damping)
    determined = forward.problem.penalty.curvature > 0.0 or factor.least > DETERMINED
    return _whole(forward, factor) if determined else None


def exact_factor(forward: Forward) -> WholeFactor:
    """Return the whole Hessian, factorised, with a ridge along directions without effect.

    These change no probability.  The penalty on spared columns is left out.
    """
    return exact(forward, 0.0, sparing=True)


def cost_in_passes(problem: Problem, kind: str) -> float:
    """Return the cost of making a preconditioner, in passes: a rough count of multiplications."""
    n, e, K = float(problem.rows.n), problem.model.d + 1.0, float(problem.model.K)
    one = K * (2.0 * problem.rows.nnz + 20.0 * n)  # a pass; 20 for the exponentials of a logit
    for_class = min(n, max(ROWS_PER_FEATURE * e, FEWEST_ROWS))
    for_all = min(n, max(ROWS_PER_PARAMETER * K * e, FEWEST_ROWS))
    work = {
        "diagonal": 0.0,
        "classwise": K * _factorising(for_class, e),
        "shared": _factorising(for_class, e),
        "pooled": _factorising(n, e) + 10.0 * e**3,
        "exact": _factorising(n, K * e),
        "coupled": _factorising(for_all, K * e),
        "rowspace": K * _factorising(n, n),
    }
    # A multiplication inside a product of large matrices takes about a third of the time.
    return 2.0 + work[kind] / (3.0 * one)


def _factorising(rows: float, e: float) -> float:
    """Return the multiplications for X' X, X (rows, e), and its factor."""
    return rows * e**2 / 2.0 + e**3 / 6.0


def _whole(forward: Forward, solve: LinearMap) -> LinearMap:
    """Treat vectors that are equal for all classes separately: they change no probability.

    Along them only the penalty has curvature, and such a part of the start is removed in one step.
    (Not every such vector is inverted: the rounding error of the gradient, divided by a small l2,
    would exceed the rest.)
    """
    model = forward.problem.model
    if model.reference:
        return solve
    common = model.split(forward.w)[0].mean(0)
    curvature = forward.problem.penalty.curvature * model.K * float(common @ common)
    curved = curvature > COMMON * forward.value
    centred = getattr(solve, "centred", False)  # of its own accord

    def centre(r: F64) -> F64:
        for part in model.split(r):
            if len(part):
                part -= np.add.reduce(part) / len(part)
        return r

    def whole(r: F64) -> F64:  # it is kept for many steps, and so must not hold the point
        out = solve(r) if centred else centre(solve(centre(r.copy())))
        if curved:
            W, R = model.split(out)[0], model.split(r)[0]
            W += (float(common @ R.sum(0)) / curvature) * common
        return out

    return whole
