import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import softlearn
from softlearn.__main__ import main

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
PENGUINS = str(DATA / "penguins.csv")
COMMANDS = ["fit", "predict", "evaluate", "show", "config"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def run(capsys, *words):
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr()


def run_json(capsys, *words):
    shown = run(capsys, *words, "--json")

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(shown.out, parse_constant=refuse)


def fit_penguins(capsys, *words, output="penguins.softlearn"):
    return run_json(capsys, "fit", PENGUINS, "-t", "species", "-o", output, *words)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "penguins.softlearn"
    assert main(["fit", PENGUINS, "--target", "species", "-o", str(path), "--quiet"]) == 0
    return path


# -- fit


def test_fit_proves_the_optimum_and_tells_machines_everything(capsys):
    facts = fit_penguins(capsys)
    assert facts["status"] == "CONVERGED"
    assert 0.0 <= facts["gap"] <= 1e-6
    assert facts["train_rows"] + facts["test_rows"] == 344
    assert facts["columns_by_type"] == {"text": 2, "number": 5}
    assert [entry["class"] for entry in facts["classes"]] == ["Adelie", "Chinstrap", "Gentoo"]
    assert facts["test_accuracy"] > 0.95 > facts["baseline"]["accuracy"]
    assert facts["test_log_loss"] < 0.1 < facts["baseline"]["log_loss"]
    assert 0.0 <= facts["calibration_error"] < 0.1
    assert {"train_accuracy", "train_log_loss", "solver", "C", "objective", "seconds"} <= set(facts)
    assert len(facts["per_class"]) == len(facts["influential_features"]) == 3
    assert facts["warnings"] == []


def test_the_report_says_for_people_what_json_says_for_machines(capsys):
    facts = fit_penguins(capsys)
    shown = run(capsys, "fit", PENGUINS, "-t", "species", "-o", "penguins.softlearn")
    report = " ".join(shown.out.split())
    assert "344 rows, 7 columns (2 of text, 5 of numbers), 3 classes of 68 to 152 rows" in report
    assert "The optimum is proven: the objective is " in report
    assert f"accuracy {100 * facts['test_accuracy']:.1f} %" in report
    assert f"log-loss (nats) {facts['test_log_loss']:.4f}" in report
    assert f"calibration error {100 * facts['calibration_error']:.1f} %" in report
    for entry in facts["classes"]:
        assert f"{entry['class']} {entry['train_rows']} {entry['test_rows']}" in report
    best = facts["influential_features"][0]["features"][0]
    assert f"{best['effect']:+.2g} {best['feature']}" in report


def test_reports_go_to_standard_output_and_nothing_to_standard_error(capsys):
    assert run(capsys, "fit", PENGUINS, "-t", "species", "-o", "a").err == ""


def test_quiet_prints_nothing(capsys):
    assert run(capsys, "fit", PENGUINS, "-t", "species", "-o", "a", "-q") == ("", "")


def test_the_model_is_the_one_python_would_have_fitted(capsys):
    table = pd.read_csv(PENGUINS)[["bill_depth_mm", "year", "species"]].dropna()
    table.to_csv("two.csv", index=False)
    facts = run_json(
        capsys, "fit", "two.csv", "-t", "species", "-o", "two", "--no-test", "--regularization", 3
    )
    model = softlearn.SoftmaxRegression(C=3.0).fit(table[["bill_depth_mm", "year"]], table.species)
    assert facts["C"] == 3.0
    assert facts["objective"] == pytest.approx(model.objective_, rel=1e-6)
    assert facts["train_accuracy"] == model.score(table[["bill_depth_mm", "year"]], table.species)
    assert facts["test_accuracy"] is None


def test_a_test_source_is_used_as_it_is(capsys):
    table = pd.read_csv(PENGUINS)
    table[::2].to_csv("train.csv", index=False)
    table[1::2].to_parquet("test.parquet")
    facts = run_json(
        capsys, "fit", "train.csv", "--test", "test.parquet", "-t", "species", "-o", "model"
    )
    assert (facts["train_rows"], facts["test_rows"]) == (172, 172)
    again = run_json(capsys, "evaluate", "model", "test.parquet")
    assert again["accuracy"] == facts["test_accuracy"]
    assert again["log_loss"] == pytest.approx(facts["test_log_loss"], rel=1e-12)
    assert again["baseline"] == facts["baseline"]


def test_classes_that_only_the_test_source_has_are_errors_and_said(capsys):
    table = pd.read_csv(PENGUINS)
    table[table.species != "Gentoo"][::2].to_csv("train.csv", index=False)
    table[1::2].to_csv("test.csv", index=False)
    facts = run_json(capsys, "fit", "train.csv", "--test", "test.csv", "-t", "species", "-o", "m")
    assert any("'Gentoo' was not seen in training" in said for said in facts["warnings"])
    assert facts["test_accuracy"] < 0.7
    assert np.isfinite(facts["test_log_loss"])


def test_a_class_with_one_row_is_trained_on_with_a_warning(capsys):
    table = pd.read_csv(PENGUINS)
    table.loc[0, "species"] = "Emperor"
    table.to_csv("rare.csv", index=False)
    facts = run_json(capsys, "fit", "rare.csv", "-t", "species", "-o", "m")
    rare = next(entry for entry in facts["classes"] if entry["class"] == "Emperor")
    assert (rare["train_rows"], rare["test_rows"]) == (1, 0)
    assert any("'Emperor' has one row only" in said for said in facts["warnings"])


def test_without_a_penalty_separable_classes_have_no_optimum_and_the_report_says_so(capsys):
    facts = fit_penguins(capsys, "--regularization", "none")
    assert facts["status"] == "NO_FINITE_OPTIMUM"
    assert facts["C"] is None
    assert facts["gap"] is None or facts["gap"] > 1e-6
    shown = run(capsys, "show", "penguins.softlearn").out
    assert "There is no finite optimum: the classes can be separated" in " ".join(shown.split())
    assert "'Adelie'" in facts["status_detail"]


def test_weights_count_rows_as_often_as_they_say(capsys):
    table = pd.read_csv(PENGUINS).dropna()
    times = np.arange(len(table)) % 3
    table.assign(times=times).to_csv("weighted.csv", index=False)
    table.loc[table.index.repeat(times)].to_csv("repeated.csv", index=False)
    words = ["-t", "species", "--no-test", "--exclude", "sex"]
    weighted = run_json(capsys, "fit", "weighted.csv", "-o", "w", "--weights", "times", *words)
    repeated = run_json(capsys, "fit", "repeated.csv", "-o", "r", *words)
    assert weighted["objective"] == pytest.approx(repeated["objective"], rel=1e-5)


def test_excluded_columns_and_weights_are_no_features_and_not_needed_later(capsys):
    table = pd.read_csv(PENGUINS).assign(weight=1.0)
    table.to_csv("all.csv", index=False)
    words = ["--exclude", "year", "--exclude", "sex", "--weights", "weight"]
    facts = run_json(capsys, "fit", "all.csv", "-t", "species", "-o", "m", *words)
    assert facts["columns"] == 5
    table.drop(columns=["year", "sex", "weight"]).to_csv("fewer.csv", index=False)
    assert run(capsys, "predict", "m", "fewer.csv", "-o", "-").err == ""
    assert run(capsys, "predict", "m", "all.csv", "-o", "-").err == ""


def test_balanced_classes_seed_threads_and_tol_reach_the_fit(capsys):
    plain = fit_penguins(capsys)
    other = fit_penguins(capsys, "--class-weight", "balanced", "--seed", 1, "--threads", 1)
    assert other["class_weight"] == "balanced"
    assert other["objective"] != plain["objective"]
    assert fit_penguins(capsys, "--tol", "0.1")["gap"] <= 0.1


def test_regularization_auto_takes_the_c_with_the_least_log_loss_across_folds(capsys):
    facts = fit_penguins(capsys, "--regularization", "auto")
    curve = facts["cross_validation"]
    assert facts["C"] == curve["best"] == curve["C"][int(np.argmin(curve["log_loss"]))]
    assert curve["folds"] == 5
    assert len(curve["C"]) == len(curve["log_loss"]) == len(curve["standard_error"])
    assert "in cross-validation" in run(capsys, "show", "penguins.softlearn").out


def test_a_model_file_that_exists_is_replaced(capsys):
    Path("penguins.softlearn").write_text("old")
    fit_penguins(capsys)
    assert run(capsys, "show", "penguins.softlearn").out


# -- predict, evaluate, show


def test_predict_writes_a_label_and_the_probabilities_of_every_row(capsys, trained):
    run(capsys, "predict", trained, PENGUINS, "-o", "out.csv")
    found, table = pd.read_csv("out.csv"), pd.read_csv(PENGUINS)
    names = ["probability_Adelie", "probability_Chinstrap", "probability_Gentoo"]
    assert list(found) == ["label", *names]
    assert len(found) == len(table)
    assert found[names].sum(axis=1).to_numpy() == pytest.approx(1.0, rel=1e-12)
    assert (found["label"] == table["species"]).mean() > 0.97


def test_the_label_is_the_class_with_the_largest_probability(capsys, trained):
    run(capsys, "predict", trained, PENGUINS, "-o", "out.parquet")
    found = pd.read_parquet("out.parquet")
    best = found.iloc[:, 1:].idxmax(axis=1).str.removeprefix("probability_")
    assert (found["label"] == best).all()


def test_predictions_do_not_depend_on_the_batches(capsys, trained, monkeypatch):
    pd.read_csv(PENGUINS).to_parquet("penguins.parquet", row_group_size=50)
    run(capsys, "predict", trained, "penguins.parquet", "-o", "whole.csv")
    monkeypatch.setattr("softlearn.cli.commands.predict._NUMBERS", 64)
    run(capsys, "predict", trained, "penguins.parquet", "-o", "parts.csv")
    whole, parts = pd.read_csv("whole.csv"), pd.read_csv("parts.csv")
    pd.testing.assert_frame_equal(whole, parts, rtol=1e-12)


def test_a_dash_sends_csv_to_standard_output(trained):
    done = program("predict", trained, PENGUINS, "-o", "-")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (
        "label,probability_Adelie,probability_Chinstrap,probability_Gentoo"
    )
    assert len(done.stdout.splitlines()) == 345


def test_columns_the_model_does_not_know_are_ignored_with_a_note(capsys, trained):
    pd.read_csv(PENGUINS).assign(mood="good").to_csv("more.csv", index=False)
    shown = run(capsys, "predict", trained, "more.csv", "-o", "out.csv", "--quiet")
    assert shown.err.startswith("Note: ")
    assert "'mood'" in shown.err


def test_evaluate_measures_a_model_on_labelled_rows(capsys, trained):
    facts = run_json(capsys, "evaluate", trained, PENGUINS)
    run(capsys, "predict", trained, PENGUINS, "-o", "out.csv")
    found, table = pd.read_csv("out.csv"), pd.read_csv(PENGUINS)
    assert facts["accuracy"] == (found["label"] == table["species"]).mean()
    assert facts["rows"] == 344
    report = run(capsys, "evaluate", trained, PENGUINS).out
    assert f"{100 * facts['accuracy']:.1f} %" in report


def test_the_labels_may_be_in_another_column_than_in_training(capsys, trained):
    pd.read_csv(PENGUINS).rename(columns={"species": "truth"}).to_csv("new.csv", index=False)
    facts = run_json(capsys, "evaluate", trained, "new.csv", "--target", "truth")
    assert facts["accuracy"] == run_json(capsys, "evaluate", trained, PENGUINS)["accuracy"]


def test_show_tells_of_a_model_what_fit_told(capsys):
    facts = fit_penguins(capsys)
    shown = run_json(capsys, "show", "penguins.softlearn")
    assert facts.items() <= shown.items()
    assert shown["versions"]["scikit-learn"]
    assert shown["input"]["columns"]["island"] == "text"
    assert "Fitted on" in run(capsys, "show", "penguins.softlearn").out


def test_show_describes_models_saved_from_python_too(capsys):
    from sklearn.datasets import load_iris

    softlearn.save(softlearn.SoftmaxRegression().fit(*load_iris(return_X_y=True)), "iris")
    facts = run_json(capsys, "show", "iris")
    assert [entry["class"] for entry in facts["classes"]] == [0, 1, 2]
    report = run(capsys, "show", "iris").out
    assert "4 features, 3 classes: 0, 1, 2." in report
    assert "The optimum is proven" in report


# -- every kind of source


def letters(folder, write):
    """Make a folder with the sub-folders "x" and "y" of 12 files each."""
    rng = np.random.default_rng(0)
    for label in "xy":
        Path(folder, label).mkdir(parents=True)
        for i in range(12):
            write(Path(folder, label, f"{i}"), label, rng)


def write_text(path, label, rng):
    words = {"x": ["rain", "wind", "snow"], "y": ["goal", "ball", "team"]}[label]
    path.with_suffix(".txt").write_text(" ".join(rng.choice([*words, "the", "day"], size=9)))


def write_image(path, label, rng):
    pixels = rng.integers(0, 100, size=(8, 8)).astype(np.uint8)
    pixels[:, :4] += 150 if label == "x" else 0
    Image.fromarray(pixels).save(path.with_suffix(".png"))


@pytest.mark.parametrize(
    ("write", "kind"), [(write_text, "text"), (write_image, "image")], ids=["texts", "images"]
)
def test_folders_of_texts_and_of_images_go_from_files_to_predictions(capsys, write, kind):
    letters("train", write)
    facts = run_json(capsys, "fit", "train", "-o", "model")
    assert facts["kind"] == kind
    assert facts["status"] == "CONVERGED"
    assert facts["test_accuracy"] == 1.0
    assert run(capsys, "fit", "train", "-o", "model").out
    Path("new").mkdir()
    for i, label in enumerate("xyx"):
        write(Path("new", f"{i}"), label, np.random.default_rng(1))
    run(capsys, "predict", "model", "new", "-o", "out.csv")
    found = pd.read_csv("out.csv")
    assert list(found["label"]) == list("xyx")
    assert [Path(file).stem for file in found["file"]] == ["0", "1", "2"]
    assert run_json(capsys, "evaluate", "model", "train")["accuracy"] == 1.0
    again = run_json(capsys, "fit", "train", "--test", "train", "-o", "model")
    assert (again["train_rows"], again["test_rows"]) == (24, 24)
    assert any("24 of the 24 test rows" in said for said in again["warnings"])


@pytest.mark.parametrize("name", ["digits.npz", "digits.svm"])
def test_matrices_go_from_files_to_predictions(capsys, name):
    from sklearn.datasets import dump_svmlight_file, load_digits

    X, y = load_digits(return_X_y=True)
    if name == "digits.npz":
        np.savez(name, X=X, y=y)
    else:
        dump_svmlight_file(X, y, name, zero_based=False)
    facts = run_json(capsys, "fit", name, "-o", "model")
    assert facts["kind"] == "matrix"
    assert facts["status"] == "CONVERGED"
    assert facts["test_accuracy"] > 0.9
    assert [entry["class"] for entry in facts["classes"]] == list(range(10))
    assert any("columns are constant" in said for said in facts["warnings"])
    run(capsys, "predict", "model", name, "-o", "out.csv")
    assert (pd.read_csv("out.csv")["label"] == y).mean() > 0.95


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_with_very_few_rows_there_is_still_a_model_and_a_report(capsys, rows):
    table = pd.DataFrame({"a": range(rows), "y": list("pqpqp")[:rows]})
    table.to_csv("few.csv", index=False)
    facts = run_json(capsys, "fit", "few.csv", "-t", "y", "-o", "model")
    assert facts["status"] == "CONVERGED"
    assert facts["train_rows"] + facts["test_rows"] == rows
    assert run(capsys, "show", "model").out


def test_names_that_look_like_markup_are_printed_as_they_are(capsys):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"[red]x": rng.normal(size=40), "y": ["[bold]p", ":smile:"] * 20})
    table.to_csv("names.csv", index=False)
    report = run(capsys, "fit", "names.csv", "-t", "y", "-o", "model").out
    assert "[red]x" in report
    assert "[bold]p" in report
    assert ":smile:" in report


