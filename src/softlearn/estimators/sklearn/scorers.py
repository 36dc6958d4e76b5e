"""How a cross-validation scores its fits, and which parameters reach splitter and scorer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer, make_scorer
from sklearn.utils._metadata_requests import _raise_for_params, _routing_enabled
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import _check_method_params

from .weights import in_units

__all__ = ["fold_scorer", "routed_for_fit", "routed_for_score"]


def routed_for_fit(
    estimator: Any, sample_weight: Any, params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters for the splitter and for the scorer, as in `LogisticRegressionCV`.

    Without metadata routing the scorer gets sample_weight, and there are no further parameters.

    Raises:
        ValueError: for parameters although routing is off.

    """
    _raise_for_params(params, estimator, "fit")
    if _routing_enabled():
        routed = process_routing(estimator, "fit", sample_weight=sample_weight, **params)
        return dict(routed.splitter.split), dict(routed.scorer.score)
    return {}, _weight(sample_weight)


def routed_for_score(estimator: Any, sample_weight: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that `score` passes to the scorer."""
    _raise_for_params(params, estimator, "score")
    if not _routing_enabled():
        return _weight(sample_weight)
    if sample_weight is not None:
        params = {**params, "sample_weight": sample_weight}
    return dict(process_routing(estimator, "score", **params).scorer.score)


def _weight(sample_weight: Any) -> dict[str, Any]:
    """Return weights for scores, which are means: in units in which sums do not overflow."""
    if sample_weight is None:
        return {}
    given = np.asarray(sample_weight, dtype=np.float64)
    return {"sample_weight": in_units(given)[0] if given.ndim else sample_weight}


def fold_scorer(
    scoring: Any, classes: NDArray[Any], params: dict[str, Any], X: Any, rows: NDArray[np.intp]
) -> Callable[[Any, Any, Any], float]:
    """Return scorer(model, X, y) for the rows held out.

    A score that needs to know all labels, as log-loss does, gets them: a fold may lack some.

    Args:
        scoring: a name or a callable; None for accuracy.
        classes: (C,) labels.
        params: the parameters for the scorer, for all rows.
        X: all rows, for their number.
        rows: which are held out.

    """
    scorer = get_scorer(scoring or "accuracy")
    function = getattr(scorer, "_score_func", None)
    known = inspect.signature(function).parameters if function is not None else {}
    if function is not None and "labels" in known:
        own = {"labels": classes}
        if len(classes) == 2 and "pos_label" in known:
            own["pos_label"] = classes[-1]
        scorer = make_scorer(
            function,
            greater_is_better=scorer._sign == 1,
            response_method=scorer._response_method,
            **{**own, **scorer._kwargs},
        )
    given = _check_method_params(X=X, params=params, indices=rows)
    return lambda model, X, y: float(scorer(model, X, y, **given))
