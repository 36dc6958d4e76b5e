"""The outcome of a training: what was learned, dead units, saddles and plateaus."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import counted
from ...data import as_rows
from ...execution.blas import one_blas_thread
from ...networks import Network, NetworkObjective
from ...networks.activations import ACTIVATIONS
from ...passes import spans_for
from ...protocol import Status
from .examples import measure
from .history import Record
from .task import Task

__all__ = ["NOTHING", "dead_units", "learned_nothing", "standing", "still_falling"]

Array = NDArray[Any]
NOTHING = "The network has learned nothing"
"""The beginning of the sentence on a network that is no better than the class frequencies."""

_NO_BETTER = 1e-3  # relative to the loss of the class frequencies
_SURE = 1e-4  # nats: below it one class has almost all the weight
_FLAT = 1e-6  # a slope of the activation below which a unit counts as dead
_FALLING = 0.01  # of the loss of the class frequencies: a fall worth more epochs
_LOW = 0.2  # of it: a network with a lower loss has learned something
_PRODUCTS = (5, 20)  # with the Hessian
_SHARE = 0.05  # of the passes of a training: the budget to classify its end


def learned_nothing(task: Task, record: Record, w: Array) -> str:
    """Return a sentence if a network is no better than the class frequencies are; else ""."""
    usual = record.sample.entropy()
    loss = record.sample_loss
    if np.isnan(loss):  # no epoch has been trained, or none since the checkpoint was read
        loss = measure(task.model, w, record.sample, record.n_jobs).loss
    if usual < _SURE or loss < (1.0 - _NO_BETTER) * usual:
        return ""
    rows, of = record.sample.n, int(_trained(task).sum())
    where = "its training rows" if rows == of else f"{rows:,} of its training rows"
    return (
        f"{NOTHING}: it is no better than whoever knows the class "
        f"frequencies alone (log-loss {loss:.4g} for {usual:.4g} on {where})."
    )


def dead_units(task: Task, record: Record, w: Array) -> str:
    """Return a sentence on hidden units without a gradient on every training row; else ""."""
    model = task.model
    if not model.curved or model.activation == "identity":
        return ""
    dead = _dead(model, w, record.sample.X, np.ones(record.sample.n, dtype=bool))
    if any(found.any() for found in dead):  # in a sample, if the rows are many
        dead = _dead(model, w, task.examples.X, _trained(task))
    layers = [
        f"{found.sum():,} of {counted(len(found), f'{model.activation} unit')} of hidden layer {k}"
        for k, found in enumerate(dead, 1)
        if found.any()
    ]
    if not layers:
        return ""
    many = sum(int(found.sum()) for found in dead) > 1
    verb, they, learn = ("are", "they", "learn") if many else ("is", "it", "learns")
    return (
        f"{' and '.join(layers)} {verb} dead: in no training row does a gradient pass, so {they} "
        f"{learn} no more."
    )


def _trained(task: Task) -> NDArray[np.bool_]:
    """Return which examples count in the training."""
    s = task.examples.s
    trained = np.zeros(task.examples.n, dtype=bool)
    trained[task.rows] = True if s is None else s[task.rows] > 0.0
    return trained


def _dead(model: Network, w: Array, X: Any, which: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the dead units of each hidden layer; reading ends once none is left."""
    slope, rows = ACTIVATIONS[model.activation].slope, as_rows(X)
    dead = [np.ones(n, dtype=bool) for n in model.sizes[1:-1]]
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for span in spans_for(rows, model.units):
            tape = model.forward(rows.block(span), w)
            for k, found in enumerate(dead, 1):
                steep = np.abs(slope(tape.Z[k], tape.G[k]))[:, which[span]]
                found &= ~(steep > _FLAT).any(1)
            if not any(found.any() for found in dead):
                break
    return dead


def still_falling(task: Task, record: Record, status: Status, unit: str) -> str:
    """Return a sentence if a training that reached its limit was still improving; else ""."""
    losses = np.array(record.history["loss"])
    n = max(1, len(losses) // 10)
    if status not in (Status.TRAINED, Status.LIMIT_REACHED) or len(losses) < 2 * n:
        return ""
    fall = float(losses[-2 * n : -n].mean() - losses[-n:].mean())
    if not fall > _FALLING * task.examples.entropy():
        return ""
    over = f"the last {counted(n, unit)}" if n > 1 else f"the last {unit}"
    return f"The training loss still fell, by {fall:.2g} in {over}: more {unit}s may lower it."


def standing(J: NetworkObjective, w: Array, usual: float, nothing: bool) -> str:
    """Return a sentence if a solver that takes all rows ended on a saddle or a plateau; else "".

    Args:
        J: its objective.
        w: its end.
        usual: the loss of the class frequencies.
        nothing: whether the network has learned nothing.

    """
    from ...landscape.curvature import curvature_at  # which what only predicts does without

    point = J.at(w)
    if not nothing and point.value <= _LOW * usual:
        return ""
    low, high = _PRODUCTS
    max_products = high if nothing else min(high, int(_SHARE * J.passes / 2.0))
    if max_products < low or not (np.isfinite(point.value) and np.isfinite(point.grad).all()):
        return ""
    with one_blas_thread():
        c = curvature_at(J, point, max_products=min(max_products, J.size), whole=0)
    if c.down:
        return (
            f"It stands at a saddle (smallest curvature {c.values[0]:.1g}): solver='adam' or "
            "another random_state may leave it."
        )
    if not nothing:
        return ""
    length = float(np.linalg.norm(point.grad))
    return (
        f"It stands on a plateau (gradient {length:.1g}): features of one scale, solver='adam' or "
        "another random_state may keep off it."
    )
