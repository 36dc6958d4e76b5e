"""Addresses of the project: [project.urls] of pyproject.toml, the only place that states them."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
SITE = URLS["Documentation"]
REPOSITORY = URLS["Repository"]


def in_repository(path: Path) -> str:
    """Return the address of a file or folder in the repository."""
    kind = "tree" if path.is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{path.relative_to(ROOT).as_posix()}"
