"""A run that was never interrupted, as `SoftmaxNetwork(...).fit(X, y)`: the same bits."""

from __future__ import annotations

import math

import numpy as np

from .python_lines import PAINT, imports_for_points, lines_of_points
from .settings import Optimizer
from .workspace import Workspace

__all__ = ["short_python_of"]

_BEFORE = {"data", "table", "add", "label", "model", "optimizer"}


def short_python_of(work: Workspace) -> str | None:
    """Return the program; None where the run was not as `fit` would make it.

    It was if nothing changed after its first step, it has made whole passes over the points, and
    each class has points to train on.
    """
    entries, training = work.journal.entries, work.training
    *before, last = entries
    whole = last["do"] == "train" and not training.position and training.optimizer.lr > 0.0
    alpha = _alpha(training.optimizer.l2, training.batch)
    every = len(np.unique(training.y)) == work.model.classes
    if not (whole and every and {e["do"] for e in before} <= _BEFORE) or alpha is None:
        return None
    points = [e for e in before if e["do"] in ("data", "table", "add", "label")]
    kinds = {e["do"] for e in points}
    rule, model = _rule(training.optimizer), work.model
    lines = [
        "import numpy as np",
        "",
        "from softlearn import SoftmaxNetwork",
        *imports_for_points(kinds),
        f"from softlearn.solve import {rule.partition('(')[0]}",
        *(["", *PAINT.splitlines(), ""] if "add" in kinds else []),
        "",
        *(line for e in points for line in lines_of_points(e)),
        "net = SoftmaxNetwork(",
        f'    {model.hidden!r}, "{model.activation}",',
        f"    solver={rule}, batch_size={training.batch}, max_iter={training.epoch},",
        f'    alpha={alpha!r}, random_state={model.seed}, init="{model.init}", center=False,',
        "    n_iter_no_change=np.inf,",
        ")",
        "rows = (label >= 0) & ~test",
        "net.fit(xy[rows], label[rows])",
        "",
    ]
    return "\n".join(lines)


def _rule(o: Optimizer) -> str:
    """Return the library's rule as a call."""
    if o.name == "descent":
        return f"GradientDescent({o.lr!r})"
    if o.name == "momentum":
        form = "" if o.average else ', form="sum"'
        return f"Momentum({o.lr!r}, beta={o.beta!r}{form})"
    if o.name == "rmsprop":
        return f"RMSprop({o.lr!r}, beta={o.beta2!r}, epsilon={o.eps!r})"
    return f"Adam({o.lr!r}, beta1={o.beta!r}, beta2={o.beta2!r}, epsilon={o.eps!r})"


def _alpha(l2: float, batch: int) -> float | None:
    """Return the alpha with alpha / batch == l2 to the last bit; None if there is none."""
    first = l2 * batch
    tries = first, math.nextafter(first, math.inf), math.nextafter(first, 0.0)
    return next((alpha for alpha in tries if alpha / max(batch, 1) == l2), None)