def test_the_letters_give_a_report_of_their_worst_classes(capsys):
    rows = pd.read_csv(DATA / "letter.csv").sample(3000, random_state=0)
    rows.to_csv("letter.csv", index=False)
    report = run(capsys, "fit", "letter.csv", "-t", "letter", "-o", "model").out
    assert "The 15 classes of 26 that are recognised worst" in report
    assert "The optimum is proven" in report


# -- the terminal, pipes and languages


def program(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "softlearn", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        check=False,
    )


def test_help_of_every_command_has_examples(capsys):
    for command in COMMANDS:
        shown = run(capsys, command, "--help").out
        assert "Examples:" in shown
        assert f"softlearn {command}" in shown
    shown = run(capsys, "--help").out
    assert all(command in shown for command in COMMANDS)


def test_version_is_that_of_the_library(capsys):
    assert run(capsys, "--version").out == f"softlearn {softlearn.__version__}\n"


def test_without_a_command_help_is_shown(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert "Commands" in shown.out + shown.err


@pytest.mark.parametrize("words", ["--help", "--version", "fit --help", "show {}"])
def test_help_version_and_show_load_nothing_heavy(trained, words):
    words = words.format(trained).split()
    code = (
        "import sys\n"
        "from softlearn.__main__ import main\n"
        f"status = main({words!r})\n"
        "heavy = {'sklearn', 'pandas', 'pyarrow', 'skrub', 'scipy', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"COLUMNS": "30"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "TERM": "dumb"},
    ],
    ids=["no colour", "narrow", "ascii", "latin-1"],
)
def test_reports_can_be_read_on_any_terminal(trained, environment):
    done = program("show", trained, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    words = "".join(done.stdout.split())
    assert "Theoptimumisproven" in words
    assert "Chinstrap" in words
    assert "96.3%" in words  # its F1
    assert "\x1b" not in done.stdout
    if "COLUMNS" in environment:
        assert max(map(len, done.stdout.splitlines())) <= 30


def test_labels_of_any_script_survive_a_terminal_that_cannot_show_them(capsys):
    table = pd.read_csv(PENGUINS).replace({"species": {"Adelie": "Адели", "Gentoo": "紳士"}})
    table.to_csv("names.csv", index=False)
    done = program("fit", "names.csv", "-t", "species", "-o", "model", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    facts = run_json(capsys, "evaluate", "model", "names.csv")
    assert [entry["class"] for entry in facts["classes"]] == ["Chinstrap", "Адели", "紳士"]


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX shells")
@pytest.mark.parametrize("words", ["show {}", "show {} --json", "predict {} big.csv -o -"])
def test_a_reader_that_has_seen_enough_is_no_error_to_speak_of(trained, words):
    if "big.csv" in words:
        pd.concat([pd.read_csv(PENGUINS)] * 20).to_csv("big.csv", index=False)
    command = f"{sys.executable} -m softlearn {words.format(trained)} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["show {}", "show {} --json", "predict {} {} -o -"])
def test_a_standard_output_that_is_full_is_one_sentence(trained, words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "softlearn", *words.format(trained, PENGUINS).split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr
