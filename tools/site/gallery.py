"""The gallery: each script of examples/ run as a notebook, which a page shows and offers."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from executed import executed
from notebooks import ROOT, Notebook, pictures, printed, title_and_text

EXAMPLES = ROOT / "examples"
COURSE = re.findall(  # in the order of the chapter
    r"^Made by `python examples/(course/\w+\.py)`",
    (ROOT / "docs/course.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
SCRIPTS = {
    "The chapter": COURSE,
    "More": [
        "certificate.py",
        "penguins.py",
        "gradient_descent.py",
        "course_loops.py",
        "sparse_path.py",
    ],
}
INTRODUCTION = """# Gallery

Scripts of [examples/](../../examples), each run as a notebook when this site was built, with what
it printed and drew. The notebooks need `pip install ".[cli,plot,autodiff]" jupyterlab`; those that
read data run in a copy of the repository. What the pictures mean: [the chapter](../course.md).
"""


def nav() -> list[Any]:
    """Return the entries of the navigation."""
    groups = [
        {title: [{titles()[s]: f"gallery/{Path(s).stem}.md"} for s in group]}
        for title, group in SCRIPTS.items()
    ]
    return ["gallery/index.md", *groups]


@cache
def titles() -> dict[str, str]:
    """Return {script: title}."""
    return {s: title_and_text(EXAMPLES / s)[0] for group in SCRIPTS.values() for s in group}


@cache
def files() -> dict[str, str | bytes]:
    """Return {source path: content} of pages, notebooks and pictures."""
    every = list(titles())
    made = dict(zip(every, executed([EXAMPLES / script for script in every]), strict=True))
    found: dict[str, str | bytes] = {"gallery/index.md": _index(made)}
    for script, notebook in made.items():
        stem = f"gallery/{Path(script).stem}"
        found[f"{stem}.ipynb"] = json.dumps(notebook, indent=1)
        found[f"{stem}.md"] = _page(script, notebook)
        for picture in pictures(notebook):
            found[f"{stem}.png"] = picture
    return found


def _page(script: str, notebook: Notebook) -> str:
    stem = Path(script).stem
    first, *others = notebook["cells"]
    download = f'[Download the notebook]({stem}.ipynb){{ .md-button download="{stem}.ipynb" }}'
    parts = [first["source"], f"{download} [The script](../../examples/{script}){{ .md-button }}"]
    if pictures(notebook):
        says = " ".join(printed(notebook)[-1].split()).replace("[", "(").replace("]", ")")
        parts.append(f"![{says}]({stem}.png)")
    for cell in others:
        if cell["cell_type"] == "markdown":
            parts.append(cell["source"])
        else:
            parts.append(f"```python\n{cell['source']}\n```")
            parts += [f"```text\n{o['text']}```" for o in cell["outputs"] if "text" in o]
    return "\n\n".join(parts) + "\n"


def _index(made: dict[str, Notebook]) -> str:
    text = INTRODUCTION
    for title, group in SCRIPTS.items():
        cards = "\n".join(_card(script, made[script]) for script in group)
        text += f'\n## {title}\n\n<div class="gallery" markdown>\n\n{cards}\n</div>\n'
    return text


def _card(script: str, notebook: Notebook) -> str:
    stem = Path(script).stem
    picture = f"![]({stem}.png) " if pictures(notebook) else ""
    return f"[{picture}{titles()[script]}]({stem}.md)\n"
