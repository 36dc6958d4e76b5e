"""How good are networks with the defaults of `SoftmaxNetwork`?  Test figures, mean of three seeds.

    python benchmarks/studies/network_accuracy.py --data FOLDER --out FILE [PART ...]

mnist    pixels / 255, 784-128-10 and 784-512-512-10, beside softmax regression
letter   standardised, 16-64-26, a fifth held out
signs    pixels / 255, 12288-100-6, beside softmax regression
spiral   four arms in the plane, training rows; how far each boundary bends
loss     the log-loss of a confidently wrong network, here and in scikit-learn
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import images, loaded
from benchmarks.harness.arguments import parser
from benchmarks.harness.machine import describe, line
from benchmarks.harness.results import markdown, write
from softlearn import SoftmaxNetwork, SoftmaxRegression

SEEDS = 3
Data = tuple[Any, Any, Any, Any]


def errors(data: Data, *hidden: int) -> str:
    """Return the test error of networks, mean and each seed's, in per cent."""
    X, y, Xt, yt = data
    each = []
    for seed in range(SEEDS):
        net = SoftmaxNetwork(hidden, random_state=seed).fit(X, y)
        each.append(100.0 * (1.0 - net.score(Xt, yt)))
    return f"{np.mean(each):.2f} % ({', '.join(f'{e:.2f}' for e in each)})"


def regression_error(data: Data) -> str:
    """Return the test error of softmax regression, in per cent."""
    X, y, Xt, yt = data
    return f"{100.0 * (1.0 - SoftmaxRegression().fit(X, y).score(Xt, yt)):.2f} %"


def mnist(folder: Path) -> Iterator[tuple[str, str]]:
    data = images(folder, "mnist")
    yield "mnist, 784-128-10, test error", errors(data, 128)
    yield "mnist, 784-512-512-10, test error", errors(data, 512, 512)
    yield "mnist, softmax regression, test error", regression_error(data)


def letter(folder: Path) -> Iterator[tuple[str, str]]:
    raw = loaded(folder, "letter")
    X, Xt, y, yt = train_test_split(raw["X"], raw["y"], test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X)
    data = scaler.transform(X), y, scaler.transform(Xt), yt
    yield "letter, 16-64-26, test error", errors(data, 64)
    yield "letter, softmax regression, test error", regression_error(data)


def signs(folder: Path) -> Iterator[tuple[str, str]]:
    data = images(folder, "signs")
    yield "signs, 12288-100-6, test error", errors(data, 100)
    yield "signs, softmax regression, test error", regression_error(data)


def spiral(folder: Path) -> Iterator[tuple[str, str]]:
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(4), 200)
    r = np.tile(np.linspace(0.05, 1.0, 200), 4)
    t = 4.0 * r + y * np.pi / 2 + rng.normal(0.0, 0.1, 800)
    X = np.column_stack([r * np.cos(t), r * np.sin(t)])
    for name, make in (("2-100-4", SoftmaxNetwork), ("softmax regression", SoftmaxRegression)):
        seeds = range(SEEDS) if make is SoftmaxNetwork else [0]
        models = [make(random_state=seed).fit(X, y) for seed in seeds]
        right = 100.0 * np.mean([model.score(X, y) for model in models])
        yield f"spiral, {name}, training rows right", f"{right:.2f} %"
        yield f"spiral, {name}, its boundary bends by", f"{bend(models[0]):.2g}"


def bend(model: Any) -> float:
    """Return the largest distance from a straight line of the boundary of two classes.

    It is that of z_0 - z_1 = 0 on lines x_2 = constant, least squares, in a box of side 2.
    """
    s = np.linspace(-1.0, 1.0, 401)
    found = []
    for height in np.linspace(-0.5, 0.5, 21):
        Z = model.decision_function(np.column_stack([s, np.full_like(s, height)]))
        D = Z[:, 0] - Z[:, 1]
        for i in np.flatnonzero(D[:-1] * D[1:] < 0.0)[:1]:
            found.append((s[i] + (s[1] - s[0]) * D[i] / (D[i] - D[i + 1]), height))
    points = np.array(found) - np.mean(found, axis=0)
    normal = np.linalg.svd(points)[2][-1]
    return float(np.abs(points @ normal).max())


def loss(folder: Path) -> Iterator[tuple[str, str]]:
    X, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    given: dict[str, Any] = {"activation": "identity", "random_state": 0, "max_iter": 1}
    ours = SoftmaxNetwork((1,), **given).fit(X, y)
    ours.coefs_ = [np.array([[1.0]]), np.array([[0.0, 800.0]])]
    ours.intercepts_ = [np.zeros(1), np.zeros(2)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one step is not enough to converge: none was needed
        theirs = MLPClassifier((1,), **given).fit(X, y)
    theirs.coefs_, theirs.intercepts_ = [np.array([[1.0]]), np.array([[800.0]])], [np.zeros(1)] * 2
    own = -ours.predict_log_proba([[1.0]])[0, 0]
    judged = log_loss([0], theirs.predict_proba([[1.0]]), labels=[0, 1])
    yield "log-loss where 800 is true, softlearn", f"{own:g}"
    yield "log-loss where 800 is true, scikit-learn", f"{judged:.4g}"


PARTS = {f.__name__: f for f in (mnist, letter, signs, spiral, loss)}


def main() -> None:
    """Measure all that is asked for."""
    options = parser(__doc__, "data", "out")
    options.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}")
    given = options.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        options.error(f"there is no part {', '.join(sorted(unknown))}")
    rows = [["", "mean of three seeds (each)"]]
    for part in given.parts or PARTS:
        for what, figure in PARTS[part](given.data):
            rows.append([what, figure])
            print(f"{what:48} {figure}", flush=True)
    if given.out:
        title = "# How good networks are with the defaults"
        write(given.out, f"{title}\n\n{line(describe())}\n\n{markdown(rows)}")


if __name__ == "__main__":
    main()
