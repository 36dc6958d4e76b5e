"""Which features move the logit of a class most: for the terminal and for the page alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["class_weights", "influences", "spread"]

F64 = NDArray[np.float64]

_BLOCK = 1 << 22  # numbers in a block of rows
_FLAT = 1e-9  # a feature of less relative influence has none


def class_weights(model: Any) -> F64 | None:
    """Return the (C, d) weights of a linear classifier with a softmax; None of any other."""
    coef = getattr(model, "coef_", None)
    if coef is None or not hasattr(model, "predict_proba"):
        return None
    W = np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, dtype=np.float64)
    if W.ndim != 2:
        return None
    if len(W) == 1 and len(model.classes_) == 2:
        W = np.concatenate([-0.5 * W, 0.5 * W])
    return W if len(W) == len(model.classes_) else None


def spread(X: Any) -> F64:
    """Return (d,) the standard deviation of each column of X, dense, sparse or lists, by blocks."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(with_mean=False)
    n, d = np.shape(X)
    rows = max(1, _BLOCK // d)
    for start in range(0, n, rows):
        scaler.partial_fit(X[start : start + rows])
    return np.sqrt(np.asarray(scaler.var_, dtype=np.float64))


def influences(W: F64, deviations: F64, n_features: int = 5) -> list[list[tuple[int, float]]]:
    r"""Return for each class the features that move its logit most, the largest effect first.

    The effect of feature j on class c is (w_cj - mean_c w_cj) * sd_j: by how much a feature that is
    one standard deviation larger raises the class's logit above the mean of all.  (Softmax depends
    on differences between classes only.)

    Args:
        W: (C, d) weights.
        deviations: (d,) standard deviations.
        n_features: how many features per class.

    Returns:
        For each class pairs of a feature and its effect.

    """
    effects = (W - W.mean(axis=0)) * deviations
    n_features = min(n_features, effects.shape[1])
    found = []
    for row in effects:
        size = np.abs(row)
        least = np.partition(size, -n_features)[-n_features]
        largest = np.flatnonzero(size >= least)
        largest = largest[np.argsort(-size[largest], kind="stable")][:n_features]
        flat = _FLAT * size[largest[0]]
        found.append([(int(j), float(row[j])) for j in largest if size[j] > flat])
    return found
