"""Conformance suites: what a new storage, objective or solver must hold.

    check_rows(rows, X)          a storage gives the rows it was given
    check_objective(J)           value, gradient, Hessian products, lines and bounds fit together
    check_solver(solver)         a solver finds minima, and claims nothing false

Each raises AssertionError with a sentence.  One line in a test is enough:

    def test_my_storage_is_a_storage():
        check_rows(MyRows(X), X)

They need no test framework and draw the same numbers at every run.
"""

from __future__ import annotations

import numpy as np

from .data import Rows, as_rows
from .models import Linear
from .objective import SoftmaxObjective
from .protocol import F64, Function, Objective, Point, Solver, Status
from .solve import Newton, minimize

__all__ = ["check_objective", "check_rows", "check_solver"]


# ---------------------------------------------------------------- storages


def check_rows(rows: Rows, X: F64, K: int = 3, seed: int = 0) -> None:
    """Check that a storage holds the rows of X.

    Args:
        rows: the storage.
        X: (n, d), the same rows as a dense array.
        K: logits per row, which may decide how rows are cut into blocks.
        seed: of the weights that products are made with.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    X = np.asarray(X, dtype=np.float64)
    _hold((rows.n, rows.d) == X.shape, f"rows have shape {(rows.n, rows.d)}, but X has {X.shape}.")
    _hold(rows.nbytes > 0 or X.size == 0, "nbytes must be the bytes that X occupies.")
    spans = rows.spans(K)
    covered = [i for span in spans for i in range(rows.n)[span]]
    _hold(covered == list(range(rows.n)), "spans must cover every row once, in order.")
    _hold(rows.spans(K) == spans, "spans must give the same spans again.")
    width = min(K, 4)
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(width, rows.d))
    for span in spans:
        _check_block(rows, span, X[span], W, rng.normal(size=(width, len(X[span]))))
    chosen = np.unique(rng.integers(0, rows.n, 5))
    _same(rows.take(chosen), X[chosen], 0.0, "take(rows) must give those rows")
    part = rows.subset(chosen)
    _hold(type(part) is type(rows), "subset(rows) must give the same kind of storage.")
    _same(part.take(np.arange(part.n)), X[chosen], 0.0, "subset(rows) must hold those rows")


def _check_block(rows: Rows, span: slice, X: F64, W: F64, R: F64) -> None:
    where = f"of rows {span.start} to {span.stop}"
    block = rows.block(span)
    limit = 1e-13 * max(1.0, float(np.abs(X).max(initial=0.0)))
    for name, block_, X_, size in (
        ("block", block, X, limit),
        ("block of squares", block.squares(), X * X, limit * limit * 1e13),
    ):
        Z, G = block_.times(W), block_.pull(R)
        _hold(Z.dtype == G.dtype == np.float64, f"products of the {name} {where} must be float64.")
        _same(Z, W @ X_.T, size * X.shape[1], f"times(W) of the {name} {where} must be W X^T")
        _same(G, R @ X_, size * X.shape[0], f"pull(R) of the {name} {where} must be R X")
    again = rows.block(span).times(W)
    _hold(
        np.array_equal(again, block.times(W)),
        f"the block {where} must be the same when asked again.",
    )


# ---------------------------------------------------------------- objectives


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
    _hold(J.passes > passes, "passes must count how often the data are read.")
    batch = next(iter(J.batches(3, rng)))
    _hold(batch.size == J.size, "batches must be objectives of the same parameters.")
    _hold(np.isfinite(batch.at(w).value), "a batch must have a finite value where J has one.")
    _hold(np.array_equal(w, before), "nothing may change the w that was given.")


def _check_fields(J: Objective, point: Point, w: F64) -> None:
    _hold(np.isfinite(point.value), f"the value at w must be finite, but it is {point.value}.")
    _hold(
        point.grad.shape == (J.size,), f"grad must have shape {(J.size,)}, not {point.grad.shape}."
    )
    _hold(point.grad.dtype == np.float64, f"grad must be float64, but it is {point.grad.dtype}.")
    again = J.at(w.copy())
    same = again.value == point.value and np.array_equal(again.grad, point.grad)
    _hold(same, "the same w must give the same value and gradient, to the last bit.")


def _check_gradient(J: Objective, point: Point, v: F64, accuracy: float) -> None:
    h, slope = 1e-3, float(point.grad @ v)
    f = {k: J.at(point.w + k * h * v).value for k in (-2, -1, 1, 2)}
    difference = (8.0 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12.0 * h)
    limit = accuracy * (abs(point.value) + float(np.abs(point.grad) @ np.abs(v)))
    _close(slope, difference, limit, "the gradient must be the derivative of the value")


def _check_hessian(
    J: Objective, point: Point, u: F64, v: F64, unit: F64, convex: bool, accuracy: float
) -> None:
    h, Hu, Hv = 1e-3, point.hvp(u), point.hvp(v)
    g = {k: J.at(point.w + k * h * v).grad for k in (-2, -1, 1, 2)}
    difference = (8.0 * (g[1] - g[-1]) - (g[2] - g[-2])) / (12.0 * h)
    size = accuracy * float((unit * (np.abs(Hu) + np.abs(Hv) + np.abs(point.grad))).max())
    what = "hvp(v) must be the derivative of the gradient along v"
    _same(unit * Hv, unit * difference, size, what)
    limit = accuracy * float(np.abs(u) @ np.abs(Hv) + np.abs(v) @ np.abs(Hu))
    _close(float(u @ Hv), float(v @ Hu), limit, "hvp must be symmetric")
    combined = unit * (Hu - 2.0 * Hv)
    _same(unit * point.hvp(u - 2.0 * v), combined, 3.0 * size, "hvp must be linear")
    bend = float(v @ Hv)
    _hold(
        not convex or bend >= -limit, f"hvp must be positive semidefinite, but v'Hv = {bend:.3g}."
    )
    damped = [point.hvp(v, mu) - Hv for mu in (0.5, 1.0)]
    most = 1e-9 * float(np.abs(damped[1]).max() + np.abs(Hv).max())
    _same(2.0 * damped[0], damped[1], most, "damping must add to hvp in proportion")
    _hold(float(v @ damped[1]) >= -most, "damping must add a positive semidefinite matrix to hvp.")


def _check_line(J: Objective, point: Point, v: F64) -> None:
    line = point.along(v)
    for t in (0.0, 1.0, 0.25, -0.5):
        there, (value, slope) = J.at(point.w + t * v), line(t)
        limit = 1e-10 * (abs(there.value) + float(np.abs(there.grad) @ np.abs(v)))
        _close(value, there.value, limit, f"the line's value at t = {t} must be J(w + t d)")
        _close(
            slope, float(there.grad @ v), limit, f"the line's slope at t = {t} must be <grad, d>"
        )
        met = line.point(t)
        _same(met.w, there.w, 0.0, f"line.point({t}) must lie at w + t d")
        _close(met.value, there.value, limit, f"line.point({t}) must have the value of J there")
        size = 1e-10 * float(np.abs(there.grad).max() + abs(there.value))
        _same(met.grad, there.grad, size, f"line.point({t}) must have the gradient of J there")


def _check_preconditioner(point: Point, u: F64, v: F64) -> None:
    M = point.preconditioner("diagonal", 0)
    if M is None:
        return
    Mu, Mv = M(u), M(v)
    limit = 1e-9 * float(np.abs(u) @ np.abs(Mv) + np.abs(v) @ np.abs(Mu))
    _close(float(u @ Mv), float(v @ Mu), limit, "a preconditioner must be symmetric")
    _hold(float(v @ Mv) > 0.0, "a preconditioner must be positive definite.")


def _check_bound(J: Objective, point: Point, guesses: tuple[F64 | None, ...]) -> None:
    best = minimize(J, Newton(), max_steps=200)
    least = min(best.value, point.value) + 1e-12 * max(1.0, abs(best.value))
    for start in (point, J.at(best.w)):
        for v in (*guesses, best.w - start.w):
            for r in (None, v):  # v is as wrong a residual as any
                bound = start.bound(v, r)
                _hold(
                    bound <= least,
                    f"bound(v, r) must lie below the minimum whatever v and r are, but it is "
                    f"{bound:.17g} and J is {least:.17g} at a point.",
                )
                finite_is_fine = J.has_bound or bound == -np.inf
                _hold(finite_is_fine, "has_bound is False, yet bound(v, r) is finite.")


# ---------------------------------------------------------------- solvers


def check_solver(solver: Solver, *, tol: float = 1e-6, max_steps: int = 20_000) -> None:
    """Check that a solver finds minima of easy problems, and claims nothing false.

    Args:
        solver: the solver.
        tol: the tolerance it is run with.
        max_steps: the steps it may take on each problem.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    _hold(bool(solver.name), "a solver must have a name.")
    for title, J, least in _problems():
        start = np.full(J.size, 0.1)
        before = start.copy()
        first = next(iter(solver.steps(J, start, tol))).point
        _hold(
            np.array_equal(first.w, start), f"on {title} the first step must be the start itself."
        )
        runs = [minimize(J, solver, start, tol, max_steps) for _ in range(2)]
        found = runs[0]
        _hold(np.array_equal(start, before), "a solver must leave the start as it was.")
        _hold(np.array_equal(found.w, runs[1].w), f"on {title} two runs must give the same bits.")
        _hold(found.status.ok, f"on {title} the solver ended with: {found.status.value}")
        excess = found.value - least
        _hold(
            excess <= tol * abs(found.value) + 1e-9,
            f"on {title} the solver stopped {excess:.3g} above the minimum.",
        )
        _check_claims(solver, J, start, least, tol, title)
        again = minimize(J, solver, found.w, tol, max_steps)
        _hold(
            again.status.ok, f"on {title} a start at the minimum ended with: {again.status.value}"
        )
        rounding = 8.0 * np.finfo(float).eps * abs(found.value)  # J is summed in another order
        _hold(
            again.value <= found.value + rounding,
            f"on {title} a start at the minimum was made worse.",
        )
    _check_not_finite(solver, tol)


