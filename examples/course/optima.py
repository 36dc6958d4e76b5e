"""The picture of local optima, and why there are few of them in many dimensions."""

import numpy as np
from picture import new, save

from softlearn.landscape.experiments import expected_share, gaussian_function, share_of_minima
from softlearn.plots import CostSurfaceDisplay
from softlearn.plots.palette import INK, palette

DIMENSIONS = (1, 2, 3, 4, 5, 6)
SEED = 6


def counts():
    """Return of each dimension the measured share of minima among critical points."""
    return [share_of_minima(d, functions=12 // d + 2, starts=30) for d in DIMENSIONS]


def draw():
    """Return the figure and what it shows."""
    figure = new(3.9)
    left = figure.add_subplot(1, 2, 1, projection="3d")
    J = gaussian_function(2, SEED)
    CostSurfaceDisplay.from_function(
        lambda w: J.at(w).value, (-4.5, 4.5), (-4.5, 4.5), resolution=61, ax=left, kind="surface"
    )
    left.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="", title="$J$ with many local optima")

    shares, d = counts(), np.array(DIMENSIONS)
    value = np.array([share.value for share in shares])
    ends = np.array([[max(share.low, 1e-4), share.high] for share in shares]).T
    blue, orange = palette(2)
    right = figure.add_subplot(1, 2, 2)
    right.plot(d, 2.0**-d, color=orange, linestyle="--", label="coins: $2^{-d}$")
    exact = [expected_share(k, draws=20_000).value for k in DIMENSIONS]
    right.plot(d, exact, color=INK, linewidth=1, label="by a formula (Kac and Rice)")
    spread = np.abs(ends - value)
    right.errorbar(d, value, spread, fmt="o", color=blue, capsize=3, label="counted, 95 %")
    right.set(yscale="log", xlabel="dimensions $d$", ylabel="share of minima among critical points")
    right.legend(fontsize=8)
    right.grid(alpha=0.25)
    found = ", ".join(
        f"{k}: {share.value:.2g} of {share.points}"
        for k, share in zip(DIMENSIONS, shares, strict=True)
    )
    text = (
        "On the left a cost over two parameters, with many hills and hollows. On the right the "
        f"share of minima among critical points of random functions, by dimension: {found}; "
        f"2^-{DIMENSIONS[-1]} is {2.0 ** -DIMENSIONS[-1]:.2g}."
    )
    return figure, text


if __name__ == "__main__":
    save(__file__, *draw())
