"""Running the program inside a test, and small sources to run it on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from softlearn.__main__ import main

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
PENGUINS = str(DATA / "penguins.csv")


def run(capsys, *words, status=0):
    """Run a command that must end with this exit status; return what it printed."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == status
    return capsys.readouterr()


def run_json(capsys, *words, status=0):
    """Run a command with --json; return what it said, which must be strict JSON."""
    shown = run(capsys, *words, "--json", status=status)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(shown.out, parse_constant=refuse)


def report(capsys, *words):
    """Run a command and return its report as one line."""
    return " ".join(run(capsys, *words).out.split())


def fit_penguins(capsys, *words, output="penguins.softlearn"):
    return run_json(capsys, "fit", PENGUINS, "-t", "species", "-o", output, *words)


def program(*words, **environment):
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "softlearn", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        check=False,
    )


def letters(folder, write):
    """Make a folder with the sub-folders "x" and "y" of 12 files each."""
    rng = np.random.default_rng(0)
    for label in "xy":
        Path(folder, label).mkdir(parents=True)
        for i in range(12):
            write(Path(folder, label, f"{i}"), label, rng)


def write_text(path, label, rng):
    words = {"x": ["rain", "wind", "snow"], "y": ["goal", "ball", "team"]}[label]
    path.with_suffix(".txt").write_text(" ".join(rng.choice([*words, "the", "day"], size=9)))


def write_image(path, label, rng):
    pixels = rng.integers(0, 100, size=(8, 8)).astype(np.uint8)
    pixels[:, :4] += 150 if label == "x" else 0
    Image.fromarray(pixels).save(path.with_suffix(".png"))