def _check_claims(
    solver: Solver, J: Objective, start: F64, least: float, tol: float, title: str
) -> None:
    for k, step in enumerate(solver.steps(J, start, tol)):
        _hold(
            step.lower <= least + 1e-12 * max(1.0, abs(least)),
            f"on {title} step {k} claims the bound {step.lower:.17g}, above the minimum "
            f"{least:.17g}.",
        )
        _hold(not step.unbounded, f"on {title} step {k} denies the minimum: {step.unbounded}")
        if step.stuck or k >= 30:
            break


def _check_not_finite(solver: Solver, tol: float) -> None:
    nowhere = Function(lambda w: (np.nan, np.full_like(w, np.nan)), 2)
    status = minimize(nowhere, solver, np.zeros(2), tol, 5).status
    _hold(status is Status.NOT_FINITE, f"where J is NaN a solver must stop, but: {status.value}")


def _problems() -> list[tuple[str, Objective, float]]:
    """Return names, objectives and minima."""
    rng = np.random.default_rng(0)
    A = np.diag([1.0, 3.0, 10.0])
    quadratic = Function(lambda w: (1.0 + 0.5 * float((w - 1) @ A @ (w - 1)), A @ (w - 1)), 3)
    X = rng.normal(size=(60, 4))
    y = (X @ rng.normal(size=(4, 3)) + rng.gumbel(size=(60, 3))).argmax(1)
    problems: list[tuple[str, Objective, float]] = [("a quadratic", quadratic, 1.0)]
    for title, bias, l2 in (("softmax regression", True, 0.05), ("one without bias", False, 0.2)):
        J = SoftmaxObjective(as_rows(X), y, Linear(4, 3, bias), l2)
        problems.append((title, J, minimize(J, Newton("exact"), tol=1e-13).value))
    return problems


# ---------------------------------------------------------------- inside


def _hold(condition: bool | np.bool_, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)


def _close(got: float, want: float, limit: float, what: str) -> None:
    _hold(abs(got - want) <= limit, f"{what}, but they are {got:.10g} and {want:.10g}.")


def _same(got: F64, want: F64, limit: float, what: str) -> None:
    _hold(got.shape == want.shape, f"{what}, but the shapes are {got.shape} and {want.shape}.")
    worst = float(np.abs(got - want).max(initial=0.0))
    _hold(worst <= limit, f"{what}, but they differ by {worst:.3g}.")
