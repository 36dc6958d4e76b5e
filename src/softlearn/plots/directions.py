"""A plane through the parameters of a fitted model, and the objective that was minimised there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..landscape import Plane, random_plane
from .canvas import require

if TYPE_CHECKING:
    from ..networks import NetworkObjective
    from ..objective import SoftmaxObjective

__all__ = ["objective_and_w", "plane_through"]

F64 = NDArray[np.float64]


def objective_and_w(
    estimator: Any, X: Any, y: Any
) -> tuple[SoftmaxObjective | NetworkObjective, F64]:
    """Return the objective that a fitted model of softlearn's minimised on X and y, and its w."""
    from ..estimators import SoftmaxNetwork, SoftmaxRegression

    require(
        isinstance(estimator, SoftmaxNetwork | SoftmaxRegression) and hasattr(estimator, "status_"),
        f"estimator must be a fitted SoftmaxRegression or SoftmaxNetwork, whose objective is "
        f"known, but it is {type(estimator).__name__}: use from_function.",
    )
    of = _of_network if isinstance(estimator, SoftmaxNetwork) else _of_regression
    return of(estimator, X, y)


def _of_regression(model: Any, X: Any, y: Any) -> tuple[SoftmaxObjective | NetworkObjective, F64]:
    from ..estimators.regression.formulation import formulate
    from ..estimators.regression.parameters import effective_penalty
    from ..estimators.sklearn.checks import check_examples

    examples = check_examples(model, X, y, reset=False)
    problem = formulate(model, examples, *effective_penalty(model))
    w = problem.parameters(model.coef_, model.intercept_)
    require(w is not None, "X and y must be what the estimator was fitted to: its w does not fit.")
    return problem.objective, np.asarray(w)


def _of_network(net: Any, X: Any, y: Any) -> tuple[SoftmaxObjective | NetworkObjective, F64]:
    from ..data import as_rows
    from ..estimators.network.parameters import choose
    from ..estimators.sklearn.checks import check_examples
    from ..networks import objective_of

    examples = check_examples(net, X, y, classes=net.classes_, reset=False)
    choices = choose(net, examples.n, examples.total())
    model, w = net._network()
    J = objective_of(as_rows(examples.X), examples.codes, model, l2=choices.l2, weights=examples.s)
    return J, np.asarray(w, dtype=np.float64)


def plane_through(
    J: SoftmaxObjective | NetworkObjective,
    w: F64,
    given: tuple[ArrayLike, ArrayLike] | None,
    paths: Sequence[F64],
) -> Plane:
    """Return the plane along the directions given, or along those in which the paths move most.

    Without either: two random ones, filter-normalised for a network.
    """
    for path in paths:
        require(
            path.ndim == 2 and path.shape[1] == len(w),
            f"A trajectory must have shape (steps, {len(w)}), like w, but its shape is "
            f"{path.shape}.",
        )
    require(len(w) >= 2, "The model has one parameter: there is no plane to look at.")
    if given is None and not paths and not J.has_bound:
        return random_plane(J, w)
    pair = np.random.default_rng(0).normal(size=(2, len(w)))
    if given is not None:
        pair = np.array([np.ravel(np.asarray(d, dtype=np.float64)) for d in given])
        require(
            pair.shape == (2, len(w)),
            f"directions must be two vectors of {len(w)} numbers, like w.",
        )
    elif paths:
        moves = np.concatenate(paths) - w
        s, V = np.linalg.svd(moves, full_matrices=False)[1:]
        known = V[:2][s[:2] > 1e-12 * s[0]]
        pair[: len(known)] = known
    return _orthogonal(w, pair)


def _orthogonal(w: F64, pair: F64) -> Plane:
    """Return the plane with orthogonal directions, each as long as w, or 1 if w is 0."""
    length = float(np.linalg.norm(w)) or 1.0
    Q, R = np.linalg.qr(pair.T)
    require(
        abs(R[1, 1]) > 1e-10 * abs(R[0, 0]) > 0.0,
        "directions must be two vectors that are not parallel.",
    )
    Q = Q * np.sign(np.diag(R))
    return Plane(w, length * Q[:, 0], length * Q[:, 1])
