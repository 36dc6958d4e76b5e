"""Addresses of the project: [project.urls] of pyproject.toml, the only place that states them."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_URLS: dict[str, str] = _PROJECT.get("urls", {})  # empty as long as nothing is published
SITE = _URLS.get("Documentation", "")
REPOSITORY = _URLS.get("Repository", "")


def link(label: str, path: Path, anchor: str = "") -> str:
    """Return a link in Markdown to a path in the repository, or the label if that is nowhere."""
    if not REPOSITORY:
        return label
    kind = "tree" if path.is_dir() else "blob"
    return f"[{label}]({REPOSITORY}/{kind}/main/{path.relative_to(ROOT).as_posix()}{anchor})"
