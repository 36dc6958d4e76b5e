"""softlearn predict: a label and the probabilities of all classes for each row."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..options.common import Model, Quiet, option, stoppable
from ..options.groups import option_groups
from ..options.reading import Reading

__all__ = ["EXAMPLES", "predict"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn predict penguins.softlearn new.csv -o predictions.csv\n\n"
    "softlearn predict model.softlearn large.parquet -o predictions.parquet\n\n"
    "softlearn predict photos.softlearn inbox/ -o - | head"
)


@stoppable
@option_groups
def predict(
    model: Model,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", show_default=False, help="Rows of the kind that was trained on."
        ),
    ],
    output: Annotated[
        str,
        option(
            ".csv, .tsv, .jsonl (each also .gz), .parquet, .arrow or .feather; - for CSV on "
            "standard output.",
            "FILE",
            "--output",
            "-o",
        ),
    ],
    *,
    drift: Annotated[
        str | None,
        option(
            "Also compare the columns with those of the training rows: - prints a table, a file "
            "gets JSON.",
            "FILE",
        ),
    ] = None,
    reading: Reading,
    quiet: Quiet = False,
) -> None:
    """Write a label and one probability per class for each row of SOURCE, in its order.

    The source is read in batches, so that it may be larger than memory.  Rows of folders begin
    with the file's name.  Categories that training had not and values far outside it are noted.
    """
    options = reading.read_options()
    if drift is not None and drift == output:
        raise typer.BadParameter("--drift and --output are the same; give two names.")
    from ..saved.predictions import write_predictions

    rows = write_predictions(model, source, output, options=options, quiet=quiet, drift=drift)
    if not quiet and output != "-":
        print(f"{rows:,} rows predicted, in {output}.", file=sys.stderr)
