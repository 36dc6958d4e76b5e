"""What notebooks show of an estimator: scikit-learn's card, and below it how the fit ended."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from ..._internal.format import power
from .documentation import DocumentedMixin

__all__ = ["StatusCard"]


class StatusCard(DocumentedMixin):
    """Comes before scikit-learn's `BaseEstimator` among the bases of a class."""

    def _html_repr(self) -> str:
        card: str = super()._html_repr()  # type: ignore[misc]
        ended = _how_it_ended(self)
        return f"{card}<p>{escape(ended)}</p>" if ended else card


def _how_it_ended(model: Any) -> str:
    if not hasattr(model, "_status"):  # not fitted
        return ""
    gap = power(model.gap_) if model.gap_ else "0"
    proof = f"Relative gap: {gap}." if np.isfinite(model.gap_) else ""
    return " ".join(filter(None, (str(model.status_), proof, model.status_detail_)))
