"""Tables of any format as datasets, whole or in batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .columnar import read_arrow, read_json_lines, read_parquet
from .dataset import Dataset, SourceError
from .delimited import Layout, layout_of, read_delimited
from .files import suffix
from .frames import find_target, frame, infer, reject_duplicates, reject_infinite
from .headers import names_by_position, position
from .labels import has_words_for_missing, labelled, left_out, read_labels
from .rows import RowOptions

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DELIMITED", "TABLES", "TableReader"]

_Open = Callable[[Path, str | None, int], "Iterator[pa.Table]"]

DELIMITED = {".csv": None, ".tsv": "\t", ".tab": "\t"}
_OTHER: dict[str, _Open] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": lambda path, encoding, rows: read_parquet(path, rows),
    ".pq": lambda path, encoding, rows: read_parquet(path, rows),
    ".arrow": lambda path, encoding, rows: read_arrow(path, rows),
    ".feather": lambda path, encoding, rows: read_arrow(path, rows),
}
TABLES = (*DELIMITED, *_OTHER)


@dataclass(frozen=True)
class TableReader:
    """How a table is to be read; the fields are the arguments of `read_source`.

    Where `like` is given, types are already known: cells of CSV files are then not looked at as
    numbers, so that all batches of a file are treated alike.
    """

    path: Path
    target: str | None
    need_target: bool
    encoding: str | None
    rows: RowOptions
    like: Mapping[str, Any] | None

    def whole(self) -> Dataset:
        """Return all rows as one dataset."""
        import pyarrow as pa

        rows = 1 << 16 if suffix(self.path) not in {".jsonl", ".ndjson"} else sys.maxsize
        tables, notes = self._tables(rows)
        table = pa.concat_tables(list(tables))
        kept = self._labelled(table)
        notes += left_out(self.path, len(table), len(kept))
        return self._dataset(kept, 0, notes)

    def batches(self, batch_rows: int) -> Iterator[Dataset]:
        """Yield datasets of at most `batch_rows` rows; what was left out is noted in the last."""
        tables, notes = self._tables(batch_rows)
        data, seen, kept = None, 0, 0
        for whole in tables:
            table = self._labelled(whole)
            if len(table):
                if data is not None:
                    yield data
                data, notes = self._dataset(table, seen, notes), ()
            seen, kept = seen + len(whole), kept + len(table)
        notes = left_out(self.path, seen, kept)
        assert data is not None  # or none was kept
        yield replace(data, notes=(*data.notes, *notes))

    @property
    def _rows(self) -> RowOptions:
        return self.rows.as_of(self.like)

    def _tables(self, batch_rows: int) -> tuple[Iterator[pa.Table], tuple[str, ...]]:
        """Return the rows, table by table, and what is to be noted of them."""
        kind = suffix(self.path)
        if kind in DELIMITED:
            layout = self._layout()
            return self._checked(read_delimited(self.path, layout, batch_rows)), layout.top.notes
        return self._checked(_OTHER[kind](self.path, self.encoding, batch_rows)), ()

    def _layout(self) -> Layout:
        """Return how a CSV or TSV file is laid out, its columns named."""
        rows, like = self._rows, self.like or {}
        layout = layout_of(
            self.path, DELIMITED[suffix(self.path)], self.encoding, header=rows.header
        )
        names = layout.names
        if not rows.header and like:
            known = {*like["columns"], *like.get("excluded", []), like["target"]}
            own = None if self.need_target else like["target"]
            layout = layout.called(names_by_position(self.path, len(names), len(known), own))
        try:
            reject_duplicates(self.path, layout.names)
            labels = self._target(layout.names) if self.need_target else None
        except SourceError as error:
            hint = layout.top.hint
            if hint:
                raise SourceError(f"{str(error).rstrip('.')}; {hint}.") from error
            raise
        return replace(layout, labels=labels if rows.labels_as_written else None)

    def _target(self, names: list[str]) -> str:
        if self._rows.header:
            return find_target(self.path, self.target, names)
        return position(self.path, self.target, names)

    def _checked(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        empty = True
        try:
            for table in tables:
                reject_duplicates(self.path, table.column_names)
                if not len(table):
                    raise SourceError(f"{self.path} has no rows" + _only_header(table) + ".")
                empty = False
                yield table
        except UnicodeDecodeError as error:  # in a name of a column, which Arrow does not check
            raise SourceError(f"{self.path} is damaged: {error}.") from error
        if empty:
            raise SourceError(f"{self.path} is damaged: it has rows but no columns.")

    def _labelled(self, table: pa.Table) -> pa.Table:
        """Return the rows that have a label, or all if none is needed or a lack is a mistake."""
        if not (self.need_target and self.rows.drop_unlabelled):
            return table
        return table.filter(labelled(table[self._target(table.column_names)]))

    def _dataset(self, table: pa.Table, first_row: int, notes: tuple[str, ...]) -> Dataset:
        raw = suffix(self.path) in DELIMITED
        target, y = self.target, None
        if self.need_target:
            target = self._target(table.column_names)
            as_text = not raw or self.like is not None
            if self._rows.labels_as_written and has_words_for_missing(table[target]):
                as_text = True  # "nan" is then no number
            y = read_labels(self.path, target, table[target], first_row, as_text)
        names = [name for name in table.column_names if name != target]
        if not names:
            raise SourceError(f"{self.path} has no columns beside the target {target!r}.")
        convert = infer if raw and self.like is None else None
        X, types = frame(self.path, table.select(names), convert)
        reject_infinite(str(self.path), X, types)
        return Dataset(
            "table", X, y, target, names, types=types, layout=self._rows.layout, notes=notes
        )


def _only_header(table: pa.Table) -> str:
    return f", only a header of {len(table.column_names)} columns" if table.column_names else ""
