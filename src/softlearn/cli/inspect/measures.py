"""How good a classifier is, in numbers: plain dicts that `--json` prints as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...measures import BINS, Scores, confusions

__all__ = ["baseline", "measure", "plain", "scores_of"]


def plain(value: Any) -> Any:
    """Return a label or number as Python's own type, for JSON."""
    return value.item() if isinstance(value, np.generic) else value


def scores_of(log_P: NDArray[Any], y: NDArray[Any], classes: NDArray[Any]) -> Scores:
    """Return the scores of log-probabilities (n, C) on labels (n,); the classes are sorted."""
    places = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    codes = np.where(classes[places] == y, places, -1)
    return Scores(codes, log_P.argmax(axis=1), log_P)


def measure(scores: Scores, y: NDArray[Any], classes: NDArray[Any]) -> dict[str, Any]:
    """Return what there is to say of predictions on rows with labels y; None where nothing is.

    The calibration error is that of the predicted label, over rows of known classes.
    """
    from ...decide.calibration_error import bins_of  # loads scikit-learn, which `show` does without

    confidence, known = np.exp(scores.log_P.max(axis=1)), scores.known
    bins = bins_of(scores.right[known], confidence[known], BINS, "uniform") if known.any() else None
    return {
        "rows": len(y),
        "accuracy": scores.accuracy,
        "log_loss": _or_none(scores.log_loss),
        "calibration_error": None if bins is None else bins.error,
        "mean_confidence": float(confidence.mean()),
        "per_class": [
            {
                "class": plain(label),
                "precision": _or_none(score.precision),
                "recall": _or_none(score.recall),
                "f1": _or_none(score.f1),
                "support": score.support,
            }
            for label, score in zip(classes, scores.by_class, strict=True)
        ],
        "confusions": [
            {"true": true, "predicted": predicted, "rows": rows, "share_of_true": share}
            for true, predicted, rows, share in confusions(y, classes[scores.winners])
        ],
        "unknown_rows": int((~known).sum()),
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def baseline(
    scores: Scores, train_rows: ArrayLike, classes: NDArray[Any]
) -> tuple[dict[str, Any], str]:
    """Return what knowing only the training rows of each class achieves.

    Beside it stands a sentence if the scores are worse, or "".
    """
    base = scores.baseline(train_rows)
    label = plain(classes[base.k])
    found = {"label": label, "accuracy": base.accuracy, "log_loss": _or_none(base.log_loss)}
    return found, scores.worse_than(base, label)
