"""What an engine must hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import as_rows, cut
from ..engines import Engine, LocalEngine
from ..execution.threads import Serial
from ..passes import Passes, kernel_for
from ..passes.shard import Place, Shard
from ..passes.sharded import OfShard, ShardedPasses, ShardedProblem, ShardedRows, Shards
from ..problem import L2, Linear, Problem
from .hold import close, hold, same

__all__ = ["check_engine"]

_ROWS, _SIZES = 640, (192, 0, 70, 378)


def check_engine(
    engine: Engine, given: Callable[[NDArray[Any], tuple[int, ...]], Any] | None = None
) -> None:
    """Check that an engine keeps data, calls functions where they are, and gives the right bits.

    Args:
        engine: what keeps the rows.
        given: called as given(array, sizes), gives what the engine takes for an array in parts of
            so many rows, of which one is empty; the array itself if absent.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(_ROWS, 5)), rng.integers(3, size=_ROWS)
    s = rng.uniform(size=_ROWS)
    data = X, codes, s / s.sum()
    give = given or (lambda array, sizes: array)
    parts = [tuple(part) for part in engine.parts(*(give(array, _SIZES) for array in data))]
    _check_parts(engine, parts, data)
    _check_errors(engine, parts)
    local = LocalEngine()
    for keep in (True, False):
        want = _answers(_passes(local, local.parts(*data), data, 1, keep))
        for cuts in (1, 3):
            got = _answers(_passes(engine, parts, data, cuts, keep))
            for name, a in got.items():
                equal = np.array_equal(np.asarray(a), np.asarray(want[name]))
                hold(equal, f"{name} must be that of LocalEngine, to the last bit.")
        _check_truth(want, data)


def _check_parts(engine: Engine, parts: list[Any], data: tuple[NDArray[Any], ...]) -> None:
    whole = engine.ask(_whole, parts)
    for k, array in enumerate(data):
        got = np.concatenate([part[k] for part in whole])
        same(got, array, 0.0, "parts must be the rows in their order")
    again = engine.ask(_whole, [engine.make(_joined, [list(part) for part in parts])])
    same(again[0][0], data[0], 0.0, "make must take handles in lists")
    numbers = engine.ask(_plus, [engine.make(_plus, k, 0) for k in range(5)], 10)
    hold(numbers == [10, 11, 12, 13, 14], "ask must give results in the order of the handles.")


def _check_errors(engine: Engine, parts: list[Any]) -> None:
    said = ""
    try:
        engine.ask(_refusing, parts)
    except ValueError as error:
        said = str(error)
    hold(said == "as it should", "ask must raise the error that a function raises.")


def _passes(
    engine: Engine, parts: list[Any], data: tuple[NDArray[Any], ...], cuts: int, keep: bool
) -> ShardedPasses:
    """Return passes over shards of whole leaves, so many shards."""
    n, d = data[0].shape
    model, leaves = Linear(d, 3), cut(n, 64)
    shards, first = [], 0
    for some in cut(len(leaves), -(-len(leaves) // cuts)):
        mine = leaves[some]
        edges = np.array([mine[0].start, *(leaf.stop for leaf in mine)])
        table = engine.make(_joined, [list(part) for part in parts])
        shards.append(engine.make(_shard, table, Place(model, edges, first, keep)))
        first += len(mine)
    every = Shards(engine, shards)
    rows = ShardedRows(every, n, d, data[0].nbytes, n * d, False, np.float64)
    at: Any = OfShard
    problem = ShardedProblem(
        rows, at("Y"), at("s"), model, L2(0.1, model.weights), of_classes=_shares(data)
    )
    kernel = kernel_for(rows, model, labelled=True, brief=True)[0]
    return ShardedPasses(problem, kernel, every, leaves, keep)


def _answers(passes: ShardedPasses) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    w, v = rng.normal(size=(2, passes.problem.model.size))
    at = passes.forward(w)
    line = at.along(v)
    step, divergence = at.dual_step(1e-2 * v)
    rows = passes.problem.rows.take(np.array([600, 3, 190, 3]))
    return {
        "the value": at.value,
        "the gradient": at.grad,
        "a product": at.product(v, 0.1),
        "a step of the dual": np.append(step, divergence),
        "a line": line(0.5),
        "the end of a line": line.at(0.5).grad,
        "the size of the columns": passes.column_rms,
        "the means of the columns": passes.column_means,
        "the curvature of the biases": at.bias_curvature,
        "some of the rows": rows,
    }


def _check_truth(found: dict[str, Any], data: tuple[NDArray[Any], ...]) -> None:
    X, codes, s = data
    rows, model = as_rows(X), Linear(X.shape[1], 3)
    problem = Problem(rows, codes, s, model, L2(0.1, model.weights))
    kernel = kernel_for(rows, model, labelled=True)[0]
    passes = Passes(problem, kernel, Serial(), [slice(0, len(X))], keep=True)
    w = np.random.default_rng(1).normal(size=(2, model.size))[0]
    close(found["the value"], passes.forward(w).value, 1e-12, "the value must be J(w)")
    same(found["the gradient"], passes.forward(w).grad, 1e-12, "the gradient must be that of J")


def _shares(data: tuple[NDArray[Any], ...]) -> NDArray[np.float64]:
    return np.bincount(data[1], data[2], 3).astype(np.float64)


# -- what runs where the data are


def _whole(part: Any) -> list[NDArray[Any]]:
    return [np.asarray(each) for each in part]


def _joined(parts: list[Any]) -> tuple[NDArray[Any], ...]:
    return tuple(np.concatenate([np.asarray(part[k]) for part in parts]) for k in range(3))


def _shard(table: Any, place: Place) -> Shard:
    X, codes, s = (each[place.edges[0] : place.edges[-1]] for each in table)
    return Shard(X, codes.astype(np.intp), s, place)


def _plus(a: int, b: int) -> int:
    return a + b


def _refusing(part: Any) -> None:
    raise ValueError("as it should")
