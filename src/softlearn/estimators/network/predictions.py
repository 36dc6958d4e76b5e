"""Predictions of a fitted network for new rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from ...networks import Network
from ...softmax import log_softmax, softmax
from ..sklearn.checks import quiet
from ..sklearn.scores import Scored
from .examples import logits

__all__ = ["NetworkPredictions", "activation_of"]

Array = NDArray[Any]


def activation_of(name: str) -> str:
    """Return softlearn's name of an activation: scikit-learn's "logistic" is "sigmoid"."""
    return "sigmoid" if name == "logistic" else name


class NetworkPredictions(Scored):
    """The prediction methods, from classes_, coefs_, intercepts_ and activation."""

    classes_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    activation: str
    n_jobs: int | None

    def decision_function(self, X: Any) -> Array:
        """Return the logits z[L].

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C); with two classes (n,), the logit of ``classes_[1]`` less the other's.

        """
        Z = self._logits(X)
        return Z[:, 1] - Z[:, 0] if Z.shape[1] == 2 else Z

    def predict_proba(self, X: Any) -> Array:
        """Return the probabilities softmax(z[L]), (n, C), classes in the order of `classes_`.

        Args:
            X: (n, d) as in `fit`.

        """
        return softmax(self._logits(X))

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of the probabilities, exact: -inf never stands for a finite value.

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return log_softmax(self._logits(X))

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each row, (n,).

        Args:
            X: (n, d) as in `fit`.

        """
        Z = self._logits(X)  # first: its errors say what is wrong with X
        return np.asarray(self.classes_[Z.argmax(1)])

    def _logits(self, X: Any) -> Array:
        check_is_fitted(self)
        dtypes = [np.float64, np.float32]
        with quiet():
            X = validate_data(self, X, accept_sparse="csr", dtype=dtypes, reset=False)
        model, w = self._network()
        return logits(model, w, X, self.n_jobs)

    def _network(self) -> tuple[Network, Array]:
        """Return the fitted network and its parameters."""
        sizes = (self.coefs_[0].shape[0], *(W.shape[1] for W in self.coefs_))
        dtype = np.result_type(*self.coefs_)
        model = Network(sizes, activation_of(self.activation), dtype=dtype.name)
        W = {k: coef.T for k, coef in enumerate(self.coefs_, 1)}
        return model, model.join(W, dict(enumerate(self.intercepts_, 1)))
