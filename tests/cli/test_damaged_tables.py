"""A small sample of benchmarks/studies/damaged_tables.py."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "studies" / "damaged_tables.py"


@pytest.mark.usefixtures("here")
def test_damaged_tables_are_read_or_refused_in_one_sentence_and_alike_by_every_command():
    found = runpy.run_path(str(SCRIPT))["hunt"](60, seed=100)
    assert found["worse"] == []
    assert found["counts"]["fit: read"] > 5
    assert found["counts"]["fit: a sentence"] > 20
