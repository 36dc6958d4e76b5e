"""The model in the members of a model file, whose tree `schema.py` has checked before."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["decoded"]

State = dict[str, Any]


def decoded(schema: State, members: Mapping[str, bytes]) -> Any:
    """Return the model of a tree that `checked_types` has passed."""
    return _Builder(members).value(schema)


class _Builder:
    def __init__(self, members: Mapping[str, bytes]) -> None:
        self.members = members
        self.known: dict[int, Any] = {}

    def value(self, state: State) -> Any:
        """Return what a node stands for."""
        if state["__loader__"] == "CachedNode":
            return self.known[state["__id__"]]
        value = _BUILD[state["__loader__"]](self, state)
        if "__id__" in state:
            self.known[state["__id__"]] = value
        return value

    def _json(self, state: State) -> Any:
        return json.loads(state["content"])

    def _named(self, state: State) -> Any:
        return getattr(import_module(state["__module__"]), state["__class__"])

    def _list(self, state: State) -> list[Any]:
        return [self.value(item) for item in state["content"]]

    def _tuple(self, state: State) -> tuple[Any, ...]:
        return tuple(self._list(state))

    def _dict(self, state: State) -> Any:
        kinds = self.value(state["key_types"])
        found = self._named(state)()
        for kind, (key, item) in zip(kinds, state["content"].items(), strict=True):
            found[kind(key)] = self.value(item)
        return found

    def _object(self, state: State) -> Any:
        """Make an object without calling its type, then set its attributes."""
        kind = self._named(state)
        made = kind.__new__(kind)
        attributes = self.value(state["content"])
        if hasattr(made, "__setstate__"):
            made.__setstate__(attributes)
        elif attributes is not None:
            made.__dict__.update(attributes)
        return made

    def _call(self, state: State) -> Any:
        return self._named(state)(*self.value(state["content"]))

    def _slice(self, state: State) -> slice:
        return slice(*(state["content"][end] for end in ("start", "stop", "step")))

    def _dtype(self, state: State) -> Any:
        return self.value(state["content"]).dtype

    def _array(self, state: State) -> Any:
        if state["type"] == "json":
            return self._objects(state)
        array = np.load(io.BytesIO(self.members[state["file"]]), allow_pickle=False)
        kind = self._named(state)
        return array if kind is np.ndarray else kind(array)

    def _objects(self, state: State) -> Any:
        items = self._list(state)
        if len(self.value(state["shape"])) != 1:
            return np.array(items, dtype=object)
        array = np.empty(len(items), dtype=object)  # whose items may be lists
        for i, item in enumerate(items):
            array[i] = item
        return array

    def _sparse(self, state: State) -> Any:
        return sp.load_npz(io.BytesIO(self.members[state["file"]]))


_BUILD: dict[str, Callable[[_Builder, State], Any]] = {
    "JsonNode": _Builder._json,
    "TypeNode": _Builder._named,
    "FunctionNode": _Builder._named,
    "ListNode": _Builder._list,
    "TupleNode": _Builder._tuple,
    "DictNode": _Builder._dict,
    "ObjectNode": _Builder._object,
    "ConstructorFromReduceNode": _Builder._call,
    "SliceNode": _Builder._slice,
    "DTypeNode": _Builder._dtype,
    "NdArrayNode": _Builder._array,
    "SparseMatrixNode": _Builder._sparse,
}
"""Loader -> what makes the value of its node; the same loaders as in `schema.py`."""
