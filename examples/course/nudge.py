"""A random nudge where the gradient has vanished: gradient descent leaves the saddle."""

from itertools import islice

import numpy as np
from picture import new, save

from softlearn.landscape import surfaces
from softlearn.plots.palette import INK, palette
from softlearn.solve import GradientDescent, PerturbedGradientDescent

J = surfaces.saddle
START = (1.5, 0.0)  # on the ridge: the gradient has no part to the side
STEPS = 250
RATE = 0.05


def path(solver):
    """Return w (STEPS + 1, 2) of a solver from the start."""
    steps = islice(solver.steps(J, np.array(START), 0.0), STEPS + 1)
    return np.array([step.point.w for step in steps])


def paths():
    """Return the path without and with nudges."""
    return path(GradientDescent(RATE)), path(PerturbedGradientDescent(RATE))


def draw():
    """Return the figure and what it shows."""
    without, nudged = paths()
    first = int(np.argmax(nudged[:, 1] != 0.0))
    blue, orange = palette(2)
    figure = new(3.6)
    left, right = figure.subplots(1, 2)
    for w, colour, name in ((without, blue, "gradient descent"), (nudged, orange, "with a nudge")):
        style = {"color": colour, "linewidth": 2.2, "label": name}
        style["linestyle"] = "--" if colour == blue else "-"
        left.plot([J(v) for v in w], **style)
        right.plot(np.maximum(np.linalg.norm([J.at(v).grad for v in w], axis=1), 1e-8), **style)
    for ax in (left, right):
        ax.axvline(first, color=INK, linewidth=1, linestyle=":")
        ax.set_xlabel("step")
        ax.grid(alpha=0.25)
    left.set_ylabel("$J$")
    left.annotate("nudge", (first + 4, 1.2))
    left.legend(fontsize=8)
    right.set(yscale="log", ylabel="length of the gradient")
    text = (
        f"From (1.5, 0) on the ridge gradient descent ends at the saddle: J = {J(without[-1]):.3g} "
        f"after {STEPS} steps. A random nudge before step {first}, of length at most 0.01, lets it "
        f"roll down to J = {J(nudged[-1]):.3g}."
    )
    return figure, text


if __name__ == "__main__":
    save(__file__, *draw())
