"""A fit to rows that an engine keeps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.format import quoted
from ...data import cut
from ...execution.tree import total
from ...objective.sharded import ShardedObjective
from ...passes import keeps_logits, kernel_for
from ...passes.shard import Place
from ...passes.sharded import (
    OfShard,
    ShardedPasses,
    ShardedProblem,
    ShardedRows,
    Shards,
    leaf_rows,
)
from ...presolve import presolve
from ...problem import L2, Linear, Names
from ...protocol import F64
from ...streams import FileParts, file_parts, files_of, is_stream, read_files
from ..sklearn import parts
from ..sklearn.labels import encode_labels, require_two_weights
from ..sklearn.streamed import stream_options
from ..sklearn.weights import weights_of_classes
from .checkpoint import Checkpoint, fit_fingerprint
from .formulation import Formulation
from .parameters import effective_penalty, l2_of

__all__ = ["formulate_on_engine"]

_KEPT = {"checkpoint", "resume", "tell"}


def formulate_on_engine(
    estimator: Any, X: Any, y: Any, sample_weight: Any, stream: Mapping[str, Any]
) -> Formulation:
    """Return the objective over the rows that the estimator's engine keeps.

    Args:
        estimator: gives the parameters; receives n_features_in_ and feature_names_in_.
        X, y, sample_weight: what its engine takes.
            Or files, and y and sample_weight None.
        stream: the further arguments of `fit`: see `softlearn.streams.StreamOptions`.

    Raises:
        TypeError: some of these are not for an engine.
        ValueError: one sentence on parameters or data that cannot be used.

    """
    C, engine, options = _supported(estimator), estimator.engine, stream_options(stream)
    given, columns = _given(engine, X, y, sample_weight, stream)
    looked: list[parts.Looked] = engine.ask(
        parts.look, [(k, *part) for k, part in enumerate(given)]
    )
    every = [replace(seen, names=columns or seen.names) for seen in looked if seen.n]
    _agree(every, estimator)
    classes = encode_labels(np.concatenate([seen.labels for seen in every]))[1]
    n, d = sum(seen.n for seen in every), every[0].d
    nnz, sparse = sum(seen.nnz for seen in every), every[0].sparse
    dtype = str(np.result_type(*(seen.dtype for seen in every)))

    K = len(classes)
    model = Linear(d, K, bool(estimator.fit_intercept), reference=K == 2, by_feature=sparse)
    shards = Shards(engine, [])
    nbytes = nnz * (np.dtype(dtype).itemsize + 4 * sparse)
    rows = ShardedRows(shards, n, d, nbytes, nnz, sparse, dtype)
    keep = keeps_logits(rows, K)
    leaves = cut(n, leaf_rows(n, d, K, nnz, sparse))
    tables = [
        engine.make(parts.joined, pieces, classes, dtype, Place(model, edges, first, keep))
        for pieces, edges, first in _dealt(given, [seen.n for seen in looked], leaves)
    ]
    counts: F64 = total(node for nodes in engine.ask(parts.class_totals, tables) for node in nodes)
    weighted = given[0][2] is not None
    of_class, S = _weights(estimator.class_weight, classes, counts, weighted)
    shards.handles.extend(engine.make(parts.shard, table, of_class / S) for table in tables)

    penalty = L2(l2_of(C, S), model.weights)
    labels: Any = OfShard("Y")
    s: Any = OfShard("s")
    names = Names(tuple(map(str, classes.tolist())), _features(every[0]))
    problem = ShardedProblem(
        rows, labels, s, model, penalty, names, of_classes=counts * of_class / S
    )
    kernel = kernel_for(rows, model, labelled=True, brief=True)[0]
    passes = ShardedPasses(problem, kernel, shards, leaves, keep)
    chain = presolve(problem, ())
    objective: Any = ShardedObjective(problem, passes)  # type: ignore[arg-type]
    checkpoint = None
    if options.checkpoint is not None:
        at_zero = objective.at(np.zeros(objective.size))  # its bits stand for the data
        fingerprint = fit_fingerprint(estimator, str(at_zero.value), at_zero.grad)
        checkpoint = Checkpoint(Path(options.checkpoint), fingerprint, options.resume)
    return Formulation(objective, chain, classes, S, checkpoint=checkpoint)


def _given(
    engine: Any, X: Any, y: Any, sample_weight: Any, stream: Mapping[str, Any]
) -> tuple[list[tuple[Any, Any, Any]], list[str] | None]:
    """Return handles of all parts, and the names of the features where files have them."""
    if is_stream(X):
        _refuse(stream.keys() & {"memory", "cache"}, "fits without an engine")
        columns = stream_options(stream).columns
        read, whole = read_files(engine, files_of(X), columns)
        if not whole.labelled:
            raise ValueError("The files hold no labels: name their column with target=.")
        X = file_parts(engine, read, whole, columns)
    else:
        _refuse(stream.keys() - _KEPT, "files")
    if not isinstance(X, FileParts):
        return engine.parts(X, y, sample_weight), None
    if y is not None or sample_weight is not None:
        raise ValueError(
            "An engine reads labels and weights from the files: name their columns with target= "
            "and weight=, and leave y and sample_weight out."
        )
    return X.handles, X.names


def _refuse(wrong: AbstractSet[str], kind: str) -> None:
    if wrong:
        raise TypeError(
            f"fit() takes {', '.join(sorted(wrong))} for {kind} alone: leave "
            f"{'them' if len(wrong) > 1 else 'it'} out."
        )


def _supported(estimator: Any) -> float:
    """Return C, if this fit can be made on an engine."""
    C, l1_ratio = effective_penalty(estimator)
    wrong = ""
    if l1_ratio:
        wrong = "an L1 penalty: use l1_ratio=0"
    elif estimator.penalty_factors is not None:
        wrong = "penalty_factors: multiply columns by constants instead"
    elif estimator.device is not None:
        wrong = "device: its workers compute where they are"
    elif estimator.solver == "liblinear":
        wrong = "solver='liblinear': use solver='auto'"
    if wrong:
        raise ValueError(f"An engine does not support {wrong}, or leave engine out.")
    return C


def _agree(every: list[parts.Looked], estimator: Any) -> None:
    """Check that parts fit together; set the number and the names of the features."""
    if not every:
        raise ValueError("X has no rows: all its partitions are empty.")
    first = every[0]
    for seen in every:
        if seen.d != first.d or seen.names != first.names:
            raise ValueError(
                f"The partitions of X have different columns: one has {first.d}, another "
                f"{seen.d}, or their names differ; give all the same columns."
            )
        if seen.sparse != first.sparse:
            raise ValueError("Some partitions of X are sparse and some dense: make all alike.")
        if (seen.labels.dtype.kind in "OSU") != (first.labels.dtype.kind in "OSU"):
            raise ValueError(
                "The labels are text in some partitions and numbers in others: write all in one "
                "way."
            )
    estimator.n_features_in_ = first.d
    estimator.__dict__.pop("feature_names_in_", None)
    if first.names is not None and all(isinstance(name, str) for name in first.names):
        estimator.feature_names_in_ = np.array(first.names, dtype=object)


def _features(seen: parts.Looked) -> tuple[str, ...]:
    return () if seen.names is None else (*map(str, seen.names), "(intercept)")


def _dealt(
    given: list[tuple[Any, Any, Any]], sizes: list[int], leaves: list[slice]
) -> Iterator[tuple[list[Any], NDArray[np.intp], int]]:
    """Yield the pieces of parts, the edges of leaves and the first leaf of each shard.

    A leaf belongs to the part in which its first row lies; its other rows are taken from the parts
    that follow.
    """
    begins = [0, *accumulate(sizes)]
    ends = np.array([leaf.stop for leaf in leaves])
    owner = [bisect_right(begins, leaf.start) - 1 for leaf in leaves]
    first = 0
    while first < len(leaves):
        last = bisect_right(owner, owner[first]) - 1
        start, stop = leaves[first].start, leaves[last].stop
        pieces = [
            [*given[k], max(start - begins[k], 0), min(stop, begins[k + 1]) - begins[k]]
            for k in range(len(given))
            if max(start, begins[k]) < min(stop, begins[k + 1])
        ]
        yield pieces, np.array([start, *ends[first : last + 1]]), first
        first = last + 1


def _weights(
    class_weight: Any, classes: NDArray[Any], counts: F64, weighted: bool
) -> tuple[F64, float]:
    """Return the weight of each class (C,), and the sum of the weights of all rows."""
    of_class = np.ones(len(classes))
    if class_weight is not None and len(class_weight) > 0:
        of_class, unit = weights_of_classes(class_weight, classes, counts)
        of_class = of_class * unit
    whole = counts * of_class
    S = float(whole.sum())
    if not 0.0 < S < np.inf:
        raise ValueError(
            "sample_weight and class_weight are zero throughout, or their sum is no float: an "
            "engine takes weights whose sum is positive and finite."
        )
    require_two_weights(whole, classes, weighted or class_weight is not None)
    if not (whole > 0.0).all():
        absent = classes[int(whole.argmin())]
        raise ValueError(
            f"The class {quoted(absent)} has rows, but no weight: leave its rows out, which an "
            "engine cannot do."
        )
    return of_class, S
