"""The binary frames from server to page: packed here, unpacked by `static/wire.js`.

Little endian, a header of 32 bytes and then the planes:

    0 magic "SXF1" · 4 u32 seq · 8 u32 step · 12 u16 G · 14 u8 C · 15 u8 kind
    16 f32 train_cost · 20 f32 train_acc · 24 f32 test_cost · 28 f32 test_acc    (NaN: no test set)

kind 0: classes (G^2 u8, of `predict`), then C planes of probabilities (G^2 u8 each, round(255 p)).
kind 1: u16 H, u16 g, then H planes of hidden units (g^2 i8 each; +-127: the largest |a| of a unit).

Row 0 of a plane is the top: the largest y.  Bytes are for colours only: numbers that are shown
come from a `probe`.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["HEADER", "MAGIC", "PLANES", "UNITS", "Frame", "pack_frame", "pack_units", "to_json"]
__all__ += ["unpack"]

MAGIC = b"SXF1"
HEADER = struct.Struct("<4sIIHBBffff")
PLANES, UNITS = 0, 1
_COUNTS = struct.Struct("<HH")
_MOST_STEPS = 0xFFFFFFFF


@dataclass(frozen=True)
class Frame:
    """What one picture shows.

    Args:
        step: optimiser steps taken so far.
        train_cost: on the training rows.
        train_acc: on the training rows, between 0 and 1.
        test_cost: on the test rows; NaN without any.
        test_acc: on the test rows; NaN without any.
        argmax: (G, G) classes, as `predict` gives them, row 0 at the top; None if not asked for.
        probabilities: (C, G, G) probabilities; None if not asked for.
        units: (H, g, g) activations of hidden units; None if not asked for.

    """

    step: int
    train_cost: float
    train_acc: float
    test_cost: float = math.nan
    test_acc: float = math.nan
    argmax: NDArray[np.integer[Any]] | None = None
    probabilities: NDArray[np.floating[Any]] | None = None
    units: NDArray[np.floating[Any]] | None = None


def pack_frame(frame: Frame, seq: int) -> bytes:
    """Return the message of kind 0: classes and probabilities on the plane.

    Args:
        frame: one with `argmax` and `probabilities`.
        seq: its number, which the page acknowledges.

    """
    assert frame.argmax is not None
    assert frame.probabilities is not None
    classes, grid, _ = frame.probabilities.shape
    scaled = frame.probabilities * 255.0  # a new array: the frame stays as it is
    np.rint(scaled, out=scaled)
    return b"".join(
        (
            _header(frame, seq, grid, classes, PLANES),
            frame.argmax.astype(np.uint8).tobytes(),
            scaled.astype(np.uint8).tobytes(),
        )
    )


def pack_units(frame: Frame, seq: int, classes: int) -> bytes:
    """Return the message of kind 1: a small map of each hidden unit.

    Args:
        frame: one with `units`.
        seq: its number, which the page acknowledges.
        classes: how many there are.

    """
    assert frame.units is not None
    count, small, _ = frame.units.shape
    largest = np.abs(frame.units).max(axis=(1, 2), keepdims=True, initial=0.0)
    scale = np.divide(127.0, largest, out=np.zeros_like(largest), where=largest > 0)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.nan_to_num(np.rint(frame.units * scale), nan=0.0, posinf=127, neginf=-127)
    return b"".join(
        (
            _header(frame, seq, small, classes, UNITS),
            _COUNTS.pack(count, small),
            scaled.astype(np.int8).tobytes(),
        )
    )


def unpack(message: bytes) -> dict[str, Any]:
    """Return what a message holds: the header's fields and the planes.

    Raises:
        ValueError: the bytes are no such message.

    """
    if len(message) < HEADER.size or message[:4] != MAGIC:
        raise ValueError("These bytes are no frame of the playground.")
    _, seq, step, grid, classes, kind, *figures = HEADER.unpack_from(message)
    body = memoryview(message)[HEADER.size :]
    names = ("train_cost", "train_acc", "test_cost", "test_acc")
    found = {"seq": seq, "step": step, "grid": grid, "classes": classes, "kind": kind}
    found |= dict(zip(names, figures, strict=True))
    if kind == PLANES and len(body) == (classes + 1) * grid**2:
        planes = np.frombuffer(body, np.uint8).reshape(classes + 1, grid, grid)
        return found | {"argmax": planes[0], "probabilities": planes[1:]}
    if kind == UNITS and len(body) >= _COUNTS.size:
        count, small = _COUNTS.unpack_from(body)
        if len(body) == _COUNTS.size + count * small**2:
            units = np.frombuffer(body, np.int8, offset=_COUNTS.size)
            return found | {"units": units.reshape(count, small, small)}
    raise ValueError(f"A frame of kind {kind} cannot have {len(message):,} bytes.")


def to_json(event: dict[str, Any]) -> str:
    """Return an event as strict JSON: numbers that are not finite become null."""
    try:
        return json.dumps(event, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(event), allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value


def _header(frame: Frame, seq: int, grid: int, classes: int, kind: int) -> bytes:
    step = min(frame.step, _MOST_STEPS)
    figures = (frame.train_cost, frame.train_acc, frame.test_cost, frame.test_acc)
    return HEADER.pack(MAGIC, seq, step, grid, classes, kind, *map(_as_float32, figures))


def _as_float32(number: float) -> float:
    """Return a number that fits into float32: struct refuses those too large."""
    with np.errstate(over="ignore"):
        return float(np.float32(number))
