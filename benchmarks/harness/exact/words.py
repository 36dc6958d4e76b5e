"""One fit of a hard problem, and which of its words are false."""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from sklearn.exceptions import ConvergenceWarning

from benchmarks.cases.hard_problems import Case, draw, draw_sparse
from benchmarks.harness.exact.optimum import Bracket, optimum
from benchmarks.harness.exact.problem import Given, balls, bits, mid, objective
from benchmarks.harness.exact.sparse_optimum import sparse_optimum
from benchmarks.harness.timing import time_limit
from softlearn import SoftmaxNetwork, SoftmaxRegression

__all__ = ["FLOOR", "Fit", "given", "judge"]

FLOOR = 1e-15
"""J below is zero to rounding."""
SECONDS = 20
MANY_STEPS = 200
_NO_CLAIM = ("LIMIT_REACHED", "STOPPED_BY_USER")
EPS = float(np.finfo(float).eps)


class Fit:
    """A fit, what it warned of, and the coefficients as the objective has them."""

    def __init__(self, case: Case) -> None:
        self.case, self.error, self.late = case, "", False
        with warnings.catch_warnings(record=True) as caught, time_limit(SECONDS) as late:
            warnings.simplefilter("always")
            began = time.perf_counter()
            try:
                self.model: Any = _fitted(case)
            except Exception as error:  # whatever it is, it is counted
                self.error = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
            self.seconds = time.perf_counter() - began
        self.late = late[0]
        self.warned = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
        self.others = [w for w in caught if not issubclass(w.category, ConvergenceWarning)]

    @property
    def status(self) -> str:
        """How it ended."""
        return str(self.model.status_.name)

    @property
    def coefficients(self) -> tuple[Any, Any]:
        """W (classes, d) and b."""
        if self.case.network:
            return self.model.coefs_[0].T, self.model.intercepts_[0]
        return self.model.coef_, self.model.intercept_

    @property
    def steps(self) -> int:
        """The steps that it took."""
        return int(np.max(self.model.n_iter_))


def _fitted(case: Case) -> Any:
    if case.network:
        options = dict(case.options)
        alpha = 1.0 / options.pop("C")
        net = SoftmaxNetwork((), solver="newton-cg", alpha=alpha, random_state=0, **options)
        return net.fit(case.X, case.y, case.weights)
    model = SoftmaxRegression(**case.options)
    if case.start is not None:
        model.warm_start = True
        model.coef_, model.intercept_ = case.start
        if not model.fit_intercept:
            model.intercept_ = np.zeros_like(model.intercept_)
    return model.fit(case.X, case.y, case.weights)


# -- the problem, exactly


def given(case: Case) -> tuple[Given, Given, np.ndarray]:
    """Return the problem with all classes, the one with those that have weight, and which."""
    X = np.asarray(case.X.toarray() if hasattr(case.X, "toarray") else case.X, np.float64)
    if case.y.ndim == 2:
        Y = case.y / 1.0
    else:
        classes, codes = np.unique(case.y, return_inverse=True)
        Y = np.eye(len(classes))[codes]
    n, K = Y.shape
    w = np.ones(n) if case.weights is None else case.weights
    heavy = w > 0.0
    s = balls(w)
    if case.options.get("class_weight") == "balanced":
        with bits(4000):
            s = _balanced(s, Y, heavy)
    X, Y, s = X[heavy], Y[heavy], s[heavy]
    present = np.flatnonzero(Y.sum(0) > 0)
    intercept = case.options.get("fit_intercept", True)
    if not intercept or case.network:  # whose classes without weight stay, as it says itself
        present = np.arange(K)
    reference = K == 2 and not case.network
    factors = case.options.get("penalty_factors")
    whole = Given(
        X,
        Y,
        s,
        float(case.options["C"]),
        intercept,
        reference,
        case.options.get("l1_ratio", 0.0),
        "penalty_groups" in case.options,
        None if factors is None else np.array(factors),
    )
    # two classes that are left of more have rows of weights that sum to zero
    lean = whole if len(present) == K else replace(whole, Y=Y[:, present])
    return whole, lean, present


def _balanced(s: np.ndarray, Y: np.ndarray, heavy: np.ndarray) -> np.ndarray:
    """Return the weights times S / (classes with weight x weight of the class)."""
    codes = Y.argmax(1)
    by_class = [sum(s[heavy & (codes == k)], arb(0)) for k in range(Y.shape[1])]
    seen = sum(1 for a in by_class if a > 0)
    total = sum(by_class, arb(0))
    factor = [total / (seen * a) if a > 0 else arb(0) for a in by_class]
    return mid(np.array([a * factor[k] for a, k in zip(s, codes, strict=True)], dtype=object))


# -- the judgement


def judge(number: int, seed: int, sparse: bool = False) -> dict[str, Any]:
    """Fit case `number`, and return what was said and what of it is not so."""
    case = (draw_sparse if sparse else draw)(number, seed)
    fit = Fit(case)
    record: dict[str, Any] = {
        "number": number,
        "kind": case.kind,
        "shape": list(case.X.shape),
        "options": {k: str(v) for k, v in case.options.items()},
        "network": case.network,
        "seconds": round(fit.seconds, 4),
    }
    faults: list[str] = [f"warned {w.category.__name__}: {w.message}" for w in fit.others]
    if fit.error:
        word = "refused" if fit.error.startswith("ValueError") else "raised"
        return {**record, "status": "-", "faults": [*faults, f"{word} {fit.error}"]}
    began = time.perf_counter()
    record |= {"status": fit.status, "steps": fit.steps, "gap": float(fit.model.gap_)}
    record["detail"] = fit.model.status_detail_
    try:
        faults += _false_words(fit, record)
    except ArithmeticError as error:
        record["undecided"] = str(error)
    record["judged"] = round(time.perf_counter() - began, 3)
    return {**record, "faults": [*faults, *_manners(fit)]}


