"""Softmax regression: one fit, a path over C, cross-validation, one batch after another."""

from .cv import SoftmaxRegressionCV
from .path import RegularizationPath, regularization_path
from .softmax_regression import SoftmaxRegression

__all__ = [
    "RegularizationPath",
    "SoftmaxRegression",
    "SoftmaxRegressionCV",
    "regularization_path",
]
