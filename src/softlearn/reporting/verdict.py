"""What stands at the top of a report: a few large numbers and what they mean."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._internal.format import counted, miscalibrated, nats, percent
from .._internal.intervals import wilson
from ..decide import (
    CalibratedSoftmax,
    DecisionClassifier,
    NoneOfThese,
    expected_calibration_error,
)
from ..decide.meta import MetaClassifier
from ..decide.outcome import outcome_of
from ..measures import BINS, Baseline
from .measured import Measured
from .optimum import Optimum, limit_reached
from .words import number, short

__all__ = ["Tile", "rows_sentence", "tiles", "warnings_of"]

_NOT_QUALITY = (
    "This is about the search for the weights, not about how good the model is, which the other "
    "figures say."
)


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
    low, high = (float(end) for end in wilson(measured.right.sum(), rows))
    found = [
        Tile(
            "Accuracy",
            *_split(percent(measured.accuracy)),
            f"{measured.right.sum():,} of {counted(rows, 'row')} right; in all rows of their kind, "
            f"{percent(low)} to {percent(high)} (95 % interval). Always saying “{majority}” "
            f"would be right in {percent(base.accuracy)}.",
        ),
        Tile("Log-loss", nats(measured.log_loss), "nats", _log_loss(measured, base, in_training)),
        Tile(
            "Calibration error",
            *_split(percent(measured.reliability.expected_calibration_error)),
            "By so much do the probability of the predicted class and the share that is right "
            f"differ on average.{_by_chance(measured)}",
        ),
    ]
    found += _decisions(measured)
    if optimum is not None:
        brief = f"{optimum.brief[0].upper()}{optimum.brief[1:]}. {_NOT_QUALITY}"
        found.append(Tile("Optimum", optimum.verdict, "", brief))
    return found


def _by_chance(measured: Measured) -> str:
    """Return what right probabilities would show."""
    known = measured.known
    P, codes = measured.P[known], measured.codes[known]
    chance = expected_calibration_error(codes, P / P.sum(1, keepdims=True), n_bins=BINS).by_chance
    return (
        f" Chance alone gives {percent(chance.mean)}, and at most {percent(chance.percentile_95)} "
        "in 95 of 100 cases."
    )


def _decisions(measured: Measured) -> list[Tile]:
    """Return what a classifier that calibrates or decides adds."""
    found, model = [], measured.model
    while isinstance(model, MetaClassifier):
        if isinstance(model, CalibratedSoftmax):
            low, high = model.temperature_interval_
            meaning = (
                f"Of the calibration by {model.method}: 1 would change nothing. 95 % interval "
                f"{number(low)} to {number(high)}. {model.advice_}"
            )
            found.append(Tile("Temperature", f"{model.temperature_:.3g}", "", meaning.strip()))
        model = model.estimator_
    outcome = outcome_of(measured.model, measured.said, measured.codes, measured.winners)
    if (
        isinstance(measured.model, DecisionClassifier | NoneOfThese)
        and outcome.answered is not None
    ):
        meaning = "of the rows of known classes get a class as the answer"
        if outcome.accuracy is not None:
            meaning += f", {percent(outcome.accuracy)} of them the right one"
        meaning += "."
        if outcome.mean_cost is not None:
            meaning += (
                f" Decisions cost {number(outcome.mean_cost)} on average, saying the most probable "
                f"class would cost {number(outcome.mean_cost_of_likeliest or 0.0)}."
            )
        if isinstance(measured.model, NoneOfThese):
            meaning += f" {measured.model.guarantee_}"
        found.insert(0, Tile("Answered", *_split(percent(outcome.answered)), meaning))
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


def _named(measured: Measured, some: NDArray[np.bool_]) -> str:
    """Return the first names of some classes, (C,), and how many more there are."""
    names = [short(measured.classes[k], 30) for k in np.flatnonzero(some).tolist()]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"


def rows_sentence(held_out: bool | None) -> str:
    """Return what is known of the rows' part in the fit."""
    if held_out is None:
        return "Whether the model was fitted to these rows is not known to this report."
    if held_out:
        return "The model was fitted without these rows."
    return "The model was fitted to these rows, which flatters it."


def warnings_of(measured: Measured, optimum: Optimum | None) -> list[str]:
    """Return what a reader should know before trusting the figures."""
    found = [limit_reached(measured.fitted)]
    if optimum is not None and optimum.doubtful:
        found.append(optimum.sentence)
    unknown, winners = int((~measured.known).sum()), measured.winners[measured.winners >= 0]
    if unknown:
        found.append(
            f"{counted(unknown, 'row')} of classes that the model does not know: "
            f"{'it counts as an error and is' if unknown == 1 else 'they count as errors and are'} "
            "left out of log-loss, calibration and confusions."
        )
    tested, said = measured.counts > 0, np.bincount(winners, minlength=len(measured.classes)) > 0
    if not tested.all():
        found.append(f"Classes without a row here, so not tested: {_named(measured, ~tested)}.")
    if (tested & ~said).any():
        found.append(f"Classes that are never predicted: {_named(measured, tested & ~said)}.")
    confidence = float(measured.P.max(axis=1).mean())
    if off := miscalibrated(len(measured.codes), measured.accuracy, confidence):
        found.append(f"{off}.")
    return [sentence for sentence in found if sentence]
