"""A model as the members of a model file: a tree of nodes in `schema.json`, and arrays.

The nodes are those of skops, which reads what is written here.  It is not asked to write it, since
its import alone searches all of scikit-learn and SciPy for types.
"""

from __future__ import annotations

import io
import json
from datetime import timedelta, timezone
from types import BuiltinFunctionType, FunctionType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import scipy.sparse as sp

from ..sealed import array_bytes

__all__ = ["PROTOCOL", "encoded"]

PROTOCOL = 2
"""The version of skops' nodes, in `schema.json`."""

State = dict[str, Any]
_SHARED = {"ObjectNode", "ListNode", "DictNode", "NdArrayNode", "SparseMatrixNode"}
_FUNCTION = FunctionType | BuiltinFunctionType | np.ufunc | type(np.sort)
_COLUMNS = "_RemainderColsList"  # scikit-learn 1.6's, of a ColumnTransformer; later a list


def encoded(model: Any) -> dict[str, bytes]:
    """Return the members that hold a model, `schema.json` first and arrays numbered in order.

    A model always gives the same bytes.  What occurs again is a reference to its first occurrence;
    the occurrences that are referred to are numbered from 1.

    Raises:
        RecursionError: an object in it holds itself.
        Exception: whatever a part of it that cannot be written raises.

    """
    tree = _Tree()
    schema = tree.node(model) | {"protocol": PROTOCOL}
    text = json.dumps(schema, separators=(",", ":")).encode()
    return {"schema.json": text, **tree.files}


class _Tree:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.first: dict[int, tuple[State, Any]] = {}  # with the object, so that its id stays its
        self.numbers = 0

    def node(self, value: Any) -> State:
        """Return the node of a value, or a reference to the one that it has."""
        if id(value) in self.first:
            return self._reference(self.first[id(value)][0])
        state = self._state(value)
        if state["__loader__"] in _SHARED:
            self.first[id(value)] = state, value
        return state

    def _reference(self, first: State) -> State:
        if "__id__" not in first:
            self.numbers += 1
            first["__id__"] = self.numbers
        head = {key: first[key] for key in ("__class__", "__module__")}
        return {**head, "__loader__": "CachedNode", "__id__": first["__id__"]}

    def _state(self, value: Any) -> State:
        kind = type(value)
        if isinstance(value, np.ndarray | np.generic):
            return _head("NdArrayNode", kind) | self._array(value)
        if isinstance(value, str | int | float | None):
            return _head("JsonNode", str) | {"content": json.dumps(value), "is_json": True}
        if isinstance(value, dict):
            return _head("DictNode", kind) | self._dict(value)
        if isinstance(value, list):
            return _head("ListNode", kind) | self._list(value)
        if kind.__name__ == _COLUMNS:
            return _head("ListNode", list) | self._list(value.data)
        if isinstance(value, tuple):
            return _head("TupleNode", kind) | self._list(value)
        if isinstance(value, type):
            return _head("TypeNode", value)
        if isinstance(value, _FUNCTION):
            return _function(value)
        if isinstance(value, slice):
            ends = {end: getattr(value, end) for end in ("start", "stop", "step")}
            return _head("SliceNode", kind) | {"content": ends}
        if isinstance(value, np.dtype):
            return _head("DTypeNode", np.dtype) | {"content": self.node(np.empty(0, value))}
        if sp.issparse(value):
            return _head("SparseMatrixNode", kind) | self._sparse(value)
        if kind in (timedelta, timezone, ZoneInfo):  # zones also say whether they were cached
            arguments = value.__reduce__()[1][: 1 if kind is ZoneInfo else None]
            return _head("ConstructorFromReduceNode", kind) | {"content": self.node(arguments)}
        return _head("ObjectNode", kind) | {"content": self.node(value.__getstate__())}

    def _list(self, values: Any) -> State:
        return {"content": [self.node(value) for value in values]}

    def _dict(self, values: dict[Any, Any]) -> State:
        kinds = self.node([type(key) for key in values])
        content = {_key(key): self.node(value) for key, value in values.items()}
        return {"content": content, "key_types": kinds}

    def _array(self, value: Any) -> State:
        if value.dtype == object:
            items = self._list(value.tolist())
            return {**items, "type": "json", "shape": self.node(value.shape)}
        return {"type": "numpy", "file": self._file(array_bytes(value), "npy")}

    def _sparse(self, value: Any) -> State:
        buffer = io.BytesIO()
        sp.save_npz(buffer, value, compressed=False)
        return {"type": "scipy", "file": self._file(buffer.getvalue(), "npz")}

    def _file(self, content: bytes, suffix: str) -> str:
        name = f"{len(self.files)}.{suffix}"
        self.files[name] = content
        return name


def _head(loader: str, kind: type) -> State:
    return {"__class__": kind.__name__, "__module__": kind.__module__, "__loader__": loader}


def _function(function: Any) -> State:
    """Return a function's node, with `numpy` for what NumPy calls `numpy._core...` or nothing."""
    name = function.__name__
    public = getattr(np, name, None) is function
    module = "numpy" if public else getattr(function, "__module__", None) or "(unknown)"
    return {"__class__": name, "__module__": module, "__loader__": "FunctionNode"}


def _key(key: Any) -> str:
    """Return a key as the text from which its type makes it again: False is ""."""
    key = key.item() if isinstance(key, np.generic) else key
    if isinstance(key, str):
        return key
    return "" if key is False else json.dumps(key)
