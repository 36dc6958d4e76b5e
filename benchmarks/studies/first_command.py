r"""How long from a copy of the repository to the first report, beside scikit-learn's first fit?

    python benchmarks/studies/first_command.py --out benchmarks/results/first_command

Each run begins in an empty folder without an environment, with the Python that made this one:

softlearn      the README's first command, `python3 dev.py demo`, in a copy of the repository: with
               the C++ compiler of this machine, and as if there were none
scikit-learn   `pip install scikit-learn pandas`, then a script that fits the same table and prints
               a report

The steps are timed one by one, by the clock and in processor seconds (which other work on the
machine hardly changes): making the environment; pip's installing of the packages that come
from the index; and all that is left, which for softlearn is building and installing it, with the
tools of the build, and the demo itself.  All packages are downloaded before, to --wheels, so no
network is timed.  Medians of --repeat rounds, in which all take turns.
Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import names, parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown

ROOT = Path(__file__).parents[2]
TABLE = "examples/data/penguins.csv"
SCRIPT = f"""
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

table = pd.read_csv({str(ROOT / TABLE)!r})
numbers = make_pipeline(SimpleImputer(), StandardScaler())
texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
columns = make_column_transformer(
    (numbers, make_column_selector(dtype_include="number")),
    (texts, make_column_selector(dtype_exclude="number")),
)
X, y = table.drop(columns="species"), table["species"]
X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(X, y)
print(classification_report(y_test, model.predict(X_test), digits=3))
"""
WAYS = {
    "compiler": "softlearn, with a compiler",
    "no compiler": "softlearn, without a compiler",
    "scikit-learn": "scikit-learn and pandas",
}
PYTHON = str(getattr(sys, "_base_executable", sys.executable))
STEPS = ("environment", "packages", "rest")


def packages(way: str) -> list[str]:
    """Return what comes from the index; for softlearn what the demo asks pyproject.toml for."""
    if way == "scikit-learn":
        return ["scikit-learn", "pandas"]
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *dev._requirements("cli")]


def first_report(way: str, folder: Path, wheels: Path) -> dict[str, Any]:
    """Return the seconds of each step of one way, in an empty folder."""
    if way != "scikit-learn":
        copy_of_repository(folder)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    if way == "no compiler":
        env |= {"CC": str(folder / "none"), "CXX": str(folder / "none")}
    python = folder / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")
    last = [str(python), "-c", SCRIPT] if way == "scikit-learn" else [PYTHON, "dev.py", "demo"]
    commands = (
        [PYTHON, "-m", "venv", ".venv"],
        [str(python), "-m", "pip", "install", "-q", *packages(way)],
        last,
    )
    row: dict[str, Any] = {"way": way}
    for step, command in zip(STEPS, commands, strict=True):
        started, used = time.perf_counter(), processor()
        printed = run(command, folder, env)
        row[step] = [time.perf_counter() - started, processor() - used]
    kernels = [line for line in printed.splitlines() if line.startswith("Kernels in use")]
    return row | {"said": kernels[0] if kernels else ""}


def processor() -> float:
    """Return the processor seconds of all programs that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def download(wheels: Path) -> None:
    """Download all packages, and the tools of softlearn's build."""
    system = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    wanted = [*packages("compiler"), *system["requires"], "cmake", "ninja"]
    wanted += ["setuptools", "wheel"]  # older versions of pip pack liac-arff with both
    pip = [PYTHON, "-m", "pip", "download", "-q", "--only-binary", ":all:"]
    pip += ["--no-binary", "liac-arff"]  # there is only its source
    for way in (wanted, packages("scikit-learn")):
        run([*pip, "-d", str(wheels), *way], ROOT, dict(os.environ))


def run(command: Sequence[str], folder: Path, env: dict[str, str]) -> str:
    """Run a command in a folder; return what it prints, or stop with it if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)[:100]} failed:\n{done.stdout}")
    return done.stdout


def copy_of_repository(folder: Path) -> None:
    """Copy the files that git knows, as they are now."""
    known = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    for name in known.stdout.strip("\0").split("\0"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


def table(record: dict[str, Any]) -> str:
    """Return the medians as Markdown."""
    rows = [["", "make .venv", "pip installs packages", "the rest", "in all", "runs"]]
    for way, title in WAYS.items():
        runs = [r for r in record["runs"] if r["way"] == way]
        if runs:
            steps = [[r[step] for step in STEPS] for r in runs]
            medians = np.median([[*s, np.sum(s, axis=0)] for s in steps], axis=0)
            told = [f"{clock:.1f} ({busy:.1f})" for clock, busy in medians]
            rows.append([title, *told, str(len(runs))])
    said = {r["way"]: r["said"] for r in record["runs"] if r["said"]}
    parts = [
        "# From a copy of the repository to the first report",
        line(record["machine"]),
        markdown(rows),
        "Seconds, and processor seconds in parentheses. All packages had been downloaded. "
        "softlearn's rest is its build, with the tools for that, its installation and the demo; "
        "scikit-learn's is the script.",
        *(f"{WAYS[way]}: {words}" for way, words in said.items()),
    ]
    return "\n\n".join(parts)


def made(folder: Path) -> Path:
    """Make a folder."""
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    """Time all ways in turns."""
    options = parser(__doc__, "out")
    add = options.add_argument
    add("--repeat", type=int, default=3, help="rounds")
    add("--ways", type=names, default=",".join(WAYS), help="some of these, with commas between")
    add("--wheels", type=Path, help="a folder to keep; if it is not there, packages go into it")
    chosen = options.parse_args()
    results = Results(chosen.out, table, "runs")
    with tempfile.TemporaryDirectory(prefix="first-") as work:
        wheels = chosen.wheels or Path(work) / "wheels"
        if not wheels.exists():
            download(wheels)
        for k in range(chosen.repeat):
            for way in chosen.ways:
                row = first_report(way, made(Path(work) / f"{way} {k}"), wheels.resolve())
                told = ", ".join(f"{step} {row[step][0]:.1f} s" for step in STEPS)
                results.add("runs", row, f"{way}: {told}. {row['said']}")


if __name__ == "__main__":
    main()
