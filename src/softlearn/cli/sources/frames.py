"""From Arrow tables to data frames whose columns are of four types only.

number, bool (0 and 1; both float64 with NaN for missing), text (str) and date (datetime64).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...features.dataset import SourceError
from .dates import parse_dates, parse_times
from .numerals import Numerals, parse

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cast", "find_target", "frame", "named", "reject_duplicates", "reject_infinite"]


def named(names: Iterable[Any], max_names: int = 10) -> str:
    """Return names as text, quoted, with "and 5 more" after the first `max_names`."""
    quoted = [repr(str(name)) for name in names]
    shown = ", ".join(quoted[:max_names])
    return shown if len(quoted) <= max_names else f"{shown} and {len(quoted) - max_names} more"


def reject_duplicates(path: Path, names: list[str]) -> None:
    """Raise SourceError if two columns have one name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{path} has more than one column named {named(twice)}; rename them.")


def find_target(path: Path, target: str | None, names: list[str]) -> str:
    """Return the target's name, or raise SourceError with names close to it."""
    if target is None:
        raise SourceError(
            f"{path} is a table: name the column that holds the classes with --target; "
            f"its columns are {named(names, 30)}."
        )
    if target in names:
        return target
    small = {name.lower(): name for name in reversed(names)}
    close = [small[name] for name in difflib.get_close_matches(target.lower(), small, n=3)]
    meant = f" (did you mean {named(close)}?)" if close else ""
    raise SourceError(
        f"{path} has no column {target!r}{meant}; its columns are {named(names, 30)}."
    )


# -- types


def frame(path: Path, table: pa.Table, first_row: int = 0) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a table's columns as a frame, and the type of each.

    Args:
        first_row: the number of its first row, with which the frame's index begins.

    """
    import pandas as pd

    types, columns, unfit = {}, {}, {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        plain = _plain(column)
        if plain is None:
            unfit[name] = str(column.type)
        else:
            types[name], columns[name] = plain
    if unfit:
        what = ", ".join(f"{name!r} ({kind})" for name, kind in list(unfit.items())[:10])
        raise SourceError(
            f"{path} has nested, binary or otherwise unfit columns: {what}; leave them out, or "
            "give them flat columns of numbers, text, booleans or dates."
        )
    rows = pd.RangeIndex(first_row, first_row + len(table))
    # by position: Arrow's columns come with an index of their own
    return pd.DataFrame(columns).set_axis(rows), types


def _plain(column: pa.ChunkedArray) -> tuple[str, Any] | None:
    """Return (type, pandas or NumPy column), or None for a type that has no place here."""
    kind = column.type
    is_ = pa.types
    if is_.is_dictionary(kind):
        return _text(column.cast(kind.value_type))
    if is_.is_boolean(kind):
        return "bool", _floats(column.cast(pa.uint8()))
    if is_.is_integer(kind) or is_.is_floating(kind) or is_.is_decimal(kind) or is_.is_null(kind):
        return "number", _floats(column)
    if is_.is_duration(kind):
        seconds = column.cast(pa.duration("ns"), safe=False).cast(pa.int64())
        return "number", _floats(seconds) / 1e9
    if is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind):
        return _text(column)
    if is_.is_timestamp(kind) or is_.is_date(kind):
        return "date", column.cast(pa.timestamp("us"), safe=False).to_pandas()
    return None


def _text(column: pa.ChunkedArray) -> tuple[str, Any]:
    return "text", column.cast(pa.large_string()).to_pandas()


def _floats(column: pa.ChunkedArray) -> Any:
    return column.cast(pa.float64(), safe=False).to_pandas().to_numpy(float, na_value=np.nan)


def reject_infinite(where: str, data: pd.DataFrame, types: dict[str, str]) -> None:
    """Raise SourceError naming the columns that hold infinite values."""
    counts = {
        name: count
        for name, kind in types.items()
        if kind == "number" and (count := int(np.isinf(data[name].to_numpy()).sum()))
    }
    if counts:
        what = ", ".join(f"{name!r} ({count})" for name, count in list(counts.items())[:10])
        raise SourceError(
            f"{where} has infinite values in {what}; replace them, or leave the cells empty."
        )


def cast(
    values: pd.Series[Any], old: str, new: str, reading: Mapping[str, Any] | None = None
) -> pd.Series[Any]:
    """Return a column of type `old` as one of type `new`; what does not fit becomes missing.

    Args:
        reading: how texts become numbers and dates, if the model knows it.

    """
    import pandas as pd

    if old == new or (old, new) in {("bool", "number"), ("number", "bool")}:
        return values
    if new == "text":
        return pd.Series(list(_as_text(values, old)), index=values.index, dtype="str")
    if old == "text":
        return pd.Series(_from_text(values, new, str(values.name), reading or {}), values.index)
    empty = np.datetime64("NaT", "us") if new == "date" else np.nan
    return pd.Series(empty, index=values.index)


def _from_text(
    values: pd.Series[Any], new: str, name: str, reading: Mapping[str, Any]
) -> NDArray[Any]:
    import pandas as pd

    how = reading.get("columns", {}).get(name, {})
    if new == "date" and "dates" not in how:  # typed in the training data, or an older model
        dates = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
        return dates.dt.tz_localize(None).astype("datetime64[us]").to_numpy()
    if new == "bool":
        values = values.str.strip().str.lower().replace({"true": "1", "false": "0"})
    cells = pa.array(values, pa.large_string(), from_pandas=True)
    if new == "date":
        return parse_dates(cells, how["dates"])
    if how.get("times"):
        return parse_times(cells)
    marks = {**reading, **how}
    numerals = Numerals(**{key: marks[key] for key in vars(Numerals()) if key in marks})
    return np.asarray(parse(cells, numerals).to_numpy(zero_copy_only=False))


def _as_text(values: pd.Series[Any], old: str) -> Iterator[str | None]:
    for value, missing in zip(values, values.isna(), strict=True):
        if missing:
            yield None
        elif old == "bool":
            yield str(bool(value))
        elif old == "number" and value == int(value):
            yield str(int(value))
        else:
            yield str(value)
