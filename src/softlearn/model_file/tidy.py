"""What skops writes, tidied: a model always gives the same bytes, and nothing is repeated."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import skops
import skops.io  # registers how each type is written
from skops.io._utils import SaveContext, get_state

from . import older  # noqa: F401  (registers how what older packages hold is written)
from .arrays import stored_npz

__all__ = ["tidied"]

_SHARED = {"ObjectNode", "ListNode", "DictNode", "NdArrayNode", "SparseMatrixNode"}
_BOOLS = ("builtins", "bool"), ("numpy", "bool")


def tidied(model: Any) -> dict[str, bytes]:
    """Return the members that hold a model, `schema.json` first and arrays numbered in order.

    skops writes an object again wherever it occurs and names objects by their address in memory.
    Here the second occurrence is a reference (which skops reads: a node whose number it knows),
    and numbers count from 1.
    """
    with zipfile.ZipFile(io.BytesIO(), "w") as source:
        tidy = _Tidy()
        schema = tidy.node(_schema(model, source))
        text = json.dumps(schema, separators=(",", ":")).encode()
        members = {"schema.json": text}
        for old, new in tidy.files.items():
            content = source.read(old)
            members[new] = stored_npz(content) if new.endswith(".npz") else content
    return members


def _schema(model: Any, archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return what `skops.io.dump` writes; arrays go to the archive.

    As skops does it, less the indentation, which takes nine tenths of its time.
    """
    context = SaveContext(zip_file=archive)
    state = get_state(model, context)
    state |= {"protocol": context.protocol, "_skops_version": skops.__version__}
    schema: dict[str, Any] = json.loads(json.dumps(state))  # keys become text, as in a file
    return schema


class _Tidy:
    def __init__(self) -> None:
        self.first: dict[int, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self.numbers = 0

    def node(self, state: dict[str, Any]) -> dict[str, Any]:
        number = state.pop("__id__", None)
        if number in self.first:
            return self._reference(self.first[number])
        if number is not None and state["__loader__"] in _SHARED:
            self.first[number] = state
        if "file" in state:
            suffix = state["file"][-4:]
            state["file"] = self.files.setdefault(state["file"], f"{len(self.files)}{suffix}")
        for key in ("key_types", "content", "shape"):
            if key in state:
                state[key] = self._below(state[key])
        if state["__loader__"] == "DictNode":
            _mend_false(state)
        return state

    def _below(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.node(item) for item in value]
        if isinstance(value, dict):
            if "__loader__" in value and isinstance(value["__loader__"], str):
                return self.node(value)
            return {key: self._below(item) for key, item in value.items()}
        return value

    def _reference(self, first: dict[str, Any]) -> dict[str, Any]:
        if "__id__" not in first:
            self.numbers += 1
            first["__id__"] = self.numbers
        head = {key: first[key] for key in ("__class__", "__module__")}
        return {**head, "__loader__": "CachedNode", "__id__": first["__id__"]}


def _mend_false(state: dict[str, Any]) -> None:
    """Spell a key False as "", because skops makes keys by calling bool on their text."""
    kinds = [(kind["__module__"], kind["__class__"]) for kind in state["key_types"]["content"]]
    state["content"] = {
        "" if kind in _BOOLS and key == "false" else key: value
        for kind, (key, value) in zip(kinds, state["content"].items(), strict=False)
    }
