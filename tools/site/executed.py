"""Notebooks run, each in a process of its own, and kept until something they depend on changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from notebooks import ROOT, Notebook

KEPT = ROOT / "build/gallery"  # executed notebooks, by what they depend on


def executed(sources: list[Path]) -> list[Notebook]:
    """Return the notebooks of scripts, and of pages of docs/notebooks."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_one, sources))


def _one(source: Path) -> Notebook:
    """Return a notebook that is run in a process of its own, unless nothing has changed."""
    key = hashlib.sha256(_state() + source.read_bytes()).hexdigest()[:20]
    kept = KEPT / f"{source.stem}-{key}.ipynb"
    maker = "lessons.py" if source.suffix == ".md" else "notebooks.py"
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        program = str(Path(__file__).with_name(maker))
        make = [sys.executable, "-W", "error", program, str(source), str(kept)]
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(make, cwd=ROOT, env=environment, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{source} fails as a notebook:\n{done.stderr.decode()}")
        for old in set(KEPT.glob(f"{source.stem}-{'?' * 20}.ipynb")) - {kept}:
            old.unlink()
    notebook: Notebook = json.loads(kept.read_text(encoding="utf-8"))
    return notebook


@cache
def _state() -> bytes:
    """Return a digest of what a script's output may depend on, other libraries excepted."""
    folders = (ROOT / "examples", ROOT / "src", Path(__file__).parent)
    ours = [path for folder in folders for path in folder.rglob("*.py")]
    digest = hashlib.sha256()
    for path in sorted([*ours, ROOT / "docs/course.md"]):
        digest.update(path.read_bytes())
    return digest.digest()
