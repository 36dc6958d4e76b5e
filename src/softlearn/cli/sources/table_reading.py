"""What the texts of a table are: numbers, truth values, dates or text, decided for whole columns.

What was decided is a *reading*, which can be stored as JSON and is kept in the model file:

    {"decimal": ",", "thousands": ".", "missing": ["n.d."],
     "columns": {"price": {"currency": "€"}, "seen": {"dates": ["d.m.Y"]}, "at": {"times": true}}}

Marks at the top hold for every column that does not say otherwise.  The decimal mark is "" where
nothing says it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...features.dataset import SourceError
from .big_integers import beyond, like_a_day, too_big, with_zeros
from .date_columns import DateColumn, scan_dates
from .dates import without_zone
from .mismatched_cells import declare, shown
from .missing import is_text, mark_missing_numbers
from .number_columns import NumberColumn, point_is_certain, readings, scan
from .numerals import as_mask, parse_plain, parse_truth
from .read_options import ReadOptions

__all__ = ["read_columns"]

_FIRST = 64  # cells that may tell at once that a column has digits
Reading = dict[str, Any]


def read_columns(
    path: Path, table: pa.Table, options: ReadOptions, *, point_is_custom: bool
) -> tuple[pa.Table, Reading, list[str]]:
    """Return a table whose texts are what they were meant to be, the reading, and warnings.

    Args:
        table: whole columns of any type, with null for what is missing.
        point_is_custom: whether decimals are written with a point where nothing says otherwise:
            in all sources but those whose cells stand between semicolons, tabs or bars.

    Raises:
        SourceError: if two readings are possible, or if a few cells are no numbers, or no dates,
            where all others are.

    """
    unknown = [name for name in options.text if name not in table.column_names]
    if unknown:
        raise SourceError(f"{path} has no column {unknown[0]!r} to read as text.")
    work = _Work(path, options, point_is_custom)
    for name, column in zip(table.column_names, table.columns, strict=True):
        work.look(name, column)
    work.settle_numbers()
    work.settle_dates()
    return work.table(table), work.reading(), work.warnings


@dataclass
class _Work:
    path: Path
    options: ReadOptions
    point_is_custom: bool
    done: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    """Columns that are read; those that stay as they are are not among them."""
    numbers: list[NumberColumn] = field(default_factory=list)
    dates: list[DateColumn] = field(default_factory=list)
    decimals: set[str] = field(default_factory=set)
    """What columns that leave no doubt say is the decimal mark."""
    how: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def look(self, name: str, column: pa.ChunkedArray) -> None:
        """Read a column if it tells by itself what it is, or keep it for later."""
        if name in self.options.text or name in self.options.left_out:
            return
        if not is_text(column.type):
            texts, sentence = too_big(name, column)
            if texts is not None:
                self.done[name] = texts
                self._warn(sentence)
        elif column.null_count == len(column):
            self.done[name] = column.cast(pa.float64())
        elif not self._machine(name, column):
            head = column.slice(0, _FIRST)
            distinct = head if _any_digit(head) else column.unique()
            if not self._truth(name, column, distinct) and _any_digit(distinct):
                self._written(name, column)

    def _warn(self, sentence: str) -> None:
        self.warnings += [sentence] if sentence else []

    def _machine(self, name: str, column: pa.ChunkedArray) -> bool:
        """Read numbers as machines write them: 12, 1.5, 1e3; tell whether they are."""
        marks = {decimal for decimal, _ in readings(self.options)}
        for kind in (pa.int64(), pa.float64()) if "." in marks else (pa.int64(),):
            found = parse_plain(column, kind)
            if found is None:
                continue
            certain = point_is_certain(column) if kind == pa.float64() else None
            if certain is False and "," in marks:
                return False
            texts, sentence = too_big(name, found, column)
            if not sentence and kind == pa.int64() and like_a_day(found):
                sentence = _like_a_day(name, column)
            self._warn(sentence or with_zeros(name, column))
            if certain:
                self.decimals.add(".")
            self.done[name] = column if texts is not None else found
            return True
        return False

    def _truth(self, name: str, column: pa.ChunkedArray, distinct: pa.Array) -> bool:
        """Read true and false; tell whether they are."""
        found = parse_truth(column, distinct)
        if found is not None:
            self.done[name] = found
        return found is not None

    def _written(self, name: str, column: pa.ChunkedArray) -> None:
        """Find out whether texts are numbers or dates as people write them."""
        cells = pc.utf8_trim_whitespace(column).cast(pa.large_string()).combine_chunks()
        numbers = scan(self.path, name, cells, self.options)
        if numbers is not None and numbers.verdict == "codes":
            self.warnings.append(_codes(numbers))
        elif numbers is not None:
            self.numbers.append(numbers)
            if numbers.decimal is not None:
                self.decimals.add(numbers.decimal)
        else:
            found = scan_dates(self.path, name, cells, self.options.dates)
            if isinstance(found, str):
                self.warnings.append(found)
            elif isinstance(found, DateColumn):
                self.dates.append(found)
            elif found is not None:
                self.done[name], self.how[name] = found, {"times": True}

    def settle_numbers(self) -> None:
        """Read the numbers, now that all columns have been looked at."""
        for column in self.numbers:
            decimal, assumed = self._decimal(column)
            how = column.numerals(self.path, decimal)
            numbers = column.checked(self.path, how)
            texts, sentence = None, ""
            if beyond(numbers):
                texts, sentence = too_big(column.name, numbers, column.digits(how))
            self._warn(sentence or with_zeros(column.name, column.cells))
            self.done[column.name] = numbers if texts is None else column.cells
            if texts is None:
                self.how[column.name] = {**vars(how), "assumed": assumed}

    def _decimal(self, column: NumberColumn) -> tuple[str, bool]:
        """Return the decimal mark of a column, and whether it is but the custom."""
        if column.decimal is not None:
            return column.decimal, False
        if len(self.decimals) == 1:
            return next(iter(self.decimals)), False
        if not column.ambiguous:
            return ".", False
        if self.point_is_custom and not self.decimals and column.point_by_custom:
            return ".", True
        raise column.unclear(self.path)

    def settle_dates(self) -> None:
        """Read the dates, now that all columns have been looked at."""
        certain = {form for column in self.dates for form in column.certain}
        for column in self.dates:
            forms = column.decided(self.path, certain)
            self.done[column.name] = column.values(self.path, forms)
            self.how[column.name] = {"dates": list(forms), "utc": without_zone(column.cells)}

    def table(self, table: pa.Table) -> pa.Table:
        """Return the table with the columns that were read."""
        columns = []
        for name, old in zip(table.column_names, table.columns, strict=True):
            column = self.done.get(name, old)
            is_ = pa.types
            if self.options.missing and (
                is_.is_integer(column.type) or is_.is_floating(column.type)
            ):
                numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
                marked = mark_missing_numbers(numbers, self.options.missing)
                column = pa.array(marked, from_pandas=True)
            columns.append(column)
        return pa.table(columns, names=table.column_names)

    def reading(self) -> Reading:
        """Return what was decided."""
        custom = "." if self.point_is_custom else ""
        seen = next(iter(self.decimals)) if len(self.decimals) == 1 else custom
        decimal = self.options.decimal or seen
        numerals = [how for how in self.how.values() if "decimal" in how]
        marks = {how["thousands"] for how in numerals if how["decimal"] == decimal} - {""}
        thousands = self.options.thousands or (next(iter(marks)) if len(marks) == 1 else "")
        top = {"decimal": decimal, "thousands": thousands}
        said = {
            name: {key: value for key, value in how.items() if value}
            for name, how in self.how.items()
        }
        columns = {name: how for name, how in said.items() if how != {"decimal": "."}}
        return {**top, "missing": list(self.options.missing), "columns": columns}


def _any_digit(distinct: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(distinct, r"\pN")).as_py())


def _codes(column: NumberColumn) -> str:
    fits = as_mask(next(iter(column.fits.values())))
    where, words = shown(column.cells, ~fits)
    stands = "it stands" if len(words) == 1 else "they stand"
    return (
        f"The column {column.name!r} holds few different numbers beside {where}, and was read as "
        f"categories; if {stands} for missing values, say {declare(words)}."
    )


def _like_a_day(name: str, column: pa.ChunkedArray) -> str:
    example = column.drop_null()[0].as_py()
    return (
        f"The column {name!r} looks like dates, such as {example}, but was read as numbers; write "
        f"dates like {example[:4]}-{example[4:6]}-{example[6:]}, or say --text "
        f"{shlex.quote(name)} if it is a code."
    )
