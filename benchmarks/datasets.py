"""The data sets of the benchmarks, prepared the way each is usually used: nothing is scaled.

They are read from a folder that holds `load.py` and the original files (``--data FOLDER``); none of
them is needed to use or test softlearn.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

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


def prepared(folder: Path, name: str) -> tuple[Any, np.ndarray]:
    """Return X (float64, dense or CSR) and y of one set's training part.

    Images are divided by 255 and flattened; texts become tf-idf rows with scikit-learn's defaults;
    text columns of tables are one-hot coded.
    """
    raw = _loader(folder)(name)
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


def _loader(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("softlearn_data_load", folder / "load.py")
    if spec is None or spec.loader is None or not (folder / "load.py").exists():
        sys.exit(f"There is no load.py in {folder}; name the data folder with --data.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load
