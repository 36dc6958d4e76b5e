"""Floor 5: scikit-learn estimators.  They encode labels, build J, minimise it, and keep w."""

from .cv import SoftmaxRegressionCV
from .network import SoftmaxNetwork
from .path import RegularizationPath, regularization_path
from .regression import SoftmaxRegression

__all__ = [
    "RegularizationPath",
    "SoftmaxNetwork",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "regularization_path",
]
