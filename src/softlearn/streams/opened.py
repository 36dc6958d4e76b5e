"""A stream, opened: its rows on disk, or in memory if they fit; codes, labels and weights."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import duration
from ..data import KEPT, ArrayFile, DenseRowsOnDisk, SparseRowsOnDisk
from .cache import Facts, converted
from .lock import locked
from .source import Columns, files_of

__all__ = ["Opened", "StreamOptions", "open_stream"]

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_OF_MACHINE = 0.25  # of the memory there is, where the user says nothing
_UNKNOWN = 10**9
_FITS = 0.5  # of the memory: rows that take less are held in it, all
_PASSES = 20  # over all rows, about
_LOOK = 1 << 26  # bytes from which the rate of reading is measured


@dataclass(frozen=True)
class StreamOptions:
    """How files are read.

    Args:
        target: the column that holds the labels (NPZ: the array, "y" if absent).
        features: the columns of features, one name or several; all others if absent.
        weight: the column that holds the weights of rows.
        exclude: columns that are left out.
        memory: bytes that a fit may use for rows and what it keeps of them, such as "4GB"; a
            quarter of the machine's if absent.
        cache: the folder to which files are converted, which is kept; a temporary one if absent.
        checkpoint: a file that is written after each step; without `cache`, the converted files
            are then kept beside it.
        resume: whether to go on from the checkpoint, if it is there.
        tell: is told what is done, in a few words; nothing is said if absent.

    """

    target: str | None = None
    features: Any = None
    weight: str | None = None
    exclude: tuple[str, ...] = ()
    memory: str | int | None = None
    cache: Any = None
    checkpoint: Any = None
    resume: bool = False
    tell: Callable[[str], None] | None = None

    @property
    def bytes(self) -> int:
        """The memory in bytes.

        Raises:
            ValueError: it is no size.

        """
        if self.memory is None:
            try:
                return int(_OF_MACHINE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
            except (AttributeError, ValueError, OSError):
                return _UNKNOWN
        found = re.fullmatch(
            r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)I?B?\s*", str(self.memory).upper()
        )
        if found is None or not float(found[1]) > 0.0:
            raise ValueError(f"memory must be a size such as '4GB', but it is {self.memory!r}.")
        return int(float(found[1]) * _UNITS[found[2]])

    @property
    def columns(self) -> Columns:
        """The columns that are read."""
        features = [self.features] if isinstance(self.features, str) else self.features
        return Columns(
            self.target,
            self.weight,
            None if features is None else tuple(map(str, features)),
            tuple(self.exclude),
        )


@dataclass(frozen=True, eq=False)
class Opened:
    """The rows of all files, and what belongs to them."""

    X: Any
    """A storage of rows on disk; an array or CSR array where they fit in memory."""
    codes: NDArray[np.int32] | None
    """(n,) numbers in `labels`."""
    labels: list[Any] | None
    """In the order in which they were found."""
    weights: NDArray[np.float64] | None
    names: list[str] | None
    """Of the features, where they have any."""
    fingerprint: str
    """Of the files, the columns and what was found."""
    plain: bool
    """Whether each of these is a column of a table, and none a list's."""


def open_stream(X: Any, options: StreamOptions) -> Opened:
    """Return the rows of files, converted to a cache first.

    Args:
        X: a glob, a path, a list of them, or a pyarrow.dataset.Dataset.
        options: how they are read.

    Raises:
        ValueError: one sentence that names the file or the argument.
        ImportError: pyarrow is needed and is not there.
        OSError: the cache cannot be written.

    """
    memory, files = options.bytes, files_of(X)
    folder, kept_folder = _folder(options)
    tell = options.tell or (lambda _: None)

    def check() -> None:
        for file in files:
            file.check()

    try:
        with locked(folder, tell) if kept_folder else nullcontext():
            facts = converted(files, options.columns, folder, tell)
            codes = _array(folder, facts, "codes", np.int32)
            weights = _array(folder, facts, "weights", np.float64)
            X = _rows(folder, facts, memory, check)
    except BaseException:
        if not kept_folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if not kept_folder:
        weakref.finalize(X, shutil.rmtree, folder, ignore_errors=True)
    if X.nbytes + X.n * KEPT * len(facts.labels or "ab") <= _FITS * memory:
        X = X.subset(np.arange(X.n)).X
    else:
        tell(_estimate(X))
    text = json.dumps([facts.asked, facts.ends, facts.labels, memory])
    return Opened(
        X,
        codes,
        facts.labels,
        weights,
        facts.names,
        hashlib.sha256(text.encode()).hexdigest(),
        facts.plain,
    )


def _folder(options: StreamOptions) -> tuple[Path, bool]:
    """Return the folder of the converted files, and whether it is kept."""
    if options.cache is not None:
        return Path(options.cache), True
    if options.checkpoint is not None:
        return Path(f"{os.fspath(options.checkpoint)}.cache"), True
    return Path(tempfile.mkdtemp(prefix="softlearn-")), False


def _rows(folder: Path, facts: Facts, memory: int, check: Callable[[], None]) -> Any:
    if not facts.sparse:
        file = ArrayFile(folder / "X", facts.dtype, facts.d)
        return DenseRowsOnDisk(file, memory, check)
    starts = np.fromfile(folder / "indptr", np.int64)
    data = ArrayFile(folder / "data", facts.dtype)
    indices = ArrayFile(folder / "indices", np.int64)
    indptr = np.append(starts, data.n)
    return SparseRowsOnDisk(data, indices, indptr, facts.d, memory, check)


def _array(folder: Path, facts: Facts, name: str, dtype: Any) -> Any:
    return np.fromfile(folder / name, dtype) if name in facts.sizes else None


def _estimate(rows: DenseRowsOnDisk | SparseRowsOnDisk) -> str:
    """Say how long reading takes: passes times bytes by the rate that is measured here."""
    per_row = max(rows.nbytes / max(rows.n, 1), 1.0)
    began, seen, step = time.perf_counter(), 0, max(int((1 << 22) / per_row), 1)
    for start in range(0, rows.n, step):
        stop = min(start + step, rows.n)
        rows.block(slice(start, stop)).raw[0].sum()
        seen += stop - start
        if seen * per_row >= _LOOK:
            break
    rate = seen * per_row / max(time.perf_counter() - began, 1e-9)
    pass_ = rows.nbytes / rate
    return (
        f"{rows.nbytes / 1e9:.1f} GB at {rate / 1e9:.1f} GB/s: {duration(pass_)} to read them, "
        f"{duration(_PASSES * pass_)} for some {_PASSES} passes"
    )
