import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from softlearn.cli.inspect.rows import (
    calibration_warning,
    class_warnings,
    shared_rows,
    split_warnings,
)
from softlearn.cli.sources import Dataset


def test_a_class_with_one_row_is_named():
    said = class_warnings(np.array(["a"] * 5 + ["b"] * 5 + ["rare"]))
    assert len(said) == 1
    assert said[0].startswith("The class 'rare' has one row only")


def test_very_unbalanced_classes_are_mentioned_and_others_are_not():
    said = class_warnings(np.repeat(["a", "b"], [2000, 5]))
    assert "'a' has 2,000 rows, 'b' 5" in said[0]
    assert class_warnings(np.repeat(["a", "b"], [200, 5])) == []


def test_classes_of_one_part_only_are_named():
    unseen, untested = split_warnings(np.array(["a", "b", "b"]), np.array(["a", "c", "c"]))
    assert unseen.startswith("The class 'c' was not seen in training: 2 rows")
    assert untested == "The class 'b' was seen in training only: it is not tested."
    assert split_warnings(np.array(["a", "b"]), np.array(["b", "a"])) == []


def test_probabilities_that_are_too_cautious_or_too_bold_are_mentioned_if_there_are_many():
    remedies = ("more of it may help", "less of it may help")
    cautious = calibration_warning(0.9, 0.5, 1000, remedies)
    bold = calibration_warning(0.7, 0.9, 1000, remedies)
    assert "too cautious, by 40 percentage points on average: more of it" in cautious
    assert "too bold, by 20 percentage points on average: less of it" in bold
    assert calibration_warning(0.90, 0.85, 1000, remedies) == ""
    assert calibration_warning(0.9, 0.5, 20, remedies) == ""


@pytest.mark.parametrize("kind", ["table", "dense", "sparse", "text", "image"])
def test_test_rows_with_the_features_of_a_training_row_are_counted(kind, tmp_path):
    def data(numbers):
        if kind == "table":
            return Dataset("table", pd.DataFrame({"a": numbers, "b": [str(n) for n in numbers]}))
        if kind in ("dense", "sparse"):
            X = np.array([[n, 0.0, 1.0] for n in numbers])
            return Dataset("matrix", csr_array(X) if kind == "sparse" else X)
        if kind == "text":
            return Dataset("text", np.array([f"text {n}" for n in numbers], dtype=object))
        files = [tmp_path / f"{len(list(tmp_path.iterdir()))}-{i}" for i in range(len(numbers))]
        for file, n in zip(files, numbers, strict=True):
            file.write_text(str(n))
        return Dataset("image", np.array([str(file) for file in files], dtype=object))

    train = data([1, 2, 3])
    assert shared_rows(train, data([4, 5])) == ""
    said = shared_rows(train, data([2, 5, 3, 3]))
    assert said.startswith("3 of the 4 test rows (75.0 %) have the same features")
