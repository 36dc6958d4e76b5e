"""Numbers and strangers' text as people read them, on a terminal and on a page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np

__all__ = [
    "counted",
    "duration",
    "miscalibrated",
    "alike",
    "nats",
    "number",
    "one_line",
    "percent",
    "p_value",
    "power",
    "quoted",
    "signed",
    "visible",
    "worse_than_baseline",
]

_MAX_VALUES = 10  # values that a sentence quotes
_FEW = 100  # rows without which a difference is mostly chance
_FAR_OFF = 0.1  # difference between confidence and accuracy to speak of

# What a terminal obeys, or a reader cannot see: control characters; marks that turn the direction
# of writing; separators of lines; what has no width and joins no letters; halves of surrogates.
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"
)
_ALL = re.compile(f"[{_HIDDEN}]")
_BUT_LAYOUT = re.compile(f"(?![\n\t])[{_HIDDEN}]")


def visible(value: object) -> str:
    r"""Return a value as text with control and bidirectional characters as escapes.

    What a terminal would obey, and what would show a text in another order than it has, is shown
    instead.  Line feeds and tabs stay: they lay out text.

    >>> print(visible("red \x1b[31m, turned \u202e"))
    red \x1b[31m, turned \u202e

    """
    return _BUT_LAYOUT.sub(_escape, str(value))


def one_line(value: object) -> str:
    r"""Return `visible` text on one line, line feeds and tabs as escapes too: for a name.

    >>> print(one_line("two\nlines"))
    two\nlines

    """
    return _ALL.sub(_escape, str(value))


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def quoted(value: object) -> str:
    """Return a value as a sentence quotes it: NumPy's scalars and arrays as Python writes them.

    >>> print(quoted(np.int64(3)), quoted([np.str_("a"), 0.5]), quoted(np.array([True])))
    3 ['a', 0.5] [True]
    >>> print(quoted(np.datetime64("2024-05-31")), quoted(np.arange(1000)))
    '2024-05-31' [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...]

    """
    if getattr(value, "ndim", 0) == 1 or (isinstance(value, np.ndarray) and value.ndim):
        value = list(value[: _MAX_VALUES + 1])  # type: ignore[index]  # an array or a series
    if type(value) in (list, tuple):
        parts = [quoted(part) for part in value[:_MAX_VALUES]]  # type: ignore[index]
        inner = ", ".join(parts + ["..."] * (len(value) > _MAX_VALUES))  # type: ignore[arg-type]
        return f"({inner}{',' * (len(parts) == 1)})" if type(value) is tuple else f"[{inner}]"
    if isinstance(value, np.datetime64 | np.timedelta64):
        return repr(str(value))
    if isinstance(value, np.generic | np.ndarray):
        item = value.item()
        return str(item) if isinstance(item, np.generic) else repr(item)
    return repr(value)


def counted(n: int, one: str, many: str = "") -> str:
    """Return "1 row" or "1,234 rows"."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def percent(share: float | None) -> str:
    """Return "12.3 %", or "–" where there is none; "0.0 %" means none at all, "100.0 %" all.

    >>> percent(0.9999), percent(0.25), percent(None)
    ('>99.9 %', '25.0 %', '–')

    """
    if share is None or math.isnan(share):
        return "–"
    if 0.0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1.0:
        return ">99.9 %"
    return f"{100.0 * share:.1f} %"


def nats(value: float | None) -> str:
    """Return a log-loss, "∞" where a true class was given no chance, "–" where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.4f}" if value < 1e4 else f"{value:.3g}"


def number(value: float, digits: int = 4) -> str:
    """Return a number in so many digits at most.

    >>> number(-0.5), number(12345.6), number(7.2e-5), number(0.00367, 2)
    ('-0.5', '1.235e4', '7.2e-5', '0.0037')

    """
    if math.isinf(value):
        return "∞" if value > 0.0 else "-∞"
    return re.sub(r"e([+-])0*", lambda found: f"e{found[1].strip('+')}", f"{value:.{digits}g}")


def alike(values: Iterable[float], digits: int = 4) -> list[str]:
    """Return numbers that are compared: with the same decimals, `digits` for the largest.

    The 0 before a point counts as a digit.

    >>> alike([148.4132, 7.389, 0.3679]), alike([0.84203, 0.0021]), alike([5.0, -1.0])
    (['148.4', '7.4', '0.4'], ['0.842', '0.002'], ['5', '-1'])

    """
    values = [float(v) for v in values]
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    if not 10.0 ** (2 - digits) <= largest < 10.0**digits:
        return [number(v, digits - 1) for v in values]
    decimals = max(0, digits - len(str(int(largest))))
    texts = [f"{round(v, decimals) + 0.0:.{decimals}f}" for v in values]
    idle = min(len(t) - len(t.rstrip("0")) for t in texts) if decimals else 0
    return [t[: len(t) - idle].rstrip(".") if decimals else t for t in texts]


def signed(x: float) -> str:
    """Return an effect in two digits, its sign before it.

    >>> signed(0.596), signed(-12.3)
    ('+0.60', '-12')

    """
    return f"{x:+#.2g}" if abs(x) < 9.95 else f"{x:+,.0f}"


def power(x: float) -> str:
    """Return "3e-9", rounded up: what is at most x is at most that.

    >>> power(2.1e-9), power(9.9e-7)
    ('3e-9', '1e-6')

    """
    x = max(x, 1e-300)  # whose powers of ten are normal numbers
    exponent = math.floor(math.log10(x))
    digit = math.ceil(x / 10.0**exponent * (1.0 - 1e-12))
    return f"{digit}e{exponent}" if digit < 10 else f"1e{exponent + 1}"


def p_value(p: float) -> str:
    """Return a p-value in three digits.

    >>> p_value(0.0259), p_value(1e-9)
    ('0.026', '<0.001')

    """
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Return a time of sensible precision, such as "0.05 s", "12 s", "3 min", "1.5 h"."""
    if seconds < 10.0:
        return f"{seconds:.2g} s"
    if seconds < 90.0:
        return f"{round(seconds)} s"
    if seconds < 5400.0:
        return f"{round(seconds / 60.0)} min"
    return f"{seconds / 3600.0:.1f} h"


def worse_than_baseline(
    rows: int,
    accuracy: tuple[float, float],
    log_loss: tuple[float, float],
    label: object,
) -> str:
    """Return a sentence on a model that knows less than the frequencies of the classes, or "".

    Args:
        rows: how many rows it was measured on.
        accuracy: of the model, and of always saying the most frequent class.
        log_loss: of the model, and of the frequencies; NaN where there is none.
        label: the most frequent class.

    >>> worse_than_baseline(500, (0.5, 0.25), (0.7, 0.6), "a")
    'The model is worse than its baseline: its log-loss is 0.7000, where the frequencies of the \
classes alone give 0.6000; do not rely on its predictions.'

    """
    found = []
    if accuracy[0] < accuracy[1] and percent(accuracy[0]) != percent(accuracy[1]):
        found.append(
            f"its accuracy is {percent(accuracy[0])}, where always saying {str(label)!r} gives "
            f"{percent(accuracy[1])}"
        )
    own, base = log_loss
    if own > base and nats(own) != nats(base):
        found.append(
            f"its log-loss is {nats(own)}, where the frequencies of the classes alone give "
            f"{nats(base)}"
        )
    if not found:
        return ""
    chance = f" (on {counted(rows, 'row')}, where it may be chance)" if rows < _FEW else ""
    return (
        f"The model is worse than its baseline{chance}: {', and '.join(found)}; do not rely on its "
        "predictions."
    )


def miscalibrated(rows: int, accuracy: float, confidence: float) -> str:
    """Return how far probabilities are from the truth on average, if they are far, or "".

    Args:
        rows: how many were tested.
        accuracy: share of the rows predicted rightly.
        confidence: mean probability of the predicted labels.

    >>> miscalibrated(500, 0.5, 0.75)
    'The probabilities of the predicted classes are too bold, by 25 percentage points on average'

    """
    error = abs(accuracy - confidence)
    if rows < _FEW or error < _FAR_OFF:
        return ""
    return (
        f"The probabilities of the predicted classes are too "
        f"{'cautious' if confidence < accuracy else 'bold'}, by {100.0 * error:.0f} percentage "
        "points on average"
    )
