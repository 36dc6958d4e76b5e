"""The eigenvalues of a Hessian: how curved a cost is, and in how many directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import number
from .canvas import canvas, require, width_of
from .display import Display, Where
from .palette import INK, NEUTRAL, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SpectrumDisplay"]

F64 = NDArray[np.float64]

_ROOM = 1.3  # above the stems, for the legend
_ZERO = 1e-10  # of the largest |eigenvalue|: what rounding leaves of 0


@dataclass(eq=False, repr=False)
class SpectrumDisplay(Display):
    """Eigenvalues as stems, and a density over them.

    Make one with `from_eigenvalues` or `from_matrix`.

    Args:
        eigenvalues: (n,), in any order.
        weights: (n,) heights of the stems, such as those of a Lanczos quadrature; 1 if None.
        density: (x, density), (m,) each, or None.

    Attributes:
        negative: how many eigenvalues are below 0, beyond rounding.
        figure_, ax_: where it was drawn, after `plot`.
        stems_: {"positive", "zero", "negative": stems}, those that there are.
        density_, density_ax_: the curve and its axes, or None.
        legend_: the legend.

    """

    eigenvalues: F64
    weights: F64 | None = None
    density: tuple[F64, F64] | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.eigenvalues, dtype=np.float64)
        require(
            values.ndim == 1 and len(values) > 0 and np.isfinite(values).all(),
            f"eigenvalues must be finite numbers (n,), n at least 1, but they are of shape "
            f"{values.shape}.",
        )
        heights = np.ones(len(values)) if self.weights is None else np.asarray(self.weights)
        require(
            heights.shape == values.shape,
            f"weights must have shape {values.shape}, as eigenvalues, but it is {heights.shape}.",
        )
        order = np.argsort(values, kind="stable")
        self.eigenvalues, self.heights = values[order], heights[order].astype(np.float64)
        if self.density is not None:
            x, curve = (np.asarray(part, dtype=np.float64) for part in self.density)
            require(
                x.ndim == 1 and x.shape == curve.shape,
                "density must be two arrays of one length, where and how dense.",
            )
            self.density = x, curve
        self._zero = _ZERO * float(np.abs(values).max())
        self.negative = int((self.eigenvalues < -self._zero).sum())

    @classmethod
    def from_eigenvalues(
        cls,
        eigenvalues: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        density: tuple[ArrayLike, ArrayLike] | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take eigenvalues (n,), heights of their stems and a density if there is one.

        >>> SpectrumDisplay.from_eigenvalues([2.0, -1.0, 0.5], ax=False).describe()
        'Spectrum of 3 eigenvalues from -1 to 2, 1 of them negative: the point is no minimum.'

        """
        w = None if weights is None else np.asarray(weights)
        curve = None if density is None else (np.asarray(density[0]), np.asarray(density[1]))
        return cls(np.asarray(eigenvalues, dtype=np.float64), w, curve)._drawn(ax, **kwargs)

    @classmethod
    def from_matrix(
        cls,
        H: ArrayLike,
        *,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take the eigenvalues of a symmetric matrix (n, n).

        Raises:
            ValueError: it is not square and symmetric.

        """
        A = np.asarray(H, dtype=np.float64)
        require(
            A.ndim == 2
            and A.shape[0] == A.shape[1]
            and np.allclose(A, A.T, atol=1e-8 * (1e-300 + float(np.abs(A).max(initial=0.0)))),
            "H must be a symmetric matrix.",
        )
        return cls(np.asarray(np.linalg.eigvalsh(A), dtype=np.float64))._drawn(ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, log: bool = False, legend: bool = True, **kwargs: Any
    ) -> Self:
        """Draw the stems and the density.

        Args:
            ax: where; new axes if None.
            log: whether eigenvalues are drawn by their logarithm, those about 0 linearly.
            legend: whether to name the kinds of eigenvalues.
            kwargs: for `Axes.stem`.

        """
        self.figure_, self.ax_ = canvas(ax, (6.4, 3.6))
        blue, _, red, *_ = palette(3)
        values, zero = self.eigenvalues, self._zero
        kinds = {
            "positive": (values > zero, blue, "o"),
            "zero": (np.abs(values) <= zero, NEUTRAL, "s"),
            "negative": (values < -zero, red, "v"),
        }
        self.stems_ = {}
        for kind, (some, colour, marker) in kinds.items():
            if some.any():
                label = f"{kind} ({int(some.sum())})"
                stems = self.ax_.stem(
                    values[some], self.heights[some], basefmt=" ", label=label, **kwargs
                )
                stems.stemlines.set(color=colour, linewidth=1.3)
                stems.markerline.set(color=colour, marker=marker, markersize=6)
                self.stems_[kind] = stems
        self.ax_.axhline(0.0, color=INK, linewidth=0.8)
        self.ax_.axvline(0.0, color=INK, linewidth=0.8, linestyle=":")
        label = "eigenvalues" if self.weights is None else "weight"
        self.ax_.set(xlabel="eigenvalue", ylabel=label, ylim=(0.0, _ROOM * self.heights.max()))
        if self.weights is None:
            self.ax_.set_yticks([])
        if log:
            least = np.abs(values)[np.abs(values) > zero].min(initial=1.0)
            self.ax_.set_xscale("symlog", linthresh=float(least))
            low, high = min(float(values[0]), -least), max(float(values[-1]), least)
            self.ax_.set_xlim(2.0 * low, 2.0 * high)
            ticks: Any = self.ax_.xaxis.get_major_locator()
            ticks.set_params(numticks=max(5, round(2.0 * width_of(self.ax_))))
        self._draw_density()
        handles = [stems.markerline for stems in self.stems_.values()]
        for handle, stems in zip(handles, self.stems_.values(), strict=True):
            handle.set_label(stems.get_label())
        handles += [self.density_] if self.density_ is not None else []
        columns = len(handles) if ax is None else 1
        above: dict[str, Any] = {"loc": "upper right", "ncols": columns, "labelcolor": INK}
        self.legend_ = self.ax_.legend(handles=handles, **above) if legend else None
        return self._finished()

    def _draw_density(self) -> None:
        self.density_ax_: Any = None
        self.density_: Any = None
        if self.density is None:
            return
        x, curve = self.density
        self.density_ax_ = self.ax_.twinx()
        style: dict[str, Any] = {"color": palette(4)[3], "linewidth": 1.8, "linestyle": "--"}
        (self.density_,) = self.density_ax_.plot(x, curve, label="density", **style)
        self.density_ax_.set(ylabel="density", ylim=(0.0, _ROOM * float(curve.max())))

    def describe(self) -> str:
        """Return alternative text for the picture."""
        values, n = self.eigenvalues, len(self.eigenvalues)
        zeros = int((np.abs(values) <= self._zero).sum())
        low, high = (number(values[k], 3) for k in (0, -1))
        text = f"Spectrum of {n} eigenvalue{'s' * (n > 1)} from {low} to {high}"
        if zeros:
            text += f", {zeros} of them zero"
        if self.negative:
            return f"{text}, {self.negative} of them negative: the point is no minimum."
        if not zeros:
            text += f", so the condition number is {number(values[-1] / values[0], 3)}"
        return f"{text}. None is negative."
