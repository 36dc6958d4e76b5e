"""What a model must hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import as_rows
from ..landscape import gradient_check
from ..networks import objective_of
from .hold import close, hold, same
from .objectives import check_objective

__all__ = ["check_model"]


def check_model(model: Any, w: NDArray[Any] | None = None, *, n: int = 24, seed: int = 0) -> None:
    """Check that a model's logits, their derivatives and an objective over them fit together.

    Args:
        model: as in `softlearn.problem.Linear`, its dtype float64.
        w: (size,), where; random if absent.  For a model with kinks choose one away from them.
        n: rows of the data that are made for it.
        seed: of data and directions.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(n, model.d)), rng.integers(0, model.C, n)
    w = rng.normal(size=model.size) / np.sqrt(model.d) if w is None else w
    hold(0 <= model.weights <= model.size, "weights must be a part of the parameters.")
    block = as_rows(X).block(slice(0, n))
    Z, before = model.logits(block, w), w.copy()
    hold(Z.shape == (model.C, n), f"logits must have shape {(model.C, n)}, not {Z.shape}.")
    hold(Z.dtype == np.float64, f"logits of float64 parameters must be float64, not {Z.dtype}.")
    half = n // 2
    for part in (slice(0, half), slice(half, n)):
        there = model.logits(as_rows(X).block(part), w)
        what = "the logits of a row must not depend on the rows beside it"
        same(there, Z[:, part], 1e-12 * (1.0 + float(np.abs(Z).max())), what)
    _check_derivatives(model, block, w, rng)
    hold(np.array_equal(w, before), "nothing may change the w that was given.")
    J = objective_of(as_rows(X), Y, model, l2=0.01)
    check_objective(J, w, convex=J.has_bound)
    check = gradient_check(J, w)
    hold(check.error <= 1e-7, check.sentence)


def _check_derivatives(model: Any, block: Any, w: NDArray[Any], rng: np.random.Generator) -> None:
    v, R = rng.normal(size=model.size), rng.normal(size=(model.C, block.n))
    if getattr(model, "curved", False):
        tape = model.forward(block, w)
        U, back = model.jvp(tape, v).RZ[model.L], model.vjp(tape, R)
    else:
        U, back = model.logits(block, v), model.vjp(block, R)
    h = 1e-4
    Z = {k: model.logits(block, w + k * h * v) for k in (-2, -1, 1, 2)}
    difference = (8.0 * (Z[1] - Z[-1]) - (Z[2] - Z[-2])) / (12.0 * h)
    same(U, difference, 1e-7 * (1.0 + float(np.abs(U).max())), "jvp must be the logits' derivative")
    limit = 1e-11 * float(np.abs(R).sum() * np.abs(U).max())
    close(float((R * U).sum()), float(back @ v), limit, "vjp must be the transpose of jvp")
