"""Where the regions of two classes meet, and where in a region there is room for a numeral."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import distance_transform_edt, label

from .canvas import library

__all__ = ["boundary_segments", "roomiest_point"]

F64 = NDArray[np.float64]

_SMALLEST = 1e-12  # a boundary lies where two probabilities are equal and largest: at least 1/C
_NUDGE = 1e-7  # parts classes that tie over an area, as the votes of trees do


def boundary_segments(x: F64, y: F64, P: NDArray[Any]) -> dict[tuple[int, int], F64]:
    """Return the pieces of the boundary between each two classes.

    A boundary of i and j is where log p_i = log p_j and no other class has more.  The logarithms
    are taken to be linear between the points of the grid, which they are, up to a term that all
    classes share, for a linear softmax model: its boundaries come out straight.  In a cell only
    the classes that win at one of its corners count, so that two neighbours on the grid with
    different winners are always parted, however abruptly P changes (trees, nearest neighbours).

    Args:
        x: (m,) and
        y: (n,) coordinates of the grid.
        P: (n, m, C) probabilities, or booleans.

    Returns:
        {(i, j): (k, 2, 2) segments, each two points}, i < j, for classes that meet.

    """
    wins = P.argmax(-1)[..., None] == np.arange(P.shape[-1])
    S = np.log(np.maximum(P, _SMALLEST)) + _NUDGE * wins
    wins = wins[1:, 1:] | wins[1:, :-1] | wins[:-1, 1:] | wins[:-1, :-1]  # at a corner of the cell
    at = RegularGridInterpolator((y, x), S, bounds_error=False, fill_value=None)  # for rounding
    contour = library("contourpy").contour_generator
    found = {}
    for i, j in combinations(range(P.shape[-1]), 2):
        if not (wins[..., i] & wins[..., j]).any():
            continue
        lines = contour(x, y, S[..., i] - S[..., j]).lines(0.0)
        pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in lines if len(line) > 1]
        if not pieces:
            continue
        segments = np.concatenate(pieces)
        column, row = ((segments.mean(1) - (x[0], y[0])) / (x[1] - x[0], y[1] - y[0])).T
        counts = wins[_cells(row, len(y)), _cells(column, len(x))]
        meet = counts[:, i] & counts[:, j]
        kept = _where_best(segments[meet], counts[meet], at, i)
        if len(kept):
            found[i, j] = kept
    return found


def _cells(position: F64, n: int) -> NDArray[np.intp]:
    return np.clip(position.astype(np.intp), 0, n - 2)


def _where_best(
    segments: F64, counts: NDArray[np.bool_], at: RegularGridInterpolator, i: int
) -> F64:
    """Return the parts of segments (k, 2, 2) in which no class that counts is above class i."""
    S = np.asarray(at(segments[..., ::-1]))  # (k, 2, C)
    a, b = (np.where(counts, S[:, end, i, None] - S[:, end, :], 0.0) for end in (0, 1))
    a, b = (np.where(np.abs(d) < 1e-9, 0.0, d) for d in (a, b))  # the other class of the boundary
    with np.errstate(divide="ignore", invalid="ignore"):
        t = a / (a - b)  # where a straight line from a to b is 0
    low = np.where((a < 0.0) & (b > 0.0), t, 0.0).max(1)
    high = np.where((a > 0.0) & (b < 0.0), t, 1.0).min(1)
    never = (np.minimum(a, b) < 0.0) & (np.maximum(a, b) <= 0.0)
    keep = (low < high) & ~never.any(1)
    start, step = segments[keep, 0], segments[keep, 1] - segments[keep, 0]
    ends = [start + share[keep, None] * step for share in (low, high)]
    return np.stack(ends, axis=1)


def roomiest_point(
    winners: NDArray[np.intp], k: int, occupied: NDArray[np.bool_]
) -> tuple[int, int, float] | None:
    """Return row, column and clearance (in cells) of the place in class k with most room.

    It is the point of the largest piece of the region that is farthest from its edge and, as far
    as may be, from occupied cells.  None if the class has no region.
    """
    pieces, n = label(winners == k)
    if n == 0:
        return None
    inside = pieces == 1 + int(np.bincount(pieces.ravel())[1:].argmax())
    room = np.asarray(distance_transform_edt(np.pad(inside, 1)))[1:-1, 1:-1]
    clear = np.minimum(room, distance_transform_edt(~occupied)) if occupied.any() else room
    score = np.where(inside, clear + 0.1 * np.minimum(room, room.max() / 2.0), -1.0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return int(row), int(column), float(room[row, column])
