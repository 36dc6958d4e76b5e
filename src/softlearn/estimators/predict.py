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
from ..kernels import passes_for
from ..models import Linear
from ..protocol import F64
from ..softmax import log_softmax, softmax
from .blas import one_blas_thread
from .parameters import engine

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
        if sp.issparse(self.coef_):
            X = self._checked(X)
            W: Any = self.coef_
            Z: F64 = safe_sparse_dot(X, W.T, dense_output=True) + self.intercept_
        else:
            Z = self._predicted(X, reference=False, probabilities=False)
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
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            return softmax(self._logits(X))
        return self._predicted(X, reference=len(self.coef_) == 1, probabilities=True)

    def _checked(self, X: Any, finite: bool = True) -> Any:
        check_is_fitted(self)
        return validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            reset=False,
            ensure_all_finite=finite,
        )

    def _predicted(self, X: Any, reference: bool, probabilities: bool) -> F64:
        """Return logits or probabilities (n, C), block by block on several threads.

        With `reference`, a class whose logit is 0 stands before the one that has a row of weights.
        An entry of X that is not finite makes logits that are not, so X is read but once.
        """
        given, (K, d) = X, self.coef_.shape
        X = self._checked(X, finite=False)
        rows = as_rows(X)
        intercept = np.broadcast_to(np.asarray(self.intercept_, dtype=np.float64), (K,))
        model = Linear(d, K + reference, reference=reference, by_feature=rows.sparse)
        kernel = passes_for(model, rows, labels=True)
        A = kernel.prepare(model.join(np.asarray(self.coef_, dtype=np.float64), intercept))
        out = np.empty((rows.n, model.C))

        def predict(span: slice) -> None:
            kernel.predict(rows.block(span), A, out[span], probabilities)

        workers = engine(getattr(self, "n_jobs", None), float(rows.nnz) * K)
        with one_blas_thread():
            for _ in workers.map(predict, rows.spans(model.C, kernel.fused)):
                pass
        if not np.isfinite(out.sum()) or not np.any(self.coef_):
            self._checked(given)  # which says where
        return out

    def _logits(self, X: Any) -> NDArray[Any]:
        Z = self.decision_function(X)
        return np.stack([np.zeros_like(Z), Z], axis=1) if Z.ndim == 1 else Z
