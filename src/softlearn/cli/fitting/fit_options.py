"""What `softlearn fit` is to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._internal.addresses import as_given

if TYPE_CHECKING:
    from ..sources import ReadOptions

__all__ = ["Decisions", "FitOptions", "OnDisk"]


@dataclass(frozen=True)
class Decisions:
    """What is done with the probabilities; nothing by default."""

    calibrate: str | None = None
    """The method of the calibration."""
    costs: Path | None = None
    """The file with the costs."""
    none_of_these: float | None = None
    """The rate of error at which "none" is said."""

    def __bool__(self) -> bool:
        return self != Decisions()


@dataclass(frozen=True)
class OnDisk:
    """How a source is fitted that may be larger than memory."""

    memory: str | None
    cache: Path | None
    resume: bool
    engine: str | None = None
    """Where the rows lie, if not on disk."""
    scheduler: str | None = None
    """The address of its scheduler; None for workers on this machine."""


@dataclass(frozen=True)
class FitOptions:
    """The choices of the user; `softlearn fit --help` explains each."""

    source: Path
    target: str | None
    output: Path
    test: Path | None
    test_labels: Path | None
    """The file of the labels of `test`, where it holds rows alone."""
    test_size: float
    """The share held out; 0 for none."""
    validation: float
    """The share of the training rows to validate on; 0 for none."""
    checkpoint: Path | None
    class_weight: str | None
    weights: str | None
    exclude: tuple[str, ...]
    keep: tuple[str, ...]
    """Columns that are used though they look like identifiers."""
    seed: int
    threads: int | None
    reading: ReadOptions
    """How cells of tables are written, and the encoding of text."""
    decisions: Decisions = Decisions()
    report: Path | None = None
    """The HTML page to write."""
    words: tuple[str, ...] = ()
    """With which the command was called, for that page."""
    on_disk: OnDisk | None = None
    """Where rows stay on disk, or with the workers of an engine."""
    notes: tuple[str, ...] = ()
    """What is to be said of the choices."""

    @property
    def inputs(self) -> list[Path]:
        """All files that are read."""
        labels, costs = self.reading.labels, self.decisions.costs
        files = self.source, labels, self.test, self.test_labels, costs
        return [file for file in files if file is not None]

    @property
    def name(self) -> str:
        """The source's, as sentences say it."""
        return as_given(self.source)

    @property
    def no_features(self) -> list[str]:
        """The columns that are not to be learned from, beside the target."""
        return [*self.exclude, *([self.weights] if self.weights else [])]

    @property
    def of_estimator(self) -> dict[str, Any]:
        """The parameters that estimators of all kinds take."""
        return {
            "class_weight": self.class_weight,
            "random_state": self.seed,
            "n_jobs": self.threads,
        }
