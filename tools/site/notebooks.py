"""Scripts of examples/ as notebooks, executed.

python tools/site/notebooks.py SCRIPT NOTEBOOK
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from scripts import Flat, Module

ROOT = Path(__file__).resolve().parents[2]
STOPS = r"`python examples/course/{}\.py`\. Try it: (stops? [^\[]+) of"  # in docs/course.md

Notebook = dict[str, Any]


def title_and_text(script: Path) -> tuple[str, str]:
    """Return the first line of a script's docstring, and the rest."""
    first, _, rest = Module(script).docstring.partition("\n")
    return first.removesuffix("."), rest.strip()


def notebook_of(script: Path) -> Notebook:
    """Return a script as a notebook that has not been run."""
    flat = Flat(Module(script))
    title, text = title_and_text(script)
    opening = markdown_cell(f"# {title}\n\n{text}{_where_to_try(script)}")
    cells = [opening, code_cell(flat.import_cell)]
    if flat.helpers:
        shared = code_cell("\n\n\n".join(flat.helpers))
        cells += [markdown_cell("What several scripts share:"), shared]
    return of_cells(cells + [code_cell(cell) for cell in flat.cells])


def of_cells(cells: list[dict[str, Any]]) -> Notebook:
    """Return the notebook of some cells."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def markdown_cell(text: str) -> dict[str, Any]:
    """Return a cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": text.strip()}


def code_cell(source: str) -> dict[str, Any]:
    """Return a cell of code that has not been run."""
    parts = {"execution_count": None, "outputs": [], "source": source}
    return {"cell_type": "code", "metadata": {}, **parts}


def execute(notebook: Notebook) -> None:
    """Run the cells of a notebook, and keep what they print and draw."""
    import matplotlib.pyplot as plt

    names: dict[str, Any] = {"__name__": "__main__"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["execution_count"] = count
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(cell["source"], "<notebook>", "exec"), names)
        if printed.getvalue():
            text = printed.getvalue()
            cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": text})
        for number in plt.get_fignums():  # as a notebook does: what is open is shown
            cell["outputs"].append(_shown(plt.figure(number)))
            plt.close(number)


def printed(notebook: Notebook) -> list[str]:
    """Return what the cells of an executed notebook printed."""
    return [o["text"] for o in _outputs(notebook) if "text" in o]


def pictures(notebook: Notebook) -> list[bytes]:
    """Return the pictures that the cells of an executed notebook drew, as PNG."""
    return [base64.b64decode(o["data"]["image/png"]) for o in _outputs(notebook) if "data" in o]


def _outputs(notebook: Notebook) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def _where_to_try(script: Path) -> str:
    """Return a sentence on the playground, for a script whose picture the course shows."""
    course = (ROOT / "docs/course.md").read_text(encoding="utf-8")
    found = re.search(STOPS.format(script.stem), course)
    return f"\n\nTry it live: `softlearn playground`, {found[1]} of its course." if found else ""


def _shown(figure: Any) -> dict[str, Any]:
    pixels = io.BytesIO()
    figure.savefig(pixels, dpi=144)
    data = {"image/png": base64.b64encode(pixels.getvalue()).decode(), "text/plain": repr(figure)}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def write_executed(notebook: Notebook, target: Path) -> None:
    """Execute a notebook and write it."""
    execute(notebook)
    target.write_text(json.dumps(notebook), encoding="utf-8")


if __name__ == "__main__":
    write_executed(notebook_of(Path(sys.argv[1])), Path(sys.argv[2]))
