"""Checks the parameters of softmax regression and combines them."""

from __future__ import annotations

import sys
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import HasMethods, Hidden, Interval, StrOptions

from ..._internal.format import quoted
from ...objective import SoftmaxObjective
from ...problem import ElasticNet
from ...protocol import F64, Solver
from ...solve import ProximalNewton
from ..sklearn.warn import warn
from .solvers import NAMES, choose_solver

__all__ = [
    "CONSTRAINTS",
    "effective_penalty",
    "factors_of",
    "l1_ratios",
    "l2_of",
    "solver_for",
]

CONSTRAINTS: dict[str, list[Any]] = {
    "penalty": [StrOptions({"l1", "l2", "elasticnet"}), None, Hidden(StrOptions({"deprecated"}))],
    "C": [Interval(Real, 0, None, closed="right")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
    "penalty_groups": [StrOptions({"features"}), None],
    "penalty_factors": ["array-like", dict, None],
    "dual": ["boolean"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "fit_intercept": ["boolean"],
    "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "random_state": ["random_state"],
    "solver": [StrOptions(set(NAMES)), HasMethods("steps")],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "n_jobs": [None, Integral],
    "precision": [StrOptions({"auto", "float64"})],
    "device": [None, str],
    "engine": [None, HasMethods(["parts", "make", "ask"])],
}


def effective_penalty(estimator: Any) -> tuple[float, float]:
    """Return the effective C (inf for no penalty) and the share of L1 in the penalty.

    The deprecated `penalty` is applied; the cases, their warnings and their precedence are
    scikit-learn 1.9's.

    Raises:
        ValueError: for ``dual=True`` without liblinear, or "elasticnet" without a share.

    """
    penalty, C, ratio = estimator.penalty, float(estimator.C), estimator.l1_ratio
    if ratio is None:
        warn("l1_ratio=None is deprecated as in scikit-learn 1.8; use l1_ratio=0.", FutureWarning)
    l1 = ratio or 0.0
    if penalty != "deprecated":
        l1 = _older(penalty, C, ratio)
    if penalty is None:
        C = np.inf
    _require_primal(estimator)
    return C, float(l1) if np.isfinite(C) else 0.0


_WEAKEST = 1e-300  # the weakest penalty: without any there may be no optimum


def l2_of(C: float, total: float) -> float:
    """Return the strength of the penalty, 1 / (C S), for weights whose sum is S.

    Raises:
        ValueError: it overflows.

    """
    if np.isinf(C):
        return 0.0
    product = C * total
    if not product > 1.0 / sys.float_info.max:
        raise ValueError(
            f"C={C:g} times the sum of the weights, {total:g}, is too small a number: the penalty "
            "that it stands for would be infinite; give a larger C, or larger weights."
        )
    return max(1.0 / product, _WEAKEST)


def factors_of(estimator: Any, d: int) -> F64 | None:
    """Return the factor of each feature's penalty (d,), None where all are 1.

    Raises:
        ValueError: they are not one number of at least 0 for each feature, or all are 0.

    """
    given = estimator.penalty_factors
    if given is None:
        return None
    factors = _named_factors(given, estimator) if isinstance(given, dict) else _numbers(given)
    if factors.shape != (d,) or not ((factors >= 0.0) & np.isfinite(factors)).all():
        raise ValueError(
            f"penalty_factors must be one number of at least 0 for each of the {d} features (0 for "
            f"no penalty), but it is {quoted(given)}."
        )
    if not factors.any():
        raise ValueError("penalty_factors are all 0: use C=numpy.inf for no penalty.")
    return None if (factors == 1.0).all() else factors


def _named_factors(given: dict[Any, Any], estimator: Any) -> F64:
    """Return the factors of the columns of a data frame, 1 for those that are not named."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        raise ValueError(
            "penalty_factors names columns, but those of X have no names: give a number for each."
        )
    unknown = [name for name in given if name not in set(names)]
    if unknown:
        raise ValueError(f"penalty_factors names {quoted(unknown[0])}, which is not a column of X.")
    return _numbers([given.get(name, 1.0) for name in names])


def _numbers(given: Any) -> F64:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([np.nan])


def l1_ratios(estimator: Any) -> list[float]:
    """Return the l1_ratios of a cross-validation, one or more.

    Raises:
        ValueError: they are not numbers from 0 to 1, or ``dual=True`` without liblinear.

    """
    given = estimator.l1_ratios
    if given is None and estimator.penalty == "deprecated":
        warn("l1_ratios=None is deprecated as in scikit-learn 1.8; use (0,).", FutureWarning)
    if estimator.penalty != "deprecated":
        warn("penalty is deprecated as in scikit-learn 1.8: leave it out.", FutureWarning)
    try:
        listed = [0.0] if given is None or isinstance(given, str) else given  # a string: "auto"
        ratios = np.atleast_1d(np.asarray(listed, dtype=np.float64))
    except (TypeError, ValueError):
        ratios = np.array([np.nan])
    if ratios.ndim != 1 or not len(ratios) or not ((ratios >= 0.0) & (ratios <= 1.0)).all():
        raise ValueError(
            f"l1_ratios must be a list of numbers from 0 to 1, but it is {quoted(given)}."
        )
    if estimator.penalty == "elasticnet" and (given is None or isinstance(given, str)):
        raise ValueError(
            "l1_ratios must be a list of numbers from 0 to 1 for penalty 'elasticnet'."
        )
    if estimator.penalty in ("l1", "l2"):
        ratios[:] = float(estimator.penalty == "l1")
    _require_primal(estimator)
    return [float(r) for r in ratios]


def _require_primal(estimator: Any) -> None:
    if estimator.dual and estimator.solver != "liblinear":
        raise ValueError(
            f"Solver {estimator.solver} supports only dual=False, got dual=True, which is "
            "scikit-learn's for liblinear; the optimum is the same."
        )


def _older(penalty: str | None, C: float, ratio: float | None) -> float:
    """Return the share of L1 that an explicit `penalty` means, warning where it contradicts."""
    warn(
        "penalty is deprecated as in scikit-learn 1.8: leave it out and use C=numpy.inf instead "
        "of penalty=None; L2 is the default.",
        FutureWarning,
    )
    if penalty is None and C != 1.0:
        warn("Setting penalty=None will ignore the C and l1_ratio parameters.", UserWarning)
    if penalty == "elasticnet" and ratio is None:
        raise ValueError("l1_ratio must be specified when penalty is elasticnet.")
    share = {"l1": 1.0, "elasticnet": ratio or 0.0}.get(penalty or "", 0.0)
    if penalty in ("l1", "l2") and ratio != share:
        warn(
            f"Inconsistent values: penalty={penalty} with l1_ratio={ratio}; penalty decides. The "
            "l1_ratio parameter is only used when penalty is 'elasticnet'. Got "
            f"(penalty={penalty}).",
            UserWarning,
        )
    return share


def solver_for(estimator: Any, J: SoftmaxObjective) -> Solver:
    """Return the solver that the parameter `solver` names, or is.

    Raises:
        TypeError: for the class of a solver in place of an object.
        ValueError: for a method that cannot minimise an L1 penalty.

    """
    solver = estimator.solver
    if isinstance(solver, type):
        raise TypeError(
            f"solver must be a name or an object, such as {solver.__name__}(), but is the class "
            f"{solver.__name__}."
        )
    if not J.penalty.smooth:
        assert isinstance(J.penalty, ElasticNet)
        return _proximal(solver, J.penalty.l1_ratio)
    if isinstance(solver, str):
        return choose_solver(solver, J, _seed(estimator.random_state))
    chosen: Solver = solver
    return chosen


def _proximal(solver: Any, l1_ratio: float) -> Solver:
    if not isinstance(solver, str) and getattr(solver, "kinks", False):
        given: Solver = solver
        return given
    if solver in ("auto", "liblinear", "saga"):
        return ProximalNewton()
    name = solver if isinstance(solver, str) else solver.name
    if not l1_ratio:
        if solver == "sag":  # which means "auto"
            return ProximalNewton()
        raise ValueError(f"Solver {name} has no penalty_factors. Use solver='auto'.")
    kind = "l1" if l1_ratio == 1.0 else "elasticnet"
    raise ValueError(
        f"Solver {name} supports only 'l2' or None penalties, got {kind} penalty. Use "
        "solver='auto'."
    )


def _seed(random_state: Any) -> int:
    """Return an integer seed; a RandomState is advanced by one draw, as scikit-learn does."""
    if random_state is None:
        return 0
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(random_state.randint(2**31 - 1))
