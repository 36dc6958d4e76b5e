"""Predicts the next minimiser of a family from those found so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ..protocol import F64

__all__ = ["PathPredictor"]

_DEGREES = 5  # of polynomials: higher degrees gain nothing on any set that was measured
_STRIDE = 3.0  # a step so many times as long as the last is too long to extrapolate


@dataclass
class PathPredictor:
    """The minimisers w(t) found so far, and polynomials through the last of them.

    Where another family's minimisers near(t) are known, the difference w - near is extrapolated,
    because it is smaller.  The degree is the one that would have been best the last time.

    Args:
        scale: (size,) the factor of each parameter's error when errors are compared.

    """

    scale: F64
    known: list[tuple[float, F64]] = field(default_factory=list)
    chosen: int = 0

    def guess(self, t: float, near: F64 | None = None) -> F64 | None:
        """Return a guess of w(t), (size,); None where there is none.

        Args:
            t: beyond all those of `add`.
            near: the minimiser of another family at t, if this one is compared with another.

        """
        guesses = list(self._guesses(t, near))
        if not guesses:
            return None
        return guesses[min(self.chosen, len(guesses) - 1)]

    def add(self, t: float, w: F64, near: F64 | None = None) -> None:
        """Record that w is the minimiser at t."""
        with np.errstate(over="ignore", invalid="ignore"):  # an external guess may be arbitrary
            errors = [float(np.linalg.norm(self.scale * (g - w))) for g in self._guesses(t, near)]
        if errors:
            best = int(np.argmin(np.nan_to_num(errors, nan=np.inf)))
            self.chosen = best + (best == len(errors) - 1)  # where the highest is best, try higher
        self.known.append((t, w if near is None else w - near))
        del self.known[: -_DEGREES - 1]

    def _guesses(self, t: float, near: F64 | None) -> Iterator[F64]:
        """Yield near, then the extrapolations by polynomials of degree 0, 1, ..."""
        base = np.zeros_like(self.scale) if near is None else near
        if near is not None:
            yield near
        for degree in range(len(self.known)):
            times = [s for s, _ in self.known[-degree - 1 :]]
            if degree and t - times[-1] > _STRIDE * (times[-1] - times[-2]):
                return
            weights = [prod((t - o) / (s - o) for o in times if o != s) for s in times]
            yield base + sum(
                a * w for a, (_, w) in zip(weights, self.known[-degree - 1 :], strict=True)
            )
