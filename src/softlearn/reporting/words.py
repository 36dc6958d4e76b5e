"""Numbers and names as a report prints them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .._internal import format
from .._internal.format import power, visible

__all__ = ["cleaned", "exponential", "number", "short", "short_names", "upper"]

_LABEL = 60  # characters of a name in a table
_TICK = 18  # and in a picture


def cleaned(value: Any) -> str:
    r"""Return a value as `visible` text, which HTML and UTF-8 can hold; line ends are line feeds.

    >>> print(cleaned("a\x00b"))
    a\x00b

    """
    return visible(str(value).replace("\r\n", "\n"))


def short(value: Any, max_length: int = _LABEL) -> str:
    r"""Return text on one line, cut where it is long.

    >>> short("a name\nthat is long", 12)
    'a name that…'

    """
    text = " ".join(cleaned(value).split()) or repr(str(value))
    return text if len(text) <= max_length else f"{text[: max_length - 1].rstrip()}…"


def short_names(values: Sequence[Any], max_length: int = _TICK) -> list[str]:
    """Return names for a picture, no two alike.

    >>> short_names(["one long name", "one long word", "x"], 6)
    ['one l… (1)', 'one l… (2)', 'x']

    """
    names = [short(value, max_length) for value in values]
    seen: dict[str, int] = {}
    texts = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        texts.append(f"{name} ({seen[name]})" if names.count(name) > 1 else name)
    return texts


def number(value: float) -> str:
    """Return a number in four digits at most, a minus sign before it where it is negative.

    >>> number(-0.5), number(12345.6), number(7.2e-5)
    ('−0.5', '1.235e4', '7.2e-5')

    """
    text = format.number(value)
    return text.replace("-", "−", 1) if value < 0.0 else text


def exponential(z: float) -> str:
    """Return e^z, however large or small.

    >>> exponential(0.0), exponential(1000.0)
    ('1', '2.0e434')

    """
    if abs(z) < 600.0:
        return number(math.exp(z))
    if math.isinf(z):
        return "∞" if z > 0.0 else "0"
    whole, rest = divmod(z / math.log(10.0), 1.0)
    return f"{10.0**rest:.1f}e{whole:.0f}"


def upper(x: float) -> str:
    """Return `power` of x with a minus sign where no line breaks.

    >>> upper(2.1e-9)
    '3e−9'

    """
    return power(x).replace("-", "−")
