"""Dates and times are read as meant, it is said how, and what is none is named."""

import pandas as pd
import pytest
from table_files import fit, said, write

from softlearn.cli.sources import ReadOptions, iter_source
from softlearn.cli.sources.reading_words import sentences
from softlearn.cli.sources.schema import check_columns, describe


def table(folder, *cells, **columns):
    columns = columns or {"seen": cells}
    rows = zip(*columns.values(), strict=True)
    lines = [";".join([*columns, "kind"])]
    lines += [";".join([*row, "ab"[i % 2]]) for i, row in enumerate(rows)]
    return write(folder / "t.csv", "\n".join(lines) + "\n")


def moments(*texts):
    return [pd.Timestamp(text) for text in texts]


@pytest.mark.parametrize(
    ("cells", "meant", "how"),
    [
        (["2024-05-31", "2024-01-02"], ["2024-05-31", "2024-01-02"], "year-month-day"),
        (["31.12.2024", "1.2.2024"], ["2024-12-31", "2024-02-01"], "day.month.year"),
        (["05.06.2024", "04.03.2024"], ["2024-06-05", "2024-03-04"], "day.month.year"),
        (["31/12/2024", "01/02/2024"], ["2024-12-31", "2024-02-01"], "day/month/year"),
        (["12/31/2024", "01/02/2024"], ["2024-12-31", "2024-01-02"], "month/day/year"),
        (["12-31-2024", "01-02-2024"], ["2024-12-31", "2024-01-02"], "month-day-year"),
        (["31.12.24", "01.02.99"], ["2024-12-31", "1999-02-01"], "with years of two digits, 1969"),
        (["2024/5/31", "2024/1/2"], ["2024-05-31", "2024-01-02"], "year/month/day"),
        (["2024. 5. 1.", "2024. 12. 31."], ["2024-05-01", "2024-12-31"], "year.month.day"),
        (
            ["2024년 5월 1일", "2024년 12월 31일"],
            ["2024-05-01", "2024-12-31"],
            "year년 month월",
        ),
        (["3 May 2024", "11 Jun 2023"], ["2024-05-03", "2023-06-11"], "with names of months"),
        (["May 3, 2024", "June 11th, 2023"], ["2024-05-03", "2023-06-11"], "with names of months"),
        (["03-May-2024", "11-JUN-2023"], ["2024-05-03", "2023-06-11"], "with names of months"),
        (["Mon, 6 May 2024", "Tue, 7 May 2024"], ["2024-05-06", "2024-05-07"], "day month year"),
        (["2024-05", "2024-06"], ["2024-05-01", "2024-06-01"], "year-month"),
        (
            ["2024-05-31 23:59:01.5", "2024-05-31T10:00"],
            ["2024-05-31 23:59:01.5", "2024-05-31 10:00"],
            "year-month-day",
        ),
        (
            ["31.05.2024 08:30", "1.6.2024, 20:15"],
            ["2024-05-31 08:30", "2024-06-01 20:15"],
            "day.month.year",
        ),
        (
            ["5/31/2024 8:30 PM", "6/1/2024 12:15 am"],
            ["2024-05-31 20:30", "2024-06-01 00:15"],
            "month/day/year",
        ),
        (
            ["2024-05-31T10:00:00Z", "2024-05-31 10:00+02:00"],
            ["2024-05-31 10:00", "2024-05-31 08:00"],
            "year-month-day",
        ),
        (
            ["2024-05-31", "01.06.2024"],
            ["2024-05-31", "2024-06-01"],
            "year-month-day or day.month.year",
        ),
    ],
)
def test_dates_are_read_and_it_is_said_how(tmp_path, cells, meant, how):
    data = fit(table(tmp_path, *cells))
    assert data.types == {"seen": "date"}
    assert list(data.X["seen"]) == moments(*meant)
    assert data.notes == ()
    (sentence,) = sentences(data.reading)
    assert sentence.startswith("'seen': dates, ")
    assert how in sentence


