"""What a user should know about classes, rows and probabilities before trusting the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import counted, miscalibrated, percent
from ..sources import Dataset
from ..sources.frames import named

__all__ = ["calibration_warning", "class_warnings", "shared_rows", "split_warnings"]

_UNBALANCED = 100  # times as many rows in the largest class as in the smallest


def class_warnings(y: NDArray[Any]) -> list[str]:
    """Return sentences on classes with one row, and on classes of very different sizes."""
    classes, counts = np.unique(y, return_counts=True)
    found = []
    single = classes[counts == 1]
    if len(single):
        one = len(single) == 1
        found.append(
            f"The class{'' if one else 'es'} {named(single)} {'has' if one else 'have'} one row "
            f"{'only' if one else 'each'}, which is trained on and never tested; collect more, or "
            "merge it with another class."
        )
    if counts.max() >= _UNBALANCED * counts.min():
        found.append(
            f"The classes are unbalanced: {str(classes[counts.argmax()])!r} has {counts.max():,} "
            f"rows, {str(classes[counts.argmin()])!r} {counts.min():,}; accuracy says little about "
            "the rare ones: see their recall, and consider --class-weight balanced."
        )
    return found


def split_warnings(train_y: NDArray[Any], test_y: NDArray[Any]) -> list[str]:
    """Return sentences on classes that only one of the parts has."""
    train, test = np.unique(train_y), np.unique(test_y)
    found = []
    unseen = np.setdiff1d(test, train)
    if len(unseen):
        rows = int(np.isin(test_y, unseen).sum())
        found.append(
            f"{_classes(unseen)} not seen in training: {counted(rows, 'row')} that the model "
            "cannot get right; they count as errors, and are left out of log-loss and calibration."
        )
    untested = np.setdiff1d(train, test)
    if len(untested):
        it_is = "it is" if len(untested) == 1 else "they are"
        found.append(f"{_classes(untested)} seen in training only: {it_is} not tested.")
    return found


def calibration_warning(
    accuracy: float, confidence: float, rows: int, remedies: tuple[str, str]
) -> str:
    """Return a sentence on probabilities far from the truth on average, or ""."""
    sentence = miscalibrated(rows, accuracy, confidence)
    remedy = remedies[0 if confidence < accuracy else 1]
    return f"{sentence}: {remedy}." if sentence else ""


def _classes(labels: NDArray[Any]) -> str:
    if len(labels) == 1:
        return f"The class {named(labels)} was"
    return f"The classes {named(labels)} were"


def shared_rows(train: Dataset, test: Dataset) -> str:
    """Return a sentence on test rows whose features are found among the training rows, or ""."""
    seen = np.isin(_hashes(test), _hashes(train))
    if not seen.any():
        return ""
    count = int(seen.sum())
    share = percent(count / len(test))
    return (
        f"{count:,} of the {counted(len(test), 'test row')} ({share}) "
        f"{'has' if count == 1 else 'have'} the same features as a training row; the test figures "
        "may be too good."
    )


def _hashes(data: Dataset) -> NDArray[Any]:
    import pandas as pd

    if data.kind == "table":
        return pd.util.hash_pandas_object(data.X, index=False).to_numpy()
    if data.kind == "text":
        return pd.util.hash_array(data.X, categorize=False)
    if data.kind == "image":
        return np.array([hash(Path(file).read_bytes()) for file in data.X])
    if hasattr(data.X, "tocsr"):
        X = data.X
        spans = zip(X.indptr, X.indptr[1:], strict=False)
        return np.array([hash((X.indices[a:b].tobytes(), X.data[a:b].tobytes())) for a, b in spans])
    return np.array([hash(row.tobytes()) for row in np.ascontiguousarray(data.X)])
