"""Floor 5: scikit-learn estimators.  They encode labels, build J, minimise it, and keep w."""

from .network.softmax_network import SoftmaxNetwork
from .regression.cv import SoftmaxRegressionCV
from .regression.path import RegularizationPath, regularization_path
from .regression.softmax_regression import SoftmaxRegression

__all__ = [
    "RegularizationPath",
    "SoftmaxNetwork",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "regularization_path",
]
