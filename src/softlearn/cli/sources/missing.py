"""What counts as missing: one list for all tables, and what the user adds to it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MISSING", "is_text", "mark_missing", "mark_missing_numbers"]

# pandas' list, and the "?" of many public data sets; blanks around a cell of a CSV are gone by then
MISSING = (
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip


def is_text(kind: pa.DataType) -> bool:
    """Tell whether cells of an Arrow type are text."""
    is_ = pa.types
    return bool(is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind))


def mark_missing(table: pa.Table, more: Iterable[str], but: str | None = None) -> pa.Table:
    """Return a table whose cells of text that count as missing are null."""
    words = [*MISSING, *more]
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if name != but and pa.types.is_dictionary(kind) and is_text(kind.value_type):
            column = column.cast(kind.value_type)
        if name != but and is_text(column.type):
            found = pc.is_in(column, value_set=pa.array(words, column.type))
            column = pc.if_else(found, pa.scalar(None, column.type), column)
        columns.append(column)
    return pa.table(columns, names=table.column_names, metadata=table.schema.metadata)


def mark_missing_numbers(values: Any, more: Iterable[str]) -> Any:
    """Return a float64 column with NaN where it has one of the numbers among `more`.

    -999 then stands for "-999.0" in a CSV, and for the number -999 in a typed file, too.
    """
    numbers = [number for word in more if (number := _number(word)) is not None]
    if not numbers:
        return values
    return np.where(np.isin(values, numbers), np.nan, values)


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
