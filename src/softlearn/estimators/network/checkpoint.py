"""Checkpoints of training: sealed archives of arrays and JSON, written whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.atomic_write import write_whole
from ..._internal.format import one_line
from ...sealed import Form, UnsoundFileError, array_bytes, read_array, read_bytes, sealed
from .history import history_fault

__all__ = ["Frame", "Saved", "parameters_text", "read_checkpoint", "write_checkpoint"]

Array = NDArray[Any]
_LEFT_OUT = {"verbose", "n_jobs", "warm_start", "checkpoint", "checkpoint_every", "resume"}
_FACTS = {"parameters", "data", "record", "divisions", "done"}
_RECORD = {"history", "best_epoch", "lowest", "in_vain"}
_MAX_DIVISIONS = 440  # 5^441 overflows float64
_CHECKPOINT = Form(
    "checkpoint",
    re.compile(r"facts\.json|best\.npy|[0-9]{1,9}\.npy"),
    needed=("facts.json",),
    remedy="begin anew without resume",
)


@dataclass(frozen=True)
class Saved:
    """The state from which training continues."""

    arrays: list[Array]
    """All arrays on which later steps depend, the parameters first."""
    best: Array | None
    """The parameters with the lowest validation loss, where they are kept."""
    record: dict[str, Any]
    divisions: int
    """How often the learning rate was divided."""
    done: bool


@dataclass(frozen=True)
class Frame:
    """The training that a checkpoint must fit."""

    arrays: list[Array]
    w: Array
    """An array with the shape and type of `Saved.best`."""
    epochs: int
    validated: bool
    keeps_best: bool


def parameters_text(estimator: Any) -> str:
    """Return the parameters on which the result of training depends, as text."""
    given = {k: v for k, v in estimator.get_params(deep=False).items() if k not in _LEFT_OUT}
    return re.sub(r" at 0x[0-9a-f]+", "", repr(sorted(given.items())))


def write_checkpoint(path: Any, saved: Saved, expected: Mapping[str, str]) -> None:
    """Write the file whole: a process killed here leaves the last one.

    Args:
        path: the file.
        saved: the state.
        expected: facts that must be the same at resumption, by name.

    Raises:
        OSError: the file cannot be written.
        ValueError: the state of the rule holds objects.

    """
    arrays = {f"{i}.npy": array for i, array in enumerate(saved.arrays)}
    if saved.best is not None:
        arrays["best.npy"] = saved.best
    facts = {
        **expected,
        "record": saved.record,
        "divisions": saved.divisions,
        "done": saved.done,
    }
    if any(array.dtype.kind not in "biuf" for array in arrays.values()):
        raise ValueError(
            "checkpoint holds numbers only, but the state of the rule has others: leave checkpoint "
            "out, or keep arrays of numbers in the state."
        )
    members = {name: array_bytes(array) for name, array in arrays.items()}
    write_whole(Path(path), sealed({"facts.json": json.dumps(facts).encode(), **members}))


def read_checkpoint(path: Any, expected: Mapping[str, str], frame: Frame) -> Saved | None:
    """Return the contents of a checkpoint; None where there is no file.

    Args:
        path: the file.
        expected: facts that must be the same, by name.
        frame: the training that it must fit.

    Raises:
        ValueError: it is no checkpoint, or one of another training.
        OSError: it cannot be read.

    """
    path = Path(path)
    if not path.exists():
        return None
    with _saying(path):
        members = _CHECKPOINT.open(read_bytes(path))
        facts = _facts(members.pop("facts.json"), expected)
    for what, value in expected.items():
        if facts[what] != value:
            raise ValueError(
                f"{path} is the checkpoint of a training with other {what}: give the same, or "
                "begin anew without resume."
            )
    with _saying(path):
        return _saved(facts, members, frame)


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    """Turn any error from a damaged file into one sentence that names the file."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # a hostile file can make a parser raise anything
        known = isinstance(error, UnsoundFileError)
        reason = str(error).rstrip(".") if known else f"{type(error).__name__}: {error}"
        raise ValueError(
            f"{one_line(path)} is no checkpoint of a SoftmaxNetwork ({one_line(reason)})."
        ) from error


def _require(condition: Any, what: str) -> None:
    if not condition:
        raise UnsoundFileError(f"its parts do not fit each other: {what}")


def _facts(text: bytes, expected: Mapping[str, str]) -> dict[str, Any]:
    facts: Any = json.loads(text)
    _require(isinstance(facts, dict) and facts.keys() == _FACTS, "it has other facts")
    _require(all(isinstance(facts[what], str) for what in expected), "a fact is no text")
    found: dict[str, Any] = facts
    return found


def _saved(facts: dict[str, Any], members: dict[str, bytes], frame: Frame) -> Saved:
    """Return the facts and arrays, each checked against those of this training."""
    record, divisions, done = facts["record"], facts["divisions"], facts["done"]
    _require(
        type(divisions) is int and 0 <= divisions <= _MAX_DIVISIONS and type(done) is bool,
        "the learning rate",
    )
    _check_record(record, frame)
    names = {f"{i}.npy" for i in range(len(frame.arrays))}
    names |= {"best.npy"} if record["best_epoch"] else set()
    _require(members.keys() == names, "it has other arrays")
    arrays = {name: read_array(data, name) for name, data in members.items()}
    state, best = [arrays[f"{i}.npy"] for i in range(len(frame.arrays))], arrays.get("best.npy")
    for array, like in zip(state, frame.arrays, strict=True):
        _check_array(array, like)
    _require(np.isfinite(state[0]).all(), "a parameter is not finite")
    if best is not None:
        _check_array(best, frame.w)
        _require(np.isfinite(best).all(), "a parameter is not finite")
    return Saved(state, best, record, divisions, done)


def _check_array(array: Array, like: Array) -> None:
    numbers = array.dtype == like.dtype or (array.ndim == 0 and array.dtype.kind in "biuf")
    _require(array.shape == like.shape and numbers, "an array has another shape or type")
    _require(array.dtype.kind != "i" or (array >= 0).all(), "a count is below 0")


def _check_record(record: Any, frame: Frame) -> None:
    _require(isinstance(record, dict) and record.keys() == _RECORD, "its record has other entries")
    history, best, in_vain = record["history"], record["best_epoch"], record["in_vain"]
    fault = history_fault(history)
    _require(not fault, fault)
    k = len(history["loss"])
    _require(1 <= k <= frame.epochs, "it has other epochs than there may be")
    _require(bool(history["val_loss"]) == frame.validated, "its validation")
    _require(type(best) is int and 0 <= best <= k, "the best epoch")
    _require(frame.keeps_best or not best, "the best epoch")
    _require(type(in_vain) is int and 0 <= in_vain <= k, "the epochs in vain")
    _require(type(record["lowest"]) is float, "the lowest loss is not a number")
