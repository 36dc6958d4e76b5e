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
FOLDERS = {ROOT / folder: "gallery/index.md" for folder in ("examples", "examples/course")}
GENERATED = {"gallery/": gallery.nav, "reference/": reference.nav}
MATHJAX = "mathjax/static/mathjax/es5/"  # within the package django-static-mathjax
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2/")

FENCE = re.compile(r"^( *)(```+|~~~+)(?:.*\n)(?:.*\n)*?\1\2 *$\n?", re.MULTILINE)
LINK = re.compile(r"(?:(?<!!)\[([^\[\]]*)\]|\])\(([^()\s#]+)(#[^()\s]*)?\)")


@event_priority(100)  # before mike, which adds the version to the address
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the addresses, and put generated pages into the navigation."""
    config.site_url = addresses.SITE
    config.repo_url, config.repo_name = addresses.REPOSITORY, "Source"
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
    """Add the pages from outside docs/, the generated ones, and what all pages load."""
    for path in outside():
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for file in files:
        languages.place(file)
        if file.src_uri == "index.md":  # README is the first page of the site
            file.dest_uri = "pages/index.html"
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


@event_priority(100)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to where their targets are on the site, which takes other files along."""
    source = page.file.src_uri
    folder = page_folder(source)
    if folder == lessons.FOLDER:
        markdown = lessons.with_pictures(source, markdown)

    def pointed(match: re.Match[str]) -> str:
        path = (folder / match[2]).resolve()
        if match[1] and path.is_dir() and ROOT in path.parents and path not in FOLDERS:
            return addresses.link(match[1], path)
        text = match[0].rpartition("](")[0]
        return f"{text}]({target_of(path, source, match[2], files, config)}{match[3] or ''})"

    parts, at = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(pointed, markdown[at : fence.start()]), _session(fence[0])]
        at = fence.end()
    return "".join([*parts, LINK.sub(pointed, markdown[at:])])


def page_folder(source: str) -> Path:
    """Return the folder in which the links of a page begin; generated ones are as if in docs/."""
    in_docs = (ROOT / "docs" / source).exists() or not (ROOT / source).exists()
    return (ROOT / "docs" / source if in_docs else ROOT / source).parent


def target_of(path: Path, source: str, link: str, files: Files, config: MkDocsConfig) -> str:
    """Return the link of the page `source` to the file `path` as it is on the site."""
    if "://" in link or ROOT not in path.parents or not path.exists():
        return link  # MkDocs says what is wrong with it
    root = ROOT / "docs" if ROOT / "docs" in path.parents else ROOT
    uri = FOLDERS.get(path) or path.relative_to(root).as_posix()
    if files.get_file_from_path(uri) is None and path.is_file() and path.suffix != ".md":
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    return posixpath.relpath(uri, posixpath.dirname(source) or ".")


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Navigation) -> Any:
    """Give a page the words of its language; the first one has no pages beside it to show."""
    languages.speak(page, config, nav)
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]
    return context


def _session(fence: str) -> str:
    """Return a fence of Python, as a session where it has prompts."""
    return re.sub(r"^( *)```python\n( *>>> )", r"\1```pycon\n\2", fence)
