"""How little a row looks like the known classes: larger is stranger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import entr, logsumexp

from .._internal.format import quoted
from ..protocol import F64
from .meta import logits_of, probabilities_of

__all__ = ["SCORES", "strangeness"]


def _max_probability(P: F64) -> F64:
    """Return minus the largest probability of a known class."""
    return np.asarray(-P.max(1))


def _entropy(P: F64) -> F64:
    """Return the entropy of the known classes' probabilities, scaled to sum to 1."""
    total = P.sum(1, keepdims=True)
    shares = np.divide(P, total, out=np.full_like(P, 1.0 / P.shape[1]), where=total > 0.0)
    return np.asarray(entr(shares).sum(1))


def _max_logit(Z: F64) -> F64:
    """Return minus the largest logit of a known class."""
    return np.asarray(-Z.max(1))


def _energy(Z: F64) -> F64:
    """Return minus the log-sum-exp of the known classes' logits."""
    return np.asarray(-logsumexp(Z, axis=1))


_OF_PROBABILITIES: dict[str, Callable[[F64], F64]] = {
    "max_probability": _max_probability,
    "entropy": _entropy,
}
_OF_LOGITS: dict[str, Callable[[F64], F64]] = {"max_logit": _max_logit, "energy": _energy}

SCORES = (*_OF_PROBABILITIES, *_OF_LOGITS, "logit_difference")


def strangeness(score: str, model: Any, X: Any, label: Any) -> F64:
    """Return (n,) how strange each row is.

    Args:
        score: one of `SCORES`; "logit_difference" is the logit of the class `label` less the
            largest logit of the others.
        model: a fitted classifier.
        X: (n, d) rows as it takes them.
        label: the class that stands for none of the others, if the model has it.

    Raises:
        ValueError: the model has no logits, or no class `label`, and the score needs them.

    """
    known = np.asarray(model.classes_ != label)
    if score in _OF_PROBABILITIES:
        if not hasattr(model, "predict_proba"):
            raise ValueError(
                f"conformity_score={score!r} needs an estimator with predict_proba, which "
                f"{type(model).__name__} has not; 'max_logit' needs decision_function alone."
            )
        return _OF_PROBABILITIES[score](probabilities_of(model, X)[:, known])
    if score == "logit_difference":
        if known.all():
            raise ValueError(
                "conformity_score='logit_difference' needs examples of none of the classes: rows "
                f"with the label {quoted(label)} in y that the estimator is fitted to."
            )
        Z = logits_of(model, X)
        return np.asarray(Z[:, ~known][:, 0] - Z[:, known].max(1))
    return _OF_LOGITS[score](_logits(score, model, X)[:, known])


def _logits(score: str, model: Any, X: Any) -> F64:
    """Return (n, C) logits; those of two classes are minus and plus a half of their difference."""
    C = len(model.classes_)
    if hasattr(model, "decision_function"):
        Z = np.asarray(model.decision_function(X), dtype=np.float64)
        if Z.ndim == 1:
            return np.stack([-0.5 * Z, 0.5 * Z], axis=1)
        if Z.shape[1] == C:
            return Z
    raise ValueError(
        f"conformity_score={score!r} needs an estimator whose decision_function has a column for "
        f"each class, which {type(model).__name__} has not; 'max_probability' needs probabilities "
        "alone."
    )
