"""Tables of any format as datasets, whole or in batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .big_integers import as_text_if_big
from .columnar import read_arrow, read_json_lines, read_parquet
from .dataset import Dataset, SourceError
from .delimited import DELIMITER, read_delimited
from .files import suffix
from .frames import find_target, frame, reject_duplicates, reject_infinite
from .labels import read_labels
from .missing import mark_missing
from .read_options import ReadOptions
from .table_reading import read_columns

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "TableReader"]

_Open = Callable[[Path, str | None, int], "Iterator[pa.Table]"]

_OPEN: dict[str, _Open] = {
    ".csv": lambda path, encoding, rows: read_delimited(path, None, encoding, rows),
    ".tsv": lambda path, encoding, rows: read_delimited(path, "\t", encoding, rows),
    ".tab": lambda path, encoding, rows: read_delimited(path, "\t", encoding, rows),
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": lambda path, encoding, rows: read_parquet(path, rows),
    ".pq": lambda path, encoding, rows: read_parquet(path, rows),
    ".arrow": lambda path, encoding, rows: read_arrow(path, rows),
    ".feather": lambda path, encoding, rows: read_arrow(path, rows),
}
TABLES = tuple(_OPEN)
_OF_TEXT = {".csv", ".tsv", ".tab"}


@dataclass(frozen=True)
class TableReader:
    """How a table is to be read; the fields are the arguments of `read_source`.

    Where `like` says what the columns are, cells of text stay text, and `check_columns` reads them
    as it says, so that all batches of a file are treated alike.
    """

    path: Path
    target: str | None
    need_target: bool
    options: ReadOptions
    like: Mapping[str, Any] | None

    def whole(self) -> Dataset:
        """Return all rows as one dataset."""
        import pyarrow as pa

        rows = 1 << 16 if suffix(self.path) not in {".jsonl", ".ndjson"} else sys.maxsize
        tables = list(self._tables(rows))
        return self._dataset(pa.concat_tables(tables), 0)

    def batches(self, batch_rows: int) -> Iterator[Dataset]:
        """Yield datasets of at most `batch_rows` rows."""
        first_row = 0
        for table in self._tables(batch_rows):
            yield self._dataset(table, first_row)
            first_row += len(table)

    def _tables(self, batch_rows: int) -> Iterator[pa.Table]:
        empty = True
        try:
            for table in _OPEN[suffix(self.path)](self.path, self.options.encoding, batch_rows):
                reject_duplicates(self.path, table.column_names)
                if not len(table):
                    raise SourceError(f"{self.path} has no rows" + _only_header(table) + ".")
                empty = False
                yield table
        except UnicodeDecodeError as error:  # in a name of a column, which Arrow does not check
            raise SourceError(f"{self.path} is damaged: {error}.") from error
        if empty:
            raise SourceError(f"{self.path} is damaged: it has rows but no columns.")

    def _dataset(self, table: pa.Table, first_row: int) -> Dataset:
        raw = suffix(self.path) in _OF_TEXT
        table = mark_missing(table, self._missing, but=None if raw else self.target)
        y = None
        if self.need_target:
            name = find_target(self.path, self.target, table.column_names)
            as_text = not raw or self.like is not None
            y = read_labels(self.path, name, table[name], first_row, as_text)
        names = [name for name in table.column_names if name != self.target]
        if not names:
            raise SourceError(f"{self.path} has no columns beside the target {self.target!r}.")
        features, reading, notes = self._features(table.select(names))
        X, types = frame(self.path, features, first_row)
        reject_infinite(str(self.path), X, types)
        return Dataset(
            "table", X, y, self.target, names, types=types, reading=reading, notes=tuple(notes)
        )

    @property
    def _missing(self) -> Iterable[str]:
        if self.like is None:
            return self.options.missing
        return self.like.get("reading", {}).get("missing", ())  # type: ignore[no-any-return]

    def _features(self, table: pa.Table) -> tuple[pa.Table, Mapping[str, Any], list[str]]:
        """Return the features, how their texts were read, and what is to be said of that."""
        import pyarrow as pa

        if self.like is not None:
            columns = [as_text_if_big(column) for column in table.columns]
            return pa.table(columns, names=table.column_names), {}, []
        delimiter = (table.schema.metadata or {}).get(DELIMITER, b",")
        custom = delimiter == b","
        return read_columns(self.path, table, self.options, point_is_custom=custom)


def _only_header(table: pa.Table) -> str:
    return f", only a header of {len(table.column_names)} columns" if table.column_names else ""
