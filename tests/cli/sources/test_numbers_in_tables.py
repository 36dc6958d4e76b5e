"""Numbers as people write them are read as meant, or the user is asked."""

import numpy as np
import pytest
from table_files import fit, said, write

from softlearn.cli.sources import ReadOptions
from softlearn.cli.sources.reading_words import sentences

PRICES = ["500", "640", "980", "1,020", "1,500", "2,060"]
POINTS = [price.replace(",", ".") for price in PRICES]


def table(folder, mark=";", **columns):
    """Write columns of cells with two classes in turn; quote the cells that need it."""
    rows = zip(*columns.values(), strict=True)
    lines = [mark.join([*columns, "kind"])]
    for i, row in enumerate(rows):
        cells = [f'"{cell}"' if mark in cell else cell for cell in row]
        lines.append(mark.join([*cells, "ab"[i % 2]]))
    return write(folder / "t.csv", "\n".join(lines) + "\n")


def read(folder, cells, mark=";", **options):
    """Return what a column of cells becomes, and what is said of it."""
    data = fit(table(folder, mark, x=cells), options=ReadOptions(**options))
    assert data.types == {"x": "number"}
    return list(data.X["x"]), " ".join(sentences(data.reading))


# -- two readings


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize(
    ("cells", "sign", "word"), [(PRICES, ",", "comma"), (POINTS, ".", "point")]
)
def test_prices_that_may_be_a_thousand_times_larger_are_asked_about(
    tmp_path, mark, cells, sign, word
):
    sentence = said(fit, table(tmp_path, mark, price=cells))
    assert f"in the column 'price' '1{sign}020' (row 4) is 1020" in sentence
    assert f"if the {word} stands between thousands, and 1.02 if it is the decimal" in sentence
    assert f"say --thousands '{sign}' or --decimal '{sign}'." in sentence


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({"thousands": ","}, [500, 640, 980, 1020, 1500, 2060]),
        ({"decimal": "."}, [500, 640, 980, 1020, 1500, 2060]),
        ({"decimal": ","}, [500, 640, 980, 1.02, 1.5, 2.06]),
        ({"thousands": ""}, [500, 640, 980, 1.02, 1.5, 2.06]),
    ],
)
def test_the_options_decide_between_two_readings(tmp_path, options, values):
    assert read(tmp_path, PRICES, **options)[0] == values


@pytest.mark.parametrize(
    ("cells", "other", "values"),
    [
        (PRICES, ["1.5", "0.25"], [500, 640, 980, 1020, 1500, 2060]),
        (PRICES, ["1,234,567", "12"], [500, 640, 980, 1020, 1500, 2060]),
        (PRICES, ["1,5", "0,25"], [500, 640, 980, 1.02, 1.5, 2.06]),
        (POINTS, ["1,5", "0,25"], [500, 640, 980, 1020, 1500, 2060]),
        (POINTS, ["1.234,5", "12"], [500, 640, 980, 1020, 1500, 2060]),
        (POINTS, ["1.5", "0.25"], [500, 640, 980, 1.02, 1.5, 2.06]),
    ],
)
def test_another_column_of_the_file_decides_between_two_readings(tmp_path, cells, other, values):
    data = fit(table(tmp_path, price=cells, weight=other * 3))
    assert list(data.X["price"]) == values


def test_other_columns_that_contradict_each_other_decide_nothing(tmp_path):
    path = table(tmp_path, price=PRICES, a=["1.5"] * 6, b=["1,5"] * 6)
    assert "no cell of the file tells which" in said(fit, path)


def test_columns_that_are_left_out_decide_nothing_and_need_make_no_sense(tmp_path):
    path = table(tmp_path, price=["1,5"] * 6, odd=PRICES)
    data = fit(path, options=ReadOptions(left_out=("odd",)))
    assert list(data.X["price"]) == [1.5] * 6


def test_a_cell_far_down_decides_as_well_as_the_first(tmp_path):
    many = ["1,020"] * 5000
    assert read(tmp_path, [*many, "1,5"])[0][0] == 1.02
    assert read(tmp_path, [*many, "1,234,567"])[0][0] == 1020
    assert read(tmp_path, [*[cell.replace(",", ".") for cell in many], "1.5"])[0][0] == 1.02


def test_three_decimals_throughout_are_decimals_where_commas_stand_between_cells(tmp_path):
    values, how = read(tmp_path, ["1.020", "2.345", "-7.123"], ",")
    assert values == [1.02, 2.345, -7.123]
    assert how == (
        "'x': numbers, with a decimal point, as is usual where commas stand between cells."
    )
    assert "is 1020 if the point" in said(fit, table(tmp_path, ";", x=["1.020", "2.345"]))


def test_three_decimals_below_one_leave_no_doubt(tmp_path):
    assert read(tmp_path, ["0.020", "2.345", "7.123"]) == ([0.02, 2.345, 7.123], "")
    assert read(tmp_path, ["1234.567", "2.345", "7.123"])[0] == [1234.567, 2.345, 7.123]


