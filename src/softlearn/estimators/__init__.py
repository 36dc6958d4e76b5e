"""Scikit-learn estimators.  They encode labels, build J, minimise it, and keep w."""

import sys

from .network import SoftmaxNetwork
from .regression import (
    RegularizationPath,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    cv,
    path,
    regularization_path,
)

__all__ = [
    "RegularizationPath",
    "SoftmaxNetwork",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "regularization_path",
]

# Where pickles of softlearn 0.1 look; other classes are found by the name of their room.
sys.modules.update({f"{__name__}.cv": cv, f"{__name__}.path": path})
