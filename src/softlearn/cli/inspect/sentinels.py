"""Numbers that stand for missing values, such as -999, and far outside of all others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import counted
from ..sources import Dataset
from ..sources.mismatched_cells import declare

__all__ = ["sentinel_warnings"]

_LIMITS = (-(2.0**31), 2.0**31 - 1, -(2.0**15), 2.0**15 - 1)
_HUGE = 1e20
_FEW = 3  # other values too few to stand outside of
_MAX_SENTENCES = 10  # sentences


def sentinel_warnings(data: Dataset) -> list[str]:
    """Return sentences on the columns of a table that hold a number like -999 far outside.

    Such are all-nines (and all-eights and -sevens, as in surveys) of two digits and more, the ends
    of 16 and 32 bits, and whatever is beyond 1e20.  One is far outside if the gap to the other
    values is wider than these are spread, or if it alone is negative.
    """
    found = []
    for name, kind in data.types.items():
        if kind == "number":
            found += [_sentence(name, *one) for one in _outside(data.X[name].to_numpy())]
    if len(found) > _MAX_SENTENCES:
        found[_MAX_SENTENCES:] = [f"{len(found) - _MAX_SENTENCES} more columns hold such numbers."]
    return found


def _outside(column: NDArray[np.float64]) -> list[tuple[float, NDArray[np.intp], float, float]]:
    """Return each number that stands outside, its rows, and the ends of the other values."""
    known = column[~np.isnan(column)]
    if not len(known):
        return []
    ends = {float(known.min()), float(known.max())}
    if not any(map(_is_typical_sentinel, ends)):
        return []
    sentinels = [float(value) for value in np.unique(known) if _is_typical_sentinel(float(value))]
    rest = known[~np.isin(known, sentinels)]
    if len(rest) < _FEW:
        return []
    low, high = float(rest.min()), float(rest.max())
    return [
        (value, np.flatnonzero(column == value), low, high)
        for value in sentinels
        if (value < 0.0 <= low) or max(low - value, value - high) > max(high - low, 1.0)
    ]


def _is_typical_sentinel(value: float) -> bool:
    """Tell whether a number is one that is written where there is none."""
    if abs(value) >= _HUGE or value in _LIMITS:
        return True
    if abs(value) < 10.0 or value != np.floor(value):
        return False
    digits = str(int(abs(value)))
    return len(set(digits)) == 1 and digits[0] in "987"


def _sentence(name: str, value: float, rows: NDArray[Any], low: float, high: float) -> str:
    word = f"{value:.15g}"
    first = f"row {rows[0] + 1}" + (" first" if len(rows) > 1 else "")
    return (
        f"The column {name!r} has {word} in {counted(len(rows), 'row')} ({first}), far outside of "
        f"its other values ({low:g} to {high:g}); if it stands for a missing value, say "
        f"{declare([word])}."
    )
