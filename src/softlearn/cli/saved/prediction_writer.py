"""Predictions on their way to a file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from ..._internal.atomic_write import writing_whole
from ..._internal.format import visible
from .. import CommandError
from ..sources.files import suffix

__all__ = ["OutputError", "PredictionWriter"]


class OutputError(CommandError):
    """The output cannot be written; the message is one sentence naming it and the way out."""


class _Sink(Protocol):
    """Where tables go: one of Arrow's writers, or `_JsonLines`."""

    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class _JsonLines:
    """One JSON object a line."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle

    def write_table(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            self._handle.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Leave the handle to who opened it."""


class _Delimited:
    """Cells with a delimiter between them; texts are quoted in batches where one needs it."""

    def __init__(self, handle: IO[bytes], delimiter: str) -> None:
        self._handle, self._delimiter, self._header = handle, delimiter, True

    def write_table(self, table: pa.Table) -> None:
        raw = self._header_of(table) if self._header else b""
        try:
            raw += self._rows_of(table, "none")
        except pa.ArrowInvalid:  # a cell holds a delimiter, a quote or the end of a line
            raw += self._rows_of(table, "needed")
        if self._handle.isatty():  # a name may be a stranger's
            raw = visible(raw.decode()).encode()
        self._handle.write(raw)
        self._header = False

    def _header_of(self, table: pa.Table) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter).writerow(table.column_names)
        return text.getvalue().removesuffix("\r\n").encode() + b"\n"

    def _rows_of(self, table: pa.Table, quoting: str) -> bytes:
        options = arrow_csv.WriteOptions(
            include_header=False, delimiter=self._delimiter, quoting_style=quoting
        )
        out = pa.BufferOutputStream()
        arrow_csv.write_csv(table, out, options)
        return bytes(out.getvalue())

    def close(self) -> None:
        """Leave the handle to who opened it."""


def _parquet(handle: IO[bytes], schema: pa.Schema) -> _Sink:
    import pyarrow.parquet as pq

    return cast(_Sink, pq.ParquetWriter(handle, schema))


_SINKS: dict[str, Callable[[IO[bytes], pa.Schema], _Sink]] = {
    ".csv": lambda handle, schema: _Delimited(handle, ","),
    ".tsv": lambda handle, schema: _Delimited(handle, "\t"),
    ".jsonl": lambda handle, schema: _JsonLines(handle),
    ".ndjson": lambda handle, schema: _JsonLines(handle),
    ".parquet": _parquet,
    ".arrow": lambda handle, schema: pa.ipc.new_file(handle, schema),
    ".feather": lambda handle, schema: pa.ipc.new_file(handle, schema),
}
_PACKED = (".csv", ".tsv", ".jsonl", ".ndjson")


class PredictionWriter:
    """Writes label and probabilities row by row, to the format its suffix names.

    Columns: "file" (only if ids are written), "label", "probability_<class>" per class, "p_value"
    (only of models that say "none").  A file
    is complete or absent: it is written under another name beside its place and renamed at the
    end; on any failure the other is removed and what stood there before stays.

        with PredictionWriter(Path("out.csv"), model.classes_) as writer:
            writer.write(labels, probabilities)

    Args:
        path: .csv, .tsv, .jsonl (each also .gz), .parquet, .arrow or .feather; "-" for CSV on
            standard output.
        classes: (C,) the classes, in the order of the probabilities.

    Raises:
        OutputError: for a suffix that is not supported (at once), or a failure to write.

    """

    def __init__(self, path: Path | str, classes: NDArray[Any]) -> None:
        self._standard = str(path) == "-"
        self._name = "Standard output" if self._standard else str(path)
        self._path = Path(path)
        self._kind = ".csv" if self._standard else suffix(self._path)
        packed = self._path.suffix.lower() == ".gz"
        if self._kind not in _SINKS or (packed and self._kind not in _PACKED):
            raise OutputError(
                f"{path} has no suffix of a format to write; use .csv, .tsv, .jsonl (each also "
                ".gz), .parquet, .arrow or .feather, or - for CSV on standard output."
            )
        self._packed = packed
        self._classes = classes
        self._names = [f"probability_{label}" for label in classes]
        self._open = ExitStack()  # what is to be closed, the outermost first
        self._sink: _Sink | None = None

    def __enter__(self) -> PredictionWriter:
        with self._failing():
            if self._standard:
                sys.stdout.flush()
                self._handle: IO[bytes] = sys.stdout.buffer
            elif self._path.is_dir():
                raise OutputError(f"{self._path} cannot be written: it is a folder.")
            else:
                self._handle = self._open.enter_context(writing_whole(self._path))
                if self._packed:
                    packed = cast(IO[bytes], gzip.open(self._handle, "wb"))
                    self._handle = self._open.enter_context(packed)
        return self

    def write(
        self,
        labels: NDArray[Any],
        probabilities: NDArray[np.floating[Any]],
        ids: NDArray[np.object_] | None = None,
        p_values: NDArray[np.floating[Any]] | None = None,
    ) -> None:
        """Append rows; files' names (m,) and p-values (m,) in every batch or in none."""
        columns = {} if ids is None else {"file": pa.array(ids, pa.string())}
        if labels.dtype == object:  # "none" beside classes of another type, perhaps in later rows
            labels = np.array([str(label) for label in labels], dtype=object)
        columns["label"] = pa.array(labels)
        for name, column in zip(self._names, probabilities.T, strict=True):
            columns[name] = pa.array(np.ascontiguousarray(column))
        if p_values is not None:
            columns["p_value"] = pa.array(p_values)
        table = pa.table(columns)
        with self._failing():
            if self._sink is None:
                self._sink = _SINKS[self._kind](self._handle, table.schema)
                self._open.callback(self._sink.close)
            self._sink.write_table(table)

    def write_nothing(self, p_values: bool) -> None:
        """Write the names of the columns alone."""
        none = np.empty((0, len(self._classes)))
        self.write(self._classes[:0], none, p_values=none[:, 0] if p_values else None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._standard:
            with self._failing():
                sys.stdout.buffer.flush()
            return
        empty = kind is None and self._sink is None
        if empty:
            error = OutputError(f"{self._name} was not written: there were no rows.")
        if error is None:
            with self._failing():
                self._open.close()
            return
        with suppress(Exception):  # what stopped the writing matters, not this
            self._open.__exit__(type(error), error, trace)
        if empty:
            raise error

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn what the system and Arrow raise while writing into a sentence."""
        try:
            yield
        except BrokenPipeError as error:
            raise OutputError(f"{self._name} was closed by its reader.") from error
        except (OSError, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            left = "" if self._standard else "; no file was left there, or the one before it stays"
            raise OutputError(f"{self._name} cannot be written: {reason}{left}.") from error
