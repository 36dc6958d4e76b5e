"""Photographs of whole objects, and what a model says of those it has not seen.

Nineteen photographs: animals, buildings, and others. Each is held out once: a softmax regression
learns from the other eighteen and is asked about that one. Whose they are: examples/data/README.md.
"""

import numpy as np
from picture import HERE, new, save
from PIL import Image
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression
from softlearn.plots.palette import INK, palette

FOLDER = HERE.parent / "data/objects"
CLASSES = ["other", "animal", "building"]
SIDE = 48  # pixels that the model sees, on each side
CELLS = 4  # in which a photograph is divided, on each side
SHOWN = 5  # photographs of a class


def photographs():
    """Return the photographs, and the class of each."""
    files = [
        (file, k) for k, name in enumerate(CLASSES) for file in sorted((FOLDER / name).iterdir())
    ]
    return [Image.open(file).convert("RGB") for file, _ in files], np.array([k for _, k in files])


def cells(A):
    """Return the means of A (SIDE, SIDE, n) in CELLS x CELLS squares, (CELLS * CELLS * n,)."""
    size = SIDE // CELLS
    return A.reshape(CELLS, size, CELLS, size, -1).mean((1, 3)).ravel()


def features(photo):
    """Return colours and directions of edges in each cell, quantiles of colours and of edges."""
    A = np.asarray(photo.resize((SIDE, SIDE)), dtype=float) / 255.0
    down, right = np.gradient(A.mean(-1))
    strength = np.hypot(down, right)
    direction = (np.arctan2(down, right) % np.pi * 8.0 / np.pi).astype(int) % 8
    edges = cells(strength[..., None] * (direction[..., None] == np.arange(8)))
    levels = np.linspace(0.0, 1.0, 11)
    colours = np.quantile(A, levels, axis=(0, 1)).ravel()
    parts = cells(A), 3.0 * edges / np.linalg.norm(edges), colours, np.quantile(strength, levels)
    return np.concatenate(parts)


def held_out():
    """Return the photographs, their classes, and the probabilities of each when held out."""
    photos, truth = photographs()
    X = np.array([features(photo) for photo in photos])
    model = make_pipeline(StandardScaler(), SoftmaxRegression(C=0.1))
    P = cross_val_predict(model, X, truth, cv=LeaveOneOut(), method="predict_proba")
    return photos, truth, P


def draw():
    """Return the figure and what it shows: the first photographs of each class."""
    photos, truth, P = held_out()
    figure, told = new(1.25 * SHOWN + 0.3), []
    grid = figure.add_gridspec(SHOWN, 2 * len(CLASSES), width_ratios=(4, 3) * len(CLASSES))
    for k, name in enumerate(CLASSES):
        for row, i in enumerate(np.flatnonzero(truth == k)[:SHOWN]):
            axes = [figure.add_subplot(grid[row, 2 * k + side]) for side in (0, 1)]
            piece(*axes, photos[i], P[i], k, CLASSES)
            if row == 0:
                axes[1].set_title(name, fontsize=11, fontweight="bold")
        own = truth == k
        told.append(f"{name} {(P[own].argmax(1) == k).sum()} of {own.sum()}")
    right = int((P.argmax(1) == truth).sum())
    return figure, (
        f"{SHOWN} photographs of each of three classes, and bars: the probabilities of "
        f"{', '.join(CLASSES)} by a model that had not seen the photograph. Of all {len(truth)}, "
        f"{right} are taken for what they are: {', '.join(told)}."
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
