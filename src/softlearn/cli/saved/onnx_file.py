"""A saved model as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import CommandError
from ..sources import ReadOptions
from .model import SavedModel
from .output_files import check_output

__all__ = ["write_onnx"]


def write_onnx(
    model_path: Path,
    output: Path,
    source: Path | None,
    *,
    opset: int,
    dtype: Any,
    options: ReadOptions,
) -> dict[str, Any]:
    """Write an ONNX file; return what there is to say of it."""
    from ...export import onnx

    model = SavedModel.load(model_path, options)
    found = source or Path(model.report.get("source") or "")
    check_output(output, [model_path, *([source] if source else [])])
    if source is None and not (model.report.get("source") and found.exists()):
        raise CommandError(
            f"The rows that {model_path} was fitted to are not there to compare with: name some "
            "with --rows."
        )
    if model.metadata["kind"] in ("text", "image"):
        raise CommandError(
            f"{model_path} takes {model.metadata['kind']}s, which ONNX graphs do not read: only "
            "models of tables and matrices can be exported."
        )
    rows = next(iter(model.batches(found, model.metadata["target"]))).X
    try:
        made = onnx(model.pipeline, rows, opset=opset, dtype=dtype)
    except (ImportError, ValueError) as error:
        raise CommandError(str(error)) from error
    try:
        made.save(output)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror or error}.") from error
    graph = made.model.graph
    return {
        "model": str(model_path),
        "output": str(output),
        "bytes": output.stat().st_size,
        "opset": made.opset,
        "dtype": made.dtype,
        "inputs": {one.name: _kind(one, dtype) for one in graph.input},
        "outputs": [one.name for one in graph.output],
        "source": str(found),
        "rows": made.rows,
        "hostile_rows": made.hostile_rows,
        "largest_difference": made.largest_difference,
        "largest_p_value_difference": made.largest_p_value_difference,
        "other_labels": made.other_labels,
    }


def _kind(value: Any, dtype: str) -> str:
    text = 8  # TensorProto.STRING
    return "text" if value.type.tensor_type.elem_type == text else dtype
