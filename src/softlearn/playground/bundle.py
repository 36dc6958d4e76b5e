"""The page's modules put together as one, so that a browser asks once and not sixty times.

There is no build: the files are read when the page is asked for.  They keep to two forms,
`import { a, b as c } from "./x.js";` or `import * as x from "./x.js";`, and `export` before a
function or a constant.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["STATIC", "bundled", "in_order"]

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(r'^import (?:\* as (\w+)|(\{[^}]*\})) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const) (\w+))", re.MULTILINE)


def in_order(entry: str, static: Path = STATIC) -> dict[str, str]:
    """Return the source of a module and of all it imports, each after those that it imports.

    Args:
        entry: the module's name, without ".js".
        static: the folder they are in.

    Raises:
        ValueError: a module imports itself by way of others.

    """
    done: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"{name}.js imports itself by way of {', '.join(above)}.")
        if name not in done:
            source = (static / f"{name}.js").read_text(encoding="utf-8")
            for _, _, other in _IMPORT.findall(source):
                visit(other, (*above, name))
            done[name] = source

    visit(entry, ())
    return done


def bundled(entry: str, static: Path = STATIC) -> str:
    """Return a module and all it imports as one; `$NAME` holds what the module NAME exports."""
    parts = []
    for name, source in in_order(entry, static).items():
        names = ", ".join(found[1] for found in _EXPORT.findall(source))
        body = _EXPORT.sub(r"\1", _IMPORT.sub(_taken, source))
        parts.append(f"const ${name} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n")
    return "\n".join(parts)


def _taken(found: re.Match[str]) -> str:
    whole, some, module = found.groups()
    return f"const {whole or some.replace(' as ', ': ')} = ${module};"
