"""Sources that are several files: whether they stay on disk, and which of them are to test on."""

from __future__ import annotations

from pathlib import Path

from ...streams import StreamOptions
from ..sources import SourceError
from ..sources.folders import has_classes
from ..sources.given_splits import split_of
from ..sources.parts import parts_of

__all__ = ["as_split", "files_on_disk", "is_large"]


def as_split(source: Path, *, asked: bool) -> tuple[Path, Path | None, tuple[str, ...]]:
    """Return what to train on and what to test on, and a note, of a folder that says so itself.

    Args:
        source: any source.
        asked: whether the user said otherwise what to test on.

    """
    split = split_of(source)
    if split is None:
        return source, None, ()
    test = split.test
    if asked:
        rest = f"{test.name} is not used"
        return split.train, None, (f"Of {source}, {split.train.name} was trained on; {rest}.",)
    if test.is_dir() and not parts_of(test) and not has_classes(test):
        why = "has no sub-folders of classes, so rows of the other were held out"
        return split.train, None, (f"Of {source}, {split.train.name} was read; {test.name} {why}.",)
    unused = "".join(f"; {other.name} was not used" for other in split.unused)
    said = f"Of {source}, {split.train.name} was trained on, and {test.name} tested on{unused}."
    return split.train, test, (said,)


def is_large(source: Path, *, checkpoint: bool) -> bool:
    """Tell whether a source is several files that stay on disk, unless the user says otherwise.

    They do if memory may not hold them together, or if the fit is to have a checkpoint.
    """
    parts = parts_of(source)
    size = sum(part.path.stat().st_size for part in parts)
    return bool(parts) and (checkpoint or size > StreamOptions().bytes)


def files_on_disk(source: Path) -> str | list[str]:
    """Return the files of a stream.

    Raises:
        SourceError: the names of folders hold columns, which streams do not read.

    """
    parts = parts_of(source)
    if any(part.keys for part in parts):
        names = ", ".join(map(repr, parts[0].keys))
        raise SourceError(
            f"{source} has columns in the names of its folders ({names}), which are read into "
            "memory only: leave --memory, --cache, --checkpoint and --engine out, or fit fewer "
            "files."
        )
    return [str(part.path) for part in parts] or str(source)
