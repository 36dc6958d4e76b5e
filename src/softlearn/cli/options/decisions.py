"""Options of what is done with the probabilities of a fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import option

if TYPE_CHECKING:
    from ..fitting.fit_options import Decisions

__all__ = ["DecisionOptions"]

_PANEL = "Decisions"


class Calibration(StrEnum):
    """How probabilities are calibrated."""

    temperature = "temperature"
    vector = "vector"
    dirichlet = "dirichlet"


@dataclass(frozen=True)
class DecisionOptions:
    """How probabilities are calibrated, and what is said when."""

    calibrate: Annotated[
        Calibration | None,
        option(
            "Calibrate the probabilities out of fold, with five more fits: temperature, vector or "
            "dirichlet.",
            panel=_PANEL,
        ),
    ] = None
    costs: Annotated[
        Path | None,
        option(
            "Say what costs least: a CSV with a row for each true class, a column for each that "
            "may be said, and one called none for saying nothing.",
            "FILE",
            panel=_PANEL,
        ),
    ] = None
    none_of_these: Annotated[
        float | None,
        option(
            "Say none of rows that look like no class: at most this share of those that do belong "
            "to one. A fifth of the training rows is set aside for it.",
            "ALPHA",
            panel=_PANEL,
        ),
    ] = None

    def decisions(self) -> Decisions:
        """Return them as the fit takes them."""
        from ..fitting.fit_options import Decisions

        alpha = self.none_of_these
        if alpha is not None and not 0.0 < alpha < 1.0:
            raise typer.BadParameter(f"--none-of-these {alpha} is not a share between 0 and 1.")
        method = None if self.calibrate is None else self.calibrate.value
        return Decisions(method, self.costs, alpha)
