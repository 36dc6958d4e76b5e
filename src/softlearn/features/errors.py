"""The one error of this package."""

__all__ = ["SourceError"]


class SourceError(Exception):
    """A source cannot be read or used; the message is one sentence naming it and the way out."""
