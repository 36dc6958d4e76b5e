"""The course's notebooks: Markdown pages of docs/notebooks as notebooks, and with what they draw.

A page is text, code in fences, and what the code prints in a fence below it.  A solution lies
between `<details markdown="1">` and `</details>`: text, then code, which notebooks fold as well.

python tools/site/lessons.py PAGE NOTEBOOK
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import addresses
import notebooks
from executed import executed
from notebooks import ROOT, Notebook

FOLDER = ROOT / "docs/notebooks"
CELL = re.compile(r"^```python\n(.*?)\n```\n(?:\n```text\n(.*?)\n```\n)?", re.MULTILINE | re.DOTALL)
CLOSES = "</details>"
DETAILS = re.compile(rf'(<details markdown="1">|{CLOSES})')
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()\s:#]+)(#[^()\s]*)?\)")
FOLDED = {"source_hidden": True, "outputs_hidden": True}
BUTTON = {".ko": "노트북 내려받기", "": "Download the notebook"}


def pages() -> list[Path]:
    """Return the English pages, in order."""
    return [path for path in sorted(FOLDER.glob("*.md")) if not path.stem.endswith(".ko")]


def files() -> dict[str, str | bytes]:
    """Return {source path: content} of the notebooks and their pictures."""
    found: dict[str, str | bytes] = {}
    for page, made in zip(pages(), executed(pages()), strict=True):
        check(page, made)
        for place, (_, picture) in enumerate(_drawn(made)):
            found[f"notebooks/{page.stem}-{place}.png"] = picture
        korean = page.with_suffix(".ko.md")
        for source, notebook in ((page, made), (korean, _with_outputs(korean, made))):
            found[f"notebooks/{source.stem}.ipynb"] = json.dumps(notebook, indent=1)
    return found


def notebook_of(page: Path) -> Notebook:
    """Return a page as a notebook that has not been run."""
    cells, folded = [], False
    for part, code in _parts(page.read_text(encoding="utf-8")):
        if code:
            cells.append(notebooks.code_cell(part))
            if folded:
                cells[-1]["metadata"] = {"jupyter": FOLDED, "tags": ["solution"]}
            continue
        for piece in DETAILS.split(part):
            if DETAILS.fullmatch(piece):
                folded = piece != CLOSES
            elif piece.strip():
                text = LINK.sub(_in_repository, piece.strip())
                text = f"<details>{text}\n\n{CLOSES}" if folded else text
                cells.append(notebooks.markdown_cell(text))
    return notebooks.of_cells(cells)


def check(page: Path, made: Notebook) -> None:
    """Make sure that the cells of an executed notebook printed what its page says.

    Raises:
        RuntimeError: one did not.

    """
    says = [match[2] or "" for match in CELL.finditer(page.read_text(encoding="utf-8"))]
    for said, cell in zip(says, _code(made), strict=True):
        printed = "".join(notebooks.printed({"cells": [cell]}))
        if printed.split() != said.split():
            raise RuntimeError(f"{page} says\n{said}\nbut its code prints\n{printed}")


def with_pictures(source: str, markdown: str) -> str:
    """Return the text of the page `source` with a button and with the pictures below their code."""
    stem = Path(source).stem
    language = ".ko" if stem.endswith(".ko") else ""
    page = FOLDER / f"{stem.removesuffix(language)}.md"
    (made,) = executed([page])
    drawn = {cell: f"{page.stem}-{place}.png" for place, (cell, _) in enumerate(_drawn(made))}
    cells = iter(range(len(made["cells"])))

    def shown(match: re.Match[str]) -> str:
        picture = drawn.get(next(cells))
        says = " ".join((match[2] or "").split()).replace("[", "(").replace("]", ")")
        return match[0] + (f"\n![{says}]({picture})\n" if picture else "")

    title, _, rest = CELL.sub(shown, markdown).partition("\n")
    button = f'[{BUTTON[language]}]({stem}.ipynb){{ .md-button download="{page.stem}.ipynb" }}'
    return f"{title}\n\n{button}\n{rest}"


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield text and code in turn, and whether it is code."""
    at = 0
    for match in CELL.finditer(text):
        yield text[at : match.start()], False
        yield match[1], True
        at = match.end()
    yield text[at:], False


def _code(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _drawn(notebook: Notebook) -> list[tuple[int, bytes]]:
    """Return the pictures of an executed notebook, each with the number of its code cell."""
    return [
        (number, picture)
        for number, cell in enumerate(_code(notebook))
        for picture in notebooks.pictures({"cells": [cell]})
    ]


def _with_outputs(page: Path, made: Notebook) -> Notebook:
    """Return a page as a notebook with the outputs of one that has the same code."""
    notebook = notebook_of(page)
    for cell, run in zip(_code(notebook), _code(made), strict=True):
        cell |= {name: run[name] for name in ("outputs", "execution_count")}
    return notebook


def _in_repository(match: re.Match[str]) -> str:
    return addresses.link(match[1], (FOLDER / match[2]).resolve(), match[3] or "")


if __name__ == "__main__":
    notebooks.write_executed(notebook_of(Path(sys.argv[1])), Path(sys.argv[2]))
