"""Which settings of a library are tried: all of them, the first, or those that were best before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from benchmarks.peers import PEERS

__all__ = ["WAYS", "Choice", "Settings", "choice", "first"]

Settings = dict[str, Any]
"""Of a library: dtype, threads and arguments of its function in `peers.py`."""
Choice = Callable[[str], Sequence[Settings]]
"""From a library's name to the settings of it that are tried."""


def every(peer: str) -> Sequence[Settings]:
    """Return all settings of a library."""
    return PEERS[peer].settings


def first(peer: str) -> Sequence[Settings]:
    """Return the first of them alone."""
    return every(peer)[:1]


def best(cells: Sequence[dict[str, Any]], peer: str) -> Sequence[Settings]:
    """Return what was best for some error in `cells`; what came nearest, if none was reached.

    A library that these cells do not have is tried at all its settings.
    """
    found: list[Settings] = []
    for cell in cells:
        took = [t["settings"] for t in cell["best"].get(peer, []) if t["settings"]]
        ended = [f for f in cell["fits"] if f["peer"] == peer and f.get("excess") is not None]
        if ended and not took:
            took = [min(ended, key=lambda fit: fit["excess"])["settings"]]
        found += took
    return [s for s in every(peer) if s in found] or every(peer)


WAYS = ("all", "first", "best")
"""What `choice` takes."""


def choice(way: str, cells: Iterable[dict[str, Any]], name: str) -> tuple[Choice, str]:
    """Return the choice for one more cell of the set `name`, and how a table calls it.

    "best" is what was best where all were tried on the same set, and all where none were yet.
    """
    if way == "first":
        return first, way
    tried = [c for c in cells if c["set"] == name and c["tried"] == "all"]
    if way == "all" or not tried:
        return every, "all"
    return partial(best, tried), "best at C = " + ", ".join(f"{c['C']:g}" for c in tried)
