"""The network of the chapter: its last layer has four units, one for each class."""

from picture import new, save

from softlearn.plots import NetworkDisplay

CLASSES = ["P(other | x)", "P(cat | x)", "P(dog | x)", "P(chick | x)"]


def draw():
    """Return the figure and what it shows."""
    figure = new(3.6)
    display = NetworkDisplay.from_sizes(
        3, 5, 5, 4, classes=CLASSES, activation="relu", ax=figure.add_subplot()
    )
    return figure, display.describe()


if __name__ == "__main__":
    save(__file__, *draw())
