"""ARFF, Weka's tables, as Arrow files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from ...features.dataset import SourceError
from .encodings import check_beginning, check_encoding, open_text
from .read_options import ReadOptions

__all__ = ["arff_to_arrow"]

_NUMBERS = {"NUMERIC": pa.float64(), "REAL": pa.float64(), "INTEGER": pa.int64()}


def arff_to_arrow(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Write the rows of an ARFF file, dense or sparse, into an Arrow file, which is returned.

    Nominal attributes become text, and so do dates, which are then read as those of CSV files are.

    Raises:
        SourceError: it is no ARFF, or has tables within rows or weights of rows.

    """
    import arff

    codec = check_encoding(options.encoding)
    check_beginning(path, codec)
    with open_text(path, codec) as handle:
        lines = [_plain(line.rstrip("\r")) for line in handle.read().split("\n")]
    sparse = any(line.lstrip().startswith("{") for line in lines)
    try:
        found = arff.load(iter(lines), return_type=arff.LOD if sparse else arff.DENSE)
    except (arff.ArffException, ValueError, LookupError) as error:
        why = f"{_first(error)}{_hint(lines)}"
        raise SourceError(f"{path} is not ARFF as it is read here: {why}.") from error
    kinds = found["attributes"]
    rows = found["data"]
    if sparse:  # what a row leaves out is 0, or the first of the values
        empty = [kind[0] if isinstance(kind, list) else 0 for _, kind in kinds]
        rows = [[row.get(j, empty[j]) for j in range(len(kinds))] for row in rows]
    columns = [_array([row[j] for row in rows], kind) for j, (_, kind) in enumerate(kinds)]
    table = pa.table(columns, names=[name for name, _ in kinds])
    file = folder / "table.arrow"
    with pa.ipc.new_file(str(file), table.schema) as out:
        out.write_table(table)
    return file


_TYPED = re.compile(r"""(?i)\s*(@attribute\s+(?:'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|\S+)\s+)(.*)""")


def _plain(line: str) -> str:
    """Return a line without what the parser does not know: types of dates, ranges of numbers."""
    found = _TYPED.fullmatch(line)
    if found is None:
        return line
    kind = found[2].partition("[")[0] if not found[2].startswith("{") else found[2]
    return found[1] + ("string" if kind[:4].lower() == "date" else kind)


def _hint(lines: list[str]) -> str:
    """Return what a file has that is not read."""
    if any(re.search(r"(?i)^\s*@attribute.*\brelational\s*$", line) for line in lines):
        return "; tables within rows (relational) are not read: export flat columns"
    if any(re.search(r",\s*{[^{},]*}\s*$", line) for line in lines if line[:1] != "@"):
        return "; weights of rows in braces are not read: make them a column, and say --weights"
    return ""


def _first(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")


def _array(cells: list[Any], kind: Any) -> pa.Array:
    """Return a column; `kind` is a word, or the list of values of a nominal attribute."""
    if isinstance(kind, str) and kind in _NUMBERS:
        try:
            return pa.array(cells, _NUMBERS[kind], safe=False)
        except OverflowError:  # whole numbers beyond 64 bits
            return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
