"""How far are the predictions of exported ONNX graphs from those of the models?

    python benchmarks/studies/onnx_graphs.py --data FOLDER --out FILE

Each model is exported at each opset, in float64 and float32, and compared by onnxruntime with
`predict_proba` and `predict` on the rows it was fitted to and on hostile ones made of them (missing
values, categories never seen, zeros, and numbers a thousand and a million times as large).  Writes
FILE.json and FILE.md.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import images
from benchmarks.harness.arguments import parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, export, load
from softlearn.decide import CalibratedSoftmax, DecisionClassifier, NoneOfThese

OPSETS = (13, 15, 17, 19, 21)
DTYPES = ("float64", "float32")
_PENGUINS = Path(__file__).parents[2] / "examples" / "data" / "penguins.csv"


def of_the_command_line() -> Iterator[tuple[str, Any, Any]]:
    """Yield models of `softlearn fit`, with the rows they were fitted to."""
    from softlearn.__main__ import main
    from softlearn.cli.saved.model import SavedModel
    from softlearn.cli.sources import ReadOptions

    folder = Path(tempfile.mkdtemp())
    costs = folder / "costs.csv"
    names = ["Adelie", "Chinstrap", "Gentoo"]
    lines = [f"{own},{','.join('0' if own == n else '1' for n in names)},.1" for own in names]
    costs.write_text("\n".join([f",{','.join(names)},none", *lines]))
    decided = ["--calibrate", "temperature", "--costs", str(costs), "--none-of-these", "0.05"]
    for name, words in {
        "penguins, regression": [],
        "penguins, network": ["--hidden", "16"],
        "penguins, calibrated, costs, none of these": decided,
    }.items():
        path = folder / "model.softlearn"
        main(["fit", str(_PENGUINS), "-t", "species", "-o", str(path), "-q", *words])
        reader = SavedModel.load(path, ReadOptions())
        yield name, load(path), reader.read(_PENGUINS, "species").X


def of_python() -> Iterator[tuple[str, Any, Any]]:
    """Yield models of numbers, fitted to sets that come with scikit-learn."""
    for name, model, read in (
        ("iris, regression", SoftmaxRegression(), load_iris),
        ("breast cancer, regression", SoftmaxRegression(), load_breast_cancer),
        ("breast cancer, L1", SoftmaxRegression(C=0.01, l1_ratio=1.0), load_breast_cancer),
        ("digits, cross-validated", SoftmaxRegressionCV(Cs=3, cv=3), load_digits),
        ("digits, tanh", SoftmaxNetwork((32,), activation="tanh", random_state=0), load_digits),
        ("digits, gelu", SoftmaxNetwork((32,), activation="gelu", random_state=0), load_digits),
        ("digits, temperature", CalibratedSoftmax(SoftmaxRegression(), cv=3), load_digits),
        ("digits, vector", CalibratedSoftmax(SoftmaxRegression(), method="vector"), load_digits),
        ("iris, Dirichlet", CalibratedSoftmax(SoftmaxRegression(), method="dirichlet"), load_iris),
        ("iris, abstaining", DecisionClassifier(SoftmaxRegression(), reject_cost=0.2), load_iris),
        ("digits, none of these, 5 folds", NoneOfThese(SoftmaxRegression()), load_digits),
        (
            "digits, scaled, energy",
            NoneOfThese(
                make_pipeline(StandardScaler(), SoftmaxRegression()), conformity_score="energy"
            ),
            load_digits,
        ),
    ):
        X, y = read(return_X_y=True)
        yield name, model.fit(X, y), X


def of_mnist(folder: Path) -> Iterator[tuple[str, Any, Any]]:
    X, y, _, _ = images(folder)
    X, y = np.rint(255.0 * X[:10_000].astype(np.float64)), y[:10_000]
    for name, model in (
        ("regression", SoftmaxRegression(C=1e-3)),
        ("784-128-10", SoftmaxNetwork((128,), max_iter=5, random_state=0)),
    ):
        yield f"mnist, {name}", make_pipeline(MaxAbsScaler(), model).fit(X, y), X


def page(record: dict[str, Any]) -> str:
    """Return FILE.md."""
    rows: list[list[Any]] = [["model", "rows", "dtype", *(f"opset {opset}" for opset in OPSETS)]]
    keys = dict.fromkeys((row["model"], row["dtype"]) for row in record["rows"])
    for model, dtype in keys:
        own = [r for r in record["rows"] if (r["model"], r["dtype"]) == (model, dtype)]
        by = {r["opset"]: r for r in own}
        cells = [_cell(by[opset]) if opset in by else "" for opset in OPSETS]
        rows.append([model, f"{own[0]['rows']:,} + {own[0]['hostile']:,}", dtype, *cells])
    packages = ", ".join(f"{k} {v}" for k, v in record["packages"].items())
    return "\n\n".join(
        [
            "# ONNX graphs beside their models",
            f"{line(record['machine'])} {packages}.",
            "Largest difference of a probability, on the rows of training and on hostile ones made "
            "of them; how many labels differ, if any; and the largest difference of a p-value, if "
            "any.",
            markdown(rows),
        ]
    )


def _cell(row: dict[str, Any]) -> str:
    parts = [f"{row['difference']:.0e}" if row["difference"] else "0"]
    if row["labels"]:
        parts.append(f"{row['labels']} labels")
    if row["p"] > 1e-12:
        parts.append(f"p {row['p']:.0e}")
    return ", ".join(parts)


def main() -> None:
    given = parser(__doc__, "data", "out").parse_args()
    packages = {name: version(name) for name in ("onnx", "skl2onnx", "onnxruntime")}
    results = Results(given.out, page, "rows", packages=packages)
    warnings.simplefilter("ignore")
    models = [*of_the_command_line(), *of_python()]
    for name, model, X in [*models, *(of_mnist(given.data) if given.data else [])]:
        for dtype in DTYPES:
            for opset in OPSETS:
                made = export.onnx(model, X, opset=opset, dtype=dtype)
                row = {
                    "model": name,
                    "dtype": dtype,
                    "opset": opset,
                    "rows": made.rows,
                    "hostile": made.hostile_rows,
                    "difference": made.largest_difference,
                    "p": made.largest_p_value_difference,
                    "labels": made.other_labels,
                }
                results.add("rows", row)


if __name__ == "__main__":
    main()
