"""The proven gap where columns were changed, or parameters differ from the solver's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...objective import SoftmaxObjective
from ...passes.rounding import ROUNDINGS, logit_size
from ...protocol import F64, Result, Status

__all__ = ["at_rounded", "with_penalty"]

_DIGITS = 1e-15  # of J: less is its rounding


def at_rounded(J: SoftmaxObjective, w: F64, result: Result, digits: str, tol: float) -> Result:
    """Return the result with the gap proven for w, after rounding to the user's parameters."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = J.at(w).value
    gap = max(value - result.lower, 0.0) / value if 0.0 < value < np.inf else np.inf
    gap += ROUNDINGS * (1.0 + logit_size(J.blocks, w) * np.sqrt(2.0 / max(value, J.resolution)))
    result = replace(result, value=value, gap=gap if np.isfinite(result.gap) else np.inf)
    if result.status is not Status.CONVERGED or gap <= tol:
        return result
    digits = digits or "weights and features are too large beside the logits they make"
    why = f"The gap at the coefficients as float64 holds them is {gap:.1e}: {digits}."
    return replace(result, status=Status.ROUNDING, detail=why)


def with_penalty(J: SoftmaxObjective, result: Result, W: F64 | None = None) -> Result:
    """Return the result with the penalty of the weights that are returned.

    The part that all classes share has been subtracted: it exceeds rounding where very long steps
    of the solver have multiplied rounding errors.

    Args:
        J: the objective.
        result: a solver's result.
        W: the weights, where J's own penalty is not theirs.

    """
    if J.penalty.absent or (W is None and J.model.reference):
        return result
    if not J.penalty.smooth:
        W = J.penalty.centred(J.model.split(result.w)[0])
        off = J.penalty.value(result.w) - J.penalty.value(J.model.join(W))
    elif W is None:
        shared = J.model.split(result.w)[0].sum(0)
        off = 0.5 * J.penalty.curvature / J.model.C * float(shared @ shared)
    else:
        W = np.sqrt(J.penalty.curvature) * W
        off = J.penalty.value(result.w) - 0.5 * float((W * W).sum())
    if not abs(off) > _DIGITS * result.value:
        return result
    value = result.value - off
    gap = max(value - result.lower, 0.0) / value if np.isfinite(result.gap) else np.inf
    return replace(result, value=value, gap=gap)
