"""Scripts become notebooks that need no other file, and print what the scripts print."""

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import gallery
import notebooks
import pytest
import scripts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
EVERY = [script for group in gallery.SCRIPTS.values() for script in group]


def test_every_script_of_the_course_that_draws_is_in_the_gallery() -> None:
    drawing = {
        f"course/{path.name}"
        for path in (EXAMPLES / "course").glob("*.py")
        if scripts.SAVE in path.read_text(encoding="utf-8")
    }
    assert drawing <= set(EVERY)
    assert len(drawing) >= 12
    assert {path.name for path in EXAMPLES.glob("*.py")} <= set(EVERY)


@pytest.mark.parametrize("script", EVERY)
def test_a_notebook_imports_nothing_from_beside_its_script(script: str) -> None:
    notebook = notebooks.notebook_of(EXAMPLES / script)
    code = "\n\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "code")
    compile(code, script, "exec")
    assert "__file__" not in code
    for neighbour in (EXAMPLES / script).parent.glob("*.py"):
        assert f"from {neighbour.stem} import" not in code
    assert notebook["cells"][0]["source"].startswith("# ")


def test_notebooks_of_the_course_open_with_the_way_to_the_playground() -> None:
    course = (ROOT / "docs/course.md").read_text(encoding="utf-8")
    stops = re.findall(r"`python examples/(course/\w+\.py)`\. Try it: (stops? [\w, ]+?) of", course)
    assert len(stops) >= 11
    for script, stop in stops:
        opening = notebooks.notebook_of(EXAMPLES / script)["cells"][0]["source"]
        assert opening.endswith(f"Try it live: `softlearn playground`, {stop} of its course.")


def test_a_notebook_prints_and_draws_what_its_script_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    script = EXAMPLES / "course/steps.py"
    notebook = notebooks.notebook_of(script)
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()):
        notebooks.execute(notebook)
    says = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert says.partition(": ")[2] == "".join(notebooks.printed(notebook))
    (picture,) = notebooks.pictures(notebook)
    assert picture.startswith(b"\x89PNG")
    assert json.loads(json.dumps(notebook))["nbformat"] == 4


def test_only_the_definitions_that_are_used_are_copied(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    beside = tmp_path / "examples/beside.py"
    beside.write_text(
        '"""Beside."""\nimport math\nONE = 1\n\n\ndef used():\n    return ONE\n\n\n'
        "def unused():\n    return math.pi\n"
    )
    script = tmp_path / "examples/script.py"
    script.write_text('"""Script."""\nfrom beside import used as taken\n\nprint(taken())\n')
    flat = scripts.Flat(scripts.Module(script))
    assert flat.helpers == ["ONE = 1", "def used():\n    return ONE", "taken = used"]
    assert flat.import_cell == ""
    assert flat.cells == ["print(taken())"]
