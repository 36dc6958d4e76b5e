"""A service says of a row what `softlearn predict` says of it, in every number."""

import base64
import csv
import json
from pathlib import Path

import numpy as np
import pytest
from running import PENGUINS, fit_penguins, letters, run, write_image, write_text
from serving import predictor, served, table

import softlearn


def said_by_predict(capsys, model, source):
    """Return the columns of what `softlearn predict` writes."""
    run(capsys, "predict", model, source, "-o", "said.jsonl")
    rows = [json.loads(line) for line in Path("said.jsonl").read_text().splitlines()]
    return {name: [row[name] for row in rows] for name in rows[0] if name != "id"}


def penguins():
    with Path(PENGUINS).open() as handle:
        return list(csv.DictReader(handle))


def typed(row):
    """Return a row with numbers as numbers, and null where a value is missing."""
    return {
        name: None if cell in ("", "NA") else float(cell) if cell[0].isdigit() else cell
        for name, cell in row.items()
    }


@pytest.fixture(scope="module")
def of_penguins(trained):
    with served(predictor(trained)) as client:
        yield client


@pytest.mark.parametrize("form", ["texts", "numbers", "arrays", "one object"])
def test_rows_of_a_table_are_predicted_as_the_command_predicts_them(
    here, capsys, trained, of_penguins, form
):
    texts = penguins()
    rows = {
        "texts": texts,
        "numbers": [typed(row) for row in texts],
        "arrays": [list(typed(row).values())[1:] for row in texts],
        "one object": texts[3],
    }[form]
    source = "rows.csv"
    kept = [texts[3]] if form == "one object" else texts
    with Path(source).open("w", newline="") as handle:
        writer = csv.DictWriter(handle, texts[0])
        writer.writeheader()
        writer.writerows(kept)
    assert next(iter(texts[0])) == "species"
    assert table(of_penguins.predict(rows)) == said_by_predict(capsys, trained, source)


def test_a_missing_value_an_unknown_category_and_a_number_as_text_are_taken(of_penguins):
    row = typed(penguins()[0])
    plain = of_penguins.predict([row])
    as_text = of_penguins.predict([{**row, "body_mass_g": str(row["body_mass_g"])}])
    assert as_text == plain
    unknown = of_penguins.predict([{**row, "island": "Atlantis", "sex": None}])
    assert unknown["labels"] == plain["labels"]
    assert unknown["probabilities"] != plain["probabilities"]


def test_columns_that_the_model_does_not_know_are_ignored_with_a_note(of_penguins):
    row = typed(penguins()[0])
    answer = of_penguins.predict([{**row, "colour": "black"}])
    assert answer.pop("notes") == ["The column is not known to the model, and ignored: 'colour'."]
    assert answer == of_penguins.predict([row])


def test_the_readings_of_the_training_data_hold(here, capsys):
    lines = [f"{'ab'[i % 2]};{i % 2 * 4 + i % 3},{i}5;{i + 1:02}.05.2024" for i in range(20)]
    Path("t.csv").write_text("\n".join(["kind;size;day", *lines]))
    run(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "--no-test", "-q")
    rows = [dict(zip(("size", "day"), line.split(";")[1:], strict=True)) for line in lines]
    with served(predictor("m.softlearn")) as client:
        answer = client.predict(rows)
        schema = json.loads(client.send("/schema")[2])
        sentence = client.predict([{"size": "1,5", "day": "soon"}], status=422)
    assert table(answer) == said_by_predict(capsys, "m.softlearn", "t.csv")
    assert "decimal comma" in schema["properties"]["size"]["description"]
    assert "'day' held dates" in sentence
    assert "'soon' (row 1)" in sentence


