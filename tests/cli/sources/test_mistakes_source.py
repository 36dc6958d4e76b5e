"""Mistakes in what is read get one sentence, and leave no file."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mistakes import fit
from running import PENGUINS

pytestmark = pytest.mark.usefixtures("penguins")


def test_a_missing_file(capsys):
    assert fit(capsys, "nothing.csv") == "nothing.csv does not exist."


def test_an_unknown_target_column_with_the_names_close_to_it(capsys):
    said = fit(capsys, "penguins.csv", target="specie")
    assert "no column 'specie'" in said
    assert "did you mean 'species'" in said


def test_no_target_for_a_table(capsys):
    assert "--target" in fit(capsys, "penguins.csv", target=None)


@pytest.mark.parametrize("text", ["", "a,species\n"], ids=["nothing", "only a header"])
def test_an_empty_table(capsys, text):
    Path("empty.csv").write_text(text)
    assert re.search("is empty|has no rows", fit(capsys, "empty.csv"))


def test_one_class_only(capsys):
    Path("one.csv").write_text("a,species\n" + "1,Adelie\n" * 30)
    assert "one class only ('Adelie'" in fit(capsys, "one.csv").replace("(Adelie", "('Adelie'")


def test_infinity_in_a_table(capsys):
    Path("inf.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10 + "inf,x\n")
    assert "infinite values in 'a'" in fit(capsys, "inf.csv")


def test_nan_in_a_matrix(capsys):
    np.savez("nan.npz", X=np.array([[1.0, np.nan], [2.0, 3.0]] * 5), y=["x", "y"] * 5)
    said = fit(capsys, "nan.npz", target=None)
    assert "NaN in row 0, column 1" in said


def test_missing_labels(capsys):
    Path("gaps.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10 + "3,\n")
    assert "1 row has no label in the target 'species'" in fit(capsys, "gaps.csv")


def test_a_ragged_csv_with_the_line(capsys):
    Path("ragged.csv").write_text("a,b,species\n1,2,x\n1,2\n3,4,y\n")
    said = fit(capsys, "ragged.csv")
    assert "ragged: line 3 has 2 cells where the header has 3" in said


def test_a_target_that_is_a_continuous_number(capsys):
    said = fit(capsys, "penguins.csv", target="body_mass_g")
    assert "'body_mass_g'" in said
    assert re.search("number to regress|no label", said)


def test_a_target_of_fractions(capsys):
    rows = "".join(f"{i},{i / 7}\n" for i in range(40))
    Path("price.csv").write_text("a,price\n" + rows)
    assert "a number to regress, not a class" in fit(capsys, "price.csv", target="price")


def test_a_suffix_that_names_no_format(capsys):
    Path("penguins.docx").write_bytes(b"PK")
    assert "is a document of text, and is not read" in fit(capsys, "penguins.docx")
    Path("penguins.dat").write_bytes(b"PK")
    assert "'.dat', which names no format" in fit(capsys, "penguins.dat")


def test_an_unknown_column_to_exclude_or_to_weigh_by(capsys):
    assert "no column 'nothing'" in fit(capsys, "penguins.csv", "--exclude", "nothing")
    assert "no column 'nothing'" in fit(capsys, "penguins.csv", "--weights", "nothing")


def test_weights_that_are_no_weights(capsys):
    assert "'island' are not numbers" in fit(capsys, "penguins.csv", "--weights", "island")
    said = fit(capsys, "penguins.csv", "--weights", "body_mass_g")  # two cells are empty
    assert "numbers of at least 0 in every row" in said


def test_weights_that_leave_one_class(capsys):
    table = pd.read_csv(PENGUINS)
    table.assign(weight=table.species == "Gentoo").to_csv("one.csv", index=False)
    assert "of one class (Gentoo)" in fit(capsys, "one.csv", "--weights", "weight")


def test_no_columns_left(capsys):
    Path("two.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10)
    assert "has no columns left" in fit(capsys, "two.csv", "--exclude", "a")


def test_a_target_for_a_source_that_has_its_own_classes(capsys):
    for label in "ab":
        Path(f"texts/{label}").mkdir(parents=True)
        Path(f"texts/{label}/1.txt").write_text("some words")
    assert "leave --target species out" in fit(capsys, "texts")


def test_test_rows_with_other_columns(capsys):
    pd.read_csv(PENGUINS).drop(columns="island").to_csv("test.csv", index=False)
    assert "'island'" in fit(capsys, "penguins.csv", "--test", "test.csv")
