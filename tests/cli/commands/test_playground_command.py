"""softlearn playground: its address, its mistakes, and how it ends."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path

import numpy as np
import pytest
from running import PENGUINS, run

from softlearn import SoftmaxRegression, save
from softlearn.cli.saved.playground_start import session_maker
from softlearn.cli.sources.plane import read_plane
from softlearn.playground.server import Server

pytestmark = pytest.mark.usefixtures("here")


def mistake(capsys, *words):
    """Run a command that must fail; return its sentence."""
    said = run(capsys, "playground", "--no-browser", *words, status=1).err
    assert said.startswith("softlearn: ")
    assert said.endswith((".\n", "'\n"))
    assert said.count("\n") == 1
    return said.removeprefix("softlearn: ").rstrip()


def start(*words):
    """Start the program; return the process and the address it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "softlearn", "playground", "--no-browser", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    line = process.stdout.readline()
    found = re.fullmatch(r"The playground is at (http://127\.0\.0\.1:(\d+)/#token=\S+)\n", line)
    assert found, line + process.stderr.read()
    return process, int(found[2])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (signal.SIGINT, 0, "Stopped by the user; the playground is closed."),
        (signal.SIGTERM, 143, "softlearn: Stopped by SIGTERM; the playground is closed."),
    ],
)
def test_a_signal_ends_it_with_a_sentence(number, status, sentence):
    process, port = start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    assert b"playground" in connection.getresponse().read()
    connection.close()
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == status
    assert said.splitlines()[-1] == sentence
    assert "Traceback" not in said


def test_it_listens_on_this_machine_alone():
    process, port = start()
    try:
        listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else ""
        places = {line.split()[1] for line in listening.splitlines()[1:]}
        assert not listening or f"0100007F:{port:04X}" in places
        assert f"00000000:{port:04X}" not in places
    finally:
        process.kill()
        process.communicate()


def stops_at_once(monkeypatch):
    """Let servers end when they have begun."""
    serve = Server.run

    def run_and_stop(self, started=lambda: None):
        def begun():
            started()
            self.stop()

        serve(self, begun)

    monkeypatch.setattr(Server, "run", run_and_stop)


def test_it_opens_the_browser_on_its_address(capsys, monkeypatch):
    stops_at_once(monkeypatch)
    opened, came = [], threading.Event()

    def note(address):
        opened.append(address)
        came.set()
        return False

    monkeypatch.setattr(webbrowser, "open", note)
    said = run(capsys, "playground")
    assert came.wait(10)
    assert opened == [said.out.split()[-1]]
    assert "#token=" in opened[0]


def test_no_browser_is_opened_where_none_is_wanted(capsys, monkeypatch):
    stops_at_once(monkeypatch)
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail("a browser was opened"))
    run(capsys, "playground", "--no-browser")


def test_the_port_that_is_asked_for_is_used(capsys, monkeypatch):
    stops_at_once(monkeypatch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = run(capsys, "playground", "--no-browser", "--port", port).out
    assert f"http://127.0.0.1:{port}/#token=" in said


def test_the_address_names_the_stop_of_the_course_that_is_asked_for(capsys, monkeypatch):
    stops_at_once(monkeypatch)
    said = run(capsys, "playground", "--no-browser", "--course", 4, "--preset", "c3-bows").out
    assert said.endswith("&course=4\n")


def test_a_port_that_is_taken_is_a_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert mistake(capsys, "--port", port) == (
            f"Port {port} is in use; give another one, or 0 for a free one."
        )


@pytest.mark.parametrize("port", [-1, 65536, 10**20])
def test_a_port_that_is_none_is_a_sentence(capsys, port):
    assert mistake(capsys, "--port", port) == f"A port is a number from 0 to 65535, not {port}."


def test_a_preset_that_there_is_not_is_a_sentence(capsys):
    assert mistake(capsys, "--preset", "spirals").startswith("preset must be one of c3-linear, ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--columns", "a,b"],
            "--columns names columns of the --data, which were not given.",
        ),
        (
            ["--data", PENGUINS, "--columns", "year"],
            "--columns takes the names of two columns with a comma between them.",
        ),
        (
            ["--data", PENGUINS, "--columns", "year,island"],
            f"{PENGUINS}: the column 'island' holds no numbers to draw.",
        ),
        (["--preset", "moons", "--data", PENGUINS], "Give --preset or --data, not both."),
        (["--course", 16], "--course takes a stop from 1 to 15, not 16."),
        (["-t", "x"], "--target names a column of the --data, which were not given."),
        (["--data", "none.csv"], "none.csv does not exist."),
        (["--model", "none.softlearn"], "none.softlearn does not exist."),
        (["--model", PENGUINS], f"{PENGUINS} cannot be loaded: it is not a softlearn model file."),
    ],
)
def test_mistakes_are_sentences(capsys, words, sentence):
    assert mistake(capsys, *words) == sentence


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("a,b\n1,x\n2,y\n", "needs two columns of numbers beside the labels 'b'; it has only 'a'."),
        ("a,b\n1.5,2.5\n2.5,3\n", "has no column with 2 to 6 classes; its columns are 'a', 'b'."),
        ("a,b,c\n1.5,2,x\n2,2,x\n", "has no column with 2 to 6 classes; its columns are"),
    ],
)
def test_tables_that_do_not_fit_are_sentences(capsys, table, sentence):
    Path("t.csv").write_text(table)
    assert sentence in mistake(capsys, "--data", "t.csv")


