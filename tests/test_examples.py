"""The scripts of examples/ run as they stand, and their data are what their page says."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda p: p.name)
def test_a_script_runs_from_any_folder_without_a_warning(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "target", "columns", "classes", "rows"),
    [("penguins", "species", 8, 3, 344), ("letter", "letter", 17, 26, 20_000)],
)
def test_a_data_set_has_the_rows_and_classes_its_page_says(
    name: str, target: str, columns: int, classes: int, rows: int
) -> None:
    with (EXAMPLES / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert {len(row) for row in table} == {columns}
    assert len(Counter(row[target] for row in table)) == classes
    assert len(table) == rows
