"""A preconditioner that is kept as long as that is cheaper than making a new one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import LinearMap, Point, Preconditioner
from .cg import Solve

__all__ = ["ReusedPreconditioner"]

_AGAIN = 4.0  # the factor on the patience with the weaker kind, where the stronger was no better


@dataclass
class ReusedPreconditioner:
    """A preconditioner and the extra products that its age has cost so far.

    The stronger kind is tried once the weaker has cost as much as making the stronger one.  It is
    dropped again if a digit of accuracy then costs more, including the cost of making it, and
    tried again later.

    Args:
        kind: its kind (`Point.preconditioner`), "none" for none.
        seed: of the rows that it samples.
        stronger: a better and more expensive kind; "" for none.
        patience: products after which the stronger kind is tried.

    """

    kind: str
    seed: int
    stronger: str = ""
    patience: float = np.inf
    M: Preconditioner | None = None
    fresh: float = 0.0
    """Products per digit when it was new."""
    wasted: float = 0.0
    spent: float = 0.0
    """Passes since this kind was chosen, including those of making it, and digits gained."""
    digits_gained: float = 0.0
    to_beat: float | None = None
    """Passes per digit of the weaker kind, while the stronger is tried."""

    def at(self, point: Point, mu: float = 0.0) -> LinearMap:
        """Return the present one, or a new one where the old one has become too costly."""
        if self.kind == "none":
            return np.copy
        old = self.M is not None and self.wasted >= self.M.passes
        if self.stronger and self._other_pays(old):
            self._take_other()
            old = True
        if old or self.M is None:
            self.renew(point, mu)
        return self.M or np.copy

    def recorded(self, product: LinearMap) -> LinearMap:
        """Return v -> H v as conjugate gradients call it."""
        return product

    def renew(self, point: Point, mu: float) -> None:
        """Make a new one, once the old one's memory is free."""
        self.seed += 1
        self.M, self.fresh, self.wasted = None, 0.0, 0.0
        self.M = point.preconditioner(self.kind, self.seed, mu)
        self.spent += 0.0 if self.M is None else self.M.passes

    def _other_pays(self, old: bool) -> bool:
        if self.to_beat is None:
            return self.spent >= self.patience
        return old and self.spent > self.to_beat * self.digits_gained

    def _take_other(self) -> None:
        if self.to_beat is None:
            self.to_beat = self.spent / max(self.digits_gained, 0.1)
        else:
            self.to_beat, self.patience = None, _AGAIN * self.patience
        self.kind, self.stronger = self.stronger, self.kind
        self.spent = self.digits_gained = 0.0

    @property
    def budget(self) -> int:
        """The products after which to check whether a new one would pay."""
        if self.M is None or self.fresh == 0.0:
            return 1 << 30
        return 5 + int(self.M.passes - self.wasted + 2.0 * self.fresh)

    def learn(self, solve: Solve) -> None:
        """Compare the products that were needed with those of a new preconditioner."""
        self.spent += solve.iterations
        self.digits_gained += solve.digits_gained
        if self.fresh == 0.0:
            self.fresh = solve.iterations / solve.digits_gained
        else:
            self.wasted += max(0.0, solve.iterations - self.fresh * solve.digits_gained)
