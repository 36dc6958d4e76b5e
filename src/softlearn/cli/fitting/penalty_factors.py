"""--penalty-factors: numbers by which the penalties of features are multiplied, by their names."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..._internal.format import quoted
from ...features.pipeline import source_columns
from .. import CommandError
from ..sources import Dataset

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["factors_of_features", "read_penalty_factors"]

_OPTION = "--penalty-factors"


def read_penalty_factors(given: Sequence[str]) -> dict[str, float]:
    """Return the numbers by name.

    Args:
        given: NAME=NUMBER, or CSV files with a name and a number in each row.

    Raises:
        CommandError: a file cannot be read, or there is no number of at least 0; one sentence.

    """
    found: dict[str, float] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        pairs = [(name, number)] if equals and not Path(text).exists() else _of_file(text)
        for one, value in pairs:
            if one in found:
                raise CommandError(f"{_OPTION} names {quoted(one)} twice: keep one of the numbers.")
            found[one] = _number(one, value)
    return found


def _of_file(text: str) -> list[tuple[str, str]]:
    """Return the cells of a file; a first row whose second cell is no number is its header."""
    path = Path(text)
    try:
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    except OSError as error:
        why = error.strerror or error
        raise CommandError(
            f"{_OPTION} {quoted(text)} is no NAME=NUMBER, and no file that can be read: {why}."
        ) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not in UTF-8: save it so.") from error
    rows = [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))]
    wrong = next((row for row in rows if len(row) != 2), None)
    if wrong is not None:
        raise CommandError(
            f"{path}: each row must be a name, a comma and a number, but one is "
            f"{quoted(','.join(wrong))}."
        )
    if rows and not _is_number(rows[0][1]):
        del rows[0]
    if not rows:
        raise CommandError(
            f"{path} holds no penalty factors: give a name and a number in each row."
        )
    return [(name, number) for name, number in rows]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(name: str, text: str) -> float:
    value = float(text) if _is_number(text) else math.nan
    if not 0.0 <= value < math.inf:
        raise CommandError(
            f"{_OPTION}: that of {quoted(name)} must be a number of at least 0 (0 for no penalty), "
            f"but it is {quoted(text)}."
        )
    return value


def factors_of_features(
    by_name: Mapping[str, float] | None,
    pipeline: Pipeline,
    data: Dataset,
    names: Sequence[str],
    *,
    all_known: bool = True,
) -> list[float] | None:
    """Return the factor of each feature, 1 where none is given; None where none are.

    A name is that of a feature as the report has it, or of a column, whose features it is for.

    Args:
        by_name: what was given.
        pipeline: fitted to the data.
        data: the training rows.
        names: of the features.
        all_known: whether each name must be one of theirs.

    Raises:
        CommandError: one is not.

    """
    if not by_name:
        return None
    columns = source_columns(pipeline, data, names)
    unknown = [name for name in by_name if name not in {*names, *columns}]
    if all_known and unknown:
        raise CommandError(
            f"{_OPTION} names {quoted(unknown[0])}, which is neither a column nor a feature."
        )
    each = zip(names, columns, strict=True)
    return [by_name.get(name, by_name.get(column, 1.0)) for name, column in each]
