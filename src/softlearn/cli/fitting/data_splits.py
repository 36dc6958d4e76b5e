"""The rows to train on and the rows to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..inspect.columns import identifiers
from ..inspect.rows import class_warnings, split_warnings
from ..inspect.sentinels import sentinel_warnings
from ..sources import Dataset, SourceError, read_source
from ..sources.frames import named
from ..sources.schema import describe, prepared, without
from .fit_options import FitOptions
from .splitting import hold_out, take

__all__ = ["DataSplits", "given_test", "read_splits"]


@dataclass(frozen=True)
class DataSplits:
    """Training and validation rows with their weights, test rows, and warnings on all."""

    train: Dataset
    weights: NDArray[np.float64] | None
    test: Dataset | None
    warnings: list[str]
    excluded: tuple[str, ...]
    """Columns that are not learned from, beside the target."""
    validation: Dataset | None = None
    validation_weights: NDArray[np.float64] | None = None


def read_splits(options: FitOptions) -> DataSplits:
    """Read the source, and the test source or hold rows out; then hold rows out to validate on."""
    splits = _with_test_rows(options)
    return _with_validation_rows(splits, options) if options.validation else splits


def _with_test_rows(options: FitOptions) -> DataSplits:
    """Return rows to train on and rows to test on."""
    data = read_source(options.source, options.target, need_target=True, options=options.reading)
    data, weights = _columns(options, data)
    data, left_out, said = _without_identifiers(options, data)
    excluded = (*options.no_features, *left_out)
    assert data.y is not None
    warnings = [*data.notes, *said, *class_warnings(data.y), *sentinel_warnings(data)]
    if options.test is not None:
        test = given_test(options, data, excluded)
        assert test.y is not None
        warnings += [*test.notes, *split_warnings(data.y, test.y)]
        return DataSplits(data, weights, test, warnings, excluded)
    if not options.test_size:
        return DataSplits(data, weights, None, warnings, excluded)
    train, held_out = hold_out(data.y, options.test_size, options.seed)
    if not len(held_out):
        warnings.append("There are too few rows to hold any out, so nothing was tested.")
        return DataSplits(data, weights, None, warnings, excluded)
    weights = None if weights is None else weights[train]
    return DataSplits(take(data, train), weights, take(data, held_out), warnings, excluded)


def _with_validation_rows(splits: DataSplits, options: FitOptions) -> DataSplits:
    """Return the splits with some of the training rows held out to validate on."""
    train, weights = splits.train, splits.weights
    assert train.y is not None
    rest, held = hold_out(train.y, options.validation, options.seed)
    if not len(held):
        raise SourceError(
            f"{options.name} has too few rows to set any aside; leave --early-stopping, "
            "--validation and --none-of-these out."
        )
    return replace(
        splits,
        train=take(train, rest),
        weights=None if weights is None else weights[rest],
        validation=take(train, held),
        validation_weights=None if weights is None else weights[held],
    )


def _without_identifiers(
    options: FitOptions, data: Dataset
) -> tuple[Dataset, list[str], list[str]]:
    """Return a table without the columns that only name its rows, those, and a sentence on each."""
    found = identifiers(data)
    unknown = [name for name in options.keep if data.kind != "table" or name not in data.types]
    if unknown:
        raise SourceError(f"{options.name} has no column {named(unknown)} to keep.")
    left_out = [name for name in found if name not in options.keep]
    return without(data, left_out), left_out, [found[name] for name in left_out]


def given_test(options: FitOptions, data: Dataset, excluded: Sequence[str]) -> Dataset:
    """Return the source to test on, read as the training data were."""
    like = {**describe(data), "excluded": list(excluded)}
    assert options.test is not None
    test = read_source(
        options.test,
        options.target,
        need_target=True,
        train=False,
        options=replace(options.reading, labels=options.test_labels),
        like=like,
    )
    return prepared(like, test)


def _columns(options: FitOptions, data: Dataset) -> tuple[Dataset, NDArray[np.float64] | None]:
    """Return the data without the columns that are no features, and the weights of the rows."""
    excluded = options.no_features
    if not excluded:
        return data, None
    if data.kind != "table":
        raise SourceError(
            f"{options.name} is no table: --exclude and --weights name columns of tables."
        )
    absent = [name for name in excluded if name not in data.types]
    if absent:
        raise SourceError(
            f"{options.name} has no column {named(absent)} to exclude or to weigh by; its "
            f"columns beside the target are {named(data.types, 30)}."
        )
    weights = None if options.weights is None else _weights(options, data)
    data = without(data, excluded)
    if not data.types:
        raise SourceError(f"{options.name} has no columns left; exclude fewer.")
    return data, weights


def _weights(options: FitOptions, data: Dataset) -> NDArray[np.float64]:
    name = options.weights
    assert name is not None
    if data.types[name] not in ("number", "bool"):
        raise SourceError(f"{options.name}: the weights {name!r} are not numbers.")
    weights: NDArray[np.float64] = data.X[name].to_numpy(dtype=np.float64)
    assert data.y is not None
    if not (np.isfinite(weights).all() and (weights >= 0.0).all() and weights.any()):
        raise SourceError(
            f"{options.name}: the weights {name!r} must be numbers of at least 0 in every row, "
            "and not all 0."
        )
    counted = np.unique(data.y[weights > 0.0])
    if len(counted) < 2:
        raise SourceError(
            f"{options.name}: all rows whose weight in {name!r} is above 0 are of one class "
            f"({counted[0]!s}); a classifier needs at least two."
        )
    return weights
