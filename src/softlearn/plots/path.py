"""Coefficients, their number and the cross-validated loss, against the strength of the penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import counted
from .canvas import divided, place_legend, require
from .display import Display, Where
from .outputs import feature_names_of, last_step
from .palette import INK, line_styles, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..estimators import RegularizationPath, SoftmaxRegressionCV

__all__ = ["PathDisplay"]

F64 = NDArray[np.float64]

_COLUMNS = 3  # panels beside each other
_MOST = 9  # classes that have a panel
_NAMED = 6  # features that have a colour and a name
_GREY = "#b5b5bb"
_SHARED = (  # parameters of a path
    "class_weight",
    "fit_intercept",
    "l1_ratio",
    "penalty_groups",
    "penalty_factors",
    "tol",
    "random_state",
    "n_jobs",
)
_LOSSES = {"neg_log_loss": "log-loss", "neg_brier_score": "Brier score"}


@dataclass(eq=False, repr=False)
class PathDisplay(Display):
    """How weights grow as the penalty falls: a panel for each class, over log C.

    Make one with `from_path`, `from_cv` or `from_estimator`.

    Args:
        Cs: (m,) inverse strengths of the penalty.
        coefs: (m, K, d) weights.
        rows: the K names of the rows: the classes, or "b against a".
        features: the d names of the features.
        nonzero: (m,) how many weights are not zero; counted in coefs if None.
        losses: (folds, m) cross-validated losses, or None.
        loss_name: what they are.
        chosen: the C that was chosen, or None.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`; the axes are divided.
        axes_: the panels of the classes; counts_, losses_: the axes of the other two, or None.
        lines_: for each panel the lines of all features.
        named_: indices of the features that have a colour, the largest weight first.
        marks_: the lines at the chosen C.
        legend_: the legend of the features.

    """

    Cs: F64
    coefs: F64
    rows: Sequence[str]
    features: Sequence[str]
    nonzero: F64 | None = None
    losses: F64 | None = None
    loss_name: str = "cross-validated log-loss"
    chosen: float | None = None

    def __post_init__(self) -> None:
        Cs, W = np.asarray(self.Cs, dtype=np.float64), np.asarray(self.coefs, dtype=np.float64)
        expected = (len(Cs), len(self.rows), len(self.features))
        require(
            W.shape == expected,
            f"coefs must have shape {expected} (Cs, rows, features), but its shape is {W.shape}.",
        )
        order = np.argsort(Cs, kind="stable")
        order = order[np.isfinite(Cs[order])]
        require(len(order) > 0, "no C is finite: there is no path to draw.")
        self.Cs, self.coefs = Cs[order], W[order]
        count = (W != 0.0).sum((1, 2)) if self.nonzero is None else np.asarray(self.nonzero)
        self.nonzero = count[order].astype(np.float64)
        if self.losses is not None:
            losses = np.atleast_2d(np.asarray(self.losses, dtype=np.float64))
            require(
                losses.shape[1:] == Cs.shape,
                f"losses must be one number for each of the {len(Cs)} Cs and each fold, but their "
                f"shape is {losses.shape}.",
            )
            self.losses = losses[:, order]

    @classmethod
    def from_path(
        cls,
        path: RegularizationPath,
        *,
        chosen: float | None = None,
        losses: ArrayLike | None = None,
        features: Sequence[str] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take what `softlearn.regularization_path` returned.

        Args:
            path: the path.
            chosen: a C to mark.
            losses: (m,) or (folds, m) losses of held-out rows, for each of `path.Cs`.
            features: names of the features; those of the frame's columns if None.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        """
        d, model = path.coefs.shape[2], path.model(float(path.Cs[0]))
        names = _names(d, features, feature_names_of(model, model, d))
        found = None if losses is None else np.asarray(losses)
        rows = _rows(path.classes, path.coefs.shape[1])
        made = cls(path.Cs, path.coefs, rows, names, losses=found, chosen=chosen)
        return made._drawn(ax, **kwargs)

    @classmethod
    def from_cv(
        cls,
        model: SoftmaxRegressionCV,
        *,
        features: Sequence[str] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take a fitted `SoftmaxRegressionCV`: weights are the means of the folds, as are counts.

        Of several l1_ratios the one nearest to the chosen one is drawn.

        Raises:
            ValueError: it was fitted with ``use_legacy_attributes=True``.

        """
        model = last_step(model)
        paths = getattr(model, "coefs_paths_", None)
        require(
            isinstance(paths, np.ndarray),
            f"{type(model).__name__} has no coefs_paths_ of all folds: give a SoftmaxRegressionCV "
            "that was fitted, without use_legacy_attributes.",
        )
        ratio = int(np.argmin(np.abs(model.l1_ratios_ - model.l1_ratio_)))
        d = int(model.n_features_in_)
        W, scores = np.asarray(paths)[:, ratio, :, :, :d], model.scores_[:, ratio]
        loss = _LOSSES.get(model.scoring) if isinstance(model.scoring, str) else None
        names = _names(d, features, feature_names_of(model, model, d))
        return cls(
            model.Cs_,
            W.mean(0),
            _rows(model.classes_, W.shape[2]),
            names,
            (W != 0.0).sum((2, 3)).mean(0),
            -scores if loss else scores,
            f"cross-validated {loss or 'score'}",
            float(model.C_),
        )._drawn(ax, **kwargs)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        Cs: Any = None,
        *,
        features: Sequence[str] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Fit the path of a `SoftmaxRegression`, or of the last step of a pipeline; mark its C.

        Args:
            estimator: gives the penalty and all else but C; it need not be fitted, the steps before
                it in a pipeline must be.
            X: (n, d) features.
            y: (n,) labels.
            Cs: as `softlearn.regularization_path` takes them.
            features: names of the features; those the estimator knows if None.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it is no softmax regression.

        """
        from ..estimators import SoftmaxRegression, regularization_path

        model = last_step(estimator)
        require(
            isinstance(model, SoftmaxRegression),
            f"{type(model).__name__} is not a SoftmaxRegression, which alone has a path.",
        )
        if hasattr(estimator, "steps") and len(estimator.steps) > 1:
            X = estimator[:-1].transform(X)
        path = regularization_path(X, y, Cs, **{name: getattr(model, name) for name in _SHARED})
        known = feature_names_of(estimator, model, path.coefs.shape[2])
        names = known if features is None else features
        return cls.from_path(path, chosen=float(model.C), features=names, ax=ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the panels.

        Args:
            ax: where; new axes if None.
            kwargs: for the lines of the weights, as `Axes.plot` takes them.

        """
        K = min(len(self.rows), _MOST)
        columns = min(K, _COLUMNS)
        lines = -(-K // columns)
        more = 1 if columns > 1 or self.losses is None else 2
        size = (max(3.2 * columns + 1.6, 6.0), 2.4 * (lines + more))
        self.figure_, self.ax_, grid = divided(ax, size, (lines + more, columns))
        cells = [cell for line in grid[:lines] for cell in line]
        others = [cell for line in grid[lines:] for cell in line]
        self.axes_, spare = cells[:K], cells[K:]
        largest = np.abs(self.coefs).max((0, 1))
        self.named_ = np.argsort(-largest, kind="stable")[:_NAMED]
        self.named_ = self.named_[largest[self.named_] > 0.0]
        self.lines_ = [self._panel(cell, k, **kwargs) for k, cell in enumerate(self.axes_)]
        low, high = float(self.coefs.min()), float(self.coefs.max())
        room = 0.05 * (high - low) or 1.0
        for k, cell in enumerate(self.axes_):
            cell.set_ylim(low - room, high + room)
            cell.set_ylabel("" if k % columns else "weight")
        self.counts_ = others.pop(0)
        self._count(self.counts_)
        self.losses_ = None if self.losses is None else others.pop(0)
        if self.losses_ is not None:
            self._loss(self.losses_)
        for cell in (*spare, *others):
            cell.remove()
        below = [cell for cell in (self.counts_, self.losses_) if cell is not None]
        marked = [*self.axes_, *below] if self.chosen and np.isfinite(self.chosen) else []
        self.marks_ = [self._mark(cell) for cell in marked]
        for cell in below:
            cell.set_xlabel("C (the penalty falls to the right)")
        handles = [self.lines_[0][j] for j in self.named_] + self.marks_[:1]
        self.legend_ = place_legend(self.axes_[columns - 1], handles, outside=True)
        return self._finished()

    def _panel(self, ax: Axes, k: int, **kwargs: Any) -> list[Any]:
        """Draw the weights of one row; return a line for each feature."""
        n = len(self.named_)
        looks = zip(self.named_, palette(n), line_styles(n), strict=True)
        style = {int(j): (colour, dashes) for j, colour, dashes in looks}
        drawn = []
        for j, name in enumerate(self.features):
            colour, dashes = style.get(j, (_GREY, "-"))
            own = {
                "color": colour,
                "linestyle": dashes,
                "linewidth": 1.6 if j in style else 0.6,
                "zorder": 3 if j in style else 1,
                "label": name,
                **kwargs,
            }
            drawn.extend(ax.plot(self.Cs, self.coefs[:, k, j], **own))
        ax.set_xscale("log")
        ax.axhline(0.0, color=INK, linewidth=0.6)
        ax.set_title(self.rows[k], fontsize=10, color=INK)
        return drawn

    def _count(self, ax: Axes) -> None:
        assert self.nonzero is not None
        ax.plot(self.Cs, self.nonzero, color=INK, drawstyle="steps-mid")
        ax.set(xscale="log", ylabel=f"weights not 0, of {self.coefs[0].size}")
        ax.set_ylim(bottom=0.0)

    def _loss(self, ax: Axes) -> None:
        """Draw the mean of the folds, and a standard error on both sides."""
        assert self.losses is not None
        mean, folds = self.losses.mean(0), len(self.losses)
        ax.plot(self.Cs, mean, color=palette(1)[0], marker=".")
        if folds > 1:
            error = self.losses.std(0, ddof=1) / np.sqrt(folds)
            band: dict[str, Any] = {"color": palette(1)[0], "alpha": 0.2, "linewidth": 0.0}
            ax.fill_between(self.Cs, mean - error, mean + error, **band)
        ax.set(xscale="log", ylabel=self.loss_name)

    def _mark(self, ax: Axes) -> Any:
        C = float(self.chosen or 0.0)
        style: dict[str, Any] = {"color": INK, "linestyle": ":", "linewidth": 1.2}
        return ax.axvline(C, label=f"chosen: C = {C:.3g}", **style)

    def describe(self) -> str:
        """Return alternative text for the picture."""
        assert self.nonzero is not None
        d = len(self.features)
        size, first, last = self.coefs[0].size, self.nonzero[0], self.nonzero[-1]
        what = (
            f"Weights of {counted(d, 'feature')} for {', '.join(self.rows[:_MOST])}, C from "
            f"{self.Cs[0]:.3g} to {self.Cs[-1]:.3g}: {first:.3g} of {size} are not 0 at the first "
            f"and {last:.3g} at the last."
        )
        if self.chosen is not None:
            what += f" The C that was chosen is {self.chosen:.3g}."
        if self.losses is not None:
            mean = self.losses.mean(0)
            what += (
                f" The {self.loss_name} goes from {mean[0]:.3g} to {mean[-1]:.3g}; it is "
                f"{mean.min():.3g} at least and {mean.max():.3g} at most."
            )
        return what


def _rows(classes: Any, K: int) -> list[str]:
    names = [str(c) for c in np.asarray(classes).tolist()]
    return names if len(names) == K else [f"{names[1]} against {names[0]}"]


def _names(d: int, given: Sequence[str] | None, known: Sequence[str] | None) -> list[str]:
    names = known if given is None else given
    return [f"feature {j}" for j in range(d)] if names is None else [str(name) for name in names]
