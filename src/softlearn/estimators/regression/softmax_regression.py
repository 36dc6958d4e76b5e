r"""Softmax regression with scikit-learn's interface, and a certificate."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model._base import SparseCoefMixin

from ..._internal.log import DEBUG, LOG, tell
from ...execution.blas import one_blas_thread
from ...protocol import F64, Result, Solver, Status
from ...solve import Progress, minimize_steps
from ...streams import is_stream
from ..sklearn.callbacks import CallbackSupportMixin, FitHooks, torn_down
from ..sklearn.checks import check_examples
from ..sklearn.labels import expected_classes
from ..sklearn.parameters import RemembersParameters
from ..sklearn.typed import available_if, checks_parameters
from ..sklearn.warn import warn
from .fit_result import FitResultMixin, stopped_after
from .formulation import Formulation, formulate
from .online import accumulate, first_precision, update
from .parameters import CONSTRAINTS, effective_penalty, solver_for
from .predictions import SoftmaxPredictions
from .stream import formulate_stream

__all__ = ["SoftmaxRegression"]


def _sees_all_labels(model: SoftmaxRegression) -> bool:
    if model.class_weight == "balanced":
        raise AttributeError(
            "class_weight 'balanced' is not supported for partial_fit, which never sees all "
            "labels; give a dictionary, such as compute_class_weight('balanced', ...) makes."
        )
    return True


class SoftmaxRegression(
    RemembersParameters,
    CallbackSupportMixin,  # type: ignore[misc]
    FitResultMixin,
    SoftmaxPredictions,
    SparseCoefMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    r"""Softmax regression (multinomial logistic regression) whose optimum is proven.

    Minimises, over the weights W and free intercepts b,

        J(W, b) = sum_i s_i CE(y_i, softmax(W x_i + b)) / S  +  ||W||^2 / (2 C S),    S = sum_i s_i

    which is scikit-learn's objective for the same C divided by C S; with two classes W is one
    row and the softmax is the logistic function, as there.  With an l1_ratio r the penalty is
    (r |W| + (1 - r) ||W||^2 / 2) / (C S), |W| the sum of sizes, and many weights are exactly 0.
    Takes the place of `sklearn.linear_model.LogisticRegression`: the same parameters, methods,
    attributes and shapes.  Features need no scaling, but what L1 selects depends on their units.

    Args:
        penalty: deprecated as in scikit-learn 1.8: "l2", "l1" or "elasticnet" (use l1_ratio), or
            None (use ``C=numpy.inf``).
        C: inverse strength of the penalty, > 0; ``numpy.inf`` for none.
        l1_ratio: the share of L1 in the penalty, from 0 to 1.
        penalty_groups: "features" for a group lasso in place of L1: |W| is the sum over the
            features of the lengths of their weights, so a feature is used for all classes or none.
        penalty_factors: one number of at least 0 for each feature, by which its penalty is
            multiplied, 0 for none; or a dictionary of those of some columns of a data frame.
        dual: True is accepted with solver="liblinear", as there; the optimum is the same.
        tol: the relative duality gap to prove, (J(w) - bound) / J(w).
        fit_intercept: whether there are intercepts.
        intercept_scaling: for solver="liblinear", the value of a synthetic column whose weight,
            penalised like all others, makes the intercept.
        class_weight: {label: weight}, "balanced" or None.
        random_state: seed of the rows a preconditioner draws; it changes rounding only.
        solver: "auto", "newton-cg", "newton-cholesky", "lbfgs", "gradient-descent", or an object
            such as ``softlearn.solve.GradientDescent(learning_rate=0.1)``; "sag" and "saga" mean
            "auto", and so does "liblinear", with a penalised intercept, as in scikit-learn.
            `solver_` says what ran.  An L1 part needs "auto", "saga", "liblinear" or an object such
            as ``softlearn.solve.ProximalNewton()``.
        max_iter: the largest number of steps; ordinary data never need more than the default.
        verbose: > 0 prints a line per step.
        warm_start: start from the previous solution.
        n_jobs: threads; -1 for one per core, None for as many as OMP_NUM_THREADS allows.
        precision: "auto", or "float64" for all products of a fit; gradients, and what is proven,
            are in float64 in any case.
        device: of PyTorch, where `fit` computes with a dense X, such as "cuda"; None: where X lies,
            which may be a tensor on a device.
        engine: where the rows of `fit` lie, such as ``softlearn.engines.DaskEngine(client)``; None
            for arrays in memory.  Copies by pickle and model files leave it out.

    Attributes:
        classes_, coef_, intercept_, n_iter_, n_features_in_, feature_names_in_: as scikit-learn's
            (coefficients are float64 whatever the dtype of X).
        gap_: the proven relative gap; inf where nothing could be proven.
        status_: a `softlearn.Status`; its value is a sentence.
        status_detail_: details of this fit, one sentence, or "".
        objective_: J at the solution, in nats per example.
        trace_: a `TraceRecord` (time, passes, objective, gap) per step.
        solver_: the solver that ran.
        precision_: how many passes over all rows were in which precision, one sentence.
        n_nonzero_: how many weights are not zero.
        zeros_proven_: with an L1 part, which of coef_ are proven to be 0 at every minimum.

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

    _parameter_constraints = CONSTRAINTS
    precision: str = "auto"  # of models that older versions pickled
    device: str | None = None

    def __init__(
        self,
        penalty: str | None = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float | None = 0.0,
        penalty_groups: str | None = None,
        penalty_factors: Any = None,
        dual: bool = False,
        tol: float = 1e-6,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: dict[Any, float] | str | None = None,
        random_state: Any = None,
        solver: str | Solver = "auto",
        max_iter: int = 100_000,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        precision: str = "auto",
        device: str | None = None,
        engine: Any = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.penalty_groups = penalty_groups
        self.penalty_factors = penalty_factors
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
        self.precision = precision
        self.device = device
        self.engine = engine

    # -- fitting

    @checks_parameters
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, **stream: Any
    ) -> SoftmaxRegression:
        """Fit the model; Ctrl-C keeps the best point so far and says so in `status_`.

        Args:
            X: (n, d) dense (float32 and float64 are used in place), sparse or a data frame; a
                tensor of PyTorch, or an array of CuPy or JAX, which stays on its device; or
                files that may be larger than memory: a glob, a list of paths, or a
                `pyarrow.dataset.Dataset`.
            y: (n,) labels of any kind, or (n, C) rows of probabilities; None for files that hold
                them.
            sample_weight: (n,) weights, at least 0.
            **stream: for files: target, features, weight, exclude, memory, cache, checkpoint,
                resume; see `softlearn.streams.StreamOptions`.

        """
        problem = self._problem(X, y, sample_weight, stream)
        # A deque consumes in C: Ctrl-C cannot arrive between two steps, where nothing catches it.
        with one_blas_thread(unless=problem.objective.is_small):
            deque(self._iterate(problem, (X, y, sample_weight)), maxlen=0)
        return self

    def iter_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, **stream: Any
    ) -> Iterator[Progress]:
        """Fit step by step: yields `Progress` records; once exhausted, the model is fitted.

        Their `w` is coef_, row after row, and then intercept_ where there is one.
        """
        self._validate_params()
        with torn_down(self):
            problem = self._problem(X, y, sample_weight, stream)
            yield from self._iterate(problem, (X, y, sample_weight), for_user=True)

    def _problem(self, X: Any, y: Any, sample_weight: Any, stream: dict[str, Any]) -> Formulation:
        if self.engine is not None:
            from .on_engine import formulate_on_engine  # which needs more than most fits

            return formulate_on_engine(self, X, y, sample_weight, stream)
        if stream or is_stream(X):
            return formulate_stream(self, X, y, sample_weight, stream)
        return formulate(self, check_examples(self, X, y, sample_weight), *effective_penalty(self))

    def _iterate(
        self, problem: Formulation, data: tuple[Any, Any, Any], for_user: bool = False
    ) -> Iterator[Progress]:
        J, w0, stopped = problem.objective, self._start(problem), False
        solver, checkpoint = solver_for(self, J), problem.checkpoint
        if checkpoint is not None:
            solver, w0 = checkpoint.resumed(solver, w0, J)
        hooks = FitHooks(self, data, solver.name, lambda p: stopped_after(problem, p, solver.name))
        run = minimize_steps(J, solver, w0, self.tol, self.max_iter)
        told = self.verbose or LOG.isEnabledFor(DEBUG)
        advance = one_blas_thread()(next) if for_user and not J.is_small else next
        result: Result | None = None
        while result is None:
            try:
                progress = advance(run)
                if checkpoint is not None:
                    checkpoint.write(progress)
                if told:
                    tell(self.verbose, DEBUG, "%s", progress)
                stopped |= hooks.after(progress)
                yield problem.with_coefficients(progress) if for_user else progress
                if stopped:
                    raise KeyboardInterrupt
            except StopIteration as end:
                result = end.value
            except KeyboardInterrupt as stop:
                try:
                    run.throw(stop)
                except StopIteration as end:
                    result = end.value
        self._keep(problem, result, solver)
        hooks.end()

    def _start(self, problem: Formulation) -> F64 | None:
        """Return the start: with `warm_start` the previous solution, if it fits and is better.

        At zero J is log C.
        """
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        w, J = problem.parameters(self.coef_, self.intercept_), problem.objective
        with np.errstate(over="ignore", invalid="ignore"):
            better = w is not None and J.at(w).value <= np.log(J.model.C)
        return w if better else None

    def _keep(self, problem: Formulation, result: Result, solver: Solver) -> None:
        result = problem.at_coefficients(result, self.tol)
        if problem.checkpoint is not None:
            result = problem.checkpoint.whole(result)
        self._set(problem, result, solver.name, result.status, result.gap)
        self.status_detail_ = f"{result.detail} {problem.note}".strip()
        self._memory: F64 | None = None  # the prior precision; files know it by this name
        self._weight = problem.total
        if not result.status.ok and result.status is not Status.STOPPED_BY_USER:
            warn(f"{result.status.value} {self.status_detail_}".strip(), ConvergenceWarning)

    # -- one batch after another

    @available_if(_sees_all_labels)
    @checks_parameters
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SoftmaxRegression:
        """Update the model with a batch of rows that will not be seen again.

        The loss of the batch is minimised exactly, with a quadratic prior that approximates the
        loss of earlier batches (by their curvature at the time).  There is no learning rate; one
        batch alone gives the result of `fit`, and many come close to `fit` on all of them if the
        rows come in random order.
        The whole has no certificate: `gap_` is inf and `status_` is ONLINE.  `fit` keeps only the
        total weight of its rows; after it, their curvature is assumed to be like that of the first
        batch.

        Args:
            X, y, sample_weight: as in `fit`; y may lack some classes.
            classes: all labels there will be; needed at the first call, unless `fit` saw them.

        Reference: Spiegelhalter and Lauritzen, Networks 20 (1990), sequential updating.

        """
        first, (C, l1_ratio) = not hasattr(self, "coef_"), effective_penalty(self)
        if self.penalty_factors is not None:
            raise ValueError("partial_fit has no penalty_factors: use fit.")
        if l1_ratio:
            raise ValueError(
                "partial_fit has no L1 penalty, whose zeros depend on all rows at once: use fit, "
                "or l1_ratio=0."
            )
        known = expected_classes(classes, None if first else self.classes_)
        examples = check_examples(self, X, y, sample_weight, known, reset=first)
        problem = formulate(self, examples, C, as_given=True)
        precision = None if first else self._memory
        with one_blas_thread():
            start = self._last(problem, precision, first)
            if precision is None:
                precision = first_precision(problem, C)
                if not first:
                    precision = accumulate(problem, start, precision, self._weight)
            result, self._memory = update(problem, start, precision, self.tol, self.max_iter)
        stopped = result.status is Status.STOPPED_BY_USER
        status = result.status if stopped else Status.ONLINE
        self._set(problem, result, "online newton", status, np.inf)
        self.status_detail_, self._trace[:, 3] = "", np.inf
        self._weight = problem.total + (0.0 if first else self._weight)
        return self

    def _last(self, problem: Formulation, precision: F64 | None, first: bool) -> F64:
        """Return the parameters after the last batch, or fit."""
        size = problem.objective.size
        if first:
            return np.zeros(size)
        w = problem.parameters(self.coef_, self.intercept_)
        if w is None or (precision is not None and precision.shape[0] * precision.shape[1] != size):
            raise ValueError("coef_ or fit_intercept has been changed since the last partial_fit.")
        return w

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        state.pop("engine", None)  # connections cannot be copied
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
