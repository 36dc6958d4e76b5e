"""A JSON array of objects, written as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from ...features.dataset import SourceError
from .encodings import check_beginning, check_encoding, decoding, open_text
from .files import reading
from .read_options import ReadOptions
from .signatures import is_json_line

__all__ = ["json_to_lines"]

_SHAPE = 'write [{"width": 3.5, "species": "Adelie"}, ...], or the same objects as JSON lines'


def json_to_lines(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Write the objects of an array as lines of a file, which is returned; or link to JSON lines.

    Raises:
        SourceError: it is no JSON, or no array of objects.

    """
    codec = check_encoding(options.encoding)
    check_beginning(path, codec)
    with open_text(path, codec) as handle:
        text = handle.read()
    if is_json_line(text.lstrip().encode(errors="replace")):
        rows = text
    else:
        rows = "".join(f"{json.dumps(row)}\n" for row in _objects(path, text))
    file = folder / "lines.jsonl"
    with reading(path), decoding(path, codec):  # in the encoding in which it is read again
        file.write_text(rows, encoding=codec, newline="")
    return file


def _objects(path: Path, text: str) -> list[object]:
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_int=_number)
    except KeyError as error:
        raise SourceError(f"{path} has an object with two values under {error}.") from error
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise SourceError(f"{path} is not JSON{where}; {_SHAPE}.") from error
    if not isinstance(found, list):
        raise SourceError(f"{path} is one JSON {_KIND.get(type(found), 'value')}; {_SHAPE}.")
    for number, row in enumerate(found, start=1):
        if not isinstance(row, dict):
            raise SourceError(f"{path}: element {number} is no object; {_SHAPE}.")
    return found


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found


def _number(digits: str) -> float:
    return int(digits) if len(digits) < _DIGITS else float(digits)


_DIGITS = 300  # of whole numbers, beyond which Python refuses them or makes them infinite
_KIND = {dict: "object", str: "text", int: "number", float: "number"}
