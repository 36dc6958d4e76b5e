"""Nodes of an ONNX graph, added one expression at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import FloatTensorType

__all__ = ["Graph", "dtype_of", "label_array"]

_TYPES = {"float64": TensorProto.DOUBLE, "float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
_AXES_AS_INPUT = {"ReduceSum": 13}  # the others: 18


def dtype_of(variable: Any) -> str:
    """Return in which precision an operator computes that has this input."""
    return "float32" if isinstance(variable.type, FloatTensorType) else "float64"


class Graph:
    """Adds nodes to what skl2onnx builds; a value is the name of a node's output.

    Args:
        scope, container: as skl2onnx hands them to a converter.
        dtype: of numbers, "float64" or "float32".

    """

    def __init__(self, scope: Any, container: Any, dtype: str) -> None:
        self._scope, self._container, self.dtype = scope, container, dtype
        self.opset: int = container.target_opset_any_domain("")

    def add(self, kind: str, *inputs: Any, out: str | None = None, **attributes: Any) -> str:
        """Add a node of the standard operators; inputs that are no names are constants."""
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        out = out or self._scope.get_unique_variable_name("softlearn")
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, names, out, name=name, **attributes)
        return out

    def constant(self, value: Any) -> str:
        """Add a constant: numbers in the graph's dtype, whole numbers as int64, texts."""
        array = np.asarray(value)
        name: str = self._scope.get_unique_variable_name("constant")
        if array.dtype.kind in "US":
            content: Any = [str(text).encode() for text in array.ravel()]
            kind = TensorProto.STRING
        else:
            array = array.astype("int64" if array.dtype.kind in "iub" else self.dtype)
            content, kind = array.ravel(), _TYPES[array.dtype.name]
        self._container.add_initializer(name, kind, list(array.shape), content)
        return name

    def numbers(self, x: str) -> str:
        """Return a tensor of any numbers in the graph's dtype."""
        return self.add("Cast", x, to=_TYPES[self.dtype])

    def reduce(self, kind: str, x: str) -> str:
        """Return (n, 1), a reduction over the columns."""
        if self.opset >= _AXES_AS_INPUT.get(kind, 18):
            return self.add(kind, x, np.array([1]), keepdims=1)
        return self.add(kind, x, axes=[1], keepdims=1)

    def at_most(self, a: str, b: Any) -> str:
        """Return whether a <= b."""
        return self.add("LessOrEqual", a, b)

    def label(self, classes: Any, scores: str, out: str) -> str:
        """Add what is said: of `classes` (K,) the one with the largest of `scores` (n, K)."""
        place = self.add("ArgMax", scores, axis=1, keepdims=0)
        return self.add("Gather", label_array(classes), place, out=out, axis=0)


def label_array(classes: Any) -> Any:
    """Return labels as a constant may hold them."""
    array = np.asarray(classes)
    if array.dtype.kind == "O":
        array = np.array(array.tolist())
    return array.astype(np.int64) if array.dtype.kind in "iub" else array
