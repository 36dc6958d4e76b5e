"""A griffe extension: what mkdocstrings shows is docstrings as Markdown."""

import sys
from pathlib import Path
from typing import Any

from griffe import Extension, Object

sys.path.append(str(Path(__file__).parent))  # griffe loads this file by its path

from docstrings import as_markdown


class HouseStyle(Extension):
    """Rewrites every docstring before it is parsed."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was just loaded."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
