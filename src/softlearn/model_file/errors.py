"""The one error of this package."""

from ..sealed import UnsoundFileError

__all__ = ["ModelFileError"]


class ModelFileError(UnsoundFileError):
    """A model that cannot be saved, or a file that is not a sound model: one sentence."""
