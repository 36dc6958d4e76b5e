"""What whoever asks for a report knows of the data and the fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """What a report cannot see in the model and the rows.

    Args:
        source: where the rows come from, such as a file.
        facts: lines of the section on the data, name -> text.
        warnings: sentences that a reader should see.
        seconds: how long the fit took; what the model remembers if None.
        class_rows: training rows of each class, in the order of the model's classes; then the
            baseline is what their frequencies achieve.  Those of the rows at hand if empty.
        training: the rows the model was fitted to, as it takes them: described beside those of the
            report, and the features' standard deviations are theirs.  None if they are not at hand.
        lines: the command or Python lines that make the report again; what can be told from the
            model if "".

    """

    source: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    seconds: float | None = None
    class_rows: Sequence[int] = ()
    training: Any = None
    lines: str = ""