@pytest.mark.parametrize(
    ("cells", "hours"),
    [
        (["14:30", "09:15"], [14.5, 9.25]),
        (["14:30:36", "00:00:00"], [14.51, 0.0]),
        (["2:30 PM", "12:15 a.m."], [14.5, 0.25]),
    ],
)
def test_times_of_day_are_hours_since_midnight(tmp_path, cells, hours):
    data = fit(table(tmp_path, *cells))
    assert data.types == {"seen": "number"}
    assert list(data.X["seen"]) == pytest.approx(hours, rel=1e-15)
    assert sentences(data.reading) == ["'seen': times of day, as hours since midnight."]


@pytest.mark.parametrize(
    ("cells", "said_so"),
    [
        (["2024-05-31 10:00", "2024-06-01T11:30"], True),
        (["31.05.2024 10:00:00", "1.6.2024 11:30+02:00"], True),
        (["2024-05-31 10:00Z", "2024-06-01 11:30 +0200"], False),
        (["2024-05-31", "2024-06-01"], False),
    ],
)
def test_times_without_a_zone_are_said_to_be_read_as_utc(tmp_path, cells, said_so):
    (sentence,) = sentences(fit(table(tmp_path, *cells)).reading)
    assert sentence.endswith(", times without a zone as UTC.") == said_so


def test_dates_whose_order_nothing_tells_are_asked_about(tmp_path):
    sentence = said(fit, table(tmp_path, "03/04/2024", "01/02/2024"))
    assert "in the column 'seen' '03/04/2024' (row 1) is 2024-04-03 if the day comes" in sentence
    assert "and 2024-03-04 if the month does" in sentence
    assert sentence.endswith("say --dates day-first or --dates month-first.")


@pytest.mark.parametrize(
    ("order", "meant"), [("day-first", "2024-04-03"), ("month-first", "2024-03-04")]
)
def test_the_option_says_what_comes_first(tmp_path, order, meant):
    data = fit(table(tmp_path, "03/04/2024", "01/02/2024"), options=ReadOptions(dates=order))
    assert data.X["seen"][0] == pd.Timestamp(meant)


@pytest.mark.parametrize("mark", ["-", "/", "."])
def test_a_year_of_two_digits_that_may_come_first_is_asked_about(tmp_path, mark):
    cells = [mark.join(cell) for cell in (("24", "01", "05"), ("24", "02", "17"))]
    sentence = said(fit, table(tmp_path, *cells))
    assert f"{cells[0]!r} (row 1) is 2005-01-24 if the day comes first, and 2024-01-05" in sentence
    assert sentence.endswith("say --dates day-first or --dates year-first.")
    for order, meant in (("day-first", "2005-01-24"), ("year-first", "2024-01-05")):
        data = fit(table(tmp_path, *cells), options=ReadOptions(dates=order))
        assert data.X["seen"][0] == pd.Timestamp(meant)


def test_three_orders_that_are_possible_are_all_named(tmp_path):
    sentence = said(fit, table(tmp_path, "03-03-03", "01-02-03"))
    assert (
        "'01-02-03' (row 2) is 2003-02-01 if the day comes first, 2003-01-02 if the month does, "
        "and 2001-02-03 if the year does"
    ) in sentence
    assert sentence.endswith("--dates day-first, --dates month-first or --dates year-first.")


@pytest.mark.parametrize(
    ("cells", "meant", "how"),
    [
        (["99-01-05", "98-02-17"], ["1999-01-05", "1998-02-17"], "year-month-day with years"),
        (["05/31/24", "01/02/24"], ["2024-05-31", "2024-01-02"], "month/day/year with years"),
        (["31-12-68", "01-02-67"], ["2068-12-31", "2067-02-01"], "day-month-year with years"),
    ],
)
def test_an_order_that_alone_reads_the_whole_column_is_taken(tmp_path, cells, meant, how):
    data = fit(table(tmp_path, *cells))
    assert list(data.X["seen"]) == moments(*meant)
    assert how in sentences(data.reading)[0]


def test_a_column_with_years_of_two_digits_decides_for_another_and_no_other_does(tmp_path):
    data = fit(table(tmp_path, a=["24-01-05"] * 2, b=["99-01-05", "98-02-17"]))
    assert data.X["a"][0] == pd.Timestamp("2024-01-05")
    sentence = said(fit, table(tmp_path, a=["24-01-05"] * 2, b=["31/12/2024", "01/02/2024"]))
    assert "in the column 'a' '24-01-05'" in sentence


