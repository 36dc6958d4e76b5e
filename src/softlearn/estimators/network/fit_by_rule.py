"""Trains a network by epochs of an update rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.log import INFO, tell
from ...networks import Network
from ...protocol import Status
from ..sklearn.checks import Examples
from .checkpoint import Frame, Saved, parameters_text, read_checkpoint, write_checkpoint
from .epochs import Broken, Steps, steps_for
from .examples import centred, fingerprint
from .history import NetworkEpoch, Record
from .outcome import dead_units, learned_nothing, still_falling
from .parameters import Rates, choose
from .plateaus import Plateaus
from .task import Task, advice, kept_weights, record_of, start

__all__ = ["fit_by_rule", "one_epoch"]

Array = NDArray[Any]


def fit_by_rule(net: Any, task: Task) -> Iterator[NetworkEpoch]:
    """Train by epochs; once exhausted, or closed, the model is fitted."""
    model, choices, rates = task.model, task.choices, task.choices.rates
    examples, mean = centred(task.examples, task.rows) if net.center else (task.examples, None)
    w0 = shifted(model, task.w0, mean if task.again else None, 1.0)
    steps = steps_for(replace(task, examples=examples), w0, net.shuffle, net.n_jobs)
    record = record_of(net, task, choices.epochs)
    checkpoint = _Checkpoint(net, task)
    rates, done = checkpoint.resume(steps, record, rates)
    plateaus = Plateaus(task, examples, steps.w)
    status, detail, n = Status.TRAINED, "", len(task.rows)
    batches = -(-n // choices.batch_size)
    net._show(model, shifted(model, steps.w, mean, -1.0), record, n)
    try:
        while record.k < choices.epochs and not done:
            k = record.k + 1
            rate = rates.of((k - 1) * batches, batches, (k - 1) * n)
            loss = steps.epoch(k, rate)
            w = shifted(model, steps.w, mean, -1.0)
            epoch = record.add(model, w, loss, float(rate[-1]))
            epoch = replace(epoch, note=plateaus.after_epoch(loss, steps.w))
            done, rates = record.exhausted(rates)
            net._show(model, w, record, n)
            checkpoint.write(steps, record, rates, done)
            tell(net.verbose, INFO, "%s", epoch)
            yield epoch
        if done:
            status = Status.STOPPED_EARLY if record.keep_best else Status.STALLED
    except Broken as error:
        status, detail = Status.NOT_FINITE, _broken(net, error, record.k + 1)
    except (KeyboardInterrupt, GeneratorExit):
        status = Status.STOPPED_BY_USER
    w = shifted(model, steps.w, mean, -1.0) if record.best is None else record.best
    nothing = "" if status is Status.NOT_FINITE else learned_nothing(task, record, w)
    said = [
        detail,
        kept_weights(record),
        nothing,
        advice(task, record, status, nothing),
        plateaus.at_the_end,
    ]
    if status not in (Status.NOT_FINITE, Status.STOPPED_BY_USER):
        said += [dead_units(task, record, w), still_falling(task, record, status, "epoch")]
    net._show(model, w, record, n)
    net._finish(status, " ".join(filter(None, said)), learned=not nothing)


def one_epoch(net: Any, examples: Examples, first: bool) -> None:
    """Train on the examples once, after those of earlier calls of `partial_fit`.

    Args:
        net: the `SoftmaxNetwork`.
        examples: new rows.
        first: whether nothing has been fitted yet.

    """
    rows = np.arange(examples.n)
    choices = choose(net, examples.n, examples.total(rows), forever=True)
    memory: dict[str, Any] = net._memory or {} if not first else {}
    choices = replace(choices, seed=memory.get("seed", choices.seed))
    dtype = examples.X.dtype.name if first else net._network()[1].dtype.name
    sizes = (examples.X.shape[1], *choices.hidden, len(examples.classes))
    model = Network(sizes, choices.activation, dtype=dtype, dropout=float(net.dropout))
    examples = replace(examples, X=examples.X.astype(dtype, copy=False))
    w = start(net, model, choices, go_on=not first)
    task = Task(model, choices, examples, rows, None, w, not first)
    steps = steps_for(task, w, net.shuffle, net.n_jobs)
    if "arrays" in memory:
        steps.restore(memory["arrays"])
    record = record_of(net, task, 1)
    record.keep_best = False
    if memory:
        record.history = net.history_
    k, made, seen = record.k + 1, memory.get("steps", 0), memory.get("rows", 0)
    rate = choices.rates.of(made, -(-examples.n // choices.batch_size), seen)
    status, detail = Status.TRAINED, ""
    try:
        loss = steps.epoch(k, rate)
        epoch = record.add(model, steps.w, loss, float(rate[-1]))
        tell(net.verbose, INFO, "%s", epoch)
    except Broken as error:
        status, detail = Status.NOT_FINITE, _broken(net, error, k)
    except KeyboardInterrupt:
        status = Status.STOPPED_BY_USER
    net._memory = {
        "seed": choices.seed,
        "steps": made + len(rate),
        "rows": seen + examples.n,
        "arrays": steps.arrays(),
    }
    net._show(model, steps.w, record, examples.n)
    net.t_ = seen + examples.n
    net._finish(status, detail)


def shifted(model: Network, w: Array, mean: Array | None, sign: float) -> Array:
    """Return w with b[1] + sign W[1] m in place of b[1]: the same network of x - m, or of x."""
    w = np.array(w, dtype=model.dtype)
    if mean is not None:
        W, b = model.split(w)
        with np.errstate(over="ignore", invalid="ignore"):  # the status will say so
            b[1] += sign * (W[1].astype(np.float64) @ mean.astype(np.float64))
    return w


def _broken(net: Any, error: Broken, k: int) -> str:
    clip = "clip=1.0" if net.clip is None else "a smaller clip"
    after = f" after {error.batches} batches" if error.batches >= 0 else ""
    return (
        f"In epoch {k}{after} the loss or a parameter was not finite; the weights are the last "
        f"that were. Try a smaller learning_rate_init or {clip}."
    )


class _Checkpoint:
    """The checkpoint file of a training, if there is one."""

    def __init__(self, net: Any, task: Task) -> None:
        self.path, self.every, self.wanted = net.checkpoint, net.checkpoint_every, net.resume
        self.expected: dict[str, str] = {}
        self.epochs = task.choices.epochs
        if self.path is not None:
            folder = Path(self.path).absolute().parent
            if not folder.is_dir():
                raise ValueError(
                    f"checkpoint is {self.path}, but there is no folder {folder}: make it, or give "
                    "another file."
                )
            self.expected = {"parameters": parameters_text(net), "data": fingerprint(task.examples)}
        elif self.wanted:
            raise ValueError("resume=True needs checkpoint, the file to go on from.")

    def resume(self, steps: Steps, record: Record, rates: Rates) -> tuple[Rates, bool]:
        """Continue from the file, if resume=True and it exists."""
        if not self.wanted:
            return rates, False
        frame = Frame(
            steps.arrays(),
            steps.w,
            self.epochs,
            validated=record.validation is not None,
            keeps_best=record.keep_best,
        )
        found = read_checkpoint(self.path, self.expected, frame)
        if found is None:
            return rates, False
        steps.restore(found.arrays)
        record.resume(found.record, found.best)
        return replace(rates, divisions=found.divisions), found.done

    def write(self, steps: Steps, record: Record, rates: Rates, done: bool) -> None:
        """Write the file, if it is due."""
        if self.path is None or (record.k % self.every and record.k < self.epochs and not done):
            return
        saved = Saved(steps.arrays(), record.best, record.facts(), rates.divisions, done)
        write_checkpoint(self.path, saved, self.expected)
