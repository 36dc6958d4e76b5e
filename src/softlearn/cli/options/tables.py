"""The options of all commands that read tables: how cells are written, and which are missing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..sources.read_options import ReadOptions

__all__ = ["DateOrder", "Dates", "Decimal", "Missing", "TextColumns", "Thousands", "read_options"]

_PANEL = "Cells of tables"


class DateOrder(StrEnum):
    """What comes first in dates like 01/02/2024 and 24-01-05."""

    day_first = "day-first"
    month_first = "month-first"
    year_first = "year-first"


Decimal = Annotated[
    str | None,
    typer.Option(
        metavar="MARK",
        rich_help_panel=_PANEL,
        help="The decimal mark of numbers: . or , [default: what the columns show]",
    ),
]
Thousands = Annotated[
    str | None,
    typer.Option(
        metavar="MARK",
        rich_help_panel=_PANEL,
        help=(
            "What stands between thousands: , . space apostrophe or none. "
            "[default: what the columns show]"
        ),
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        rich_help_panel=_PANEL,
        help="Cells of this text or number are missing values (may be repeated).",
    ),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option(
        rich_help_panel=_PANEL,
        help="What comes first in dates like 01/02/2024 or 24-01-05. "
        "[default: what the columns show]",
    ),
]
TextColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="COLUMN",
        rich_help_panel=_PANEL,
        help="Read a column as text, though it looks like numbers or dates (may be repeated).",
    ),
]

_DECIMAL = {".": ".", ",": ",", "point": ".", "comma": ","}
_THOUSANDS = {
    **_DECIMAL, " ": " ", "space": " ", "'": "'", "apostrophe": "'", "none": "", "": "",
}  # fmt: skip


def read_options(
    encoding: str | None,
    decimal: str | None,
    thousands: str | None,
    missing: list[str] | None,
    drop_unlabelled: bool = False,
) -> ReadOptions:
    """Return what the user says about reading.

    Raises:
        typer.BadParameter: for a mark that cannot be.

    """
    from ..sources.read_options import ReadOptions
    from ..sources.rows import RowOptions

    if decimal is not None and decimal not in _DECIMAL:
        raise typer.BadParameter(f"--decimal {decimal!r} is neither '.' nor ','.")
    if thousands is not None and thousands not in _THOUSANDS:
        raise typer.BadParameter(
            f"--thousands {thousands!r} is not one mark: give ',', '.', space, apostrophe or none."
        )
    mark = None if decimal is None else _DECIMAL[decimal]
    between = None if thousands is None else _THOUSANDS[thousands]
    if mark is not None and mark == between:
        raise typer.BadParameter(f"--decimal and --thousands are both {mark}; give two marks.")
    rows = RowOptions(drop_unlabelled=drop_unlabelled)
    return ReadOptions(encoding, mark, between, tuple(missing or ()), rows=rows)
