"""New rows beside the rows that a model was trained on."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import PENGUINS, run

import softlearn
from softlearn.model_file import read_metadata

pytestmark = pytest.mark.usefixtures("here")


def test_the_training_rows_do_not_drift(capsys, trained):
    shown = run(capsys, "predict", trained, PENGUINS, "-o", "o.csv", "--drift", "d.json")
    assert "Note" not in shown.err
    facts = json.loads(Path("d.json").read_text(encoding="utf-8"))
    table = pd.read_csv(PENGUINS)
    assert facts["rows"] == len(table)
    for column in facts["columns"]:
        cells, new = table[column["column"]], column["new"]
        assert new["missing"] == cells.isna().mean()
        if "mean" in new:
            assert new["mean"] == pytest.approx(cells.mean(), rel=1e-12)
            edges = [-np.inf, *column["training"]["quartiles"][1:4], np.inf]
            shares = pd.cut(cells, edges).value_counts(normalize=True, sort=False)
            assert new["in_quarters_of_training"] == pytest.approx(list(shares), rel=1e-12)


@pytest.fixture
def moved():
    """Rows with 2 islands that training had not, 3 heavy birds, and a third without a sex."""
    table = pd.read_csv(PENGUINS).iloc[:90].drop(columns="species")
    table.loc[table.index[:2], "island"] = "Atlantis"
    table.loc[table.index[10:13], "body_mass_g"] = 1e6
    table.loc[table.index[::3], "sex"] = np.nan
    table.to_csv("moved.csv", index=False)
    return table


@pytest.mark.parametrize("numbers_in_a_batch", [1 << 24, 64])
def test_what_is_new_is_noted_once_whatever_the_batches(
    capsys, trained, moved, monkeypatch, numbers_in_a_batch
):
    monkeypatch.setattr("softlearn.cli.saved.model._MAX_NUMBERS", numbers_in_a_batch)
    words = ["predict", trained, "moved.csv", "-o", "o.csv", "--drift", "d.json"]
    notes = [line for line in run(capsys, *words).err.splitlines() if line.startswith("Note: ")]
    assert len(notes) == 2
    assert "'island' has 2 cells of categories that the model was not trained on" in notes[0]
    assert "such as 'Atlantis'" in notes[0]
    assert "'body_mass_g' has 3 cells far outside the training rows" in notes[1]
    facts = json.loads(Path("d.json").read_text(encoding="utf-8"))
    columns = {one["column"]: one["new"] for one in facts["columns"]}
    assert columns["island"]["unseen"] == {"Atlantis": 2}
    assert columns["body_mass_g"]["mean"] == pytest.approx(moved["body_mass_g"].mean())
    assert columns["sex"]["missing"] == moved["sex"].isna().mean()


def test_a_dash_prints_a_line_for_each_column(capsys, trained, moved):
    out = run(capsys, "predict", trained, "moved.csv", "-o", "o.csv", "--drift", "-").out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert lines["island"][-1] == "2"
    assert lines["body_mass_g"][-1] == "3"
    assert set(moved) <= set(lines)


def test_a_model_without_a_summary_says_so(capsys, trained):
    metadata = dict(read_metadata(trained)["metadata"])
    del metadata["summary"]
    softlearn.save(softlearn.load(trained), "old.softlearn", metadata)
    run(capsys, "predict", "old.softlearn", PENGUINS, "-o", "o.csv")
    out = run(capsys, "predict", "old.softlearn", PENGUINS, "-o", "p.csv", "--drift", "-", status=1)
    assert "has no summary of its training columns" in out.err


def test_the_table_and_the_predictions_need_two_places(capsys, trained):
    out = run(capsys, "predict", trained, PENGUINS, "-o", "-", "--drift", "-", status=2)
    assert "--drift and --output are the same" in out.err
