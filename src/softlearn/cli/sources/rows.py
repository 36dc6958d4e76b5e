"""What the user says about the rows of a source and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["RowOptions"]


_KEPT = ("header", "labels_as_written")


@dataclass(frozen=True)
class RowOptions:
    """How rows and labels are to be read.

    Args:
        header: whether the first line of CSV and TSV files names the columns; if not, columns are
            called by their positions, "0", "1" and so on.
        drop_unlabelled: whether rows without a label are left out; if not, they are refused.
        labels_as_written: whether NA, None, null and so on are labels like others in CSV and TSV
            files, where only an empty cell is then a missing label.

    """

    header: bool = True
    drop_unlabelled: bool = False
    labels_as_written: bool = False

    @property
    def layout(self) -> dict[str, Any]:
        """What a model must keep of this, to read other files alike; nothing if it is usual."""
        usual = RowOptions()
        kept = {key: getattr(self, key) for key in _KEPT}
        return {key: value for key, value in kept.items() if value != getattr(usual, key)}

    def as_of(self, like: Mapping[str, Any] | None) -> RowOptions:
        """Return the options with what a model keeps of those it was trained with."""
        layout = (like or {}).get("layout", {})
        return replace(self, **{key: layout[key] for key in _KEPT if key in layout})
