"""The command line: from a file to a model, and from a model to a table of predictions.

Where a function of this package cannot go on it raises CommandError, or SourceError for a source,
or ModelFileError: one sentence for the user.
"""

__all__ = ["CommandError"]


class CommandError(Exception):
    """A command cannot go on; the message is one sentence for the user (exit code 1)."""
