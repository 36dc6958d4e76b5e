"""CSV and TSV, as Arrow tables whose columns are all text (types come later, in `frames`)."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .dataset import SourceError
from .files import check_encoding, decode_error, open_binary, reading

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DELIMITER", "read_delimited"]

DELIMITER = b"delimiter"
"""The key in a table's metadata of what stands between its cells."""
_BLOCK = 1 << 22
_SAMPLE_LINES = 1000


@dataclass(frozen=True)
class _Layout:
    """How a file is laid out: empty lines, its header, delimiter and encoding."""

    skip: int
    names: list[str]
    delimiter: str
    encoding: str


def read_delimited(
    path: Path, delimiter: str | None, encoding: str | None, batch_rows: int
) -> Iterator[pa.Table]:
    """Yield tables of at most `batch_rows` rows; at least one, which may be empty.

    Args:
        path: a file, maybe packed by gzip.
        delimiter: what stands between cells; None to find out among , ; tab and |.
        encoding: as in `read_source`.
        batch_rows: the most rows of a table.

    Raises:
        SourceError: for an empty file, another encoding, a line with cells too many or too few.

    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    layout = _layout(path, delimiter, check_encoding(encoding))
    keys = [str(i) for i in range(len(layout.names))]
    with reading(path), open_binary(path) as handle:
        try:
            reader = arrow_csv.open_csv(
                handle,
                arrow_csv.ReadOptions(
                    column_names=keys,
                    skip_rows=layout.skip,
                    skip_rows_after_names=1,
                    block_size=_BLOCK,
                    encoding=layout.encoding,
                ),
                arrow_csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False
                ),
            )
            first = True
            for batch in reader:
                if len(batch) or first:
                    yield from _pieces(batch, layout, batch_rows)
                    first = False
            if first:
                yield _clean(pa.table({key: pa.array([], pa.string()) for key in keys}), layout)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise _diagnosis(path, layout, error) from error


def _pieces(batch: pa.RecordBatch, layout: _Layout, batch_rows: int) -> Iterator[pa.Table]:
    import pyarrow as pa

    table = _clean(pa.Table.from_batches([batch]), layout)
    for start in range(0, max(len(table), 1), batch_rows):
        yield table.slice(start, batch_rows)


def _clean(table: pa.Table, layout: _Layout) -> pa.Table:
    """Take blanks around cells away, and name the columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
    return pa.table(columns, names=layout.names, metadata={DELIMITER: layout.delimiter})


def _layout(path: Path, delimiter: str | None, encoding: str) -> _Layout:
    try:
        with (
            reading(path),
            open_binary(path) as raw,
            io.TextIOWrapper(raw, encoding, newline="") as handle,
        ):
            lines = [line for line, _ in zip(handle, range(_SAMPLE_LINES), strict=False)]
    except UnicodeDecodeError as error:
        raise decode_error(path, encoding) or SourceError(f"{path}: {error}.") from error
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise SourceError(f"{path} is empty.")
    if delimiter is None:
        delimiter = max(
            ",;\t|", key=lambda mark: len(next(csv.reader([filled[0]], delimiter=mark)))
        )
    rows = _split(filled, delimiter)
    names = [name.strip() or f"Unnamed: {i}" for i, name in enumerate(rows[0])]
    return _Layout(lines.index(filled[0]), names, delimiter, encoding)


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=delimiter))


def _diagnosis(path: Path, layout: _Layout, error: Exception) -> SourceError:
    """Return what is wrong with a file that Arrow could not read, with its line."""
    undecodable = decode_error(path, layout.encoding)
    if undecodable is not None:
        return undecodable
    limit = csv.field_size_limit(sys.maxsize)
    try:
        with open_binary(path) as raw, io.TextIOWrapper(raw, layout.encoding, newline="") as handle:
            rows = csv.reader(handle, delimiter=layout.delimiter, strict=True)
            for row in rows:
                if row and len(row) != len(layout.names):
                    return SourceError(
                        f"{path} is ragged: line {rows.line_num} has {_cells(len(row))} where the "
                        f"header has {len(layout.names)}; quote cells that contain "
                        f"{layout.delimiter!r}, or repair the line."
                    )
    except csv.Error as broken:
        return SourceError(f"{path} is broken near line {rows.line_num}: {broken}.")
    finally:
        csv.field_size_limit(limit)
    return SourceError(f"{path} cannot be read: {str(error).splitlines()[0].rstrip('.')}.")


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
