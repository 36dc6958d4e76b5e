"""What is wrong with files is said in one sentence that names them."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from softlearn import SoftmaxRegression
from softlearn.streams import StreamOptions, open_stream
from softlearn.streams import source as source_module

SMALL = 20_000


def columns(n: int = 600, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(size=n), "b": rng.normal(size=n), "y": rng.integers(0, 3, n)}


def put(folder: Path, number: int, **changed: Any) -> Path:
    given = {k: v for k, v in {**columns(seed=number), **changed}.items() if v is not None}
    path = folder / f"part{number:02d}.parquet"
    pa.parquet.write_table(pa.table(given), path)
    return path


def fit(folder: Path, **given: Any) -> SoftmaxRegression:
    given = {"target": "y", "memory": SMALL, **given}
    return SoftmaxRegression().fit(str(folder / "*.parquet"), **given)


@pytest.mark.parametrize(("value", "what"), [(np.nan, "no number"), (np.inf, "infinity")])
def test_a_value_that_is_no_number_is_named_by_file_row_and_column(
    value: float, what: str, tmp_path: Path
) -> None:
    for k in range(5):
        put(tmp_path, k)
    b = columns()["b"]
    b[123] = value
    put(tmp_path, 37, b=b)
    with pytest.raises(ValueError, match=rf"part37\.parquet has {what} in row 123, 'b'"):
        fit(tmp_path)


def test_a_missing_value_and_a_missing_label_are_named(tmp_path: Path) -> None:
    a = [*columns()["a"]]
    put(tmp_path, 0, a=[None, *a[1:]])
    with pytest.raises(ValueError, match=r"part00\.parquet has no number in row 0, 'a'"):
        fit(tmp_path)
    put(tmp_path, 0, y=[None, *columns()["y"].tolist()[1:]])
    with pytest.raises(ValueError, match=r"part00\.parquet has rows without a label in 'y'"):
        fit(tmp_path)


def test_text_and_other_columns_are_named(tmp_path: Path) -> None:
    put(tmp_path, 0)
    put(tmp_path, 1, b=None, c=columns()["b"])
    with pytest.raises(ValueError, match=r"part01\.parquet has other columns .* look at 'b'"):
        fit(tmp_path)
    put(tmp_path, 1, b=["red"] * 600)
    with pytest.raises(ValueError, match=r"part01\.parquet has string in 'b', but a stream takes"):
        fit(tmp_path)
    with pytest.raises(ValueError, match=r"has no column 'z'; it has 'a', 'b', 'y'"):
        fit(tmp_path, target="z")


def test_labels_of_two_kinds_are_refused(tmp_path: Path) -> None:
    put(tmp_path, 0)
    put(tmp_path, 1, y=["red"] * 600)
    with pytest.raises(ValueError, match="text in some rows and not in others"):
        fit(tmp_path)


def test_one_class_in_all_files_is_no_problem_to_fit(tmp_path: Path) -> None:
    put(tmp_path, 0, y=np.zeros(600, int))
    with pytest.raises(ValueError, match="at least 2 classes"):
        fit(tmp_path, memory=1000)


def test_files_that_are_not_there_or_of_no_known_kind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file matches"):
        fit(tmp_path)
    (tmp_path / "x.xyz").write_text("")
    with pytest.raises(ValueError, match=r"x\.xyz is none of the files a stream is made of"):
        SoftmaxRegression().fit(tmp_path / "x.xyz")
    with pytest.raises(ValueError, match="is a folder; name its files"):
        SoftmaxRegression().fit(tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"no such thing")
    with pytest.raises(ValueError, match=r"x\.parquet cannot be read"):
        fit(tmp_path)


def test_a_file_that_changes_during_a_fit_is_named(tmp_path: Path) -> None:
    for k in range(3):
        put(tmp_path, k)
    steps = SoftmaxRegression(tol=1e-12).iter_fit(
        str(tmp_path / "*.parquet"), target="y", memory=SMALL
    )
    next(steps)
    put(tmp_path, 1, a=np.zeros(600))
    with pytest.raises(ValueError, match=r"part01\.parquet has changed since this fit began"):
        list(steps)


@pytest.mark.parametrize("memory", ["much", "-1GB", "0", "3 apples"])
def test_a_memory_that_is_no_size_is_refused(memory: str, tmp_path: Path) -> None:
    put(tmp_path, 0)
    with pytest.raises(ValueError, match="memory must be a size such as '4GB'"):
        fit(tmp_path, memory=memory)


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4e9), ("500 MiB", 5e8), ("1.5g", 1.5e9), (7, 7)]
)
def test_sizes_are_read_as_people_write_them(text: Any, size: float) -> None:
    assert StreamOptions(memory=text).bytes == size


def test_arguments_of_files_are_for_files(tmp_path: Path) -> None:
    put(tmp_path, 0)
    with pytest.raises(TypeError, match="fit\\(\\) takes memory for files alone"):
        SoftmaxRegression().fit(np.eye(3), [0, 1, 2], memory=SMALL)
    with pytest.raises(TypeError, match="unexpected argument 'memmory'"):
        fit(tmp_path, memmory=3)
    with pytest.raises(ValueError, match="the files hold labels too"):
        SoftmaxRegression().fit(str(tmp_path / "*.parquet"), [0, 1], target="y")
    with pytest.raises(ValueError, match="name their column with target="):
        SoftmaxRegression().fit(str(tmp_path / "*.parquet"))


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, 0)

    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(ImportError, match=r"pip install 'softlearn\[stream\]'"):
        source_module.arrow("parquet")


def test_a_conversion_that_was_ended_goes_on_with_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(4):
        put(tmp_path, k)
    options = StreamOptions(target="y", memory=SMALL, cache=tmp_path / "cache")
    bad = columns()["b"]
    bad[5] = np.nan
    put(tmp_path, 2, b=bad)
    files = str(tmp_path / "*.parquet")
    with pytest.raises(ValueError, match=r"part02\.parquet has no number in row 5"):
        open_stream(files, options)
    told: list[str] = []
    stat = (tmp_path / "part02.parquet").stat()
    whole = open_stream(files, StreamOptions(target="y", memory=SMALL, exclude=("b",)))
    assert whole.X.d == 1
    monkeypatch.setattr("softlearn.streams.cache.check_finite", lambda *_: None)
    again = open_stream(
        files,
        StreamOptions(target="y", memory=SMALL, cache=tmp_path / "cache", tell=told.append),
    )
    os.utime(tmp_path / "part02.parquet", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert [line.split(",")[0] for line in told[:2]] == ["file 3 of 4", "file 4 of 4"]
    assert again.X.n == 2400
    told.clear()
    open_stream(
        files,
        StreamOptions(target="y", memory=SMALL, cache=tmp_path / "cache", tell=told.append),
    )
    assert not any(line.startswith("file") for line in told)


def test_a_cache_of_files_that_have_changed_is_made_anew(tmp_path: Path) -> None:
    put(tmp_path, 0)
    files, cache = str(tmp_path / "*.parquet"), tmp_path / "cache"
    options = StreamOptions(target="y", memory=SMALL // 10, cache=cache)
    before = open_stream(files, options)
    put(tmp_path, 0, a=np.full(600, 2.0))
    after = open_stream(files, options)
    assert before.fingerprint != after.fingerprint
    np.testing.assert_array_equal(after.X.take(np.arange(600))[:, 0], 2.0)
