"""Cells that do not fit the others of their column: how many they are, and where."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...features.dataset import SourceError

__all__ = ["Verdict", "declare", "judge", "require_all", "shown"]

Verdict = Literal["all", "most", "codes", "no"]
_FEW = 3  # cells too few to say what a column is
_MANY_CODES = 20  # distinct numbers from which a column is no set of codes
_SHOWN, _ROWS = 4, 3
Mask = NDArray[np.bool_]


def judge(cells: pa.Array, fits: Mask) -> Verdict:
    """Tell what a column is, of whose known cells some fit a kind and others may not.

    - "all": every cell fits.
    - "most": it is of that kind, and the others are mistakes or stand for missing values: at most
      a tenth of the cells, or a few words that come again and again.
    - "codes": as "most", but those that fit are few and come again and again too (0, 1, 2, 3+).
    - "no": it is something else.
    """
    good = int(fits.sum())
    bad = len(cells) - cells.null_count - good
    if not good:
        return "no"
    if not bad:
        return "all"
    mask = pa.array(fits)
    of_good = pc.count_distinct(cells.filter(mask)).as_py()
    of_bad = pc.count_distinct(cells.filter(pc.invert(mask)), mode="only_valid").as_py()
    few = 9 * bad <= good or (5 * of_bad <= of_good and bad <= 3 * good)
    if good < _FEW or not few:
        return "no"
    return "codes" if of_good <= min(_MANY_CODES, good / 2) else "most"


def require_all(path: Path, name: str, cells: pa.Array, fits: Mask, kind: str) -> None:
    """Raise SourceError naming the cells that are not what the others of their column are.

    Args:
        fits: (n,) whether a cell is what it should be; of missing ones that does not matter.
        kind: what the others are, "numbers" or "dates".

    """
    where, words = shown(cells, ~fits)
    if not words:
        return
    none = "is none" if len(words) == 1 else "are none"
    stands = "it stands" if len(words) == 1 else "they stand"
    column = shlex.quote(name)
    raise SourceError(
        f"{path}: the column {name!r} holds {kind}, but {where} {none}: correct the cells; if "
        f"{stands} for missing values, say {declare(words)}; to read the column as text, say "
        f"--text {column}; to leave it out, --exclude {column}."
    )


def shown(cells: pa.Array, mask: Mask) -> tuple[str, list[str]]:
    """Return the distinct cells that a mask picks, with their rows, in words, and the first few.

    Rows are counted from 1, without the header.

    """
    rows = np.flatnonzero(mask & cells.is_valid().to_numpy(zero_copy_only=False))
    places: dict[str, list[int]] = {}
    for row, cell in zip(rows.tolist(), cells.take(rows).to_pylist(), strict=True):
        places.setdefault(cell, []).append(row + 1)
    parts = [f"{cell[:40]!r} ({_rows(where)})" for cell, where in list(places.items())[:_SHOWN]]
    more = len(places) - _SHOWN
    if more > 0:
        parts.append(f"{more} other {'value' if more == 1 else 'values'}")
    return _listed(parts), list(places)[:_SHOWN]


def declare(words: Sequence[str]) -> str:
    """Return the options that declare cells as missing."""
    return " ".join(f"--missing {shlex.quote(word)}" for word in words)


def _rows(where: Sequence[int]) -> str:
    if len(where) == 1:
        return f"row {where[0]}"
    if len(where) <= _ROWS:
        return f"rows {_listed([str(row) for row in where])}"
    first = ", ".join(map(str, where[: _ROWS - 1]))
    return f"rows {first} and {len(where) - _ROWS + 1:,} more"


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
