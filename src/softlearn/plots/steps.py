"""The three steps of a softmax, z, t = e^z and a = t / sum(t), as bars; hardmax beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import alike
from ..softmax import hardmax, softmax
from .canvas import divided, drawn, require, width_of
from .display import Display, Where
from .outputs import class_names, logits_of
from .palette import INK, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SoftmaxStepsDisplay"]

F64 = NDArray[np.float64]

_LARGEST = 300.0  # e^z beyond is shown divided by its largest value
_HATCHES = ("", "//", "..", "xx", "--", "\\\\", "++", "oo", "||", "**")
_LETTER = 0.08  # inches, at most: values and names that do not fit are not written


@dataclass(eq=False, repr=False)
class SoftmaxStepsDisplay(Display):
    """z, t = e^(z / T), a = t / sum(t), and the hardmax of z, for one example.

    Make one with `from_logits` or `from_estimator`.

    Args:
        z: (C,) logits.
        classes: the C labels.
        temperature: T > 0; 1 is the softmax, more is softer, less is nearer to the hardmax.
        note: a sentence that the picture needs, or "".

    Attributes:
        t: (C,) e^(z / T), divided by its largest value where that would be beyond e^300.
        a: (C,) probabilities.
        hard: (C,) 1 at the largest logit and 0 elsewhere.
        figure_, ax_: where it was drawn, after `plot`; the axes are divided.
        axes_: {"z", "t", "a", "hardmax": axes}.
        bars_: the same, of the bars.

    """

    z: F64
    classes: Sequence[Any]
    temperature: float = 1.0
    note: str = ""

    def __post_init__(self) -> None:
        require(
            self.temperature > 0.0 and np.isfinite(self.temperature),
            f"temperature must be a number above 0, but it is {self.temperature}.",
        )
        self.z = np.asarray(self.z, dtype=np.float64)
        require(
            self.z.shape == (len(self.classes),),
            f"z must have shape ({len(self.classes)},), one logit a class, but its shape is "
            f"{self.z.shape}.",
        )
        scaled = self.z / self.temperature
        self.scaled_down = bool(scaled.max() > _LARGEST)
        self.t = np.exp(scaled - scaled.max() if self.scaled_down else scaled)
        self.a = np.asarray(softmax(scaled), dtype=np.float64)
        self.hard = np.asarray(hardmax(self.z), dtype=np.float64)

    @classmethod
    def from_logits(
        cls,
        z: ArrayLike,
        classes: Sequence[Any] | None = None,
        *,
        temperature: float = 1.0,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take the logits of one example, (C,); classes are 0 .. C - 1 if None.

        >>> d = SoftmaxStepsDisplay.from_logits([5.0, 2.0, -1.0, 3.0], ax=False)
        >>> d.t.round(1), d.a.round(3), d.hard
        (array([148.4,   7.4,   0.4,  20.1]), array([0.842, 0.042, 0.002, 0.114]),
         array([1., 0., 0., 0.]))

        """
        Z = np.asarray(z, dtype=np.float64)
        require(Z.ndim == 1, f"z must be the logits of one example, (C,), but it is {Z.shape}.")
        return cls(Z, list(range(len(Z)) if classes is None else classes), temperature)._drawn(
            ax, **kwargs
        )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        x: Any,
        *,
        temperature: float = 1.0,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a fitted classifier about one example.

        The logits are its `decision_function` where the softmax of that gives its probabilities
        (with two classes, 0 and the decision); else log p less its mean, since logits are
        determined up to a constant.

        Args:
            estimator: a classifier with `predict_proba`.
            x: (d,) or (1, d) features, or a data frame of one row.
            temperature: T.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it has no probabilities, or x is not one example.

        """
        require(
            hasattr(estimator, "predict_proba"),
            f"estimator {type(estimator).__name__} has no predict_proba: it has no softmax.",
        )
        row = x if hasattr(x, "columns") or hasattr(x, "tocsr") else np.atleast_2d(x)
        require(row.shape[0] == 1, f"x must be one example, but it has {row.shape[0]} rows.")
        P = np.asarray(estimator.predict_proba(row), dtype=np.float64)
        classes = np.asarray(estimator.classes_).tolist()
        if (Z := logits_of(estimator, row, P)) is not None:
            return cls(Z[0], classes, temperature)._drawn(ax, **kwargs)
        z = np.log(np.maximum(P[0], 1e-300))
        note = "The logits are the logarithms of the probabilities, up to a constant."
        return cls(z - z.mean(), classes, temperature, note)._drawn(ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the rows of bars.

        Args:
            ax: what to divide; a new figure if None.
            kwargs: for `Axes.bar`.

        """
        size = (max(6.4, 1.1 * len(self.z) + 2.0), 6.0)
        self.figure_, self.ax_, grid = divided(ax, size, (3, 2), widths=(5.0, 4.0))
        T = "" if self.temperature == 1.0 else f"\\,/\\,{self.temperature:g}"
        title = f"$t = e^{{\\,z{T}}}$"
        if self.scaled_down:
            title += ", divided by its largest"
        rows: dict[str, tuple[Axes, F64, str]] = {
            "z": (grid[0][0], self.z, "logits $z$"),
            "t": (grid[1][0], self.t, title),
            "a": (grid[2][0], self.a, r"softmax: $a = t\,/\,\sum t$"),
            "hardmax": (grid[2][1], self.hard, "hardmax"),
        }
        for empty in (grid[0][1], grid[1][1]):
            empty.remove()
        self.axes_ = {key: row[0] for key, row in rows.items()}
        self.bars_ = {key: self._row(*row, **kwargs) for key, row in rows.items()}
        for key in ("a", "hardmax"):
            self.axes_[key].set(ylim=(0.0, 1.2), yticks=(0.0, 0.5, 1.0))
        return self._finished()

    def _row(self, ax: Axes, values: F64, title: str, **kwargs: Any) -> Any:
        C = len(values)
        names = [str(c) for c in self.classes]
        hatches = [_HATCHES[k % len(_HATCHES)] for k in range(C)]
        room = width_of(ax) / C  # of a bar, in inches
        if _LETTER * (0.2 + max(map(len, names))) > room:
            names, _ = class_names(self.classes)
        style = {"color": palette(C), "edgecolor": "white", "hatch": hatches, **kwargs}
        bars = ax.bar(np.arange(C), values, **style)
        numbers = [drawn(text) for text in alike(values)]
        if _LETTER * (0.2 + max(map(len, numbers))) <= room:
            ax.bar_label(bars, numbers, padding=2, color=INK, fontsize=9)
            ax.margins(y=0.22)
        ax.axhline(0.0, color=INK, linewidth=0.8)
        ax.set_title(title, fontsize=10, loc="left", color=INK)
        apart = int(np.ceil(_LETTER * (0.8 + max(map(len, names))) / room))  # of those named
        ax.set_xticks(np.arange(0, C, apart), names[::apart])
        ax.spines[["top", "right"]].set_visible(False)
        return bars

    def describe(self) -> str:
        """Return alternative text for the picture."""
        order = np.argsort(-self.a, kind="stable")[:4].tolist()
        z, t, a = (alike(values) for values in (self.z, self.t, self.a))
        numbers = "; ".join(f"{self.classes[k]}: z = {z[k]}, t = {t[k]}, a = {a[k]}" for k in order)
        more = f" ({len(self.z) - 4} more classes)" if len(self.z) > 4 else ""
        return (
            f"The steps of a softmax at temperature {self.temperature:g} over {len(self.z)} "
            f"classes: {numbers}{more}. The hardmax is class "
            f"{self.classes[int(self.hard.argmax())]}. {self.note}"
        ).strip()
