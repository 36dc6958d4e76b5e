"""What the user asked `softlearn fit` for, and what a fit gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ..sources import ReadOptions
    from ..terminal.progress import Watch
    from .data_splits import Parts

__all__ = ["FitOptions", "Fitted", "Fitter"]


@dataclass(frozen=True)
class Fitted:
    """A fitted model and what there is to say of it."""

    pipeline: Pipeline
    X: Any
    """(n, d) what the vectoriser made of the training rows."""
    names: list[str]
    """d names of features."""
    seconds: float
    facts: dict[str, Any]
    """Of the fit, for the report."""
    warnings: list[str]
    influences: list[dict[str, Any]]
    """The most influential features of each class; empty where there is nothing to say."""


class Fitter(Protocol):
    """Fits one kind of model, as the user asked for it."""

    @property
    def remedies(self) -> tuple[str, str]:
        """What may help where probabilities are too cautious, and where they are too bold."""
        ...

    def fit(self, options: FitOptions, parts: Parts, watch: Watch) -> Fitted:
        """Fit the model under the eyes of the watch.

        Raises:
            CommandError: one sentence.

        """
        ...


@dataclass(frozen=True)
class FitOptions:
    """What the user asked for; `softlearn fit --help` explains each."""

    source: Path
    target: str | None
    output: Path
    test: Path | None
    test_size: float
    """The share held out; 0 for none."""
    validation: float
    """The share of the training rows to validate on; 0 for none."""
    fitter: Fitter
    checkpoint: Path | None
    class_weight: str | None
    weights: str | None
    exclude: tuple[str, ...]
    seed: int
    threads: int | None
    reading: ReadOptions
    """How cells of tables are written, and the encoding of text."""
    as_json: bool
    quiet: bool
    report: Path | None = None
    """The HTML page to write."""
    words: tuple[str, ...] = ()
    """With which the command was called, for that page."""

    @property
    def no_features(self) -> list[str]:
        """The columns that are not to be learned from, beside the target."""
        return [*self.exclude, *([self.weights] if self.weights else [])]
