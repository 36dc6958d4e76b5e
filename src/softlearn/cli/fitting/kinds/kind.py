"""What the command line must know of a kind of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...terminal.page import Page
from ..report_schema import FitReport

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ...terminal.progress import ProgressDisplay
    from ..data_splits import DataSplits
    from ..fit_options import FitOptions

__all__ = ["Facts", "FittedModel", "Fitter", "ModelKind", "balanced"]

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ModelKind:
    """How a fitted classifier is described; a `Fitter` makes one."""

    summary: Callable[[Any], dict[str, Any]]
    """Takes the classifier; returns what `--json` prints of its fit."""
    print_section: Callable[[Page, Facts], None]
    """Prints the same for people."""
    schema: type[FitReport] | None
    """What the report in a model file must hold; None for kinds that are fitted in Python only."""


@dataclass(frozen=True)
class FittedModel:
    """A fitted model and what there is to say of it."""

    pipeline: Pipeline
    X: Any
    """(n, d) what the vectoriser made of the training rows."""
    names: list[str]
    """d names of features."""
    seconds: float
    facts: dict[str, Any]
    """Of the fit, beside its summary."""
    warnings: list[str]
    influences: list[dict[str, Any]]
    """The most influential features of each class; empty where there is nothing to say."""


class Fitter(Protocol):
    """Fits one kind of model, with the options that the user chose."""

    @property
    def remedies(self) -> tuple[str, str]:
        """What may help where probabilities are too cautious, and where they are too bold."""
        ...

    def fit(self, options: FitOptions, splits: DataSplits, display: ProgressDisplay) -> FittedModel:
        """Fit the model, and show how far the fit has come."""
        ...


def balanced(facts: Facts) -> str:
    """Return "balanced classes" if each class counts the same, else ""."""
    return "balanced classes" if facts["class_weight"] == "balanced" else ""
