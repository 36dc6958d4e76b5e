"""How a table was read is said, stored in the model, and done alike when it is used."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mistakes import fails, fit
from running import report, run, run_json

TESTS = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("here")


def shop(rows=80):
    """Write prices that hang on the class, with other columns people write; return the frame."""
    rng = np.random.default_rng(0)
    dear = rng.integers(0, 2, rows)
    price = np.round(np.where(dear, 900.0, 2500.0) + rng.normal(0, 200, rows), 2)
    frame = pd.DataFrame(
        {
            "price": price,
            "share": np.round(rng.random(rows), 3),
            "sold": pd.date_range("2024-01-05", periods=rows),
            "kind": np.where(dear, "a", "b"),
        }
    )
    written = frame.assign(
        price=[f"€ {p:,.2f}".replace(",", " ").replace(".", ",") for p in price],
        share=[f"{100 * s:.1f}%".replace(".", ",") for s in frame["share"]],
        sold=frame["sold"].dt.strftime("%d/%m/%Y"),
    )
    written.loc[3, "price"] = "n.d."
    written.to_csv("shop.csv", sep=";", index=False)
    return frame


def test_what_was_decided_is_in_the_report_the_page_and_the_model(capsys):
    shop()
    words = ("fit", "shop.csv", "-t", "kind", "-o", "m.softlearn", "--missing", "n.d.")
    said = report(capsys, *words, "--report", "page.html")
    sentences = [
        "'price': numbers, with a decimal comma, with a space between thousands, with the sign €.",
        "'share': numbers, with a decimal comma, with a percent sign (3.1% is 0.031).",
        "'sold': dates, day/month/year.",
        "'n.d.' counted as missing, as was asked for.",
    ]
    page = Path("page.html").read_text(encoding="utf-8").replace("&#39;", "'")
    shown = report(capsys, "show", "m.softlearn")
    measured = report(capsys, "evaluate", "m.softlearn", "shop.csv")
    run(capsys, "report", "m.softlearn", "shop.csv", "-o", "other.html")
    other = Path("other.html").read_text(encoding="utf-8").replace("&#39;", "'")
    for sentence in sentences:
        for text in (said, page, shown, measured, other):
            assert sentence in text
    assert run_json(capsys, "show", "m.softlearn")["read_as"] == [
        sentences[0], sentences[1], sentences[2], sentences[3],
    ]  # fmt: skip


def test_a_model_predicts_alike_from_the_file_and_from_its_numbers(capsys):
    frame = shop()
    frame.loc[3, "price"] = np.nan
    run(capsys, "fit", "shop.csv", "-t", "kind", "-o", "m.softlearn", "--missing", "n.d.")
    frame.to_parquet("typed.parquet")
    for source in ("shop.csv", "typed.parquet"):
        run(capsys, "predict", "m.softlearn", source, "-o", f"{source}.out.csv")
    one, other = (pd.read_csv(f"{name}.out.csv") for name in ("shop.csv", "typed.parquet"))
    np.testing.assert_allclose(one["probability_a"], other["probability_a"], rtol=1e-9)
    assert (one["label"] == frame["kind"]).mean() > 0.95


def test_prices_a_thousand_times_too_small_are_refused_and_then_read(capsys):
    rows = [f"{p:,}" for p in (500, 640, 980, 1020, 1500, 2060)] * 5
    text = "price;kind\n" + "".join(f"{p};{'b' if ',' in p else 'a'}\n" for p in rows)
    Path("t.csv").write_text(text, encoding="utf-8")
    assert "say --thousands ',' or --decimal ','" in fit(capsys, "t.csv", target="kind")
    run(capsys, "fit", "t.csv", "-t", "kind", "--thousands", ",", "-o", "m.softlearn", "-q")
    Path("new.csv").write_text('price\n"1,020"\n510\n', encoding="utf-8")
    out = run(capsys, "predict", "m.softlearn", "new.csv", "-o", "-").out.splitlines()
    assert [line[0] for line in out[1:]] == ["b", "a"]


@pytest.mark.parametrize("word", ["predict", "evaluate", "report"])
def test_a_file_that_is_written_otherwise_is_refused_until_it_is_said_how(capsys, word):
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(5, 2, 40), 2)
    frame = pd.DataFrame({"x": x, "kind": np.where(x > 5, "b", "a")})
    frame.to_csv("t.csv", index=False)
    frame.to_csv("comma.csv", index=False, sep=";", decimal=",")
    run(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "-q")
    output = {"predict": ["-o", "out.csv"], "evaluate": [], "report": ["-o", "out.html"]}[word]
    said = fails(capsys, word, "m.softlearn", "comma.csv", *output)
    first = f"{x[0]}".replace(".", ",")
    assert f"but here it has {first!r} (row 1)" in said
    assert "say --decimal ',' or --thousands ','." in said
    run(capsys, word, "m.softlearn", "comma.csv", *output, "--decimal", ",")


def test_whole_numbers_between_semicolons_do_not_say_what_a_point_means(capsys):
    Path("t.csv").write_text("x;kind\n" + "500;a\n1500;b\n" * 10, encoding="utf-8")
    run(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "-q")
    Path("new.csv").write_text("x\n1.5\n1.020\n", encoding="utf-8")
    said = fails(capsys, "predict", "m.softlearn", "new.csv", "-o", "out.csv")
    assert "'1.020' (row 2)" in said
    run(capsys, "predict", "m.softlearn", "new.csv", "-o", "out.csv", "--decimal", ".")


def test_a_number_that_stands_for_a_missing_value_is_pointed_out_and_declared(capsys):
    frame = shop().assign(price=lambda data: data["price"].where(data.index % 9 > 0, -999))
    frame.to_csv("t.csv", index=False)
    words = ("fit", "t.csv", "-t", "kind", "-o", "m.softlearn")
    warnings = run_json(capsys, *words)["warnings"]
    assert any("'price' has -999 in 9 rows (row 1 first)" in sentence for sentence in warnings)
    facts = run_json(capsys, *words, "--missing", "-999")
    assert not any("-999" in sentence for sentence in facts["warnings"])
    features = {f["feature"] for c in facts["influential_features"] for f in c["features"]}
    assert facts["read_as"][-1] == "'-999' counted as missing, as was asked for."
    assert "price" in features


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--decimal", ";"], "--decimal ';' is neither '.' nor ','."),
        (["--thousands", "x"], "--thousands 'x' is not one mark"),
        (["--thousands", ",."], "--thousands ',.' is not one mark: give ',', '.', space,"),
        (["--decimal", ",", "--thousands", ","], "--decimal and --thousands are both ,"),
        (["--dates", "hour-first"], "hour-first"),
    ],
)
def test_marks_that_cannot_be_are_wrong_usage(capsys, words, sentence):
    shop()
    said = " ".join(fit(capsys, "shop.csv", *words, target="kind", status=2).split())
    assert sentence in said


def test_the_options_are_for_tables(capsys):
    np.savez("t.npz", X=np.eye(4), y=[0, 1, 0, 1])
    said = fit(capsys, "t.npz", "--decimal", ",", target=None)
    assert said == "t.npz is no table: --decimal says how cells of tables are written."


def test_marks_have_names_too(capsys):
    shop()
    words = ["--decimal", "comma", "--thousands", "space", "--missing", "n.d."]
    run(capsys, "fit", "shop.csv", "-t", "kind", "-o", "m.softlearn", *words)


def test_a_file_of_an_older_release_predicts_the_same(capsys):
    for name in ("old_table.csv", "old_table.model", "old_table_predictions.csv"):
        shutil.copy(TESTS / "files" / name, name)
    run(capsys, "predict", "old_table.model", "old_table.csv", "-o", "new.csv")
    old, new = (pd.read_csv(name) for name in ("old_table_predictions.csv", "new.csv"))
    assert old["label"].tolist() == new["label"].tolist()
    np.testing.assert_allclose(new.iloc[:, 1:], old.iloc[:, 1:], rtol=1e-9)
    assert "Fitted on old.csv" in report(capsys, "show", "old_table.model")
    run(capsys, "evaluate", "old_table.model", "old_table.csv")
    run(capsys, "report", "old_table.model", "old_table.csv", "-o", "page.html")
    frame = pd.read_csv("old_table.csv")
    frame.to_csv("comma.csv", sep=";", decimal=",", index=False)
    run(capsys, "predict", "old_table.model", "comma.csv", "-o", "c.csv", "--decimal", ",")
    np.testing.assert_allclose(pd.read_csv("c.csv").iloc[:, 1:], old.iloc[:, 1:], rtol=1e-9)


def test_numbers_of_json_among_texts_are_numbers_whatever_the_decimal_mark(capsys):
    lines = [f"{'ab'[i % 2]};{i % 2 * 4 + i % 3 + 1}.000,{i}5" for i in range(1, 21)]
    Path("t.csv").write_text("\n".join(["kind;size", *lines, "a;1.234,5"]))
    run(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "--no-test", "-q")
    said = []
    for cells in (
        ["1234.5", "1.234", "2"],
        ['"1.234,5"', "1.234", "2"],
        ['"1.234,5"', '"1,234"', '"2"'],
    ):
        Path("t.jsonl").write_text("".join(f'{{"size": {cell}}}\n' for cell in cells))
        said.append(run(capsys, "predict", "m.softlearn", "t.jsonl", "-o", "-").out)
    assert said[0] == said[1] == said[2]


def test_numbers_and_texts_with_commas_in_one_column_of_json_are_not_guessed_at(capsys):
    Path("t.jsonl").write_text('{"x": 1.234, "y": "a"}\n{"x": "2,5", "y": "b"}\n')
    assert "mixes numbers (1.234) and texts ('2,5') under 'x'" in fit(capsys, "t.jsonl", target="y")
