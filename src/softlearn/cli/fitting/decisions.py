"""What is done with the probabilities of a fitted model: calibration, costs, "none of these"."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from ...measures import Scores
from .. import CommandError
from ..terminal.progress import ProgressDisplay
from .costs_file import NONE
from .data_splits import DataSplits
from .fit_options import FitOptions
from .kinds.kind import FittedModel
from .pipeline import transform

__all__ = ["decided", "outcome_facts"]


def decided(
    options: FitOptions,
    fitted: FittedModel,
    costs: NDArray[np.float64] | None,
    splits: DataSplits,
    display: ProgressDisplay,
) -> tuple[dict[str, Any] | None, list[str]]:
    """Put what decides around the classifier of a pipeline; return facts and warnings."""
    wanted, facts, notes = options.decisions, dict[str, Any](), list[str]()
    if not wanted:
        return None, notes
    from ...decide import CalibratedSoftmax, DecisionClassifier, NoneOfThese

    train, fitted_classifier = splits.train, fitted.pipeline.named_steps["classifier"]
    classifier: Any = fitted_classifier
    with _noting(notes):
        if wanted.calibrate is not None:
            display.task("Calibrating out of fold")
            classifier = CalibratedSoftmax(clone(classifier), method=wanted.calibrate)
            classifier.fit(fitted.X, train.y, splits.weights)
            classifier.estimator_ = fitted_classifier  # the same fit, which was shown as it went
            facts["calibration"] = {
                "method": wanted.calibrate,
                "temperature": classifier.temperature_,
                "interval": list(classifier.temperature_interval_),
                "log_loss_before": classifier.log_loss_before_,
                "log_loss_after": classifier.log_loss_after_,
                "gap": classifier.gap_,
            }
        if costs is not None:
            classifier = DecisionClassifier(classifier, cost=costs, reject_label=NONE, prefit=True)
            classifier.fit(fitted.X, train.y)
            facts["costs"] = str(wanted.costs)
        if wanted.none_of_these is not None:
            aside = splits.validation
            assert aside is not None
            assert aside.y is not None
            display.task("Setting the bar for none of these")
            if NONE in np.asarray(train.y).tolist():
                notes.append(
                    f"Rows of the class {NONE!r} are taken for examples of what is none of the "
                    "others."
                )
            classifier = NoneOfThese(
                classifier, alpha=wanted.none_of_these, label=NONE, cv="prefit"
            )
            classifier.fit(transform(fitted.pipeline, aside.X), aside.y)
            facts["none_of_these"] = {
                "alpha": wanted.none_of_these,
                "rows": len(aside),
                "guarantee": classifier.guarantee_,
            }
    fitted.pipeline.set_params(classifier=classifier)
    return facts, notes


@contextmanager
def _noting(notes: list[str]) -> Iterator[None]:
    """Turn warnings into sentences of the report, and errors into one for the user."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except ValueError as error:
            raise CommandError(str(error).splitlines()[0]) from error
    notes += dict.fromkeys(
        str(warning.message).splitlines()[0]
        for warning in caught
        if issubclass(warning.category, UserWarning)
    )


def outcome_facts(classifier: Any, said: NDArray[Any], scores: Scores) -> dict[str, Any]:
    """Return what decisions come to, as of `softlearn.decide.outcome`."""
    from ...decide.outcome import outcome_of

    return dict(outcome_of(classifier, said, scores.codes, scores.winners)._asdict())
