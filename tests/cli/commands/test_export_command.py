"""softlearn export writes what onnxruntime reads, and says how far it is."""

import csv
from pathlib import Path

import numpy as np
import pytest
from running import PENGUINS, fit_penguins, letters, report, run, run_json, write_text

pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def test_a_decided_model_of_a_table_is_exported(here, capsys):
    Path("costs.csv").write_text(
        ",Adelie,Chinstrap,Gentoo,none\nAdelie,0,1,1,.1\nChinstrap,5,0,1,.1\nGentoo,1,1,0,.1\n"
    )
    decided = ["--calibrate", "temperature", "--costs", "costs.csv", "--none-of-these", "0.05"]
    fit_penguins(capsys, *decided, output="m.softlearn")
    facts = run_json(capsys, "export", "m.softlearn", "-o", "m.onnx")
    assert (facts["rows"], facts["hostile_rows"], facts["other_labels"]) == (344, 480, 0)
    assert facts["largest_difference"] < 1e-13
    assert facts["inputs"]["island"] == "text"
    assert facts["outputs"] == ["label", "probabilities", "p_values"]
    assert facts["bytes"] == Path("m.onnx").stat().st_size

    session = onnxruntime.InferenceSession("m.onnx")
    with Path(PENGUINS).open() as handle:
        rows = list(csv.DictReader(handle))
    inputs = {
        name: np.array([[row[name]] for row in rows], dtype=object)
        if kind == "text"
        else np.array([[float(row[name].replace("NA", "nan"))] for row in rows])
        for name, kind in facts["inputs"].items()
    }
    for name, cells in inputs.items():
        if facts["inputs"][name] == "text":
            cells[cells == "NA"] = ""
    label, P, p = session.run(facts["outputs"], inputs)
    run(capsys, "predict", "m.softlearn", PENGUINS, "-o", "said.csv")
    with Path("said.csv").open() as handle:
        said = list(csv.DictReader(handle))
    assert label.tolist() == [row["label"] for row in said]
    assert "none" in label
    np.testing.assert_allclose(P[:, 2], [float(row["probability_Gentoo"]) for row in said])
    np.testing.assert_allclose(p[:, 0], [float(row["p_value"]) for row in said])


def test_it_says_what_was_compared(here, capsys, trained):
    words = ["export", trained, "-o", "p.onnx", "--float32", "--opset", "15"]
    said = report(capsys, *words, "--rows", PENGUINS)
    assert "Opset 15" in said
    assert "bill_length_mm (float32)" in said
    assert f"on 344 rows of {PENGUINS} and 480 hostile ones" in said.replace("- ", "")
    assert "and all labels are the same." in said


def test_a_matrix_has_one_input(here, capsys):
    X, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 3
    np.savez("m.npz", X=X, y=y)
    for more in ([], ["--hidden", "4"]):
        run(capsys, "fit", "m.npz", "-o", "m.softlearn", "-q", *more)
        facts = run_json(capsys, "export", "m.softlearn", "-o", "m.onnx")
        assert facts["inputs"] == {"X": "float64"}
        assert facts["largest_difference"] < 1e-13


def test_what_cannot_be_exported_is_said_in_a_sentence(here, capsys, trained):
    letters("letters", write_text)
    run(capsys, "fit", "letters", "-o", "t.softlearn", "-q")
    said = run(capsys, "export", "t.softlearn", "-o", "t.onnx", status=1).err
    assert said == (
        "softlearn: t.softlearn takes texts, which ONNX graphs do not read: only models of tables "
        "and matrices can be exported.\n"
    )
    days = "\n".join(f"{'ab'[i % 2]},2024-05-{i + 1:02}" for i in range(20))
    Path("days.csv").write_text(f"kind,day\n{days}\n")
    run(capsys, "fit", "days.csv", "-t", "kind", "-o", "d.softlearn", "-q", "--no-test")
    said = run(capsys, "export", "d.softlearn", "-o", "d.onnx", status=1).err
    assert "The step 'vectoriser > dates > table', TableVectorizer, cannot be exported" in said
    Path("days.csv").unlink()
    said = run(capsys, "export", "d.softlearn", "-o", "d.onnx", status=1).err
    assert "were fitted to are not there" in said.replace("was fitted", "were fitted")
    run(capsys, "export", trained, "-o", "p.txt", status=2)
    assert sorted(path.name for path in Path().glob("*.onnx")) == []
