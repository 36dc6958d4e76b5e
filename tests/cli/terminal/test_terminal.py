"""Help, terminals of any kind, pipes and languages."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from running import PENGUINS, program, run, run_json

import softlearn
from softlearn.__main__ import main

pytestmark = pytest.mark.usefixtures("here")
COMMANDS = ["fit", "predict", "evaluate", "report", "show", "minimize", "config"]


def test_help_of_every_command_has_examples(capsys):
    for command in COMMANDS:
        shown = run(capsys, command, "--help").out
        assert "Examples:" in shown
        assert f"softlearn {command}" in shown
    shown = run(capsys, "--help").out
    assert all(command in shown for command in COMMANDS)


def test_version_is_that_of_the_library(capsys):
    assert run(capsys, "--version").out == f"softlearn {softlearn.__version__}\n"


def test_without_a_command_help_is_shown(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert "Commands" in shown.out + shown.err


@pytest.mark.parametrize("words", ["--help", "--version", "fit --help", "show {}"])
def test_help_version_and_show_load_nothing_heavy(trained, words):
    words = words.format(trained).split()
    code = (
        "import sys\n"
        "from softlearn.__main__ import main\n"
        f"status = main({words!r})\n"
        "heavy = {'sklearn', 'pandas', 'pyarrow', 'skrub', 'scipy', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


UNUSED = "skops skrub matplotlib jinja2 starlette pyarrow.parquet softlearn.landscape.curvature"


@pytest.mark.parametrize("words", ["predict {} {} -o out.csv", "evaluate {} {}"])
def test_predict_and_evaluate_load_nothing_that_they_do_not_use(trained, words):
    words = words.format(trained, PENGUINS).split()
    code = (
        "import sys\n"
        "from softlearn.__main__ import main\n"
        f"status = main({words!r})\n"
        f"unused = set({UNUSED!r}.split()) & set(sys.modules)\n"
        "sys.exit(f'loaded {unused}' if unused else status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"COLUMNS": "30"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "TERM": "dumb"},
    ],
    ids=["no colour", "narrow", "ascii", "latin-1"],
)
def test_reports_can_be_read_on_any_terminal(trained, environment):
    done = program("show", trained, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    words = "".join(done.stdout.split())
    assert "Theoptimumisproven" in words
    assert "Chinstrap" in words
    assert "96.3%" in words  # its F1
    assert "\x1b" not in done.stdout
    if "COLUMNS" in environment:
        assert max(map(len, done.stdout.splitlines())) <= 30


def test_labels_of_any_script_survive_a_terminal_that_cannot_show_them(capsys):
    table = pd.read_csv(PENGUINS).replace({"species": {"Adelie": "Адели", "Gentoo": "紳士"}})
    table.to_csv("names.csv", index=False)
    done = program("fit", "names.csv", "-t", "species", "-o", "model", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    facts = run_json(capsys, "evaluate", "model", "names.csv")
    assert [entry["class"] for entry in facts["classes"]] == ["Chinstrap", "Адели", "紳士"]


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX shells")
@pytest.mark.parametrize("words", ["show {}", "show {} --json", "predict {} big.csv -o -"])
def test_a_reader_that_has_seen_enough_is_no_error_to_speak_of(trained, words):
    if "big.csv" in words:
        pd.concat([pd.read_csv(PENGUINS)] * 20).to_csv("big.csv", index=False)
    command = f"set -o pipefail; {sys.executable} -m softlearn {words.format(trained)} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["show {}", "show {} --json", "predict {} {} -o -"])
def test_a_standard_output_that_is_full_is_one_sentence(trained, words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "softlearn", *words.format(trained, PENGUINS).split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


def test_shells_can_complete_words():
    asked = {"COMP_WORDS": "softlearn pr", "COMP_CWORD": "1"}
    done = program(_SOFTLEARN_COMPLETE="complete_bash", **asked)
    assert (done.returncode, done.stdout.split()) == (0, ["predict"])


@pytest.mark.parametrize("command", [*COMMANDS, "serve", "export", "infer", "playground"])
def test_a_word_that_no_command_knows_is_wrong_usage(command, capsys):
    assert main([command, "--nonsense"]) == 2
    assert "No such option: --nonsense" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("words", [["--help"], ["fit", "-h"], ["minimize", "-h"]])
def test_help_that_nobody_reads_to_its_end_is_no_failure(words):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "softlearn", *words], stdout=closed, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (0, b"")
