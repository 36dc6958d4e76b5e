"""Whether a gradient is the derivative of its function, by differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective

__all__ = ["GradientCheck", "gradient_check"]

_FEW = 2000  # parameters that are all looked at
_DIRECTIONS = 50
_H = float(np.cbrt(np.finfo(np.float64).eps))  # rounding eps / h and the formula's h^2 balance


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found."""

    error: float
    """||g - n|| / (||g|| + ||n||); 0 where both vanish."""
    worst: int
    """The coordinate, or the direction, in which g and n differ most."""
    g: F64
    """(m,) derivatives by the gradient: its coordinates, or along m directions."""
    n: F64
    """(m,) the same by differences."""
    sentence: str
    """All this for a reader."""

    def __str__(self) -> str:
        return self.sentence


def gradient_check(
    J: Objective, w: F64, *, h: float = _H, directions: int | None = None, seed: int = 0
) -> GradientCheck:
    """Compare the gradient of J at w with differences, n_j = (J(w + h e_j) - J(w - h e_j)) / 2h.

    With exact arithmetic and three derivatives n_j is right to h^2; expect an error of 1e-10 to
    1e-8 from a right gradient in float64, and more than 1e-4 from a wrong one.  Where a relu turns
    within h of w there is no derivative to compare with.

    Args:
        J: the objective; its parameters must be float64.
        w: (size,), where; zero is a bad place to look at a network.
        h: the step, times max(1, |w_j|) for coordinate j (for a direction, the usual |w_j|).
        directions: how many random directions of length 1 to look along; None for every coordinate,
            or 50 directions where there are more than 2,000.
        seed: of the directions.

    Raises:
        ValueError: w does not fit, J is not finite or not float64 there.

    """
    w = np.asarray(w, dtype=np.float64)
    if w.shape != (J.size,):
        raise ValueError(f"w must have shape {(J.size,)}, as J has it, but its shape is {w.shape}.")
    point = J.at(w)
    if point.grad.dtype != np.float64:
        raise ValueError(
            f"J computes in {point.grad.dtype}, which is too coarse for differences: give it a "
            f"model in float64."
        )
    if not (np.isfinite(point.value) and np.isfinite(point.grad).all()):
        raise ValueError("J or its gradient is not finite at w: choose a smaller w.")
    if directions is None and J.size > _FEW:
        directions = _DIRECTIONS
    g, n = [], []
    for e, step in _coordinates(w) if directions is None else _random(w, directions, seed):
        g.append(float(point.grad @ e))
        up, down = J.at(w + h * step * e).value, J.at(w - h * step * e).value
        n.append((up - down) / (2.0 * h * step))
    return _found(np.array(g), np.array(n), "coordinate" if directions is None else "direction")


def _coordinates(w: F64) -> Iterator[tuple[F64, float]]:
    """Yield e_j, and the size of w_j, at least 1."""
    for j in range(len(w)):
        e = np.zeros(len(w))
        e[j] = 1.0
        yield e, max(1.0, abs(float(w[j])))


def _random(w: F64, m: int, seed: int) -> Iterator[tuple[F64, float]]:
    """Yield m random directions of length 1, and the size of an entry of w, at least 1."""
    rng = np.random.default_rng(seed)
    size = max(1.0, float(np.linalg.norm(w)) / np.sqrt(len(w)))
    for _ in range(m):
        e = rng.normal(size=len(w))
        yield e / np.linalg.norm(e), size


def _found(g: F64, n: F64, what: str) -> GradientCheck:
    scale = float(np.linalg.norm(g) + np.linalg.norm(n))
    error = float(np.linalg.norm(g - n)) / scale if scale > 0.0 else 0.0
    worst = int(np.argmax(np.abs(g - n)))
    sentence = (
        f"The relative error of the gradient is {error:.1e} over {len(g)} {what}s; {what} {worst} "
        f"differs most: {g[worst]:.10g} by the gradient, {n[worst]:.10g} by differences."
    )
    return GradientCheck(error, worst, g, n, sentence)
