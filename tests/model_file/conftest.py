"""What the tests of model files share."""

from __future__ import annotations

from pathlib import Path

import pytest
from forging import X, Y
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression, save


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> bytes:
    """The bytes of a sound file: a pipeline of a scaler and a model."""
    path = tmp_path_factory.mktemp("whole") / "m.softlearn"
    save(make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, Y), path, {"rows": 150})
    return path.read_bytes()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "m.softlearn"
