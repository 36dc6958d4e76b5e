"""Results on standard output, in words or as JSON, and notes on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..._internal.format import one_line
from .. import CommandError

__all__ = ["note", "print_facts", "strict"]


def print_facts(
    facts: dict[str, Any], print_text: Callable[[dict[str, Any]], None] | None, aside: str = ""
) -> None:
    """Print what a command found out.

    Args:
        print_text: prints it as text; None prints JSON.
        aside: what a sentence on a failure ends with, such as "; the model is whole, in m".

    """
    try:
        if print_text is None:  # strict JSON, in ASCII: any terminal and any reader takes it
            print(json.dumps(strict(facts), indent=2, allow_nan=False))
        else:
            print_text(facts)
        sys.stdout.flush()
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"Standard output cannot be written: {reason}{aside}.") from error


def note(sentence: str) -> None:
    """Say something beside the result, on standard error."""
    print(f"Note: {one_line(sentence)}", file=sys.stderr)


def strict(value: Any) -> Any:
    """Return a value of JSON with null in place of NaN and infinities, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value
