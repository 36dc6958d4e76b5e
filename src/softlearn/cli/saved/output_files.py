"""Files that a command is to write: whether they can be written, before any work is done."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path, PurePath

from ..._internal.atomic_write import part_beside
from .. import CommandError

__all__ = ["check_output"]


def check_output(output: Path, inputs: Iterable[Path]) -> None:
    """Make sure, before any work is done, that a file can be written and replaces no input."""
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
    if glob.has_magic(str(path)) and PurePath(output.absolute()).match(str(path.absolute())):
        raise CommandError(
            f"The output {output} is one of the files {path}, which are the input; give another "
            "name."
        )