def test_decided_models_answer_with_none_and_a_p_value(here, capsys):
    Path("costs.csv").write_text(
        ",Adelie,Chinstrap,Gentoo,none\nAdelie,0,1,1,.1\nChinstrap,5,0,1,.1\nGentoo,1,1,0,.1\n"
    )
    decided = ["--calibrate", "temperature", "--costs", "costs.csv", "--none-of-these", "0.05"]
    fit_penguins(capsys, *decided, output="m.softlearn")
    with served(predictor("m.softlearn")) as client:
        answer = client.predict(penguins())
    assert table(answer) == said_by_predict(capsys, "m.softlearn", PENGUINS)
    assert "none" in answer["labels"]
    assert answer["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert all(0 < p <= 1 for p in answer["p_values"])


def test_rows_of_a_matrix_are_arrays_of_numbers(here, capsys):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5)), np.arange(60) % 3
    X[:, 0] += y
    np.savez("m.npz", X=X, y=y)
    run(capsys, "fit", "m.npz", "-o", "m.softlearn", "-q")
    with served(predictor("m.softlearn")) as client:
        answer = client.predict(X.tolist())
        schema = json.loads(client.send("/schema")[2])
        whole = client.predict([[1, 2, True, 4, 5]])
        wrong = {
            "Row 2 has 4 values; the model takes arrays of 5 numbers.": [[0] * 5, [0] * 4],
            "Row 1 is no array; the model takes arrays of 5 numbers.": ["x"],
            'Row 1 has "x" as feature 3 (from 0), not a number.': [[1, 2, 3, "x", 5]],
            "Row 1 has null as feature 4 (from 0), not a number.": [[1, 2, 3, 4, None]],
            "The request has numbers that are too large.": [[10**400, 2, 3, 4, 5]],
        }
        for sentence, rows in wrong.items():
            assert client.predict(rows, status=422) == sentence
        assert "infinite, infinity in row 0, column 4" in client.predict(
            b"[[1, 2, 3, 4, 1e999]]", status=422
        )
    assert table(answer) == said_by_predict(capsys, "m.softlearn", "m.npz")
    assert (schema["minItems"], schema["maxItems"]) == (5, 5)
    assert whole["labels"][0] in (0, 1, 2)


@pytest.mark.parametrize(("write", "kind"), [(write_text, "text"), (write_image, "image")])
def test_texts_and_images_are_sent_as_their_content(here, capsys, write, kind):
    letters("letters", write)
    run(capsys, "fit", "letters", "-o", "m.softlearn", "--no-test", "-q")
    files = sorted(file for file in Path("letters").rglob("*") if file.is_file())
    if kind == "text":
        rows = [file.read_text() for file in files]
    else:
        rows = [base64.b64encode(file.read_bytes()).decode() for file in files]
    with served(predictor("m.softlearn")) as client:
        answer = client.predict(rows)
        if kind == "image":
            damaged = base64.b64encode(files[0].read_bytes()[:60]).decode()
            sentence = client.predict([rows[0], damaged], status=422)
            assert sentence == "The image of row 2 is damaged or is not an image; " + (
                "repair it or take it away."
            )
            assert client.predict(["?"], status=422) == "The image of row 1 is not in Base64."
            # a name is no image: nothing of this machine is opened
            assert "not in Base64" in client.predict([str(files[0].resolve())], status=422)
    found = table(answer)
    expected = said_by_predict(capsys, "m.softlearn", "letters")
    assert found == {name: expected[name] for name in found}


def test_models_that_open_files_by_name_are_refused(here):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline

    for i in range(4):
        Path(f"{i}.txt").write_text("rain wind" if i % 2 else "goal ball")
    model = make_pipeline(CountVectorizer(input="filename"), softlearn.SoftmaxRegression())
    softlearn.save(model.fit([f"{i}.txt" for i in range(4)], [0, 1, 0, 1]), "m.softlearn")
    with pytest.raises(softlearn.cli.CommandError, match="takes names of files"):
        predictor("m.softlearn")


def test_requests_that_are_answered_together_are_answered_as_alone(trained):
    answering, rows = predictor(trained), [typed(row) for row in penguins()]
    good = [json.dumps(rows[i : i + 3]).encode() for i in range(0, 30, 3)]
    bad = json.dumps([{**rows[0], "body_mass_g": "heavy"}]).encode()
    together = answering.answers([*good[:5], bad, *good[5:]])
    refused = together.pop(5)
    assert (refused.status, "'heavy' (row 1)" in str(refused)) == (422, True)
    for one, answer in zip(good, together, strict=True):
        (alone,) = answering.answers([one])
        assert answer.rows == 3
        first, second = json.loads(answer.body), json.loads(alone.body)
        np.testing.assert_allclose(
            first.pop("probabilities"), second.pop("probabilities"), rtol=1e-13
        )
        assert first == second


def test_values_too_large_for_the_model_are_refused_with_their_row(here):
    model = softlearn.SoftmaxRegression().fit(np.eye(3, 2), range(3))
    model.coef_ = np.array([[2.0, 2.0], [2.0, 2.0], [0.0, 0.0]])
    softlearn.save(model, "m.softlearn")
    with served(predictor("m.softlearn")) as client:
        sentence = client.predict([[1, 2], [1e308, 1e308]], status=422)
    assert sentence == "The probabilities of row 2 are no numbers: its values are too large."


def test_one_client_may_keep_its_connection(of_penguins):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", of_penguins.port, timeout=60)
    body = json.dumps(penguins()[:2])
    for _ in range(3):
        connection.request("POST", "/predict", body)
        assert connection.getresponse().read()
    connection.close()
