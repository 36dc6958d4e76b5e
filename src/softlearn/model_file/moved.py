"""Types that have moved to another module: files written before name them by their old one."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["MOVED", "with_new_names"]

MOVED = {
    ("softlearn.cli.vectorise", "ImageReader"): "softlearn.features.images",
    ("softlearn.cli.vectorise", "TextColumn"): "softlearn.features.text",
    ("softlearn.estimators.cv", "SoftmaxRegressionCV"): "softlearn.estimators.regression.cv",
    ("softlearn.estimators.network", "SoftmaxNetwork"): (
        "softlearn.estimators.network.softmax_network"
    ),
    ("softlearn.estimators.regression", "SoftmaxRegression"): (
        "softlearn.estimators.regression.softmax_regression"
    ),
}
"""(module, class) as in files -> the module of today."""

_OLD = frozenset(f'"{module}"'.encode() for module, _ in MOVED)


def with_new_names(schema: bytes) -> bytes:
    """Return a `schema.json` in which every type is named by its module of today.

    Bytes without an old name are returned as they are.
    """
    if not any(name in schema for name in _OLD):
        return schema
    return json.dumps(json.loads(schema, object_hook=_renamed)).encode()


def _renamed(node: dict[str, Any]) -> dict[str, Any]:
    module, name = node.get("__module__"), node.get("__class__")
    if isinstance(module, str) and isinstance(name, str):
        node["__module__"] = MOVED.get((module, name), module)
    return node
