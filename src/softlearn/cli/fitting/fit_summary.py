"""What fitted classifiers tell of their fit: plain dicts that `--json` prints as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["facts_on_fit"]


def facts_on_fit(classifier: Any) -> dict[str, Any]:
    """Return what a fitted classifier of softlearn's tells of its fit, for the report."""
    kind, weight = type(classifier).__name__, classifier.class_weight
    named = {"estimator": kind, "class_weight": weight if isinstance(weight, str) else None}
    if not hasattr(classifier, "status_"):
        return {**named, **_averaged(classifier)}
    return {
        **named,
        "status": classifier.status_.name,
        "status_sentence": classifier.status_.value,
        "status_detail": classifier.status_detail_,
        **_OF[kind](classifier),
    }


def _averaged(classifier: Any) -> dict[str, Any]:
    """Return what a `SoftmaxRegressionCV(refit=False)` tells: it is the mean of fits of folds."""
    return {"status": None, "C": float(np.ravel(classifier.C_)[0]), "tol": classifier.tol}


def _regression(classifier: Any) -> dict[str, Any]:
    return _certified(classifier, classifier.C, int(classifier.n_iter_[0]))


def _chosen(classifier: Any) -> dict[str, Any]:
    """Return what a cross-validated classifier tells of its last fit, to all rows."""
    return _certified(classifier, np.ravel(classifier.C_)[0], len(classifier.trace_) - 1)


def _certified(classifier: Any, C: float, steps: int) -> dict[str, Any]:
    trace = classifier.trace_
    return {
        "C": float(C),  # in JSON null if infinite: no penalty
        "tol": classifier.tol,
        "solver": classifier.solver_,
        "gap": classifier.gap_,
        "objective": classifier.objective_,
        "steps": steps,
        "passes": trace[-1].passes if trace else None,
    }


def _network(net: Any) -> dict[str, Any]:
    named = isinstance(net.solver, str)
    schedule = net.learning_rate if isinstance(net.learning_rate, str) else None
    history = net.history_
    return {
        "layers": [int(net.n_features_in_), *(W.shape[1] for W in net.coefs_)],
        "parameters": sum(int(part.size) for part in (*net.coefs_, *net.intercepts_)),
        "activation": net.activation,
        "optimizer": net.solver if named else getattr(net.solver, "name", str(net.solver)),
        "learning_rate": float(net.learning_rate_init) if named else None,
        "schedule": schedule if named else None,
        "alpha": float(net.alpha),
        "dropout": float(net.dropout),
        "early_stopping": bool(net.early_stopping),
        "epochs": len(history["loss"]),
        "best_epoch": _best(history["val_loss"]),
        "curve": history,
    }


def _best(losses: list[float]) -> int | None:
    """Return the epoch, counted from 1, with the lowest validation loss; None without any."""
    known = [loss for loss in losses if np.isfinite(loss)]
    return 1 + losses.index(min(known)) if known else None


_OF: dict[str, Callable[[Any], dict[str, Any]]] = {
    "SoftmaxRegression": _regression,
    "SoftmaxRegressionCV": _chosen,
    "SoftmaxNetwork": _network,
}
