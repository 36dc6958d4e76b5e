"""Scripts of examples/ as notebooks that need no other file of their folder.

What a script imports from its neighbours is copied into the notebook: the definitions it uses, and
no others.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

BESIDE = re.compile(r"Path\(__file__\)(\.resolve\(\))?\.parent")
SAVE = "save(__file__, *draw())"  # how scripts of the course end
SHOWN = "figure, text = draw()\nprint(text)"

Names = dict[str, tuple[str, str]]  # what a name stands for: module, and its name there


@dataclass(frozen=True)
class Module:
    """A script, by its top-level statements."""

    path: Path

    @cached_property
    def text(self) -> str:
        """Return the source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed source."""
        return ast.parse(self.text)

    @property
    def docstring(self) -> str:
        """Return what the script says of itself."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """Return what is neither the docstring nor an import, in order."""
        imports = (ast.Import, ast.ImportFrom)
        return [s for s in self.tree.body[1:] if not isinstance(s, imports)]

    @cached_property
    def imports(self) -> Names:
        """Return {name: (module, name there)}; `import m` has "" there."""
        found: Names = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    found[alias.asname or alias.name] = (statement.module or "", alias.name)
            elif isinstance(statement, ast.Import):
                for alias in statement.names:
                    found[alias.asname or alias.name] = (alias.name, "")
        return found

    def source(self, statement: ast.stmt) -> str:
        """Return the lines of a statement, with the folder it reads from named."""
        lines = self.text.splitlines()[statement.lineno - 1 : statement.end_lineno]
        return BESIDE.sub(f'Path("{self._folder}")', "\n".join(lines))

    @property
    def _folder(self) -> str:
        parts = self.path.parent.parts
        return "/".join(parts[parts.index("examples") :])

    def follows_a_blank_line(self, statement: ast.stmt) -> bool:
        """Say whether a statement begins a paragraph."""
        return not self.text.splitlines()[statement.lineno - 2].strip()


@dataclass
class Flat:
    """What a script and the definitions it uses come to."""

    script: Module
    imports: Names = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    _done: set[tuple[Path, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Copy the script, and what it uses."""
        for statement in self.script.statements:
            if _is_main(statement):
                body = textwrap.dedent("\n".join(map(self.script.source, statement.body)))
                self.cells.append(SHOWN if body == SAVE else body)
                used: ast.AST = ast.parse(self.cells[-1])
            else:
                self._add_to_cells(statement)
                used = statement
            self._take_what_it_uses(self.script, used)

    @property
    def import_cell(self) -> str:
        """Return the imports, sorted."""
        plain, members = [], {}
        for name, (module, there) in sorted(self.imports.items()):
            if there:
                renamed = f"{there} as {name}" if name != there else name
                members.setdefault(module, []).append(renamed)
            else:
                plain.append(f"import {module}" + (f" as {name}" if name != module else ""))
        return "\n".join(plain + [f"from {m} import {', '.join(n)}" for m, n in members.items()])

    def _add_to_cells(self, statement: ast.stmt) -> None:
        text = self.script.source(statement)
        if self.cells and not self.script.follows_a_blank_line(statement):
            self.cells[-1] += f"\n{text}"
        else:
            self.cells.append(text)

    def _take_what_it_uses(self, module: Module, statement: ast.AST) -> None:
        for name in _used(statement):
            self._take(module, name)

    def _take(self, module: Module, name: str) -> None:
        """Copy the definition of a name of a module, after what it uses itself."""
        if (module.path, name) in self._done:
            return
        self._done.add((module.path, name))
        if name in module.imports:
            origin, there = module.imports[name]
            neighbour = module.path.with_name(f"{origin}.py")
            if not neighbour.exists():
                self.imports[name] = origin, there
                return
            self._take(Module(neighbour), there)
            if name != there:
                self.helpers.append(f"{name} = {there}")
        elif module.path != self.script.path:
            for statement in module.statements:
                if name in _defined(statement):
                    self._take_what_it_uses(module, statement)
                    self.helpers.append(module.source(statement))


def _is_main(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def _used(statement: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        return {
            n.id
            for target in statement.targets
            for n in ast.walk(target)
            if isinstance(n, ast.Name)
        }
    return set()
