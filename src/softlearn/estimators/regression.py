r"""Softmax regression with scikit-learn's names and habits, and a certificate."""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin
from sklearn.utils._param_validation import Hidden, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import ThreadpoolController

from ..engine import Threads
from ..objective import SoftmaxObjective
from ..protocol import F64, Result, Status, TraceRecord
from ..softmax import log_softmax, softmax
from ..solve import Progress, minimize_steps
from .encode import Problem, encode
from .online import OnlineFit
from .solvers import NAMES, choose_solver
from .warm import sampled_starts

__all__ = ["SoftmaxRegression"]


class SoftmaxRegression(LinearClassifierMixin, SparseCoefMixin, BaseEstimator):  # type: ignore[misc]
    r"""Softmax regression (multinomial logistic regression) whose optimum is proven.

    Minimises, over the weights W and free intercepts b,

        J(W, b) = sum_i s_i CE(y_i, softmax(W x_i + b)) / S  +  ||W||^2 / (2 C S),    S = sum_i s_i

    which is scikit-learn's objective for the same C divided by C S; with two classes W is one
    row and the softmax is the logistic function, as there.  Takes the place of
    `sklearn.linear_model.LogisticRegression`: the same parameters, methods, attributes and shapes.
    Features need no scaling.

    Args:
        penalty: deprecated as in scikit-learn 1.8: "l2" or None (use ``C=numpy.inf``).
        C: inverse strength of the penalty, > 0; ``numpy.inf`` for none.
        l1_ratio: 0; an L1 part is not offered yet.
        dual: accepted for liblinear's sake; the optimum is the same.
        tol: the relative duality gap to prove, (J(w) - bound) / J(w).
        fit_intercept: whether there are intercepts.
        intercept_scaling: accepted; without effect, because our intercepts are not penalised.
        class_weight: {label: weight}, "balanced" or None.
        random_state: seed of the rows a preconditioner draws; it changes rounding only.
        solver: "auto", "newton-cg", "newton-cholesky", "lbfgs", "gradient-descent"; scikit-learn's
            other names mean "auto".  `solver_` says what ran.
        max_iter: the most steps; ordinary data never need more than the default.
        verbose: > 0 prints a line per step.
        warm_start: start from the previous solution.
        n_jobs: threads; None or -1 for one per core.

    Attributes:
        classes_, coef_, intercept_, n_iter_, n_features_in_, feature_names_in_: as scikit-learn's
            (coefficients are float64 whatever the dtype of X).
        gap_: the proven relative gap; inf where nothing could be proven.
        status_: a `softlearn.Status`; its value is a sentence.
        status_detail_: what is particular to this fit, one sentence, or "".
        objective_: J at the solution, in nats per example.
        trace_: a `TraceRecord` (time, passes, objective, gap) per step.
        solver_: the solver that ran.

    Raises:
        ValueError: from `fit`, for data or parameters that cannot be used; one sentence each.

    >>> import numpy as np
    >>> from softlearn import SoftmaxRegression
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> model = SoftmaxRegression().fit(X, ["a", "a", "b", "b", "c", "c"])
    >>> model.predict([[0.2], [4.9]])
    array(['a', 'c'], dtype='<U1')
    >>> bool(model.gap_ <= 1e-6), model.status_.name
    (True, 'CONVERGED')

    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012  (scikit-learn's form)
        "penalty": [StrOptions({"l1", "l2", "elasticnet"}), None, Hidden(StrOptions({"deprecated"}))],
        "C": [Interval(Real, 0, None, closed="neither")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "dual": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "solver": [StrOptions(set(NAMES))],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float | None = 0.0,
        dual: bool = False,
        tol: float = 1e-6,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: dict[Any, float] | str | None = None,
        random_state: Any = None,
        solver: str = "auto",
        max_iter: int = 100_000,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    # -- fitting

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxRegression:
        """Fit the model; Ctrl-C keeps the best point so far and says so in `status_`.

        Args:
            X: (n, d) dense (float32 and float64 are used where they lie), sparse or a data frame.
            y: (n,) labels of any kind, or (n, C) rows of probabilities.
            sample_weight: (n,) weights, at least 0.

        """
        for _ in self._iterate(X, y, sample_weight):
            pass
        return self

    def iter_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Iterator[Progress]:
        """Fit step by step: yields `Progress` records; once exhausted, the model is fitted."""
        self._validate_params()
        yield from self._iterate(X, y, sample_weight)

    def _iterate(self, X: Any, y: Any, sample_weight: Any) -> Iterator[Progress]:
        problem = encode(self, X, y, sample_weight, self._strength())
        J, w0 = problem.objective, self._start(problem)
        solver = choose_solver(self.solver, J, _seed(self.random_state))
        self.solver_ = solver.name
        self._online = None
        if w0 is None and self.max_iter > 100:
            w0 = yield from self._warm(J)
        run = minimize_steps(J, solver, w0, self.tol, self.max_iter)
        result: Result | None = None
        while result is None:
            try:
                with _one_blas_thread(J):
                    progress = next(run)
            except StopIteration as end:
                result = end.value
                break
            if self.verbose:
                print(_line(progress))
            try:
                yield progress
            except KeyboardInterrupt as stop:
                try:
                    run.throw(stop)
                except StopIteration as end:
                    result = end.value
        self._keep(problem, result)

    def _warm(self, J: SoftmaxObjective) -> Generator[Progress, None, F64 | None]:
        """Return a start found on samples of the rows, where that pays."""
        began, w = time.perf_counter(), None
        steps = sampled_starts(J, np.zeros(J.size), self.solver, _seed(self.random_state))
        while True:
            with _one_blas_thread(J):
                step, part = next(steps, (None, J))
                if step is None:
                    return w
                w, value = step.point.w, step.point.value
            seconds, note = time.perf_counter() - began, f"on {part.rows.n} of {J.rows.n} rows"
            progress = Progress(0, value, np.inf, step.decrement / value, seconds, J.passes, note)
            if self.verbose:
                print(_line(progress))
            yield progress

    def _strength(self) -> float:
        """Return the C that counts, after the older `penalty` argument has had its say."""
        if self.l1_ratio is None:
            warnings.warn(
                "l1_ratio=None is deprecated as in scikit-learn; use a number from 0 to 1.",
                FutureWarning,
                stacklevel=4,
            )
        if self.penalty != "deprecated":
            warnings.warn(
                "penalty is deprecated as in scikit-learn 1.8; use C=numpy.inf instead of "
                "penalty=None, and leave it out for L2.",
                FutureWarning,
                stacklevel=4,
            )
        if self.penalty in ("l1", "elasticnet") or (self.l1_ratio or 0.0) != 0.0:
            raise ValueError(
                f"penalty={self.penalty!r} with l1_ratio={self.l1_ratio} asks for an L1 penalty, "
                "which softlearn does not offer yet; use l1_ratio=0 (L2), or scikit-learn's saga."
            )
        if self.dual and self.solver != "liblinear":
            raise ValueError(
                "dual=True is scikit-learn's for solver='liblinear' only; leave dual=False "
                "(the optimum is the same)."
            )
        return np.inf if self.penalty is None else float(self.C)

    def _start(self, problem: Problem) -> F64 | None:
        """Return where to start: the previous solution if `warm_start` and it fits."""
        model = problem.objective.model
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        W = np.asarray(self.coef_.toarray() if hasattr(self.coef_, "toarray") else self.coef_)
        if W.shape != (model.K, model.d):
            return None
        return model.join(W.astype(np.float64), np.asarray(self.intercept_, dtype=np.float64))

    def _keep(self, problem: Problem, result: Result) -> None:
        self.classes_ = problem.classes
        self._set_coefficients(problem.objective, result.w)
        self.n_iter_ = np.array([result.n_steps], dtype=np.int32)
        self.gap_, self.objective_ = float(result.gap), float(result.value)
        self._status, self.status_detail_ = result.status.name, result.detail
        self._trace = np.array([(r.time, r.passes, r.objective, r.gap) for r in result.trace])
        if not result.status.ok and result.status is not Status.STOPPED_BY_USER:
            _warn(result)

    def _set_coefficients(self, J: SoftmaxObjective, w: F64) -> None:
        W, b = J.model.split(w)
        self.coef_ = W.copy()
        self.intercept_ = b.copy() if J.model.bias else np.zeros(J.model.K)

    @property
    def status_(self) -> Status:
        """How the fit ended."""
        return Status[self._status]

    @property
    def trace_(self) -> list[TraceRecord]:
        """What was known after each step."""
        return [TraceRecord(*map(float, row)) for row in self._trace]

    # -- one batch after another

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SoftmaxRegression:
        """Update the model with a batch of rows that will not be seen again.

        The loss of the batch is minimised exactly, beside a quadratic memory of the batches before
        it (their curvature at the time).  There is no learning rate; one batch alone gives what
        `fit` gives, and many come close to `fit` on all of them.  The whole has no certificate:
        `gap_` is inf and `status_` is ONLINE.

        Args:
            X, y, sample_weight: as in `fit`; y may lack some classes.
            classes: all labels there will be; needed at the first call.

        Reference: Spiegelhalter and Lauritzen, Networks 20 (1990), sequential updating.

        """
        first = getattr(self, "_online", None) is None
        if first and classes is None:
            raise ValueError("classes must be given at the first call of partial_fit.")
        if first:
            self._online_classes = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self._online_classes):
            raise ValueError(
                f"classes={np.asarray(classes)!r} differs from the first call's, "
                f"{self._online_classes!r}; give the same or leave it out."
            )
        problem = encode(
            self, X, y, sample_weight, self._strength(), self._online_classes, reset=first
        )
        if first:
            self._online = OnlineFit.start(problem, self._strength())
        assert self._online is not None
        with _one_blas_thread(problem.objective):
            result = self._online.update(problem, self.tol, self.max_iter)
        self.classes_, self.solver_ = problem.classes, "online newton"
        self._set_coefficients(problem.objective, self._online.w)
        self.n_iter_ = np.array([result.n_steps], dtype=np.int32)
        self.gap_, self.objective_ = np.inf, float(result.value)
        self._status, self.status_detail_ = Status.ONLINE.name, ""
        self._trace = np.array([(r.time, r.passes, r.objective, np.inf) for r in result.trace])
        return self

    # -- predicting

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities, exact: -inf never stands for a finite value.

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return log_softmax(self._logits(X))

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities a = softmax(W x + b).

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C), classes in the order of `classes_`.

        """
        return softmax(self._logits(X))

    def _logits(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        Z: NDArray[Any] = np.asarray(self.decision_function(X), dtype=np.float64)
        return np.stack([np.zeros_like(Z), Z], axis=1) if Z.ndim == 1 else Z

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _check(self, X: Any) -> Any:
        return validate_data(self, X, accept_sparse="csr", reset=False)


def _seed(random_state: Any) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(random_state.randint(2**31 - 1))


def _one_blas_thread(J: SoftmaxObjective) -> AbstractContextManager[Any]:
    """Keep BLAS to one thread per block while our own threads take the blocks."""
    if not isinstance(J.engine, Threads):
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


_CONTROLLER: list[ThreadpoolController] = []


def _controller() -> ThreadpoolController:
    if not _CONTROLLER:
        _CONTROLLER.append(ThreadpoolController())
    return _CONTROLLER[0]


def _warn(result: Result) -> None:
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(
        f"{result.status.value} {result.detail}".strip(), ConvergenceWarning, stacklevel=5
    )


def _line(p: Progress) -> str:
    gap = f"gap {p.gap:.1e}" if np.isfinite(p.gap) else f"about {p.decrement:.1e} to go"
    return f"step {p.k:4d}  {p.time:7.1f} s  J = {p.objective:.10g}  {gap}  {p.note}"


