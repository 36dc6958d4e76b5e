"""The sample reports of docs/report.md: a table, and a network on images.

python benchmarks/studies/reports.py --data FOLDER --out docs/reports

penguins.html   softmax regression on examples/data/penguins.csv, a quarter of the rows held out
mnist.html      784-128-10 on mnist of the folder, measured on its 10,000 test images
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import images
from benchmarks.harness.arguments import parser
from softlearn import SoftmaxNetwork, SoftmaxRegression, report
from softlearn.reporting import Report

_PENGUINS = Path(__file__).parents[2] / "examples" / "data" / "penguins.csv"


def penguins() -> Report:
    table = pd.read_csv(_PENGUINS)
    X, y, words = table.drop(columns="species"), table["species"], ["island", "sex"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = make_pipeline(
        make_column_transformer(
            (SimpleImputer(), [name for name in X if name not in words]),
            (OneHotEncoder(handle_unknown="ignore"), words),
        ),
        SoftmaxRegression(),
    )
    model.fit(X_train, y_train)
    return report(model, X_test, y_test, held_out=True, title="Three species of penguins")


def mnist(folder: Path) -> Report:
    X, y, Xt, yt = images(folder)
    net = SoftmaxNetwork((128,), random_state=0).fit(X, y)
    return report(net, Xt, yt, held_out=True, title="Handwritten digits", image_shape=(28, 28))


def main() -> None:
    given = parser(__doc__, "data", "out").parse_args()
    if given.out is None:
        sys.exit("--out is missing: a folder for the reports.")
    given.out.mkdir(parents=True, exist_ok=True)
    for name, page in (("penguins", penguins()), ("mnist", mnist(given.data))):
        page.save(given.out / f"{name}.html")
        print(f"{name}.html: {len(page.html.encode()):,} bytes")


if __name__ == "__main__":
    main()