def _manners(fit: Fit) -> list[str]:
    """Say what is wrong but no false proof."""
    faults = []
    if fit.status != "CONVERGED" and not fit.warned:
        faults.append(f"silent {fit.status}")
    if fit.model.status_.ok and fit.status != "CONVERGED":
        faults.append(f"ok without a proof: {fit.status}")
    if fit.late:
        faults.append(f"out of time ({SECONDS} s)")
    first_order = fit.case.options.get("solver") in ("lbfgs", "gradient-descent")
    if fit.steps > MANY_STEPS and not first_order:
        faults.append("over 200 steps")
    return faults


def _false_words(fit: Fit, record: dict[str, Any]) -> list[str]:
    """Return which claims are false; those below the floor have another name."""
    whole, lean, present = given(fit.case)
    W, b = fit.coefficients
    J = objective(whole, W, b)
    few = (W, b) if len(present) == whole.Y.shape[1] else (W[present], b[present])
    record["J"] = float(J.mid())
    unclaimed = not fit.model.gap_ < 1.0  # for J is never negative
    if J < FLOOR:
        none = not math.isfinite(fit.model.gap_) and fit.status != "CONVERGED"
        return _off(fit, whole, J, record) + ([] if none else ["a gap below the floor"])
    if unclaimed and fit.status in _NO_CLAIM:
        return _off(fit, whole, J, record)
    try:
        best, nonzero = _optimum(lean, *few, fit.status == "NO_FINITE_OPTIMUM")
    except ArithmeticError:
        if unclaimed and fit.status not in ("CONVERGED", "NO_FINITE_OPTIMUM"):
            return _off(fit, whole, J, record)  # no claim is left undecided
        raise
    record["lowest"], record["finite"] = float(best.upper.mid()), best.finite
    record["excess"] = float(((J - best.upper) / J).mid()) if J > 0 else 0.0
    record["newton"] = best.steps
    tol, gap = float(fit.model.tol), arb(float(fit.model.gap_))
    faults = []
    if fit.status == "CONVERGED":
        if best.finite is False:
            faults.append("CONVERGED, no optimum")
        elif J - best.upper > arb(tol) * best.upper:
            faults.append("false CONVERGED")
        elif not J - best.lower <= arb(tol) * best.lower:
            record["undecided"] = "CONVERGED"
    if math.isfinite(fit.model.gap_):
        if J - best.upper > gap * J:
            faults.append("false gap_")
        elif gap < 1 and best.finite is not False and not J - best.lower <= gap * J:
            record["undecided"] = "gap_"
    if fit.status == "NO_FINITE_OPTIMUM":
        if best.finite:
            below = " below the floor" if best.upper < FLOOR else ""
            faults.append(f"false NO_FINITE_OPTIMUM{below}")
        elif best.finite is None and not best.upper < FLOOR:
            record["undecided"] = "NO_FINITE_OPTIMUM"
    zeros = getattr(fit.model, "zeros_proven_", None)
    if zeros is not None:
        record["proven zeros"], record["zeros"] = int(zeros.sum()), int((W == 0.0).sum())
        if nonzero is not None and (zeros[present] if len(zeros) > 1 else zeros)[nonzero].any():
            faults.append("false zero")
        if (W[zeros] != 0.0).any():
            faults.append("a proven zero is not 0")
    return faults + _off(fit, whole, J, record)


def _optimum(lean: Given, W: Any, b: Any, separable_first: bool) -> tuple[Bracket, Any]:
    """Return the bracket of the lowest J, and with an L1 part which weights are not 0 there."""
    if lean.ratio or lean.factors is not None:
        return sparse_optimum(lean, W, b)
    return optimum(lean, W, b, separable_first), None


def _off(fit: Fit, whole: Given, J: Any, record: dict[str, Any]) -> list[str]:
    """Say whether `objective_` differs from J by more than rounding can explain.

    Logits are rounded, as the coefficients are: by some eps (|W| |x| + |b|), and a loss changes by
    that times 1 - p at most, which is no more than the loss itself.
    """
    if fit.case.network:
        return []
    with np.errstate(over="ignore", invalid="ignore"):
        W, b = np.atleast_2d(fit.model.coef_), np.atleast_1d(fit.model.intercept_)
        size = float((np.abs(whole.X) @ np.abs(W).T + np.abs(b)).max())
    allowed = EPS * (len(whole.X) + 4.0 * (whole.X.shape[1] + 4.0) * (size + 4.0))
    record["objective"] = float(fit.model.objective_)
    with np.errstate(over="ignore"):
        relative = float(np.expm1(allowed))
    difference = abs(arb(record["objective"]) - J)
    if relative == math.inf or difference <= arb(relative) * J:
        return []
    return [f"objective_ is off{' below the floor' if J < FLOOR else ''}"]
