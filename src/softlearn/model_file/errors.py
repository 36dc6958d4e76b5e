"""The one error of this package."""

__all__ = ["ModelFileError"]


class ModelFileError(ValueError):
    """A model that cannot be saved, or a file that is not a sound model: one sentence."""