def test_a_day_beyond_12_in_another_column_or_far_down_decides(tmp_path):
    data = fit(table(tmp_path, a=["03/04/2024"] * 4, b=["01/02/2024"] * 3 + ["31/12/2024"]))
    assert data.X["a"][0] == pd.Timestamp("2024-04-03")
    data = fit(table(tmp_path, *["03/04/2024"] * 3000, "12/31/2024"))
    assert data.X["seen"][0] == pd.Timestamp("2024-03-04")


def test_days_that_are_their_months_need_no_order(tmp_path):
    data = fit(table(tmp_path, "03/03/2024", "05/05/2024"))
    assert list(data.X["seen"]) == moments("2024-03-03", "2024-05-05")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["99-02-03", "31-12-40", "31-12-68"], "'99-02-03' (row 1) and '31-12-40' (row 2)"),
        (["13/02/2024", "02/13/2024"], "'13/02/2024' (row 1) and '02/13/2024' (row 2)"),
        (["Q1 2024", "Q2 2024"], "'Q1 2024' (row 1) and 'Q2 2024' (row 2) are none that can be"),
        (["2024-W05", "2024-W06"], "'2024-W05' (row 1)"),
        (["31. Mai 2024", "1. Juni 2024"], "'31. Mai 2024' (row 1)"),
        (["25:10", "12:70"], "'25:10' (row 1) and '12:70' (row 2) are none that can be read"),
    ],
)
def test_what_looks_like_a_date_and_is_not_read_as_one_is_named(tmp_path, cells, words):
    data = fit(table(tmp_path, *cells))
    assert data.types == {"seen": "text"}
    (note,) = data.notes
    assert "The column 'seen' looks like dates" in note
    assert words in note
    assert fit(table(tmp_path, *cells), options=ReadOptions(text=("seen",))).notes == ()


@pytest.mark.parametrize("word", ["31.02.2024", "soon", "0000-00-00"])
def test_one_cell_that_is_no_date_is_named_with_its_row(tmp_path, word):
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=30)]
    sentence = said(fit, table(tmp_path, *days, word))
    assert f"the column 'seen' holds dates, but {word!r} (row 31) is none" in sentence
    assert f"--missing {word}" in sentence
    data = fit(table(tmp_path, *days, word), options=ReadOptions(missing=(word,)))
    assert data.X["seen"].isna().sum() == 1


def test_words_with_digits_are_no_dates(tmp_path):
    data = fit(table(tmp_path, "K12", "A/5 21171", "room 12.3.1"))
    assert (data.types, data.notes) == ({"seen": "text"}, ())


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_a_model_reads_the_dates_of_other_files_as_those_it_was_trained_on(tmp_path, rows):
    model = describe(fit(table(tmp_path, "31/12/2024", "01/02/2024")))
    path = write(tmp_path / "new.csv", "seen\n03/04/2024\n05/06/2024 12:00\n\n")
    batches = [check_columns(model, b) for b in iter_source(path, None, rows, like=model)]
    found = pd.concat([batch.X["seen"] for batch in batches]).tolist()
    assert found == moments("2024-04-03", "2024-06-05 12:00")


def test_a_model_names_the_row_of_a_date_that_is_written_otherwise(tmp_path):
    model = describe(fit(table(tmp_path, "31/12/2024", "01/02/2024")))
    path = write(tmp_path / "new.csv", "seen\n03/04/2024\n2024-05-06\n")
    (_, batch) = iter_source(path, None, 1, like=model)
    sentence = said(check_columns, model, batch)
    assert "'seen' held dates when the model was trained (day/month/year), but here" in sentence
    assert "'2024-05-06' (row 2)" in sentence


def test_texts_of_json_lines_are_dates_too(tmp_path):
    lines = '{"seen": "31.12.2024", "kind": "a"}\n{"seen": "01.02.2024", "kind": "b"}\n'
    data = fit(write(tmp_path / "t.jsonl", lines))
    assert list(data.X["seen"]) == moments("2024-12-31", "2024-02-01")
