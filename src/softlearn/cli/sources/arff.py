"""ARFF, Weka's tables, as Arrow files."""

from __future__ import annotations

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

    Nominal attributes become text.

    Raises:
        SourceError: it is no ARFF; attributes that are dates are not read.

    """
    import arff

    codec = check_encoding(options.encoding)
    check_beginning(path, codec)
    with open_text(path, codec) as handle:
        lines = handle.read().splitlines()
    sparse = any(line.lstrip().startswith("{") for line in lines)
    try:
        found = arff.load(iter(lines), return_type=arff.LOD if sparse else arff.DENSE)
    except (arff.ArffException, ValueError, LookupError) as error:
        raise SourceError(f"{path} is not ARFF as it is read here: {_first(error)}.") from error
    kinds = found["attributes"]
    rows = found["data"]
    if sparse:  # what a row leaves out is 0, or the first of the values
        empty = [kind[0] if isinstance(kind, list) else 0 for _, kind in kinds]
        rows = [[row.get(j, empty[j]) for j in range(len(kinds))] for row in rows]
    columns = [_array([row[j] for row in rows], kind) for j, (_, kind) in enumerate(kinds)]
    table = pa.table(columns, names=[name for name, _ in kinds])
    file = folder / f"{path.stem}.arrow"
    with pa.ipc.new_file(str(file), table.schema) as out:
        out.write_table(table)
    return file


def _first(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")


def _array(cells: list[Any], kind: Any) -> pa.Array:
    """Return a column; `kind` is a word, or the list of values of a nominal attribute."""
    if isinstance(kind, str) and kind in _NUMBERS:
        return pa.array(cells, _NUMBERS[kind], safe=False)
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
