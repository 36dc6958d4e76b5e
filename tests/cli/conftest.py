"""What tests of the command line share."""

import shutil

import pytest
from running import PENGUINS

from softlearn.__main__ import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder, on a page of 80 characters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return a model of the penguins."""
    path = tmp_path_factory.mktemp("trained") / "penguins.softlearn"
    assert main(["fit", PENGUINS, "--target", "species", "-o", str(path), "--quiet"]) == 0
    return path


@pytest.fixture
def penguins(here):
    """Work in a folder with the file "penguins.csv" alone."""
    shutil.copy(PENGUINS, "penguins.csv")
