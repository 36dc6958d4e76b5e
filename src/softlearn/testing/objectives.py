"""What an objective must hold."""

from __future__ import annotations

import numpy as np

from ..protocol import F64, Objective, Point
from ..solve import Newton, minimize
from .hold import close, hold, same

__all__ = ["check_objective"]


def check_objective(
    J: Objective,
    w: F64 | None = None,
    *,
    convex: bool = True,
    seed: int = 0,
    accuracy: float = 1e-6,
) -> None:
    """Check that value, gradient, Hessian products, lines and bounds of J fit together.

    Args:
        J: the objective.
        w: where; a random point of norm about 1 if absent.  Its entries also say on what scale
            each parameter is to be moved.
        convex: whether Hessians must be positive semidefinite.
        seed: of the directions tried.
        accuracy: relative, of derivatives against differences.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    rng = np.random.default_rng(seed)
    w = rng.normal(size=J.size) / np.sqrt(J.size) if w is None else np.asarray(w, dtype=float)
    unit = np.where(w == 0.0, 1.0, np.abs(w))
    u, v = rng.normal(size=(2, J.size)) * unit / np.sqrt(J.size)
    before, passes = w.copy(), J.passes
    point = J.at(w)
    _check_fields(J, point, w)
    _check_gradient(J, point, v, accuracy)
    _check_hessian(J, point, u, v, unit, convex, accuracy)
    _check_line(J, point, v)
    _check_preconditioner(point, u, v)
    if convex:
        _check_bound(J, point, (None, u, v, -1e-3 * point.grad))
    hold(J.passes > passes, "passes must count how often the data are read.")
    batch = next(iter(J.batches(3, rng)))
    hold(batch.size == J.size, "batches must be objectives of the same parameters.")
    hold(np.isfinite(batch.at(w).value), "a batch must have a finite value where J has one.")
    hold(np.array_equal(w, before), "nothing may change the w that was given.")


def _check_fields(J: Objective, point: Point, w: F64) -> None:
    hold(np.isfinite(point.value), f"the value at w must be finite, but it is {point.value}.")
    hold(
        point.grad.shape == (J.size,), f"grad must have shape {(J.size,)}, not {point.grad.shape}."
    )
    hold(point.grad.dtype == np.float64, f"grad must be float64, but it is {point.grad.dtype}.")
    again = J.at(w.copy())
    same = again.value == point.value and np.array_equal(again.grad, point.grad)
    hold(same, "the same w must give the same value and gradient, to the last bit.")


def _check_gradient(J: Objective, point: Point, v: F64, accuracy: float) -> None:
    h, slope = 1e-3, float(point.grad @ v)
    f = {k: J.at(point.w + k * h * v).value for k in (-2, -1, 1, 2)}
    difference = (8.0 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12.0 * h)
    limit = accuracy * (abs(point.value) + float(np.abs(point.grad) @ np.abs(v)))
    close(slope, difference, limit, "the gradient must be the derivative of the value")


def _check_hessian(
    J: Objective, point: Point, u: F64, v: F64, unit: F64, convex: bool, accuracy: float
) -> None:
    h, Hu, Hv = 1e-3, point.hvp(u), point.hvp(v)
    g = {k: J.at(point.w + k * h * v).grad for k in (-2, -1, 1, 2)}
    difference = (8.0 * (g[1] - g[-1]) - (g[2] - g[-2])) / (12.0 * h)
    size = accuracy * float((unit * (np.abs(Hu) + np.abs(Hv) + np.abs(point.grad))).max())
    what = "hvp(v) must be the derivative of the gradient along v"
    same(unit * Hv, unit * difference, size, what)
    limit = accuracy * float(np.abs(u) @ np.abs(Hv) + np.abs(v) @ np.abs(Hu))
    close(float(u @ Hv), float(v @ Hu), limit, "hvp must be symmetric")
    combined = unit * (Hu - 2.0 * Hv)
    same(unit * point.hvp(u - 2.0 * v), combined, 3.0 * size, "hvp must be linear")
    curvature = float(v @ Hv)
    hold(
        not convex or curvature >= -limit,
        f"hvp must be positive semidefinite, but v'Hv = {curvature:.3g}.",
    )
    damped = [point.hvp(v, mu) - Hv for mu in (0.5, 1.0)]
    slack = 1e-9 * float(np.abs(damped[1]).max() + np.abs(Hv).max())
    same(2.0 * damped[0], damped[1], slack, "damping must add to hvp in proportion")
    hold(float(v @ damped[1]) >= -slack, "damping must add a positive semidefinite matrix to hvp.")


def _check_line(J: Objective, point: Point, v: F64) -> None:
    line = point.along(v)
    for t in (0.0, 1.0, 0.25, -0.5):
        there, (value, slope) = J.at(point.w + t * v), line(t)
        limit = 1e-10 * (abs(there.value) + float(np.abs(there.grad) @ np.abs(v)))
        close(value, there.value, limit, f"the line's value at t = {t} must be J(w + t d)")
        close(slope, float(there.grad @ v), limit, f"the line's slope at t = {t} must be <grad, d>")
        met = line.point(t)
        same(met.w, there.w, 0.0, f"line.point({t}) must lie at w + t d")
        close(met.value, there.value, limit, f"line.point({t}) must have the value of J there")
        size = 1e-10 * float(np.abs(there.grad).max() + abs(there.value))
        same(met.grad, there.grad, size, f"line.point({t}) must have the gradient of J there")


def _check_preconditioner(point: Point, u: F64, v: F64) -> None:
    M = point.preconditioner("diagonal", 0)
    if M is None:
        return
    Mu, Mv = M(u), M(v)
    limit = 1e-9 * float(np.abs(u) @ np.abs(Mv) + np.abs(v) @ np.abs(Mu))
    close(float(u @ Mv), float(v @ Mu), limit, "a preconditioner must be symmetric")
    hold(float(v @ Mv) > 0.0, "a preconditioner must be positive definite.")


def _check_bound(J: Objective, point: Point, guesses: tuple[F64 | None, ...]) -> None:
    best = minimize(J, Newton(), max_steps=200)
    least = min(best.value, point.value) + 1e-12 * max(1.0, abs(best.value))
    for start in (point, J.at(best.w)):
        for v in (*guesses, best.w - start.w):
            for r in (None, v):  # v is as wrong a residual as any
                bound = start.bound(v, r)
                hold(
                    bound <= least,
                    f"bound(v, r) must lie below the minimum whatever v and r are, but it is "
                    f"{bound:.17g} and J is {least:.17g} at a point.",
                )
                finite_is_fine = J.has_bound or bound == -np.inf
                hold(finite_is_fine, "has_bound is False, yet bound(v, r) is finite.")
