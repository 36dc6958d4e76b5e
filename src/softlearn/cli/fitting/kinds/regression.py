"""Softmax regression: the optimum, proven."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from ...._internal.format import counted, duration, power
from ....influences import class_weights, influences, spread
from ....protocol import Status
from ... import CommandError
from ...inspect.measures import plain
from ...terminal.page import Page
from ...terminal.progress import GapLine, ProgressDisplay
from ..report_schema import Count, FitReport, Part
from .kind import Facts, FittedModel, ModelKind, balanced

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ....estimators import SoftmaxRegression
    from ...sources import Dataset
    from ..data_splits import DataSplits
    from ..fit_options import FitOptions

__all__ = [
    "KIND",
    "RegressionFitter",
    "certificate",
    "certified",
    "fit_proven",
    "fitted_regression",
    "forget_names",
    "print_regression",
]


@dataclass(frozen=True)
class RegressionFitter:
    """How a softmax regression is fitted; C is None for the best in cross-validation."""

    C: float | None
    tol: float
    l1_ratio: float = 0.0
    penalty_groups: str | None = None
    penalty_factors: Mapping[str, float] = field(default_factory=dict)
    """Of features or columns, by name."""
    remedies: ClassVar[tuple[str, str]] = (
        "a weaker penalty (a larger C) may suit these data better; --regularization auto looks for "
        "the best",
        "a stronger penalty (a smaller C) may suit these data better; --regularization auto looks "
        "for the best",
    )

    def fit(self, options: FitOptions, splits: DataSplits, display: ProgressDisplay) -> FittedModel:
        """Choose C if asked to, and fit all training rows."""
        from ..cross_validation import at_the_end, cross_validate
        from ..pipeline import prepare_features

        train = splits.train
        classifier = self.classifier(options)
        curve, warnings = None, list[str]()
        if self.C is None:
            curve = cross_validate(
                train, splits.weights, classifier, options.seed, display, self.penalty_factors
            )
            warnings = at_the_end(curve)
        classifier.set_params(C=self.C if curve is None else curve["best"])
        pipeline, X, names = prepare_features(train, classifier, display)
        self.set_factors(classifier, pipeline, train, names)
        display.task("Fitting")
        seconds = fit_proven(classifier, X, train.y, splits.weights, names, display)
        model = fitted_regression(classifier, pipeline, X, names, seconds, train.kind)
        facts = {"cross_validation": curve, **self.facts}
        return replace(model, facts=facts, warnings=warnings)

    @property
    def facts(self) -> dict[str, Any]:
        """What was asked for that the classifier does not tell."""
        return {"penalty_factors": dict(self.penalty_factors)} if self.penalty_factors else {}

    def set_factors(
        self, classifier: Any, pipeline: Pipeline, train: Dataset, names: list[str]
    ) -> None:
        """Give the classifier the factors of its features."""
        from ..penalty_factors import factors_of_features

        factors = factors_of_features(self.penalty_factors, pipeline, train, names)
        classifier.set_params(penalty_factors=factors)

    def classifier(self, options: FitOptions) -> SoftmaxRegression:
        """Return the classifier, without its C."""
        from ....estimators import SoftmaxRegression

        return SoftmaxRegression(
            tol=self.tol,
            l1_ratio=self.l1_ratio,
            penalty_groups=self.penalty_groups,
            **options.of_estimator,
        )


def fit_proven(
    classifier: SoftmaxRegression,
    X: Any,
    y: Any,
    weights: Any,
    names: list[str],
    display: ProgressDisplay,
) -> float:
    """Fit a classifier, and show how far the fit has come; return the seconds it took.

    The d names of features are for what `status_detail_` says.
    """
    import pandas as pd

    from ..pipeline import follow

    if isinstance(X, np.ndarray):
        X = pd.DataFrame(X, columns=names)
    seconds = follow(classifier.iter_fit(X, y, weights), GapLine(classifier.tol), display)
    forget_names(classifier)
    return seconds


def forget_names(classifier: Any) -> None:
    """Let a classifier take arrays: those of the pipeline, whose columns have no names."""
    if hasattr(classifier, "feature_names_in_"):
        del classifier.feature_names_in_


def fitted_regression(
    classifier: SoftmaxRegression,
    pipeline: Pipeline,
    X: Any,
    names: list[str],
    seconds: float,
    kind: str,
) -> FittedModel:
    """Return a fitted model, with its most influential features by the spread of those of X.

    Raises:
        CommandError: the objective is not finite.

    """
    if classifier.status_ is Status.NOT_FINITE:
        raise CommandError(
            "The objective is not finite: some numbers are too large for float64 arithmetic; "
            "measure these columns in a larger unit."
        )
    features = []
    if kind != "image":  # a single pixel says little, and its neighbours say the same
        features = _influential_features(classifier, names, X)
    return FittedModel(pipeline, X, names, seconds, {}, [], features)


def _influential_features(classifier: Any, names: list[str], X: Any) -> list[dict[str, Any]]:
    """Return the features that move the logit of each class most, and by how much."""
    W = class_weights(classifier)
    assert W is not None
    return [
        {
            "class": plain(label),
            "features": [{"feature": names[j], "effect": effect} for j, effect in row if effect],
        }
        for label, row in zip(classifier.classes_, influences(W, spread(X)), strict=True)
    ]


def _summary(classifier: Any) -> dict[str, Any]:
    """Return what a fitted `SoftmaxRegression` tells of its fit."""
    facts = certified(classifier, classifier.C, int(classifier.n_iter_[0]))
    if hasattr(classifier, "zeros_proven_"):
        facts["l1_ratio"] = float(classifier.l1_ratio)
        facts["weights"] = {
            "all": int(np.prod(classifier.coef_.shape)),
            "not_zero": classifier.n_nonzero_,
            "proven_zero": int(classifier.zeros_proven_.sum()),
        }
    return facts


def certified(classifier: Any, C: float, steps: int) -> dict[str, Any]:
    """Return what a fit with a certificate tells."""
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


def print_regression(page: Page, facts: Facts) -> None:
    """Print the certificate of a regression, and what was fitted."""
    good = facts["status"] in {status.name for status in Status if status.ok}
    page.say(certificate(facts), style="bold green" if good else "bold yellow")
    penalty = "no penalty" if facts["C"] is None else f"C = {facts['C']:g}"
    if facts.get("l1_ratio"):
        penalty += f", l1_ratio = {facts['l1_ratio']:g}"
    for name, factor in facts.get("penalty_factors", {}).items():
        penalty += f", {factor:g} times for {name}" if factor else f", none for {name}"
    if facts.get("cross_validation"):
        penalty += f" (best of {len(facts['cross_validation']['C'])} in cross-validation)"
    parts = [
        f"Softmax regression on {counted(facts['n_features'], 'feature', 'features')}",
        penalty,
        balanced(facts),
    ]
    work = f"{counted(facts['steps'], 'step', 'steps')} of {facts['solver']}"
    if facts.get("seconds"):
        work = f"fitted in {duration(facts['seconds']['fit'])} with {work}"
    page.say(f"{', '.join(filter(None, parts))}; {work}.")
    weights = facts.get("weights")
    if weights:
        zeros = weights["all"] - weights["not_zero"]
        page.say(
            f"{weights['not_zero']:,} of {weights['all']:,} weights are not zero; of the {zeros:,} "
            f"that are, {weights['proven_zero']:,} are proven to be zero at the optimum itself."
        )


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


class _CrossValidation(Part):
    C: list[float]


class _Weights(Part):
    all: Count
    not_zero: Count
    proven_zero: Count


class _Report(FitReport):
    C: float | None
    l1_ratio: float | None = None
    penalty_factors: dict[str, float] = Field(default_factory=dict)
    weights: _Weights | None = None
    solver: str
    gap: Annotated[float, Field(ge=0.0)] | None
    steps: Count
    cross_validation: _CrossValidation | None = None


KIND = ModelKind(_summary, print_regression, _Report)
