"""A sheet of an Excel or OpenDocument workbook, as an Arrow file."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from ...features.dataset import SourceError
from .read_options import ReadOptions, chosen

__all__ = ["WORKBOOKS", "workbook_to_arrow"]

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

_Cells = list[Any]


def workbook_to_arrow(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Write the only sheet that is seen and not empty, or the one named, into an Arrow file.

    The first row names the columns.  Numbers, dates and truth values keep their types; a column
    that mixes types becomes text, and is read as that of a CSV file is.

    Raises:
        SourceError: it is damaged or has a password, has no such sheet or several of which none
            was named, or a column has cells but no name.

    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
            seen = {s.name for s in book.sheets_metadata if s.visible is SheetVisibleEnum.Visible}
    except CalamineError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise SourceError(f"{path} cannot be read as a workbook: {reason}.") from error
    full = [name for name, rows in sheets.items() if any(map(_any, rows))]
    full = [name for name in full if name in seen] or full
    if options.table in sheets:
        full = [options.table]
    name = chosen(path, "sheet", full, options.table)
    table = _table(f"{path}: the sheet {name!r}", sheets[name])
    file = folder / "table.arrow"
    with pa.ipc.new_file(str(file), table.schema) as out:
        out.write_table(table)
    return file


def _any(row: _Cells) -> bool:
    return any(cell != "" for cell in row)


def _table(where: str, rows: list[_Cells]) -> pa.Table:
    _refuse_second(where, rows)
    rows = [row for row in rows if _any(row)]
    if not rows:
        raise SourceError(f"{where} is empty.")
    names = [_text(cell) for cell in rows[0]]
    columns = {}
    for j, name in enumerate(names):
        cells = [row[j] if j < len(row) and row[j] != "" else None for row in rows[1:]]
        if name is None and any(cell is not None for cell in cells):
            raise SourceError(
                f"{where} has cells in column {_letters(j)} but no name for it in its first row, "
                "which must hold the names of the columns: give it one, and remove what stands "
                "above the table."
            )
        if name is not None:
            columns[j] = _array(cells)
    return pa.table(list(columns.values()), names=[str(names[j]) for j in columns])


def _refuse_second(where: str, rows: list[_Cells]) -> None:
    """Raise SourceError if below an empty row another table begins, or a note.

    It does if that row repeats the names, or has a text in a column that has had none.
    """
    begin = next((i for i, row in enumerate(rows) if _any(row)), len(rows))
    texts: set[int] = set()
    for i in range(begin + 1, len(rows)):
        words = {j for j, cell in enumerate(rows[i]) if isinstance(cell, str) and cell}
        after_a_gap = i > begin + 1 and words and not _any(rows[i - 1])
        if after_a_gap and (rows[i] == rows[begin] or not words <= texts):
            first = rows[i][min(words)]
            raise SourceError(
                f"{where} has something else below an empty row, in row {i + 1} ({first!r}): give "
                "each table a sheet of its own, and remove notes and empty rows."
            )
        texts |= words


def _letters(j: int) -> str:
    """Return how a spreadsheet calls a column: A to Z, AA, AB and so on."""
    head, last = divmod(j, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def _array(cells: _Cells) -> pa.Array:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int, float}:
        whole = all(c is None or _is_whole(c) for c in cells)
        return pa.array([_number(c, whole) for c in cells], pa.int64() if whole else pa.float64())
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    if kinds <= {datetime.date, datetime.datetime}:
        return pa.array(
            [c if c is None or type(c) is datetime.datetime else _at_midnight(c) for c in cells],
            pa.timestamp("us"),
        )
    if kinds == {datetime.timedelta}:
        return pa.array(cells, pa.duration("us"))
    return pa.array(list(map(_text, cells)), pa.string())


def _is_whole(number: float) -> bool:
    return float(number).is_integer() and abs(number) < 2**53


def _number(cell: Any, whole: bool) -> Any:
    return cell if cell is None or not whole else int(cell)


def _at_midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day)


def _text(cell: Any) -> str | None:
    """Return a cell as a CSV file would have it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and _is_whole(cell):
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
