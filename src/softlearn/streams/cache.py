"""Files converted once into row blocks that can be mapped: a folder, written file after file.

The folder holds the entries of X in one file (dense) or in three (CSR), the codes of the labels,
the weights, and `stream.json`, which says how much of them is whole.  It is written again after
each file, so a conversion that was ended goes on with the next file.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .._internal.atomic_write import write_whole
from .batches import Batch, batches_of, check_finite
from .source import Columns, File, reading

__all__ = ["Facts", "converted"]

_VERSION = 1
_FACTS = "stream.json"
_ARRAYS = {"X": "", "data": "", "indices": "<i8", "indptr": "<i8", "codes": "<i4", "weights": "<f8"}
_CHUNK = 1 << 20  # entries at a time where a file is written anew
_SPARE = 1.1  # times what is written: free space that is asked for


@dataclass
class Facts:
    """What `stream.json` says."""

    asked: list[Any]
    """The version, the columns and the files: with any change all is converted anew."""
    done: int = 0
    """Files that are whole."""
    ends: list[int] = field(default_factory=list)
    """Rows up to the end of each of them."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of each array that are whole."""
    dtype: str = ""
    d: int = 0
    sparse: bool = False
    names: list[str] | None = None
    plain: bool = True
    """Whether no column holds lists."""
    labels: list[Any] | None = None
    entries: int = 0
    """Of CSR."""
    least: int = 1
    """The smallest column index of a CSR file."""
    complete: bool = False

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.ends[-1] if self.ends else 0


