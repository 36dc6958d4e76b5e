r"""Numbers as people write them, such as 1,234.5 or 1 234,5 or (1.234) or $12 or 3.1%.

A cell is a number if it is

    [(] [sign] [currency] [sign] digits and marks [exponent] [currency or %] [)]

and its marks fit a *reading*: one mark is the decimal mark, another may stand between thousands.
Which reading that is, `decide.py` decides for a whole column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "SENTINEL",
    "Anatomy",
    "Numerals",
    "anatomy",
    "as_mask",
    "count",
    "grouped",
    "parse",
    "parse_plain",
    "parse_truth",
    "values",
]

_TRUTHS = 7  # True, true, TRUE and so on, and missing
SENTINEL = r"^-?(?:0+|9{2,})$"
_CURRENCY = (
    r"[A-Za-z]{0,3}\p{Sc}|(?:USD|EUR|GBP|JPY|CHF|KRW|CNY|INR|CAD|AUD|BRL|SEK|NOK|DKK|PLN|CZK)"
    r"|kr\.?|zł|Kč|Fr\.|Rs\.?|원|円|元"
)
_SHAPE = (
    rf"^(?P<open>\()? *(?P<sign>[-+])? *(?P<before>{_CURRENCY})? *(?P<inner>[-+])? *"
    r"(?P<body>[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)(?P<exponent>[eE][-+]?[0-9]+)? *"
    rf"(?P<after>{_CURRENCY}|%)? *(?P<close>\))?$"
)
_BARE = r"^-?(?:[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)$"
_FIRST = 64  # cells that are tried before all are
_MINUS = "[\u2212\u2013\ufe63\uff0d]"
_APOSTROPHE = "[\u2019\u02bc\u00b4]"


@dataclass(frozen=True)
class Numerals:
    """How the numbers of a column are written.

    Args:
        decimal: "." or ","; "" where it was never seen: then ".", but not in numbers like 1.020,
            which may be 1020.
        thousands: what may stand between thousands: "," "." " " "'", or "" for nothing.
        percent: whether every number but 0 is followed by a percent sign: 3.1% is 0.031.
        currency: the sign of a currency that may stand at a number, or "".
        parentheses: whether some number stands in parentheses: (1) is -1.

    """

    decimal: str = "."
    thousands: str = ""
    percent: bool = False
    currency: str = ""
    parentheses: bool = False


@dataclass(frozen=True)
class Anatomy:
    """The parts of n cells; null where a cell has not the form of a number.

    Args:
        body: (n,) digits with marks.
        sign: (n,) "-" or "".
        exponent: (n,) such as "e5", or "".
        percent: (n,) whether a percent sign follows.
        currency: (n,) the sign of the currency, or "".
        parentheses: (n,) whether it stands in parentheses, which make it negative.

    """

    body: pa.Array
    sign: pa.Array
    exponent: pa.Array
    percent: pa.Array
    currency: pa.Array
    parentheses: pa.Array


def anatomy(cells: pa.Array) -> Anatomy:
    """Return the parts of cells; n large strings, of which some may be null."""
    if pc.all(pc.match_substring_regex(cells, _BARE)).as_py():
        return _bare(cells)
    if not pc.all(pc.string_is_ascii(cells)).as_py():
        odd = pc.match_substring_regex(cells, r"\p{No}")  # 15² is not 152
        cells = pc.if_else(odd, pa.scalar("", cells.type), cells)
        cells = pc.utf8_normalize(cells, form="NFKC")  # no-break spaces, and digits of full width
        cells = pc.replace_substring_regex(cells, _MINUS, "-")
        cells = pc.replace_substring_regex(cells, _APOSTROPHE, "'")
    found = pc.extract_regex(cells, pattern=_SHAPE)
    names = ("open", "sign", "before", "inner", "body", "exponent", "after", "close")
    part = {name: pc.struct_field(found, name) for name in names}
    has = {name: pc.fill_null(pc.not_equal(part[name], ""), False) for name in names}
    percent = pc.fill_null(pc.equal(part["after"], "%"), False)
    signed = pc.or_(has["sign"], has["inner"])
    wrong = [
        pc.xor(has["open"], has["close"]),
        pc.and_(has["sign"], has["inner"]),
        pc.and_(has["open"], signed),
        pc.and_(has["before"], has["after"]),
        pc.and_(percent, has["exponent"]),
    ]
    bad = wrong[0]
    for other in wrong[1:]:
        bad = pc.or_(bad, other)
    kind = cells.type
    minus = pc.or_(has["open"], pc.or_(pc.equal(part["sign"], "-"), pc.equal(part["inner"], "-")))
    sign = pc.if_else(minus, pa.scalar("-", kind), pa.scalar("", kind))
    after = pc.if_else(percent, pa.scalar("", kind), part["after"])
    return Anatomy(
        body=pc.if_else(bad, pa.scalar(None, kind), part["body"]),
        sign=sign,
        exponent=part["exponent"],
        percent=percent,
        currency=pc.if_else(has["before"], part["before"], after),
        parentheses=has["open"],
    )


def _bare(cells: pa.Array) -> Anatomy:
    """Return the parts of cells that are nothing but a sign, digits and marks: much faster."""
    kind, n = cells.type, len(cells)
    minus = pc.starts_with(cells, "-")
    nothing = pa.repeat(pa.scalar("", kind), n)
    return Anatomy(
        body=pc.utf8_ltrim(cells, "-"),
        sign=pc.if_else(minus, pa.scalar("-", kind), pa.scalar("", kind)),
        exponent=nothing,
        percent=pa.repeat(False, n),
        currency=nothing,
        parentheses=pa.repeat(False, n),
    )


def grouped(decimal: str, thousands: str) -> str:
    """Return the pattern of a body in a reading, grouped or not."""
    end = rf"(?:{_mark(decimal)}[0-9]+)?$"
    if not thousands:
        return rf"^[0-9]*{end}"
    mark = _mark(thousands)
    western = rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+"
    indian = rf"[1-9][0-9]?(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}"
    return rf"^(?:[0-9]*|{western}|{indian}){end}"


def _mark(mark: str) -> str:
    return rf"\{mark}" if mark == "." else mark


def parse(cells: pa.Array, how: Numerals) -> pa.Array:
    """Return cells as float64; null where a cell is null, or no number in that reading."""
    if not how.decimal:
        doubtful = pc.match_substring_regex(
            cells, r"^[^0-9]*[1-9][0-9]{0,2}(?:\.[0-9]{3})+[^0-9]*$"
        )
        numbers = parse(cells, replace(how, decimal="."))
        return pc.if_else(doubtful, pa.scalar(None, numbers.type), numbers)
    if not how.percent:
        numbers = parse_plain(cells, pa.float64() if how.decimal == "." else pa.int64())
        if numbers is not None:
            return numbers.cast(pa.float64(), safe=False)
    parts = anatomy(pc.utf8_trim_whitespace(cells))
    fits = pc.match_substring_regex(parts.body, grouped(how.decimal, how.thousands))
    nothing = pc.match_substring_regex(parts.body, "^[0.,]*$")
    if how.percent:
        fits = pc.and_(fits, pc.or_(parts.percent, nothing))
    else:
        fits = pc.and_(fits, pc.or_(pc.invert(parts.percent), nothing))
    fits = pc.and_(
        fits, pc.or_(pc.equal(parts.currency, ""), pc.equal(parts.currency, how.currency))
    )
    return values(parts, fits, how)


def parse_plain(cells: Any, kind: pa.DataType) -> Any:
    """Return cells that machines wrote as numbers of a type; None if some are written otherwise."""
    try:
        cells.slice(0, _FIRST).cast(kind)  # a failure takes as long as a success
        found = cells.cast(kind)
    except pa.ArrowInvalid:
        return None
    other = pc.match_substring(cells, "x", ignore_case=True)  # Arrow takes 0x10 for 16
    return None if pc.any(other).as_py() else found


def parse_truth(cells: Any, distinct: Any) -> Any:
    """Return cells as booleans; None if any of the distinct ones is neither true nor false."""
    if len(distinct) > _TRUTHS:
        return None
    small = pc.utf8_lower(distinct).drop_null()
    known = pc.all(pc.is_in(small, value_set=pa.array(["true", "false"], small.type))).as_py()
    return pc.equal(pc.utf8_lower(cells), "true") if known else None


def values(parts: Anatomy, fits: pa.Array, how: Numerals) -> pa.Array:
    """Return the float64 value of each cell that fits the reading, and null of the others."""
    body = pc.if_else(pc.fill_null(fits, False), parts.body, pa.scalar(None, parts.body.type))
    if how.thousands:
        body = pc.replace_substring(body, how.thousands, "")
    if how.decimal == ",":
        body = pc.replace_substring(body, ",", ".")
    hundredth = pa.scalar("e-2", body.type)
    exponent = parts.exponent
    if how.percent:
        exponent = pc.if_else(parts.percent, hundredth, exponent)
    joined = pc.binary_join_element_wise(parts.sign, body, exponent, pa.scalar("", body.type))
    return joined.cast(pa.float64())


def count(mask: pa.Array) -> int:
    """Return how many entries of a mask are true; null counts as false."""
    return int(pc.sum(mask).as_py() or 0)


def as_mask(mask: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return a mask as a NumPy array; null counts as false."""
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)
