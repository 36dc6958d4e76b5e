"""softlearn export: a model in the format of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options.common import Json, Model, option, stoppable
from ..options.groups import option_groups
from ..options.reading import Reading

__all__ = ["EXAMPLES", "export"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn export penguins.softlearn -o penguins.onnx\n\n"
    "softlearn export model.softlearn -o model.onnx --rows new.csv --float32"
)


@stoppable
@option_groups
def export(
    model: Model,
    output: Annotated[Path, option("An .onnx file to write.", "FILE", "--output", "-o")],
    *,
    rows: Annotated[
        Path | None,
        option(
            "Rows on which it is compared with onnxruntime. [default: those of the fit, if they "
            "are still there]",
            "SOURCE",
        ),
    ] = None,
    opset: Annotated[int, option("Version of the operators.", "N", min=13, max=21)] = 21,
    float32: Annotated[
        bool, option("Compute in float32, which some runtimes need.", "", "--float32")
    ] = False,
    reading: Reading,
    as_json: Json = False,
) -> None:
    """Write MODEL as an ONNX graph, and say how far onnxruntime's predictions are from its own.

    A table has one input for each column, of texts or numbers; a missing value is NaN, or the
    empty text.
    """
    options = reading.read_options()
    if output.suffix.lower() != ".onnx":
        raise typer.BadParameter(f"{output} does not end with .onnx.", param_hint="--output")
    from ..saved.onnx_file import write_onnx
    from ..terminal.exported import print_exported
    from ..terminal.stdout import print_facts

    dtype = "float32" if float32 else "float64"
    facts = write_onnx(model, output, rows, opset=opset, dtype=dtype, options=options)
    print_facts(facts, None if as_json else print_exported)
