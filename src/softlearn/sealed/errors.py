"""The one error of this package."""

__all__ = ["UnsoundFileError"]


class UnsoundFileError(ValueError):
    """Bytes that are not what they should be: one clause that begins with "it"."""
