"""J(w) = w^2 - 10 w + 25, and gradient descent on it with a learning rate of 0.01."""

from itertools import islice

import numpy as np
from picture import new, save

from softlearn.landscape import surfaces
from softlearn.plots.palette import INK, palette
from softlearn.solve import GradientDescent

J = surfaces.quadratic
STEPS = 1000
EVERY = 20


def path():
    """Return w (STEPS + 1,) from w = 0."""
    steps = GradientDescent(0.01).steps(J, np.zeros(1), 0.0)
    return np.array([step.point.w[0] for step in islice(steps, STEPS + 1)])


def draw():
    """Return the figure and what it shows."""
    w = path()
    blue, orange = palette(2)
    dots = {"color": orange, "markeredgecolor": INK, "markersize": 6}
    figure = new(4.4)
    left, right = figure.subplots(1, 2)
    line = np.linspace(-0.6, 8.6, 200)
    left.plot(line, [J(v) for v in line], color=blue, linewidth=2.2)
    shown = w[:401:EVERY]
    left.plot(shown, [J(v) for v in shown], "o", **dots)
    left.set(xlabel="$w$", ylabel="$J$")
    left.set_title(f"$J(w) = w^2 - 10w + 25$, every {EVERY}th step", loc="left", fontsize=10)
    right.axhline(5.0, color=INK, linewidth=1, linestyle=":")
    right.plot(w[:401], color=orange, linewidth=2.2)
    right.plot(np.arange(0, 401, EVERY), shown, "o", **dots)
    right.annotate(f"step 1: $w$ = {w[1]:.1f}", (18, 0.1))
    right.annotate(f"step {STEPS}: $w$ = {w[STEPS]:.5f}", (400, 4.4), ha="right", va="top")
    right.set(xlabel="step", ylabel="$w$", ylim=(-0.3, 5.5))
    right.set_title("$w$, step by step, to 5", loc="left", fontsize=10)
    for ax in (left, right):
        ax.grid(alpha=0.25)
    text = (
        f"The parabola J(w) = w^2 - 10 w + 25 with its minimum 0 at w = 5. Gradient descent with a "
        f"learning rate of 0.01 goes from w = 0 to {w[1]:.1f} after one step, {w[100]:.3f} after "
        f"100 and {w[STEPS]:.5f} after {STEPS}."
    )
    return figure, text


if __name__ == "__main__":
    save(__file__, *draw())