def converted(
    files: list[File], columns: Columns, folder: Path, tell: Callable[[str], None]
) -> Facts:
    """Return the facts of a folder that holds the rows of all files, converted where they are not.

    Args:
        files: in order.
        columns: what is read of them.
        folder: where to; it is made.
        tell: is told how far it has come.

    Raises:
        ValueError: a file cannot be used; one sentence names it.
        OSError: the folder cannot be written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = json.loads(
        json.dumps([_VERSION, asdict(columns), [f.facts for f in files]], default=str)
    )
    facts = _begun(folder, asked)
    if facts.complete:
        return facts
    for k in range(facts.done, len(files)):
        tell(f"file {k + 1} of {len(files)}, {files[k].path}")
        with reading(files[k]):
            _append(files[k], columns, folder, facts)
        files[k].check()
        facts.done = k + 1
        _write(folder, facts)
    if not facts.n:
        raise ValueError(
            f"X: {files[0].path}{' and the others have' if files[1:] else ' has'} no rows."
        )
    if facts.sparse and facts.least > 0:  # as LIBSVM counts, from 1
        _count_from_0(folder, facts)
    facts.complete = True
    _write(folder, facts)
    return facts


def _begun(folder: Path, asked: list[Any]) -> Facts:
    """Return the facts of an earlier conversion of the same files; else new ones."""
    try:
        facts = Facts(**json.loads((folder / _FACTS).read_text()))
        whole = all((folder / a).stat().st_size >= size for a, size in facts.sizes.items())
        if facts.asked == asked and whole:
            return facts
    except (OSError, ValueError, TypeError):
        pass
    for name in (_FACTS, *_ARRAYS):
        (folder / name).unlink(missing_ok=True)
    return Facts(asked)


def _write(folder: Path, facts: Facts) -> None:
    write_whole(folder / _FACTS, json.dumps(asdict(facts), default=str).encode())


def _append(file: File, columns: Columns, folder: Path, facts: Facts) -> None:
    """Append the rows of a file to the arrays; facts tell of them once all are written."""
    if shutil.disk_usage(folder).free < _SPARE * file.size:
        raise OSError(f"{folder} has no room for {file.path}: name another cache folder.")
    state = _Labels(facts.labels)
    n, first = facts.n, True
    with ExitStack() as stack:
        out: dict[str, Any] = {}

        def put(name: str, array: Any) -> None:
            if name not in out:
                handle = (folder / name).open("r+b" if (folder / name).exists() else "w+b")
                out[name] = stack.enter_context(handle)
                handle.truncate(facts.sizes.get(name, 0))
                handle.seek(0, os.SEEK_END)
            out[name].write(np.ascontiguousarray(array).data)

        for batch in batches_of(file, columns):
            if first:
                _agree(file, batch, facts)
                first = False
            check_finite(file, batch.X, n - facts.n, batch.names)
            _put(put, file, batch, facts, state, n)
            n += batch.X.shape[0]
        for name, handle in out.items():
            handle.flush()
            os.fsync(handle.fileno())
            facts.sizes[name] = handle.tell()
    facts.ends.append(n)
    facts.labels = state.known
    counts = {name: facts.sizes.get(name, 0) for name in ("codes", "weights")}
    for name, bytes_of_one in (("codes", 4), ("weights", 8)):
        if counts[name] and counts[name] != bytes_of_one * n:
            raise ValueError(f"{file.path} has no {name}, which the files before it have.")


def _agree(file: File, batch: Batch, facts: Facts) -> None:
    """Take the columns from the first file; the others must have the same."""
    names = None if batch.names is None else list(batch.names)
    sparse, dtype = hasattr(batch.X, "tocsr"), batch.X.dtype.str
    if not facts.ends:
        facts.names, facts.sparse, facts.dtype = names, sparse, dtype
        facts.d, facts.plain = 0 if sparse else batch.X.shape[1], batch.plain
        return
    if names != facts.names and names and facts.names:
        lacking = [n for n in facts.names if n not in names] or names
        raise ValueError(
            f"{file.path} has other columns than the files before it: look at {lacking[0]!r}, or "
            "name the features."
        )
    if sparse != facts.sparse or (not sparse and batch.X.shape[1] != facts.d):
        raise ValueError(
            f"{file.path} has rows of {batch.X.shape[1]} columns, those before it {facts.d}."
        )
    if np.dtype(dtype).itemsize > np.dtype(facts.dtype).itemsize:
        raise ValueError(
            f"{file.path} has numbers of 64 bits, the files before it of 32: name it first, or "
            "write all in one type."
        )


def _put(
    put: Callable[[str, Any], None], file: File, batch: Batch, facts: Facts, labels: _Labels, n: int
) -> None:
    X = batch.X
    if facts.sparse:
        X = X.tocsr()
        if len(X.indices):
            facts.d = max(facts.d, int(X.indices.max()) + 1)
            facts.least = min(facts.least, int(X.indices.min()))
        put("data", X.data.astype(facts.dtype, copy=False))
        put("indices", X.indices.astype("<i8", copy=False))
        put("indptr", X.indptr[:-1].astype("<i8") + facts.entries)
        facts.entries += int(X.indptr[-1])
    else:
        put("X", X.astype(facts.dtype, copy=False))
    if batch.labels is not None:
        codes, present = batch.labels
        put("codes", labels.number(present)[codes])
    if batch.weights is not None:
        if not (np.isfinite(batch.weights).all() and (batch.weights >= 0.0).all()):
            bad = int((~(np.isfinite(batch.weights) & (batch.weights >= 0.0))).argmax())
            raise ValueError(f"{file.path} has a weight below 0, or none, in row {n + bad}.")
        put("weights", batch.weights.astype("<f8", copy=False))


class _Labels:
    """The labels seen so far, numbered in that order."""

    def __init__(self, known: list[Any] | None) -> None:
        self.known = None if known is None else list(known)
        self._codes = {label: k for k, label in enumerate(known or [])}

    def number(self, present: list[Any]) -> Any:
        """Return the numbers of some labels."""
        if self.known is None:
            self.known = []
        for label in present:
            if label not in self._codes:
                self._codes[label] = len(self.known)
                self.known.append(label)
        return np.array([self._codes[label] for label in present] or [0], dtype="<i4")


def _count_from_0(folder: Path, facts: Facts) -> None:
    """Subtract 1 from all column indices, in a new file."""
    old, new = folder / "indices", folder / "indices.part"
    with old.open("rb") as source, new.open("wb") as out:
        for part in _chunks(source):
            out.write((part - 1).data)
        out.flush()
        os.fsync(out.fileno())
    new.replace(old)
    facts.d -= 1
    facts.least = 0


def _chunks(source: Any) -> Iterator[Any]:
    while len(part := np.fromfile(source, "<i8", _CHUNK)):
        yield part
