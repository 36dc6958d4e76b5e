"""Optimizers from the network's weights, seen in the plane in which they move most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..landscape import principal_plane
from .measures import finite
from .race import asked_optimizers, ran, run_facts
from .reading import Refused, fields, number, whole
from .stopping import NO_POINTS
from .training import cost_of
from .workspace import Workspace

__all__ = ["raced_network"]

F64 = NDArray[np.float64]
_STEPS, _GRID = 2000, 41
_AROUND = 0.15


def raced_network(work: Workspace, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event `race` for the network with the points and weights it has now.

    All points are used for each step.  Paths go through all weights; what is shown is where they
    are in the plane of the two directions in which they move most, and the cost over that plane.

    Raises:
        Refused: the message cannot be done.

    """
    given = fields(message, ("surface", "start", "optimizers", "steps", "nudge"))
    steps = whole(given.get("steps", 200), "steps", 1, _STEPS)
    size = number(given.get("nudge", 0.0), "nudge", 0.0, 10.0)
    optimizers = asked_optimizers(given.get("optimizers"), work.optimizer.lr, work.limits)
    X, y, l2, start = work.training.X, work.training.y, work.optimizer.l2, work.w.copy()
    if not len(y):
        raise Refused(NO_POINTS[0], None, "state", korean=NO_POINTS[1])
    nudge = size * np.random.default_rng(0).normal(size=len(start)) if size else None

    def cost(w: F64) -> float:
        return cost_of(work.model, w, X, y, l2).value

    def grad(w: F64) -> F64:
        return cost_of(work.model, w, X, y, l2).grad

    runs = [ran(grad, start, o, steps, lambda w: False, nudge) for o in optimizers]
    costs = [[cost(w) for w in run.path] for run in runs]
    best = min(range(len(runs)), key=lambda i: (costs[i][-1], i))
    plane, _ = principal_plane(np.concatenate([*(run.path for run in runs), runs[best].path[-1:]]))
    shown = [plane.project(run.path) for run in runs]
    extent = _extent(np.concatenate([at for at, _ in shown]))
    x0, x1, y0, y1 = extent
    across, up = np.linspace(x0, x1, _GRID), np.linspace(y0, y1, _GRID)
    values = [[finite(cost(plane.lift(np.array([a, b])))) for a in across] for b in up]
    explained = min(share for _, share in shown)
    l2_text = f" + {l2:g} / 2 ||W||^2" if l2 else ""
    return {
        "type": "race",
        "surface": {
            "name": "network",
            "formula": f"mean cross-entropy{l2_text} of {len(start)} weights",
            "extent": list(extent),
            "grid": {"n": _GRID, "values": values},
            "marks": [{"w": [0.0, 0.0], "kind": "lowest end"}],
        },
        "start": shown[0][0][0].tolist(),
        "runs": [
            run_facts(run, at, cost_of_run, "")
            for run, (at, _), cost_of_run in zip(runs, shown, costs, strict=True)
        ],
        "explained": [share for _, share in shown],
        "note": {
            "en": f"The plane through the lowest end in which the paths move most: it holds at "
            f"least {100 * explained:.0f} % of each path. Costs are those of the paths themselves.",
            "ko": f"가장 낮은 끝점을 지나며 경로가 가장 많이 움직이는 평면입니다. 각 경로의 적어도 "
            f"{100 * explained:.0f} %가 이 평면에 담깁니다. 비용은 경로 자체의 값입니다.",
        },
    }


def _extent(at: F64) -> tuple[float, float, float, float]:
    low, high = at.min(0), at.max(0)
    pad = np.maximum(_AROUND * (high - low), 0.05 * max(float((high - low).max()), 1e-3))
    (x0, y0), (x1, y1) = (low - pad).tolist(), (high + pad).tolist()
    return x0, x1, y0, y1
