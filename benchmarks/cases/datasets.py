"""The data sets of the benchmarks, prepared the way each is usually used: nothing is scaled.

The larger ones are read from a folder that holds `load.py` and the original files (``--data
FOLDER``); none of them is needed to use or test softlearn.  The small ones come with scikit-learn
or with softlearn's tests, and `embeddings` makes some.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

NAMES = [
    "letter",
    "covtype_kaggle",
    "mlbench_shuttle",
    "signs",
    "banking77",
    "clinc150",
    "newsgroups20",
    "mnist",
    "kddcup99",
]
MORE = ["cifar10"]  # in the same folder
SMALL = ["iris", "digits", "wine", "hsbdemo"]  # no folder needed


def loaded(folder: Path | None, name: str) -> dict[str, Any]:
    """Return what the folder's load.py gives: X, y, kind, and Xt, yt of a test part if any."""
    if folder is None:
        sys.exit(f"The set {name!r} is read from a folder: name it with --data.")
    spec = importlib.util.spec_from_file_location("softlearn_data_load", folder / "load.py")
    if spec is None or spec.loader is None or not (folder / "load.py").exists():
        sys.exit(f"There is no load.py in {folder}; name the data folder with --data.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.load(name)
    return found


def images(folder: Path | None, name: str = "mnist") -> tuple[np.ndarray, ...]:
    """Return X, y and the test part's, pixels flattened and from 0 to 1 in float32."""
    raw = loaded(folder, name)
    X, Xt = (np.asarray(raw[k], np.float32).reshape(len(raw[k]), -1) / 255 for k in ("X", "Xt"))
    return X, raw["y"], Xt, raw["yt"]


def prepared(folder: Path | None, name: str) -> tuple[Any, np.ndarray]:
    """Return X (float64, dense or CSR) and y of one set's training part.

    Images are divided by 255 and flattened; texts become tf-idf rows with scikit-learn's defaults;
    text columns of tables are one-hot coded.
    """
    raw = loaded(folder, name)
    X, y = raw["X"], np.asarray(raw["y"])
    if raw["kind"] == "text":
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer().fit_transform(X), y
    if raw["kind"] == "image":
        return X.reshape(len(X), -1) / 255.0, y
    if raw["kind"] == "frame":
        import pandas as pd

        return pd.get_dummies(X).to_numpy(np.float64), y.astype(str)
    return np.ascontiguousarray(X, dtype=np.float64), y


def with_strangers(folder: Path | None) -> dict[str, tuple[list[str], np.ndarray]]:
    """Return texts and labels of clinc150: "train", "val", "test", and "oos_" and these.

    The latter are out of scope, of none of the 150 classes: their label is "oos".
    """
    if folder is None:
        sys.exit("clinc150 is read from a folder: name it with --data.")
    parts = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    return {
        part: ([text for text, _ in pairs], np.array([label for _, label in pairs]))
        for part, pairs in parts.items()
    }


def small(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return X (float64, dense) and y of a set in `SMALL`."""
    if name == "hsbdemo":  # the textbook model: prog ~ ses + write, low the base of ses
        import pandas as pd

        table = pd.read_csv(Path(__file__).parents[2] / "tests" / "data" / "hsbdemo.csv")
        ses = pd.get_dummies(table["ses"])[["middle", "high"]]
        X = np.column_stack([ses.to_numpy(np.float64), table["write"].to_numpy(np.float64)])
        return X, table["prog"].to_numpy(str)
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    return np.ascontiguousarray(X, dtype=np.float64), y


def any_set(name: str, folder: Path | None = None) -> tuple[Any, np.ndarray]:
    """Return X (float64, dense in C order or CSR) and the labels as 0 .. classes - 1."""
    X, y = small(name) if name in SMALL else prepared(folder, name)
    return X, np.unique(y, return_inverse=True)[1].astype(np.int64)


def embeddings(
    n: int,
    d: int,
    classes: int,
    exponent: float = 1.0,
    label_noise: float = 0.05,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return features like a network's: X = G diag(j^(-exponent/2)) Q, and labels 0 .. classes - 1.

    G is normal and Q a rotation, so the covariance has the eigenvalues j^-exponent.  The labels are
    those of a softmax model that sees every direction, a share `label_noise` of them drawn anew.
    """
    rng = np.random.default_rng(seed)
    sizes = np.arange(1, d + 1) ** (-exponent / 2.0)
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0] if d <= 2048 else np.eye(d)
    teacher = rng.normal(size=(classes, d)) * (3.0 * sizes / np.linalg.norm(sizes))
    X, y = np.empty((n, d)), np.empty(n, np.int64)
    rows = max(min(16384, 2**24 // classes), 1)
    for start in range(0, n, rows):
        part = slice(start, min(start + rows, n))
        G = rng.normal(size=(part.stop - start, d))
        y[part] = (G @ teacher.T + rng.gumbel(size=(len(G), classes))).argmax(1)
        X[part] = (G * sizes) @ Q
    noisy = rng.random(n) < label_noise
    y[noisy] = rng.integers(classes, size=int(noisy.sum()))
    y[: min(n, classes)] = np.arange(min(n, classes))
    return X, y


def random_csr(n: int, d: int, classes: int, density: float) -> tuple[Any, np.ndarray]:
    """Return a CSR matrix with a share of entries stored, and labels of a softmax model."""
    rng = np.random.default_rng(0)
    X = sp.random_array((n, d), density=density, format="csr", rng=rng)
    X.data[:] = rng.exponential(size=X.nnz)
    teacher = rng.normal(size=(d, classes)) * 3.0 / np.sqrt(max(density * d, 1.0))
    y = (X @ teacher + rng.gumbel(size=(n, classes))).argmax(1).astype(np.int64)
    y[:classes] = np.arange(classes)
    return sp.csr_matrix(X), y
