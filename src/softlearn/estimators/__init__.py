"""Floor 5: scikit-learn estimators.  They encode labels, build J, minimise it, and keep w."""

from .regression import SoftmaxRegression

__all__ = ["SoftmaxRegression"]