def test_numbers_with_both_decimal_marks_are_named(tmp_path):
    sentence = said(fit, table(tmp_path, x=["1.5", "1,5", "2.25", "2,25"]))
    assert "'1.5' (row 1) and '1,5' (row 2)" in sentence


# -- forms


@pytest.mark.parametrize(
    ("cells", "values", "how"),
    [
        (["1,234,567", "12", "1,000"], [1234567, 12, 1000], "with a comma between thousands"),
        (["1.234.567", "12", "1.000"], [1234567, 12, 1000], "with a point between thousands"),
        (["12,34,567", "1,00,000", "5"], [1234567, 100000, 5], "with a comma between thousands"),
        (["1 234,5", "12,25", "7"], [1234.5, 12.25, 7], "with a decimal comma, with a space"),
        (
            ["1\u00a0234,5", "1\u202f000,25"],
            [1234.5, 1000.25],
            "with a decimal comma, with a space",
        ),
        (["1 234,567", "8"], [1234.567, 8], "with a decimal comma, with a space between thousands"),
        (["1'234.50", "12’000", "5"], [1234.5, 12000, 5], "with an apostrophe between thousands"),
        (["$1,013.00", "$12", "-$5.50", "$-1"], [1013, 12, -5.5, -1], "with the sign $"),
        (["€ 12", "12,50 €", "€\u00a07"], [12, 12.5, 7], "with a decimal comma, with the sign €"),
        (["12,000원", "3,500,000원"], [12000, 3500000], "with the sign 원"),
        (["5 USD", "7.5 USD"], [5, 7.5], "with the sign USD"),
        (["3.1%", "4 %", "0", "-12.5%"], [0.031, 0.04, 0, -0.125], "percent sign (3.1% is 0.031)"),
        (["(1,234)", "2,345.50", "17"], [-1234, 2345.5, 17], "with a comma between thousands"),
        (["($3.25)", "$4"], [-3.25, 4], "with the sign $"),
        (["(1)", "2"], [-1, 2], "some in parentheses, which make them negative: (1) is -1"),
        (["\u22125", "\u22121.5", "3"], [-5, -1.5, 3], ""),
        (["+5", "-1.5", "3"], [5, -1.5, 3], ""),
        (["1,5e3", "2,5E-1"], [1500, 0.25], "with a decimal comma"),
        (["１２", "３.５"], [12, 3.5], ""),
    ],
)
@pytest.mark.parametrize("mark", [";", ","])
def test_numbers_as_people_write_them_are_read_and_it_is_said(tmp_path, mark, cells, values, how):
    found, sentence = read(tmp_path, cells, mark)
    assert found == values
    assert how in sentence
    assert bool(how) == bool(sentence)


def test_quotes_change_nothing(tmp_path):
    path = write(tmp_path / "t.csv", 'x;kind\n"1 234,5";a\n"7,25";b\n')
    assert list(fit(path).X["x"]) == [1234.5, 7.25]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["3.1%", "4", "5%"],
            "a percent sign at some numbers only, '3.1%' (row 1) and '4' (row 2)",
        ),
        (["$3.1", "€4", "5"], "several currencies, '$3.1' (row 1) and '€4' (row 2)"),
    ],
)
def test_units_that_differ_are_named(tmp_path, cells, words):
    assert words in said(fit, table(tmp_path, x=cells))


@pytest.mark.parametrize(
    "cells",
    [
        ["192.168.1.1", "10.0.0.1"],
        ["030-1234", "040-5678"],
        ["1-2", "3-4"],
        ["12 kg", "15 kg"],
        ["A1,5", "B1,5"],
        ["1,23,4", "2,34,5"],
        ["15²", "2½"],
        ["0x10", "0x1F"],
    ],
)
def test_what_is_no_number_stays_text(tmp_path, cells):
    data = fit(table(tmp_path, x=cells))
    assert data.types == {"x": "text"}
    assert list(data.X["x"]) == cells


def test_any_column_stays_text_if_that_is_asked_for(tmp_path):
    path = table(tmp_path, zip=["01234", "56789"], price=PRICES[:2])
    data = fit(path, options=ReadOptions(text=("zip",)))
    assert list(data.X["zip"]) == ["01234", "56789"]
    sentence = said(fit, path, options=ReadOptions(text=("zap",)))
    assert "has no column 'zap' to read as text" in sentence


# -- cells that are no numbers


NUMBERS = [str(i / 4) for i in range(40)]


@pytest.mark.parametrize("word", ["n.d.", "-", "unknown"])
def test_one_cell_that_is_no_number_is_named_with_its_row(tmp_path, word):
    path = table(tmp_path, x=[*NUMBERS[:20], word, *NUMBERS[20:]])
    sentence = said(fit, path)
    assert f"the column 'x' holds numbers with a decimal point, but {word!r} (row 21)" in sentence
    assert f"--missing {word};" in sentence
    assert "--text x" in sentence
    values, how = read(tmp_path, [*NUMBERS, word], missing=(word,))
    assert np.isnan(values[-1])
    assert how == f"{word!r} counted as missing, as was asked for."


