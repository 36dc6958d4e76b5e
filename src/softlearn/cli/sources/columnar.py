"""Parquet, Arrow and JSON lines, as Arrow tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...features.dataset import SourceError
from .encodings import check_beginning, check_encoding, open_text
from .files import reading

__all__ = ["is_unicode", "json_table", "read_arrow", "read_json_lines", "read_parquet"]


def read_parquet(path: Path, batch_rows: int) -> Iterator[pa.Table]:
    """Yield tables of at most `batch_rows` rows, row group by row group; at least one."""
    import pyarrow.parquet as pq

    with reading(path), pq.ParquetFile(path, memory_map=True) as file:
        if not file.metadata.num_rows:
            yield _without_index(file.schema_arrow.empty_table())
        for batch in file.iter_batches(batch_rows):
            batch.validate(full=True)  # text in a damaged file may be no UTF-8
            yield _without_index(pa.Table.from_batches([batch]))


def read_arrow(path: Path, batch_rows: int) -> Iterator[pa.Table]:
    """Yield tables of at most `batch_rows` rows, record batch by record batch; at least one.

    Takes both of Arrow's file formats: the random access one (also called Feather) and the stream.
    """
    with reading(path), pa.memory_map(str(path)) as source:
        try:
            file = pa.ipc.open_file(source)
            batches = (file.get_batch(i) for i in range(file.num_record_batches))
        except pa.ArrowInvalid:
            source.seek(0)
            file = pa.ipc.open_stream(source)
            batches = iter(file)
        empty = True
        for batch in batches:
            batch.validate(full=True)  # a damaged file must not lead outside its memory
            empty = empty and not len(batch)
            for start in range(0, len(batch), batch_rows):
                yield _without_index(pa.Table.from_batches([batch.slice(start, batch_rows)]))
        if empty:
            yield _without_index(file.schema.empty_table())


def _without_index(table: pa.Table) -> pa.Table:
    """Leave out the index that pandas may have stored as a column."""
    own = [name for name in table.column_names if not re.fullmatch(r"__index_level_\d+__", name)]
    return table if len(own) == len(table.column_names) else table.select(own)


def read_json_lines(
    path: Path, encoding: str | None, batch_rows: int, reading: Mapping[str, Any] | None = None
) -> Iterator[pa.Table]:
    """Yield tables of at most `batch_rows` objects, one object a line; at least one table.

    A key that an object lacks is a missing value; a table has at least the keys of those before.
    `reading` is as in `json_table`.
    """
    keys: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    first = True
    for row in _objects(path, check_encoding(encoding)):
        keys.update(dict.fromkeys(row))
        rows.append(row)
        if len(rows) == batch_rows:
            yield json_table(path, keys, rows, reading)
            rows, first = [], False
    if rows or first:
        yield json_table(path, keys, rows, reading)


def _objects(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    check_beginning(path, encoding)
    with open_text(path, encoding) as handle:
        for number, line in enumerate(handle, start=1):
            text = line.strip("\ufeff \t\r\n\x1a") if number == 1 else line.strip()
            if not text:
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise SourceError(f"{path}: line {number} {_not_json(text, error)}.") from error
            if "\\ud" in text.lower() and not is_unicode(row):
                raise SourceError(
                    f"{path}: line {number} has half of a character (\\ud8.. to \\udf.. without "
                    "its other half); repair it."
                )
            if not isinstance(row, dict):
                raise SourceError(
                    f"{path}: line {number} is not a JSON object like "
                    '{"width": 3.5, "species": "Adelie"}.'
                )
            yield row


def is_unicode(row: Any) -> bool:
    """Tell whether no text of a value of JSON holds half of a character."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_json(text: str, error: Exception) -> str:
    if text in ("{", "["):
        return "is not a JSON object of its own; write each object on one line"
    if isinstance(error, RecursionError):
        return "is not JSON: nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg}"
    return "has a number of more digits than can be read; write it as text, in quotes"


def json_table(
    path: Path,
    keys: dict[str, None],
    rows: list[dict[str, Any]],
    reading: Mapping[str, Any] | None = None,
) -> pa.Table:
    """Return objects of JSON as a table that has these keys as its columns.

    Args:
        path: where they are from.
        keys: the columns.
        rows: the objects.
        reading: how texts will be read, where a model knows it: numbers that stand among texts are
            written so.

    """
    columns = {key: [row.get(key) for row in rows] for key in keys}
    nested = [
        key for key, cells in columns.items() if any(isinstance(c, (dict, list)) for c in cells)
    ]
    if nested:
        names = ", ".join(map(repr, nested))
        raise SourceError(
            f"{path} has nested values (lists or objects) under {names}; give them flat columns."
        )
    arrays = {}
    for key, cells in columns.items():
        try:
            arrays[key] = _array(cells, _decimal(path, key, cells, reading))
        except (OverflowError, pa.ArrowInvalid) as error:
            raise SourceError(
                f"{path} has numbers under {key!r} that are too large for a number; write them as "
                "text, in quotes."
            ) from error
    return pa.table(arrays)


def _decimal(path: Path, key: str, cells: list[Any], reading: Mapping[str, Any] | None) -> str:
    """Return the decimal mark to write numbers with that stand among texts.

    Raises:
        SourceError: the texts may have another one, and no model says which.

    """
    if reading is not None:
        how: Mapping[str, Any] = {**reading, **reading.get("columns", {}).get(key, {})}
        return how.get("decimal") or "."
    number = next((c for c in cells if isinstance(c, float) and not c.is_integer()), None)
    if number is not None:
        for cell in cells:
            if isinstance(cell, str) and re.search("[0-9],[0-9]", cell):
                raise SourceError(
                    f"{path} mixes numbers ({number!r}) and texts ({cell!r}) under {key!r}, whose "
                    "decimal marks may differ; write all of them as numbers, or all as texts."
                )
    return "."


def _text(cell: Any, decimal: str) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell).replace(".", decimal)


def _array(cells: list[Any], decimal: str) -> pa.Array:
    """Return an Arrow array of one type; text where types mix or 64 bits are too few."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        return pa.array(cells, pa.float64())
    if len(kinds) > 1:
        return pa.array([_text(cell, decimal) for cell in cells])
    if kinds == {int} and max(map(abs, filter(None, cells)), default=0) >= 2**63:
        return pa.array([None if cell is None else str(cell) for cell in cells])
    if kinds == {str}:
        return pa.array([cell if cell else None for cell in cells], pa.string())
    return pa.array(cells)
