"""A model file may say anything of itself: it is used, or refused in one sentence that names it."""

import json
from pathlib import Path

import numpy as np
import pytest
from mistakes import fails
from running import PENGUINS, report, run, run_json

import softlearn
from softlearn.cli.saved.metadata import check_metadata, written_by_fit
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import sealed

pytestmark = pytest.mark.usefixtures("penguins")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "net.softlearn"
    words = ["--hidden", "3", "--epochs", "40", "--early-stopping", "-q"]
    from softlearn.__main__ import main

    assert main(["fit", PENGUINS, "-t", "species", "-o", str(path), *words]) == 0
    return path


def saying(path, edit, to="other.softlearn"):
    """Write a copy of a model file that says something else of itself; return its name."""
    members = MODEL_FILE.open(path.read_bytes())
    header = json.loads(members["metadata.json"])
    metadata = edit(header["metadata"])
    header["metadata"] = header["metadata"] if metadata is None else metadata
    Path(to).write_bytes(sealed({**members, "metadata.json": json.dumps(header).encode()}))
    return to


def setting(*keys, to):
    def edit(metadata):
        for key in keys[:-1]:
            metadata = metadata[key]
        metadata[keys[-1]] = to

    return edit


def without(*keys):
    def edit(metadata):
        for key in keys[:-1]:
            metadata = metadata[key]
        del metadata[keys[-1]]

    return edit


def commands(model):
    yield "show", model
    yield "show", model, "--json"
    yield "predict", model, "penguins.csv", "-o", "out.csv"
    yield "evaluate", model, "penguins.csv"
    yield "report", model, "penguins.csv", "-o", "page.html"


REFUSED = {
    "no columns by type": (without("report", "columns_by_type"), "report.columns_by_type"),
    "no classes": (setting("report", "classes", to=[]), "report.classes"),
    "a class without rows": (setting("report", "classes", 0, "train_rows", to=0), "train_rows"),
    "rows that are text": (setting("report", "train_rows", to="275"), "report.train_rows"),
    "rows that are true": (setting("report", "train_rows", to=True), "report.train_rows"),
    "rows beyond counting": (setting("report", "train_rows", to=10**300), "report.train_rows"),
    "a gap below 0": (setting("report", "gap", to=-1.0), "report.gap"),
    "time without end": (setting("report", "seconds", "fit", to=float("inf")), "report.seconds"),
    "warnings that are none": (setting("report", "warnings", to=[{}]), "report.warnings.0"),
    "scores of other classes": (without("report", "per_class", 0), "per_class has other classes"),
    "a class twice": (
        lambda m: m["report"]["classes"].append(m["report"]["classes"][0]),
        "classes has one of them twice",
    ),
    "another estimator": (setting("report", "estimator", to="Forest"), "estimator is 'Forest'"),
    "an estimator that is a list": (setting("report", "estimator", to=[]), "report.estimator"),
    "another kind": (setting("kind", to="sound"), "kind: "),
    "two kinds": (setting("report", "kind", to="text"), "report.kind is another than kind"),
    "a column of an unknown type": (setting("columns", "sex", to="sound"), "columns.sex"),
    "columns that are a list": (setting("columns", to=["sex"]), "columns"),
    "labels of an unknown type": (setting("label_type", to="complex"), "label_type"),
    "a layout of words": (setting("layout", "header", to="no"), "header"),
    "another decimal mark": (setting("reading", to={"decimal": ";"}), "reading.decimal"),
    "a reading of no column": (setting("reading", to={"columns": {"sex": 1}}), "reading.columns"),
    "no target": (setting("target", to=None), "target is missing"),
    "excluded columns that are none": (setting("excluded", to=3), "excluded"),
}


@pytest.mark.parametrize(("edit", "why"), REFUSED.values(), ids=REFUSED)
def test_what_fit_would_not_write_is_refused_in_one_sentence(capsys, trained, edit, why):
    other = saying(trained, edit)
    for words in commands(other):
        said = fails(capsys, *words)
        assert said.startswith(f"{other} describes itself otherwise than softlearn fit does (")
        assert why in said


OF_NETWORKS = {
    "no layers": (setting("report", "layers", to=[3]), "report.layers"),
    "no epochs": (setting("report", "epochs", to=0), "report.epochs"),
    "a best epoch that was not made": (setting("report", "best_epoch", to=41), "best_epoch"),
    "a short curve": (setting("report", "curve", "loss", to=[1.0]), "curve has not an entry"),
    "a curve of words": (setting("report", "curve", "loss", to=["low"] * 40), "report.curve.loss"),
    "no curve": (setting("report", "curve", to={}), "report.curve"),
    "a unit of its own": (setting("report", "unit", to="mile"), "report.unit"),
}


