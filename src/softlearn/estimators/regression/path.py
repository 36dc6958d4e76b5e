"""A regularisation path: one fit for each C, each with its certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.short_repr import ShortRepr
from ...data import cut
from ...protocol import F64, Solver, Status
from ...streams import is_stream
from ..sklearn.checks import Examples, check_examples
from ..sklearn.streamed import check_stream, examples_of, stream_options
from .softmax_regression import SoftmaxRegression
from .sweep import Cs_of_sparse_path, Fit, fit_each_C, given_Cs, warn_once

__all__ = ["RegularizationPath", "regularization_path"]

_RISES = 2  # of the validation loss, after which a path ends
_AT_ONCE = 1 << 22  # probabilities of rows to validate on


@dataclass(frozen=True, eq=False, repr=False)
class RegularizationPath(ShortRepr):
    """Fits of the same rows for several values of C, in the order in which these were given."""

    Cs: F64
    """(m,) inverse strengths of the penalty."""
    classes: NDArray[Any]
    """(C,) labels."""
    coefs: F64
    """(m, K, d) weights; K is 1 with two classes."""
    intercepts: F64
    """(m, K)."""
    objectives: F64
    """(m,) J at each solution, nats per example."""
    gaps: F64
    """(m,) proven relative gaps; inf where nothing could be proven."""
    statuses: tuple[Status, ...]
    """How each fit ended."""
    details: tuple[str, ...]
    """Details of each fit, one sentence, or ''."""
    passes: F64
    """(m,) passes over the data in each fit; their sum is the work of the whole path."""
    times: F64
    """(m,) seconds of each fit."""
    n_iters: NDArray[np.int32]
    """(m,) steps."""
    solver: str
    """What ran."""
    validation_losses: F64
    """(m,) mean log-loss on the rows given as `validation`; (0,) if there were none."""
    _template: SoftmaxRegression = field(repr=False)
    _weight: float = field(repr=False)

    def __len__(self) -> int:
        """Return the number of fits."""
        return len(self.Cs)

    @property
    def best(self) -> SoftmaxRegression:
        """The fitted estimator whose loss on the validation rows is least.

        Raises:
            ValueError: there were no such rows.

        """
        if not len(self.validation_losses):
            raise ValueError("Which is best is known only of a path with validation=(X, y).")
        return self.model(float(self.Cs[np.argmin(self.validation_losses)]))

    def index(self, C: float) -> int:
        """Return the position of the value nearest to C (by ratio).

        Raises:
            ValueError: none is within a relative 1e-6 of C.

        """
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.where(self.Cs == C, 0.0, np.abs(np.log(self.Cs) - np.log(C)))
        k = int(np.argmin(np.where(np.isnan(off), np.inf, off)))
        if not off[k] <= 1e-6:
            raise ValueError(
                f"C must be one of the path's {len(self)} values, but it is {C}; the nearest is "
                f"{self.Cs[k]}."
            )
        return k

    def model(self, C: float) -> SoftmaxRegression:
        """Return the fitted estimator for one of the values of C."""
        k = self.index(C)
        return fitted(
            self._template,
            C=float(self.Cs[k]),
            classes_=self.classes,
            coef_=self.coefs[k].copy(),
            intercept_=self.intercepts[k].copy(),
            n_iter_=self.n_iters[k : k + 1].copy(),
            gap_=float(self.gaps[k]),
            objective_=float(self.objectives[k]),
            solver_=self.solver,
            status_detail_=self.details[k],
            _status=self.statuses[k].name,
            _trace=np.array([[self.times[k], self.passes[k], self.objectives[k], self.gaps[k]]]),
            _memory=None,
            _weight=self._weight,
        )


def fitted(template: SoftmaxRegression, C: float, **attributes: Any) -> SoftmaxRegression:
    """Return an estimator with the parameters and features of `template`, and its attributes."""
    model = SoftmaxRegression(**{**template.get_params(), "C": C})
    known = ("n_features_in_", "feature_names_in_")
    attributes |= {name: getattr(template, name) for name in known if hasattr(template, name)}
    for name, value in attributes.items():
        setattr(model, name, value)
    return model


def regularization_path(
    X: Any,
    y: Any = None,
    Cs: Any = None,
    *,
    sample_weight: Any = None,
    validation: Any = None,
    class_weight: dict[Any, float] | str | None = None,
    fit_intercept: bool = True,
    l1_ratio: float = 0.0,
    penalty_groups: str | None = None,
    penalty_factors: Any = None,
    tol: float = 1e-6,
    solver: str | Solver = "auto",
    random_state: Any = None,
    max_iter: int = 100_000,
    n_jobs: int | None = None,
    **stream: Any,
) -> RegularizationPath:
    """Fit softmax regression for each C, and prove each optimum.

    The results are those of `SoftmaxRegression(C=C).fit(X, y)` for each C, within the same `tol`,
    in a few passes over the data each: X is checked once, the values are fitted from the smallest C
    to the largest whatever their order, and each fit has a warm start, extrapolated from the fits
    before it, and reuses their preconditioner.

    Args:
        X: (n, d) dense, sparse or a data frame; or files, as of `SoftmaxRegression.fit`.
        y: (n,) labels, or (n, C) rows of probabilities; None for files that hold them.
        Cs: inverse strengths of the penalty, above 0, ``numpy.inf`` for none; a number n for n
            values from 1e-4 to 1e4, as in scikit-learn; None for the 45 values from 1e-6 to 1e5
            with which linear probes are usually tuned, or, with an l1_ratio above 0, for 100 values
            from the largest for which all weights are zero to 1000 times it.
        sample_weight: (n,) weights, at least 0.
        validation: (X, y) of other rows, or files of them, whose log-loss is measured after each
            fit: once it has risen twice in a row, larger values of C are left out.
        class_weight, fit_intercept, l1_ratio, penalty_groups, penalty_factors, tol, solver,
            random_state, max_iter, n_jobs: as those of `SoftmaxRegression`.
        **stream: for files: target, features, weight, exclude, memory, cache; see
            `softlearn.streams.StreamOptions`.

    Returns:
        The path.  Ctrl-C ends it: the fits begun so far are kept, and the status of the last says
        so.

    Raises:
        ValueError: for data or parameters that cannot be used; one sentence each.

    >>> from sklearn.datasets import load_iris
    >>> import softlearn
    >>> path = softlearn.regularization_path(*load_iris(return_X_y=True), Cs=[0.01, 1.0, 100.0])
    >>> path.coefs.shape, bool((path.gaps <= 1e-6).all())
    ((3, 3, 4), True)
    >>> path.model(C=1.0).predict([[5.0, 3.4, 1.5, 0.2]])
    array([0])

    """
    template = SoftmaxRegression(
        class_weight=class_weight,
        fit_intercept=fit_intercept,
        l1_ratio=l1_ratio,
        penalty_groups=penalty_groups,
        penalty_factors=penalty_factors,
        tol=tol,
        solver=solver,
        random_state=random_state,
        max_iter=max_iter,
        n_jobs=n_jobs,
    )
    template._validate_params()
    examples = examples_of(template, X, y, sample_weight, stream, "regularization_path")
    if Cs is not None:
        values = given_Cs(Cs)
    elif l1_ratio:
        values = Cs_of_sparse_path(examples, template, l1_ratio)
    else:
        values = np.logspace(-6, 5, 45)
    held = None if validation is None else _held(template, validation, examples.classes, stream)
    rising, place = np.unique(values, return_inverse=True)
    done: list[Fit] = []
    losses: list[float] = []
    try:
        for fit in fit_each_C(examples, rising, template, l1_ratio=l1_ratio):
            done.append(fit)
            if held is not None:
                losses.append(_log_loss(fit, held))
                if len(losses) > _RISES and np.all(np.diff(losses[-1 - _RISES :]) > 0.0):
                    break
    except KeyboardInterrupt:
        if not done:
            raise
    reached = place < len(done)
    order = place[reached]
    chosen = [done[k] for k in order]
    warn_once([f.result.status for f in done], "values of C")
    return RegularizationPath(
        Cs=values[reached],
        classes=examples.classes,
        coefs=np.stack([f.coef for f in chosen]),
        intercepts=np.stack([f.intercept for f in chosen]),
        objectives=_array([f.result.value for f in chosen]),
        gaps=_array([f.result.gap for f in chosen]),
        statuses=tuple(f.result.status for f in chosen),
        details=tuple(f.result.detail for f in chosen),
        passes=_array([f.passes for f in chosen]),
        times=_array([f.time for f in chosen]),
        n_iters=np.array([f.result.n_steps for f in chosen], dtype=np.int32),
        solver=done[0].solver,
        validation_losses=_array([losses[k] for k in order if k < len(losses)]),
        _template=template,
        _weight=examples.total(),
    )


def _held(
    template: SoftmaxRegression, validation: Any, classes: NDArray[Any], stream: dict[str, Any]
) -> Examples:
    """Return the rows to validate on, checked."""
    if is_stream(validation):
        options = stream_options({**stream, "cache": None})
        return check_stream(template, validation, None, None, options, classes)[0]
    try:
        X, y = validation
    except (TypeError, ValueError):
        raise ValueError("validation must be a pair (X, y) of rows and their labels.") from None
    held = check_examples(template, X, y, classes=classes, reset=False)
    if held.codes.ndim == 2:
        raise ValueError("The y of validation must be labels, not rows of probabilities.")
    return held


def _log_loss(fit: Fit, held: Examples) -> float:
    """Return the mean log-loss of a fit, without the probabilities of all rows at once."""
    model = SoftmaxRegression()
    model.classes_, model.coef_, model.intercept_ = held.classes, fit.coef, fit.intercept
    model.n_features_in_, total = held.X.shape[1], 0.0
    for rows in cut(held.n, max(_AT_ONCE // max(len(held.classes), model.n_features_in_), 1)):
        log_P = model.predict_log_proba(held.features(rows))
        total -= float(log_P[np.arange(len(log_P)), held.codes[rows]].sum())
    return total / held.n


def _array(values: Sequence[float]) -> F64:
    return np.array(values, dtype=np.float64)
