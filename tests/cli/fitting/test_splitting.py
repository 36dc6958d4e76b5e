import numpy as np
import pytest
from mistakes import fails
from running import run_json

from softlearn.cli.fitting.splitting import folds, hold_out

Y = np.repeat(["a", "b", "c", "d"], [50, 21, 2, 1])


def test_every_class_gives_its_share_and_a_class_with_one_row_gives_none():
    train, test = hold_out(Y, 0.2, seed=0)
    labels, counts = np.unique(Y[test], return_counts=True)
    given = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    assert given["a"] == 10
    assert given["b"] in (4, 5)
    assert "d" not in given
    assert set(Y[train]) == set("abcd")


def test_the_parts_are_disjoint_whole_in_file_order_and_of_the_size_asked_for():
    train, test = hold_out(Y, 0.2, seed=1)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(len(Y)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert len(test) == round(0.2 * len(Y))


def test_every_class_keeps_a_row_to_train_on_whatever_the_share():
    train, _ = hold_out(Y, 0.99, seed=0)
    assert set(Y[train]) == set("abcd")


def test_the_seed_decides_which_rows_are_held_out():
    first, again, other = (hold_out(Y, 0.2, seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_folds_share_each_class_evenly_and_never_hold_a_single_row():
    fold = folds(Y, 5, seed=0)
    for label in "abc":
        counts = np.bincount(fold[np.isin(Y, label)], minlength=5)
        assert np.ptp(counts) <= 1
    assert (fold[Y == "d"] == -1).all()


def npy_rows():
    """Write rows and two copies of their labels."""
    y = np.arange(60) % 3
    np.save("rows.npy", np.eye(3)[y] + 0.1 * np.random.default_rng(0).normal(size=(60, 3)))
    np.save("labels.npy", y)
    np.save("others.npy", y)
    return "rows.npy", "--labels", "labels.npy", "--test", "rows.npy"


def test_rows_to_test_on_have_a_file_of_labels_too(here, capsys):
    words = npy_rows()
    facts = run_json(capsys, "fit", *words, "--test-labels", "others.npy", "-o", "m.softlearn")
    assert facts["test_rows"] == 60
    assert "--test-labels for those of --test" in fails(capsys, "fit", *words, "-o", "n.softlearn")
    alone = *words[:3], "--test-labels", "others.npy"
    assert "not given" in fails(capsys, "fit", *alone, "-o", "n.softlearn", status=2)


@pytest.mark.parametrize("output", ["labels.npy", "others.npy"])
def test_files_of_labels_are_not_written_over(here, capsys, output):
    words = *npy_rows(), "--test-labels", "others.npy"
    assert "would be lost" in fails(capsys, "fit", *words, "-o", output)
