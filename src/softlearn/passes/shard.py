"""A shard: some of the rows, where a worker of an engine keeps them.

The rows are numbered over all shards and cut into leaves; a shard holds some leaves in a row.  What
it computes of a leaf does not depend on which shard holds it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import as_rows
from ..execution.threads import Serial
from ..execution.tree import Node, TreeSum
from ..problem import L2, Linear, Problem
from ..protocol import F64
from .choose import kernel_for
from .forward import Forward
from .passes import Passes

__all__ = ["Place", "Shard", "evaluated", "gathered", "leaves", "sums", "taken"]

_POINTS = 2  # whose probabilities are kept: where a step begins, and where it may end


@dataclass(frozen=True)
class Place:
    """Which leaves a shard holds, and what they belong to."""

    model: Linear
    edges: NDArray[np.intp]
    """The numbers of the rows where its leaves begin, and where the last ends."""
    first: int
    """The number of its first leaf."""
    keep: bool
    """Whether probabilities are kept; where they are lost, they are computed again."""


class Shard:
    """Some rows and the passes over them.

    Args:
        X: (m, d), C-contiguous or a CSR array, float32 or float64.
        codes: (m,) labels 0 .. C - 1.
        s: (m,) the share of each row in the sum of all weights.
        place: where these rows lie among all.

    """

    def __init__(self, X: Any, codes: NDArray[Any], s: F64, place: Place) -> None:
        self.given = X, codes, s, place
        codes, s = (np.require(each, requirements="A") for each in (codes, s))
        rows, model = as_rows(_aligned(X)), place.model
        problem = Problem(rows, codes, s, model, L2(0.0, model.weights))
        kernel, _ = kernel_for(rows, model, labelled=True, brief=True)
        edges = (place.edges - place.edges[0]).tolist()
        spans = [slice(a, b) for a, b in pairwise(edges)]
        self.place = place
        self.passes = Passes(problem, kernel, Serial(), spans, place.keep)
        self._points: list[tuple[bytes, Forward]] = []

    def __reduce__(self) -> Any:
        return Shard, self.given

    def __sizeof__(self) -> int:
        """Return the bytes of the rows, so that a scheduler does not take a shard for small."""
        return int(self.passes.problem.rows.nbytes) + 16 * self.passes.problem.rows.n

    def evaluated(self, w: F64) -> list[Node]:
        """Return the sums of gradients and losses at w, and remember the probabilities there."""
        passes, sums, kept = self.passes, TreeSum(), []
        at = passes.forward(w)
        of_leaf = at._of_block(passes.kept_dtype)
        for number, found in enumerate(passes.read(of_leaf), self.place.first):
            sums.add((found.part, found.loss), number)
            if found.kept is not None:
                kept.append(found.kept)
        at._kept, at._value = kept, 0.0
        self._points = [*self._points[1 - _POINTS :], (w.tobytes(), at)]
        return sums.nodes

    def at(self, w: F64) -> Forward:
        """Return the forward pass at w: the one that was made, or a new one with the same bits."""
        key = w.tobytes()
        for known, at in self._points:
            if known == key:
                return at
        self.evaluated(w)
        return self._points[-1][1]

    def load(self, sent: bytes) -> Any:
        """Return a function that was sent: where it names rows, it gets those of this shard."""
        return _Unpickler(BytesIO(sent), self).load()


def _aligned(X: Any) -> Any:
    """Return X where C++ can read it: what comes over a network may begin anywhere."""
    if not hasattr(X, "tocsr"):
        return np.require(X, requirements="A")
    parts = (np.require(part, requirements="A") for part in (X.data, X.indices, X.indptr))
    return sp.csr_array(tuple(parts), shape=X.shape)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, shard: Shard) -> None:
        super().__init__(file)
        self.shard = shard

    def persistent_load(self, pid: Any) -> Any:
        kind, *what = pid
        passes = self.shard.passes
        if kind == "forward":
            return self.shard.at(what[0])
        if kind == "array":
            return getattr(passes if what[0] == "row_squares" else passes.problem, what[0])
        here = {"passes": passes, "problem": passes.problem}
        here |= {"rows": passes.problem.rows, "kernel": passes.kernel}
        return here[kind]


# -- what shards are asked; results are bytes, so that nobody shares memory with a shard


def evaluated(shard: Shard, sent: bytes) -> bytes:
    """Return the nodes of gradient and loss at w."""
    return _sent(shard.evaluated(pickle.loads(sent)))


def leaves(shard: Shard, sent: bytes) -> bytes:
    """Return f(span, block) for each leaf."""
    f: Callable[[slice, Any], Any] = shard.load(sent)
    return _sent(list(shard.passes.read(f)))


def sums(shard: Shard, sent: bytes) -> bytes:
    """Return the nodes of the sum of f(span, block) over the leaves."""
    f, out = shard.load(sent), TreeSum()
    for number, value in enumerate(shard.passes.read(f), shard.place.first):
        out.add(value, number)
    return _sent(out.nodes)


def gathered(shard: Shard, sent: bytes) -> bytes:
    """Return what the leaves have been added to: see `Blocks.gather`."""
    add, into = shard.load(sent)
    first = int(shard.place.edges[0])
    for _ in shard.passes.read(lambda span, block: add(into, span, block, first + span.start)):
        pass
    return _sent(into)


def taken(shard: Shard, numbers: NDArray[np.intp]) -> bytes:
    """Return the rows with those of the numbers that lie here, dense, in the order given."""
    begin, *_, end = shard.place.edges
    here = numbers[(numbers >= begin) & (numbers < end)] - begin
    return _sent(shard.passes.problem.rows.take(here))


def _sent(result: Any) -> bytes:
    return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