@pytest.mark.parametrize(("edit", "why"), OF_NETWORKS.values(), ids=OF_NETWORKS)
def test_what_fit_would_not_write_of_a_network_is_refused_too(capsys, network, edit, why):
    assert why in fails(capsys, "show", saying(network, edit))


def test_classes_that_are_not_those_of_the_model_are_named(capsys, trained):
    def edit(metadata):
        for part in ("classes", "per_class", "influential_features"):
            metadata["report"][part][0]["class"] = "Emperor"

    other = saying(trained, edit)
    said = fails(capsys, "evaluate", other, "penguins.csv")
    assert said.startswith(f"{other} says that its classes are Emperor, Chinstrap, Gentoo, but ")
    assert "those of its model are Adelie, Chinstrap, Gentoo" in said


def test_columns_that_the_model_does_not_have_are_one_sentence(capsys, trained):
    def edit(metadata):
        metadata["columns"] = {"year": "number"}

    other = saying(trained, edit)
    said = fails(capsys, "predict", other, "penguins.csv", "-o", "out.csv")
    assert said.startswith(f"{other} says that its columns are year, but those of its model are ")


def test_a_bare_model_that_says_it_is_a_pipeline_is_one_sentence(capsys, trained):
    metadata = softlearn.read_metadata(trained)["metadata"]
    classifier = softlearn.load(trained)[-1]
    softlearn.save(classifier, "bare.softlearn", metadata)
    said = fails(capsys, "evaluate", "bare.softlearn", "penguins.csv")
    assert said.startswith("bare.softlearn says that its parts are vectoriser, classifier, but ")


def test_a_number_of_features_that_is_another_is_one_sentence(capsys):
    np.savez("rows.npz", X=np.arange(60.0).reshape(30, 2), y=np.arange(30) % 2)
    run(capsys, "fit", "rows.npz", "-o", "m", "-q")
    other = saying(Path("m"), setting("n_features", to=3))
    said = fails(capsys, "predict", other, "rows.npz", "-o", "out.csv")
    assert said.startswith(f"{other} says that its features are 3, but those of its model are 2: ")


@pytest.mark.parametrize("error", [KeyError("size"), TypeError("no"), AttributeError("x\ny")])
def test_a_part_that_fails_in_its_own_way_is_one_sentence(capsys, trained, monkeypatch, error):
    def fall(*arguments):
        raise error

    monkeypatch.setattr("softlearn.cli.saved.model.transform", fall)
    said = fails(capsys, "predict", trained, "penguins.csv", "-o", "out.csv")
    assert said.startswith(
        f"{trained} cannot take these rows: its parts, or what it says of itself"
    )
    assert type(error).__name__ in said


@pytest.mark.parametrize(
    "metadata",
    [
        {"report": "April", "kind": "mine", "columns": 3},
        {"report": {"of": "April"}, "kind": "table", "columns": {}},
        {"report": {"kind": "April"}},
        {"report": None, "target": 7, "excluded": "all", "layout": 1.5},
        {"columns": {"a": "number"}},
    ],
)
def test_notes_of_ones_own_beside_a_model_saved_from_python_are_notes(capsys, metadata):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 2
    softlearn.save(softlearn.SoftmaxRegression().fit(X, y), "mine.softlearn", metadata)
    np.savez("rows.npz", X=X, y=y)
    assert "2 features, 2 classes: 0, 1" in report(capsys, "show", "mine.softlearn")
    assert run_json(capsys, "show", "mine.softlearn")["input"]["columns"] is None
    run(capsys, "predict", "mine.softlearn", "rows.npz", "-o", "out.csv")
    assert run_json(capsys, "evaluate", "mine.softlearn", "rows.npz", "-t", "y")["rows"] == 30


def test_a_report_cannot_overwrite_what_is_known_of_the_file(capsys, trained):
    def edit(metadata):
        metadata["report"] |= {"bytes": "many", "versions": [], "input": 3, "format_version": "x"}

    other = saying(trained, edit)
    facts = run_json(capsys, "show", other)
    assert facts["format_version"] == 2
    assert isinstance(facts["bytes"], int)
    assert "Written by softlearn" in report(capsys, "show", other)


def test_entries_and_a_status_that_are_not_known_yet_do_no_harm(capsys, trained):
    def edit(metadata):
        metadata["report"] |= {
            "status": "SPLENDID",
            "status_sentence": "As good as can be.",
            "x": 1,
        }
        metadata["report"]["classes"][0]["colour"] = "white"

    assert "As good as can be." in report(capsys, "show", saying(trained, edit))


@pytest.mark.parametrize("words", [[], ["--no-test"], ["--regularization", "none"]])
def test_what_fit_writes_is_what_is_checked(capsys, words):
    run(capsys, "fit", "penguins.csv", "-t", "species", "-o", "m", "-q", *words)
    metadata = softlearn.read_metadata("m")["metadata"]
    assert written_by_fit(metadata)
    check_metadata("m", metadata)
