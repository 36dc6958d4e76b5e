"""Passes over rows on disk: each point is computed from w alone, and a pass notes what it can.

A fit that goes on from a point that was saved then gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..kernels import Evaluated
from ..protocol import F64
from .at_zero import AtZero
from .forward import Along, Forward, Moved
from .notes import Notes
from .passes import Passes

__all__ = ["PassesFromDisk"]


class PassesFromDisk(Passes):
    """Passes over rows that are read from disk."""

    on_disk = True

    def forward(self, w: F64) -> Forward:
        """Return J at w."""
        return _FromDisk(self, w) if w.any() else _AtZeroFromDisk(self, w)


class _FromDisk(Forward):
    """J at w, over rows on disk."""

    _notes: Notes | None = None

    def _evaluations(self) -> Iterator[Evaluated]:
        blocks = self.blocks
        notes = self._notes = Notes(blocks)
        each = self._of_block(blocks.kept_dtype or blocks.kernel.P_dtype)
        for number, found in enumerate(blocks.read(notes.noting(each, blocks.keep))):
            notes.add(number)
            yield found

    @property
    def curvature(self) -> F64:
        """sum_k p_ik (1 - p_ik) of each row, (n,)."""
        self._ready()
        assert self._notes is not None
        return self._notes.curvature

    def _products_of_classes(self) -> F64:
        noted = None if self._notes is None else self._notes.products
        return super()._products_of_classes() if noted is None else noted

    def along(self, d: F64, U: F64 | None = None) -> Along:
        """Return J along a direction."""
        return _AlongFromDisk(self, d, U)

    def step(self, w: F64, logits: Moved | None = None) -> Forward:
        """Return J at another w, over the same rows."""
        return _FromDisk(self.blocks, w)


class _AtZeroFromDisk(_FromDisk, AtZero):
    """J where all parameters are 0."""


class _AlongFromDisk(Along):
    """J along a direction: the first trial is a whole pass, and so is the end."""

    def __init__(self, start: Forward, d: F64, U: F64 | None = None) -> None:
        super().__init__(start, d, U)
        self._whole = U is None

    def _step(self, t: float) -> Forward:
        return self.start.step(self._w(t))
