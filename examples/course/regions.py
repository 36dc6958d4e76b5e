"""Six planes without a hidden layer: every border is a straight line."""

from picture import areas, new, save
from points import SIX

from softlearn import SoftmaxRegression
from softlearn.plots import DecisionRegionDisplay


def fits(make=SoftmaxRegression):
    """Yield title, model and display of each of the six sets."""
    for title, (X, y) in SIX.items():
        model = make().fit(X, y)
        yield title, model, DecisionRegionDisplay.from_estimator(model, X, y, ax=False)


def draw(make=SoftmaxRegression):
    """Return the figure and what it shows."""
    figure, told = new(9.6), []
    axes = figure.subplots(3, 2)
    for ax, (title, model, display) in zip(axes.flat, fits(make), strict=True):
        right = model.score(*SIX[title])
        display.plot(ax, legend=False, s=17, linewidths=0.3)
        ax.set_title(f"{title}: {100 * right:.0f} % right", fontsize=10.5)
        ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
        told.append(f"{title} ({100 * right:.0f} % right): {areas(display)}")
    return figure, f"Six planes, each with its classes' shares of the area. {'; '.join(told)}."


if __name__ == "__main__":
    save(__file__, *draw())
