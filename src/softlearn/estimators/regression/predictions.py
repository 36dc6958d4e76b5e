"""Predictions of a fitted linear model for new rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from ...data import Rows, as_rows
from ...execution.blas import one_blas_thread
from ...kernels import Kernel
from ...passes import kernel_for, spans_for
from ...problem import Linear
from ...protocol import F64
from ...softmax import log_softmax, softmax
from ...streams import is_stream
from ..sklearn.checks import quiet
from ..sklearn.scores import Scored
from ..sklearn.streamed import over_files, score_of_files
from ..sklearn.tensors import as_given, check_tensor, on_device
from ..sklearn.threads import engine

__all__ = ["SoftmaxPredictions"]

_ENTRIES = 1 << 16  # of arrays of logits that are made at once


@dataclass(frozen=True, eq=False)
class _Ready:
    """Rows, and all that is needed to predict them."""

    rows: Rows
    model: Linear
    kernel: Kernel
    operand: Any

    def fill(self, span: slice, out: F64, probabilities: bool) -> F64:
        """Write the logits or probabilities of a block to out (n_k, C), and return it."""
        self.kernel.predict(self.rows.block(span), self.operand, out, probabilities)
        return out


class SoftmaxPredictions(Scored, LinearClassifierMixin):  # type: ignore[misc]
    """The prediction methods, from classes_, coef_ (K, d) and intercept_ (K,)."""

    classes_: NDArray[Any]
    coef_: F64
    """(K, d); a sparse matrix after `sparsify`."""
    intercept_: NDArray[np.float64]

    @over_files
    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the logits, in float64; dense X is read block by block and never copied.

        Args:
            X: (n, d) as in `fit`, or files.

        Returns:
            (n, C); with two classes (n,), the logit of ``classes_[1]`` less the other's.

        """
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            X = self._checked(X)
            W: Any = self.coef_
            Z: F64 = safe_sparse_dot(X, W.T, dense_output=True) + self.intercept_
        else:
            Z = self._predicted(X)
        return Z.ravel() if Z.shape[1] == 1 else Z

    @over_files
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes; the logits of a block are not kept.

        Args:
            X: (n, d) as in `fit`, or files.

        Returns:
            (n,) labels of `classes_`.

        """
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            return np.asarray(super().predict(X))
        labels: NDArray[Any] = self.classes_[self._likeliest(X)]
        return labels

    @over_files
    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities, exact: -inf never stands for a finite value.

        Args:
            X: (n, d) as in `fit`, or files.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return _few_rows_at_once(log_softmax, self._logits(X))

    @over_files
    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities a = softmax(W x + b).

        Args:
            X: (n, d) as in `fit`, or files.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        check_is_fitted(self)
        if sp.issparse(self.coef_):
            return _few_rows_at_once(softmax, self._logits(X))
        return self._predicted(X, reference=len(self.coef_) == 1, probabilities=True)

    @over_files
    def predict_top(self, X: Any, k: int = 5) -> tuple[NDArray[Any], F64]:
        """Return the k most probable classes of each row, the most probable first.

        The probabilities of the other classes are not kept, so classes may be very many.

        Args:
            X: (n, d) as in `fit`, or files.
            k: from 1 to the number of classes.

        Returns:
            Labels of `classes_` (n, k), and their probabilities (n, k).

        Raises:
            ValueError: k is not such a number.

        """
        check_is_fitted(self)
        C = len(self.classes_)
        if not isinstance(k, Integral) or not 1 <= k <= C:
            raise ValueError(
                f"k must be an integer from 1 to {C}, the number of classes, not {k!r}."
            )
        if sp.issparse(self.coef_):
            of_all = self.predict_proba(X)
            top = _largest(of_all, int(k))
            return self.classes_[top], np.take_along_axis(of_all, top, 1)
        ready = self._ready(X, reference=len(self.coef_) == 1)
        numbers = np.empty((ready.rows.n, int(k)), np.intp)
        P = np.empty(numbers.shape)

        def best(span: slice) -> F64:
            of_block = ready.fill(span, np.empty((span.stop - span.start, C)), probabilities=True)
            numbers[span] = _largest(of_block, int(k))
            P[span] = np.take_along_axis(of_block, numbers[span], 1)
            return of_block

        self._block_by_block(X, ready, best)
        return self.classes_[numbers], P

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **stream: Any) -> float:
        """Return the share of rows whose label is the predicted one, as `Scored.score`.

        Args:
            X: (n, d) as in `fit`, or files.
            y: as in `fit`; None for files that hold the labels.
            sample_weight: (n,) weights, or None.
            **stream: target and weight, the columns of labels and weights in files.

        Raises:
            TypeError: there are other arguments.
            ValueError: y or a file cannot be used; one sentence.

        """
        if y is None and sample_weight is None and is_stream(X):
            return score_of_files(self, X, stream)
        if stream:
            raise TypeError(f"score() takes {', '.join(stream)} for files that hold labels alone.")
        return super().score(X, y, sample_weight)

    def _checked(self, X: Any, finite: bool = True) -> Any:
        check_is_fitted(self)
        X = as_given(X, "X")
        if on_device(X):
            return check_tensor(self, X, reset=False, finite=finite)
        with quiet():
            return validate_data(
                self,
                X,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                reset=False,
                ensure_all_finite=finite,
            )

    def _predicted(
        self, X: Any, reference: bool = False, probabilities: bool = False
    ) -> NDArray[Any]:
        """Return logits or probabilities (n, C).

        With `reference`, a class with logit 0 comes before the one with a row of weights.
        """
        ready = self._ready(X, reference)
        out = np.empty((ready.rows.n, ready.model.C))
        self._block_by_block(X, ready, lambda span: ready.fill(span, out[span], probabilities))
        return out

    def _likeliest(self, X: Any) -> NDArray[np.intp]:
        """Return the number of each row's most probable class (n,)."""
        ready = self._ready(X, reference=False)
        C, out = ready.model.C, np.empty(ready.rows.n, np.intp)

        def decide(span: slice) -> F64:
            Z = ready.fill(span, np.empty((span.stop - span.start, C)), probabilities=False)
            out[span] = Z.argmax(1) if C > 1 else Z[:, 0] > 0.0
            return Z

        self._block_by_block(X, ready, decide)
        return out

    def _ready(self, X: Any, reference: bool) -> _Ready:
        K, d = self.coef_.shape
        rows = as_rows(self._checked(X, finite=False))
        intercept = np.broadcast_to(np.asarray(self.intercept_, dtype=np.float64), (K,))
        model = Linear(d, K + reference, reference=reference, by_feature=rows.sparse)
        kernel, _ = kernel_for(rows, model, labelled=True, brief=True)
        operand = kernel.pack_weights(np.asarray(self.coef_, dtype=np.float64), intercept)
        return _Ready(rows, model, kernel, operand)

    def _block_by_block(self, X: Any, ready: _Ready, f: Callable[[slice], F64]) -> None:
        """Call f for each block, on several threads, and check the numbers that it returns.

        An entry of X that is not finite makes a result that is not, so X is read only once.
        """
        rows, model = ready.rows, ready.model
        workers = engine(getattr(self, "n_jobs", None), float(rows.nnz) * model.K)
        with one_blas_thread():
            finite = list(
                workers.map(
                    lambda span: bool(np.isfinite(f(span).sum())),
                    spans_for(rows, model.C, ready.kernel),
                )
            )
        if not (all(finite) and np.any(self.coef_)):
            self._checked(X)  # which says where

    def _logits(self, X: Any) -> NDArray[Any]:
        Z = self.decision_function(X)
        return np.stack([np.zeros_like(Z), Z], axis=1) if Z.ndim == 1 else Z


def _largest(P: F64, k: int) -> NDArray[np.intp]:
    """Return where the k largest entries of each row are (n, k), the largest first."""
    some = np.argpartition(-P, k - 1, axis=1)[:, :k]
    some.sort(axis=1)  # of equal ones, the first class first
    order = np.argsort(-np.take_along_axis(P, some, 1), axis=1, kind="stable")
    return np.take_along_axis(some, order, 1)


def _few_rows_at_once(f: Callable[[F64], NDArray[Any]], Z: F64) -> F64:
    """Return f(Z), f row by row, in the memory of Z (n, C)."""
    step = max(_ENTRIES // Z.shape[1], 1)
    for start in range(0, len(Z), step):
        Z[start : start + step] = f(Z[start : start + step])
    return Z