def test_many_cells_that_are_no_numbers_are_counted(tmp_path):
    path = table(tmp_path, x=[*NUMBERS, *["n.d."] * 9, "-"])
    assert "'n.d.' (rows 41, 42 and 7 more) and '-' (row 50) are none" in said(fit, path)


def test_codes_with_a_word_among_them_are_categories_with_a_warning(tmp_path):
    data = fit(table(tmp_path, x=["0", "1", "2", "0", "1", "2", "0", "1", "2", "3+"] * 4))
    assert data.types == {"x": "text"}
    (note,) = data.notes
    assert "'x' holds few different numbers beside '3+' (rows 10, 20 and 2 more)" in note
    assert "read as categories" in note


def test_a_column_of_words_with_some_numbers_stays_text(tmp_path):
    data = fit(table(tmp_path, x=["A/5 21171", "113803", "PC 17599", "17463", "C.A. 29", "349909"]))
    assert (data.types, data.notes) == ({"x": "text"}, ())


# -- whole numbers that are too large


@pytest.mark.parametrize("first", [10**29, 2**53, -(2**60)])
def test_whole_numbers_that_float64_cannot_tell_apart_are_text_and_never_constant(tmp_path, first):
    cells = [str(first + i) for i in range(30)]
    data = fit(table(tmp_path, x=cells))
    assert data.types == {"x": "text"}
    assert list(data.X["x"]) == cells
    assert "beyond 2^53" in data.notes[0]


@pytest.mark.parametrize("mark", [",", " ", "'"])
def test_so_are_those_with_marks_between_thousands(tmp_path, mark):
    cells = [f"{2**53 + k:,}".replace(",", mark) for k in range(4)]
    data = fit(table(tmp_path, big=cells))
    assert (data.types["big"], list(data.X["big"])) == ("text", cells)
    assert f"beyond 2^53, such as {2**53}, which" in data.notes[0]
    assert sentences(data.reading) == []
    data = fit(table(tmp_path, big=[f"{k * 10**16:,}".replace(",", mark) for k in range(1, 5)]))
    assert (data.types["big"], data.notes) == ("number", ())


@pytest.mark.parametrize(
    ("cells", "pair"),
    [
        (["007", "7", "12", "7"], "'007' and '7'"),
        (["12", "07", "007", "0"], "'007' and '07'"),
        (["00", "0", "1", "2"], "'00' and '0'"),
        (["007.5", "7.5", "1.25", "2.5"], "'007.5' and '7.5'"),
        (["007", "7", "1,000", "2,000,000"], "'007' and '7'"),
    ],
)
def test_codes_with_leading_zeros_that_become_one_number_are_pointed_out(tmp_path, cells, pair):
    data = fit(table(tmp_path, code=cells))
    assert data.types == {"code": "number"}
    (note,) = data.notes
    assert f"which makes cells such as {pair} equal; if they are codes, say --text code." in note
    assert fit(table(tmp_path, code=cells), options=ReadOptions(text=("code",))).notes == ()


def test_leading_zeros_that_make_nothing_equal_are_no_matter(tmp_path):
    assert fit(table(tmp_path, code=["007", "012", "000", "0.5"])).notes == ()


def test_large_whole_numbers_that_stay_different_stay_numbers(tmp_path):
    assert read(tmp_path, [f"{i}000000000000000000" for i in range(1, 9)])[0][0] == 1e18


def test_labels_beyond_2_to_the_53_stay_apart(tmp_path):
    ids = [str(10**25 + i % 2) for i in range(4)]
    path = write(tmp_path / "t.csv", "x,kind\n" + "".join(f"{i},{v}\n" for i, v in enumerate(ids)))
    assert list(fit(path).y) == ids


def test_large_whole_numbers_of_json_and_parquet_stay_apart_too(tmp_path):
    import pandas as pd

    ids = [2**62 + i for i in range(30)]
    frame = pd.DataFrame({"x": ids, "kind": ["a", "b"] * 15})
    frame.to_parquet(tmp_path / "t.parquet")
    lines = "".join(f'{{"x": {10**29 + i}, "kind": "{"ab"[i % 2]}"}}\n' for i in range(30))
    assert list(fit(tmp_path / "t.parquet").X["x"]) == list(map(str, ids))
    assert fit(write(tmp_path / "t.jsonl", lines)).X["x"].nunique() == 30


def test_days_written_as_one_number_are_pointed_out(tmp_path):
    data = fit(table(tmp_path, x=["20240501", "20240602", "20231224"]))
    assert data.types == {"x": "number"}
    assert "'x' looks like dates, such as 20240501, but was read as numbers" in data.notes[0]
