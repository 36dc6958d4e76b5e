"""A fitted model as an ONNX graph, compared with itself by onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from .._internal.atomic_write import writing_whole
from .._internal.need import need
from ..decide.meta import MetaClassifier
from .rows import columns_of, hostile_rows, inputs_of, matrix

__all__ = ["OnnxExport", "onnx", "register"]

NEWEST, OLDEST = 21, 13
_OF_TEXTS = {"CountVectorizer", "HashingVectorizer", "TextColumn", "TfidfVectorizer"}
_FAR = {"float64": 1e-6, "float32": 0.05}  # differences of a probability that are a fault


@dataclass(frozen=True, eq=False)
class OnnxExport:
    """A model in ONNX, and how far its predictions are from those of the model.

    Args:
        model: the graph, an `onnx.ModelProto`.
        opset: of the standard operators.
        dtype: of numbers.
        rows: how many rows were compared, and as many more were made of them that are hostile:
            missing, unknown, and very large values.
        largest_difference: of a probability; and of a p-value.
        other_labels: the number of rows that have another label.

    """

    model: Any
    opset: int
    dtype: str
    rows: int
    hostile_rows: int
    largest_difference: float
    largest_p_value_difference: float
    other_labels: int

    def save(self, path: Any) -> None:
        """Write the graph to a file, whole or not at all."""
        with writing_whole(Path(path)) as file:
            file.write(self.model.SerializeToString())

    def __repr__(self) -> str:
        return (
            f"OnnxExport(opset={self.opset}, dtype={self.dtype!r}, rows={self.rows} + "
            f"{self.hostile_rows}, largest_difference={self.largest_difference:.1e}, "
            f"other_labels={self.other_labels})"
        )


def onnx(
    model: Any,
    X: Any,
    *,
    opset: int = NEWEST,
    dtype: Literal["float64", "float32"] = "float64",
) -> OnnxExport:
    """Return a fitted model as an ONNX graph with the outputs "label" and "probabilities".

    A model that was fitted to a data frame has one input (n, 1) for each column, of texts or
    numbers; other models have the input "X" (n, d).  A missing value is NaN in numbers, and the
    empty text in texts.  Models that may say none have the output "p_values" too.

    Args:
        model: one of softlearn's classifiers, or a Pipeline that ends with one.
        X: rows as `fit` takes them, such as those it was fitted to, for the types of the columns
            and for the comparison; at least one.
        opset: the version of the standard operators, 13 to 21.
        dtype: in which the graph computes, and of its inputs that are numbers.

    Raises:
        ImportError: a package of the extra `onnx` is missing; a sentence.
        ValueError: something cannot be exported, or onnxruntime computes something else; a
            sentence that names the step.

    """
    _need_packages()
    if not OLDEST <= opset <= NEWEST:
        raise ValueError(f"opset must be from {OLDEST} to {NEWEST}, but it is {opset}.")
    if dtype not in _FAR:
        raise ValueError(f"dtype must be 'float64' or 'float32', but it is {dtype!r}.")
    from skl2onnx import convert_sklearn

    from . import preprocessing

    register()
    _check_steps(model, opset)
    model = _without_gaps(model)

    def converted(part: Any, columns: list[tuple[str, Any]]) -> Any:
        return convert_sklearn(
            part,
            name="softlearn",
            initial_types=columns,
            target_opset={"": opset, "ai.onnx.ml": 3 if opset >= 15 else 2},
            custom_conversion_functions=preprocessing.converters(dtype),
            custom_shape_calculators=preprocessing.shapes(dtype),
        )

    columns = columns_of(X, dtype)
    try:
        graph = converted(model, columns)
    except Exception as error:  # skl2onnx raises what it likes
        at = _culprit(model, lambda part, width: converted(part, matrix(width, dtype)))
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ValueError(
            f"{at or 'The model'} cannot be exported to ONNX in {dtype} at opset {opset}: {reason} "
            f"({type(error).__name__} of skl2onnx)."
        ) from error
    _rename(graph.graph, [name for name, _ in columns])
    return _compared(model, graph, X, opset, dtype)


def register() -> None:
    """Let `skl2onnx` itself convert softlearn's classifiers, in pipelines of any kind.

    Raises:
        ImportError: a package of the extra `onnx` is missing; a sentence.

    """
    _need_packages()
    from skl2onnx import update_registered_converter

    from . import classifiers

    for kind in classifiers.CONVERTERS:
        update_registered_converter(
            kind,
            classifiers.alias_of(kind),
            classifiers.calculate_shapes,
            classifiers.convert,
            parser=classifiers.parse,
            options={"zipmap": [True, False]},  # which pipelines set; there is none
        )


def _need_packages() -> None:
    need(("onnx", "skl2onnx", "onnxruntime"), "Exporting to ONNX", "onnx")


# -- what can be exported


def _check_steps(model: Any, opset: int) -> None:
    """Raise ValueError naming a step that cannot be exported."""
    from skl2onnx._supported_operators import sklearn_operator_name_map

    from . import classifiers, preprocessing

    for path, step in _steps(model, ""):
        kind = type(step)
        why = preprocessing.reason_against(step, opset)
        if kind in classifiers.CONVERTERS:
            why = _against(step)
        elif kind.__name__ in _OF_TEXTS:
            why = "onnxruntime finds words and small letters by other rules"
        elif kind not in sklearn_operator_name_map:
            why = "nothing is known to convert it"
        if why:
            where = f"The step {path!r}, {kind.__name__}," if path else f"{kind.__name__}"
            raise ValueError(f"{where} cannot be exported to ONNX: {why}.")
    if type(_last(model)) not in classifiers.CONVERTERS:
        raise ValueError(
            f"{type(_last(model)).__name__} is not one of softlearn's classifiers that can be "
            "exported to ONNX; use skl2onnx."
        )


def _without_gaps(model: Any) -> Any:
    """Return a pipeline without steps that do nothing."""
    if not isinstance(model, Pipeline):
        return model
    steps = [(name, step) for name, step in model.steps if step not in ("passthrough", None)]
    return Pipeline(steps) if len(steps) > 1 else steps[0][1]


def _culprit(model: Any, converted: Callable[[Any, int], Any]) -> str:
    """Return the step that cannot be converted by itself, in words, or ""."""
    for path, step in _steps(model, ""):
        if hasattr(step, "transform"):
            try:
                converted(step, step.n_features_in_)
            except Exception:
                return f"The step {path!r}, {type(step).__name__},"
    return ""


def _rename(graph: Any, names: list[str]) -> None:
    """Give the inputs the names of the columns, in which skl2onnx replaces blanks and the like."""
    new = {one.name: name for one, name in zip(graph.input, names, strict=True)}
    for one in graph.input:
        one.name = new[one.name]
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]


def _last(model: Any) -> Any:
    return _last(model.steps[-1][1]) if isinstance(model, Pipeline) else model


def _steps(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each part of a model that computes, with its name."""
    parts: list[tuple[str, Any]] = []
    if isinstance(model, Pipeline):
        parts = list(model.steps)
    elif isinstance(model, FeatureUnion):
        parts = list(model.transformer_list)
    elif isinstance(model, ColumnTransformer):
        parts = [(name, part) for name, part, _ in model.transformers_]
    else:
        yield path, model
        if isinstance(model, MetaClassifier):
            parts = [("estimator", model.estimator_)]
            parts += [("estimator", one) for one in getattr(model, "fold_estimators_", [])]
    for name, part in parts:
        if part not in ("drop", "passthrough", None):
            yield from _steps(part, f"{path} > {name}" if path else name)


