"""MkDocs' hooks: pages from outside docs/, generated pages, links that leave docs/, MathJax."""

from __future__ import annotations

import os
import posixpath
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import addresses
import gallery
import languages
import lessons
import reference
from addresses import ROOT
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

# Markdown outside docs/ that is part of the site, under the same path.
OUTSIDE = ["*.md", "benchmarks/README.md", "benchmarks/results/*.md", "examples/data/README.md"]
GENERATED = {"gallery/": gallery.nav, "reference/": reference.nav}
MATHJAX = "mathjax/static/mathjax/es5/"  # within the package django-static-mathjax
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2/")

FENCE = re.compile(r"^( *)(```+|~~~+)(?:.*\n)(?:.*\n)*?\1\2 *$\n?", re.MULTILINE)
LINK = re.compile(r"(\]\()([^()\s#]+)(#[^()\s]*)?(\))")


@event_priority(100)  # before mike, which adds the version to the address
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the addresses, and put generated pages into the navigation."""
    config.site_url = addresses.SITE
    config.repo_url = addresses.REPOSITORY
    config.repo_name = "Source"
    config.extra["other_language"] = languages.FIRST_PAGE  # of what is no page, such as 404.html
    if "MIKE_DOCS_VERSION" in os.environ:  # otherwise there is no versions.json to choose from
        config.extra["version"] = {"provider": "mike"}
    config.nav = [_generated(entry) for entry in config.nav or []]
    return config


def _generated(entry: dict[str, Any]) -> dict[str, Any]:
    ((title, to),) = entry.items()
    return {title: GENERATED[to]()} if isinstance(to, str) and to in GENERATED else entry


def outside() -> list[Path]:
    """Return the Markdown files outside docs/ that are pages of the site."""
    return sorted(path for pattern in OUTSIDE for path in ROOT.glob(pattern))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/, the generated ones, and what pages load."""
    for path in outside():
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path)))
        for picture in _pictures(path):
            uri = picture.relative_to(ROOT).as_posix()
            if files.get_file_from_path(uri) is None:
                files.append(File.generated(config, uri, abs_src_path=str(picture)))
    for file in files:
        languages.place(file)
    for uri, content in {**reference.pages(), **gallery.files(), **lessons.files()}.items():
        files.append(File.generated(config, uri, content=content))
    for path in sorted((Path(__file__).parent / "assets").iterdir()):
        files.append(File.generated(config, f"assets/{path.name}", abs_src_path=str(path)))
    for path in metadata.files("django-static-mathjax") or []:
        part = str(path).removeprefix(MATHJAX)
        if part.startswith(MATHJAX_PARTS):
            source = str(path.locate())
            files.append(File.generated(config, f"assets/mathjax/{part}", abs_src_path=source))
    return files


def _pictures(page: Path) -> list[Path]:
    """Return the pictures of a page outside docs/ that lie outside docs/ too."""
    shown = re.findall(r"!\[[^\]]*\]\(([^()\s]+)\)", page.read_text(encoding="utf-8"))
    paths = [(page.parent / target).resolve() for target in shown if "://" not in target]
    return [path for path in paths if ROOT / "docs" not in path.parents]


@event_priority(100)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to where their targets are on the site, or else in the repository."""
    source = page.file.src_uri
    folder = page_folder(source)
    if folder == lessons.FOLDER:
        markdown = lessons.with_pictures(source, markdown)

    def pointed(match: re.Match[str]) -> str:
        target = target_of(folder, source, match[2], files)
        return f"{match[1]}{target}{match[3] or ''}{match[4]}"

    parts, at = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(pointed, markdown[at : fence.start()]), _session(fence[0])]
        at = fence.end()
    return "".join([*parts, LINK.sub(pointed, markdown[at:])])


def page_folder(source: str) -> Path:
    """Return the folder in which the links of a page begin; generated ones are as if in docs/."""
    in_docs = (ROOT / "docs" / source).exists() or not (ROOT / source).exists()
    return (ROOT / "docs" / source if in_docs else ROOT / source).parent


def target_of(folder: Path, source: str, link: str, files: Files) -> str:
    """Return a link of the page `source`, whose file lies in `folder`, as it is on the site."""
    path = (folder / link).resolve()
    if "://" in link or ROOT not in path.parents or not path.exists():
        return link  # MkDocs says what is wrong with it
    for root in (ROOT / "docs", ROOT):
        if root in path.parents or root == path:
            uri = path.relative_to(root).as_posix()
            file = files.get_file_from_path(uri)
            if file is not None and not file.inclusion.is_excluded():
                return posixpath.relpath(uri, posixpath.dirname(source) or ".")
    return addresses.in_repository(path)


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Navigation) -> Any:
    """Give a page the words of its language; the first one has no pages beside it to show."""
    languages.speak(page, config, nav)
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]
    return context


def _session(fence: str) -> str:
    """Return a fence of Python, as a session where it has prompts."""
    return re.sub(r"^( *)```python\n( *>>> )", r"\1```pycon\n\2", fence)
