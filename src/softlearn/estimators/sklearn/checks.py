"""Checks X, y and weights of rows as scikit-learn does; every estimator begins with it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.utils.validation import check_consistent_length, validate_data

from ...data import DenseRowsOnDisk, SparseRowsOnDisk
from ...protocol import F64
from ...streams import is_stream
from .label_arrays import labels_and_columns
from .labels import encode_labels, require_two_classes, totals
from .tensors import as_given, check_tensor, on_device, on_host
from .weights import row_weights, total_of

__all__ = ["Examples", "check_examples", "quiet"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows, labels and weights that can be used."""

    X: Any
    """(n, d), dense or a CSR array, float32 or float64, as the user gave it."""
    codes: NDArray[Any]
    """(n,) labels 0 .. C - 1, or (n, C) rows of probabilities."""
    classes: NDArray[Any]
    s: F64 | None
    """(n,) weights of the rows, those of their classes included; None for 1 each."""
    unit: float
    """The unit of s: a weight is s times it."""

    @property
    def n(self) -> int:
        """The number of rows."""
        return int(self.X.shape[0])

    def total(self, rows: NDArray[np.intp] | None = None) -> float:
        """Return the sum of the weights, of all rows or of some."""
        if rows is None:
            return total_of(self.s, self.unit, self.n)
        return total_of(None if self.s is None else self.s[rows], self.unit, len(rows))

    @property
    def on_disk(self) -> bool:
        """Whether X is a storage of rows on disk."""
        return isinstance(self.X, DenseRowsOnDisk | SparseRowsOnDisk)

    def subset(self, rows: NDArray[np.intp]) -> Examples:
        """Return some of the examples; features are copied, or, on disk, others have no weight."""
        s = None if self.s is None else self.s[rows]
        if not self.on_disk:
            return replace(self, X=self.X[rows], codes=self.codes[rows], s=s)
        weights = np.zeros(self.n)
        weights[rows] = 1.0 if s is None else s
        return replace(self, s=weights)

    def features(self, rows: slice) -> Any:
        """Return the features of some rows, in memory."""
        if not self.on_disk:
            return self.X[rows]
        return self.X.subset(np.arange(rows.start, rows.stop)).X

    def shares(self, rows: NDArray[np.intp]) -> F64 | None:
        """Return the weights of all rows in units of the mean of some; None for 1 each."""
        return None if self.s is None else self.s * (len(rows) / float(self.s[rows].sum()))

    def entropy(self) -> float:
        """Return the log-loss of predicting the class frequencies."""
        p = totals(self.codes, len(self.classes), self.s)
        return float(entr(p / p.sum()).sum())


def check_examples(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    classes: NDArray[Any] | None = None,
    reset: bool = True,
) -> Examples:
    """Check X, y and the weights.

    Args:
        estimator: gives class_weight; receives n_features_in_ and feature_names_in_.
        X: (n, d) features; on a device only for estimators with a parameter `device`.
        y: (n,) labels, or (n, C) rows of one 1 and zeros, or of probabilities.
        sample_weight: (n,) or None.
        classes: the labels there may be, if y need not show them all.
        reset: whether X defines the features, or must agree with those known.

    Raises:
        ValueError: one sentence for each thing that cannot be used.

    """
    columns = None
    X, y, sample_weight = as_given(X, "X"), on_host(y, "y"), on_host(sample_weight, "sample_weight")
    if getattr(X, "dtype", None) == np.float16:
        X = X.astype(np.float32)  # exact, and half of what float64 takes
    if reset and not hasattr(estimator, "feature_names_in_") and _usual(X, y):
        estimator.n_features_in_ = X.shape[1]
    elif on_device(X):
        if not hasattr(estimator, "device"):
            raise ValueError(
                f"X is on the device '{X.device}', where {type(estimator).__name__} does not "
                "compute: give X.cpu()."
            )
        X = check_tensor(estimator, X, reset)
        y, columns = labels_and_columns(y)
        check_consistent_length(X, y)
    else:
        if is_stream(X):
            raise ValueError(
                "X names files, which SoftmaxRegression, SoftmaxRegressionCV and "
                "regularization_path read, and nothing else: load them as an array."
            )
        if y is not None:
            y, columns = labels_and_columns(y)
        with quiet():
            X, y = validate_data(
                estimator,
                X,
                y,
                accept_sparse=["csr", "csc"],
                dtype=[np.float64, np.float32],
                accept_large_sparse=True,
                multi_output=True,
                reset=reset,
            )
    X = sp.csr_array(X) if hasattr(X, "tocsr") else X
    codes, labels = encode_labels(y, classes, columns)
    s, unit = row_weights(estimator.class_weight, sample_weight, X, codes, labels)
    if classes is None:
        require_two_classes(codes, labels, s)
    return Examples(X, codes, labels, s, unit)


def quiet() -> np.errstate:
    """Return a context in which sums of features may overflow without a warning."""
    return np.errstate(over="ignore", invalid="ignore")


def _usual(X: Any, y: Any) -> bool:
    """Whether these are arrays of floats and of labels that scikit-learn would return as they are.

    scikit-learn's own check takes longer than a step of Newton's method on a small table.
    """
    if not (type(X) is type(y) is np.ndarray and X.ndim == 2 and y.ndim == 1):
        return False
    if X.dtype not in (np.float64, np.float32) or y.dtype.kind not in "biuU":
        return False
    if len(X) != len(y) or X.size == 0:
        return False
    with quiet():
        return math.isfinite(X.sum())
