"""statsmodels' MNLogit, which has no penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import Peer, Seen, no_sparse, settings


def fit(task: Task, seen: Seen, method: str = "newton") -> dict[str, Any]:
    """Fit with MNLogit, which has no penalty; class 0 is its base outcome."""
    import statsmodels.api as sm

    def weights(params: Any) -> tuple[np.ndarray, np.ndarray]:
        table = np.asarray(params).reshape((task.X.shape[1] + 1, -1), order="F").T
        table = np.vstack([np.zeros(table.shape[1]), table])
        return table[:, 1:], table[:, 0]

    model = sm.MNLogit(task.y, sm.add_constant(task.X, has_constant="add"))
    more = {"tol": 1e-12} if method == "newton" else {"gtol": 1e-10}
    result = model.fit(
        method=method, maxiter=10**5, disp=False, warn_convergence=False,
        callback=lambda w: seen(None, lambda: weights(np.array(w))), **more,
    )  # fmt: skip
    return {"weights": lambda: weights(np.asarray(result.params).ravel(order="F"))}


PEER = Peer(
    fit,
    ("statsmodels",),
    (settings(method="newton"),),
    skip=lambda task: "it has no penalty" if task.l2 > 0.0 else no_sparse(task),
)
