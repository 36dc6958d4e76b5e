"""The options on rows and labels that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["DropUnlabelled", "LabelsAsWritten", "NoHeader"]

NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        metavar="",
        help=(
            "The first line of CSV and TSV files is a row: columns are called by their positions, "
            "0, 1, and so on (--target -1: the last). The model keeps this."
        ),
    ),
]
DropUnlabelled = Annotated[
    bool,
    typer.Option(
        "--drop-unlabelled", metavar="", help="Leave out rows without a label, and say how many."
    ),
]
LabelsAsWritten = Annotated[
    bool,
    typer.Option(
        "--labels-as-written",
        metavar="",
        help=(
            "NA, None, null and their like are classes; only empty cells lack a label. The model "
            "keeps this."
        ),
    ),
]
