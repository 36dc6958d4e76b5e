"""A table of an SQLite database, as an Arrow file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.ipc

from ...features.dataset import SourceError
from .read_options import ReadOptions, chosen

if TYPE_CHECKING:
    import sqlite3

__all__ = ["database_to_arrow"]

_ROWS = 1 << 16
_TABLES = """
SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'
"""


def database_to_arrow(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Write a table or view of a database into an Arrow file, which is returned.

    SQLite stores a type with each cell: whole numbers and others become numbers, and a column that
    has text as well becomes text.  The file is opened for reading alone.

    Raises:
        SourceError: it is damaged or locked, has no such table or several of which none was named,
            or the table holds bytes (BLOB).

    """
    import sqlite3

    file = folder / "table.arrow"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            names = [name for (name,) in database.execute(_TABLES)]
            name = chosen(path, "table", names, options.table)
            _write(path, database, f"FROM {_quoted(name)}", file)
    except sqlite3.Error as error:
        raise SourceError(f"{path} cannot be read as an SQLite database: {error}.") from error
    return file


def _write(path: Path, database: sqlite3.Connection, source: str, file: Path) -> None:
    cursor = database.execute(f"SELECT * {source}")
    names = [column[0] for column in cursor.description]
    schema = pa.schema([(name, _kind(path, database, source, name)) for name in names])
    with pa.ipc.new_file(str(file), schema) as out:
        while rows := cursor.fetchmany(_ROWS):
            cells = zip(*rows, strict=True)
            arrays = [_array(c, field.type) for c, field in zip(cells, schema, strict=True)]
            out.write_batch(pa.record_batch(arrays, schema=schema))


def _kind(path: Path, database: sqlite3.Connection, source: str, name: str) -> pa.DataType:
    """Return the type of a column: that of all its cells."""
    own = _quoted(name)
    kinds = database.execute(f"SELECT DISTINCT typeof({own}) {source}")
    found = {kind for (kind,) in kinds}
    if "blob" in found:
        raise SourceError(f"{path}: the column {name!r} has bytes (BLOB); make a view without it.")
    if "text" in found:
        return pa.string()
    return pa.float64() if "real" in found or found <= {"null"} else pa.int64()


def _array(cells: tuple[object, ...], kind: pa.DataType) -> pa.Array:
    if kind == pa.string():
        return pa.array([None if c is None else str(c) for c in cells], kind)
    if kind == pa.float64():  # whole numbers beside others may be longer than those hold
        return pa.array([None if c is None else float(c) for c in cells], kind)  # type: ignore[arg-type]
    return pa.array(cells, kind)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
