"""Transformers that skl2onnx converts otherwise than scikit-learn computes them, or not at all.

A missing value is NaN in numbers and the empty text in texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from .graph import Graph

__all__ = ["converters", "reason_against", "shapes"]

_Converter = Callable[[Any, Any, Any], None]


def converters(dtype: str) -> dict[type[Any], _Converter]:
    """Return what writes the nodes of these transformers, in a precision."""
    return {
        SimpleImputer: lambda *given: _impute(dtype, *given),
        OneHotEncoder: lambda *given: _encode(dtype, *given),
    }


def shapes(dtype: str) -> dict[type[Any], Callable[[Any], None]]:
    """Return what says the types of these transformers' outputs."""
    numbers = DoubleTensorType if dtype == "float64" else FloatTensorType

    def imputed(operator: Any) -> None:
        filled = _is_text(operator.inputs[0])
        width = len(operator.raw_operator.get_feature_names_out())
        operator.outputs[0].type = (StringTensorType if filled else numbers)([None, width])

    def encoded(operator: Any) -> None:
        width = len(operator.raw_operator.get_feature_names_out())
        operator.outputs[0].type = numbers([None, width])

    return {SimpleImputer: imputed, OneHotEncoder: encoded}


def reason_against(step: Any, opset: int) -> str:
    """Return why a fitted transformer cannot be exported, as the end of a sentence, or ""."""
    if isinstance(step, SimpleImputer):
        if not _missing(step.missing_values):
            return f"it fills in for {step.missing_values!r}, not for missing values"
        if np.asarray(step.statistics_).dtype.kind == "O" and opset < 19:
            return "it fills in texts, which needs opset 19"
    if isinstance(step, OneHotEncoder):
        if getattr(step, "_infrequent_enabled", False):
            return "it joins infrequent categories"
        for values in step.categories_:
            if values.dtype.kind == "O" and sum(map(_missing, values)) + ("" in values) > 1:
                return "it has several categories for missing values"
    return ""


def _missing(value: Any) -> bool:
    return value is None or bool(value != value)


def _is_text(variable: Any) -> bool:
    return isinstance(variable.type, StringTensorType)


def _columns(g: Graph, operator: Any) -> list[tuple[str, bool]]:
    """Return the columns of an operator's inputs, each (n, 1), and whether they are texts."""
    found = []
    for variable in operator.inputs:
        width = variable.type.shape[1] or operator.raw_operator.n_features_in_
        name, text = variable.full_name, _is_text(variable)
        if not text:
            name = g.numbers(name)
        parts = [name] if width == 1 else [
            g.add("Gather", name, np.array([j]), axis=1) for j in range(width)
        ]  # fmt: skip
        found += [(part, text) for part in parts]
    return found


def _absent(g: Graph, x: str, text: bool) -> str:
    return g.add("Equal", x, np.array([[""]])) if text else g.add("IsNaN", x)


def _impute(dtype: str, scope: Any, operator: Any, container: Any) -> None:
    g, model = Graph(scope, container, dtype), operator.raw_operator
    columns = _columns(g, operator)
    parts = []
    for (x, text), value in zip(columns, model.statistics_, strict=True):
        if _missing(value):  # a column without values is left out
            continue
        fill = np.array([[str(value)]]) if text else np.array([[float(value)]])
        parts.append(g.add("Where", _absent(g, x, text), fill, x))
    if model.add_indicator:
        parts += [g.numbers(_absent(g, *columns[j])) for j in model.indicator_.features_.tolist()]
    g.add("Concat", *parts, out=operator.outputs[0].full_name, axis=1)


def _encode(dtype: str, scope: Any, operator: Any, container: Any) -> None:
    g, model = Graph(scope, container, dtype), operator.raw_operator
    parts = []
    for j, ((x, text), values) in enumerate(
        zip(_columns(g, operator), model.categories_, strict=True)
    ):
        drop = None if model.drop_idx_ is None else model.drop_idx_[j]
        kept = [value for k, value in enumerate(values.tolist()) if k != drop]
        if not kept:
            continue
        if text:
            known = ["" if _missing(value) else str(value) for value in kept]
            hot = g.add("OneHotEncoder", x, op_domain="ai.onnx.ml", cats_strings=known, zeros=1)
            parts.append(g.add("Reshape", g.numbers(hot), np.array([-1, len(kept)])))
            continue
        numbers = np.array([[0.0 if _missing(value) else float(value) for value in kept]])
        hot = g.add("Equal", x, numbers)
        absent = np.array([[_missing(value) for value in kept]])
        if absent.any():
            gap = g.add("Expand", g.add("IsNaN", x), np.array([1, len(kept)]))
            where = g.add("Cast", absent, to=9)  # bool
            hot = g.add("Where", where, gap, hot)
        parts.append(g.numbers(hot))
    g.add("Concat", *parts, out=operator.outputs[0].full_name, axis=1)
