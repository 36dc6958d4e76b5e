"""A network as it is drawn on paper: layers of units, and the softmax at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .canvas import canvas, library, require, width_of
from .display import Display, Where
from .outputs import dense_weights, last_step
from .palette import INK, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NetworkDisplay"]

F64 = NDArray[np.float64]

_RADIUS = 0.28
_APART = 2.6  # columns
_UNIT = 0.4  # inches, below which letters are smaller


@dataclass(eq=False, repr=False)
class NetworkDisplay(Display):
    """The layers of a network that ends in a softmax.

    Make one with `from_sizes` or `from_estimator`.

    Args:
        sizes: (d, n_1, ..., C) units of each layer.
        classes: the labels of the outputs; numbers if None.
        activation: of the hidden layers, to be named below them.
        weights: matrices W[l] (n_{l-1}, n_l), as scikit-learn's `coefs_`; lines are as strong as
            their weights, and dashed where these are negative.  None for lines that are all alike.
        output: "softmax", or "logistic" for one output unit.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`.
        shown_: for each layer, the numbers of the units that are drawn.
        positions_: for each layer, (k, 2) where they are drawn.
        units_: the circles; edges_: a collection of lines for each pair of layers.
        box_: the softmax; texts_: all letters.

    """

    sizes: tuple[int, ...]
    classes: Sequence[Any] | None = None
    activation: str = ""
    weights: Sequence[F64] | None = None
    output: str = "softmax"

    def __post_init__(self) -> None:
        self.sizes = tuple(int(n) for n in self.sizes)
        require(
            len(self.sizes) >= 2 and min(self.sizes) >= 1,
            f"sizes must be two numbers of units or more, each at least 1, but it is {self.sizes}.",
        )
        C = self.sizes[-1]
        names = list(range(C)) if self.classes is None else list(self.classes)
        require(
            len(names) == C or (len(names) == 2 and C == 1),
            f"classes must name the {C} outputs, but there are {len(names)}.",
        )
        self.classes = names
        if self.weights is not None:
            found = [np.shape(W) for W in self.weights]
            wanted = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
            require(
                found == wanted, f"weights must have the shapes {wanted}, but they have {found}."
            )

    @classmethod
    def from_sizes(
        cls,
        *sizes: int,
        classes: Sequence[Any] | None = None,
        activation: str = "",
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take the number of features, of units of each hidden layer, and of classes.

        >>> NetworkDisplay.from_sizes(2, 16, 3, activation="relu", ax=False).describe()
        'A network with 2 features, a hidden layer of 16 units (relu) and a softmax over 3 classes:
         0, 1, 2.'

        """
        return cls(sizes, classes, activation)._drawn(ax, **kwargs)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take the layers of a fitted network (`coefs_`), or of a linear classifier (`coef_`).

        Raises:
            ValueError: it has neither.

        """
        model = last_step(estimator)
        require(
            hasattr(model, "coefs_") or hasattr(model, "coef_"),
            f"{type(model).__name__} has neither coefs_ nor coef_: it is not a fitted network.",
        )
        if hasattr(model, "coefs_"):
            W = [np.asarray(w, dtype=np.float64) for w in model.coefs_]
        else:
            W = [dense_weights(model.coef_).T]
        sizes = (W[0].shape[0], *(w.shape[1] for w in W))
        output = "logistic" if sizes[-1] == 1 else "softmax"
        activation = str(getattr(model, "activation", "")) if len(W) > 1 else ""
        classes = np.asarray(model.classes_).tolist()
        return cls(sizes, classes, activation, W, output)._drawn(ax, **kwargs)

    # -- what is drawn where

    def layout(self, max_units: int) -> tuple[list[NDArray[np.intp]], list[F64]]:
        """Return which units are drawn and where; `max_units` of a layer, a gap for the others."""
        shown, places = [], []
        for column, n in enumerate(self.sizes):
            if n <= max_units:
                units, heights = np.arange(n), np.arange(n) - (n - 1) / 2.0
            else:
                first = -(-(max_units - 1) // 2)
                last = max_units - 1 - first
                units = np.concatenate([np.arange(first), np.arange(n - last, n)])
                slots = np.concatenate([np.arange(first), np.arange(first + 1, max_units)])
                heights = slots - (max_units - 1) / 2.0
            shown.append(units)
            x = np.full(len(units), _APART * column)
            places.append(np.stack([x, -heights], axis=1))
        return shown, places

    def plot(self, ax: Axes | None = None, *, max_units: int = 8, **kwargs: Any) -> Self:
        """Draw the network.

        Args:
            ax: where; new axes if None.
            max_units: the most places of a layer; a wider one shows its first and last units.
            kwargs: for the circles, as `matplotlib.patches.Circle` takes them.

        """
        require(max_units >= 3, f"max_units must be at least 3, but it is {max_units}.")
        self.shown_, self.positions_ = self.layout(max_units)
        rows = max(min(n, max_units) for n in self.sizes)
        L = len(self.sizes)
        self.figure_, self.ax_ = canvas(ax, (1.5 * L + 3.0, 0.48 * rows + 1.0))
        self.texts_: list[Any] = []
        self.edges_ = [self._draw_edges(layer) for layer in range(1, L)]
        self.units_ = [self._draw_units(layer, **kwargs) for layer in range(L)]
        inch = width_of(self.ax_) / (_APART * (L - 1) + 4.9)
        self._scale = float(np.clip(inch / _UNIT, 0.6, 1.0))  # of letters
        self._draw_output()
        self._name_layers(-rows / 2.0 - 0.15)
        bottom, top = -rows / 2.0 - 1.05, rows / 2.0 + 0.1
        self.ax_.set(xlim=(-1.0, _APART * (L - 1) + 3.9), ylim=(bottom, top), aspect="equal")
        self.ax_.set_axis_off()
        return self._finished()

    def _draw_edges(self, layer: int) -> Any:
        left, right = self.positions_[layer - 1], self.positions_[layer]
        pairs = [(p, q) for p in left for q in right]
        strength: F64 = np.full(len(pairs), 0.5)
        styles: str | list[str] = "solid"
        if self.weights is not None:
            W = self.weights[layer - 1][np.ix_(self.shown_[layer - 1], self.shown_[layer])].ravel()
            strength = np.abs(W) / (float(np.abs(W).max()) or 1.0)
            styles = ["dashed" if w < 0.0 else "solid" for w in W]
        lines = library("matplotlib.collections").LineCollection(
            pairs, colors=INK, linewidths=0.3 + 1.3 * strength, linestyles=styles, zorder=1
        )
        lines.set_alpha(np.clip(0.12 + 0.6 * strength, 0.0, 1.0))
        self.ax_.add_collection(lines)
        return lines

    def _draw_units(self, layer: int, **kwargs: Any) -> list[Any]:
        circle = library("matplotlib.patches").Circle
        last = layer == len(self.sizes) - 1
        colours = palette(max(2, self.sizes[-1]))
        drawn = []
        for unit, place in zip(self.shown_[layer].tolist(), self.positions_[layer], strict=True):
            face = colours[unit] if last and self.output == "softmax" else "white"
            style = {"facecolor": face, "edgecolor": INK, "linewidth": 1.1, "zorder": 3, **kwargs}
            drawn.append(self.ax_.add_patch(circle(place, _RADIUS, **style)))
        if len(self.shown_[layer]) < self.sizes[layer]:
            k = int(np.argmax(np.diff(self.shown_[layer]) > 1))  # above those left out
            (x, above), (_, below) = self.positions_[layer][k : k + 2]
            for share in (0.35, 0.5, 0.65):
                y = above + share * (below - above)
                self.ax_.plot(x, y, marker="o", markersize=2.5, color=INK, zorder=3)
        return drawn

    def _draw_output(self) -> None:
        assert self.classes is not None
        places = self.positions_[-1]
        x, top = places[0, 0], float(places[:, 1].max()) + 0.45
        box = library("matplotlib.patches").FancyBboxPatch
        self.box_ = self.ax_.add_patch(
            box(
                (x + 0.85, -top),
                0.5,
                2.0 * top,
                boxstyle="round,pad=0.02,rounding_size=0.15",
                facecolor="#f0f0f2",
                edgecolor=INK,
                linewidth=1.1,
                zorder=2,
            )
        )
        middle: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}
        self._write(x + 1.1, 0.0, self.output, rotation=90, fontsize=9, **middle)
        for unit, (_, y) in zip(self.shown_[-1].tolist(), places, strict=True):
            for a, b in ((x + _RADIUS, x + 0.83), (x + 1.37, x + 1.85)):
                arrow: dict[str, Any] = {"arrowstyle": "->", "color": INK, "linewidth": 0.9}
                self.ax_.annotate("", (b, y), (a, y), arrowprops=arrow)
            name = self.classes[1] if self.output == "logistic" else self.classes[unit]
            self._write(x + 1.95, y, str(name), ha="left", va="center", fontsize=10, color=INK)

    def _name_layers(self, y: float) -> None:
        for layer, n in enumerate(self.sizes):
            name = (
                "features" if layer == 0 else "units" if layer < len(self.sizes) - 1 else "logits"
            )
            name = name[:-1] if n == 1 else name
            more = f"\n{self.activation}" if 0 < layer < len(self.sizes) - 1 else ""
            style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 9, "color": INK}
            self._write(_APART * layer, y, f"{n} {name}{more}", **style)

    def _write(self, x: float, y: float, text: str, **style: Any) -> None:
        style["fontsize"] *= self._scale
        self.texts_.append(self.ax_.text(x, y, text, **style))

    def describe(self) -> str:
        """Return alternative text for the picture."""
        assert self.classes is not None
        d, *hidden, _ = self.sizes
        g = f" ({self.activation})" if self.activation else ""
        parts = [f"{d} feature{'s' * (d > 1)}"]
        parts += [f"a hidden layer of {n} unit{'s' * (n > 1)}{g}" for n in hidden]
        named = [str(c) for c in self.classes[:10]]
        more = f" and {len(self.classes) - 10} more" if len(self.classes) > 10 else ""
        output = "logistic unit" if self.output == "logistic" else self.output
        end = f"a {output} over {len(self.classes)} classes: {', '.join(named)}{more}."
        return f"A network with {', '.join(parts)} and {end}"
