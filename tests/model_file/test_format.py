"""What is in a model file, and which versions of it can be read."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    StandardScaler,
)

import softlearn
from softlearn import ModelFileError, SoftmaxRegression, load, read_metadata, save
from softlearn.model_file import files
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import sealed

X, Y = load_iris(return_X_y=True)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y)
    save(model, tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_object_used_twice_is_written_once_and_loaded_as_one(tmp_path):
    model = Pipeline([("scale", StandardScaler()), ("fit", SoftmaxRegression())]).fit(X, Y)
    model.again_ = model.steps[0][1]
    save(model, tmp_path / "m.softlearn")
    back = load(tmp_path / "m.softlearn")
    assert back.again_ is back.steps[0][1]
    with zipfile.ZipFile(tmp_path / "m.softlearn") as archive:
        assert archive.read("schema.json").count(b'"StandardScaler"') == 2  # itself, a reference


def test_metadata_is_read_without_building_the_model(tmp_path):
    path = tmp_path / "m.softlearn"
    save(SoftmaxRegression().fit(X, Y), str(path), {"target": "species", "rows": 150})
    program = (
        "import sys, softlearn\n"
        f"found = softlearn.read_metadata({str(path)!r})\n"
        "assert found['metadata'] == {'target': 'species', 'rows': 150}\n"
        "assert found['format_version'] == 2\n"
        "assert found['softlearn_version'] == softlearn.__version__\n"
        "assert {'scikit-learn', 'numpy', 'scipy'} <= found['versions'].keys()\n"
        "print(sorted({'scipy', 'sklearn', 'skrub'} & sys.modules.keys()))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def with_header(path: Path, **changes) -> None:
    """Change entries of the metadata of a file, and seal it again."""
    members = MODEL_FILE.open(path.read_bytes())
    header = json.loads(members["metadata.json"]) | changes
    path.write_bytes(sealed({**members, "metadata.json": json.dumps(header).encode()}))


def test_a_newer_format_says_to_upgrade(tmp_path):
    path = tmp_path / "m.softlearn"
    save(SoftmaxRegression().fit(X, Y), path)
    with_header(path, format_version=3, softlearn_version="9.0.0")
    for read in (load, read_metadata):
        with pytest.raises(ModelFileError, match=r"m\.softlearn.*softlearn 9\.0\.0.*upgrade"):
            read(path)


def test_a_model_of_softlearn_alone_loads_silently_under_another_scikit_learn(tmp_path):
    path = tmp_path / "m.softlearn"
    model = SoftmaxRegression().fit(X, Y)
    save(model, path)
    with_header(path, versions={"scikit-learn": "1.5.0", "numpy": "2.0.0"})
    assert_array_equal(load(path).predict(X), model.predict(X))


def test_parts_of_another_release_give_one_warning_and_the_same_model(tmp_path):
    path = tmp_path / "m.softlearn"
    model = make_pipeline(StandardScaler(), MinMaxScaler(), SoftmaxRegression()).fit(X, Y)
    save(model, path)
    members = MODEL_FILE.open(path.read_bytes())
    from sklearn import __version__ as installed

    schema = members["schema.json"].replace(installed.encode(), b"1.5.2")
    path.write_bytes(sealed({**members, "schema.json": schema}))
    with_header(path, versions={"scikit-learn": "1.5.2"})
    with pytest.warns(
        UserWarning, match=r"m\.softlearn was saved with scikit-learn 1\.5\.2"
    ) as all_:
        back = load(path)
    assert len(all_) == 1
    assert all_[0].filename == __file__
    assert_array_equal(back.predict(X), model.predict(X))


def test_a_patch_release_gives_no_warning(tmp_path):
    from sklearn import __version__ as installed

    path = tmp_path / "m.softlearn"
    save(make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y), path)
    with_header(path, versions={"scikit-learn": ".".join([*installed.split(".")[:2], "99"])})
    load(path)


def test_the_names_stand_at_the_top():
    assert softlearn.save is files.save
    assert softlearn.load is files.load
