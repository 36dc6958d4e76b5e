"""The body of a request as rows: JSON, checked as far as one row at a time can be."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..saved.model import SavedModel
from ..sources.columnar import is_unicode, json_table
from .limits import Limits, Refused

__all__ = ["WHERE", "parse"]

WHERE = Path("The request")
"""Stands where sentences on files have the name of the file."""
_MOST_PIXELS = 1 << 26  # of the images of a request together


def parse(body: bytes, model: SavedModel, limits: Limits) -> pa.Table | NDArray[Any]:
    """Return the rows of a body.

    Returns:
        An Arrow table, (n, d) float64 numbers, or (n,) texts or open images, by what the model
        takes.

    Raises:
        Refused, SourceError: the body cannot be used; a sentence.

    """
    value = _json(body)
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise Refused(422, "The request is not a JSON array of rows, nor one row as an object.")
    if not rows:
        raise Refused(422, "The request has no rows.")
    if len(rows) > limits.rows:
        raise Refused(
            413, f"The request has {len(rows):,} rows; send at most {limits.rows:,} at a time."
        )
    kind = model.metadata["kind"]
    if kind == "table":
        return _table(rows, list(model.metadata["columns"]), model.metadata.get("reading", {}))
    if kind == "matrix":
        return _matrix(rows, model.metadata["n_features"])
    texts = _texts(rows, kind)
    return texts if kind == "text" else _images(texts)


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text)
    except RecursionError:
        raise Refused(
            400, "The request is not JSON that can be read: it is nested too deeply."
        ) from None
    except json.JSONDecodeError as error:
        raise Refused(
            400,
            f"The request is not JSON: {error.msg}, in line {error.lineno}, column {error.colno}.",
        ) from None
    except UnicodeDecodeError:
        raise Refused(400, "The request is not text in UTF-8.") from None
    except ValueError:
        raise Refused(
            422,
            "The request has a number of more digits than can be read; write it as text, in "
            "quotes.",
        ) from None
    if "\\ud" in text.lower() and not is_unicode(value):
        raise Refused(
            422,
            "The request has half of a character (\\ud8.. to \\udf.. without its other half); "
            "repair it.",
        )
    return value


def _table(rows: list[Any], columns: list[str], reading: Mapping[str, Any]) -> pa.Table:
    keys: dict[str, None] = {}
    records = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, list):
            if len(row) != len(columns):
                raise Refused(
                    422,
                    f"Row {number} has {len(row)} values, but the model has {len(columns)} "
                    f"columns: {', '.join(columns[:30])}.",
                )
            row = dict(zip(columns, row, strict=True))
        elif not isinstance(row, dict):
            raise Refused(
                422,
                f"Row {number} is neither an object with the names of columns, nor an array of "
                "their values.",
            )
        keys.update(dict.fromkeys(row))
        records.append(row)
    return json_table(WHERE, keys, records, reading)


def _matrix(rows: list[Any], width: int) -> NDArray[np.float64]:
    try:
        X = np.array(rows)
    except ValueError:  # rows of different lengths
        X = np.empty(0)
    if X.dtype.kind in "iuf" and X.shape == (len(rows), width):
        return X.astype(np.float64)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != width:
            what = f"has {len(row)} values" if isinstance(row, list) else "is no array"
            raise Refused(422, f"Row {number} {what}; the model takes arrays of {width} numbers.")
        for j, cell in enumerate(row):
            if type(cell) not in (int, float, bool):
                raise Refused(
                    422, f"Row {number} has {_short(cell)} as feature {j} (from 0), not a number."
                )
    try:
        return np.array([[float(cell) for cell in row] for row in rows])
    except OverflowError:
        raise Refused(422, "The request has numbers that are too large.") from None


def _texts(rows: list[Any], kind: str) -> NDArray[np.object_]:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, str):
            what = "a text" if kind == "text" else "an image file as text in Base64"
            raise Refused(422, f"Row {number} is {_short(row)}, not {what}.")
    texts = np.empty(len(rows), dtype=object)
    texts[:] = rows
    return texts


class _Image(BytesIO):
    """The bytes of an image file, with a name for sentences."""

    name = ""

    def __str__(self) -> str:
        return self.name


def _images(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return images ready to be read; none is read yet but for its size."""
    import PIL.Image

    images, total = np.empty(len(texts), dtype=object), 0
    for i, text in enumerate(texts):
        name = f"The image of row {i + 1}"
        try:
            image = _Image(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise Refused(422, f"{name} is not in Base64.") from None
        image.name = name
        try:
            with PIL.Image.open(image) as opened:
                total += opened.width * opened.height
        except Exception:  # Pillow raises what it likes
            raise Refused(422, f"{name} is damaged, or not an image.") from None
        if total > _MOST_PIXELS:
            raise Refused(
                413,
                f"The images have more than {_MOST_PIXELS >> 20} million pixels together; send "
                "fewer or smaller ones at a time.",
            )
        image.seek(0)
        images[i] = image
    return images


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
