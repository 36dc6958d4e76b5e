"""Passes over any number of rows."""

from __future__ import annotations

from ..protocol import F64
from .at_zero import AtZero
from .blocks import Blocks
from .forward import Forward

__all__ = ["Passes"]


class Passes(Blocks):
    """Passes over any number of rows, block by block."""

    def forward(self, w: F64) -> Forward:
        """Return J at w."""
        return Forward(self, w) if w[:1].any() or w.any() else AtZero(self, w)
