"""Points as CSV, in and out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .points import Points, held_out
from .reading import Refused, shown, whole
from .settings import Limits
from .workspace import Units, Workspace

__all__ = ["Table", "csv_of", "fitted_in", "read_csv"]

F64 = NDArray[np.float64]
_NO_CSV = "CSV로 읽을 수 없습니다."
_LABELS = ("label", "class", "target", "y_true", "species")
_ROOM = 2.5  # how far from the middle points of other units are brought
_EDGE, _FAR, _MANY, _SMALL = 3.0, 6.0, 0.9, 0.5  # where points stay as they are


@dataclass(frozen=True)
class Table:
    """Points and the names of their classes."""

    points: Points
    names: list[str]
    units: Units | None


def fitted_in(xy: F64, axes: Sequence[str]) -> tuple[F64, Units | None]:
    """Return points as they are shown, and how they were scaled; None if they fit as they are."""
    size = np.abs(xy)
    inside = not len(xy) or (size.max() <= _FAR and (size <= _EDGE).all(axis=1).mean() >= _MANY)
    if inside and (len(xy) < 2 or np.ptp(xy, axis=0).max() >= _SMALL):
        return xy, None
    low, high = xy.min(0), xy.max(0)
    middle, half = low + (high - low) / 2.0, (high - low) / 2.0
    scale = np.where(half > 0.0, half / _ROOM, 1.0)
    units: Units = {
        key: {"name": name, "mean": float(m), "scale": float(s)}
        for key, name, m, s in zip("xy", axes, middle, scale, strict=True)
    }
    return (xy - middle) / scale, units


def read_csv(text: Any, work: Workspace, columns: Any = None) -> Table:
    """Return the points of a CSV text: two columns of numbers and one of labels.

    A first line without numbers names the columns: "label" (or "class", "target") is found
    wherever it is, and "test" says by 1 which points are held out.  Without it the labels are the
    last column, and points are held out as the settings say.

    Args:
        text: what was given.
        work: whose classes the labels are, if it has them.
        columns: positions of the two columns of numbers; needed where there are more than two.

    Raises:
        Refused: it cannot be read; the sentence names the line, or the columns to choose from.

    """
    if not isinstance(text, str):
        raise Refused(
            f"text must be the text of a CSV file, but it is {shown(text)}.", "text", korean=_NO_CSV
        )
    rows = _rows(text)
    head = None if _numbers(rows[0][1]) >= 2 else [cell.strip() for cell in rows.pop(0)[1]]
    if not rows:
        raise Refused(
            "text has a head line, but no points.",
            "text",
            korean="CSV에 제목 줄만 있고 점이 없습니다.",
        )
    if len(rows) > work.limits.points:
        raise Refused(
            f"text has {len(rows)} points, but {work.limits.points} is the most.", "text", "limit",
            korean=f"CSV에 점이 {len(rows)}개 있지만 {work.limits.points}개까지만 둘 수 있습니다.",
        )  # fmt: skip
    width = len(rows[0][1])
    others, label_at, test_at = _columns(head, width)
    axes = _chosen(others, columns, head, rows[0][1])
    coordinates, labels, test = [], [], []
    for line, row in rows:
        if len(row) != width:
            raise Refused(
                f"Line {line} of text has {len(row)} values, not {width}.", "text",
                korean=f"CSV의 {line}번째 줄에 값이 {width}개가 아니라 {len(row)}개 있습니다.",
            )  # fmt: skip
        coordinates.append([_number(row[k], line) for k in axes])
        labels.append(_label(row[label_at], line))
        test.append(test_at is not None and row[test_at].strip() in ("1", "True", "true"))
    xy, units = fitted_in(np.array(coordinates), _names_of(axes, head))
    names = _names(labels, work.names, work.limits)
    split = work.data.test, work.data.seed
    label = np.array([names.index(one) for one in labels], dtype=np.int64)
    held = np.array(test) if test_at is not None else held_out(len(xy), *split)
    return Table(Points(xy, label, held), names, units)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not empty, with their numbers."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        read = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter))
    except csv.Error as error:
        raise Refused(f"text is not a CSV file: {error}.", "text", korean=_NO_CSV) from None
    rows = [(k, row) for k, row in enumerate(read, 1) if any(cell.strip() for cell in row)]
    if not rows or len(rows[0][1]) < 3:
        raise Refused(
            "text must have lines of x, y and label.", "text",
            korean="CSV의 각 줄에 x, y, 클래스가 있어야 합니다.",
        )  # fmt: skip
    return rows


def _numbers(row: list[str]) -> int:
    """Return how many of the first cells are numbers."""
    count = 0
    for cell in row:
        try:
            float(cell)
        except ValueError:
            continue
        count += 1
    return count


def _columns(head: list[str] | None, width: int) -> tuple[list[int], int, int | None]:
    """Return where numbers may be, where the label is, and where test is, if it is there."""
    low = [""] * width if head is None else [name.lower() for name in head]
    test = low.index("test") if "test" in low else None
    others = [k for k in range(min(width, len(low))) if k != test]
    label = next((k for k in others if low[k] in _LABELS), others[-1])
    others.remove(label)
    return others, label, test


def _chosen(
    others: list[int], columns: Any, head: list[str] | None, first: list[str]
) -> tuple[int, int]:
    """Return the two columns of coordinates: those asked for, or the only two."""
    found = [k for k in others if _numbers([first[k]])]
    if columns is not None:
        if not isinstance(columns, list | tuple) or len(set(map(str, columns))) != 2:
            raise Refused(
                "columns must be the positions of two columns.", "columns",
                korean="columns: 서로 다른 두 열의 위치를 주세요.",
            )  # fmt: skip
        x, y = (whole(k, "columns", 0, len(first) - 1) for k in columns)
        return x, y
    if len(found) > 2:
        names = _names_of(found, head)
        raise Refused(
            f"There are {len(found)} columns of numbers: choose two.", "columns", "columns",
            korean=f"수로 된 열이 {len(found)}개입니다. 두 개를 고르세요.",
            columns=list(zip(found, names, strict=True)),
        )  # fmt: skip
    if len(others) < 2:
        raise Refused(
            "text must have two columns of numbers beside the labels.", "text",
            korean="CSV에 클래스 말고 수로 된 열이 두 개 있어야 합니다.",
        )  # fmt: skip
    x, y = found if len(found) == 2 else others[:2]
    return x, y


def _names_of(columns: Sequence[int], head: list[str] | None) -> list[str]:
    """Return the names of columns; without a head line their numbers, but x and y of the first."""
    if head is not None:
        return [head[k][:60] for k in columns]
    return ["x", "y"] if list(columns) == [0, 1] else [f"{k + 1}" for k in columns]


def _number(cell: str, line: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not abs(value) <= 1e30:
        raise Refused(
            f"Line {line} of text: {shown(cell.strip())} is not a number.", "text",
            korean=f"CSV의 {line}번째 줄: {shown(cell.strip())}은(는) 수가 아닙니다.",
        )  # fmt: skip
    return value


def _label(cell: str, line: int) -> str:
    if not cell.strip():
        raise Refused(
            f"Line {line} of text has no label.", "text",
            korean=f"CSV의 {line}번째 줄에 클래스가 없습니다.",
        )  # fmt: skip
    return cell.strip()[:60]


def _names(labels: list[str], known: list[str], limits: Limits) -> list[str]:
    """Return the classes: those known if they will do, else the labels in order."""
    found = set(labels)
    if found <= set(known):
        return known
    whole = all(name.lstrip("-").isdecimal() and len(name) < 10 for name in found)
    names = sorted(found, key=(lambda name: (int(name), name)) if whole else None)
    if not 2 <= len(names) <= limits.classes:
        raise Refused(
            f"text must have 2 to {limits.classes} different labels, but it has {len(names)}.",
            "text", "limit",
            korean=f"클래스는 2개에서 {limits.classes}개까지여야 하는데 {len(names)}개입니다.",
        )  # fmt: skip
    return names


def csv_of(work: Workspace) -> str:
    """Return the points as CSV, in their own units."""
    rows = work.points.alive
    xy, units = work.points.xy[rows], work.units
    axes = ["x", "y"]
    if units:
        axes = [str(units[k]["name"]) for k in "xy"]
        mean, scale = ([float(units[k][fact]) for k in "xy"] for fact in ("mean", "scale"))
        xy = xy * scale + mean
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*axes, "label", "test"])
    for p, k, t in zip(xy.tolist(), work.points.label[rows], work.points.test[rows], strict=True):
        writer.writerow([*map(repr, p), work.names[k], int(t)])
    return out.getvalue()
