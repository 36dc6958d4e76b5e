"""How a network's columns are brought to one scale, and why; in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from ...features.pipeline import columns_to_scale
from ..sources import Dataset

__all__ = ["scaling"]

_WHY = "because networks learn badly from columns of different scales"
_BYTE = 255.0


def scaling(data: Dataset) -> tuple[Any, str]:
    """Return an unfitted scaler for the columns, or None, and a sentence that says why.

    Pixels are divided by their largest value: border pixels, which hardly vary, would else become
    as large as the others.
    """
    if data.kind == "image":
        return None, "Pixels were not scaled: they are numbers from 0 to 1."
    if data.kind == "text" or (data.kind == "table" and not columns_to_scale(data)):
        return None, "Nothing was scaled: words and categories are on one scale."
    X = _numbers(data)
    if X is not None and X.size and X.min() >= 0.0:
        if X.max() <= 1.0:
            return None, "Columns were not scaled: all are numbers from 0 to 1."
        if X.max() == _BYTE and (np.floor(X) == X).all():
            return MaxAbsScaler(), (
                "Columns were divided by their largest value: all are whole numbers from 0 to 255, "
                "as pixels are."
            )
    if hasattr(data.X, "tocsr"):
        scaler = StandardScaler(with_mean=False)  # to stay sparse
        return scaler, f"Columns were divided by their standard deviation, {_WHY}."
    what = "Columns of numbers and dates" if data.kind == "table" else "Columns"
    return StandardScaler(), f"{what} were standardised (mean 0, standard deviation 1), {_WHY}."


def _numbers(data: Dataset) -> Any:
    """Return all entries, of a sparse matrix those stored; None where some are no numbers."""
    if data.kind == "table":
        kinds = set(data.types.values())
        return data.X.to_numpy(dtype=np.float64) if kinds <= {"number", "bool"} else None
    return data.X.data if hasattr(data.X, "tocsr") else data.X