def test_a_target_with_too_many_classes_is_a_sentence(capsys):
    rows = [f"{i},{i * i},c{i}" for i in range(9)]
    Path("t.csv").write_text("\n".join(["a,b,kind", *rows]))
    assert mistake(capsys, "--data", "t.csv", "-t", "kind") == (
        "t.csv: the column 'kind' has 9 classes; the playground has 2 to 6."
    )


def test_a_target_that_there_is_not_is_a_sentence(capsys):
    said = mistake(capsys, "--data", PENGUINS, "-t", "specie")
    assert "has no column 'specie' (did you mean 'species'?)" in said


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "websockets"])
def test_without_the_extra_a_sentence_names_it(capsys, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert mistake(capsys) == (
        f"The playground needs {missing}, which is not installed; run: "
        "pip install 'softlearn[playground]'"
    )


def test_the_columns_that_are_used_are_said():
    plane = read_plane(Path(PENGUINS), 5000)
    assert plane.axes == ("bill_length_mm", "bill_depth_mm")
    assert plane.names == ["Adelie", "Chinstrap", "Gentoo"]
    assert plane.xy.shape == (342, 2)
    assert list(plane.notes) == [
        f"{PENGUINS}: 'bill_length_mm' and 'bill_depth_mm' are drawn, the classes are in "
        "'species'.",
        "2 rows with missing cells left out.",
        "It has 5 columns of numbers; --columns X,Y draws two others.",
    ]


def test_two_columns_may_be_named():
    make, notes = session_maker(None, Path(PENGUINS), "", None, ("year", "body_mass_g"))
    units = make().state()["data"]["units"]
    assert [units[axis]["name"] for axis in "xy"] == ["year", "body_mass_g"]
    assert "'year' and 'body_mass_g' are drawn" in notes[0]
    assert not [note for note in notes if "--columns" in note]


def test_labels_may_be_whole_numbers():
    Path("t.csv").write_text("kind,a,b,day\n1,0.5,1.5,7\n0,1.5,0.5,8\n1,2.5,0.25,9\n")
    plane = read_plane(Path("t.csv"), 5000, target="kind")
    assert (plane.axes, plane.names) == (("a", "b"), ["0", "1"])
    assert plane.label.tolist() == [1, 0, 1]


def test_of_many_rows_a_sample_is_drawn():
    rng = np.random.default_rng(0)
    rows = [f"{x},{y},{'pq'[int(x > 0)]}" for x, y in rng.normal(size=(600, 2))]
    Path("t.csv").write_text("\n".join(["a,b,c", *rows]))
    plane = read_plane(Path("t.csv"), 500)
    assert len(plane.xy) == len(plane.label) == 500
    assert plane.notes[-1] == "500 of 600 rows are drawn, chosen at random."


def test_arrays_give_their_first_two_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    np.savez("t.npz", X=X, y=np.arange(20) % 3)
    plane = read_plane(Path("t.npz"), 5000)
    np.testing.assert_array_equal(plane.xy, X[:, :2])
    assert plane.names == ["0", "1", "2"]


def test_a_session_begins_with_the_data():
    make, _ = session_maker(None, Path(PENGUINS), "island", None)
    state = make().state()
    assert state["classes"]["names"] == ["Biscoe", "Dream", "Torgersen"]
    assert len(state["points"]["xy"]) == 342


def test_a_session_begins_with_a_model_from_python():
    X = np.random.default_rng(0).normal(size=(60, 2))
    save(SoftmaxRegression().fit(X, (X[:, 0] > 0).astype(int)), "m.softlearn")
    make, _ = session_maker(None, None, "", Path("m.softlearn"))
    assert make().state()["model"]["classes"] == 2


def test_a_session_begins_with_a_model_of_fit_and_its_columns(capsys):
    words = ["-t", "species", "--exclude", "island", "--exclude", "sex", "--exclude", "body_mass_g"]
    words += ["--exclude", "bill_length_mm", "--exclude", "year"]
    run(capsys, "fit", PENGUINS, "-o", "m.softlearn", "-q", *words)
    make, notes = session_maker(None, Path(PENGUINS), "", Path("m.softlearn"))
    assert "'bill_depth_mm' and 'flipper_length_mm' are drawn" in notes[0]
    assert make().state()["classes"]["names"] == ["Adelie", "Chinstrap", "Gentoo"]


def test_a_model_of_more_columns_is_a_sentence(capsys, trained):
    assert "columns; the playground has two." in mistake(capsys, "--model", trained)
