"""The names of classes and features in messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._internal.format import quoted

__all__ = ["Names"]

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Names:
    """The names of the classes and the features in messages."""

    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    weights: Callable[[F64], F64] | None = None
    """From weights (K, d) of the objective's columns to those of the features, times spreads."""
    rows: Callable[[NDArray[np.intp]], F64] | None = None
    """Some rows as the user gave them, where the objective's are different."""

    def of_class(self, k: int) -> str:
        """Return the name of class k."""
        return quoted(self.classes[k]) if self.classes else str(k)

    def of_feature(self, j: int) -> str:
        """Return the name of feature j."""
        return quoted(self.features[j]) if self.features else f"column {j}"

    def of_classes(self, ks: NDArray[np.intp]) -> str:
        """Return the names of some classes, the first five if there are more."""
        more = f" and {len(ks) - 5} more" if len(ks) > 5 else ""
        return ", ".join(self.of_class(int(k)) for k in ks[:5]) + more
