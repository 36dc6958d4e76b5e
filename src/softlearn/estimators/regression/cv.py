r"""Softmax regression that chooses its penalty by cross-validation, every fit proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model._base import SparseCoefMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import Hidden, StrOptions
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from ...execution.blas import one_blas_thread
from ...protocol import F64, Solver, Status
from ...solve import minimize
from ..sklearn.checks import Examples
from ..sklearn.labels import labels_of
from ..sklearn.scorers import fold_scorer, routed_for_fit, routed_for_score
from ..sklearn.streamed import RowsOfFiles, examples_of, stream_names
from ..sklearn.typed import checks_parameters
from .fit_result import FitResultMixin
from .folds import Fold, best_C, fit_fold, mean_solutions
from .formulation import formulate
from .parameters import CONSTRAINTS, l1_ratios, solver_for
from .predictions import SoftmaxPredictions
from .softmax_regression import SoftmaxRegression
from .sweep import Fit, given_Cs, warn_once

__all__ = ["SoftmaxRegressionCV"]

_OF_THE_FIT = ("gap_", "objective_", "solver_", "status_detail_", "_status", "_trace")


class SoftmaxRegressionCV(FitResultMixin, SoftmaxPredictions, SparseCoefMixin, BaseEstimator):  # type: ignore[misc]
    r"""Softmax regression whose C is chosen by cross-validation, each optimum proven.

    Takes the place of `sklearn.linear_model.LogisticRegressionCV`: the same parameters, methods and
    attributes, with the defaults that scikit-learn has announced for 1.10 and 1.11.  The score is
    the **log-loss** unless another is given: accuracy, scikit-learn's default until 1.11, ignores
    how sure a prediction is, and ties many values of C.

    A fold copies the features of its training rows while it is fitted; its fits have warm starts
    from earlier folds and from its own path.

    Args:
        Cs: values of C, or how many from 1e-4 to 1e4.
        l1_ratios: shares of L1 in the penalty, from 0 to 1; each is tried with each C.  "auto" is
            (0.0,), but None with use_legacy_attributes.  None is deprecated as in scikit-learn 1.8.
        fit_intercept: whether there are intercepts.
        cv: folds: a number (stratified), a splitter, or an iterable of (train, test); None for 5.
        dual: True is accepted with solver="liblinear"; the optimum is the same.
        penalty: deprecated as in scikit-learn 1.8: "l2", "l1" or "elasticnet".
        scoring: the name of a score or a callable scorer(model, X, y); None for accuracy.
        solver, tol, max_iter, class_weight, n_jobs, intercept_scaling, random_state,
            penalty_groups, penalty_factors: as in `SoftmaxRegression`; "balanced" weights are those
            of all rows, as in scikit-learn.
        verbose: > 0 prints a line per fold.
        refit: whether to fit all rows with the best C; else the coefficients at the best C of each
            fold are averaged, and nothing is proven of the average: there is no `gap_`, `status_`,
            `objective_`, `solver_` or `trace_`.
        use_legacy_attributes: True for the shapes of scikit-learn before 1.10 (with dictionaries),
            which have no axis of l1_ratios where these are not given.

    Attributes:
        C_, l1_ratio_: those with the best mean score, or the means of the best of each fold.
        l1_ratios_: what was given.
        Cs_: (n_Cs,) values of C, in the order in which they were given.
        scores_: (n_folds, n_l1_ratios, n_Cs).
        coefs_paths_: (n_folds, n_l1_ratios, n_Cs, K, d or d + 1), the intercept last.
        n_iter_: (n_folds, n_l1_ratios, n_Cs) steps.
        gaps_: (n_folds, n_l1_ratios, n_Cs) proven relative gap of each fit.
        statuses_: (n_folds, n_l1_ratios, n_Cs) how each fit ended, `softlearn.Status` names.
        passes_: (n_folds, n_l1_ratios, n_Cs) passes over the training rows in each fit.
        classes_, coef_, intercept_, n_features_in_, feature_names_in_: as scikit-learn's.
        gap_, status_, status_detail_, objective_, trace_, solver_: of the last fit, to all rows, as
            in `SoftmaxRegression`.

    Raises:
        ValueError: from `fit`, for data or parameters that cannot be used; one sentence each.

    >>> from sklearn.datasets import load_iris
    >>> from softlearn import SoftmaxRegressionCV
    >>> model = SoftmaxRegressionCV(Cs=[0.01, 1.0, 100.0]).fit(*load_iris(return_X_y=True))
    >>> model.C_, model.status_.name, bool((model.gaps_ <= 1e-6).all())
    (100.0, 'CONVERGED', True)

    """

    C_: Any
    l1_ratio_: Any
    coefs_paths_: Any
    scores_: Any
    n_iter_: Any

    __metadata_request__score: ClassVar = {"sample_weight": UNUSED}  # the scorer's, as there
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{k: v for k, v in CONSTRAINTS.items() if k not in ("C", "warm_start", "l1_ratio")},
        "Cs": ["array-like", int],
        "l1_ratios": ["array-like", StrOptions({"auto"}), None],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "refit": ["boolean"],
        "penalty": [StrOptions({"l1", "l2", "elasticnet"}), Hidden(StrOptions({"deprecated"}))],
        "use_legacy_attributes": ["boolean"],
    }

    def __init__(
        self,
        *,
        Cs: Any = 10,
        l1_ratios: Any = "auto",
        penalty_groups: str | None = None,
        penalty_factors: Any = None,
        fit_intercept: bool = True,
        cv: Any = None,
        dual: bool = False,
        penalty: str = "deprecated",
        scoring: str | Callable[..., float] | None = "neg_log_loss",
        solver: str | Solver = "auto",
        tol: float = 1e-6,
        max_iter: int = 100_000,
        class_weight: dict[Any, float] | str | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
        intercept_scaling: float = 1.0,
        random_state: Any = None,
        use_legacy_attributes: bool = False,
    ) -> None:
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.penalty_groups = penalty_groups
        self.penalty_factors = penalty_factors
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.penalty = penalty
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes

    # -- fitting

    @checks_parameters
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any
    ) -> SoftmaxRegressionCV:
        """Fit every fold for every C, choose, and fit all rows.

        Ctrl-C while folds are fitted is not caught; in the last fit it keeps the best point so far
        and `status_` says so.

        Args:
            X: (n, d) dense, sparse or a data frame; or files, as of `SoftmaxRegression.fit`, whose
                rows stay on disk: a scorer may pass X to the methods that predict, and no more.
            y: (n,) labels of any kind, or (n, C) rows of one 1 and zeros; None for files that hold
                them.
            sample_weight: (n,) weights, at least 0; scorers receive them too.
            **params: for splitter and scorer, where metadata routing is on; and for files target,
                features, weight, exclude, memory, cache.

        """
        ratios = l1_ratios(self)
        Cs = given_Cs(self.Cs)
        stream = {name: params.pop(name) for name in stream_names(X) & params.keys()}
        split_params, score_params = routed_for_fit(self, sample_weight, params)
        examples = examples_of(self, X, y, sample_weight, stream, "SoftmaxRegressionCV")
        if examples.codes.ndim == 2:
            raise ValueError(
                "y must be labels, not rows of probabilities: folds and scores need labels; choose "
                "C with softlearn.regularization_path and a score of your own."
            )
        X, y = examples.X, examples.classes[examples.codes]
        numbers = np.broadcast_to(np.int8(0), (examples.n, 1)) if examples.on_disk else X
        every, scores = np.arange(examples.n), []
        folds: list[list[Fold]] = []
        parts = list(check_cv(self.cv, y, classifier=True).split(numbers, y, **split_params))
        for k, (train, test) in enumerate(parts):
            held = every[test]
            name = f"fold {k + 1}"
            folds.append(fit_fold(self, examples, every[train], Cs, ratios, folds, name))
            scorer = fold_scorer(self.scoring, examples.classes, score_params, numbers, held)
            rows = RowsOfFiles(X, held) if examples.on_disk else X[held]
            scores.append(
                [
                    [scorer(m, rows, y[held]) for m in self._models(examples.classes, Cs, r, f)]
                    for r, f in zip(ratios, folds[-1], strict=True)
                ]
            )
        self._report(examples.classes, Cs, ratios, folds, np.array(scores))
        self._choose(examples, ratios, folds, np.array(scores))
        if self.use_legacy_attributes:
            self._as_before(self._without_ratios)
        return self

    def _models(
        self, classes: NDArray[Any], Cs: F64, ratio: float, fold: Fold
    ) -> Iterator[SoftmaxRegression]:
        """Yield a fitted estimator for each C, for scorers."""
        for C, coef, intercept in zip(Cs, fold.coef, fold.intercept, strict=True):
            model = SoftmaxRegression(C=float(C), l1_ratio=ratio, fit_intercept=self.fit_intercept)
            model.classes_, model.n_features_in_ = classes, coef.shape[1]
            model.coef_, model.intercept_ = coef, intercept
            yield model

    def _report(
        self,
        classes: NDArray[Any],
        Cs: F64,
        ratios: list[float],
        folds: list[list[Fold]],
        scores: F64,
    ) -> None:
        """Set the attributes of all fits, (folds, l1_ratios, Cs)."""

        def each(of: Callable[[Fit], Any]) -> NDArray[Any]:
            return np.array([[[of(f) for f in fold.fits] for fold in row] for row in folds])

        self.classes_, self.Cs_, self.scores_ = classes, Cs, scores
        self.l1_ratios_ = np.array([None] if self._without_ratios else ratios)
        self.gaps_ = each(lambda f: f.result.gap)
        self.statuses_ = each(lambda f: f.result.status.name)
        self.passes_ = each(lambda f: f.passes)
        self.n_iter_ = each(lambda f: f.result.n_steps).astype(np.int32)
        self.coefs_paths_ = np.stack([np.stack([fold.coef for fold in row]) for row in folds])
        if self.fit_intercept:
            biases = np.stack([np.stack([fold.intercept for fold in row]) for row in folds])
            self.coefs_paths_ = np.concatenate([self.coefs_paths_, biases[..., None]], axis=-1)

    @property
    def _without_ratios(self) -> bool:
        """Whether attributes have no axis of l1_ratios, as in older versions."""
        return self.l1_ratios is None or (
            self.use_legacy_attributes and isinstance(self.l1_ratios, str)
        )

    def _choose(
        self, examples: Examples, ratios: list[float], folds: list[list[Fold]], scores: F64
    ) -> None:
        """Set C_ and the coefficients: of a fit to all rows, or the mean of the best of each fold.

        Raises:
            ValueError: no C has scores that are numbers.

        """
        statuses = [f.result.status for row in folds for fold in row for f in fold.fits]
        for name in (*_OF_THE_FIT, "zeros_proven_"):
            self.__dict__.pop(name, None)
        # of equal scores the first, in scikit-learn's order: by C, then by share of L1
        flat = scores.swapaxes(1, 2).reshape(len(scores), -1)
        Cs, shares = np.repeat(self.Cs_, len(ratios)), np.tile(ratios, len(self.Cs_))
        if self.refit:
            best = best_C(flat, Cs, "at least one fold")
            self.C_, self.l1_ratio_ = float(Cs[best]), float(shares[best])
            of_ratio = [row[best % len(ratios)] for row in folds]
            statuses.append(self._last_fit(examples, of_ratio))
        else:
            each = [best_C(row[None], Cs, f"fold {k}") for k, row in enumerate(flat, 1)]
            self.C_, self.l1_ratio_ = float(Cs[each].mean()), float(shares[each].mean())
            places = [(k % len(ratios), k // len(ratios)) for k in each]
            pairs = [(row[r], c) for row, (r, c) in zip(folds, places, strict=True)]
            self.coef_ = np.mean([fold.coef[c] for fold, c in pairs], axis=0)
            self.intercept_ = np.mean([fold.intercept[c] for fold, c in pairs], axis=0)
        warn_once(statuses, "folds and values of C")

    def _last_fit(self, examples: Examples, folds: list[Fold]) -> Status:
        """Fit all rows for C_ and l1_ratio_, from the mean of the folds."""
        problem = formulate(self, examples, self.C_, self.l1_ratio_)
        near = mean_solutions(folds, problem, self.Cs_)
        k = int(np.searchsorted(np.unique(self.Cs_), self.C_))
        J, steps = problem.objective, self.n_iter_
        solver = solver_for(self, J)
        with one_blas_thread():
            start = None if near is None else near[k]
            result = minimize(J, solver, start, self.tol, self.max_iter)
        result = problem.at_coefficients(result, self.tol)
        result = replace(result, detail=f"{result.detail} {problem.note}".strip())
        self._set(problem, result, solver.name, result.status, result.gap)
        self.n_iter_ = steps
        return result.status

    def _as_before(self, without_ratios: bool) -> None:
        """Give the attributes the shapes that they had before scikit-learn 1.10."""
        labels = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        paths = np.moveaxis(self.coefs_paths_, 3, 0).swapaxes(2, 3)
        scores, steps = self.scores_.swapaxes(1, 2), self.n_iter_.swapaxes(1, 2)[None]
        if without_ratios:
            paths, scores, steps = paths[:, :, :, 0], scores[..., 0], steps[..., 0]
        self.coefs_paths_ = dict(zip(labels, paths, strict=True))
        self.scores_ = {label: scores.copy() for label in labels}
        self.n_iter_ = steps
        self.C_ = np.full(len(labels), self.C_)
        ratio = None if without_ratios and self.refit else self.l1_ratio_
        self.l1_ratio_ = np.full(len(labels), ratio)

    # -- scores and routing

    def score(  # type: ignore[override]  # as in LogisticRegressionCV
        self, X: Any, y: Any, *, sample_weight: Any = None, **score_params: Any
    ) -> float:
        """Return the score that `scoring` names.

        Args:
            X, y: rows and labels, as in `fit`.
            sample_weight: (n,) weights, or None.
            **score_params: for the scorer, where metadata routing is on.

        """
        check_is_fitted(self)
        params = routed_for_score(self, sample_weight, score_params)
        labels = labels_of(y, self.classes_)
        return float(get_scorer(self.scoring or "accuracy")(self, X, labels, **params))

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which object receives which parameters."""
        to_scorer = MethodMapping().add(caller="score", callee="score")
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
            .add(
                scorer=get_scorer(self.scoring or "accuracy"),
                method_mapping=to_scorer.add(caller="fit", callee="score"),
            )
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
