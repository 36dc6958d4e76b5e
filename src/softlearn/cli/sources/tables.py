"""Tables of any format as datasets, whole or in batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .columnar import read_arrow, read_json_lines, read_parquet
from .dataset import Dataset, SourceError
from .delimited import read_delimited
from .files import suffix
from .frames import find_target, frame, infer, reject_duplicates, reject_infinite
from .labels import read_labels

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

    `cells_stay_text` is set where types are already known: cells of CSV files are then not looked
    at as numbers, so that all batches of a file are treated alike.
    """

    path: Path
    target: str | None
    need_target: bool
    encoding: str | None
    cells_stay_text: bool

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
            for table in _OPEN[suffix(self.path)](self.path, self.encoding, batch_rows):
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
        y = None
        if self.need_target:
            name = find_target(self.path, self.target, table.column_names)
            as_text = not raw or self.cells_stay_text
            y = read_labels(self.path, name, table[name], first_row, as_text)
        names = [name for name in table.column_names if name != self.target]
        if not names:
            raise SourceError(f"{self.path} has no columns beside the target {self.target!r}.")
        convert = infer if raw and not self.cells_stay_text else None
        X, types = frame(self.path, table.select(names), convert)
        reject_infinite(str(self.path), X, types)
        return Dataset("table", X, y, self.target, names, types=types)


def _only_header(table: pa.Table) -> str:
    return f", only a header of {len(table.column_names)} columns" if table.column_names else ""
