"""Rows in files that are larger than memory: a block is mapped while it is used, then let go.

Only the bytes of the blocks in use take address space, so a limit on a process's memory holds.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .dense import DenseBlock, DenseRows
from .sparse import SparseBlock, SparseRows

__all__ = ["KEPT", "ArrayFile", "DenseRowsOnDisk", "SparseRowsOnDisk"]

F64 = NDArray[np.float64]
Rows = NDArray[np.intp]
KEPT = 48
"""Bytes that a fit keeps of a row in memory and a class, about."""
_AHEAD = 2  # blocks that the system is asked to read before they are needed
_AT_ONCE = 1 << 22  # bytes mapped at once where single rows are taken


class ArrayFile:
    """The entries of an array in a file, of which some are mapped at a time.

    Args:
        path: the file, with nothing but the entries.
        dtype: theirs.
        width: entries in a row.

    """

    def __init__(self, path: Path, dtype: Any, width: int = 1) -> None:
        self.path, self.dtype, self.width = path, np.dtype(dtype), width
        self.row_bytes = self.dtype.itemsize * width
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._file)
        self.nbytes = os.fstat(self._file).st_size
        self.n = self.nbytes // max(self.row_bytes, 1)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Return rows start to stop, (stop - start, width), read-only."""
        first, count = start * self.row_bytes, (stop - start) * self.width
        if not count:
            return np.empty((stop - start, self.width), self.dtype)
        begin = first - first % mmap.ALLOCATIONGRANULARITY
        length = first - begin + count * self.dtype.itemsize
        file = self._file
        if hasattr(os, "posix_fadvise"):
            after = begin + length
            os.posix_fadvise(file, after, _AHEAD * length, os.POSIX_FADV_WILLNEED)
        whole = _mapped(file, length, begin)
        flat: NDArray[Any] = np.frombuffer(whole, self.dtype, count, first - begin)
        return flat.reshape(-1, self.width)

    def same(self) -> bool:
        """Whether the file still has the bytes that it had."""
        return os.fstat(self._file).st_size == self.nbytes


def _mapped(file: int, length: int, begin: int) -> mmap.mmap:
    """Map a part of a file; where the system can, all its pages at once, which costs least."""
    if hasattr(mmap, "MAP_POPULATE"):
        flags = mmap.MAP_PRIVATE | mmap.MAP_POPULATE
        return mmap.mmap(file, length, flags=flags, prot=mmap.PROT_READ, offset=begin)
    return mmap.mmap(file, length, access=mmap.ACCESS_READ, offset=begin)


class _OnDisk:
    """What both storages share.

    Args:
        n, d: rows and columns.
        files: those that hold the entries.
        memory: bytes that a fit may use for rows and what it keeps of them.
        check: called as a pass begins; raises an error if the data have changed.

    """

    sparse: bool

    def __init__(
        self, n: int, d: int, files: list[ArrayFile], memory: int, check: Callable[[], None]
    ) -> None:
        self.n, self.d = n, d
        self.memory: int | None = memory
        self.dtype = files[0].dtype
        self.nbytes = sum(file.nbytes for file in files)
        self._files, self._check = files, check

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n, self.d

    def _begin(self, span: slice) -> None:
        if span.start == 0:
            self._check()
            for file in self._files:
                if not file.same():
                    raise OSError(f"{file.path} has changed while it was read: fit again.")


class DenseRowsOnDisk(_OnDisk):
    """Dense rows, float32 or float64, one after the other in a file.

    Args:
        file: its width is the number of columns.
        memory: bytes that a fit may use for rows and what it keeps of them.
        check: called as a pass begins; raises an error if the data have changed.

    """

    sparse = False

    def __init__(
        self, file: ArrayFile, memory: int, check: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(file.n, file.width, [file], memory, check)
        self.nnz = self.n * self.d

    def block(self, span: slice) -> DenseBlock:
        """Return the rows of a span as a block."""
        self._begin(span)
        return DenseBlock(self._files[0].read(span.start, span.stop))

    def take(self, rows: Rows) -> F64:
        """Return some rows as a dense float64 array."""
        return self._taken(rows, np.float64)

    def subset(self, rows: Rows) -> DenseRows:
        """Return some rows in memory."""
        return DenseRows(self._taken(rows, self.dtype))

    def _taken(self, rows: Rows, dtype: Any) -> NDArray[Any]:
        file = self._files[0]
        out = np.empty((len(rows), self.d), dtype)
        order = np.argsort(rows, kind="stable")
        for some, start, stop in _near(rows[order], max(_AT_ONCE // max(file.row_bytes, 1), 1)):
            out[order[some]] = file.read(start, stop)[rows[order[some]] - start]
        return out


class SparseRowsOnDisk(_OnDisk):
    """CSR rows in three files; where each row begins is held in memory.

    Args:
        data: the entries, float32 or float64.
        indices: their columns, int32 or int64.
        indptr: (n + 1,) where rows begin.
        d: columns.
        memory: bytes that a fit may use for rows and what it keeps of them.
        check: called as a pass begins; raises an error if the data have changed.

    """

    sparse = True

    def __init__(
        self,
        data: ArrayFile,
        indices: ArrayFile,
        indptr: NDArray[np.int64],
        d: int,
        memory: int,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(len(indptr) - 1, d, [data, indices], memory, check)
        self.indptr, self.nnz = indptr, int(indptr[-1])

    def block(self, span: slice) -> SparseBlock:
        """Return the rows of a span as a block."""
        self._begin(span)
        data, indices, indptr = self._csr(span.start, span.stop)
        return SparseBlock(data, indices, indptr, self.d)

    def take(self, rows: Rows) -> F64:
        """Return some rows as a dense float64 array."""
        out: F64 = self.subset(rows).X.toarray().astype(np.float64, copy=False)
        return out

    def subset(self, rows: Rows) -> SparseRows:
        """Return some rows in memory."""
        order = np.argsort(rows, kind="stable")
        at_once = max(int(_AT_ONCE * self.n / max(self.nbytes, 1)), 1)
        parts = [sp.csr_array((0, self.d), dtype=self.dtype)]
        for some, start, stop in _near(rows[order], at_once):
            whole = sp.csr_array(self._csr(start, stop), shape=(stop - start, self.d))
            parts.append(whole[rows[order[some]] - start])
        back = np.empty(len(rows), dtype=np.intp)
        back[order] = np.arange(len(rows))
        return SparseRows(sp.csr_array(sp.vstack(parts, format="csr")[back]))

    def _csr(self, start: int, stop: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        a, b = int(self.indptr[start]), int(self.indptr[stop])
        data, indices = (file.read(a, b).ravel() for file in self._files)
        return data, indices, self.indptr[start : stop + 1] - a


def _near(rows: Rows, at_once: int) -> list[tuple[slice, int, int]]:
    """Cut ascending row numbers into parts that lie close: the part, its first row, its end."""
    if not len(rows):
        return []
    edges = np.flatnonzero(np.diff(rows // at_once, prepend=-1, append=-2))
    parts = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    return [(part, int(rows[part.start]), int(rows[part.stop - 1]) + 1) for part in parts]
