"""A training task: model, examples, start and record; and sentences on its outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...networks import Network, initial_parameters
from ...protocol import Status
from ..sklearn.checks import Examples, check_examples
from .examples import differences, split
from .history import Record
from .parameters import Choices, choose

__all__ = ["Task", "advice", "kept_weights", "prepare", "record_of", "start"]

Array = NDArray[Any]
_SAMPLE, _SAMPLE_BYTES = 5000, 1 << 26
_DIFFERENT = 100.0  # features whose sizes differ by more are reported
_NOWHERE = 0.9  # of the loss of the class frequencies


@dataclass(frozen=True, eq=False)
class Task:
    """A training task: model, examples and start."""

    model: Network
    choices: Choices
    examples: Examples
    rows: NDArray[np.intp]
    """Which examples to train on."""
    validation: Examples | None
    w0: Array
    again: bool
    """Whether w0 was fitted before: then it belongs to x, not to centred x."""


def prepare(net: Any, examples: Examples, validation_data: Any) -> Task:
    """Return the task for the parameters of a `SoftmaxNetwork` and its data.

    Raises:
        ValueError: the validation rows do not fit.

    """
    rows = np.arange(examples.n)
    choices = choose(net, len(rows), examples.total(rows))
    validation = None
    if validation_data is not None:
        X, y, *s = validation_data
        validation = check_examples(net, X, y, s[0] if s else None, examples.classes, reset=False)
    elif net.early_stopping:
        rows, held = split(examples, float(net.validation_fraction), choices.seed)
        validation = examples.subset(held)
        choices = replace(choose(net, len(rows), examples.total(rows)), seed=choices.seed)
    dtype = examples.X.dtype.name if choices.solver is None else "float64"
    sizes = (examples.X.shape[1], *choices.hidden, len(examples.classes))
    model = Network(sizes, choices.activation, dtype=dtype, dropout=float(net.dropout))
    again = bool(net.warm_start and hasattr(net, "coefs_"))
    w0 = start(net, model, choices, again)
    return Task(model, choices, examples, rows, validation, w0, again)


def start(net: Any, model: Network, choices: Choices, go_on: bool) -> Array:
    """Return the start: random parameters, or the fitted ones to continue from.

    Raises:
        ValueError: the fitted ones are those of other layers.

    """
    if go_on:
        fitted, w = net._network()
        if fitted.sizes != model.sizes:
            raise ValueError(
                f"The network that was fitted has the layers {fitted.sizes}, but features, "
                f"hidden_layer_sizes and classes now make {model.sizes}: to begin anew, set "
                "warm_start=False and call fit."
            )
        return np.asarray(w, dtype=model.dtype)
    if choices.solver is not None and not model.curved:
        return np.zeros(model.size)  # the objective is convex: any start leads to the optimum
    old = net.init == "sklearn"
    rng = np.random.RandomState(choices.seed) if old else np.random.default_rng(choices.seed)
    return initial_parameters(model, rng, net.init)


def record_of(net: Any, task: Task, epochs: int) -> Record:
    """Return the record of a training that begins."""
    examples, rows = task.examples, task.rows
    width = examples.X.dtype.itemsize * examples.X.shape[1]
    max_rows = max(1, min(_SAMPLE, len(rows), _SAMPLE_BYTES // width))
    counting = rows if examples.s is None else rows[examples.s[rows] > 0.0]
    rng = np.random.default_rng(task.choices.seed)
    few = rng.choice(counting, min(max_rows, len(counting)), replace=False)
    return Record(
        epochs,
        examples.subset(np.sort(few)),
        task.validation,
        keep_best=bool(net.early_stopping),
        tol=float(net.tol),
        patience=float(net.n_iter_no_change),
        n_jobs=net.n_jobs,
    )


def kept_weights(record: Record) -> str:
    """Return a sentence on which weights were kept, if not the last; else ''."""
    if record.best is None:
        return ""
    return f"The weights are those after epoch {record.best_epoch} of {record.k}."


def advice(task: Task, record: Record, status: Status, nothing: str) -> str:
    """Return a sentence on the scale of the features, if it may be the cause; else ''.

    Args:
        task, record, status: the training and its outcome.
        nothing: the sentence where nothing was learned, else "".

    """
    losses = record.history["loss"]
    nowhere = len(losses) > 1 and losses[-1] > _NOWHERE * task.examples.entropy()
    if not (nowhere or status is Status.NOT_FINITE):
        return ""
    ratio = differences(task.examples.X, task.rows)
    if ratio < _DIFFERENT:
        return "The training loss hardly fell." if nowhere and not nothing else ""
    return (
        f"The largest feature is about {ratio:.0e} times the smallest: bring them to one scale, "
        "with sklearn.preprocessing.StandardScaler for example."
    )
