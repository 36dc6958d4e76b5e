"""Costs of decisions from a CSV file: rows are the true classes, columns what is said."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import quoted
from .. import CommandError
from ..sources.encodings import check_encoding, decode_error, open_text
from ..sources.signatures import reject_other_formats

__all__ = ["NONE", "read_costs"]

NONE = "none"


def read_costs(
    path: Path, classes: NDArray[Any], encoding: str | None = None
) -> NDArray[np.float64]:
    """Return the costs of a CSV file, for classes in this order, as `cost_matrix` does.

    Labels are compared as the text they are.  The file is in UTF-8, or else in the encoding of the
    data.

    Raises:
        CommandError, SourceError: the file cannot be read, or does not fit; one sentence.

    """
    import pandas as pd

    from ...decide.costs import cost_matrix

    if NONE in classes.tolist():
        raise CommandError(
            f"A class is called {NONE!r}, which --costs takes for saying nothing: give the class "
            "another name."
        )
    head, names, costs = _table(path, encoding)
    frame = pd.DataFrame(costs, index=pd.Index(names, dtype=object))
    frame.columns = pd.Index(head, dtype=object)
    try:
        return cost_matrix(frame, None, None, classes, NONE)
    except ValueError as error:
        reason = str(error).rstrip(".")
        raise CommandError(f"{path} has no costs that fit these classes: {reason}.") from error


def _table(path: Path, encoding: str | None) -> tuple[list[str], list[str], list[list[float]]]:
    """Return the labels of the columns, those of the rows, and the numbers."""
    codec = check_encoding(None)
    if encoding is not None and decode_error(path, codec) is not None:
        codec = check_encoding(encoding)
    reject_other_formats(path, known=False)
    with open_text(path, codec) as handle:
        text = handle.read()
    lines = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text))]
    rows = [row for row in lines if any(row)]
    if len(rows) < 2:
        raise CommandError(f"{path} holds no costs: give a header and a row for each class.")
    if len(rows[0]) == 1 and (";" in rows[0][0] or "\t" in rows[0][0]):
        raise CommandError(f"{path} has no commas between its cells: write it with commas.")
    corner = not rows[0][0] or len(rows[1]) <= len(rows[0])  # which R leaves out
    head = rows[0][1:] if corner else rows[0]
    costs = []
    for name, *cells in rows[1:]:
        if len(cells) != len(head):
            raise CommandError(
                f"{path}: the row {quoted(name)} has {len(cells)} costs, but the header names "
                f"{len(head)}."
            )
        costs.append(
            [_number(path, name, column, cell) for column, cell in zip(head, cells, strict=True)]
        )
    return head, [row[0] for row in rows[1:]], costs


def _number(path: Path, row: str, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        found = f"is {cell!r}, which is no finite number" if cell else "is missing"
        raise CommandError(
            f"{path}: the cost in row {quoted(row)}, column {quoted(column)} {found}."
        )
    return value
