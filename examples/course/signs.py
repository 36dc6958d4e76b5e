"""Hand signs for 0 to 5: real photographs in six classes, and their predicted probabilities.

The course's photographs state no licence, so this repository does not hold them. Give the folder
of your own copy: python examples/course/signs.py FOLDER [FOLDER OF THE PICTURE]. It has folders
whose names begin with train and test; names of files begin with the class: 3_IMG_5942.jpg.
"""

import sys
from pathlib import Path

import numpy as np
from photographs import piece
from picture import new, save
from PIL import Image

from softlearn import SoftmaxNetwork

SIDE = 32  # pixels the network sees, on each side
SHOWN = 64  # pixels in the picture


def photographs(folder, part):
    """Return the photographs of a part, (n, SHOWN, SHOWN, 3) from 0 to 1, and their classes."""
    files = sorted(folder.glob(f"{part}*/*_*"))
    images = [Image.open(file).convert("RGB").resize((SHOWN, SHOWN)) for file in files]
    classes = np.array([int(file.name.partition("_")[0]) for file in files])
    return np.array([np.asarray(image) for image in images]) / 255.0, classes


def features(images):
    """Return (n, SIDE * SIDE * 3): the means of blocks of 2 x 2 pixels."""
    n, block = len(images), SHOWN // SIDE
    return images.reshape(n, SIDE, block, SIDE, block, 3).mean((2, 4)).reshape(n, -1)


def draw(folder):
    """Return the figure and what it shows: of each class a photograph, and the least sure one."""
    (X, y), (images, truth) = (photographs(folder, part) for part in ("train", "test"))
    net = SoftmaxNetwork((64,), random_state=0).fit(features(X), y)
    P = net.predict_proba(features(images))
    own = P[np.arange(len(truth)), np.searchsorted(net.classes_, truth)]
    figure, told = new(1.55 * len(net.classes_)), []
    grid = figure.add_gridspec(len(net.classes_), 4, width_ratios=(3, 4, 3, 4))
    for k, label in enumerate(net.classes_):
        rows = np.flatnonzero(truth == label)
        for j, i in enumerate((rows[0], rows[own[rows].argmin()])):
            axes = [figure.add_subplot(grid[k, 2 * j + side]) for side in (0, 1)]
            piece(*axes, images[i], P[i], k, [str(c) for c in net.classes_])
            told.append(f"{label} {P[i, k]:.2f}")
    right = int((net.predict(features(images)) == truth).sum())
    return figure, (
        f"For each of {len(net.classes_)} signs one photograph and, to its right, the one the "
        f"network was least sure of. Given to the true sign: {', '.join(told)}. Trained on "
        f"{len(y)} photographs, it is right on {right} of {len(truth)} others."
    )


if __name__ == "__main__":
    given = Path(sys.argv.pop(1)) if len(sys.argv) > 1 else sys.exit(__doc__)
    save(__file__, *draw(given))
