"""The weights of a linear classifier: a row for each class, or an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import alike
from .canvas import canvas, divided, drawn, require, width_of
from .display import Display, Where
from .outputs import dense_weights, feature_names_of, last_step
from .palette import DIVERGING, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["WeightsDisplay"]

F64 = NDArray[np.float64]

_MAX_FEATURES = 30  # features that are shown unless more are asked for
_LINE = 0.2  # inches that the name of a feature needs
_WRITTEN = 90  # cells that have their value written on them


@dataclass(eq=False, repr=False)
class WeightsDisplay(Display):
    """Weights W, a row for each class, all on one scale around 0.

    Make one with `from_estimator` or `from_weights`.

    Args:
        W: (K, d) weights.
        rows: the K names of the rows.
        features: the d names of the features.
        image_shape: (height, width) or (height, width, 3) if the features are pixels, else None.

    Attributes:
        limit: the largest |w|, where the scale ends on both sides.
        figure_, ax_: where it was drawn, after `plot`; images divide the axes.
        axes_: the axes of the images, one a row; else the one.
        images_: the artists.
        texts_: the values written on cells; colorbar_ the scale, None for coloured images.
        shown_: indices of the features that are shown.

    """

    W: F64
    rows: Sequence[str]
    features: Sequence[str]
    image_shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        self.W = np.asarray(self.W, dtype=np.float64)
        expected = len(self.rows), len(self.features)
        require(
            self.W.shape == expected,
            f"W must have shape {expected} (rows, features), but its shape is {self.W.shape}.",
        )
        shape = self.image_shape
        require(
            shape is None
            or (int(np.prod(shape)) == expected[1] and (len(shape) == 2 or shape[2:] == (3,))),
            f"image_shape must be (height, width) or (height, width, 3), {expected[1]} numbers as "
            f"there are features, but it is {shape}.",
        )
        self.limit = float(np.abs(self.W).max()) or 1.0

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        features: Sequence[str] | None = None,
        image_shape: tuple[int, ...] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take `coef_` of a fitted linear classifier, or of the last step of a pipeline.

        Args:
            estimator: a classifier with `coef_`; with two classes that is one row, of the second
                class against the first.
            features: names of the features; those the estimator knows if None.
            image_shape: shape of the images, if the features are pixels.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it has no weights of its own.

        """
        model = last_step(estimator)
        require(
            hasattr(model, "coef_"),
            f"{type(model).__name__} has no coef_: it is not a linear classifier that was fitted.",
        )
        W = dense_weights(model.coef_)
        classes = [str(c) for c in np.asarray(model.classes_).tolist()]
        rows = classes if len(W) == len(classes) else [f"{classes[1]} against {classes[0]}"]
        d = W.shape[1]
        known = feature_names_of(estimator, model, d) if features is None else features
        names = [f"feature {j}" for j in range(d)] if known is None else [str(f) for f in known]
        return cls(W, rows, names, image_shape)._drawn(ax, **kwargs)

    @classmethod
    def from_weights(
        cls,
        W: ArrayLike,
        *,
        rows: Sequence[str] | None = None,
        features: Sequence[str] | None = None,
        image_shape: tuple[int, ...] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take weights (K, d); rows and features are numbered if they have no names."""
        A = np.atleast_2d(np.asarray(W, dtype=np.float64))
        return cls(
            A,
            list(rows or map(str, range(A.shape[0]))),
            list(features or (f"feature {j}" for j in range(A.shape[1]))),
            image_shape,
        )._drawn(ax, **kwargs)

    def top(self, n: int) -> NDArray[np.intp]:
        """Return the n features with the largest |w|, in their own order."""
        order = np.argsort(-np.abs(self.W).max(0), kind="stable")
        return np.sort(order[:n])

    def plot(self, ax: Axes | None = None, *, top: int = _MAX_FEATURES, **kwargs: Any) -> Self:
        """Draw a row of cells for each class, or its image.

        Args:
            ax: where; new axes if None.
            top: the most features to show, those with the largest weights; images show all.
            kwargs: for `Axes.imshow`.

        """
        self.texts_: list[Any] = []
        scale = {"cmap": DIVERGING, "vmin": -self.limit, "vmax": self.limit, **kwargs}
        if self.image_shape is None:
            self._plot_cells(ax, self.top(top), **scale)
        else:
            self._plot_images(ax, self.image_shape, **scale)
        return self._finished()

    def _plot_cells(self, ax: Axes | None, shown: NDArray[np.intp], **scale: Any) -> None:
        self.shown_, W = shown, self.W[:, shown]
        K, d = W.shape
        size = (min(14.0, max(5.5, 0.62 * d + 2.5)), min(10.0, 0.5 * K + 2.2))
        self.figure_, self.ax_ = canvas(ax, size)
        self.axes_ = [self.ax_]
        self.images_ = [self.ax_.imshow(W, **{"aspect": "auto", **scale})]
        names = [self.features[j] for j in shown]
        slanted: dict[str, Any] = {}
        apart = max(1, round(_LINE * d / width_of(self.ax_)))  # of the features that are named
        if max(map(len, names)) * d > 40:
            slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
        self.ax_.set_xticks(np.arange(0, d, apart), names[::apart], **slanted)
        self.ax_.set_yticks(np.arange(K), list(self.rows))
        texts = iter([drawn(text) for text in alike(W.ravel(), 3)])
        if K * d <= _WRITTEN:
            for i, j in np.ndindex(K, d):
                colour = "white" if abs(W[i, j]) > 0.6 * self.limit else INK
                style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5}
                self.texts_.append(self.ax_.text(j, i, next(texts), color=colour, **style))
        self.colorbar_: Any = self.figure_.colorbar(self.images_[0], ax=self.ax_, label="weight")
        if d < len(self.features):
            self.ax_.set_xlabel(f"the {d} of {len(self.features)} features with largest weights")

    def _plot_images(self, ax: Axes | None, shape: tuple[int, ...], **scale: Any) -> None:
        self.shown_ = np.arange(len(self.features))
        K = len(self.rows)
        columns = min(K, 5)
        lines = -(-K // columns)
        size = (1.7 * columns + 1.2, 1.9 * lines)
        self.figure_, self.ax_, grid = divided(ax, size, (lines, columns))
        cells = [cell for line in grid for cell in line]
        for cell in cells[K:]:
            cell.remove()
        self.axes_ = cells[:K]
        coloured = len(shape) == 3
        self.images_ = []
        for cell, row, name in zip(self.axes_, self.W, self.rows, strict=True):
            picture = row.reshape(shape)
            if coloured:  # grey is 0; each channel on the same scale
                picture = 0.5 + picture / (2.0 * self.limit)
            self.images_.append(cell.imshow(picture, **({} if coloured else scale)))
            cell.set_title(name, fontsize=10, color=INK)
            cell.set(xticks=[], yticks=[])
        self.colorbar_ = None
        if not coloured:
            self.colorbar_ = self.figure_.colorbar(self.images_[0], ax=self.axes_, label="weight")

    def describe(self) -> str:
        """Return alternative text for the picture."""
        K, d = self.W.shape
        written = np.array(alike(self.W.ravel(), 3)).reshape(self.W.shape)
        largest = written.flat[int(np.abs(self.W).argmax())].lstrip("-")
        what = f"{K} row{'s' * (K > 1)} of {d} weights, the largest of size {largest}"
        parts = []
        for name, row, told in list(zip(self.rows, self.W, written, strict=True))[:3]:
            j, k = int(row.argmax()), int(row.argmin())
            parts.append(
                f"{name} is raised most by {self.features[j]} ({told[j]}) and lowered most by "
                f"{self.features[k]} ({told[k]})"
            )
        more = f"; {K - 3} more rows" if K > 3 else ""
        return f"Weights: {what}. {'; '.join(parts)}{more}."
