"""The tree of a model (`schema.json`): checked against an allow-list before anything is built.

Each loader has its own keys and names, and nothing else passes: no node can name a class for
another's purpose.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..sealed import check_npy
from .allowed import CONSTRUCTORS, DICTS, FUNCTIONS, OBJECTS, SCALARS, TYPES
from .arrays import check_npz
from .encode import PROTOCOL
from .errors import ModelFileError

__all__ = ["checked_types"]

_HEAD = {"__class__", "__module__", "__loader__"}
_ARRAY = {"type", "file"}
_RULES: dict[str, tuple[frozenset[str], set[str]]] = {
    "JsonNode": (frozenset({"builtins.str"}), {"content", "is_json"}),
    "TypeNode": (TYPES, set()),
    "FunctionNode": (FUNCTIONS, set()),
    "ListNode": (frozenset({"builtins.list"}), {"content"}),
    "TupleNode": (frozenset({"builtins.tuple"}), {"content"}),
    "DictNode": (DICTS, {"key_types", "content"}),
    "ObjectNode": (OBJECTS, {"content"}),
    "ConstructorFromReduceNode": (CONSTRUCTORS, {"content"}),
    "SliceNode": (frozenset({"builtins.slice"}), {"content"}),
    "DTypeNode": (frozenset({"numpy.dtype"}), {"content"}),
    "NdArrayNode": (SCALARS | {"numpy.ndarray"}, _ARRAY),
    "SparseMatrixNode": (
        frozenset({"scipy.sparse._csr.csr_array", "scipy.sparse._csr.csr_matrix"}),
        _ARRAY,
    ),
}
"""Loader -> the types it may make, and the keys of its node beside the head."""

_OBJECT_ARRAY_KEYS = {"type", "content", "shape"}
_MAX_DEPTH = 120
_MAX_NODES = 10_000_000

State = dict[str, Any]


def checked_types(schema: Any, members: Mapping[str, bytes]) -> set[str]:
    """Return the types that the tree names, every one of them on our list."""
    if not isinstance(schema, dict):
        raise ModelFileError("its schema.json is not an object.")
    protocol = schema.get("protocol")
    if type(protocol) is not int or protocol != PROTOCOL:
        raise ModelFileError(f"its schema.json is of an unknown protocol ({protocol!r}).")
    root = {key: schema[key] for key in schema if key not in ("protocol", "_skops_version")}
    check = _Check(members)
    check.node(root, 0)
    unused = members.keys() - check.files - {"metadata.json", "schema.json"}
    if unused:
        raise ModelFileError(f"it has a member that nothing uses: {min(unused)}.")
    return check.types


@dataclass
class _Check:
    members: Mapping[str, bytes]
    types: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    """For each node that may be referred to, how many nodes it stands for."""

    def node(self, state: Any, depth: int) -> int:
        """Check a node and all below it; return how many nodes it stands for."""
        if not isinstance(state, dict) or not all(isinstance(state.get(k), str) for k in _HEAD):
            raise ModelFileError("its schema.json has a node without a type.")
        if depth > _MAX_DEPTH:
            raise ModelFileError("its schema.json is nested too deeply.")
        if state["__loader__"] == "CachedNode":
            return self._reference(state)
        self._type(state)
        size = 1 + self._below(state, depth + 1)
        if size > _MAX_NODES:
            raise ModelFileError("its schema.json has too many nodes.")
        if "__id__" in state:
            number = state["__id__"]
            if type(number) is not int or number <= 0 or number in self.sizes:
                raise ModelFileError("its schema.json numbers its nodes wrongly.")
            self.sizes[number] = size
        return size

    def _type(self, state: State) -> None:
        loader, name = state["__loader__"], f"{state['__module__']}.{state['__class__']}"
        names, keys = _RULES.get(loader, (frozenset[str](), set()))
        if name not in names:
            raise ModelFileError(
                f"it holds {_named(loader, name)}, which is not among the types that a model file "
                "may hold (see docs/model_file.md)."
            )
        if loader == "NdArrayNode" and name == "numpy.ndarray" and state.get("type") == "json":
            keys = _OBJECT_ARRAY_KEYS
        if state.keys() - _HEAD - {"__id__"} != keys:
            raise ModelFileError(f"its schema.json has a {loader} with the wrong entries.")
        self.types.add(name)

    def _below(self, state: State, depth: int) -> int:
        loader = state["__loader__"]
        if loader == "JsonNode":
            return _scalar(state["content"])
        if loader in ("TypeNode", "FunctionNode"):
            return 0
        if loader == "SliceNode":
            return _slice(state["content"])
        if "file" in state:
            return self._array(state)
        if loader == "DictNode":
            return self._dict(state, depth)
        if loader in ("ListNode", "TupleNode"):
            return self._list(state["content"], depth)
        if loader == "NdArrayNode":
            return self._list(state["content"], depth) + self._shape(state["shape"], depth)
        return self.node(state["content"], depth)

    def _dict(self, state: State, depth: int) -> int:
        """Check the types of the keys, which are called on their text, then the values."""
        kinds, content = state["key_types"], state["content"]
        size = self.node(kinds, depth)
        if kinds["__loader__"] != "ListNode" or not isinstance(content, dict):
            raise ModelFileError("its schema.json has a dictionary without keys.")
        callables = [kind["__loader__"] for kind in kinds["content"]]
        if callables != ["TypeNode"] * len(content):
            raise ModelFileError("its schema.json has a dictionary whose keys lack types.")
        return size + self._list(list(content.values()), depth)

    def _list(self, content: Any, depth: int) -> int:
        if not isinstance(content, list):
            raise ModelFileError("its schema.json has a list that is none.")
        return sum(self.node(item, depth) for item in content)

    def _shape(self, shape: Any, depth: int) -> int:
        size = self.node(shape, depth)
        if shape["__loader__"] != "TupleNode":
            raise ModelFileError("its schema.json has an array whose shape is no tuple.")
        return size

    def _array(self, state: State) -> int:
        file, sparse = state["file"], state["__loader__"] == "SparseMatrixNode"
        kind, suffix = ("scipy", ".npz") if sparse else ("numpy", ".npy")
        data = self.members.get(file) if isinstance(file, str) else None
        if state["type"] != kind or data is None or not file.endswith(suffix):
            raise ModelFileError(f"its schema.json names an array that is not there: {file!r}.")
        if file not in self.files:
            (check_npz if sparse else check_npy)(data, file)
            self.files.add(file)
        return 1

    def _reference(self, state: State) -> int:
        """Return the size of a node met, and finished, before: so there are no cycles."""
        number = state.get("__id__")
        if (
            type(number) is not int
            or number not in self.sizes
            or state.keys() - _HEAD != {"__id__"}
        ):
            raise ModelFileError("its schema.json refers to a node that does not come before.")
        return self.sizes[number]


def _scalar(content: Any) -> int:
    value = json.loads(content) if isinstance(content, str) else ()
    if not isinstance(value, str | int | float | None):
        raise ModelFileError("its schema.json has a value that is not a number, text or null.")
    return 0


def _slice(content: Any) -> int:
    sound = isinstance(content, dict) and content.keys() == {"start", "stop", "step"}
    if not sound or not all(type(value) in (int, type(None)) for value in content.values()):
        raise ModelFileError("its schema.json has a slice that is none.")
    return 0


def _named(loader: str, name: str) -> str:
    if loader == "FunctionNode":
        return f"the function {name}"
    return name if loader == "ObjectNode" else f"{name} (a {loader})"
