"""Sums whose order depends on the numbers of their terms alone: a binary tree over leaves.

sum[0, 2m) = sum[0, m) + sum[m, 2m), m a power of two.  Whoever holds leaves a .. b - 1 adds what
lies whole in a branch of the tree, and sends at most 2 log2(b - a) sums: the digits are the same
whoever holds which leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

__all__ = ["Node", "TreeSum", "total"]

Node: TypeAlias = tuple[int, int, Any]
"""Level, index and sum: of the leaves from index * 2^level on, 2^level of them."""


class TreeSum:
    """Consecutive leaves, or sums of some, added in order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        """The sums that cannot be added yet, in order."""

    def add(self, value: Any, index: int, level: int = 0) -> None:
        """Add a number, an array or a tuple of these; it comes after all that were added."""
        while index % 2 and self.nodes and self.nodes[-1][:2] == (level, index - 1):
            value, level, index = _plus(self.nodes.pop()[2], value), level + 1, index // 2
        self.nodes.append((level, index, value))


def total(nodes: Iterable[Node]) -> Any:
    """Return the sum of all leaves from the nodes of their holders, in order; at least one."""
    whole = TreeSum()
    for level, index, value in nodes:
        whole.add(value, index, level)
    *before, (_, _, out) = whole.nodes
    for _, _, value in reversed(before):
        out = _plus(value, out)
    return out


def _plus(a: Any, b: Any) -> Any:
    return tuple(map(_plus, a, b)) if isinstance(a, tuple) else a + b
