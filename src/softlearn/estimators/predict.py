"""What a fitted linear model says of new rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from ..data import as_rows
from ..softmax import log_softmax, softmax

__all__ = ["SoftmaxPredictions"]


class SoftmaxPredictions(LinearClassifierMixin):  # type: ignore[misc]
    """The prediction methods, from classes_, coef_ (K, d) and intercept_ (K,)."""

    classes_: NDArray[Any]
    coef_: Any
    intercept_: NDArray[np.float64]

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the logits, in float64; dense X is read block by block and never copied.

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C); with two classes (n,), the logit of ``classes_[1]`` less the other's.

        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        Z: NDArray[Any]
        if sp.issparse(X) or sp.issparse(self.coef_):
            Z = safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        else:
            rows = as_rows(X)
            Z = np.empty((rows.n, len(self.coef_)))
            for span in rows.spans(Z.shape[1]):
                Z[span] = rows.block(span).times(self.coef_).T + self.intercept_
        return Z.ravel() if Z.shape[1] == 1 else Z

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities, exact: -inf never stands for a finite value.

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return log_softmax(self._logits(X))

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities a = softmax(W x + b).

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return softmax(self._logits(X))

    def _logits(self, X: Any) -> NDArray[Any]:
        Z = self.decision_function(X)
        return np.stack([np.zeros_like(Z), Z], axis=1) if Z.ndim == 1 else Z
