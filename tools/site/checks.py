"""Checks of the built site: links lead somewhere, nothing is fetched, every public name is there.

python tools/site/checks.py [FOLDER]
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import addresses
import reference

LOADED = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src"}
NOT_LOADED = {"canonical", "next", "prev"}  # kinds of <link>
FETCHED = re.compile(r"(?:url\(|@import )['\"]?(https?:|//)")  # in a style sheet


class PageParser(HTMLParser):
    """Collects the ids of a page, its links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names or points to."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in LOADED and LOADED[tag] in given and given.get("rel") not in NOT_LOADED:
            self.loads.append(given[LOADED[tag]])


def faults(site: Path) -> Iterator[str]:
    """Yield a sentence for each fault of a built site."""
    pages = {
        path.relative_to(site).as_posix(): PageParser(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    for uri, page in pages.items():
        yield from (f"{uri} loads {load}." for load in page.loads if _is_elsewhere(load))
        for link in page.links + page.loads:
            if not _is_elsewhere(link) and not _leads(link, uri, pages, site):
                yield f"{uri} links to {link}, which is not there."
    for style in site.rglob("*.css"):
        if FETCHED.search(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)} loads something over the network."
    for package in reference.PUBLIC:
        ids = pages[f"reference/{package}/index.html"].ids
        for name in reference.names(package):
            full = f"{package}.{name}"
            if full not in ids and full not in reference.PUBLIC:
                yield f"{full} is not in the reference."
    yield from _faults_of_search(site)


def _is_elsewhere(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.scheme or parts.netloc) and parts.scheme != "data" and not _is_ours(link)


def _is_ours(link: str) -> bool:
    return bool(addresses.SITE) and link.startswith(addresses.SITE)


def _leads(link: str, uri: str, pages: dict[str, PageParser], site: Path) -> bool:
    """Say whether a link of the page `uri` leads to a file of the site, and to a place in it."""
    if link.startswith("data:"):
        return True
    path, fragment = unquote(urlsplit(link).path), unquote(urlsplit(link).fragment)
    if _is_ours(link) or uri == "404.html":  # whose links begin at the site's root
        target = path.removeprefix(urlsplit(addresses.SITE).path or "/") or "."
    else:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(uri), path)) if path else uri
    if (site / target).is_dir():
        target = posixpath.normpath(posixpath.join(target, "index.html"))
    if target not in pages:
        return (site / target).is_file()
    return not fragment or fragment in pages[target].ids


def _faults_of_search(site: Path) -> Iterator[str]:
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"] for entry in index["docs"]}
    for location in ("", "ko/", "reference/softlearn/#softlearn.SoftmaxRegression"):
        if location not in found:
            yield f"The search does not find {location or 'the first page'}."


def main(site: Path) -> int:
    """Print each fault; return 1 if there are any."""
    found = list(faults(site))
    print(*found, f"{len(found)} faults in {site}.", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else addresses.ROOT / "build/site")))
