"""softlearn infer: standard errors, tests and effects of a multinomial logit."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..options.common import Json, option, stoppable, words_of
from ..options.groups import option_groups
from ..options.reading import TrainingReading

__all__ = ["EXAMPLES", "infer"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn infer penguins.csv --target species --columns bill_depth_mm,sex\n\n"
    "softlearn infer hsbdemo.csv -t prog --base academic --columns ses,write "
    "--reference ses=low --cluster cid"
)


class Errors(StrEnum):
    """Which covariance."""

    nonrobust = "nonrobust"
    HC0 = "HC0"
    HC1 = "HC1"
    HC3 = "HC3"


@stoppable
@option_groups
def infer(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="TABLE", show_default=False, help="Rows with their labels.")
    ],
    target: Annotated[str, option("The column of labels.", "NAME", "--target", "-t")],
    *,
    base: Annotated[
        str | None, option("The class to compare with. [default: the first in order]", "LABEL")
    ] = None,
    columns: Annotated[
        str | None, option("The columns to use, with commas between. [default: all]", "NAMES")
    ] = None,
    reference: Annotated[
        list[str] | None,
        option(
            "The level of a column to compare the others with; a column of numbers becomes one of "
            "levels so (may be repeated). [default: the first in order]",
            "COLUMN=LEVEL",
        ),
    ] = None,
    cov: Annotated[
        Errors,
        option("Which standard errors: of the model, or robust to a wrong one (HC0, HC1, HC3)."),
    ] = Errors.nonrobust,
    cluster: Annotated[
        str | None,
        option(
            "The column that says which rows belong together, for errors that allow for it.", "NAME"
        ),
    ] = None,
    weights: Annotated[
        str | None, option("The column that says how many rows each row stands for.", "NAME")
    ] = None,
    sampling: Annotated[
        bool, option("A row of weight 2 is one row that stands for two.", "", "--sampling")
    ] = False,
    firth: Annotated[
        bool, option("Bias-reduced estimates, finite for separable classes too.", "", "--firth")
    ] = False,
    drop_missing: Annotated[
        bool, option("Leave out rows with missing values, and say how many.", "", "--drop-missing")
    ] = False,
    report: Annotated[
        Path | None, option("Also write an HTML page with tables and pictures.", "FILE")
    ] = None,
    reading: TrainingReading,
    as_json: Json = False,
) -> None:
    """Fit a multinomial logit to TABLE without a penalty, and print what its numbers are worth.

    Estimates with standard errors, tests of each column and mean effects on probabilities, from a
    maximum that is proven.  Columns of text, and of true and false, become a column of 0 and 1 for
    each level but the reference.
    """
    options = reading.read_options()
    from ..inspect.inference import Request, inference_facts, inferred
    from ..terminal.inference import print_inference
    from ..terminal.stdout import print_facts

    request = Request(
        source, target, base, columns, tuple(reference or ()), cov.value, cluster, weights,
        sampling, firth, drop_missing,
    )  # fmt: skip
    if report is not None:
        from ..saved.report_page import check_report, write_inference_report

        check_report(report, [source])
    results, notes = inferred(request, options)
    print_facts(inference_facts(request, results, notes), None if as_json else print_inference)
    if report is not None:
        write_inference_report(report, results, source, target, notes, words_of(context))
