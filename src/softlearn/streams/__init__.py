"""Data in files that are larger than memory: found, converted once, and opened as rows on disk.

opened = open_stream("parts/*.parquet", StreamOptions(target="label", memory="4GB"))
opened.X, opened.codes, opened.labels
"""

from .features import known_batches
from .opened import Opened, StreamOptions, open_stream
from .parts import FileFacts, FileParts, FileRows, counted, drawn, file_parts, read_files
from .source import files_of, is_stream

__all__ = [
    "FileFacts",
    "FileParts",
    "FileRows",
    "Opened",
    "StreamOptions",
    "counted",
    "drawn",
    "file_parts",
    "files_of",
    "is_stream",
    "known_batches",
    "open_stream",
    "read_files",
]
