"""Pieces of real photographs, and the probabilities a network gives them.

Five photographs are cut into pieces of 75 x 75 pixels. A network learns to tell a piece of the cat,
the flower, the temple or the others; a quarter of the pieces is held out. So it learns these five
photographs, not what cats look like. Whose they are: examples/data/README.md.
"""

import numpy as np
from picture import HERE, new, save
from PIL import Image
from sklearn.datasets import load_sample_image

from softlearn import SoftmaxNetwork
from softlearn.plots.palette import INK, palette

CLASSES = ["other", "cat", "flower", "temple"]
SIDE = 75  # pixels of a piece
STEP = 15  # pixels between two pieces to learn from
HEIGHT, WIDTH = 300, 450


def photographs():
    """Return pairs of class and photograph (HEIGHT, WIDTH, 3), from 0 to 1."""
    sheet = np.asarray(Image.open(HERE.parent / "data/photographs.jpg"))
    cat, coffee, rocket = np.split(sheet, 3)
    flower, temple = (load_sample_image(f"{name}.jpg") for name in ("flower", "china"))
    pairs = [(0, coffee), (0, rocket), (1, cat), (2, flower), (3, temple)]
    return [
        (k, np.asarray(Image.fromarray(photo).resize((WIDTH, HEIGHT)), dtype=float) / 255.0)
        for k, photo in pairs
    ]


def pieces(seed=0):
    """Return pieces to learn from and pieces held out: (photographs, classes) of each.

    The held-out ones lie side by side; no piece to learn from shares a pixel with one of them.
    """
    rng = np.random.default_rng(seed)
    learn, held = ([], []), ([], [])
    for k, photo in photographs():
        places = HEIGHT // SIDE, WIDTH // SIDE
        out = rng.permutation(np.prod(places)).reshape(places) % 4 == 0
        taken = out.repeat(SIDE, axis=0).repeat(SIDE, axis=1)
        for row in range(0, HEIGHT - SIDE + 1, STEP):
            for column in range(0, WIDTH - SIDE + 1, STEP):
                window = slice(row, row + SIDE), slice(column, column + SIDE)
                apart = row % SIDE == 0 and column % SIDE == 0 and taken[window].all()
                if apart or not taken[window].any():
                    images, classes = held if apart else learn
                    images.append(photo[window])
                    classes.append(k)
    return [(np.array(images), np.array(classes)) for images, classes in (learn, held)]


def features(images):
    """Return (n, 189): 21 quantiles of each colour, and of its changes down and to the right."""
    changes = [np.abs(np.diff(images, axis=axis)) for axis in (1, 2)]
    levels = np.linspace(0.0, 1.0, 21)
    parts = [np.quantile(A, levels, axis=(1, 2)) for A in (images, *changes)]
    return np.concatenate(parts, axis=-1).swapaxes(0, 1).reshape(len(images), -1)


def trained():
    """Return the network, and the pieces and classes it has not seen."""
    (images, classes), held = pieces()
    net = SoftmaxNetwork((64,), alpha=0.01, max_iter=40, random_state=0)
    return net.fit(features(images), classes), held


def draw():
    """Return the figure and what it shows."""
    net, (images, truth) = trained()
    P = net.predict_proba(features(images))
    right = int((P.argmax(1) == truth).sum())
    figure, told = new(6.6), []
    grid = figure.add_gridspec(4, 4, width_ratios=(3, 4, 3, 4))
    for k, name in enumerate(CLASSES):
        contrast = np.where(truth == k, images.std((1, 2)).mean(-1), 0.0)
        for j, i in enumerate(np.argsort(-contrast)[:2]):
            axes = [figure.add_subplot(grid[k, 2 * j + side]) for side in (0, 1)]
            piece(*axes, images[i], P[i], k, CLASSES)
            told.append(f"{name} {P[i, k]:.2f}")
    return figure, (
        f"Eight pieces of photographs, and bars: the probabilities of {', '.join(CLASSES)}. "
        f"Given to the true class: {', '.join(told)}. "
        f"{right} of the {len(truth)} held-out pieces are taken for what they are."
    )


def piece(left, right, image, p, k, classes):
    """Draw a piece, and a bar for each class; that of the true class has a frame."""
    left.imshow(image, interpolation="nearest")
    left.set(xticks=[], yticks=[])
    frame = [INK if c == k else "none" for c in range(len(p))]
    bars = right.barh(classes, p, color=palette(len(p)), edgecolor=frame, linewidth=1.6)
    right.bar_label(bars, [f"{v:.2f}" for v in p], padding=3, fontsize=9)
    right.invert_yaxis()
    right.set(xlim=(0.0, 1.35), xticks=[])
    right.tick_params(length=0)
    right.spines[["top", "right", "bottom"]].set_visible(False)


if __name__ == "__main__":
    save(__file__, *draw())
