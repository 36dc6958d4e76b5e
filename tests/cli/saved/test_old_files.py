"""Model files that softlearn 0.1 wrote are read, shown and used as ever."""

from pathlib import Path

import numpy as np
import pytest
from running import report, run_json
from sklearn.datasets import load_iris

import softlearn

DATA = Path(__file__).resolve().parents[2] / "files"
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]

pytestmark = [
    pytest.mark.usefixtures("here"),
    pytest.mark.filterwarnings("ignore:.*was saved with"),  # by another release of scikit-learn
]


@pytest.mark.parametrize(
    ("name", "kind", "share", "words"),
    [
        ("regression", "SoftmaxRegression", 0.95, "8 steps of newton"),
        ("network", "SoftmaxNetwork", 0.60, "trained in"),
    ],
)
def test_a_file_of_softlearn_0_1_is_read_shown_and_used(capsys, name, kind, share, words):
    path = DATA / f"{name}-0.1.softlearn"
    model = softlearn.load(path)
    assert type(model[-1]).__name__ == kind
    assert model.score(X, NAMES) > share
    shown = report(capsys, "show", path)
    assert "Written by softlearn 0.1.0" in shown
    assert words in shown
    np.savez("iris.npz", X=X, y=NAMES)
    assert run_json(capsys, "evaluate", path, "iris.npz")["accuracy"] == model.score(X, NAMES)
