"""The command line, run in this process."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from softlearn.__main__ import main

__all__ = ["Ended", "run"]


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    status: Any
    """The exit status, or the exception that was raised."""
    out: str
    err: str

    @property
    def unexpected(self) -> bool:
        """Whether it failed in a way that nobody provided for."""
        raised = isinstance(self.status, BaseException)
        return raised or "unexpectedly" in self.err or "Traceback" in self.err


def run(words: Sequence[Any]) -> Ended:
    """Run `softlearn WORDS`."""
    out, err = io.StringIO(), io.StringIO()
    status: Any
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(word) for word in words])
        except BaseException as error:
            status = error
    return Ended(status, out.getvalue(), err.getvalue())
