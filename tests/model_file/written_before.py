"""Models of every kind whose files an older softlearn wrote (in `data/`); the rows they predict.

`python tests/model_file/written_before.py FOLDER` writes such files with the softlearn at hand.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, regularization_path
from softlearn.solve import (
    LBFGS,
    Adam,
    AdamW,
    Constant,
    Cosine,
    Exponential,
    GradientDescent,
    InverseTime,
    Momentum,
    Newton,
    RMSprop,
    StepDecay,
    Stochastic,
    WarmUp,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
FEW = X[::15]
SPARSE = sp.csr_array(np.where(X > 2.0, X, 0.0))
TEXTS = ["cats purr", "a dog barks", "birds sing", "cats and a dog", "birds and cats", "no words"]
IMAGES = [np.full((4, 4, 3), 40 * k, dtype=np.uint8) for k in range(6)]
N = 120


def table() -> pd.DataFrame:
    """A column for every part that the command line makes of a table."""
    i = np.arange(N)
    frame = pd.DataFrame(
        {
            "length": np.where(i % 10 == 0, np.nan, i % 3 + (7 * i % 11) / 10.0),
            "flag": (i % 4 < 2).astype(np.float64),
            "day": pd.to_datetime("2021-01-03") + pd.to_timedelta(i, unit="D"),
            "island": np.array(["Biscoe", "Dream", "Torgersen"])[i % 7 % 3],
            "code": [f"K{k}" for k in i],
            "review": [f"{('good', 'poor', 'odd')[k % 3]} taste on day {k % 60}" for k in i],
        }
    )
    frame.loc[::20, "day"] = pd.NaT
    frame.loc[5::20, "island"] = None
    return frame.astype({"island": "str", "code": "str", "review": "str"})


LABELS = np.array(["a", "b", "c"])[np.arange(N) % 3]
TYPES = {
    "length": "number",
    "flag": "bool",
    "day": "date",
    "island": "text",
    "code": "text",
    "review": "text",
}


def of_table(classifier: Any, scaler: Any = None) -> Pipeline:
    """The command line's pipeline of a table, with few components of its names, to be small."""
    from softlearn.cli.sources import Dataset
    from softlearn.features.pipeline import make_pipeline as made_for

    data = Dataset("table", table(), LABELS, feature_names=list(TYPES), types=TYPES)
    pipeline = made_for(data, classifier, scaler)
    pipeline.set_params(**{"vectoriser__names 0__n_components": 2})
    return pipeline.fit(data.X, LABELS)


def of_files(kind: str) -> Pipeline:
    """The command line's pipeline of a folder of texts or images."""
    from softlearn.cli.sources import Dataset
    from softlearn.features.pipeline import make_pipeline as made_for

    rows = np.empty(6, dtype=object)
    rows[:] = TEXTS if kind == "text" else IMAGES
    layout = {"size": [2, 2], "mode": "RGB"} if kind == "image" else {}
    data = Dataset(kind, rows, Y[:150:25], layout=layout)
    return made_for(data, SoftmaxRegression()).fit(rows, data.y)


def network(solver: Any = "adam", **parameters: Any) -> SoftmaxNetwork:
    """A small network, trained shortly."""
    given = {"max_iter": 3, "random_state": 0, "n_jobs": 1, "learning_rate_init": 0.1}
    return SoftmaxNetwork((3,), "tanh", solver=solver, tol=0.0, **{**given, **parameters})


