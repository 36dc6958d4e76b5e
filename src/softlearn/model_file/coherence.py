"""After loading: do the parts of the model fit each other?

A file of allowed types may still be put together by hand, or by a version that differs.  What
would give wrong answers, or have compiled code read outside its arrays, is refused here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from ..estimators import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV
from ..estimators.network.history import history_fault
from ..networks import Network
from ..protocol import Status
from .decisions import DECISIONS, check_decision
from .errors import ModelFileError

__all__ = ["check_model", "fit_to_machine"]

_MODELS = (SoftmaxRegression, SoftmaxRegressionCV, SoftmaxNetwork)


def _check_root(model: Any) -> None:
    """Raise `ModelFileError` unless this is a model of ours, or a Pipeline that ends in one."""
    last = model
    while (isinstance(last, Pipeline) and getattr(last, "steps", None)) or _decides(last):
        last = last.estimator_ if _decides(last) else last.steps[-1][1]
    if not isinstance(last, _MODELS):
        if hasattr(last, "best_estimator_"):
            raise ModelFileError(
                f"it is a {type(last).__name__}: save the model that it found, its best_estimator_."
            )
        raise ModelFileError(
            "it is not a SoftmaxRegression, SoftmaxRegressionCV or SoftmaxNetwork, nor a Pipeline "
            "that ends in one, nor one of softlearn.decide around these, but "
            f"{type(last).__module__}.{type(last).__qualname__}."
        )
    if not (hasattr(last, "coef_") or hasattr(last, "coefs_")):
        raise ModelFileError(f"its {type(last).__name__} is not fitted: call fit first.")


def _decides(model: Any) -> bool:
    """Whether this is a classifier around a classifier, of ours."""
    if not isinstance(model, DECISIONS):
        return False
    if not hasattr(model, "estimator_"):
        raise ModelFileError(f"its {type(model).__name__} is not fitted: call fit first.")
    return True


def check_model(model: Any) -> None:
    """Raise `ModelFileError` unless the parts of a loaded model agree with each other."""
    _check_root(model)
    for part in _parts(model):
        jobs = getattr(part, "n_jobs", None)
        _require(jobs is None or isinstance(jobs, Integral), "n_jobs is not a whole number")
        for kind, check in _CHECKS.items():
            if isinstance(part, kind):
                check(part)


def fit_to_machine(model: Any) -> None:
    """Let no part start more processes than there are cores, whatever number the file gives."""
    cores = os.cpu_count() or 1
    for part in _parts(model):
        if (getattr(part, "n_jobs", None) or 1) > cores:
            part.n_jobs = cores


def _parts(model: Any) -> Iterator[Any]:
    """Yield every object that can be reached through attributes and containers, once."""
    seen: dict[int, Any] = {}
    waiting = [model]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | int | float | type | None):
            continue
        seen[id(part)] = part
        yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == "O"):
            waiting.extend(part)
        else:
            waiting.extend(getattr(part, "__dict__", {}).values())


def _require(condition: Any, what: str) -> None:
    if not condition:
        raise ModelFileError(f"its parts do not fit each other: {what}.")


def _check_softmax(model: SoftmaxRegression) -> None:
    if not hasattr(model, "coef_"):
        return
    K, d = _check_linear(model)
    _check_fit(model)
    memory = model._memory
    if memory is None:
        known = isinstance(getattr(model, "_weight", None), float)
        _require(known, "the weight of the rows, which partial_fit needs, is not a number")
    else:
        e = d + bool(model.fit_intercept)
        _numbers(memory, (K, e, e) if np.ndim(memory) == 3 else (K, e), "the memory of partial_fit")


def _check_cv(model: SoftmaxRegressionCV) -> None:
    if not hasattr(model, "coef_"):
        return
    _check_linear(model)
    if hasattr(model, "_status"):  # without refit there is no last fit
        _check_fit(model)
    Cs = model.Cs_
    _require(isinstance(Cs, np.ndarray) and Cs.ndim == 1, "Cs_ is not a list")
    _require(np.shape(model.gaps_)[-1:] == Cs.shape, "gaps_ has the wrong length")


def _check_network(model: SoftmaxNetwork) -> None:
    if not hasattr(model, "coefs_"):
        return
    C, d = _check_classes(model)
    W, b = model.coefs_, model.intercepts_
    _require(isinstance(W, list) and isinstance(b, list), "coefs_ or intercepts_ is not a list")
    _require(len(W) == len(b) > 0, "coefs_ and intercepts_ have different lengths")
    _require(all(np.ndim(M) == 2 for M in W), "coefs_ has a part that is no matrix")
    sizes = (d, *(M.shape[1] for M in W))
    _require(sizes[-1] == C and min(sizes) > 0, "the last of coefs_ has not a column per class")
    for k, (M, v) in enumerate(zip(W, b, strict=True)):
        _numbers(M, (sizes[k], sizes[k + 1]), f"coefs_[{k}]")
        _numbers(v, (sizes[k + 1],), f"intercepts_[{k}]")
        known = M.dtype == v.dtype == W[0].dtype and M.dtype.name in ("float32", "float64")
        _require(known, "coefs_ and intercepts_ are of different types")
    network, _ = model._network()
    _require(model._status in Status.__members__, "the status is not one softlearn knows")
    _require(isinstance(model.gap_, float), "gap_ is not a number")
    fault = history_fault(model.history_)
    _require(not fault, fault)
    _require(type(model.n_iter_) is int, "n_iter_ is not a whole number")
    _check_averages(model._memory, network)


def _check_averages(memory: Any, network: Network) -> None:
    """Check what `partial_fit` goes on from: compiled code writes to these arrays."""
    if memory is None:
        return
    _require(isinstance(memory, dict), "the memory of partial_fit is no dictionary")
    for key in ("seed", "steps", "rows"):
        _require(type(memory.get(key)) is int and memory[key] >= 0, f"{key} is not a whole number")
    arrays = memory.get("arrays")
    _require(isinstance(arrays, list) and len(arrays) > 0, "the averages of the rule are missing")
    assert isinstance(arrays, list)
    for array in arrays:
        sound = isinstance(array, np.ndarray) and array.dtype.kind in "fi"
        _require(sound, "an average of the rule is no array of numbers")
        _require(np.isfinite(array).all(), "an average of the rule is not finite")
        _require(array.size in (0, 1, network.size), "an average of the rule has the wrong length")


def _check_classes(model: Any) -> tuple[int, int]:
    """Check classes and features; return how many there are."""
    classes, d = model.classes_, model.n_features_in_
    _require(isinstance(classes, np.ndarray) and classes.ndim == 1, "classes_ is not a list")
    C = len(classes)
    _require(C >= 2 and len(np.unique(classes)) == C, "classes_ has fewer than 2 classes, or twins")
    _require(type(d) is int, "n_features_in_ is not a whole number")
    names = getattr(model, "feature_names_in_", None)
    _require(names is None or np.shape(names) == (d,), "feature_names_in_ has the wrong length")
    return C, d


def _check_linear(model: SoftmaxRegression | SoftmaxRegressionCV) -> tuple[int, int]:
    """Check what predictions are made of; return the shape of coef_."""
    C, d = _check_classes(model)
    K = 1 if C == 2 else C
    _numbers(model.coef_, (K, d), "coef_")
    _numbers(model.intercept_, (K,), "intercept_")
    return K, d


def _check_fit(model: SoftmaxRegression | SoftmaxRegressionCV) -> None:
    """Check what is kept of the fit."""
    _require(model._status in Status.__members__, "the status is not one softlearn knows")
    _numbers(model._trace, (len(model._trace), 4), "trace_", finite=False)
    for name in ("gap_", "objective_"):
        _require(isinstance(getattr(model, name), float), f"{name} is not a number")
    zeros = getattr(model, "zeros_proven_", None)
    if zeros is not None:
        sound = isinstance(zeros, np.ndarray) and zeros.dtype == bool
        _require(sound and zeros.shape == model.coef_.shape, "zeros_proven_ does not fit coef_")


def _numbers(value: Any, shape: tuple[int, ...], name: str, finite: bool = True) -> None:
    """Require an array of floating-point numbers of this shape."""
    sparse: bool = sp.issparse(value)
    _require(isinstance(value, np.ndarray) or sparse, f"{name} is not an array")
    _require(value.shape == shape, f"{name} has shape {value.shape} where {shape} is needed")
    _require(value.dtype.kind == "f", f"{name} has the dtype {value.dtype}")
    entries = value.data if sparse else value
    _require(not finite or np.isfinite(entries).all(), f"{name} has NaN or infinite entries")


def _check_vocabulary(vectorizer: CountVectorizer) -> None:
    """Each word has a column of its own: scikit-learn makes a CSR matrix of them unchecked."""
    vocabulary = getattr(vectorizer, "vocabulary_", None)
    if vocabulary is None:
        return
    columns: list[Any] = list(vocabulary.values()) if isinstance(vocabulary, dict) else [None]
    whole = all(type(c) is int for c in columns)
    _require(
        whole and sorted(columns) == list(range(len(columns))), "the vocabulary has stray columns"
    )


def _check_hashing(vectorizer: HashingVectorizer) -> None:
    n = vectorizer.n_features
    _require(type(n) is int and 0 < n < 2**31, "n_features of the HashingVectorizer is impossible")


def _check_one_hot(encoder: OneHotEncoder) -> None:
    """Every code lies within the columns: scikit-learn makes a CSR matrix of them unchecked."""
    if not hasattr(encoder, "categories_"):
        return
    categories, dropped = encoder.categories_, encoder._drop_idx_after_grouping
    grouped = encoder._infrequent_enabled
    groups = encoder._default_to_infrequent_mappings if grouped else [None] * len(categories)
    drops = [None] * len(categories) if dropped is None else list(dropped)
    _require(isinstance(categories, list) and isinstance(groups, list), "categories_ is no list")
    widths = [_width(c, g, d) for c, g, d in zip(categories, groups, drops, strict=True)]
    _require(
        isinstance(encoder._n_features_outs, list) and encoder._n_features_outs == widths,
        "categories_ of the OneHotEncoder differ from its columns",
    )


def _width(categories: Any, group: Any, drop: Any) -> int:
    """Return how many columns the codes of one feature take."""
    _require(isinstance(categories, np.ndarray) and categories.ndim == 1, "categories_ is no array")
    if categories.dtype != "O":  # looked up by bisection, which needs order
        known = categories[categories == categories]
        ordered = (known[:-1] < known[1:]).all() and len(known) >= len(categories) - 1
        nan_last = len(known) == len(categories) or categories[-1] != categories[-1]
        _require(ordered and nan_last, "categories_ are not in order")
    codes = len(categories)
    if group is not None:
        sound = (
            isinstance(group, np.ndarray) and group.shape == (codes,) and group.dtype.kind == "i"
        )
        _require(sound and codes and group.min() >= 0, "the infrequent categories are not codes")
        codes = int(group.max()) + 1
    if drop is None:
        return codes
    _require(isinstance(drop, int | np.integer) and 0 <= drop < codes, "drop is not a category")
    return codes - 1


def _check_pipeline(pipeline: Pipeline) -> None:
    if pipeline.memory is not None:
        raise ModelFileError(
            "its Pipeline has memory set, a folder of pickles: set memory=None before saving."
        )


_CHECKS: dict[type, Callable[[Any], None]] = {
    SoftmaxRegression: _check_softmax,
    SoftmaxRegressionCV: _check_cv,
    SoftmaxNetwork: _check_network,
    CountVectorizer: _check_vocabulary,
    HashingVectorizer: _check_hashing,
    OneHotEncoder: _check_one_hot,
    Pipeline: _check_pipeline,
    **dict.fromkeys(DECISIONS, check_decision),
}
