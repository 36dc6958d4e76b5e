"""Where results go: files that may be written, and standard output."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...whole_file import part_beside
from ...words import one_line
from .. import CommandError

__all__ = ["check_output", "note", "print_json", "strict", "writing_to_stdout"]


def check_output(output: Path, inputs: Iterable[Path]) -> None:
    """Make sure, before any work is done, that a file can be written and replaces no input.

    Args:
        output: the file to come.
        inputs: files and folders that are read.

    Raises:
        CommandError: one sentence that names the output and says why it cannot be.

    """
    for path in inputs:
        _check_distinct(output, path)
    if output.is_dir():
        raise CommandError(f"{output} is a folder; give the name of a file to write.")
    if output.exists() and not output.is_file():
        raise CommandError(f"{output} is not a file that can be replaced; give another name.")
    folder = Path(os.path.realpath(output)).parent
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise CommandError(f"{output} cannot be written: the folder {folder} {what}.")
    try:
        trial = part_beside(Path(os.path.realpath(output)))
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror or error}.") from error


def _check_distinct(output: Path, path: Path) -> None:
    here, there = Path(os.path.realpath(output)), Path(os.path.realpath(path))
    if here == there or (output.exists() and path.exists() and output.samefile(path)):
        raise CommandError(
            f"The output {output} is the input {path}, which would be lost; give another name."
        )
    if path.is_dir() and here.is_relative_to(there):
        raise CommandError(
            f"The output {output} is inside the input folder {path}, where it would be taken for "
            "data; give a name outside it."
        )


@contextmanager
def writing_to_stdout(aside: str = "") -> Iterator[None]:
    """Turn a failure to write to standard output into a sentence.

    Args:
        aside: what the sentence ends with, such as "; the model is whole, in m.softlearn".

    Raises:
        CommandError: if it cannot be written.

    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"Standard output cannot be written: {reason}{aside}.") from error


def note(sentence: str) -> None:
    """Say something beside the result, on standard error."""
    print(f"Note: {one_line(sentence)}", file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """Print strict JSON, in ASCII: any terminal and any reader takes it."""
    print(json.dumps(strict(value), indent=2, allow_nan=False))


def strict(value: Any) -> Any:
    """Return a value of JSON with null in place of NaN and infinities, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value
