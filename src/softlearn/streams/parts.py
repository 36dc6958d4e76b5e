"""Whole files as parts of an engine: each is read by a task, again where its rows are lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .batches import batches_of, check_finite
from .source import Columns, File, reading

__all__ = ["FileFacts", "FileParts", "FileRows", "counted", "drawn", "file_parts", "read_files"]


class _Engine(Protocol):
    def make(self, f: Any, *args: Any) -> Any: ...

    def ask(self, f: Any, handles: list[Any], *args: Any) -> list[Any]: ...


@dataclass(frozen=True)
class FileFacts:
    """What a file holds, or all of them."""

    n: int
    d: int
    sparse: bool = False
    least: int = 0
    """The smallest index of a column of CSR rows."""
    names: tuple[str, ...] | None = None
    """Of the features, where they have any."""
    plain: bool = True
    """Whether no column holds lists."""
    labelled: bool = False


@dataclass(frozen=True, eq=False)
class FileParts:
    """Files as parts of an engine."""

    handles: list[Any]
    """Of the features, labels and weights of each file; None for what there is not."""
    names: list[str] | None
    """Of the features, where they have any."""


@dataclass(frozen=True, eq=False)
class FileRows:
    """The rows of a file."""

    X: Any
    """(n, d) dense, or CSR."""
    y: NDArray[Any] | None
    weights: NDArray[np.float64] | None
    facts: FileFacts


def read_files(engine: _Engine, files: list[File], columns: Columns) -> tuple[list[Any], FileFacts]:
    """Return handles of the `FileRows` of files, all with the same columns, and facts on all.

    Args:
        engine: keeps them; its workers must find the files by the same names.
        files: in order.
        columns: what is read of them.

    Raises:
        ValueError: a file cannot be used; one sentence names it.

    """
    read = [engine.make(_read, file, columns) for file in files]
    whole = _agreed(files, engine.ask(attrgetter("facts"), read))
    if whole.sparse:  # LIBSVM counts columns from 1
        shift = int(whole.least > 0)
        read = [engine.make(_widened, rows, whole.d - shift, shift) for rows in read]
    return read, whole


def file_parts(engine: _Engine, read: list[Any], whole: FileFacts, columns: Columns) -> FileParts:
    """Return the features, labels and weights of what `read_files` returned."""
    fields = ["X", "y" if whole.labelled else None, columns.weight and "weights"]
    handles = [
        tuple(name and engine.make(attrgetter(name), rows) for name in fields) for rows in read
    ]
    return FileParts(handles, None if whole.names is None else list(whole.names))


def drawn(numbered: Sequence[Any], begin: float, end: float, seed: int) -> FileRows:
    """Return rows of a file whose random numbers lie from `begin` on, and below `end`.

    The first row of each class is the last to be drawn, so that no class is lost.

    Args:
        numbered: the number of the file, and its rows.
        begin, end: from 0 to 1.
        seed: of the numbers.

    """
    number, rows = numbered
    chance = np.random.default_rng([seed, number]).random(rows.facts.n)
    if rows.y is not None:
        chance[np.unique(rows.y, return_index=True)[1]] = 1.0 - 2.0**-53
    some = np.flatnonzero((begin <= chance) & (chance < end))
    y, s = (None if column is None else column[some] for column in (rows.y, rows.weights))
    return FileRows(rows.X[some], y, s, replace(rows.facts, n=len(some)))


def counted(rows: FileRows) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the labels of rows that have weight, and how many rows each has."""
    assert rows.y is not None
    live = slice(None) if rows.weights is None else rows.weights > 0.0
    return np.unique(rows.y[live], return_counts=True)


def _agreed(files: list[File], found: list[FileFacts]) -> FileFacts:
    some = [(file, facts) for file, facts in zip(files, found, strict=True) if facts.n]
    if not some:
        raise ValueError(
            f"X: {files[0].path}{' and the others have' if files[1:] else ' has'} no rows."
        )
    (first, facts), *others = some
    for file, its in others:
        if (its.names, its.sparse) != (facts.names, facts.sparse) or (
            its.d != facts.d and not facts.sparse
        ):
            raise ValueError(f"{file.path} has other columns than {first.path}: name the features.")
        if its.labelled != facts.labelled:
            raise ValueError(f"{(first if its.labelled else file).path} has no labels.")
    every = [its for _, its in some]
    n, d, least = sum(f.n for f in every), max(f.d for f in every), min(f.least for f in every)
    return FileFacts(n, d, facts.sparse, least, facts.names, facts.plain, facts.labelled)


def _read(file: File, columns: Columns) -> FileRows:
    """Read a file; it must be what it was when the fit began."""
    file.check()
    batches, n = [], 0
    with reading(file):
        for batch in batches_of(file, columns):
            check_finite(file, batch.X, n, batch.names)
            batches.append(batch)
            n += batch.X.shape[0]
    if not n:
        return FileRows(np.empty((0, 0)), np.empty(0), np.empty(0), FileFacts(0, 0))
    first, least = batches[0], 0
    y = weights = None
    if first.labels is not None:
        y = np.concatenate([np.array(of)[codes] for codes, of in (b.labels for b in batches) if of])
    if first.weights is not None:
        weights = np.concatenate([batch.weights for batch in batches])
    sparse = sp.issparse(first.X)
    if sparse:
        X: Any = sp.csr_array(sp.vstack([batch.X for batch in batches], format="csr"))
        least, d = int(X.indices.min(initial=1)), int(X.indices.max(initial=-1)) + 1
    else:
        X = np.concatenate([batch.X for batch in batches]) if batches[1:] else first.X
        d = X.shape[1]
    facts = FileFacts(n, d, sparse, least, first.names, first.plain, y is not None)
    return FileRows(X, y, weights, facts)


def _widened(rows: FileRows, d: int, shift: int) -> FileRows:
    """Return CSR rows with d columns, counted from `shift`."""
    X = rows.X
    if rows.facts.n:
        X = sp.csr_array((X.data, X.indices - shift, X.indptr), shape=(rows.facts.n, d))
    return FileRows(X, rows.y, rows.weights, rows.facts)
