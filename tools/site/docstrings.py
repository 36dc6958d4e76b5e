"""Docstrings in the house's style as Markdown and the sections that griffe knows.

Doctests get fences, lists of attributes become lists, and characters that mean something else in
Markdown are escaped.
"""

import re

# Lines from a prompt to the next empty line, all indented alike.
SESSION = re.compile(r"^( *)>>> .*(?:\n\1(?! *$).+)*", re.MULTILINE)
SECTION = re.compile(r"^Attributes:\n((?: {4}.+\n?|\n)+)", re.MULTILINE)
ITEM = re.compile(r"^ {4}(\S[^:]*): (.*(?:\n {8}.*)*)", re.MULTILINE)


def as_markdown(text: str) -> str:
    """Return a docstring that griffe and Markdown read as it was meant."""
    text = SECTION.sub(lambda m: f"**Attributes:**\n\n{ITEM.sub(_item, m[1])}", text)
    parts = SESSION.split(text)  # text, indent, text, indent, ...: what SESSION matches is left out
    sessions = [match[0] for match in SESSION.finditer(text)]
    made = _escaped(parts[0])
    for indent, session, rest in zip(parts[1::2], sessions, parts[2::2], strict=True):
        made += f"\n{indent}```pycon\n{session}\n{indent}```\n{_escaped(rest)}"
    return made


def _item(match: re.Match[str]) -> str:
    """Return an item of a section, "name, name: text", as an item of a list."""
    names = ", ".join(f"`{name.strip()}`" for name in match[1].split(","))
    return f"- {names}: {' '.join(match[2].split())}"


def _escaped(text: str) -> str:
    """Escape what begins a quotation or a tag, outside code."""
    lines = [
        line if line.startswith("    ") and ": " not in line else _escaped_line(line)
        for line in text.split("\n")
    ]
    return "\n".join(lines)


def _escaped_line(line: str) -> str:
    pieces = line.split("`")  # those with odd numbers are code
    pieces[::2] = [
        re.sub(r"<(?=[A-Za-z/])", "&lt;", re.sub(r"(: +|^ *)>(?= )", r"\1&gt;", piece))
        for piece in pieces[::2]
    ]
    return "`".join(pieces)
