"""Which features move the logit of a class most."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .measures import plain

__all__ = ["influential_features", "spread"]

_BLOCK = 1 << 22  # numbers in a block of rows
_FLAT = 1e-9  # a feature of less relative influence has none


def spread(X: Any) -> NDArray[np.float64]:
    """Return (d,) the standard deviation of each column of a dense or sparse X, by blocks."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(with_mean=False)
    rows = max(1, _BLOCK // X.shape[1])
    for start in range(0, X.shape[0], rows):
        scaler.partial_fit(X[start : start + rows])
    return np.sqrt(np.asarray(scaler.var_, dtype=np.float64))


def influential_features(
    classifier: Any, names: list[str], deviations: NDArray[np.float64], most: int = 5
) -> list[dict[str, Any]]:
    r"""Return the features that move the logit of each class most.

    The effect of feature j on class c is (w_cj - mean_c w_cj) * sd_j: by how much a feature that is
    one standard deviation larger raises the class's logit above the mean of all.  (Softmax depends
    on differences between classes only.)

    Args:
        classifier: a fitted `SoftmaxRegression`.
        names: d names.
        deviations: (d,) standard deviations on the training rows.
        most: how many features per class.

    """
    W = np.asarray(classifier.coef_, dtype=np.float64)
    if len(W) == 1:
        W = np.concatenate([-0.5 * W, 0.5 * W])
    effects = (W - W.mean(axis=0)) * deviations
    most = min(most, effects.shape[1])
    found = []
    for label, row in zip(classifier.classes_, effects, strict=True):
        size = np.abs(row)
        largest = np.argpartition(-size, most - 1)[:most]
        largest = largest[np.argsort(-size[largest], kind="stable")]
        features = [
            {"feature": names[j], "effect": float(row[j])}
            for j in largest
            if size[j] > _FLAT * size[largest[0]]
        ]
        found.append({"class": plain(label), "features": features})
    return found
