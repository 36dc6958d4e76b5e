"""Columns in which a class has but one value, at an end: its coefficient there is not finite.

Where all rows of class k have the smallest value of column j and others have larger ones, the
likelihood rises without end as b_kj falls.  Separation by several columns is found by the fit.
"""

from __future__ import annotations

import numpy as np

from .._internal.format import quoted
from .sample import Sample

__all__ = ["one_sided"]


def one_sided(sample: Sample) -> str:
    """Return the classes and columns, in words, or ''."""
    low, high = sample.ends
    least, most = low.min(0), high.max(0)
    # without an intercept nothing makes up for another value than 0
    below = (high == least) & (least < most) & (sample.const | (least == 0.0))
    above = (low == most) & (least < most) & (sample.const | (most == 0.0))
    columns = np.flatnonzero((below | above).any(0))
    if not columns.size:
        return ""
    j = int(columns[0])
    held, side, value = (
        (below[:, j], "above", least[j]) if below[:, j].any() else (above[:, j], "below", most[j])
    )
    words = (
        f"no row of {quoted(sample.classes[held])} has {sample.columns[j]!r} {side} {value:g}, as "
        f"rows of {quoted(sample.classes[~held])} have, so that its coefficients have no finite "
        "values."
    )
    if len(columns) > 1:
        words += f" So it is with {quoted([sample.columns[c] for c in columns[1:]])}."
    return words
