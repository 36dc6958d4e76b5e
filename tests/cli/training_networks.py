"""What tests of `softlearn fit --hidden` share: digits and a short training."""

import numpy as np
from running import PENGUINS, run_json
from sklearn.datasets import load_digits

X, Y = (array[:500] for array in load_digits(return_X_y=True))
SHORT = ("--hidden", "12", "--epochs", "30", "--batch-size", "16")


def write_digits():
    np.savez("digits.npz", X=X, y=Y)


def fit(capsys, *words, source="digits.npz", status=0):
    """Train to the file "net", and return what `--json` says."""
    return run_json(capsys, "fit", source, "-o", "net", *words, status=status)


def fit_penguins(capsys, *words):
    return fit(capsys, "-t", "species", *SHORT, *words, source=PENGUINS)
