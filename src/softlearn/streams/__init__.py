"""Data in files that are larger than memory: found, converted once, and opened as rows on disk.

opened = open_stream("parts/*.parquet", StreamOptions(target="label", memory="4GB"))
opened.rows, opened.codes, opened.labels
"""

from .opened import Opened, StreamOptions, open_stream
from .source import is_stream

__all__ = ["Opened", "StreamOptions", "is_stream", "open_stream"]
