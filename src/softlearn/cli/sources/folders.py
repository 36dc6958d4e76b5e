"""Folders with one sub-folder per class, of text files or of images."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...features.dataset import Dataset, Kind, SourceError
from ...features.pixels import choose_layout
from .encodings import check_encoding, decoding
from .files import reading
from .given_splits import split_of

__all__ = ["FolderReader", "has_classes", "is_content"]

_IMAGES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
_TEXTS = frozenset({"", ".txt", ".text", ".md", ".rst", ".html", ".htm", ".xml", ".eml"})
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class FolderReader:
    """How a folder is to be read; the fields are the arguments of `read_source`."""

    path: Path
    need_target: bool
    encoding: str | None

    def whole(self, *, for_training: bool) -> Dataset:
        """Return all files as one dataset; for training, the layout of images is chosen too."""
        kind, files, notes = self._files()
        data = self._dataset(kind, files, notes)
        if kind == "image" and for_training:
            layout, note = choose_layout(files)
            return Dataset(kind, data.X, data.y, ids=data.ids, layout=layout, notes=notes + note)
        return data

    def batches(self, batch_rows: int) -> Iterator[Dataset]:
        """Yield datasets of at most `batch_rows` files; the notes come with the first."""
        kind, files, notes = self._files()
        for start in range(0, len(files), batch_rows):
            yield self._dataset(kind, files[start : start + batch_rows], () if start else notes)

    def _dataset(self, kind: Kind, files: Sequence[Path], notes: tuple[str, ...]) -> Dataset:
        ids = _objects([file.relative_to(self.path).as_posix() for file in files])
        y = np.array([name.split("/")[0] for name in ids]) if self.need_target else None
        if kind == "image":
            X = _objects([str(file) for file in files])
        else:
            codec = check_encoding(self.encoding)
            X = _objects([_text(file, codec) for file in files])
        return Dataset(kind, X, y, ids=ids, notes=notes)

    def _files(self) -> tuple[Kind, list[Path], tuple[str, ...]]:
        """Return the kind of most files, the files of that kind, and what was left out."""
        split = split_of(self.path) if self.need_target else None
        if split is not None:
            raise SourceError(
                f"{self.path} holds {split.train.name} and {split.test.name}, which are no "
                f"classes: give one of them, such as {split.test}."
            )
        with reading(self.path):
            found = sorted(file for file in self.path.rglob("*") if file.is_file())
        seen = [file for file in found if not _hidden(file.relative_to(self.path))]
        if self.need_target:
            loose = [file for file in seen if file.parent == self.path]
            seen = [file for file in seen if file.parent != self.path]
        else:
            loose = []
        images = [file for file in seen if file.suffix.lower() in _IMAGES]
        texts = [file for file in seen if _is_text(file)]
        kind: Kind = "image" if len(images) >= len(texts) else "text"
        files = images if kind == "image" else texts
        taken = set(files)
        if not files:
            raise SourceError(self._nothing(loose))
        notes = [
            _ignored(loose, "in no sub-folder of a class"),
            _ignored([file for file in seen if file not in taken], f"no {kind}s"),
            self._empty_classes(files) if self.need_target else "",
        ]
        return kind, files, tuple(note for note in notes if note)

    def _nothing(self, loose: list[Path]) -> str:
        if any(map(is_content, loose)):
            return (
                f"{self.path} has files but no sub-folders; put the files of each class into a "
                "sub-folder that has the name of the class."
            )
        return (
            f"{self.path} has no tables, no text files (.txt, .md, .html, no suffix) and no images "
            "(.png, .jpg, ...)" + (" in sub-folders, one per class." if self.need_target else ".")
        )

    def _empty_classes(self, files: list[Path]) -> str:
        full = {file.relative_to(self.path).parts[0] for file in files}
        empty = sorted(
            folder.name
            for folder in self.path.iterdir()
            if folder.is_dir() and folder.name not in full and not _hidden(Path(folder.name))
        )
        return f"Ignored sub-folders without files of use: {', '.join(empty)}." if empty else ""


def is_content(file: Path) -> bool:
    """Tell by a file's name whether it is a text or an image."""
    return file.suffix.lower() in _IMAGES or _is_text(file)


def has_classes(folder: Path) -> bool:
    """Tell whether a folder has texts or images in sub-folders."""
    with reading(folder):
        return any(is_content(file) for file in folder.glob("*/**/*") if file.is_file())


def _hidden(relative: Path) -> bool:
    clutter = relative.name.lower() in _CLUTTER
    return clutter or any(part.startswith((".", "__MACOSX")) for part in relative.parts)


def _is_text(file: Path) -> bool:
    suffix = file.suffix.lower()
    return suffix in _TEXTS or suffix[1:].isdigit()


def _ignored(files: list[Path], why: str) -> str:
    if not files:
        return ""
    many = "1 file that is" if len(files) == 1 else f"{len(files)} files that are"
    return f"Ignored {many} {why}, such as {files[0].name!r}."


def _objects(values: list[str]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _text(file: Path, codec: str) -> str:
    with reading(file), decoding(file, codec):
        return codecs.decode(file.read_bytes(), codec)
