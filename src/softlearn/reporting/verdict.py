"""What stands at the top of a report: a few large numbers and what they mean."""

from __future__ import annotations

import math
from typing import NamedTuple

from .._internal.format import counted, miscalibrated, nats, percent
from ..measures import Baseline
from .measured import Measured
from .optimum import Optimum, limit_reached
from .words import number, short

__all__ = ["Tile", "rows_sentence", "tiles", "warnings_of"]

_FEW = 100  # rows from which a calibration error is mostly chance


class Tile(NamedTuple):
    """A large number, what it is, and what it means."""

    name: str
    value: str
    unit: str
    meaning: str


def tiles(
    measured: Measured, base: Baseline, optimum: Optimum | None, *, in_training: bool
) -> list[Tile]:
    """Return the numbers that say how good a model is at a glance."""
    rows, majority = len(measured.codes), short(measured.classes[base.k], 24)
    found = [
        Tile(
            "Accuracy",
            *_split(percent(measured.accuracy)),
            f"{measured.right.sum():,} of {counted(rows, 'row')} right. Always saying “{majority}” "
            f"would be right in {percent(base.accuracy)}.",
        ),
        Tile("Log-loss", nats(measured.log_loss), "nats", _log_loss(measured, base, in_training)),
        Tile(
            "Calibration error",
            *_split(percent(measured.reliability.expected_calibration_error)),
            "By so much do the probability of the predicted class and the share that is right "
            "differ on average." + (" Mostly chance: the rows are few." * (rows < _FEW)),
        ),
    ]
    if optimum is not None:
        brief = f"{optimum.brief[0].upper()}{optimum.brief[1:]}."
        found.append(Tile("Optimum", optimum.verdict, "", brief))
    return found


def _split(text: str) -> tuple[str, str]:
    value, _, unit = text.partition(" ")
    return value, unit


def _log_loss(measured: Measured, base: Baseline, in_training: bool) -> str:
    if math.isinf(measured.log_loss):
        ruled_out = int((measured.losses == math.inf).sum())
        return f"The true class was ruled out (p = 0) in {counted(ruled_out, 'row')}."
    mean = number(float(f"{math.exp(-measured.log_loss):.3g}"))
    where = "in training" if in_training else "in these rows"
    return (
        f"The true class is given p\u00a0=\u00a0{mean} on (geometric) average. Knowing only how "
        f"frequent the classes are {where}: {nats(base.log_loss)} nats."
    )


def rows_sentence(held_out: bool | None) -> str:
    """Return what is known of the rows' part in the fit."""
    if held_out is None:
        return "Whether the model was fitted to these rows is not known to this report."
    if held_out:
        return "The model was fitted without these rows."
    return "The model was fitted to these rows, which flatters it."


def warnings_of(measured: Measured, optimum: Optimum | None) -> list[str]:
    """Return what a reader should know before trusting the figures."""
    found = [limit_reached(measured.model)]
    if optimum is not None and optimum.doubtful:
        found.append(optimum.sentence)
    unknown = int((~measured.known).sum())
    if unknown:
        found.append(
            f"{counted(unknown, 'row')} of classes that the model does not know: "
            f"{'it counts as an error and is' if unknown == 1 else 'they count as errors and are'} "
            "left out of log-loss, calibration and confusions."
        )
    empty = [
        short(label, 30)
        for label, count in zip(measured.classes, measured.counts, strict=True)
        if not count
    ]
    if empty:
        more = f" and {len(empty) - 10} more" if len(empty) > 10 else ""
        found.append(f"Classes without a row here, so not tested: {', '.join(empty[:10])}{more}.")
    confidence = float(measured.P.max(axis=1).mean())
    if off := miscalibrated(len(measured.codes), measured.accuracy, confidence):
        found.append(f"{off}.")
    return [sentence for sentence in found if sentence]
