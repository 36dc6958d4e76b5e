"""Two classes: the softmax is the logistic curve."""

import numpy as np
from picture import new, save
from scipy.special import expit

from softlearn import softmax
from softlearn.plots.palette import INK, palette

Z = np.linspace(-8.0, 8.0, 321)
EPS = np.finfo(float).eps  # from 1 to the next number


def softmax_of_two():
    """Return the probability of the second of two classes with the logits (0, z)."""
    return softmax(np.stack([np.zeros_like(Z), Z], axis=1))[:, 1]


def draw():
    """Return the figure and what it shows."""
    a, logistic = softmax_of_two(), expit(Z)
    apart = np.abs(a - logistic)
    assert apart.max() <= EPS
    blue, orange = palette(2)
    figure = new(5.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot(Z, logistic, color=blue, linewidth=9, alpha=0.5, label=r"logistic: $1/(1+e^{-z})$")
    above.plot(
        Z,
        a,
        color=INK,
        linestyle=(0, (4, 3)),
        linewidth=1.8,
        label=r"softmax of $(0, z)$: $e^z/(e^0+e^z)$",
    )
    above.set(ylabel="probability of class 1", ylim=(-0.04, 1.04))
    above.legend(loc="upper left")
    below.plot(Z, 1e16 * apart, ".", color=orange, markeredgecolor=INK, markeredgewidth=0.3)
    below.axhline(1e16 * EPS, color=INK, linewidth=1, linestyle=":")
    below.set(xlabel="$z$", ylabel=r"apart $\times 10^{16}$", ylim=(-0.3, 2.6))
    for ax in (above, below):
        ax.grid(alpha=0.25)
    text = (
        "The logistic curve as a broad line and the softmax of (0, z) as a dashed one in its "
        "middle, for z from -8 to 8: from 0.0003 through 0.5 at z = 0 to 0.9997. They are the same "
        f"to the last bits of a number: at most {EPS:.1e} apart."
    )
    return figure, text


if __name__ == "__main__":
    save(__file__, *draw())
