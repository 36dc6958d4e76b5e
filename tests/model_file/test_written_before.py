"""What an older softlearn wrote is read, and predicts what it predicted then."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from numpy.testing import assert_allclose
from written_before import FEW, NAMES, X, network, rows_of

from softlearn import load, read_metadata
from softlearn.model_file.allowed import OBJECTS
from softlearn.model_file.moved import with_new_names

DATA = Path(__file__).parent / "data"
PREDICTED = json.loads((DATA / "predictions.json").read_text(encoding="utf-8"))
FILES = sorted(path.stem for path in DATA.glob("*.softlearn"))

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*was saved with"
)  # another release of scikit-learn


NEWER = {  # than these files
    "softlearn.decide.calibration.CalibratedSoftmax",
    "softlearn.decide.conformal.ConformalSets",
    "softlearn.decide.decision.DecisionClassifier",
    "softlearn.decide.none_of_these.NoneOfThese",
    "softlearn.solve.proximal_newton.ProximalNewton",
}


def test_there_are_predictions_for_every_file():
    assert len(FILES) == 28
    assert {*FILES, "network.checkpoint"} == PREDICTED.keys()


def test_the_files_hold_every_type_of_ours_that_a_file_may_hold():
    found = set()
    for name in FILES:
        with zipfile.ZipFile(DATA / f"{name}.softlearn") as archive:
            schema = with_new_names(archive.read("schema.json")).decode()
        found |= set(
            re.findall(r'"__class__": ?"(\w+)", ?"__module__": ?"(softlearn[.\w]+)"', schema)
        )
    names = {f"{module}.{kind}" for kind, module in found}
    assert names == {name for name in OBJECTS if name.startswith("softlearn.")} - NEWER


@pytest.mark.parametrize("name", FILES)
def test_a_model_file_predicts_what_it_did(name):
    path = DATA / f"{name}.softlearn"
    assert_allclose(load(path).predict_proba(rows_of(name)), PREDICTED[name], rtol=1e-6, atol=1e-9)
    assert read_metadata(path)["metadata"] == {"kind": name, "rows": 150}


def test_a_training_goes_on_from_a_checkpoint(tmp_path):
    path = tmp_path / "network.checkpoint"
    shutil.copy(DATA / path.name, path)
    epochs = list(network(checkpoint=path, resume=True).iter_fit(X, NAMES))
    assert [epoch.k for epoch in epochs] == [3]
    net = network(checkpoint=path, resume=True).fit(X, NAMES)
    assert_allclose(net.predict_proba(FEW), PREDICTED[path.name], rtol=1e-9)


def test_pickles_are_read():
    found = pickle.loads((DATA / "objects.pickle").read_bytes())
    for name in ("regression", "cv", "network"):
        assert (found[name].predict(X) == NAMES).mean() > 0.85
        assert found[name].status_.value
    assert found["path"].model(0.1).score(X, NAMES) > 0.9
    assert found["text"].column == "review"
    assert found["images"].mode == "RGB"
