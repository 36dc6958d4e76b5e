"""A sample of `benchmarks/studies/damaged_files.py`, whose results are in the repository."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = vars(import_module("benchmarks.studies.damaged_files"))
RESULTS = ROOT / "benchmarks" / "results" / "damaged_files.md"


@pytest.mark.parametrize("name", SCRIPT["HUNTS"])
def test_whatever_a_file_holds_it_is_taken_or_refused_in_one_sentence(name, tmp_path):
    found = SCRIPT["HUNTS"][name](60, tmp_path, np.random.default_rng(1))
    assert set(found) <= {"taken", "refused in a sentence"}
    assert found["refused in a sentence"] > 0
    if "cut short" in name:
        assert not found["taken"]


def test_the_whole_hunt_found_nothing():
    rows = [line.split("|")[1:-1] for line in RESULTS.read_text().splitlines() if line[:2] == "| "]
    assert [row[0].strip() for row in rows[1:]] == list(SCRIPT["HUNTS"])
    assert all(row[-1].strip() == "0" for row in rows[1:])
