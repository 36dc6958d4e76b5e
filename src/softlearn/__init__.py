"""softlearn: softmax classification with a proven optimum.

    from softlearn import SoftmaxRegression        # in place of LogisticRegression
    from softlearn import softmax, log_softmax, hardmax, cross_entropy

Names are loaded when first used, so importing softlearn alone is light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .estimators import SoftmaxRegression
    from .model_file import ModelFileError, load, read_metadata, save
    from .protocol import Status
    from .softmax import cross_entropy, curvature, hardmax, log_softmax, residual, softmax
    from .solve import minimize

_HOMES = {
    "SoftmaxRegression": "estimators",
    "ModelFileError": "model_file",
    "load": "model_file",
    "read_metadata": "model_file",
    "save": "model_file",
    "Status": "protocol",
    "cross_entropy": "softmax",
    "curvature": "softmax",
    "hardmax": "softmax",
    "log_softmax": "softmax",
    "residual": "softmax",
}

__all__ = [
    "ModelFileError",
    "SoftmaxRegression",
    "Status",
    "__version__",
    "cross_entropy",
    "curvature",
    "hardmax",
    "load",
    "log_softmax",
    "read_metadata",
    "residual",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'softlearn' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
