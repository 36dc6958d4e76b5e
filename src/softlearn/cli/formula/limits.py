"""When a minimisation has gone on for long enough: limits of time and of steps in vain."""

from __future__ import annotations

import time

import numpy as np

from ..._internal.format import duration
from ...autodiff import Iterate
from ...protocol import Status

__all__ = ["Limits"]

_NO_PROGRESS = 1000  # steps
_DECREASE = 0.99  # times the shortest gradient: this is progress too


class Limits:
    """Ends a minimisation when its time is up, or after many steps without progress."""

    status: Status | None = None
    """How it ended, once a limit is exceeded,"""
    sentence = ""
    """and in words."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._began = seconds, time.monotonic()
        self._lowest, self._shortest, self._last = np.inf, np.inf, 0

    def exceeded(self, at: Iterate) -> bool:
        """Return whether the minimisation ends with this step."""
        better = at.value < self._lowest or at.gradient_norm < _DECREASE * self._shortest
        if better:
            self._last = at.k
        self._lowest = min(self._lowest, at.value)
        self._shortest = min(self._shortest, at.gradient_norm)
        if at.k - self._last >= _NO_PROGRESS:
            self.status = Status.STUCK
            self.sentence = (
                f"{Status.STUCK.value} For {_NO_PROGRESS:,} steps neither J nor its gradient came "
                "any lower: what there is to gain is less than the digits of J show."
            )
        elif time.monotonic() - self._began > self.seconds:
            self.status = Status.LIMIT_REACHED
            self.sentence = (
                f"Stopped at the limit of time, {duration(self.seconds)}, after {at.k:,} steps: "
                "the tolerance was not reached; --seconds gives more."
            )
        return self.status is not None
