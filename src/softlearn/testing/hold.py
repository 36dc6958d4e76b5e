"""What a suite says when something does not hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["close", "hold", "same"]


def hold(condition: bool | np.bool_, sentence: str) -> None:
    """Raise AssertionError with the sentence unless the condition holds."""
    if not condition:
        raise AssertionError(sentence)


def close(got: float, want: float, limit: float, what: str) -> None:
    """Hold that two numbers differ by no more than the limit."""
    hold(abs(got - want) <= limit, f"{what}, but they are {got:.10g} and {want:.10g}.")


def same(got: NDArray[Any], want: NDArray[Any], limit: float, what: str) -> None:
    """Hold that two arrays have one shape and differ by no more than the limit."""
    hold(got.shape == want.shape, f"{what}, but the shapes are {got.shape} and {want.shape}.")
    worst = float(np.abs(got - want).max(initial=0.0))
    hold(worst <= limit, f"{what}, but they differ by {worst:.3g}.")
