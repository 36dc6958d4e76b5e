"""A small sample of benchmarks/studies/damaged_tables.py."""

import pytest
from samples import sample

from benchmarks.studies.damaged_tables import hunt


@pytest.mark.usefixtures("here")
def test_damaged_tables_are_read_or_refused_in_one_sentence_and_alike_by_every_command():
    tables = sample(24, 120)
    found = hunt(tables, seed=100)
    assert found["worse"] == []
    assert found["counts"]["fit: read"] > tables / 12
    assert found["counts"]["fit: a sentence"] > tables / 3
