"""Files made by hand.

An enemy computes the checksum too, so they are sealed properly, and what they try must be caught by
the checks behind it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris

from softlearn import ModelFileError, load
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import sealed

X, Y = load_iris(return_X_y=True)


def refused(path: Path, data: bytes, match: str = "cannot be loaded") -> None:
    """Load the bytes; require one sentence that names the file, and an untouched folder."""
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=match) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert list(path.parent.iterdir()) == [path]


def with_members(whole: bytes, **changes: bytes) -> bytes:
    """Replace members (name with _ for its dot), and seal the file again."""
    members = MODEL_FILE.open(whole)
    return sealed(members | {name.replace("_", "."): data for name, data in changes.items()})


def with_schema(whole: bytes, edit) -> bytes:
    """Return the file with `edit(schema)` done, or its result in the schema's place."""
    schema = json.loads(MODEL_FILE.open(whole)["schema.json"])
    schema = edit(schema) or schema
    return with_members(whole, schema_json=json.dumps(schema).encode())


def node(loader: str, name: str, **entries: Any) -> dict[str, Any]:
    module, _, kind = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": kind, **entries}


def value(content: Any) -> dict[str, Any]:
    return node("JsonNode", "builtins.str", content=json.dumps(content), is_json=True)


def listed(*items: dict[str, Any], kind: str = "List") -> dict[str, Any]:
    return node(f"{kind}Node", f"builtins.{kind.lower()}", content=list(items))


def mapped(**items: dict[str, Any]) -> dict[str, Any]:
    kinds = listed(*[node("TypeNode", "builtins.str") for _ in items])
    return node("DictNode", "builtins.dict", key_types=kinds, content=items)


def with_attribute(whole: bytes, attribute: dict[str, Any]) -> bytes:
    """Return the file with one attribute more in its pipeline, `verbose`'s place taken."""

    def edit(schema: dict[str, Any]) -> None:
        schema["content"]["content"]["verbose"] = attribute

    return with_schema(whole, edit)
