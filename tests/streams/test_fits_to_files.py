"""A fit to files larger than memory is the fit to their rows in memory, proven."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet
import pytest
from numpy.typing import NDArray
from sklearn.datasets import dump_svmlight_file

from softlearn import SoftmaxRegression, Status

Array = NDArray[Any]
SMALL = 60_000  # bytes: some 20 % of the rows
N, D, FILES = 6000, 8, 5


def rows() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D)).astype(np.float32)
    W = rng.normal(size=(3, D))
    return X, np.array(["a", "b", "c"])[(X @ W.T + rng.gumbel(size=(N, 3))).argmax(1)]


def table(X: Array, y: Array) -> pa.Table:
    return pa.table({f"x{j}": X[:, j] for j in range(X.shape[1])} | {"y": y})


def parquet(path: Path, X: Array, y: Array) -> None:
    pa.parquet.write_table(table(X, y), path)


def arrow(path: Path, X: Array, y: Array) -> None:
    pa.feather.write_feather(table(X, y), path, compression="uncompressed")


def embedding(path: Path, X: Array, y: Array) -> None:
    lists = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), X.shape[1])
    pa.parquet.write_table(pa.table({"e": lists, "y": y}), path)


def csv(path: Path, X: Array, y: Array) -> None:
    pa.csv.write_csv(table(X.astype(np.float64), y), path)


def npz(path: Path, X: Array, y: Array) -> None:
    np.savez(path, X=X, y=y)


def svmlight(path: Path, X: Array, y: Array) -> None:
    codes = np.searchsorted(["a", "b", "c"], y)
    dump_svmlight_file(X, codes, str(path), zero_based=False)


FORMATS: dict[str, tuple[str, Callable[[Path, Array, Array], None]]] = {
    "Parquet": (".parquet", parquet),
    "Parquet with a column of lists": (".parquet", embedding),
    "Arrow": (".arrow", arrow),
    "CSV": (".csv", csv),
    "NPZ": (".npz", npz),
    "svmlight": (".svm", svmlight),
}


def write(folder: Path, kind: str = "Parquet", X: Any = None, y: Any = None) -> str:
    if X is None:
        X, y = rows()
    suffix, put = FORMATS[kind]
    for k, part in enumerate(np.array_split(np.arange(len(X)), FILES)):
        put(folder / f"part{k}{suffix}", X[part], y[part])
    return str(folder / f"*{suffix}")


def target(kind: str) -> dict[str, Any]:
    return {} if kind in ("NPZ", "svmlight") else {"target": "y"}


@pytest.mark.parametrize("kind", FORMATS)
def test_files_of_every_kind_are_fitted_as_their_rows_are(kind: str, tmp_path: Path) -> None:
    X, y = rows()
    files = write(tmp_path, kind)
    expected = SoftmaxRegression(tol=1e-10).fit(X, y)
    model = SoftmaxRegression(tol=1e-10).fit(files, memory=SMALL, **target(kind))
    assert model.status_ is Status.CONVERGED
    assert model.gap_ <= 1e-10
    assert model.n_features_in_ == D
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=2e-5)
    np.testing.assert_allclose(model.intercept_, expected.intercept_, atol=2e-5)
    assert model.objective_ == pytest.approx(expected.objective_, rel=1e-10)


def test_what_fits_in_memory_is_fitted_to_the_same_bits_as_arrays(tmp_path: Path) -> None:
    X, y = rows()
    model = SoftmaxRegression().fit(write(tmp_path), target="y", memory="100MB")
    expected = SoftmaxRegression().fit(X, y)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert list(model.feature_names_in_) == [f"x{j}" for j in range(D)]


def test_a_list_a_glob_and_a_dataset_are_the_same_stream(tmp_path: Path) -> None:
    files = write(tmp_path)
    given = [files, sorted(tmp_path.glob("*.parquet")), pa.dataset.dataset(tmp_path)]
    coefs = [SoftmaxRegression().fit(X, target="y", memory=SMALL).coef_ for X in given]
    np.testing.assert_array_equal(coefs[0], coefs[1])
    np.testing.assert_array_equal(coefs[0], coefs[2])


def test_a_column_may_be_in_the_names_of_the_folders(tmp_path: Path) -> None:
    X, y = rows()
    pa.dataset.write_dataset(
        table(X, y), tmp_path, format="parquet", partitioning=["y"], partitioning_flavor="hive"
    )
    stream = pa.dataset.dataset(tmp_path, partitioning="hive")
    model = SoftmaxRegression(tol=1e-9).fit(stream, target="y", memory=SMALL)
    expected = SoftmaxRegression(tol=1e-9).fit(X, y)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-4)


def test_npy_files_take_their_labels_as_an_array(tmp_path: Path) -> None:
    X, y = rows()
    for k, part in enumerate(np.array_split(X, FILES)):
        np.save(tmp_path / f"{k}.npy", part)
    model = SoftmaxRegression(tol=1e-9).fit(str(tmp_path / "*.npy"), y, memory=SMALL)
    np.testing.assert_allclose(model.coef_, SoftmaxRegression(tol=1e-9).fit(X, y).coef_, atol=1e-4)


@pytest.mark.parametrize("weight", ["of classes", "of rows"])
def test_weights_travel_with_the_rows(weight: str, tmp_path: Path) -> None:
    X, y = rows()
    s = np.random.default_rng(1).integers(0, 3, N).astype(float)
    given = {"class_weight": "balanced"} if weight == "of classes" else {}
    for k, part in enumerate(np.array_split(np.arange(N), FILES)):
        pa.parquet.write_table(
            table(X[part], y[part]).append_column("s", pa.array(s[part])), tmp_path / f"{k}.parquet"
        )
    streamed = {"weight": "s"} if weight == "of rows" else {"exclude": ("s",)}
    files = str(tmp_path / "*.parquet")
    model = SoftmaxRegression(tol=1e-9, **given).fit(files, target="y", memory=SMALL, **streamed)
    expected = SoftmaxRegression(tol=1e-9, **given).fit(X, y, s if weight == "of rows" else None)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-4)


def test_files_sorted_by_class_and_a_rare_class_in_one_file_do_no_harm(tmp_path: Path) -> None:
    X, y = rows()
    y = y.astype("U4")
    y[17] = y[23] = "rare"
    order = np.argsort(y, kind="stable")
    model = SoftmaxRegression(tol=1e-9).fit(
        write(tmp_path, "Parquet", X[order], y[order]), target="y", memory=SMALL
    )
    expected = SoftmaxRegression(tol=1e-9).fit(X[order], y[order])
    assert model.status_ is Status.CONVERGED
    assert list(model.classes_) == ["a", "b", "c", "rare"]
    assert model.objective_ == pytest.approx(expected.objective_, rel=2e-9)


def test_a_fit_to_files_takes_few_passes_over_all_rows(tmp_path: Path) -> None:
    streamed = SoftmaxRegression().fit(write(tmp_path), target="y", memory=SMALL)
    assert streamed.trace_[-1].passes <= 20


def test_how_long_it_takes_is_said_before_the_fit_and_after_the_first_pass(tmp_path: Path) -> None:
    told: list[str] = []
    steps = SoftmaxRegression().iter_fit(
        write(tmp_path), target="y", memory=SMALL, tell=told.append
    )
    first = next(steps)
    assert re.fullmatch(r"0\.0 GB at \S+ GB/s: .+ to read them, .+ for some 20 passes", told[-1])
    assert re.fullmatch(r"a pass takes .+ and some 20 are needed", first.note)
    told.clear()
    SoftmaxRegression().fit(write(tmp_path), target="y", memory="1GB", tell=told.append)
    assert not any("passes" in said for said in told)  # they are read into memory


@pytest.mark.parametrize("C", [np.inf, 1e-4])
def test_any_penalty_is_proven(C: float, tmp_path: Path) -> None:
    model = SoftmaxRegression(C=C).fit(write(tmp_path), target="y", memory=SMALL)
    assert model.status_ is Status.CONVERGED


def test_an_l1_penalty_is_fitted_on_disk_too(tmp_path: Path) -> None:
    X, y = rows()
    model = SoftmaxRegression(C=0.01, l1_ratio=1.0).fit(write(tmp_path), target="y", memory=SMALL)
    expected = SoftmaxRegression(C=0.01, l1_ratio=1.0).fit(X, y)
    assert model.status_ is Status.CONVERGED
    assert model.objective_ == pytest.approx(expected.objective_, rel=2e-6)
