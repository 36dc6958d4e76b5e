"""Passes over all rows: the rooms above do not depend on storage, size or precision."""

from .blocks import Blocks
from .choose import LIMITS, keeps_logits, kernel_for, passes_for, spans_for
from .forward import Along, Forward
from .limits import Limits
from .passes import Passes
from .small import SmallPasses

__all__ = [
    "LIMITS",
    "Along",
    "Blocks",
    "Forward",
    "Limits",
    "Passes",
    "SmallPasses",
    "kernel_for",
    "keeps_logits",
    "passes_for",
    "spans_for",
]
