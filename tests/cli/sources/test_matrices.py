"""NPZ and svmlight, and the sentence for each mistake."""

import gzip

import numpy as np
import pytest
from running import run
from scipy.sparse import issparse

from softlearn.cli.sources import ReadOptions, SourceError, iter_source, read_source


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def fit(path, target=None):
    return read_source(path, target, need_target=True)


def npz(folder, **arrays):
    path = folder / "t.npz"
    np.savez(path, **arrays)
    return path


def test_an_npz_gives_its_arrays(tmp_path):
    X = np.arange(12, dtype=np.float32).reshape(4, 3)
    path = npz(tmp_path, X=X, y=["a", "b", "a", "b"], feature_names=["p", "q", "r"])
    data = fit(path)
    assert (data.kind, data.feature_names, data.X.dtype) == ("matrix", ["p", "q", "r"], np.float32)
    assert list(data.y) == ["a", "b", "a", "b"]
    assert [len(batch) for batch in iter_source(path, None, 3)] == [3, 1]


def test_the_labels_of_an_npz_are_named_by_the_target(tmp_path):
    path = npz(tmp_path, X=np.eye(2), y=[0, 0], other=[1.0, 2.0])
    data = fit(path, "other")
    assert list(data.y) == [1, 2]
    assert data.y.dtype == np.int64


def test_images_in_an_npz_are_flattened_with_a_note(tmp_path):
    data = fit(npz(tmp_path, X=np.zeros((2, 3, 4), np.uint8), y=[[0], [1]]))
    assert data.X.shape == (2, 12)
    assert "flattened" in data.notes[0]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"data": np.eye(2)}, "no array 'X' for the rows; it holds 'data'"),
        ({"X": np.eye(2)}, "no array 'y' for the labels"),
        ({"X": np.ones(2), "y": [0, 1]}, "float64 of shape (2,)"),
        ({"X": np.array([["a"]]), "y": [0]}, "it must hold numbers"),
        ({"X": np.eye(2), "y": [0, 1, 2]}, "'y' has shape (3,), but X has 2 rows"),
        ({"X": np.eye(2), "y": np.array([0, 1], "M8[s]")}, "cannot be labels"),
        ({"X": np.empty((0, 2)), "y": []}, "no rows"),
        ({"X": np.array([[0, 1], [np.nan, np.inf]]), "y": [0, 1]}, "2 values that are NaN or inf"),
        ({"X": np.array([[0, 1], [2, np.inf]]), "y": [0, 1]}, "infinity in row 1, column 1"),
        ({"X": np.array([[None]]), "y": [0]}, "Python objects, which are not read"),
        ({"X": np.eye(2), "y": [0.0, np.nan]}, "1 row has no label in the target 'y'"),
        ({"X": np.eye(2), "y": [1, 1]}, "one class only (1, in all 2 rows)"),
    ],
)
def test_mistakes_in_an_npz(tmp_path, arrays, words):
    assert words in said(fit, npz(tmp_path, **arrays))


@pytest.mark.parametrize("kind", ["int64", "uint64"])
def test_whole_numbers_of_an_npz_that_float64_makes_equal_are_named(tmp_path, kind):
    X = np.array([[1, 2**53], [2, 2**53 + 1]], dtype=kind)
    (note,) = fit(npz(tmp_path, X=X, y=[0, 1])).notes
    assert (
        f"beyond 2^53, which arithmetic cannot tell apart, such as {2**53} and {2**53 + 1}" in note
    )
    assert "in column 1 (counted from 0)" in note
    X[1, 1] += 1
    assert fit(npz(tmp_path, X=X, y=[0, 1])).notes == ()


def test_svmlight_gives_a_sparse_matrix_and_its_labels(tmp_path):
    path = write(tmp_path / "t.svm", "1 1:0.5 3:2 # first\n-1 2:1\n\n1\n")
    data = fit(path)
    assert issparse(data.X)
    np.testing.assert_array_equal(data.X.toarray(), [[0.5, 0, 2], [0, 1, 0], [0, 0, 0]])
    assert list(data.y) == [1, -1, 1]
    assert data.layout == {"zero_based": False}
    packed = tmp_path / "t.svmlight.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert fit(packed).X.shape == (3, 3)


def test_svmlight_counts_and_is_as_wide_as_when_trained(tmp_path):
    zero = fit(write(tmp_path / "zero.svm", "1 0:1 2:1\n2 1:1\n"))
    assert zero.layout == {"zero_based": True}
    assert zero.X.shape == (2, 3)
    like = {"kind": "matrix", "layout": {"zero_based": True}, "n_features": 3}
    other = read_source(write(tmp_path / "u.svm", "1 1:4\n"), None, need_target=False, like=like)
    np.testing.assert_array_equal(other.X.toarray(), [[0, 4, 0]])
    assert other.y is None
    ones = {"kind": "matrix", "layout": {"zero_based": False}, "n_features": 3}
    batches = iter_source(tmp_path / "zero.svm", None, 9, like=ones)
    assert "has the index 0, but the model's indices count from 1" in said(list, batches)
    of_a_table = {"kind": "table", "layout": {}, "n_features": 5}
    (batch,) = iter_source(tmp_path / "zero.svm", None, 9, like=of_a_table)
    assert batch.X.shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 1:2\na 1:2\n", "line 2 ('a 1:2') must be a number, then index:value pairs"),
        ("1 1:2\n2 x:2\n", "line 2"),
        ("1 1:2\n2 3:1 2:1\n", "the indices of line 2 do not increase"),
        ("1 1:2\n2 -1:2\n", "the indices of line 2"),
        ("", "no rows"),
        ("1 1:2\n2 2:nan\n", "NaN in row 1, column 1"),
    ],
)
def test_mistakes_in_svmlight(tmp_path, text, words):
    assert words in said(fit, write(tmp_path / "t.svm", text))


