"""How good a classifier is, in numbers: plain dicts that `--json` prints as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import worse_than_baseline

__all__ = [
    "MOST_CONFUSIONS",
    "baseline",
    "baseline_warning",
    "calibration_error",
    "log_loss",
    "measure",
    "plain",
]

MOST_CONFUSIONS = 10
_BINS = 15


def plain(value: Any) -> Any:
    """Return a label or number as Python's own type, for JSON."""
    return value.item() if isinstance(value, np.generic) else value


def measure(log_P: NDArray[Any], y: NDArray[Any], classes: NDArray[Any]) -> dict[str, Any]:
    """Return what there is to say of predictions on rows with known labels; every row counts once.

    Rows whose class the model does not know count as errors, and are left out of the log-loss and
    the calibration error (their log-loss would be infinite).

    Args:
        log_P: (n, C) logarithms of the predicted probabilities, not clipped.
        y: (n,) labels.
        classes: (C,) the classes of the model, sorted.

    Returns:
        "rows", "accuracy", "log_loss" (nats), "calibration_error", "mean_confidence" (of the
        predicted labels), "per_class" (precision, recall, f1 and support of each class; None where
        there is nothing to divide by), "confusions" (the most frequent errors), "unknown_rows".

    """
    codes, known = _codes(y, classes)
    best = log_P.argmax(axis=1)
    right = known & (best == codes)
    return {
        "rows": len(y),
        "accuracy": float(right.mean()),
        "log_loss": log_loss(log_P, y, classes),
        "calibration_error": calibration_error(log_P[known], right[known]),
        "mean_confidence": float(np.exp(log_P.max(axis=1)).mean()),
        "per_class": _per_class(y, classes[best], classes),
        "confusions": _confusions(y, classes[best]),
        "unknown_rows": int((~known).sum()),
    }


def log_loss(log_P: NDArray[Any], y: NDArray[Any], classes: NDArray[Any]) -> float | None:
    """Return the mean of -log p of the true class, over rows of known classes; None without any."""
    codes, known = _codes(y, classes)
    rows = np.flatnonzero(known)
    return float(-log_P[rows, codes[rows]].mean()) if len(rows) else None


def _codes(y: NDArray[Any], classes: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the place of each label among the classes, and whether it is one of them."""
    codes = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    return codes, classes[codes] == y


def calibration_error(log_P: NDArray[Any], right: NDArray[np.bool_]) -> float | None:
    r"""Return the expected calibration error of the predicted label, None without rows.

    Rows are put into 15 bins of equal width by the probability of the predicted label; the error
    is sum_b n_b / n |accuracy_b - mean probability_b|.

    Reference: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks (2017).

    """
    if not len(right):
        return None
    confidence = np.exp(log_P.max(axis=1))
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    excess = np.bincount(bins, right - confidence, minlength=_BINS)
    return float(np.abs(excess).sum() / len(right))


def _per_class(
    y: NDArray[Any], predicted: NDArray[Any], classes: NDArray[Any]
) -> list[dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(y, predicted, labels=classes, zero_division=np.nan)
    return [
        {
            "class": plain(label),
            "precision": _or_none(precision),
            "recall": _or_none(recall),
            "f1": _or_none(f1),
            "support": int(support),
        }
        for label, precision, recall, f1, support in zip(classes, *columns, strict=True)
    ]


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _confusions(y: NDArray[Any], predicted: NDArray[Any]) -> list[dict[str, Any]]:
    """Return the most frequent pairs (true class, predicted class) that differ."""
    labels, codes = np.unique(np.concatenate([y, predicted]), return_inverse=True)
    true, taken_for = codes[: len(y)], codes[len(y) :]
    rows = np.bincount(true, minlength=len(labels))
    pairs, counts = np.unique(
        (true * len(labels) + taken_for)[true != taken_for], return_counts=True
    )
    return [
        {
            "true": plain(labels[pair // len(labels)]),
            "predicted": plain(labels[pair % len(labels)]),
            "rows": int(count),
            "share_of_true": float(count / rows[pair // len(labels)]),
        }
        for pair, count in sorted(zip(pairs, counts, strict=True), key=lambda item: -item[1])
    ][:MOST_CONFUSIONS]


def baseline(
    classes: NDArray[Any], counts: NDArray[np.integer[Any]], y: NDArray[Any]
) -> dict[str, Any]:
    """Return what knowing only the frequencies of the classes achieves on labels y.

    Its label is the most frequent class; its probabilities are the frequencies.

    Args:
        classes: (C,) the classes, sorted.
        counts: (C,) their training rows, at least 1.
        y: (n,) labels.

    """
    log_P = np.tile(np.log(counts / counts.sum()), (len(y), 1))
    label = classes[counts.argmax()]
    return {
        "label": plain(label),
        "accuracy": float((y == label).mean()),
        "log_loss": log_loss(log_P, y, classes),
    }


def baseline_warning(scores: dict[str, Any], base: dict[str, Any]) -> str:
    """Return a sentence if what `measure` found is worse than what `baseline` found, or ""."""
    return worse_than_baseline(
        scores["rows"],
        (scores["accuracy"], base["accuracy"]),
        (scores["log_loss"], base["log_loss"]),
        base["label"],
    )
