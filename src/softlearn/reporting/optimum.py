"""What is known of the optimum, in sentences that hold for the fit at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._internal.format import counted, duration
from ..protocol import Status
from .words import number, upper

__all__ = ["Optimum", "limit_reached", "optimum_of", "seconds_of"]


@dataclass(frozen=True)
class Optimum:
    """What a fit tells of itself.

    Args:
        verdict: a word or two: "proven", "not proven".
        brief: what follows it, one short sentence.
        sentence: the whole of it.
        proven: whether the optimum is proven.
        doubtful: whether a reader should be warned.
        facts: name -> text.

    """

    verdict: str
    brief: str
    sentence: str
    proven: bool
    doubtful: bool
    facts: dict[str, str]


def optimum_of(model: Any, seconds: float | None) -> Optimum | None:
    """Return what a fitted estimator of softlearn's tells of its optimum; None of any other."""
    status = getattr(model, "status_", None)
    if not isinstance(status, Status):
        return None
    gap = float(getattr(model, "gap_", math.inf))
    facts = _facts(model, gap, seconds_of(model, seconds))
    if status is Status.CONVERGED:
        within = "but for rounding" if not gap else f"within {upper(gap)} of its value"
        sentence = (
            "The optimum is proven. No other weights whatever, with the same penalty, give its "
            "training rows an objective that is lower by more than "
            f"{'what float64 arithmetic rounds' if not gap else f'{upper(gap)} of its value'}."
        )
        return Optimum(
            "proven",
            f"no other weights fit the training rows better, {within}",
            sentence,
            True,
            False,
            facts,
        )
    sentence = " ".join(filter(None, [status.value, getattr(model, "status_detail_", "")]))
    brief = "how far this fit is from the best possible is not known"
    if 0.0 < gap < math.inf:
        brief = f"within {upper(gap)} of the best possible"
        sentence += f" It is proven to be within {upper(gap)} (relative) of the best possible."
    fine = status.ok or status in (Status.TRAINED, Status.STOPPED_EARLY, Status.STALLED)
    return Optimum("not proven", brief, sentence, False, not fine, facts)


def _facts(model: Any, gap: float, seconds: float | None) -> dict[str, str]:
    """Return what there is to say of the fit, line by line."""
    facts = {"status": model.status_.name}
    if model.status_ is Status.CONVERGED and getattr(model, "C", 1.0) == math.inf:
        facts["standard errors"] = "softlearn.inference gives them: there is no penalty"
    if math.isfinite(gap):
        facts["proven relative gap"] = upper(gap) if gap else "0"
    if hasattr(model, "objective_"):
        facts["objective"] = f"{model.objective_:.10g} nats per example"
    elif hasattr(model, "loss_"):
        facts["loss at the end"] = f"{number(float(model.loss_))} nats per example"
    if hasattr(model, "zeros_proven_"):
        facts["penalty"], facts["weights"] = _penalty(model), _weights(model)
    if hasattr(model, "solver_"):
        facts["solver"] = str(model.solver_)
    if hasattr(model, "precision_"):
        facts["precision"] = str(model.precision_)
    trace = getattr(model, "trace_", [])
    steps = int(np.max(model.n_iter_)) if hasattr(model, "n_iter_") else 0
    if trace:
        passes = counted(round(trace[-1].passes), "pass", "passes")
        facts["work"] = f"{counted(steps, 'step')}, {passes} over the data"
    elif steps:
        # a network that a solver trained on all rows has no learning rate
        epochs = np.isfinite(model.history_["learning_rate"][-1:]).any()
        facts["work"] = counted(steps, "epoch" if epochs else "step")
    if seconds is not None:
        facts["time"] = duration(seconds)
    return facts


def _penalty(model: Any) -> str:
    """Return the kind of a penalty with an L1 part."""
    ratio = float(model.l1_ratio_ if hasattr(model, "l1_ratio_") else model.l1_ratio or 0.0)
    ratio = 1.0 if model.penalty == "l1" else ratio  # of older code
    one = "a group lasso over features" if model.penalty_groups else "L1"
    return one if ratio == 1.0 else f"an elastic net, {ratio:.3g} of it {one}"


def _weights(model: Any) -> str:
    """Return how many weights are zero, and how many of them are proven to be."""
    size, used = model.zeros_proven_.size, model.n_nonzero_
    if used == size:
        return f"none of {size:,} is 0"
    return (
        f"{used:,} of {size:,} are not 0; of the {size - used:,} that are, "
        f"{int(model.zeros_proven_.sum()):,} are proven to be 0 at the optimum itself"
    )


def seconds_of(model: Any, measured: float | None) -> float | None:
    """Return how long a fit took: what is measured, else what the model remembers, else None."""
    if measured is not None:
        return measured
    trace = getattr(model, "trace_", None)
    if trace:
        return float(trace[-1].time)
    history = getattr(model, "history_", None)
    if isinstance(history, dict) and history.get("seconds"):
        return float(history["seconds"][-1])
    return None


def limit_reached(model: Any) -> str:
    """Return a sentence if an optimizer of another library made all its iterations, else ""."""
    if not (hasattr(model, "coef_") or hasattr(model, "coefs_")):
        return ""  # the iterations of others, such as boosting, are no steps to an optimum
    made, max_iter = getattr(model, "n_iter_", None), getattr(model, "max_iter", None)
    if (
        made is None
        or not isinstance(max_iter, int)
        or isinstance(getattr(model, "status_", 0), Status)
    ):
        return ""
    if not (max_iter > 0 and int(np.max(made)) >= max_iter):
        return ""
    return (
        f"{type(model).__name__} made all of its {counted(max_iter, 'iteration')} (max_iter): it "
        "may not have converged."
    )
