"""The usual public sets, by name: fetched by scikit-learn, or read from a folder.

The folder is the parameter `folder`, or else the environment variable SOFTLEARN_BENCH_DATA; it
holds a `load.py` (see benchmarks/cases/datasets.py) that knows the set.
"""

import os
from pathlib import Path

import numpy as np
from benchopt import BaseDataset

from benchmark_utils.yardstick import encoded, sets

_OPENML = {  # name -> openml's name, version, divisor of the features
    "mnist": ("mnist_784", 1, 255.0),
    "fashion_mnist": ("Fashion-MNIST", 1, 255.0),
    "cifar10": ("CIFAR_10", 1, 255.0),
    "letter": ("letter", 1, 1.0),
    "mlbench_shuttle": ("shuttle", 1, 1.0),
}


class Dataset(BaseDataset):
    """A public set, prepared the way it is usually used; nothing is scaled but pixels, by 255."""

    name = "public"
    parameters = {
        "set": ["letter", "mnist", "covtype", "newsgroups20", "kddcup99", "cifar10"],
        "folder": [None],
    }
    test_config = {"set": "letter"}
    requirements = ["scikit-learn", "pandas"]

    def get_data(self):
        folder = self.folder or os.environ.get("SOFTLEARN_BENCH_DATA")
        if folder is not None and self.set in (*sets.NAMES, *sets.MORE):
            return encoded(*sets.prepared(Path(folder), self.set))
        return encoded(*_fetched(self.set))


def _fetched(name):
    """Return X and y as scikit-learn fetches them; needs the network the first time."""
    import pandas as pd
    from sklearn import datasets as fetch
    from sklearn.feature_extraction.text import TfidfVectorizer

    if name in _OPENML:
        title, version, divisor = _OPENML[name]
        X, y = fetch.fetch_openml(title, version=version, return_X_y=True, as_frame=False)
        return np.asarray(X, np.float64) / divisor, y
    if name == "covtype":
        return fetch.fetch_covtype(return_X_y=True)
    if name == "newsgroups20":
        bunch = fetch.fetch_20newsgroups(subset="train")
        return TfidfVectorizer().fit_transform(bunch.data), bunch.target
    if name == "kddcup99":
        X, y = fetch.fetch_kddcup99(return_X_y=True, as_frame=True)
        texts = ["protocol_type", "service", "flag"]
        numbers = X.drop(columns=texts).astype(np.float64)
        coded = pd.get_dummies(X[texts].astype(str))
        return np.column_stack([numbers, coded]).astype(np.float64), y.astype(str)
    raise ValueError(f"There is no public set {name!r}; see datasets/public.py for the names.")
