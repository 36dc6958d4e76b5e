"""Files whose rows lie with the workers of an engine are fitted as their rows are."""

import operator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from sklearn.datasets import dump_svmlight_file

from softlearn import SoftmaxRegression
from softlearn.engines import LocalEngine
from softlearn.streams import StreamOptions, drawn, files_of, read_files

N, D = 900, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = np.array(["red", "green", "blue"])[(2 * X[:, :3] + RNG.gumbel(size=(N, 3))).argmax(1)]
WEIGHTS = RNG.integers(0, 3, N).astype(float)
EDGES = [0, 100, 100, 550, N]  # one file is empty
NAMES = [f"x{j}" for j in range(D)]


def write(folder: Path, y: Any = Y) -> str:
    for k, (a, b) in enumerate(pairwise(EDGES)):
        columns = {name: X[a:b, j] for j, name in enumerate(NAMES)}
        table = pa.table({**columns, "y": y[a:b], "s": WEIGHTS[a:b]})
        pa.parquet.write_table(table, folder / f"{k}.parquet")
    return str(folder / "*.parquet")


def fit(files: str, **given: Any) -> SoftmaxRegression:
    given = {"target": "y", "exclude": ("s",), **given}
    return SoftmaxRegression(engine=LocalEngine()).fit(files, **given)


def same_fit(a: Any, b: Any) -> None:
    for name in ("coef_", "intercept_", "gap_", "objective_", "n_iter_", "classes_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_files_give_the_bits_of_their_rows(tmp_path: Path) -> None:
    model = fit(write(tmp_path))
    same_fit(model, SoftmaxRegression(engine=LocalEngine()).fit(X, Y))
    assert list(model.feature_names_in_) == NAMES


def test_weights_are_a_column_of_the_files(tmp_path: Path) -> None:
    model = fit(write(tmp_path), weight="s", exclude=())
    same_fit(model, SoftmaxRegression(engine=LocalEngine()).fit(X, Y, WEIGHTS))


def test_columns_of_sparse_files_are_counted_over_all_of_them(tmp_path: Path) -> None:
    sparse = np.where(RNG.uniform(size=(N, 30)) < 0.1, 1.0, 0.0)
    sparse[:500, 20:] = 0.0
    codes = RNG.integers(0, 3, N)
    for k, rows in enumerate((slice(0, 500), slice(500, N))):
        path = str(tmp_path / f"{k}.svm")
        dump_svmlight_file(sparse[rows], codes[rows], path, zero_based=False)
    model = fit(str(tmp_path / "*.svm"), target=None, exclude=())
    expected = SoftmaxRegression(tol=1e-9).fit(sparse, codes)
    assert model.coef_.shape == (3, 30)
    assert model.objective_ == pytest.approx(expected.objective_, rel=2e-6)


def test_mistakes_name_the_file_or_the_argument(tmp_path: Path) -> None:
    files = write(tmp_path)
    with pytest.raises(ValueError, match=r"0\.parquet has no column 'z'"):
        fit(files, target="z")
    with pytest.raises(ValueError, match="hold no labels: name their column with target="):
        fit(files, target=None, exclude=("y", "s"))
    with pytest.raises(TypeError, match="takes memory for fits without an engine alone"):
        fit(files, memory="1GB")
    with pytest.raises(ValueError, match="leave y and sample_weight out"):
        SoftmaxRegression(engine=LocalEngine()).fit(files, Y, target="y")
    with pytest.raises(TypeError, match="takes target for files alone: leave it out"):
        SoftmaxRegression(engine=LocalEngine()).fit(X, Y, target="y")
    columns = {name: X[:9, j] for j, name in enumerate(NAMES)}
    odd = tmp_path / "9.parquet"
    pa.parquet.write_table(pa.table({**columns, "y": range(9), "s": WEIGHTS[:9]}), odd)
    with pytest.raises(ValueError, match="labels are text in some partitions and numbers in other"):
        fit(files)
    pa.parquet.write_table(pa.table({"y": Y[:9], "s": WEIGHTS[:9]}), odd)
    with pytest.raises(ValueError, match=r"9\.parquet has no columns of features"):
        fit(files)


def test_a_file_that_has_changed_is_not_read_again(tmp_path: Path) -> None:
    class Forgetful(LocalEngine):
        """Makes everything again, each time it is asked for."""

        def make(self, f: Any, *args: Any) -> Any:
            return lambda: f(*map(known, args))

        def ask(self, f: Any, handles: list[Any], *args: Any) -> list[Any]:
            return super().ask(f, [known(handle) for handle in handles], *args)

    def known(handle: Any) -> Any:
        if isinstance(handle, list | tuple):
            return type(handle)(map(known, handle))
        return handle() if callable(handle) else handle

    files = write(tmp_path)
    model = SoftmaxRegression(engine=Forgetful())
    same_fit(model.fit(files, target="y", exclude=("s",)), fit(files))
    steps = model.iter_fit(files, target="y", exclude=("s",))
    next(steps)
    (tmp_path / "3.parquet").write_bytes((tmp_path / "2.parquet").read_bytes() + b" ")
    with pytest.raises(ValueError, match=r"3\.parquet has changed since this fit began"):
        list(steps)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_rows_that_are_drawn_are_all_rows_once_and_every_class_is_kept(
    share: float, tmp_path: Path
) -> None:
    engine = LocalEngine()
    read, _ = read_files(engine, files_of(write(tmp_path)), StreamOptions("y").columns)
    numbered = list(enumerate(read))
    tested, trained = (
        engine.ask(drawn, numbered, *span, 7) for span in ((0.0, share), (share, 1.0))
    )
    for whole, *parts in zip(read, tested, trained, strict=True):
        rows = [part.X for part in parts if part.facts.n]
        found = np.concatenate(rows) if rows else np.empty((0, D + 1))
        order = operator.itemgetter(*range(3))
        assert sorted(map(order, found.tolist())) == sorted(map(order, whole.X.tolist()))
        if share < 1.0:
            np.testing.assert_array_equal(np.unique(parts[1].y), np.unique(whole.y))


@pytest.mark.parametrize("made", [1, 2, 4])
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_a_fit_goes_on_from_its_checkpoint_to_the_same_bits(
    made: int, solver: str, tmp_path: Path
) -> None:
    def steps(name: str, parts: int = 1, **given: Any) -> Any:
        engine = LocalEngine(parts)
        model = SoftmaxRegression(C=100.0, tol=1e-10, solver=solver, engine=engine)
        return model, model.iter_fit(X, Y, checkpoint=tmp_path / name, **given)

    whole, run = steps("whole")
    for _ in run:
        pass
    assert whole.n_iter_[0] >= 4
    _, run = steps("fit")
    for _ in range(made):
        next(run)
    run.close()
    model, run = steps("fit", parts=3, resume=True)
    for _ in run:
        pass
    same_fit(model, whole)
    assert [r.objective for r in model.trace_] == [r.objective for r in whole.trace_]


def test_the_checkpoint_of_other_rows_is_refused(tmp_path: Path) -> None:
    given = {"checkpoint": tmp_path / "fit.ckpt"}
    SoftmaxRegression(engine=LocalEngine()).fit(X, Y, **given)
    with pytest.raises(ValueError, match="is the checkpoint of another fit"):
        SoftmaxRegression(engine=LocalEngine()).fit(2 * X, Y, resume=True, **given)
