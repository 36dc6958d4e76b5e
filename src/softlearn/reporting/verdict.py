"""What stands at the top of a report: a few large numbers and what they mean."""

from __future__ import annotations

import math
from typing import NamedTuple

from .._internal.format import counted, miscalibrated, nats, percent, worse_than_baseline
from .measured import Measured
from .optimum import Optimum, limit_reached
from .scores import Scores
from .words import number, short

__all__ = ["Tile", "rows_sentence", "tiles", "warnings_of", "worse"]

_FEW = 100  # rows from which a calibration error is mostly chance


class Tile(NamedTuple):
    """A large number, what it is, and what it means."""

    name: str
    value: str
    unit: str
    meaning: str


def tiles(scores: Scores, optimum: Optimum | None) -> list[Tile]:
    """Return the numbers that say how good a model is at a glance."""
    majority = short(scores.of.classes[scores.majority], 24)
    found = [
        Tile(
            "Accuracy",
            *_split(percent(scores.accuracy)),
            f"{scores.right:,} of {counted(scores.rows, 'row')} right. Always saying “{majority}” "
            f"would be right in {percent(scores.majority_accuracy)}.",
        ),
        Tile("Log-loss", nats(scores.log_loss), "nats", _log_loss(scores)),
        Tile(
            "Calibration error",
            *_split(percent(scores.calibration_error)),
            "By so much do the probability of the predicted class and the share that is right "
            "differ on average." + (" Mostly chance: the rows are few." * (scores.rows < _FEW)),
        ),
    ]
    if optimum is not None:
        brief = f"{optimum.brief[0].upper()}{optimum.brief[1:]}."
        found.append(Tile("Optimum", optimum.verdict, "", brief))
    return found


def _split(text: str) -> tuple[str, str]:
    value, _, unit = text.partition(" ")
    return value, unit


def _log_loss(scores: Scores) -> str:
    if math.isinf(scores.log_loss):
        ruled_out = int((scores.of.losses == math.inf).sum())
        return f"The true class was ruled out (p = 0) in {counted(ruled_out, 'row')}."
    mean = number(float(f"{math.exp(-scores.log_loss):.3g}"))
    return (
        f"The true class is given p\u00a0=\u00a0{mean} on (geometric) average. Knowing only how "
        f"frequent the classes are {_where(scores)}: {nats(scores.majority_log_loss)} nats."
    )


def _where(scores: Scores) -> str:
    """Return where classes are as frequent as the baseline has it."""
    return "in training" if len(scores.class_rows) else "in these rows"


def rows_sentence(held_out: bool | None) -> str:
    """Return what is known of the rows' part in the fit."""
    if held_out is None:
        return "Whether the model was fitted to these rows is not known to this report."
    if held_out:
        return "The model was fitted without these rows."
    return "The model was fitted to these rows, which flatters it."


def worse(scores: Scores) -> str:
    """Return a sentence if the model is worse than its baseline, in the words of the terminal."""
    return worse_than_baseline(
        scores.rows,
        (scores.accuracy, scores.majority_accuracy),
        (scores.log_loss, scores.majority_log_loss),
        scores.of.classes[scores.majority],
    )


def warnings_of(measured: Measured, scores: Scores, optimum: Optimum | None) -> list[str]:
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
    empty = [short(measured.classes[s.k], 30) for s in scores.classes if not s.support]
    if empty:
        more = f" and {len(empty) - 10} more" if len(empty) > 10 else ""
        found.append(f"Classes without a row here, so not tested: {', '.join(empty[:10])}{more}.")
    confidence = float(measured.P.max(axis=1).mean())
    if off := miscalibrated(scores.rows, scores.accuracy, confidence):
        found.append(f"{off}.")
    return [sentence for sentence in found if sentence]
