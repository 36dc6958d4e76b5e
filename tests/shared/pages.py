"""HTML as a tree, read strictly: every tag is closed where it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "img", "br", "hr", "link", "input", "base", "embed", "source"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, *tags: str, **attributes: str) -> list[Node]:
        """Return the nodes below with one of the tags, and these attributes (class_ for class)."""
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [
            node
            for node in self.walk()
            if (not tags or node.tag in tags)
            and all(value in node.attributes.get(key, "").split() for key, value in wanted.items())
        ]

    def one(self, *tags: str, **attributes: str) -> Node:
        (found,) = self.all(*tags, **attributes)
        return found

    def walk(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    @property
    def text(self) -> str:
        """The text within, white space made one space."""
        return " ".join(re.sub(r"[ \t\r\n]+", " ", self.raw).split(" ")).strip()

    @property
    def raw(self) -> str:
        return "".join(c if isinstance(c, str) else c.raw for c in self.children)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table, head first."""
        return [[cell.text for cell in row.all("th", "td")] for row in self.all("tr")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parse(page: str) -> Node:
    """Return the tree of a page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].tag}> is not closed"
    return reader.root


def section(page: Node, name: str) -> Node:
    """Return the section with an id, such as "worst"."""
    (found,) = [s for s in page.all("section") if s.attributes["aria-labelledby"] == name]
    return found


def sections(page: Node) -> list[str]:
    """Return the ids of the sections."""
    return [s.attributes["aria-labelledby"] for s in page.all("section")]


def tiles(page: Node) -> dict[str, str]:
    """Return the large numbers at the top, name -> text."""
    tiles = page.one("dl", class_="tiles").all("div")
    return {tile.one("dt").text: tile.one("dd", class_="big").text for tile in tiles}
