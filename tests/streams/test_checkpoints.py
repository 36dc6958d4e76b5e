"""A fit that was ended goes on from its checkpoint to the same bits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from softlearn import SoftmaxRegression

SMALL = 60_000


@pytest.fixture
def files(tmp_path: Path) -> str:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 8)) * np.logspace(-1, 1, 8)
    y = (X @ rng.normal(size=(4, 8)).T + rng.gumbel(size=(6000, 4))).argmax(1)
    for k, part in enumerate(np.array_split(np.arange(6000), 4)):
        columns = {f"x{j}": X[part, j] for j in range(8)} | {"y": y[part]}
        pa.parquet.write_table(pa.table(columns), tmp_path / f"{k}.parquet")
    return str(tmp_path / "*.parquet")


def steps(files: str, checkpoint: Path, **given: Any) -> tuple[Any, Iterator[Any]]:
    model = SoftmaxRegression(C=100.0, tol=1e-10)
    return model, model.iter_fit(files, target="y", memory=SMALL, checkpoint=checkpoint, **given)


def fitted(files: str, checkpoint: Path, **given: Any) -> Any:
    model, run = steps(files, checkpoint, **given)
    for _ in run:
        pass
    return model


@pytest.mark.parametrize("made", [1, 2, 3])
def test_a_fit_goes_on_to_the_same_bits(made: int, files: str, tmp_path: Path) -> None:
    whole = fitted(files, tmp_path / "whole.ckpt")
    assert whole.n_iter_[0] >= 3
    _, run = steps(files, tmp_path / "fit.ckpt")
    for _ in range(made):
        next(run)
    run.close()  # type: ignore[attr-defined]
    _, run = steps(files, tmp_path / "fit.ckpt", resume=True)
    next(run)  # and is ended again, where it went on
    run.close()  # type: ignore[attr-defined]
    model = fitted(files, tmp_path / "fit.ckpt", resume=True)
    np.testing.assert_array_equal(model.coef_, whole.coef_)
    np.testing.assert_array_equal(model.intercept_, whole.intercept_)
    assert (model.gap_, model.objective_) == (whole.gap_, whole.objective_)
    assert model.n_iter_ == whole.n_iter_
    assert [r.objective for r in model.trace_] == [r.objective for r in whole.trace_]


def test_a_finished_fit_is_only_read_again(files: str, tmp_path: Path) -> None:
    whole = fitted(files, tmp_path / "fit.ckpt")
    model, run = steps(files, tmp_path / "fit.ckpt", resume=True)
    assert len(list(run)) == 1
    np.testing.assert_array_equal(model.coef_, whole.coef_)


def test_without_resume_a_fit_begins_anew(files: str, tmp_path: Path) -> None:
    fitted(files, tmp_path / "fit.ckpt")
    _, run = steps(files, tmp_path / "fit.ckpt")
    assert len(list(run)) > 1


def test_the_checkpoint_of_another_fit_is_refused(files: str, tmp_path: Path) -> None:
    fitted(files, tmp_path / "fit.ckpt")
    model = SoftmaxRegression(C=1.0)
    with pytest.raises(ValueError, match="is the checkpoint of another fit"):
        model.fit(files, target="y", memory=SMALL, checkpoint=tmp_path / "fit.ckpt", resume=True)


def test_a_damaged_checkpoint_is_refused_in_one_sentence(files: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.ckpt"
    fitted(files, path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"fit\.ckpt is no checkpoint of a SoftmaxRegression"):
        fitted(files, path, resume=True)


@pytest.fixture
def steep(tmp_path: Path) -> str:
    """Write files of which the rows that fit in memory tell too little of the Hessian."""
    rng = np.random.default_rng(1)
    sizes = np.logspace(-2, 2, 20)
    X = rng.normal(size=(6000, 20)) * sizes
    y = (X @ (rng.normal(size=(4, 20)) / sizes).T * 3.0 + rng.gumbel(size=(6000, 4))).argmax(1)
    for k, part in enumerate(np.array_split(np.arange(6000), 4)):
        np.savez(tmp_path / f"{k}.npz", X=X[part], y=y[part])
    return str(tmp_path / "*.npz")


@pytest.mark.parametrize("made", [2, 3, 5])
def test_a_fit_that_went_on_without_a_sample_goes_on_to_the_same_bits(
    made: int, steep: str, tmp_path: Path
) -> None:
    def run(name: str, **given: Any) -> tuple[Any, Iterator[Any]]:
        model = SoftmaxRegression(C=100.0, tol=1e-9)
        checkpoint = tmp_path / name
        return model, model.iter_fit(steep, memory=40_000, checkpoint=checkpoint, **given)

    whole, steps = run("whole.ckpt")
    without = ["inverse" in step.course for step in steps]
    assert without == sorted(without)
    assert without.index(True) == 3  # from the fourth step on
    _, steps = run("fit.ckpt")
    for _ in range(made):
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    _, steps = run("fit.ckpt", resume=True)
    next(steps)  # and is ended again, where it went on
    steps.close()  # type: ignore[attr-defined]
    model, steps = run("fit.ckpt", resume=True)
    for _ in steps:
        pass
    np.testing.assert_array_equal(model.coef_, whole.coef_)
    assert (model.gap_, model.objective_) == (whole.gap_, whole.objective_)
    assert model.n_iter_ == whole.n_iter_
    assert whole.trace_[-1].passes <= 60
