"""Hardmax against softmax: a wall against a slope."""

import numpy as np
from picture import areas, new, save
from points import SIX

from softlearn import SoftmaxRegression, hardmax, softmax
from softlearn.plots import DecisionRegionDisplay
from softlearn.plots.palette import line_styles, palette

Z4 = np.linspace(-2.0, 10.0, 481)
NAMES = ("other, z = 5", "cat, z = 2", "dog, z = -1", "chick")


def logits():
    """Return z = (5, 2, -1, z4) for each z4."""
    Z = np.tile([5.0, 2.0, -1.0, 0.0], (len(Z4), 1))
    Z[:, 3] = Z4
    return Z


def draw():
    """Return the figure and what it shows."""
    X, y = SIX["C = 4, one in the middle"]
    model = SoftmaxRegression(C=0.1).fit(X, y)
    display = DecisionRegionDisplay.from_estimator(model, X, y, ax=False)
    figure = new(7.4)
    axes = figure.subplots(2, 2, height_ratios=(3, 2))
    for ax, view in zip(axes[0], ("hardmax", "confidence"), strict=True):
        display.plot(ax, view=view, legend=False, s=17, linewidths=0.3)
        ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    for ax, f in zip(axes[1], (hardmax, softmax), strict=True):
        for k, a in enumerate(f(logits()).T):
            ax.plot(Z4, a, color=palette(4)[k], linestyle=line_styles(4)[k], label=NAMES[k], lw=2)
        ax.set(xlabel="$z$ of the chick", ylim=(-0.04, 1.04), xlim=(Z4[0], Z4[-1]))
        ax.grid(alpha=0.25)
    axes[1, 0].set_ylabel("$a$")
    axes[0, 0].set_title("hardmax: who wins")
    axes[0, 1].set_title("softmax: and how surely")
    axes[1, 0].legend(fontsize=9, loc="center left")
    text = (
        f"Regions of four classes, shares of the area {areas(display)}: on the left in flat "
        "colours, on the right fainter near the borders. Below, a of four classes while the z of "
        "one rises from -2 to 10 past the largest of the others, 5: hardmax jumps there from 0 to "
        "1, softmax rises smoothly and has 0.49."
    )
    return figure, text


if __name__ == "__main__":
    save(__file__, *draw())
