"""The solver for each name, and the choice of "auto"."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ...networks import NetworkObjective
from ...objective import SoftmaxObjective
from ...preconditioner import cost_in_passes
from ...protocol import Solver
from ...solve import LBFGS, GradientDescent, Newton, SampledNewton

__all__ = ["NAMES", "choose_solver"]

SCIKIT_LEARN = ("liblinear", "newton-cholesky", "newton-cg", "sag", "saga", "lbfgs")
OURS = ("auto", "gradient-descent")
NAMES = (*OURS, *SCIKIT_LEARN)

_EXACT_PARAMETERS = 160
_EXACT_ROWS = 4096  # with more, a sample is as good
_CHEAP = 10.0  # passes
_SPARSE_CHEAP = 20.0  # passes: a diagonal costs more than that in most fits, often 100 times
_CLASSWISE_CLASSES = 256  # with more, a matrix for each takes longer than the passes it saves
_POOLED_CHEAP = 20.0  # passes: a shared matrix costs as many more in most fits
_PATIENCE = 3.0  # times the cost of a stronger preconditioner: most fits have ended by then
_COUPLED_PARAMETERS = 4000
_FACTOR_BYTES = 4e8
_FEW_ROWS = 2500


def choose_solver(name: str, J: SoftmaxObjective | NetworkObjective, seed: int = 0) -> Solver:
    """Return the solver for a name.

    ``newton-cholesky``, ``newton-cg``, ``lbfgs`` and ``gradient-descent`` are the methods of these
    names; "auto" chooses among the Newton methods by shape.  scikit-learn's other names (liblinear,
    sag, saga) mean "auto" too.
    """
    if name == "gradient-descent":
        return GradientDescent()
    if name == "lbfgs":
        return LBFGS()
    if isinstance(J, SoftmaxObjective) and J.on_disk:
        on_sample = partial(choose_solver, name, seed=seed)
        return SampledNewton(name="newton-cg", seed=seed, on_sample=on_sample)
    parameters = J.model.C * (J.model.d + J.model.bias)
    if name == "newton-cholesky" and parameters <= 6000:
        return Newton("exact", name="newton-cholesky", seed=seed)
    if name != "newton-cg" and parameters <= _EXACT_PARAMETERS and J.problem.rows.n <= _EXACT_ROWS:
        return Newton("exact", name="newton-cholesky", seed=seed)
    factors = 8.0 * J.model.K * (J.model.d + 1.0) ** 2
    if J.problem.rows.sparse:
        newton = Newton("diagonal", name="newton-cg", seed=seed)
        if factors > _FACTOR_BYTES:
            return newton
        price = cost_in_passes(J.problem, "classwise")
        if price > _SPARSE_CHEAP:
            return replace(newton, stronger="classwise", patience=price)
    by_rows = 8.0 * J.model.K * (J.problem.rows.n + 1.0) ** 2
    few = J.problem.rows.n < J.model.d and J.problem.rows.n <= _FEW_ROWS
    if few and by_rows <= _FACTOR_BYTES and not J.blocks.distributed:
        return Newton("rowspace", name="newton-cg", seed=seed)
    if factors <= _FACTOR_BYTES and J.model.C <= _CLASSWISE_CLASSES:
        newton = Newton("classwise", name="newton-cg", seed=seed)
        if J.model.C == 2 or parameters > _COUPLED_PARAMETERS:
            return newton
        price = cost_in_passes(J.problem, "coupled")
        if price <= _CHEAP:
            return replace(newton, preconditioner="coupled")
        return replace(newton, stronger="coupled", patience=_PATIENCE * price)
    kind = "diagonal"
    if factors <= J.model.K * _FACTOR_BYTES:
        kind = "pooled" if cost_in_passes(J.problem, "pooled") <= _POOLED_CHEAP else "shared"
    return Newton(kind, name="newton-cg", seed=seed)
