"""Predictions of files are those of their rows; a cache is written by one process at a time."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from sklearn.datasets import dump_svmlight_file

from softlearn import SoftmaxRegression
from softlearn.streams import StreamOptions, open_stream
from softlearn.streams.lock import locked

N, D = 600, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = np.array(["a", "b", "c"])[(2 * X[:, :3] + RNG.gumbel(size=(N, 3))).argmax(1)]
EDGES = [0, 250, 250, N]
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, (a, b) in enumerate(pairwise(EDGES)):
        columns = {f"x{j}": X[a:b, j] for j in range(D)} | {"note": Y[a:b], "y": Y[a:b]}
        pa.parquet.write_table(pa.table(columns), tmp_path / f"{k}.parquet")
        lists = pa.FixedSizeListArray.from_arrays(pa.array(X[a:b].ravel()), D)
        pa.parquet.write_table(pa.table({"e": lists, "y": Y[a:b]}), tmp_path / f"{k}.pq")
        np.savez(tmp_path / f"{k}.npz", X=X[a:b], y=Y[a:b])
    return tmp_path


@pytest.mark.parametrize("kind", ["parquet", "pq", "npz"])
def test_predictions_are_those_of_the_rows(kind: str, folder: Path) -> None:
    files = str(folder / f"*.{kind}")
    named: dict[str, Any] = {} if kind == "npz" else {"target": "y"}
    named |= {"exclude": ("note",)} if kind == "parquet" else {}
    model = SoftmaxRegression().fit(files, **named)
    plain = SoftmaxRegression().fit(X, Y)
    for method in METHODS:
        np.testing.assert_array_equal(getattr(model, method)(files), getattr(plain, method)(X))
    for found, expected in zip(model.predict_top(files, 2), plain.predict_top(X, k=2), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_files_that_do_not_fit_the_model_are_named(folder: Path) -> None:
    model = SoftmaxRegression().fit(str(folder / "*.parquet"), target="y", exclude=("note",))
    with pytest.raises(ValueError, match=r"0\.pq has no column 'x0'"):
        model.predict(str(folder / "0.pq"))
    with pytest.raises(ValueError, match="all its files are empty"):
        model.predict(str(folder / "1.parquet"))
    dump_svmlight_file(X, np.zeros(N), str(folder / "x.svm"))
    with pytest.raises(ValueError, match=r"x\.svm does not say whether its columns are counted"):
        model.predict(folder / "x.svm")
    wide = {f"x{j}": np.full(3, np.nan) for j in range(D)}
    pa.parquet.write_table(pa.table(wide), folder / "odd.parquet")
    with pytest.raises(ValueError, match=r"odd\.parquet has no number in row 0, 'x0'"):
        model.predict(folder / "odd.parquet")


@pytest.mark.parametrize("kind", ["parquet", "pq", "npz"])
def test_scores_are_those_of_the_rows(kind: str, folder: Path) -> None:
    files = str(folder / f"*.{kind}")
    named: dict[str, Any] = {} if kind == "npz" else {"target": "y"}
    left_out = {"exclude": ("note",)} if kind == "parquet" else {}
    model = SoftmaxRegression().fit(files, **named, **left_out)
    expected = SoftmaxRegression().fit(X, Y).score(X, Y)
    assert model.score(files, **named) == pytest.approx(expected, rel=1e-12)
    assert model.score(files, Y) == expected


def test_scores_count_the_weights_of_files_and_refuse_what_they_do_not_know(folder: Path) -> None:
    s = np.arange(N) % 3
    pa.parquet.write_table(
        pa.table({f"x{j}": X[:, j] for j in range(D)} | {"y": Y, "s": s}), folder / "all.parquet"
    )
    files, model = str(folder / "all.parquet"), SoftmaxRegression().fit(X, Y)
    model.feature_names_in_ = np.array([f"x{j}" for j in range(D)], dtype=object)
    found = model.score(files, target="y", weight="s")
    assert found == pytest.approx(SoftmaxRegression().fit(X, Y).score(X, Y, s), rel=1e-12)
    with pytest.raises(ValueError, match="name their column with target="):
        model.score(files)
    with pytest.raises(TypeError, match="unexpected argument 'goal'"):
        model.score(files, goal="y")
    with pytest.raises(TypeError, match="takes target for files that hold labels alone"):
        model.score(X, Y, target="y")
    with pytest.raises(ValueError, match="all its files are empty"):
        SoftmaxRegression().fit(X, Y).score(str(folder / "1.npz"))


def test_what_reads_no_files_says_so(folder: Path) -> None:
    files = str(folder / "*.npz")
    with pytest.raises(ValueError, match="which SoftmaxRegression, SoftmaxRegressionCV and"):
        SoftmaxRegression().partial_fit(files, Y, classes=["a", "b", "c"])


def test_a_second_process_waits_for_the_cache_and_uses_it(folder: Path) -> None:
    files, cache = str(folder / "*.npz"), folder / "cache"
    told: list[str] = []
    options = StreamOptions(memory=10_000, cache=cache, tell=told.append)
    with locked(cache, told.append):
        code = (
            "from softlearn.streams import StreamOptions, open_stream\n"
            f"tell = lambda said: print(said, flush=True)\n"
            f"options = StreamOptions(memory=10_000, cache={str(cache)!r}, tell=tell)\n"
            f"print(open_stream({files!r}, options).X.n)"
        )
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert "waiting for another process" in other.stdout.readline()
    found, _ = other.communicate(timeout=60)
    assert other.returncode == 0
    assert found.splitlines()[-1] == str(N)
    open_stream(files, options)
    assert not any("file 1 of" in said for said in told)  # what the other has converted is used
