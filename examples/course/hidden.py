"""The same six planes with a hidden layer: borders may bend."""

from picture import save
from regions import draw as draw_regions

from softlearn import SoftmaxNetwork


def make():
    """Return a network with 16 hidden units, not yet trained."""
    return SoftmaxNetwork((16,), activation="tanh", learning_rate_init=0.03, random_state=1)


def draw():
    """Return the figure and what it shows."""
    return draw_regions(make)


if __name__ == "__main__":
    save(__file__, *draw())