def test_a_source_with_labels_of_its_own_takes_no_target(tmp_path):
    path = write(tmp_path / "t.svm", "1 1:2\n2 1:3\n")
    assert "leave --target kind out; the classes of a svmlight file are" in said(fit, path, "kind")
    (tmp_path / "t" / "a").mkdir(parents=True)
    write(tmp_path / "t" / "a" / "1.txt", "x")
    assert "the classes of a folder are" in said(fit, tmp_path / "t", "kind")


@pytest.mark.parametrize("content", [b"", b"not what it says", b"PK\x03\x04broken"])
def test_a_damaged_npz_is_named(tmp_path, content):
    path = tmp_path / "t.npz"
    path.write_bytes(content)
    assert said(fit, path).startswith(f"{path} is {'damaged' if content else 'empty'}")


def test_an_npz_with_damaged_bytes_gives_rows_or_a_sentence(tmp_path):
    path = npz(tmp_path, X=np.eye(3), y=[0, 1, 1])
    rng, whole, outcomes = np.random.default_rng(0), path.read_bytes(), set()
    for _ in range(100):
        raw = bytearray(whole)
        for place in rng.integers(0, len(raw), 3):
            raw[place] = rng.integers(256)
        path.write_bytes(raw)
        try:
            outcomes.add(fit(path).kind)
        except SourceError as error:
            outcomes.add(str(error).partition(str(path))[0])
    assert outcomes == {"matrix", ""}


def npy(folder, X, y=None):
    """Write rows, and labels beside them; return both paths."""
    np.save(folder / "rows.npy", X)
    if y is not None:
        np.save(folder / "labels.npy", y)
    return folder / "rows.npy", folder / "labels.npy"


def fit_npy(rows, labels):
    return read_source(rows, None, need_target=True, options=ReadOptions(labels=labels))


@pytest.mark.parametrize(
    ("dtype", "read_as"), [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i1", "i1")]
)
def test_rows_and_labels_are_read_from_a_file_each(tmp_path, dtype, read_as):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    rows, labels = npy(tmp_path, X, ["a", "b", "a", "b"])
    data = fit_npy(rows, labels)
    assert (data.kind, data.X.dtype, list(data.y)) == ("matrix", read_as, ["a", "b", "a", "b"])
    np.testing.assert_array_equal(data.X, X)
    assert [len(batch) for batch in iter_source(rows, None, 3)] == [3, 1]


def test_rows_of_float32_stay_in_their_file(tmp_path):
    data = fit_npy(*npy(tmp_path, np.eye(3, dtype="f4"), [0, 1, 0]))
    assert isinstance(data.X, np.memmap)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (np.eye(2), None, "does not exist"),
        (np.eye(2), [1, 2, 3], "'the labels' has shape (3,), but X has 2 rows"),
        (np.eye(2), np.array([{}, {}]), "labels.npy holds Python objects"),
        (np.array([[{}], [{}]]), [0, 1], "rows.npy holds Python objects"),
        (np.full((2, 2), np.nan), [0, 1], "rows.npy: X has 4 values that are NaN or infinite"),
        (np.zeros(3), [0, 1, 2], "X is float64 of shape (3,)"),
    ],
)
def test_mistakes_in_npy_files(tmp_path, X, y, words):
    assert words in said(fit_npy, *npy(tmp_path, X, y))


def test_what_has_no_labels_and_what_has_its_own_say_so(tmp_path):
    rows, labels = npy(tmp_path, np.eye(2), [0, 1])
    assert "name the file of their labels with --labels" in said(fit, rows)
    assert "leave --target y out" in said(
        read_source, rows, "y", need_target=True, options=ReadOptions(labels=labels)
    )
    assert "--labels and --test-labels are for NPY" in said(
        fit_npy, npz(tmp_path, X=np.eye(2), y=[0, 1]), labels
    )
    rows.write_bytes(rows.read_bytes()[:-9])
    assert "is damaged or is not an NPY file" in said(fit_npy, rows, labels)


def test_a_matrix_without_rows_has_predictions_without_rows(capsys, here):
    X, y = np.eye(4), np.array(list("abab"))
    np.savez("t.npz", X=X, y=y)
    np.save("none.npy", X[:0])
    np.savez("none.npz", X=X[:0], y=y[:0])
    run(capsys, "fit", "t.npz", "-o", "m.softlearn", "--no-test", "-q")
    for source in ("none.npy", "none.npz"):
        shown = run(capsys, "predict", "m.softlearn", source, "-o", "-")
        assert shown.out == "label,probability_a,probability_b\n"
    assert "no rows" in run(capsys, "evaluate", "m.softlearn", "none.npz", status=1).err
