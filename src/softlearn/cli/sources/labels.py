"""Labels: they keep their type, none is missing, and they can be told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...features.dataset import SourceError
from .big_integers import too_big
from .frames import named
from .missing import MISSING
from .numerals import parse_plain, parse_truth

__all__ = [
    "check_trainable",
    "emptied",
    "label_type",
    "left_out",
    "read_labels",
    "retype",
]

_MANY = 20  # fewer distinct labels than this are classes whatever the number of rows


def read_labels(
    path: Path, name: str, column: pa.ChunkedArray, first_row: int, as_text: bool
) -> NDArray[Any]:
    """Return labels as int64, bool, float64 or str, as they were meant.

    Whole numbers stored as floats are int64 again; cells of a CSV file are numbers or booleans
    if all of them are, but codes that start with a zero stay text.

    Args:
        first_row: the number of the first row in the source, for messages.
        as_text: whether text is text, and not to be looked at as numbers.

    """
    is_ = pa.types
    kind = column.type
    if is_.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if is_.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    _reject_missing(path, name, column, first_row)
    if is_.is_string(column.type) and not as_text:
        code = pc.match_substring_regex(column, r"^[-+]?0\d+$")
        word = pc.is_in(column, value_set=pa.array(MISSING))  # where NA is a label, all are text
        if not pc.any(pc.or_(code, word)).as_py():
            column = _read(name, column)
    kind = column.type
    if is_.is_boolean(kind):
        return np.asarray(column.to_numpy(), dtype=bool)
    if is_.is_integer(kind):
        return np.asarray(column.to_numpy(), dtype=np.int64)
    if is_.is_floating(kind) or is_.is_decimal(kind):
        return _restored(np.asarray(column.cast(pa.float64()).to_numpy()))
    if is_.is_nested(kind) or is_.is_binary(kind) or is_.is_large_binary(kind):
        raise SourceError(f"{path}: the target {name!r} holds {kind}, which cannot be labels.")
    column = column.cast(pa.large_string())
    _reject_nul(path, name, column, first_row)
    return np.array(column.to_pylist(), dtype=str)


def _read(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as numbers or booleans if all of its cells are such to a machine.

    Whole numbers that float64 cannot tell apart stay text: they are different classes.
    """
    for kind in (pa.int64(), pa.float64()):
        numbers = parse_plain(column, kind)
        if numbers is None:
            continue
        if kind == pa.float64() and too_big(name, numbers, column)[0] is not None:
            return column
        return numbers
    truth = parse_truth(column, pc.unique(column))
    return column if truth is None else truth


def _restored(y: NDArray[np.float64]) -> NDArray[Any]:
    """Return whole numbers as int64, others as they are."""
    whole = np.isfinite(y).all() and (np.abs(y) < 2**53).all() and (y == np.floor(y)).all()
    return y.astype(np.int64) if whole else y


def _reject_missing(path: Path, name: str, column: pa.ChunkedArray, first_row: int) -> None:
    missing = column.null_count
    if missing:
        row = first_row + int(np.argmax(pc.is_null(column).to_numpy())) + 1
        rows = "1 row has" if missing == 1 else f"{missing} rows have"
        raise SourceError(
            f"{path}: {rows} no label in the target {name!r} (row {row} of the data first; "
            "NA, None and null count as missing); label these rows, or leave them out with "
            "--drop-unlabelled; if a class is really called NA, None or null, add "
            "--labels-as-written."
        )


def _reject_nul(path: Path, name: str, column: pa.ChunkedArray, first_row: int) -> None:
    """Raise SourceError for a label that NumPy would make equal to a shorter one."""
    ends = pc.ends_with(column, "\0")
    if pc.any(ends).as_py():
        at = pc.index(ends, pa.scalar(True)).as_py()
        raise SourceError(
            f"{path}: the label {column[at].as_py()!r} in the target {name!r} (row "
            f"{first_row + at + 1} of the data) ends with a zero byte (NUL), which cannot be told "
            "from the label without it; rename such labels."
        )


def left_out(path: Path, rows: int, kept: int) -> tuple[str, ...]:
    """Return a note on how many rows had no label, if any.

    Raises:
        SourceError: if none had one.

    """
    if not kept:
        raise SourceError(f"{path} has {rows:,} rows, none of which has a label.")
    if rows == kept:
        return ()
    if rows == kept + 1:
        return ("1 row without a label was left out.",)
    return (f"{rows - kept:,} rows without a label were left out.",)


def emptied(table: pa.Table, keep: pa.ChunkedArray) -> pa.Table:
    """Return a table whose rows that are not kept are empty, so that nothing is read from them."""
    columns = [pc.if_else(keep, column, pa.scalar(None, column.type)) for column in table.columns]
    return pa.table(columns, names=table.column_names, metadata=table.schema.metadata)


def check_trainable(where: str, y: NDArray[Any]) -> None:
    """Raise SourceError unless the labels are at least two classes to tell apart."""
    values = np.unique(y)
    if len(values) == 1:
        raise SourceError(
            f"{where} holds one class only ({repr(str(values[0]))[1:-1]:.60}, in all {len(y)} "
            "rows); a classifier needs at least two."
        )
    number = y.dtype.kind == "f" or (
        y.dtype.kind == "i" and len(values) > _MANY and len(values) > len(y) / 3
    )
    if number:
        raise SourceError(
            f"{where} is a number to regress, not a class ({len(values)} distinct values in "
            f"{len(y)} rows, such as {named(values[:3])}); if its values are classes, write them "
            "as text, and otherwise group them into ranges."
        )
    if y.dtype.kind == "U" and len(values) > _MANY and len(values) > len(y) / 2:
        raise SourceError(
            f"{where} is an identifier or free text, not a class ({len(values)} distinct values "
            f"in {len(y)} rows, such as {named(values[:3])}); choose another target."
        )


def label_type(y: NDArray[Any]) -> str:
    """Return "bool", "int", "float" or "str"."""
    return {"b": "bool", "i": "int", "f": "float", "U": "str"}[y.dtype.kind]


def retype(y: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return labels as the type of the labels trained on."""
    if label_type(y) == kind:
        return y
    if kind == "str":
        return y.astype(str)
    try:
        if kind == "bool":
            return np.array([_BOOLS[str(label).lower()] for label in y], dtype=bool)
        numbers = y.astype(np.float64)
        if kind == "int" and (numbers != np.floor(numbers)).any():
            raise ValueError
    except (KeyError, ValueError) as error:
        words = {"bool": "true or false", "int": "whole numbers", "float": "numbers"}[kind]
        raise SourceError(
            f"The labels of the model are {words}, but these are {named(np.unique(y)[:3])}."
        ) from error
    return numbers.astype(np.int64) if kind == "int" else numbers


_BOOLS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
