"""The kinds of model that the command line knows, one file each.

A kind is one file beside these and one entry in KINDS: how a model of it is fitted, what it
reports, how that is printed, and what must be true of it in a model file.
"""

from __future__ import annotations

from typing import Any

from ...terminal.page import Page
from . import network, regression, regression_cv
from .kind import Facts, ModelKind

__all__ = ["KINDS", "fit_summary", "kind_of", "print_section"]

KINDS: dict[str, ModelKind] = {
    "SoftmaxRegression": regression.KIND,
    "SoftmaxRegressionCV": regression_cv.KIND,
    "SoftmaxNetwork": network.KIND,
}
"""By the name of the estimator."""


def kind_of(facts: Facts) -> ModelKind | None:
    """Return the kind of model that a report is of; None if it is not known here."""
    # before there were networks, files did not say which
    name = facts.get("estimator", "SoftmaxRegression")
    return KINDS.get(name) if isinstance(name, str) else None


def fit_summary(classifier: Any) -> dict[str, Any]:
    """Return what a fitted classifier of softlearn's tells of its fit: plain numbers and words."""
    from ....decide.meta import innermost  # loads scikit-learn, which `show` does without

    classifier = innermost(classifier)
    name, weight = type(classifier).__name__, classifier.class_weight
    facts = {"estimator": name, "class_weight": weight if isinstance(weight, str) else None}
    status = getattr(classifier, "status_", None)
    facts["status"] = None if status is None else status.name
    if status is not None:
        facts |= {"status_sentence": status.value, "status_detail": classifier.status_detail_}
    return {**facts, **KINDS[name].summary(classifier)}


def print_section(page: Page, facts: Facts) -> None:
    """Print what the model is, and how good it is known to be."""
    kind = kind_of(facts)
    assert kind is not None
    page.section("Model")
    kind.print_section(page, facts)
