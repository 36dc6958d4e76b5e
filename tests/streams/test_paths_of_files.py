"""Paths and cross-validation of files larger than memory are those of their rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from sklearn.datasets import dump_svmlight_file

from softlearn import SoftmaxRegressionCV, regularization_path

N, D = 3000, 6
SMALL = 120_000  # bytes: some 20 % of the rows
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = np.array(["a", "b", "c"])[(2 * X[:, :3] + RNG.gumbel(size=(N, 3))).argmax(1)]
S = RNG.integers(0, 3, N).astype(float)
CS = [1e-4, 1e-2, 1.0]
GIVEN: dict[str, Any] = {"target": "y", "exclude": ("s",), "memory": SMALL}


@pytest.fixture
def files(tmp_path: Path) -> str:
    return write(tmp_path)


def write(folder: Path, rows: Any = range(N)) -> str:
    for k, part in enumerate(np.array_split(rows, 4)):
        columns = {f"x{j}": X[part, j] for j in range(D)} | {"y": Y[part], "s": S[part]}
        pa.parquet.write_table(pa.table(columns), folder / f"part{k}.parquet")
    return str(folder / "part*.parquet")


def test_a_path_of_files_is_that_of_their_rows(files: str) -> None:
    path = regularization_path(files, Cs=CS, tol=1e-9, **GIVEN)
    expected = regularization_path(X, Y, CS, tol=1e-9)
    np.testing.assert_allclose(path.objectives, expected.objectives, rtol=2e-9)
    np.testing.assert_allclose(path.coefs, expected.coefs, atol=1e-4)
    assert (path.gaps <= 1e-9).all()
    assert list(path.model(1.0).feature_names_in_) == [f"x{j}" for j in range(D)]


def test_a_path_takes_weights_and_the_share_of_l1(files: str) -> None:
    given = {"target": "y", "weight": "s", "memory": SMALL}
    path = regularization_path(files, Cs=[0.01, 0.1], l1_ratio=1.0, **given)
    expected = regularization_path(X, Y, [0.01, 0.1], sample_weight=S, l1_ratio=1.0)
    np.testing.assert_allclose(path.objectives, expected.objectives, rtol=2e-6)


def test_files_to_validate_on_end_a_path_and_may_be_larger_than_memory_too(tmp_path: Path) -> None:
    few, other = np.arange(60), np.arange(60, N)
    (tmp_path / "held").mkdir()
    held = write(tmp_path / "held", other)
    Cs = np.logspace(-3, 5, 17)
    path = regularization_path(write(tmp_path, few), Cs=Cs, validation=held, **GIVEN)
    arrays = regularization_path(X[few], Y[few], Cs, validation=(X[other], Y[other]))
    assert len(path) == len(arrays) < len(Cs)
    np.testing.assert_allclose(path.validation_losses, arrays.validation_losses, rtol=1e-3)
    pa.parquet.write_table(
        pa.table({"z": X[:9, 0], "y": Y[:9], "s": S[:9]}), tmp_path / "odd.parquet"
    )
    with pytest.raises(ValueError, match="other columns than those of the fit"):
        regularization_path(
            str(tmp_path / "part*.parquet"), Cs=Cs, validation=tmp_path / "odd.parquet", **GIVEN
        )


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "roc_auc_ovr"])
def test_a_cross_validation_of_files_is_that_of_their_rows(scoring: str, files: str) -> None:
    parameters: dict[str, Any] = {"Cs": CS, "cv": 3, "scoring": scoring, "tol": 1e-9}
    model = SoftmaxRegressionCV(**parameters).fit(files, **GIVEN)
    expected = SoftmaxRegressionCV(**parameters).fit(X, Y)
    np.testing.assert_allclose(model.scores_, expected.scores_, rtol=1e-4)
    np.testing.assert_allclose(model.coefs_paths_, expected.coefs_paths_, atol=1e-4)
    assert (model.gaps_ <= 1e-9).all()
    assert model.C_ == expected.C_
    assert model.gap_ <= 1e-9
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-4)
    np.testing.assert_array_equal(model.predict(files), expected.predict(X))


def test_sparse_rows_on_disk_are_cross_validated(tmp_path: Path) -> None:
    sparse = X * (RNG.random(X.shape) < 0.4)
    codes = np.searchsorted(["a", "b", "c"], Y)
    dump_svmlight_file(sparse, codes, str(tmp_path / "x.svm"), zero_based=False)
    given = {"Cs": CS, "cv": 3, "class_weight": "balanced"}
    model = SoftmaxRegressionCV(**given).fit(tmp_path / "x.svm", memory=SMALL)
    expected = SoftmaxRegressionCV(**given).fit(sparse, codes)
    np.testing.assert_allclose(model.scores_, expected.scores_, rtol=1e-3)
    assert model.C_ == expected.C_


def test_what_fits_in_memory_gives_the_bits_of_arrays(files: str) -> None:
    given = {**GIVEN, "memory": "100MB"}
    path = regularization_path(files, Cs=CS, **given)
    np.testing.assert_array_equal(path.coefs, regularization_path(X, Y, CS).coefs)
    model = SoftmaxRegressionCV(Cs=CS, cv=3).fit(files, **given)
    np.testing.assert_array_equal(model.coef_, SoftmaxRegressionCV(Cs=CS, cv=3).fit(X, Y).coef_)


def test_what_they_do_not_take_is_refused_in_a_sentence(files: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "fit.ckpt"
    with pytest.raises(TypeError, match="regularization_path writes no checkpoints"):
        regularization_path(files, checkpoint=checkpoint, **GIVEN)
    with pytest.raises(TypeError, match="SoftmaxRegressionCV writes no checkpoints"):
        SoftmaxRegressionCV().fit(files, checkpoint=checkpoint, **GIVEN)
    with pytest.raises(TypeError, match="takes memory for files alone"):
        regularization_path(X, Y, memory=SMALL)
    with pytest.raises(TypeError, match="unexpected argument 'goal'"):
        regularization_path(files, goal="y")
    with pytest.raises(ValueError, match="name their column with target="):
        SoftmaxRegressionCV().fit(files, memory=SMALL, exclude=("y", "s"))
