"""Tables of any format as datasets, whole or in batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...features.dataset import Dataset, SourceError
from .big_integers import as_text_if_big
from .columnar import read_arrow, read_json_lines, read_parquet
from .delimited import DELIMITER, layout_of, read_delimited
from .files import suffix
from .frames import find_target, frame, reject_duplicates, reject_infinite
from .headers import Layout, names_by_position, position
from .labels import emptied, left_out, read_labels
from .missing import mark_missing
from .parts import Part
from .read_options import ReadOptions, RowOptions
from .table_reading import read_columns

__all__ = ["DELIMITED", "TABLES", "TableReader"]

_Open = Callable[[Path, str | None, int, Mapping[str, Any] | None], "Iterator[pa.Table]"]

DELIMITED = {".csv": None, ".tsv": "\t", ".tab": "\t"}
_OTHER: dict[str, _Open] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": lambda path, encoding, rows, reading: read_parquet(path, rows),
    ".pq": lambda path, encoding, rows, reading: read_parquet(path, rows),
    ".arrow": lambda path, encoding, rows, reading: read_arrow(path, rows),
    ".feather": lambda path, encoding, rows, reading: read_arrow(path, rows),
}
_JSON_LINES = (".jsonl", ".ndjson")
TABLES = (*DELIMITED, *_OTHER)


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
    part: Part | None = None
    """Which of several files it is; any of them may be without rows."""

    def whole(self) -> Dataset:
        """Return all rows as one dataset."""
        return self._of(*self.stored())

    def stored(self) -> tuple[pa.Table, tuple[str, ...]]:
        """Return all cells as they are stored, and what is to be noted of them."""
        rows = sys.maxsize if self._kind in (".jsonl", ".ndjson") else 1 << 16
        tables, notes = self._tables(rows)
        return pa.concat_tables(list(tables)), notes

    def together(self, source: Path, table: pa.Table, notes: tuple[str, ...]) -> Dataset:
        """Return the rows of several files, of which this reads one, as those of a source."""
        if not len(table) and not self._may_be_empty:
            raise SourceError(f"{source}: none of its files has rows.")
        return replace(self, path=source, part=Part(self.path))._of(table, notes)

    def _of(self, table: pa.Table, notes: tuple[str, ...]) -> Dataset:
        data = self.dataset(table, 0, notes)
        return replace(data, notes=(*data.notes, *left_out(self.path, len(table), len(data))))

    def batches(self, batch_rows: int) -> Iterator[Dataset]:
        """Yield datasets of at most `batch_rows` rows; what was left out is noted in the last."""
        tables, notes = self._tables(batch_rows)
        held, rows, kept = None, 0, 0
        for table in tables:
            data = self.dataset(table, rows, notes)
            rows, kept = rows + len(table), kept + len(data)
            if len(data) or (self._may_be_empty and self.part is None):
                if held is not None:
                    yield held
                held, notes = data, ()
        if held is None and self.part is not None:
            return
        notes = left_out(self.path, rows, kept) if rows else ()
        assert held is not None  # or none was kept
        yield replace(held, notes=(*held.notes, *notes))

    @property
    def _may_be_empty(self) -> bool:
        """Whether a table without rows is one: for predictions, of which there are then none."""
        return self.like is not None and not self.need_target

    @property
    def _rows(self) -> RowOptions:
        return self.options.rows.as_of(self.like)

    def _tables(self, batch_rows: int) -> tuple[Iterator[pa.Table], tuple[str, ...]]:
        """Return the rows, table by table, and what is to be noted of them."""
        if self._kind in DELIMITED:
            layout = self._layout()
            return self._checked(read_delimited(self.path, layout, batch_rows)), layout.notes
        reading = None if self.like is None else self.like.get("reading", {})
        tables = _OTHER[self._kind](self.path, self.options.encoding, batch_rows, reading)
        return self._checked(tables), ()

    def _layout(self) -> Layout:
        """Return how a CSV or TSV file is laid out, its columns named."""
        header, like = self._rows.header, self.like or {}
        mark = DELIMITED[self._kind]
        layout = layout_of(self.path, mark, self.options.encoding, header=header)
        if not header and like:
            known = {*like["columns"], *like.get("excluded", []), like["target"]} - {*self._keys}
            own = None if self.need_target else like["target"]
            names = names_by_position(self.path, len(layout.names), len(known), own)
            layout = replace(layout, names=names)
        try:
            reject_duplicates(self.path, layout.names)
            if self.need_target:
                self._target([*layout.names, *self._keys])
        except SourceError as error:
            if layout.hint:
                raise SourceError(f"{str(error).rstrip('.')}; {layout.hint}.") from error
            raise
        return layout

    def _target(self, names: list[str]) -> str:
        if self._rows.header:
            return find_target(self.path, self.target, names)
        return position(self.path, self.target, names)

    def _checked(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        empty = True
        try:
            for table in tables:
                reject_duplicates(self.path, table.column_names)
                may_be_empty = self._may_be_empty or self.part is not None
                if self._may_be_empty and self._kind in _JSON_LINES and not table.column_names:
                    table = self._without_rows()
                if not len(table) and not (may_be_empty and table.column_names):
                    n = len(table.column_names)
                    header = f", only a header of {n} columns" if n else ""
                    raise SourceError(f"{self.path} has no rows{header}.")
                empty = False
                yield self._with_keys(table)
        except UnicodeDecodeError as error:  # in a name of a column, which Arrow does not check
            raise SourceError(f"{self.path} is damaged: {error}.") from error
        if empty:
            raise SourceError(f"{self.path} is damaged: it has rows but no columns.")

    def _without_rows(self) -> pa.Table:
        """Return a table with the columns of the model, as JSON names none that has no rows."""
        assert self.like is not None
        names = [name for name in self.like["columns"] if name not in self._keys]
        return pa.table({name: pa.array([], pa.string()) for name in names})

    @property
    def _kind(self) -> str:
        """The suffix that names the format."""
        return suffix(self.path if self.part is None else self.part.path)

    @property
    def _keys(self) -> Mapping[str, str | int | None]:
        return {} if self.part is None else self.part.keys

    def _with_keys(self, table: pa.Table) -> pa.Table:
        """Return a table with the columns that the names of its folders say, unless it has them."""
        for name, value in self._keys.items():
            if name not in table.column_names:
                kind = pa.int64() if isinstance(value, int) else pa.string()
                cells = pa.repeat(pa.scalar(value, kind), len(table))
                table = table.append_column(name, cells)
        return table

    def dataset(self, table: pa.Table, first_row: int = 0, notes: tuple[str, ...] = ()) -> Dataset:
        """Return rows that are in memory as a dataset."""
        target = self._target(table.column_names) if self.need_target else self.target
        names = [name for name in table.column_names if name != target]
        if not names:
            raise SourceError(f"{self.path} has no columns beside the target {target!r}.")
        table = self._marked(table, target)
        y, keep = None, None
        if self.need_target:
            assert target is not None
            labels = table[target]
            if self._rows.drop_unlabelled:
                keep = pc.invert(pc.is_null(labels, nan_is_null=True))
                labels, table = labels.filter(keep), emptied(table, keep)
            as_text = self._kind not in DELIMITED or self.like is not None
            y = read_labels(self.path, target, labels, first_row, as_text)
        features, reading, said = self._features(table.select(names))
        X, types = frame(self.path, features, first_row)
        if keep is not None:
            X = X[keep.to_numpy()]
        reject_infinite(str(self.path), X, types)
        notes, layout = (*notes, *said), self._rows.layout
        return Dataset(
            "table", X, y, target, names, types=types, layout=layout, reading=reading, notes=notes
        )

    def _marked(self, table: pa.Table, target: str | None) -> pa.Table:
        """Return a table in which all that counts as missing is."""
        raw = self._kind in DELIMITED
        if self.like is None:
            missing = self.options.missing
        else:
            missing = self.like.get("reading", {}).get("missing", ())
        if not raw or not self._rows.labels_as_written or target not in table.column_names:
            return mark_missing(table, missing, but=None if raw else target)
        place, labels = table.column_names.index(target), table[target]
        empty = pc.equal(labels, "")  # they are missing; NA, None and their like are labels
        table = table.set_column(place, target, pc.if_else(empty, None, labels))
        return mark_missing(table, missing, but=target)

    def _features(self, table: pa.Table) -> tuple[pa.Table, Mapping[str, Any], list[str]]:
        """Return the features, how their texts were read, and what is to be said of that."""
        if self.like is not None:
            columns = [as_text_if_big(column) for column in table.columns]
            return pa.table(columns, names=table.column_names), {}, []
        delimiter = (table.schema.metadata or {}).get(DELIMITER, b",")
        custom = delimiter == b","
        return read_columns(self.path, table, self.options, point_is_custom=custom)
