"""From z to t to a: the softmax of z = (5, 2, -1, 3) in its steps."""

from picture import new, save

from softlearn.plots import SoftmaxStepsDisplay

Z = [5.0, 2.0, -1.0, 3.0]
CLASSES = ["other", "cat", "dog", "chick"]


def draw():
    """Return the figure and what it shows."""
    figure = new(6.0)
    display = SoftmaxStepsDisplay.from_logits(Z, CLASSES, ax=figure.add_subplot())
    t, a, total = display.t, display.a, display.t.sum()
    added = f"sum of t:\n{' + '.join(f'{v:.1f}' for v in t)} = {total:.1f}"
    divided = f"a of other:\n{t[0]:.1f} / {total:.1f} = {a[0]:.3f}"
    figure.text(0.61, 0.62, f"{added}\n\n{divided}", fontsize=11, linespacing=1.5, va="center")
    return figure, display.describe()


if __name__ == "__main__":
    save(__file__, *draw())
