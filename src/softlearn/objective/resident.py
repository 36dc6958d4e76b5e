"""Which rows of those on disk a fit holds in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import KEPT, DenseRows, Rows, SparseRows
from ..problem import Problem
from ..protocol import F64

__all__ = ["curved_rows", "even_rows", "rows_of_span", "share_read"]

Drawn = tuple[NDArray[np.intp], F64]
"""The numbers of rows, and factors for their weights."""
_PAGE = 4096  # bytes that are read together
_OF_CLASS = 64  # rows of each class, at least, where there are as many
_SHARE = 0.5  # of the memory, for the sample and what is kept of it
_FLOOR = 0.1  # of the mean curvature, added to that of each row: it may rise on the way


def even_rows(problem: Problem) -> Drawn:
    """Draw rows evenly from all parts of the files, as many as fit.

    Each class is given its share in the weight of all rows, so files that are sorted by class do no
    harm.
    """
    rows, n = problem.rows, problem.rows.n
    run = max(int(_PAGE / max(rows.nbytes / n, 1.0)), 1)
    chosen = np.flatnonzero(_runs(n, _fitting(problem), run) & (problem.s > 0.0))
    if not problem.labelled:
        return chosen, np.full(len(chosen), 1.0 / problem.s[chosen].sum())
    chosen = np.union1d(chosen, _of_rare_classes(problem, chosen))
    Y, s = problem.Y[chosen], problem.s[chosen]
    found = np.bincount(Y, s, problem.model.C)
    return chosen, (problem.shares / np.where(found > 0.0, found, 1.0))[Y]


def curved_rows(problem: Problem, curvature: F64, seed: int) -> Drawn:
    """Draw rows by their share of the curvature, as many as fit; they come in random order.

    Args:
        problem: its rows are on disk.
        curvature: (n,) of each row.
        seed: of what is drawn.

    Reference: Duffield, Lund and Thorup, J. ACM 54 (2007), priority sampling.

    """
    s, n, rng = problem.s, problem.rows.n, np.random.default_rng(seed)
    share = s * (curvature + _FLOOR * (s @ curvature))
    priority = share / (1.0 - rng.random(n))
    wanted = min(_fitting(problem), int(np.count_nonzero(s)) - 1)
    kept = np.argpartition(-priority, wanted)[: wanted + 1]
    least = priority[kept].min()
    chosen = rng.permutation(kept[priority[kept] > least])
    return chosen, np.maximum(1.0, least / share[chosen])


def rows_of_span(problem: Problem, span: slice) -> Problem:
    """Return the problem over consecutive rows, which share its memory, with all its weight."""
    raw, d = problem.rows.block(span).raw, problem.rows.d
    rows: Rows
    if problem.rows.sparse:
        rows = SparseRows(sp.csr_array(raw, shape=(span.stop - span.start, d)))
    else:
        rows = DenseRows(raw[0])
    s = problem.s[span]
    return replace(problem, rows=rows, Y=problem.Y[span], s=s * (problem.s.sum() / s.sum()))


def share_read(problem: Problem, count: int) -> float:
    """Return how much of X is read for so many rows, in passes: whole pages are."""
    rows = problem.rows
    together = max(_PAGE * rows.n / max(rows.nbytes, 1), 1.0)
    return float(1.0 - (1.0 - min(count / rows.n, 1.0)) ** together)


def _fitting(problem: Problem) -> int:
    """Return how many rows fit in memory."""
    rows = problem.rows
    assert rows.memory is not None
    of_row = rows.nbytes / max(rows.n, 1) + KEPT * min(problem.model.C, 1000)
    return min(max(int(_SHARE * rows.memory / of_row), 2), rows.n)


def _runs(n: int, wanted: int, run: int) -> NDArray[np.bool_]:
    """Return which of n rows are drawn: a run from each of many equal parts."""
    if wanted >= n:
        return np.ones(n, dtype=bool)
    edges = np.linspace(0, n, max(wanted // run, 1) + 1).astype(np.intp)
    run = min(run, wanted)
    spare = np.maximum(np.diff(edges) - run, 0)
    starts = edges[:-1] + np.random.default_rng(0).integers(0, spare + 1)
    change = np.zeros(n + 1, dtype=np.int8)
    change[starts] += 1
    change[np.minimum(starts + run, n)] -= 1
    return np.cumsum(change[:n], dtype=np.int8) > 0


def _of_rare_classes(problem: Problem, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first rows of those classes of which few rows are drawn."""
    C, weigh = problem.model.C, problem.s > 0.0
    rare = np.bincount(problem.Y[chosen], minlength=C) < _OF_CLASS
    theirs = np.flatnonzero(rare[problem.Y] & weigh)
    Y = problem.Y[theirs]
    order = np.argsort(Y, kind="stable")
    number = np.arange(len(Y)) - np.searchsorted(Y[order], Y[order])
    return theirs[order[number < _OF_CLASS]]
