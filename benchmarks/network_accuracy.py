"""How good are networks with the defaults of `SoftmaxNetwork`?  Test figures, mean of three seeds.

python benchmarks/network_accuracy.py --data FOLDER [mnist letter signs spiral loss]

mnist    pixels / 255, 784-128-10 and 784-512-512-10, beside softmax regression
letter   standardised, 16-64-26, a fifth held out
signs    pixels / 255, 12288-100-6
spiral   four arms in the plane; how far each boundary bends
loss     the log-loss of a confidently wrong network, here and in scikit-learn
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from datasets import _loader
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxNetwork, SoftmaxRegression

SEEDS = 3


def show(name: str, X, y, Xt, yt, hidden: tuple[int, ...], seeds: int = SEEDS) -> None:
    errors, began = [], time.perf_counter()
    for seed in range(seeds):
        net = SoftmaxNetwork(hidden, random_state=seed).fit(X, y)
        errors.append(100.0 * (1.0 - net.score(Xt, yt)))
    seconds = (time.perf_counter() - began) / seeds
    each = ", ".join(f"{e:.2f}" for e in errors)
    print(
        f"{name:24} test error {np.mean(errors):5.2f} %  ({each})  {seconds:.1f} s a fit",
        flush=True,
    )


def images(folder: Path, name: str):
    raw = _loader(folder)(name)
    X, Xt = (raw[k].reshape(len(raw[k]), -1).astype(np.float32) / 255 for k in ("X", "Xt"))
    return X, raw["y"], Xt, raw["yt"]


def mnist(folder: Path) -> None:
    data = images(folder, "mnist")
    for hidden in ((128,), (512, 512)):
        show(f"mnist {hidden}", *data, hidden)
    X, y, Xt, yt = data
    flat = SoftmaxRegression().fit(X, y)
    print(f"mnist, regression        test error {100 * (1 - flat.score(Xt, yt)):5.2f} %")


def letter(folder: Path) -> None:
    raw = _loader(folder)("letter")
    X, Xt, y, yt = train_test_split(raw["X"], raw["y"], test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X)
    show("letter (64,)", scaler.transform(X), y, scaler.transform(Xt), yt, (64,))


def signs(folder: Path) -> None:
    show("signs (100,)", *images(folder, "signs"), (100,))


def spiral(folder: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(4), 200)
    r = np.tile(np.linspace(0.05, 1.0, 200), 4)
    t = 4.0 * r + y * np.pi / 2 + rng.normal(0.0, 0.1, 800)
    X = np.column_stack([r * np.cos(t), r * np.sin(t)])
    for model in (SoftmaxNetwork(random_state=0), SoftmaxRegression()):
        model.fit(X, y)
        name = type(model).__name__
        print(f"spiral, {name:17} right {100 * model.score(X, y):6.2f} %, boundary "
              f"bends by {bend(model):.2g}")  # fmt: skip


def bend(model) -> float:
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


def loss(folder: Path) -> None:
    X, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    ours = SoftmaxNetwork((1,), activation="identity", random_state=0, max_iter=1).fit(X, y)
    ours.coefs_ = [np.array([[1.0]]), np.array([[0.0, 800.0]])]
    ours.intercepts_ = [np.zeros(1), np.zeros(2)]
    theirs = MLPClassifier((1,), activation="identity", max_iter=1).fit(X, y)
    theirs.coefs_, theirs.intercepts_ = [np.array([[1.0]]), np.array([[800.0]])], [np.zeros(1)] * 2
    with np.errstate(divide="ignore"):
        print(f"log p of the class that is not predicted: {ours.predict_log_proba([[1.0]])[0, 0]} "
              f"here, {theirs.predict_log_proba([[1.0]])[0, 0]} in scikit-learn")  # fmt: skip


PARTS = {f.__name__: f for f in (mnist, letter, signs, spiral, loss)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--data", type=Path, required=True, help="a folder with load.py")
    given = parser.parse_args()
    for part in given.parts:
        PARTS[part](given.data)
