import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from softlearn.cli.inspect.columns import column_warnings, identifiers
from softlearn.cli.sources import Dataset

N = 120
RNG = np.random.default_rng(0)
SOUND = pd.DataFrame(
    {
        "width": RNG.normal(size=N),
        "length": RNG.normal(size=N).round(1),
        "colour": RNG.choice(["red", "green", "blue"], size=N),
        "count": RNG.integers(0, 9, size=N).astype(float),
    }
)
Y = RNG.choice(["yes", "no"], size=N)


def table(**columns):
    X = SOUND.assign(**columns)
    return Dataset("table", X, Y, "answer", list(X.columns), types=dict.fromkeys(X, "number"))


def the_only_warning(data):
    found = column_warnings(data)
    assert len(found) == 1, found
    return found[0]


def test_sound_columns_give_no_warning():
    assert column_warnings(table()) == []


def test_a_constant_column_is_named():
    said = the_only_warning(table(unit="mm"))
    assert said == "The column 'unit' is constant, and tells the model nothing."


def test_a_column_without_values_is_named():
    assert "'nothing' has no values" in the_only_warning(table(nothing=np.full(N, np.nan)))


def test_several_constant_columns_share_a_sentence():
    said = the_only_warning(table(one=1.0, two=2.0))
    assert said == "2 columns are constant, and tell the model nothing: 'one', 'two'."


def test_columns_that_hold_the_same_values_are_named_together():
    assert "'width', 'copy'" in the_only_warning(table(copy=SOUND["width"]))


@pytest.mark.parametrize(
    "codes",
    [[f"P{i:04d}" for i in range(N)], np.arange(N) + 1.0, RNG.permutation(N) + 1000.0],
    ids=["codes", "row numbers", "shuffled numbers"],
)
def test_a_column_that_differs_in_every_row_looks_like_an_identifier(codes):
    said = the_only_warning(table(**{"patient no": codes}))
    assert "'patient no' looks like an identifier" in said
    assert "--exclude 'patient no'" in said


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        ([f"P{i:04d}" for i in range(N)], True),
        (np.arange(N) + 1.0, True),
        (RNG.random(N), False),
        ([f"word{'x' * (i % 9)}{i}" for i in range(N)], False),
        (["".join(RNG.permutation(list("abcdefgh"))) + "xyz"[i % 3] for i in range(N)], False),
    ],
    ids=["codes", "row numbers", "measured", "addresses", "words"],
)
def test_what_only_names_the_rows_is_left_out_and_what_may_tell_of_them_is_not(cells, left_out):
    assert list(identifiers(table(code=cells))) == ["code"] * left_out


def test_the_only_column_is_kept_whatever_it_is():
    X = pd.DataFrame({"id": np.arange(N) + 0.0})
    assert identifiers(Dataset("table", X, Y, "answer", ["id"])) == {}


SORTED = np.sort(Y)


@pytest.mark.parametrize(
    "order",
    [np.arange(N), np.arange(N)[::-1], np.arange(N) + 1001, RNG.permutation(N)],
    ids=["upwards", "downwards", "from 1001", "shuffled since"],
)
def test_a_row_number_of_a_table_sorted_by_class_makes_the_figures_false(order):
    X = SOUND.assign(id=order.astype(float))
    y = SORTED[np.argsort(np.argsort(order))]
    said = the_only_warning(Dataset("table", X, y, "answer", list(X)))
    assert said == (
        "The column 'id' numbers the rows of a table that is sorted by class: it gives away the "
        "class of rows held out of that table, but not of new ones, so figures measured on such "
        "rows are false; leave it out (--exclude id)."
    )


def test_so_does_one_of_a_table_that_is_sorted_but_for_some_rows():
    y = SORTED.copy()
    y[::15] = RNG.choice(["yes", "no"], size=len(y[::15]))
    X = SOUND.assign(id=np.arange(N) + 0.0)
    assert "figures measured on such rows are false" in the_only_warning(
        Dataset("table", X, y, "answer", list(X))
    )


@pytest.mark.parametrize("rows", [20, 30, 49])
def test_a_number_that_sorts_a_small_table_is_no_row_number(rows):
    X = pd.DataFrame({"year": np.arange(rows) + 1.0})
    y = np.repeat(["a", "b"], [rows // 2, rows - rows // 2])
    found = column_warnings(Dataset("table", X, y, "answer", list(X)))
    assert not any("numbers the rows" in sentence or "identifier" in sentence for sentence in found)


def test_a_class_of_few_rows_that_stand_together_does_not_say_that_a_table_is_sorted():
    X = pd.DataFrame({"id": np.arange(N) + 0.0})
    y = np.repeat(["a", "b"], [N - 3, 3])
    found = column_warnings(Dataset("table", X, y, "answer", list(X)))
    assert any("'id' looks like an identifier" in sentence for sentence in found)
    assert not any("sorted by class" in sentence for sentence in found)


def test_a_row_number_of_rows_in_any_order_is_an_identifier_only():
    rng = np.random.default_rng(1)
    for shares in ([0.5, 0.5], [0.95, 0.05], [0.8, 0.1, 0.1], [0.99, 0.01]):
        for _ in range(40):
            y = rng.choice(list("abc")[: len(shares)], size=N, p=shares)
            X = pd.DataFrame({"id": np.arange(N) + 0.0})
            found = column_warnings(Dataset("table", X, y, "answer", ["id"]))
            if len(np.unique(y)) > 1:
                assert not any("sorted by class" in sentence for sentence in found)


@pytest.mark.parametrize(
    "values",
    [np.where(Y == "yes", 1.0, 0.0) * 3 + RNG.random(N), np.where(Y == "yes", "J", "N")],
    ids=["number", "category"],
)
def test_a_column_that_predicts_the_target_alone_is_a_leak(values):
    said = the_only_warning(table(decided=values))
    assert "'decided' predicts the target (almost) without error alone" in said


def test_a_column_that_predicts_well_but_not_perfectly_is_no_leak():
    wrong = np.where(RNG.random(N) < 0.15, "x", Y)
    assert column_warnings(table(decided=wrong)) == []


@pytest.mark.parametrize("hold", [np.asarray, csr_array])
def test_constant_columns_of_matrices_are_counted(hold):
    X = RNG.normal(size=(N, 4))
    X[:, [1, 3]] = 0.0
    said = the_only_warning(Dataset("matrix", hold(X), Y))
    assert said == "2 columns are constant, and tell the model nothing: 'x1', 'x3'."
