"""The loss of one example, and dz: what each logit is told to do."""

import numpy as np
from picture import new, save

from softlearn import cross_entropy, residual, softmax
from softlearn.plots.palette import INK, palette

CLASSES = ["other", "cat", "dog", "chick"]
Z = np.log([0.3, 0.2, 0.1, 0.4])
CAT = 1


def draw():
    """Return the figure and what it shows."""
    a, dz, loss = softmax(Z), residual(Z, CAT), float(cross_entropy(Z, CAT))
    figure = new(4.4)
    grid = figure.add_gridspec(2, 2, width_ratios=(4, 5))
    curve, up, down = (figure.add_subplot(g) for g in (grid[:, 0], grid[0, 1], grid[1, 1]))
    p = np.linspace(0.004, 1.0, 250)
    curve.plot(p, -np.log(p), color=INK, linewidth=2)
    curve.plot(a[CAT], loss, "s", color=palette(4)[CAT], markersize=9, markeredgecolor=INK)
    curve.annotate(f"$a$ = {a[CAT]:.1f}, loss {loss:.3f}", (a[CAT] + 0.05, loss + 0.1))
    curve.set(xlabel="$a$ of the true class", ylabel="loss", xlim=(0, 1.02), ylim=(0, 5.2))
    curve.set_title(r"loss $= -\log a_{true}$", loc="left", fontsize=10.5)
    curve.grid(alpha=0.25)
    bars(up, a, "$a$, and what is true: $y$", (0.0, 1.25))
    up.bar(CAT, 1.0, fill=False, edgecolor=INK, linestyle="--", linewidth=1.2)
    bars(down, dz, "$dz = a - y$", (-1.15, 0.75))
    told = ", ".join(f"{c} {v:+.1f}" for c, v in zip(CLASSES, dz, strict=True))
    text = (
        f"A cat is given a = {a[CAT]:.1f}: its loss is -log {a[CAT]:.1f} = {loss:.3f}, a point on "
        f"the curve that falls to 0 at a = 1. Bars of a and of dz = a - y: {told}; the sum is 0."
    )
    return figure, text


def bars(ax, values, title, limits):
    """Draw a bar for each class, with its value."""
    drawn = ax.bar(
        CLASSES, values, color=palette(4), edgecolor="white", hatch=["", "//", "..", "xx"]
    )
    ax.bar_label(drawn, [f"{v:.1f}" for v in values], padding=2, fontsize=9)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.set(ylim=limits)
    ax.set_title(title, loc="left", fontsize=10.5)
    ax.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    save(__file__, *draw())
