"""fit --calibrate, --costs and --none-of-these, and what the other commands make of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import DATA, PENGUINS, fit_penguins, report, run, run_json

from softlearn import load, read_metadata
from softlearn.__main__ import main
from softlearn.decide import CalibratedSoftmax, DecisionClassifier, NoneOfThese

COSTS = ",Gentoo,Adelie,Chinstrap,none\nAdelie,1,0,1,0.1\nChinstrap,1,5,0,0.1\nGentoo,0,1,1,0.1\n"
ALL = ["--calibrate", "temperature", "--costs", "costs.csv", "--none-of-these", "0.1"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("costs.csv").write_text(COSTS)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Return the path of a model that does all, beside the page about it."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "costs.csv").write_text(COSTS)
    options = [*ALL[:3], str(folder / "costs.csv"), *ALL[4:], "--report", str(folder / "page.html")]
    path = folder / "penguins.softlearn"
    assert main(["fit", PENGUINS, "-t", "species", "-o", str(path), "-q", *options]) == 0
    return path


@pytest.fixture
def predicted(fitted, capsys):
    run(capsys, "predict", fitted, PENGUINS, "-o", "new.csv")
    return pd.read_csv("new.csv")


def test_a_model_calibrates_weighs_costs_and_may_say_none(fitted) -> None:
    model, facts = load(fitted), read_metadata(fitted)["metadata"]["report"]["decisions"]
    kinds, classifier = [], model[-1]
    while not hasattr(classifier, "coef_"):
        kinds.append(type(classifier))
        classifier = classifier.estimator_
    assert kinds == [NoneOfThese, DecisionClassifier, CalibratedSoftmax]
    assert facts["calibration"]["temperature"] == model[-1].estimator_.estimator_.temperature_
    assert facts["calibration"]["log_loss_after"] <= facts["calibration"]["log_loss_before"]
    none = {"alpha": 0.1, "rows": 55, "guarantee": model[-1].guarantee_}
    assert facts["none_of_these"] == none
    frame = pd.read_csv("costs.csv", index_col=0)
    order = ["Adelie", "Chinstrap", "Gentoo"]
    np.testing.assert_array_equal(model[-1].estimator_.cost_, frame.loc[order, [*order, "none"]])
    assert facts["test"]["answered"] > 0.5
    assert facts["test"]["mean_cost"] < 0.2


def test_predict_writes_none_and_the_p_value(predicted) -> None:
    columns = list(predicted)
    assert (columns[0], columns[-1]) == ("label", "p_value")
    assert (predicted["label"][predicted["p_value"] <= 0.1] == "none").all()
    assert set(predicted["label"]) == {"Adelie", "Chinstrap", "Gentoo", "none"}


def test_evaluate_says_what_decisions_come_to(fitted, predicted, capsys) -> None:
    facts = run_json(capsys, "evaluate", fitted, PENGUINS)["decisions"]
    said, truth = predicted["label"], pd.read_csv(PENGUINS)["species"]
    assert facts["answered"] == pytest.approx((said != "none").mean())
    assert facts["accuracy"] == pytest.approx((said == truth)[said != "none"].mean())
    costs = pd.read_csv("costs.csv", index_col=0)
    each = [costs.loc[k, j] for k, j in zip(truth, said, strict=True)]
    assert facts["mean_cost"] == pytest.approx(np.mean(each))
    text = report(capsys, "evaluate", fitted, PENGUINS)
    assert "rows of known classes that are answered" in text
    assert "mean cost of the most probable class" in text


def test_strangers_are_counted_by_themselves(capsys) -> None:
    table = pd.read_csv(PENGUINS)
    table[table["species"] != "Chinstrap"].to_csv("two.csv", index=False)
    run(capsys, "fit", "two.csv", "-t", "species", "-o", "m.softlearn", "--none-of-these", "0.1")
    facts = run_json(capsys, "evaluate", "m.softlearn", PENGUINS)["decisions"]
    run(capsys, "predict", "m.softlearn", PENGUINS, "-o", "new.csv")
    none = pd.read_csv("new.csv")["label"] == "none"
    stranger = table["species"] == "Chinstrap"
    assert facts["strangers_found"] == pytest.approx(none[stranger].mean())
    assert facts["answered"] == pytest.approx(1.0 - none[~stranger].mean())
    assert facts["mean_cost"] is None


def test_show_and_the_page_speak_of_them(fitted, capsys) -> None:
    text = report(capsys, "show", fitted)
    for words in ("calibrated out of fold by temperature", "What costs least is said", "At most"):
        assert words in text
    page = (fitted.parent / "page.html").read_text(encoding="utf-8")
    for words in ("Temperature", "Answered", "The optimum is proven", "Chance alone gives"):
        assert words in page


def test_a_network_is_calibrated_too(capsys) -> None:
    words = ["--hidden", "4", "--epochs", "5", "--calibrate", "temperature"]
    facts = fit_penguins(capsys, *words)
    assert facts["estimator"] == "SoftmaxNetwork"
    assert facts["decisions"]["calibration"]["log_loss_after"] > 0.0


def test_texts_have_calibration_and_none(capsys, tmp_path) -> None:
    rng = np.random.default_rng(0)
    words = {"cats": ["purr", "meow", "tail"], "dogs": ["bark", "woof", "tail"]}
    for label, own in words.items():
        (tmp_path / "texts" / label).mkdir(parents=True)
        for i in range(40):
            text = " ".join(rng.choice([*own, "and", "the"], 6))
            (tmp_path / "texts" / label / f"{i}.txt").write_text(text)
    options = ["--calibrate", "vector", "--none-of-these", "0.2"]
    run(capsys, "fit", "texts", "-o", "t.softlearn", *options)
    run(capsys, "predict", "t.softlearn", "texts", "-o", "t.csv")
    assert list(pd.read_csv("t.csv"))[-1] == "p_value"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--costs", "absent.csv"], "absent.csv does not exist"),
        (["--costs", str(DATA / "letter.csv")], "has no costs that fit these classes"),
        (["--none-of-these", "2"], "--none-of-these 2.0 is not a share between 0 and 1"),
        (
            ["--none-of-these", "0.1", "--hidden", "4", "--early-stopping"],
            "needs rows that chose nothing",
        ),
    ],
)
def test_mistakes_get_a_sentence(capsys, words, sentence) -> None:
    status = 2 if "none-of" in words[0] else 1
    shown = run(
        capsys, "fit", PENGUINS, "-t", "species", "-o", "m.softlearn", *words, status=status
    )
    assert sentence in " ".join(shown.err.split())
    assert not Path("m.softlearn").exists()


def test_costs_of_other_classes_are_named(capsys) -> None:
    Path("costs.csv").write_text(COSTS.replace("Gentoo", "King"))
    words = ["fit", PENGUINS, "-t", "species", "-o", "m.softlearn", "--costs", "costs.csv"]
    shown = run(capsys, *words, status=1)
    assert "cost has the label 'King', which is no class" in " ".join(shown.err.split())


SPECIES = "Adelie,Chinstrap,Gentoo"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f",{SPECIES}\nAdelie,0,x,1\n", "row 'Adelie', column 'Chinstrap' is 'x', which is no"),
        (f",{SPECIES}\nAdelie,0,,1\n", "row 'Adelie', column 'Chinstrap' is missing"),
        (f",{SPECIES}\nAdelie,0,1,1,\n", "the row 'Adelie' has 4 costs, but the header names 3"),
        (f",{SPECIES},Gentoo\nAdelie,0,1,1,1\n", "cost has the label 'Gentoo' twice"),
        (f";{SPECIES.replace(',', ';')}\nAdelie;0;1;1\n", "has no commas between its cells"),
        ("", "holds no costs"),
    ],
)
def test_a_file_of_costs_is_refused_by_its_cell(capsys, text, sentence) -> None:
    Path("costs.csv").write_text(text)
    words = ["fit", PENGUINS, "-t", "species", "-o", "m.softlearn", "--costs", "costs.csv"]
    shown = run(capsys, *words, status=1)
    assert sentence in " ".join(shown.err.split())


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_costs_may_be_in_the_encoding_of_the_data_or_in_utf_8(capsys, encoding) -> None:
    rows = "".join(f"{i % 2 * 3 + i % 5},{'사배'[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text(f"x,y\n{rows}", encoding="cp949")
    Path("costs.csv").write_text(",사,배\n사,0,1\n배,9,0\n", encoding=encoding)
    words = ["fit", "t.csv", "-t", "y", "-o", "m.softlearn", "--costs", "costs.csv", "--no-test"]
    run(capsys, *words, "--encoding", "cp949", "-q")
    frame = pd.DataFrame([[0, 1], [9, 0]], index=["사", "배"], columns=["사", "배"])
    model = load("m.softlearn")[-1]
    np.testing.assert_array_equal(model.cost_[:, :2], frame.loc[model.classes_, model.classes_])


def table_of(labels: list[object]) -> None:
    rng = np.random.default_rng(0)
    k = np.arange(240) % len(labels)
    frame = pd.DataFrame(rng.normal(size=(240, 2)) + 3.0 * k[:, None], columns=["u", "v"])
    frame.assign(y=[labels[i] for i in k]).to_csv("t.csv", index=False)


def test_labels_of_costs_are_text_as_it_stands(capsys) -> None:
    table_of(["007", "010", "100"])
    Path("costs.csv").write_text(",007,010, 100\n007,0,1,1\n010,5,0,1\n100,1,1,0\n")
    run(capsys, "fit", "t.csv", "-t", "y", "-o", "m.softlearn", "--costs", "costs.csv")
    np.testing.assert_array_equal(load("m.softlearn")[-1].cost_, [[0, 1, 1], [5, 0, 1], [1, 1, 0]])


def test_none_beside_boolean_classes_is_written(capsys) -> None:
    table_of([True, False])
    run(capsys, "fit", "t.csv", "-t", "y", "-o", "m.softlearn", "--none-of-these", "0.1")
    run(capsys, "predict", "m.softlearn", "t.csv", "-o", "p.csv")
    assert {"True", "False", "none"} == set(pd.read_csv("p.csv", dtype=str)["label"])


def test_a_class_that_is_called_none_is_pointed_out_and_has_no_costs(capsys) -> None:
    table_of(["none", "a", "b"])
    shown = run(capsys, "fit", "t.csv", "-t", "y", "-o", "m.softlearn", "--none-of-these", "0.1")
    assert "Rows of the class 'none' are taken for examples" in " ".join(shown.out.split())
    Path("costs.csv").write_text(",none,a,b\nnone,0,1,1\na,5,0,1\nb,1,1,0\n")
    words = ["fit", "t.csv", "-t", "y", "-o", "n.softlearn", "--costs", "costs.csv"]
    assert "give the class another name" in " ".join(run(capsys, *words, status=1).err.split())
