"""The rows whose true class was given the least probability, and how the softmax came to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..plots.canvas import library
from .measured import Measured
from .summary import kind_of
from .words import cleaned, exponential, number, short

__all__ = ["Pixels", "Sample", "SoftmaxRow", "Worst", "worst_predictions"]

_MAX_ROWS = 10
_CLASSES = 6  # of a prediction that are shown; 10 if there are no more
_CHARACTERS = 600  # of a text
_CELLS = 12  # of a row


@dataclass(frozen=True)
class SoftmaxRow:
    """One class of a prediction: z, t = e^z, a = t / sum(t)."""

    k: int
    z: str
    t: str
    a: float


@dataclass(frozen=True)
class Sample:
    """What a row looks like: cells, a text or an image."""

    cells: Sequence[tuple[str, str]] = ()
    more: int = 0
    """Cells or characters that are left out."""
    text: str = ""
    image: bytes = b""


@dataclass(frozen=True)
class Worst:
    """One of the worst predictions."""

    row: str
    true: int
    said: int
    p: float
    loss: float
    steps: list[SoftmaxRow]
    others: tuple[int, float] = (0, 0.0)
    """How many classes are not shown, and what they are given together."""
    sample: Sample = field(default_factory=Sample)


@dataclass(frozen=True, eq=False)
class Pixels:
    """Images: (n, d) numbers, and the shape of one, d numbers."""

    rows: NDArray[Any]
    shape: tuple[int, ...]

    def png(self, i: int) -> bytes:
        """Return image i as a PNG; the least value of all images is black, the largest white."""
        low, high = float(self.rows.min()), float(self.rows.max())
        unit = (self.rows[i].astype(np.float64).reshape(self.shape) - low) / ((high - low) or 1.0)
        buffer = BytesIO()
        look = {"vmin": 0.0, "vmax": 1.0, "cmap": "gray"}
        library("matplotlib.image").imsave(
            buffer, np.clip(unit, 0.0, 1.0), format="png", metadata={"Software": None}, **look
        )
        return buffer.getvalue()


def worst_predictions(
    measured: Measured,
    X: Any,
    pixels: Pixels | None = None,
    rows: Sequence[str] | None = None,
) -> list[Worst]:
    """Return the ten rows with the largest loss, the largest first."""
    losses = np.where(measured.known, measured.losses, -np.inf)
    order = np.argsort(-losses, kind="stable")[: min(_MAX_ROWS, int(measured.known.sum()))]
    found = []
    for i in order.tolist():
        true, said = int(measured.codes[i]), int(measured.winners[i])
        steps, others = _steps(measured, i)
        found.append(
            Worst(
                f"row {i}" if rows is None else str(rows[i]),
                true,
                said,
                float(measured.P[i, true]),
                float(losses[i]),
                steps,
                others,
                _sample(X, i, pixels),
            )
        )
    return found


def _steps(measured: Measured, i: int) -> tuple[list[SoftmaxRow], tuple[int, float]]:
    """Return the classes with most probability, and the true one, of row i."""
    p, C = measured.P[i], len(measured.classes)
    shown = np.argsort(-p, kind="stable")
    if C > 10:
        true = measured.codes[i]
        head = shown[:_CLASSES]
        shown = head if true in head else np.append(head[:-1], true)
    z = None if measured.Z is None else measured.Z[i]
    steps = [
        SoftmaxRow(
            k,
            "" if z is None else number(z[k]),
            "" if z is None else exponential(z[k]),
            float(p[k]),
        )
        for k in shown.tolist()
    ]
    return steps, (C - len(shown), max(0.0, float(1.0 - p[shown].sum())))


def _sample(X: Any, i: int, pixels: Pixels | None) -> Sample:
    if pixels is not None:
        return Sample(image=pixels.png(i))
    kind = kind_of(X)
    if kind == "text":
        text = cleaned(X.iloc[i] if hasattr(X, "iloc") else X[i])
        return Sample(text=text[:_CHARACTERS], more=max(0, len(text) - _CHARACTERS))
    if kind == "table":
        names = list(X.columns)
        cells = [(short(name), _cell(np.asarray(X[name])[i])) for name in names[:_CELLS]]
        return Sample(cells=cells, more=max(0, len(names) - _CELLS))
    return _numbers(X, i) if kind == "matrix" else Sample()


def _numbers(X: Any, i: int) -> Sample:
    """Return the cells of a row of numbers; of a sparse one those that are not zero."""
    if hasattr(X, "tocsr"):
        line = X.tocsr()[[i]].tocoo()
        where, values = line.coords[-1], line.data
    else:
        values = np.asarray(X)[i]
        where = np.arange(len(values))
    cells = [
        (f"feature {j}", _cell(value))
        for j, value in zip(where[:_CELLS].tolist(), values[:_CELLS], strict=True)
    ]
    return Sample(cells=cells, more=max(0, len(values) - _CELLS))


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "missing"
    if isinstance(value, float | np.floating):
        return number(float(value))
    return short(value, 80)
