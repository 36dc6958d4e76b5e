"""The saddle in space, with the paths of the four optimizers."""

from picture import new, save
from saddle import paths

from softlearn.landscape import surfaces
from softlearn.plots import CostSurfaceDisplay


def draw():
    """Return the figure and what it shows."""
    J = surfaces.saddle
    figure = new(5.0)
    ax = figure.add_subplot(projection="3d")
    surface = CostSurfaceDisplay.from_function(
        J,
        (-1.9, 1.9),
        (-1.8, 1.8),
        trajectories=paths(),
        marks=[k for k in J.known if k.kind in ("minimum", "saddle")],
        ax=ax,
        kind="surface",
        legend=False,
    )
    figure.legend(handles=[*surface.lines_.values(), *surface.marks_], loc="upper left")
    ax.view_init(elev=55, azim=55)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="$J$")
    return figure, surface.describe()


if __name__ == "__main__":
    save(__file__, *draw())
