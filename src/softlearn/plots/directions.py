"""A plane through the parameters of a fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .canvas import require
from .outputs import last_step

__all__ = ["Directions", "objective_of", "two_directions"]

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Directions:
    """w + a d1 + b d2: w (size,), and d1, d2 orthogonal, each as long as w (or 1 if w is 0)."""

    w: F64
    d1: F64
    d2: F64

    def lift(self, u: F64) -> F64:
        """Return the parameters at coordinates (2,)."""
        return np.asarray(self.w + u[0] * self.d1 + u[1] * self.d2)

    def project(self, W: F64) -> F64:
        """Return the coordinates (k, 2) of the shadows of parameters (k, size)."""
        away = np.atleast_2d(W) - self.w
        return np.stack([away @ d / (d @ d) for d in (self.d1, self.d2)], axis=1)


def objective_of(estimator: Any, X: Any, y: Any) -> tuple[Any, F64]:
    """Return the objective a fitted `SoftmaxRegression` minimised on X and y, and its w.

    Raises:
        ValueError: the estimator has no such objective, or X and y are not what it was fitted to.

    """
    from ..estimators.encode import encode
    from ..estimators.parameters import strength

    model = last_step(estimator)
    require(
        model is estimator and hasattr(model, "objective_") and hasattr(model, "coef_"),
        f"estimator must be a fitted SoftmaxRegression, whose objective is known, but it is "
        f"{type(estimator).__name__}: use from_function.",
    )
    problem = encode(model, X, y, None, strength(model), reset=False)
    w = problem.parameters(model.coef_, model.intercept_)
    require(w is not None, "X and y must be what the estimator was fitted to: its w does not fit.")
    return problem.objective, np.asarray(w)


def two_directions(
    w: F64, given: tuple[ArrayLike, ArrayLike] | None, paths: Sequence[F64]
) -> Directions:
    """Return the directions given, made orthogonal; or those in which the paths move most.

    Without either, two random ones.

    Raises:
        ValueError: a vector has not the size of w, or the two are parallel.

    """
    for path in paths:
        require(
            path.ndim == 2 and path.shape[1] == len(w),
            f"A trajectory must have shape (steps, {len(w)}), like w, but its shape is "
            f"{path.shape}.",
        )
    if given is not None:
        pair = np.array([np.ravel(np.asarray(d, dtype=np.float64)) for d in given])
        require(
            pair.shape == (2, len(w)),
            f"directions must be two vectors of {len(w)} numbers, like w.",
        )
    else:
        pair = np.random.default_rng(0).normal(size=(2, len(w)))
        if paths:
            moves = np.concatenate(paths) - w
            s, V = np.linalg.svd(moves, full_matrices=False)[1:]
            known = V[:2][s[:2] > 1e-12 * s[0]]
            pair[: len(known)] = known
    require(len(w) >= 2, "The model has one parameter: there is no plane to look at.")
    length = float(np.linalg.norm(w)) or 1.0
    Q, R = np.linalg.qr(pair.T)
    require(
        abs(R[1, 1]) > 1e-10 * abs(R[0, 0]) > 0.0,
        "directions must be two vectors that are not parallel.",
    )
    Q = Q * np.sign(np.diag(R))
    return Directions(w, length * Q[:, 0], length * Q[:, 1])
