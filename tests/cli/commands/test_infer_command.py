"""softlearn infer: tables of a multinomial logit, from a file."""

import json
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

from softlearn.__main__ import main

HSBDEMO = Path(__file__).parents[3] / "examples" / "data" / "hsbdemo.csv"


def run(*words: object) -> int:
    return main(["infer", *map(str, words)])


def test_it_prints_the_reference_values(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-t", "prog", "--base", "academic", "--reference", "ses=low", "--json"]
    assert run(HSBDEMO, *words) == 0
    facts = json.loads(capsys.readouterr().out)
    general = {row["column"]: row for row in facts["estimates"][0]["columns"]}
    assert_allclose(general["write"]["coef"], -0.0579284, atol=1e-7)
    assert_allclose(general["write"]["std_err"], 0.0214109, atol=1e-7)
    tests = {t["name"]: t for t in facts["terms"]}
    assert_allclose(tests["ses"]["statistic"], 11.058222, rtol=1e-7)
    effects = {e["name"]: e for e in facts["effects"]}
    assert_allclose(effects["ses: high against low"]["change"][0], 0.2318097, atol=1e-7)


def test_text_names_base_class_terms_and_effects(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    assert run(HSBDEMO, "-t", "prog", "--base", "academic", "--cov", "HC3") == 0
    out = capsys.readouterr().out
    for words in ("general against academic", "(Wald)", "HC3", "ses: low against high", "Proven"):
        assert words in out


def test_clusters_and_weights_are_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = HSBDEMO.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{i % 20},{1 + i % 3}" for i, line in enumerate(lines[1:])]
    table = tmp_path / "table.csv"
    table.write_text("\n".join([f"{lines[0]},school,w", *rows]), encoding="utf-8")
    assert run(table, "-t", "prog", "--cluster", "school", "--weights", "w", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["observations"] == 399.0
    assert "20 clusters" in facts["covariance"]
    assert {t["name"] for t in facts["terms"]} == {"ses", "write"}


def test_separable_classes_need_firth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "separable.csv"
    table.write_text("x,y\n" + "".join(f"{i},{'ab'[i > 9]}\n" for i in range(20)))
    assert run(table, "-t", "y") == 1
    assert "no maximum-likelihood estimates" in capsys.readouterr().err
    assert run(table, "-t", "y", "--firth", "--json") == 0
    assert json.loads(capsys.readouterr().out)["method"] == "firth"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--base", "cook"], "base must be one of the classes"),
        (["--columns", "ses,age"], "has no column 'age' for --columns"),
        (["--cluster", "school"], "has no column 'school' for --cluster"),
        (["--reference", "ses"], "must be written COLUMN=LEVEL"),
        (["--reference", "ses=top"], "must be one of its levels"),
        (["--sampling"], "--weights are, which were not given"),
    ],
)
def test_mistakes_get_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(HSBDEMO, "-t", "prog", *words) == 1
    assert sentence in capsys.readouterr().err


def test_missing_values_are_counted_and_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = HSBDEMO.read_text(encoding="utf-8").splitlines()
    lines[5] = lines[5].rsplit(",", 1)[0] + ","
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines), encoding="utf-8")
    assert run(table, "-t", "prog") == 1
    assert "1 rows have missing values (most in 'write')" in capsys.readouterr().err
    assert run(table, "-t", "prog", "--drop-missing", "--json") == 0
    assert json.loads(capsys.readouterr().out)["observations"] == 199.0


def test_terms_that_few_clusters_cannot_test_are_named_and_the_rest_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = HSBDEMO.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{i % 3}" for i, line in enumerate(lines[1:])]
    table = tmp_path / "table.csv"
    table.write_text("\n".join([f"{lines[0]},school", *rows]), encoding="utf-8")
    assert run(table, "-t", "prog", "--cluster", "school", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [t["name"] for t in facts["terms"]] == ["write"]
    assert any("ses was not tested" in note for note in facts["notes"])


def test_a_report_is_written_beside_the_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(HSBDEMO, "-t", "prog", "--base", "academic", "--report", page) == 0
    assert "general against academic" in capsys.readouterr().out
    html = page.read_text(encoding="utf-8")
    assert "prog in hsbdemo.csv" in html
    assert "--base academic" in html
    assert run(HSBDEMO, "-t", "prog", "--report", HSBDEMO) == 1
    assert "which would be lost" in capsys.readouterr().err


def test_effects_that_are_too_wide_for_one_table_have_one_for_each_class(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert run(HSBDEMO, "-t", "prog") == 0
    assert "Mean change of probability of general" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--reference", "write=60.5"], "--reference of 'write' must be one of its levels"),
        (["--weights", "ses"], "--weights must be numbers"),
        (["--columns", "write,sep"], "no row of ['academic', 'vocation'] has 'sep' above 0"),
        (["--columns", "write,sep"], "--firth gives estimates that are finite"),
        (["--columns", "id,write"], "'id' has 200 levels: leave it out"),
    ],
)
def test_refusals_speak_of_options(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *lines = HSBDEMO.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{int('general' in line and i % 2)},r{i}" for i, line in enumerate(lines)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join([f"{head},sep,id", *rows]), encoding="utf-8")
    rest = [] if "--columns" in words else ["--columns", "write,ses"]
    assert run(table, "-t", "prog", *words, *rest) == 1
    assert sentence in capsys.readouterr().err


def test_a_column_that_is_named_twice_is_used_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(HSBDEMO, "-t", "prog", "--columns", "write,write", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["terms"]) == 1