def models() -> dict[str, Any]:
    """Fitted models, by the names of their files."""
    half = slice(None, None, 2)
    classes = np.unique(NAMES)
    everything = {
        "regression-dense": SoftmaxRegression().fit(X, NAMES),
        "regression-float32-binary": SoftmaxRegression(C=0.1).fit(
            X[:100].astype(np.float32), Y[:100] == 1
        ),
        "regression-sparse": SoftmaxRegression(class_weight={0: 2.0, 1: 1.0}).fit(SPARSE, Y),
        "regression-sparse-coefficients": SoftmaxRegression().fit(X, Y).sparsify(),
        "regression-soft-labels": SoftmaxRegression().fit(X, 0.9 * np.eye(3)[Y] + 1.0 / 30.0),
        "regression-no-penalty": SoftmaxRegression(C=np.inf, tol=1e-3).fit(X[50:, :2], Y[50:]),
        "regression-partial": SoftmaxRegression().partial_fit(X[half], NAMES[half], classes),
        "regression-newton": SoftmaxRegression(solver=Newton("none")).fit(X, Y),
        "regression-lbfgs": SoftmaxRegression(solver=LBFGS()).fit(X, Y),
        "regression-descent": SoftmaxRegression(
            solver=GradientDescent(0.01), tol=1.0, max_iter=5
        ).fit(X, Y),
        "cv": SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=StratifiedKFold(3)).fit(X, NAMES),
        "cv-no-refit": SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=2, refit=False).fit(X, NAMES),
        "network": network(early_stopping=True).fit(X, NAMES),
        "network-float32": network().fit(X.astype(np.float32), Y),
        "network-sparse": network("newton-cg").fit(SPARSE, Y),
        "network-partial": network().partial_fit(X[half], NAMES[half], classes),
        "network-mini-batches": network(Stochastic(Adam(Cosine(0.1, 30)), 16, 2)).fit(X, Y),
        "pipeline-scaled": make_pipeline(StandardScaler(), network()).fit(X, NAMES),
        "pipeline-pixels": make_pipeline(MaxAbsScaler(), network()).fit(X, NAMES),
        "pipeline-sparse": make_pipeline(StandardScaler(with_mean=False), network()).fit(SPARSE, Y),
        "table": of_table(SoftmaxRegression()),
        "table-scaled": of_table(network(), StandardScaler()),
        "texts": of_files("text"),
        "images": of_files("image"),
    }
    rates = {
        "exponential": Momentum(Exponential(0.1, 0.9)),
        "inverse-time": RMSprop(InverseTime(0.1, 0.5)),
        "step-decay": AdamW(StepDecay(0.1, 10)),
        "warm-up": Adam(WarmUp(5, Constant(0.1))),
    }
    return everything | {f"network-{name}": network(r).fit(X, Y) for name, r in rates.items()}


def pickled() -> dict[str, Any]:
    """Objects that users pickle: their classes must stay where the pickles look for them."""
    from softlearn.features.images import ImageReader
    from softlearn.features.text import TextColumn

    return {
        "regression": SoftmaxRegression(solver=Newton("none")).fit(X, NAMES),
        "cv": SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=2).fit(X, NAMES),
        "path": regularization_path(X, NAMES, [0.1, 1.0]),
        "network": network(Adam(0.1), max_iter=20).fit(X, NAMES),
        "text": TextColumn("review"),
        "images": ImageReader(2, 2, "RGB"),
    }


def rows_of(name: str) -> Any:
    """What the model of a file is to predict."""
    if name.startswith("table"):
        return table().iloc[::11]
    if name in ("texts", "images"):
        return TEXTS if name == "texts" else IMAGES
    if name == "regression-no-penalty":
        return FEW[:, :2]
    rows = SPARSE[::15] if "sparse" in name else FEW
    return rows.astype(np.float32) if "float32" in name else rows


def main(folder: Path) -> None:
    """Write the files, and what they predict."""
    from softlearn import save

    predicted = {}
    for name, model in models().items():
        save(model, folder / f"{name}.softlearn", {"kind": name, "rows": 150})
        predicted[name] = model.predict_proba(rows_of(name)).tolist()
    predicted["network.checkpoint"] = network().fit(X, NAMES).predict_proba(FEW).tolist()
    (folder / "predictions.json").write_text(json.dumps(predicted), encoding="utf-8")
    begun = network(checkpoint=folder / "network.checkpoint")
    for epoch in begun.iter_fit(X, NAMES):
        if epoch.k == 2:
            break
    (folder / "objects.pickle").write_bytes(pickle.dumps(pickled(), protocol=5))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
