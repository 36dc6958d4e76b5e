"""A preconditioner that is kept for as long as that is cheaper than a new one, or a better one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import Inverse, Point, Preconditioner
from .cg import Solve

__all__ = ["KeptInverse"]


@dataclass
class KeptInverse:
    """A preconditioner and what its age has cost so far.

    Args:
        kind: what the objective is asked for, "none" for none.
        seed: of the rows that it draws.
        stronger: another kind, to be taken after `patience` products; "" for none.

    """

    kind: str
    seed: int
    stronger: str = ""
    patience: float = 0.0
    M: Inverse | None = None
    fresh: float = 0.0
    """Products per digit when it was new."""
    wasted: float = 0.0
    products: int = 0

    def at(self, point: Point, mu: float = 0.0) -> Preconditioner:
        """Return the one we have, or a new one where the old one has become too costly."""
        if self.stronger and self.products >= self.patience:
            self.kind, self.stronger, self.M = self.stronger, "", None
        if self.kind != "none" and (self.M is None or self.wasted >= self.M.passes):
            self.renew(point, mu)
        return self.M or np.copy

    def renew(self, point: Point, mu: float) -> None:
        """Make a new one."""
        self.seed += 1
        self.M, self.fresh, self.wasted = point.preconditioner(self.kind, self.seed, mu), 0.0, 0.0

    @property
    def budget(self) -> int:
        """The products after which to look whether a new one would pay."""
        if self.M is None or self.fresh == 0.0:
            return 1 << 30
        return 5 + int(self.M.passes - self.wasted + 2.0 * self.fresh)

    def learn(self, solve: Solve) -> None:
        """Compare the products that were needed with those of a new preconditioner."""
        self.products += solve.iterations
        if self.fresh == 0.0:
            self.fresh = solve.iterations / solve.digits
        else:
            self.wasted += max(0.0, solve.iterations - self.fresh * solve.digits)
