"""The section of a report on the model and how it was fitted, for each kind of model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...protocol import Status
from ...words import counted, duration, power
from .learning_curve import print_curve
from .page import Page

__all__ = ["certificate", "print_training"]

Facts = Mapping[str, Any]


def print_training(page: Page, facts: Facts) -> None:
    """Print what the model is, and how good it is known to be."""
    page.section("Model")
    # before there were networks, files did not say which
    _PRINT[facts.get("estimator", "SoftmaxRegression")](page, facts)


def certificate(facts: Facts) -> str:
    """Return what is proven about the optimum, in words."""
    gap = facts["gap"]
    if facts["status"] != Status.CONVERGED.name:
        detail = facts["status_detail"]
        if not detail and gap and math.isfinite(gap):
            detail = f"It is proven to be within {power(gap)} (relative) of the best possible."
        return " ".join(filter(None, [facts["status_sentence"], detail]))
    if not gap:
        return "The optimum is proven: the objective is the best possible, but for rounding."
    return (
        f"The optimum is proven: the objective is within {power(gap)} (relative) of the "
        "best possible."
    )


def _regression(page: Page, facts: Facts) -> None:
    if facts["status"] is None:
        page.say(
            f"Softmax regression on {counted(facts['n_features'], 'feature', 'features')}: the "
            f"mean of the best fits of each fold, at C = {facts['C']:g} on average. "
            "Nothing is proven of a mean."
        )
        return
    good = facts["status"] in {status.name for status in Status if status.ok}
    page.say(certificate(facts), style="bold green" if good else "bold yellow")
    penalty = "no penalty" if facts["C"] is None else f"C = {facts['C']:g}"
    if facts.get("cross_validation"):
        penalty += f" (best of {len(facts['cross_validation']['C'])} in cross-validation)"
    parts = [
        f"Softmax regression on {counted(facts['n_features'], 'feature', 'features')}",
        penalty,
        _balanced(facts),
    ]
    work = f"{counted(facts['steps'], 'step', 'steps')} of {facts['solver']}"
    if facts.get("seconds"):
        work = f"fitted in {duration(facts['seconds']['fit'])} with {work}"
    page.say(f"{', '.join(filter(None, parts))}; {work}.")


def _network(page: Page, facts: Facts) -> None:
    page.say(" ".join(filter(None, [facts["status_sentence"], facts["status_detail"]])))
    inputs, *hidden, classes = facts["layers"]
    units = " and ".join(f"{n:,}" for n in hidden)
    what = [
        f"A network of {counted(inputs, 'input', 'inputs')}, {units} {facts['activation']} "
        f"units and {classes:,} classes: {facts['parameters']:,} parameters",
        f"alpha = {facts['alpha']:g}",
        f"dropout {facts['dropout']:g}" if facts["dropout"] else "",
        _balanced(facts),
    ]
    page.say(f"{', '.join(filter(None, what))}; {_work(facts)}.")
    if facts.get("scaling"):
        page.say(facts["scaling"])
    print_curve(page, facts)


def _work(facts: Facts) -> str:
    """Return how a network was trained, in words."""
    unit, n = facts.get("unit", "epoch"), facts["epochs"]
    spent = duration(facts["curve"]["seconds"][-1]) if n else "no time"
    work = f"trained in {spent} by {counted(n, unit, unit + 's')} of {facts['optimizer']}"
    how = []
    if unit == "epoch" and facts.get("batch_size"):
        how.append(f"{counted(facts['batch_size'], 'row', 'rows')} at a time")
    if unit == "epoch" and facts["learning_rate"]:
        how.append(f"learning rate {facts['learning_rate']:g}, {facts['schedule']}")
    work += f" ({', '.join(how)})" if how else ""
    before = facts.get("resumed_after")
    return work + (f", of which {before:,} before it was interrupted" if before else "")


def _balanced(facts: Facts) -> str:
    return "balanced classes" if facts["class_weight"] == "balanced" else ""


_PRINT = {
    "SoftmaxRegression": _regression,
    "SoftmaxRegressionCV": _regression,
    "SoftmaxNetwork": _network,
}
