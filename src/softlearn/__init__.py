"""softlearn: softmax classification with a proven optimum.

    from softlearn import SoftmaxRegression        # in place of LogisticRegression
    from softlearn import SoftmaxNetwork           # in place of MLPClassifier
    from softlearn import softmax, log_softmax, hardmax, cross_entropy, loss

The functions of `softmax.py` need NumPy alone and are loaded at once: `softlearn.softmax` is the
function, and importing the module first must not change what the name means.  All other names are
loaded when first used, so importing softlearn is light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .softmax import cross_entropy, curvature, hardmax, log_softmax, loss, residual, softmax

if TYPE_CHECKING:
    from .autodiff import minimize
    from .estimators import (
        RegularizationPath,
        SoftmaxNetwork,
        SoftmaxRegression,
        SoftmaxRegressionCV,
        regularization_path,
    )
    from .model_file import ModelFileError, load, read_metadata, save
    from .protocol import Status
    from .reporting import report

_HOMES = {
    "ModelFileError": "model_file",
    "RegularizationPath": "estimators",
    "SoftmaxNetwork": "estimators",
    "SoftmaxRegression": "estimators",
    "SoftmaxRegressionCV": "estimators",
    "Status": "protocol",
    "load": "model_file",
    "minimize": "autodiff",
    "read_metadata": "model_file",
    "regularization_path": "estimators",
    "report": "reporting",
    "save": "model_file",
}

__all__ = [
    "ModelFileError",
    "RegularizationPath",
    "SoftmaxNetwork",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "Status",
    "__version__",
    "cross_entropy",
    "curvature",
    "hardmax",
    "load",
    "log_softmax",
    "loss",
    "minimize",
    "read_metadata",
    "regularization_path",
    "report",
    "residual",
    "save",
    "softmax",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'softlearn' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
