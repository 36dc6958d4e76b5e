"""CSV and TSV, as Arrow tables whose columns are all text (types come later, in `frames`)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..._internal.format import counted
from ...features.dataset import SourceError
from .encodings import (
    WithoutNul,
    also_utf8,
    check_beginning,
    check_encoding,
    decode_error,
    open_text,
)
from .files import open_binary, reading
from .headers import Layout, layout_from

__all__ = ["DELIMITER", "layout_of", "read_delimited"]

DELIMITER = b"delimiter"
"""The key in a table's metadata of what stands between its cells."""
_BLOCK = 1 << 22
_SAMPLE_LINES = 1000


def read_delimited(path: Path, layout: Layout, batch_rows: int) -> Iterator[pa.Table]:
    """Yield tables of at most `batch_rows` rows; at least one, which may be empty."""
    from pyarrow import csv as arrow_csv

    keys = [str(i) for i in range(len(layout.names))]
    with reading(path), open_binary(path) as handle:
        try:
            reader = arrow_csv.open_csv(
                WithoutNul(path, handle, layout.encoding),
                arrow_csv.ReadOptions(
                    column_names=keys,
                    skip_rows=layout.lines,
                    skip_rows_after_names=int(layout.header),
                    block_size=_BLOCK,
                    encoding=layout.encoding,
                ),
                arrow_csv.ParseOptions(
                    delimiter=layout.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=_blank,
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False
                ),
            )
            first = True
            for batch in reader:
                if len(batch) or first:
                    table, first = _clean(pa.Table.from_batches([batch]), layout), False
                    for start in range(0, max(len(table), 1), batch_rows):
                        yield table.slice(start, batch_rows)
            if first:
                yield _clean(pa.table({key: pa.array([], pa.string()) for key in keys}), layout)
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise _diagnosis(path, layout, error) from error


def _blank(row: Any) -> str:
    """Pass over lines of blanks, and over the byte by which DOS ended files."""
    return "error" if row.text.strip(" \t\x1a") else "skip"


def _clean(table: pa.Table, layout: Layout) -> pa.Table:
    """Take blanks around cells away, and name the columns."""
    columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
    return pa.table(columns, names=layout.names, metadata={DELIMITER: layout.delimiter})


def layout_of(path: Path, delimiter: str | None, encoding: str | None, *, header: bool) -> Layout:
    """Find out how a file is laid out, from its first lines."""
    codec = check_encoding(encoding)
    check_beginning(path, codec)
    with open_text(path, codec) as handle:
        lines = [line for line, _ in zip(handle, range(_SAMPLE_LINES), strict=False)]
    if not any(line.strip("\ufeff \t\r\n\x1a") for line in lines):
        raise SourceError(f"{path} is empty.")
    with _any_length():
        found = layout_from(path, lines, delimiter, header=header)
    notes = (*found.notes, *also_utf8(path, lines, codec))
    return replace(found, encoding=codec, notes=notes)


@contextmanager
def _any_length() -> Iterator[None]:
    """Let Python's reader take cells of any length."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _diagnosis(path: Path, layout: Layout, error: Exception) -> SourceError:
    """Return what is wrong with a file that Arrow could not read, with its line."""
    undecodable = decode_error(path, layout.encoding)
    if undecodable is not None:
        return undecodable
    before, last, width = layout.lines, 0, len(layout.names)
    with _any_length(), open_text(path, layout.encoding) as handle:
        for _ in range(before):
            next(handle)
        rows = csv.reader(handle, delimiter=layout.delimiter, strict=True)
        try:
            for row in rows:
                if len(row) != width and "".join(row).strip(" \t\x1a"):
                    return _ragged(path, layout, row, before + last + 1)
                if sum(map(len, row)) > _BLOCK:
                    return SourceError(
                        f"{path}: the row at line {before + last + 1} has more than {_BLOCK:,} "
                        "characters; shorten it, or close a quote that is left open there."
                    )
                last = rows.line_num
        except csv.Error as broken:
            return SourceError(
                f"{path} is broken near line {before + rows.line_num}: {broken}; the row begins at "
                f"line {before + last + 1}, where a quote may be left open."
            )
    if last <= 1 and layout.header:
        return SourceError(f"{path} has no rows, only a header of {counted(width, 'column')}.")
    return SourceError(f"{path} cannot be read: {str(error).splitlines()[0].rstrip('.')}.")


def _ragged(path: Path, layout: Layout, row: list[str], line: int) -> SourceError:
    """Return what to say of a row that has more cells than there are columns, or fewer."""
    width, found = len(layout.names), counted(len(row), "cell")
    if row[0].lstrip().startswith("#"):
        return SourceError(
            f"{path}: line {line} begins with # like a comment ({found} where the "
            f"{layout.above} has {width}); comments are passed over at the top of a file only: "
            "delete such lines."
        )
    return SourceError(
        f"{path} is ragged: line {line} has {found} where the {layout.above} has {width}; quote "
        f"cells that contain {layout.delimiter!r}, or repair the line."
    )