def _against(model: Any) -> str:
    from .classifiers import CONVERTERS

    if isinstance(model, MetaClassifier):
        for inner in [model.estimator_, *getattr(model, "fold_estimators_", [])]:
            if type(_last(inner)) not in CONVERTERS:
                return f"the {type(_last(inner)).__name__} within it is not one of softlearn's"
    if model.classes_.dtype.kind not in "iubUfO":
        return f"its classes are {model.classes_.dtype}"
    if hasattr(model, "label_") and (model.classes_ == model.label_).any():
        return f"it has learned {model.label_!r} as a class"
    return ""


# -- whether it is right


def _compared(model: Any, graph: Any, X: Any, opset: int, dtype: str) -> OnnxExport:
    import onnxruntime

    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), quiet, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"onnxruntime cannot load the exported model: {reason}.") from error
    names = [output.name for output in session.get_outputs()]
    counts, far, far_p, other = [0, 0], 0.0, 0.0, 0
    for hostile, rows in enumerate((X, hostile_rows(X))):
        expected = _predicted(model, rows)
        if expected is None:
            continue
        found = dict(zip(names, session.run(None, inputs_of(rows, dtype)), strict=True))
        counts[hostile] = len(expected["probabilities"])
        far = max(far, _distance(expected["probabilities"], found["probabilities"]))
        if "p_values" in found:
            far_p = max(far_p, _distance(expected["p_values"], found["p_values"][:, 0]))
        both = zip(expected["label"].tolist(), found["label"].tolist(), strict=True)
        other += sum(own != theirs for own, theirs in both)
    if not far <= _FAR[dtype]:
        raise ValueError(
            f"The model is not exported: onnxruntime computes other probabilities, by {far:.2g}."
        )
    return OnnxExport(graph, opset, dtype, counts[0], counts[1], far, far_p, other)


def _predicted(model: Any, X: Any) -> dict[str, NDArray[Any]] | None:
    """Return what the model says; None if it refuses these rows."""
    try:
        found = {"label": model.predict(X), "probabilities": model.predict_proba(X)}
        if hasattr(_last(model), "p_value"):
            rows = model[:-1].transform(X) if isinstance(model, Pipeline) else X
            found["p_values"] = _last(model).p_value(rows)
    except ValueError:
        return None
    return found


def _distance(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.abs(a - b.astype(np.float64)).max(initial=0.0))
