"""The kinds of points, and the result of `classify`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from ..protocol import F64

__all__ = ["Kind", "Verdict"]


class Kind(StrEnum):
    """The kinds of points; each equals its text."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    PLATEAU = "plateau"
    NOT_CRITICAL = "not critical"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `classify` found."""

    kind: Kind
    index: int
    """How many directions J curves down along: eigenvalues surely below zero."""
    exact: bool
    """Whether all eigenvalues were computed; if not, the index may be larger."""
    eigenvalues: F64
    """(m,) ascending, those of flat directions left out: all, or Lanczos's."""
    errors: F64
    """(m,) an eigenvalue of the Hessian lies within the error of each."""
    direction: F64 | None
    """(size,) of length 1, the direction of most negative curvature; None if none was found."""
    gradient_norm: float
    flat: dict[str, int]
    """The numbers of directions along which J never changes by its form, by name."""
    products: int
    """Products with the Hessian that this took."""
    sentence: str
    """The verdict as a sentence."""
    step: F64 | None = None
    """(size,) Newton's step, downhill in all directions; None if not all curvatures are known."""
    gain: float = np.nan
    """The fall of J along it, to second order."""

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"<{self.kind.value}: {self.sentence}>"

    def times(self, unit: float) -> Verdict:
        """Return the verdict on unit times as large a function."""
        sentence = f"{self.sentence[:-1]} (curvatures in units of {unit:.3g})."
        return replace(
            self,
            eigenvalues=unit * self.eigenvalues,
            errors=unit * self.errors,
            gradient_norm=unit * self.gradient_norm,
            gain=unit * self.gain,
            sentence=sentence,
        )
