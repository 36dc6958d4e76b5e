"""Reading messages: each value is checked once, or refused in a sentence that names its field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Refused", "choice", "fields", "flag", "number", "numbers", "required", "shown", "whole"]


class Refused(ValueError):
    """A message, or a part of it, that cannot be done.

    Attributes:
        field: the part of the message that is to blame, or None.
        code: "type" (there is no such message), "value", "limit" (too much is asked) or "state"
            (not possible as things are) or "columns" (two must be chosen).
        korean: the same sentence in Korean.
        columns: positions and names of columns, where two of them must be chosen.

    """

    def __init__(
        self,
        sentence: str,
        field: str | None = None,
        code: str = "value",
        *,
        korean: str,
        columns: Sequence[tuple[int, str]] = (),
    ) -> None:
        super().__init__(sentence)
        self.field, self.code, self.korean, self.columns = field, code, korean, columns


def shown(value: Any) -> str:
    """Return a value as a sentence shows it: short, on one line."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a very large number"  # Python writes no integer of over 4,300 digits
    text = ascii(value) if isinstance(value, str | int | float | None) else _kind(value)
    return text if len(text) <= 40 else f"{text[:36]}..."


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object of {len(value)} fields"
    if isinstance(value, Sequence):
        return f"a list of {len(value)}"
    return f"of the type {type(value).__name__}"


def number(
    value: Any, field: str, low: float = -math.inf, high: float = math.inf, above: bool = False
) -> float:
    """Return a finite number from low to high.

    Args:
        value: what was given.
        field: whose value it is.
        low: the least.
        high: the most.
        above: whether it must be above `low`.

    Raises:
        Refused: it is none.

    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        found = float(value) if is_number else math.nan
    except OverflowError:
        found = math.nan
    if not (math.isfinite(found) and low <= found <= high and not (above and found == low)):
        raise Refused(
            f"{field} must be a number{_between(low, high, above)}, but it is {shown(value)}.",
            field,
            korean=f"{field}: {_korean_between(low, high, above)}유한한 수를 주세요.",
        )
    return found


def _between(low: float, high: float, above: bool) -> str:
    least = f" {'above' if above else 'from'} {low:g}" if low > -math.inf else ""
    most = f" to {high:g}" if high < math.inf else ""
    return f"{least}{most}" if least or not most else f" of at most {high:g}"


def _korean_between(low: float, high: float, above: bool) -> str:
    least = f"{low:g} {'초과' if above else '이상'} " if low > -math.inf else ""
    bounds = least + (f"{high:g} 이하 " if high < math.inf else "")
    return f"{bounds}범위의 " if bounds else ""


def whole(value: Any, field: str, low: int, high: int) -> int:
    """Return a whole number from low to high.

    Raises:
        Refused: it is none.

    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and low <= value <= high and value == int(value)):
        raise Refused(
            f"{field} must be a whole number from {low} to {high}, but it is {shown(value)}.",
            field,
            korean=f"{field}: {low} 이상 {high} 이하인 정수를 주세요.",
        )
    return int(value)


def choice(value: Any, field: str, options: Iterable[str]) -> str:
    """Return one of some words.

    Raises:
        Refused: it is none of them.

    """
    options = tuple(options)
    if not (isinstance(value, str) and value in options):
        raise Refused(
            f"{field} must be one of {', '.join(options)}, but it is {shown(value)}.",
            field,
            korean=f"{field}: 다음 가운데 하나를 주세요: {', '.join(options)}.",
        )
    return value


def flag(value: Any, field: str) -> bool:
    """Return true or false.

    Raises:
        Refused: it is neither.

    """
    if not isinstance(value, bool):
        raise Refused(
            f"{field} must be true or false, but it is {shown(value)}.",
            field,
            korean=f"{field}: true나 false를 주세요.",
        )
    return value


def numbers(value: Any, field: str, count: int, size: float = math.inf) -> tuple[float, ...]:
    """Return a list of `count` numbers, none larger than `size`.

    Raises:
        Refused: it is none.

    """
    if not isinstance(value, list | tuple) or len(value) != count:
        raise Refused(
            f"{field} must be a list of {count} numbers, but it is {shown(value)}.",
            field,
            korean=f"{field}: 수 {count}개의 목록을 주세요.",
        )
    return tuple(number(v, field, -size, size) for v in value)


def required(message: Mapping[str, Any], field: str) -> Any:
    """Return a field of a message.

    Raises:
        Refused: it is not there.

    """
    if field not in message:
        korean = f"메시지에 {field} 항목이 있어야 합니다."
        raise Refused(f"The message needs the field {field}.", field, korean=korean)
    return message[field]


def fields(message: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return a message without its type.

    Raises:
        Refused: it has a field that it should not have.

    """
    given = {k: v for k, v in message.items() if k != "type"}
    known = tuple(known)
    for name in given:
        if name not in known:
            have = f"its fields are {', '.join(known)}" if known else "it has none"
            raise Refused(
                f"{message.get('type', 'This')} has no field {shown(name)}: {have}.",
                str(name)[:40],
                korean=f"메시지에 {shown(name)} 항목은 있을 수 없습니다.",
            )
    return given
