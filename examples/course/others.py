"""None of these: a classifier that knows a cat, a flower and a temple, and what it says of others.

Five photographs are cut into 30 x 30 pixels.  A half of the pieces of the cat, the flower and the
temple is learned, a quarter is set aside, and a quarter is new, as are those of a cup of coffee and
of a rocket.  At most 5 % of the new pieces that belong to a class are to be called none.  Whose the
photographs are: examples/data/README.md.
"""

import numpy as np
from picture import HERE, new, save
from PIL import Image
from sklearn.datasets import load_sample_image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxNetwork
from softlearn.decide import NoneOfThese
from softlearn.plots.palette import INK, palette

NAMES = ["coffee", "rocket", "cat", "flower", "temple"]  # in the order of `photographs`
OTHERS = ["coffee", "rocket"]
EXAMPLES = {"no others": [], "coffee": ["coffee"], "both": OTHERS}  # learned as none
HEIGHT, WIDTH = 300, 450
SIDE = 30  # pixels of a piece
ALPHA = 0.05


def photographs():
    """Return five photographs (HEIGHT, WIDTH, 3), from 0 to 1, in the order of NAMES."""
    sheet = np.asarray(Image.open(HERE.parent / "data/photographs.jpg"))
    cat, coffee, rocket = np.split(sheet, 3)
    flower, temple = (load_sample_image(f"{name}.jpg") for name in ("flower", "china"))
    sized = [
        Image.fromarray(photo).resize((WIDTH, HEIGHT))
        for photo in (coffee, rocket, cat, flower, temple)
    ]
    return [np.asarray(photo, dtype=float) / 255.0 for photo in sized]


def pieces(seed=0):
    """Return the pieces, whose each is, and its part: 0, 1 learned, 2 set aside, 3 new."""
    grids = [
        photo.reshape(photo.shape[0] // SIDE, SIDE, -1, SIDE, 3).swapaxes(1, 2)
        for photo in photographs()
    ]
    images = np.concatenate([grid.reshape(-1, SIDE, SIDE, 3) for grid in grids])
    whose = np.repeat(NAMES, len(images) // len(NAMES))
    return images, whose, np.random.default_rng(seed).permutation(len(images)) % 4


def features(images):
    """Return (n, 189): 21 quantiles of each colour, and of its changes down and to the right."""
    changes = [np.abs(np.diff(images, axis=axis)) for axis in (1, 2)]
    levels = np.linspace(0.0, 1.0, 21)
    parts = [np.quantile(A, levels, axis=(1, 2)) for A in (images, *changes)]
    return np.concatenate(parts, axis=-1).swapaxes(0, 1).reshape(len(images), -1)


def judge(X, whose, part, examples):
    """Return the classifier that may say none, with pieces of some others as examples of that."""
    labels = np.where(np.isin(whose, OTHERS), "none", whose)
    learned = (part < 2) & np.isin(whose, [*examples, *NAMES[2:]])
    net = SoftmaxNetwork((64,), alpha=0.01, max_iter=40, random_state=0)
    net = make_pipeline(StandardScaler(), net).fit(X[learned], labels[learned])
    score = "logit_difference" if examples else "max_probability"
    return NoneOfThese(net, alpha=ALPHA, cv="prefit", conformity_score=score).fit(
        X[part == 2], labels[part == 2]
    )


def draw():
    """Return the figure and what it shows."""
    images, whose, part = pieces()
    X = features(images)
    judges = {told: judge(X, whose, part, kinds) for told, kinds in EXAMPLES.items()}
    figure, colours = new(8.2), palette(len(judges))
    grid = figure.add_gridspec(len(NAMES), 5, width_ratios=(1, 1, 1, 1, 3.2))
    last, told = list(judges.values())[-1], []
    for row, name in enumerate([*NAMES[2:], *OTHERS]):
        rows = np.flatnonzero((whose == name) & (part == 3))
        p, said = last.p_value(X[rows]), last.predict(X[rows])
        shown = np.argsort(p, kind="stable")[np.linspace(0, len(rows) - 1, 4).astype(int)]
        for column, i in enumerate(shown):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(images[rows[i]], interpolation="nearest")
            axes.set(xticks=[], yticks=[], xlabel=f"{said[i]}\np = {p[i]:.3f}")
            if column == 0:
                axes.set_ylabel(name, fontweight="bold")
        axes = figure.add_subplot(grid[row, 4])
        shares = [100.0 * np.mean(judge.predict(X[rows]) == "none") for judge in judges.values()]
        axes.barh(list(judges), shares, color=colours, edgecolor=INK, linewidth=0.8)
        for place, share in enumerate(shares):
            right = max(share, 100.0 * ALPHA) + 3.0
            axes.text(right, place, f"{share:.0f} %", va="center", fontsize=9)
        axes.axvline(100.0 * ALPHA, color=INK, linestyle="--", linewidth=1.0)
        axes.set(xlim=(0.0, 118.0), xticks=[])
        axes.invert_yaxis()
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        if row == 0:
            axes.set_title("called none, where learned:", fontsize=10)
        told.append(f"{name} {', '.join(f'{share:.0f} %' for share in shares)}")
    return figure, (
        "New pieces of five photographs, what is said of them and the p-value, and bars: the share "
        "called none after no examples of others, after pieces of the coffee, and after pieces of "
        f"the coffee and of the rocket: {'; '.join(told)}. A broken line marks the promised 5 %."
    )


if __name__ == "__main__":
    save(__file__, *draw())
