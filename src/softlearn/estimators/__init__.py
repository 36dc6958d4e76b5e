"""Floor 5: scikit-learn estimators.  They encode labels, build J, minimise it, and keep w."""

from .cv import SoftmaxRegressionCV
from .path import RegularizationPath, regularization_path
from .regression import SoftmaxRegression

__all__ = [
    "RegularizationPath",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "regularization_path",
]
