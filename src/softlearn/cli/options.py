"""What the user asked `softlearn fit` for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FitOptions"]


@dataclass(frozen=True)
class FitOptions:
    """What the user asked for; `softlearn fit --help` explains each."""

    source: Path
    target: str | None
    output: Path
    test: Path | None
    test_size: float
    """The share held out; 0 for none."""
    C: float | None
    """None: by cross-validation."""
    tol: float
    class_weight: str | None
    weights: str | None
    exclude: tuple[str, ...]
    seed: int
    threads: int | None
    encoding: str | None
    as_json: bool
    quiet: bool

    @property
    def no_features(self) -> list[str]:
        """The columns that are not to be learned from, beside the target."""
        return [*self.exclude, *([self.weights] if self.weights else [])]
