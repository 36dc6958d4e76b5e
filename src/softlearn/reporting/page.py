"""The page: a template that escapes all it is given, and the report that is handed out."""

from __future__ import annotations

import base64
import html
from functools import cache
from pathlib import Path
from typing import Any

from .._internal.atomic_write import write_whole
from .._internal.format import duration, nats, p_value, percent, signed
from .words import cleaned, number, short

__all__ = ["Report", "need_libraries", "render"]

_INSTALL = "pip install 'softlearn[report]'"


class Report:
    """A report: one HTML page that needs no other file, no network and no JavaScript.

    Args:
        page: the HTML.

    """

    def __init__(self, page: str) -> None:
        self.html = page

    def save(self, path: str | Path) -> None:
        """Write the page: beside its final place, and renamed when whole.

        Raises:
            OSError: for a path that cannot be written; an older file stays as it was.

        """
        write_whole(Path(path), self.html.encode("utf-8"))

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that its style is not the notebook's."""
        style = "width: 100%; height: 40rem; border: 1px solid #8884; border-radius: 6px"
        page = html.escape(self.html, quote=True)
        return f'<iframe sandbox title="Report" style="{style}" srcdoc="{page}"></iframe>'

    def __repr__(self) -> str:
        return f"Report({len(self.html.encode()):,} bytes; save(path) writes it)"


def need_libraries() -> None:
    """Make sure that what reports are made with is there."""
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"Reports need {error.name}, which is not installed: {_INSTALL}."
        ) from None


def render(template: str, **facts: Any) -> str:
    """Return the page of a report's facts."""
    return str(_environment().get_template(template).render(**facts))


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if hasattr(value, "__html__") else cleaned(value),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration,
        nats=nats,
        percent=percent,
        short=short,
        p=_probability,
        p_value=p_value,
        number=number,
        signed=signed,
        base64=lambda data: base64.b64encode(data).decode("ascii"),
    )
    return environment


def _probability(p: float) -> str:
    """Return a probability, small ones with powers of ten; 1.000 means 1."""
    if p != p:
        return "–"
    if 0.9995 <= p < 1.0:
        return ">0.999"
    return f"{p:.3f}" if p >= 0.001 or p == 0.0 else f"{p:.0e}".replace("e-0", "e-")
