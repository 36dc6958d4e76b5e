"""What different libraries remember of a training run, read into the same few curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .canvas import require
from .outputs import last_step

__all__ = ["Run", "read_estimator", "read_history", "smoothed"]

F64 = NDArray[np.float64]

_CURVES = {
    "cost": ("objective", "loss", "train_loss", "cost"),
    "validation cost": ("val_loss", "valid_loss", "validation_loss", "validation cost"),
    "gap": ("gap",),
    "accuracy": ("accuracy", "acc", "train_acc", "train_accuracy"),
    "validation accuracy": (
        "val_accuracy",
        "val_acc",
        "valid_acc",
        "valid_accuracy",
        "validation accuracy",
    ),
}


@dataclass(frozen=True, eq=False)
class Run:
    """The curves of one training run, each (n,), NaN where nothing is known."""

    curves: dict[str, F64]
    """By "cost", "validation cost", "gap", "accuracy", "validation accuracy"."""
    axes: dict[str, F64]
    """What they can be drawn over: "step" or "epoch", and "time" and "passes" if known."""

    def __post_init__(self) -> None:
        lengths = {len(c) for c in (*self.curves.values(), *self.axes.values())}
        require(
            self.curves and len(lengths) == 1 and min(lengths) > 0,
            "A history must have curves of one length, at least 1.",
        )


def read_estimator(estimator: Any) -> Run:
    """Return the run of a fitted estimator; of a pipeline or search, that of the one it fitted.

    Reads `trace_` (records of time, passes, objective and gap), `history_` or `history` (see
    `read_history`), and `loss_curve_` with `validation_scores_`.
    """
    fitted = last_step(estimator)
    if hasattr(fitted, "trace_"):
        return _of_trace(fitted.trace_)
    for name in ("history_", "history"):
        if hasattr(fitted, name) and not callable(getattr(fitted, name)):
            return read_history(getattr(fitted, name))
    require(
        hasattr(fitted, "loss_curve_"),
        f"{type(fitted).__name__} remembers nothing of its training: it has no trace_, history_ "
        f"or loss_curve_.",
    )
    curves = {"loss": fitted.loss_curve_}
    if getattr(fitted, "validation_scores_", None) is not None:
        curves["val_accuracy"] = fitted.validation_scores_
    return read_history(curves)


def read_history(history: Any) -> Run:
    """Return the run of a history.

    Args:
        history: (n,) costs; {name: (n,) values} as Keras has it, with names such as "loss",
            "val_loss", "accuracy" and "val_accuracy" ("seconds" are since the start); or a list
            of such records, one an epoch, as skorch has it ("train_loss", "valid_loss",
            "valid_acc").

    """
    if not isinstance(history, Mapping):
        rows = list(history)
        if rows and isinstance(rows[0], Mapping):
            every = {name: None for row in rows for name in row}
            history = {name: [row.get(name, np.nan) for row in rows] for name in every}
        else:
            return _run({"cost": rows}, "step")
    found = {}
    for curve, names in _CURVES.items():
        known = [name for name in names if name in history and len(history[name])]
        if known:
            found[curve] = history[known[0]]
    require(
        found,
        f"The history has no curve that is known; it has {', '.join(map(str, history)) or 'none'}, "
        f"known are {', '.join(n for names in _CURVES.values() for n in names)}.",
    )
    return _run(found, "epoch", history.get("seconds"))


def _run(curves: Mapping[str, Any], axis: str, seconds: Any = None) -> Run:
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in curves.items()}
    n = max(len(values) for values in arrays.values())
    axes = {axis: np.arange(1.0, n + 1.0)}
    if seconds is not None:
        axes["time"] = np.asarray(seconds, dtype=np.float64)
    return Run(arrays, axes)


def _of_trace(trace: Any) -> Run:
    columns = {
        name: np.array([getattr(record, name) for record in trace], dtype=np.float64)
        for name in ("time", "passes", "objective", "gap")
    }
    curves = {"cost": columns["objective"]}
    gap = np.where(np.isfinite(columns["gap"]), columns["gap"], np.nan)
    if np.isfinite(gap).any():
        curves["gap"] = gap
    axes = {"step": np.arange(float(len(gap))), "passes": columns["passes"]}
    return Run(curves, {**axes, "time": columns["time"]})


def smoothed(values: ArrayLike, beta: float) -> F64:
    """Return the running mean v_t = beta v_{t-1} + (1 - beta) x_t, divided by 1 - beta^t.

    Args:
        values: (n,), NaN where nothing is known.
        beta: 0 for no smoothing, below 1.

    Reference: the bias correction of Kingma and Ba, Adam (ICLR 2015).

    """
    require(0.0 <= beta < 1.0, f"smooth must be at least 0 and below 1, but it is {beta}.")
    x = np.asarray(values, dtype=np.float64)
    out, v, weight = np.full(len(x), np.nan), 0.0, 0.0
    for t, value in enumerate(x):
        if np.isfinite(value):
            v, weight = beta * v + (1.0 - beta) * value, beta * weight + (1.0 - beta)
            out[t] = v / weight
    return out
