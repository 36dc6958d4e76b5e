"""The exact optimum without a hidden layer, and the lower bound that proves it, step by step."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import as_rows
from ..estimators.regression.solvers import choose_solver
from ..networks import objective_of
from ..protocol import Result, Status
from ..solve import minimize_steps
from .measures import finite
from .reading import Refused
from .training import network_of
from .workspace import Workspace

__all__ = ["solved"]

_TOL = 1e-9
_MOST = 1000


def solved(work: Workspace, apply: bool = False) -> dict[str, Any]:
    """Return the event `solved`: the lowest cost of all weights, and how it is known.

    What is minimised is what training lowers: the mean cross-entropy + l2 / 2 ||W||^2.  It is the
    objective of `SoftmaxRegression` for C = 1 / (l2 n), or C = 2 / (l2 n) with two classes, which
    have one row of weights there.  A class without points has no part in it: the bound holds with
    it as well.

    Args:
        work: points, network, penalty.
        apply: whether the optimum becomes the weights.

    Raises:
        Refused: there is a hidden layer, or there are no two classes of points.

    """
    model, l2 = work.model, work.optimizer.l2
    if model.hidden:
        raise Refused(
            "Only a network without a hidden layer has a cost whose minimum can be proven: take "
            "the hidden layers away first.", "hidden", "state",
            korean="은닉층이 없을 때만 최솟값을 증명할 수 있습니다. 은닉층을 먼저 없애 주세요.",
        )  # fmt: skip
    present, y = np.unique(work.training.y, return_inverse=True)
    if len(present) < 2:
        raise Refused(
            "There must be points of two classes at least.", None, "state",
            korean="적어도 두 클래스의 점이 있어야 합니다.",
        )  # fmt: skip
    some = model if len(present) == model.classes else replace(model, classes=len(present))
    J = objective_of(as_rows(work.training.X), y, network_of(some), l2=l2)
    run = minimize_steps(J, choose_solver("auto", J), None, _TOL, _MOST)
    path: list[list[float | None]] = []
    bound = -math.inf
    while True:
        try:
            progress = next(run)
        except StopIteration as end:
            result: Result = end.value
            break
        bound = max(bound, J.floor, J.at(progress.w).bound())
        path.append([progress.k, progress.objective, finite(bound)])
    bound = max(bound, result.lower)
    if apply:
        if len(present) < model.classes or not result.status.settled:
            raise Refused(
                f"These weights cannot be taken: {_text(result, bound)}", "apply", "state",
                korean="이 가중치는 쓸 수 없습니다. 최솟값에 이르지 못했습니다.",
            )  # fmt: skip
        work.set_weights(result.w)
    n = len(y)
    return {
        "type": "solved",
        "cost": result.value,
        "bound": finite(bound),
        "gap": finite(result.value - bound),
        "gap_relative": finite(result.gap),
        "status": result.status.name,
        "proven": result.status.ok,
        "path": path,
        "C": (2.0 if len(present) == 2 else 1.0) / (l2 * n) if l2 > 0.0 else None,
        "text": _text(result, bound),
        "text_ko": _korean(result, bound),
    }


def _text(result: Result, bound: float) -> str:
    if result.status.ok:
        return (
            f"The lowest cost of all weights is {result.value:.10g}, to within "
            f"{result.value - bound:.1e}: a lower bound, found in {result.n_steps} steps, "
            "proves it."
        )
    detail = result.detail.replace("(a finite C)", "(L2 above 0)")
    return f"{result.status.value} {detail}".strip()


def _korean(result: Result, bound: float) -> str:
    if result.status.ok:
        return (
            f"모든 가중치 가운데 가장 낮은 비용은 {result.value:.10g}입니다. "
            f"{result.n_steps}번 만에 찾은 하한이 {result.value - bound:.1e} 이내임을 증명합니다."
        )
    if result.status is Status.NO_FINITE_OPTIMUM:
        return (
            "유한한 최적점이 없습니다. 클래스를 오류 없이 나눌 수 있어 가중치가 끝없이 커집니다. "
            "L2 벌점을 더해 보세요."
        )
    return "최적점을 증명하지 못했습니다."
